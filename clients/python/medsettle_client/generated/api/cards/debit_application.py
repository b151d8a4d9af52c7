from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.card_answer import CardAnswer
from ...models.debit_application import DebitApplication
from ...models.problem import Problem
from ...types import Response


def _get_kwargs(
    card_no: str,
    *,
    body: DebitApplication,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/cards/{card_no}/debit-application".format(
            card_no=quote(str(card_no), safe=""),
        ),
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> CardAnswer | Problem | None:
    if response.status_code == 200:
        response_200 = CardAnswer.from_dict(response.json())

        return response_200

    if response.status_code == 400:
        response_400 = Problem.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = Problem.from_dict(response.json())

        return response_401

    if response.status_code == 403:
        response_403 = Problem.from_dict(response.json())

        return response_403

    if response.status_code == 404:
        response_404 = Problem.from_dict(response.json())

        return response_404

    if response.status_code == 408:
        response_408 = Problem.from_dict(response.json())

        return response_408

    if response.status_code == 409:
        response_409 = Problem.from_dict(response.json())

        return response_409

    if response.status_code == 413:
        response_413 = Problem.from_dict(response.json())

        return response_413

    if response.status_code == 422:
        response_422 = Problem.from_dict(response.json())

        return response_422

    if response.status_code == 429:
        response_429 = Problem.from_dict(response.json())

        return response_429

    if response.status_code == 503:
        response_503 = Problem.from_dict(response.json())

        return response_503

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[CardAnswer | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    card_no: str,
    *,
    client: AuthenticatedClient,
    body: DebitApplication,
) -> Response[CardAnswer | Problem]:
    """Switch the debit application on or off, or close it

     Roles: agency.

    Args:
        card_no (str):
        body (DebitApplication): switch_on is done in person: it needs the original identity
            document.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[CardAnswer | Problem]
    """

    kwargs = _get_kwargs(
        card_no=card_no,
        body=body,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    card_no: str,
    *,
    client: AuthenticatedClient,
    body: DebitApplication,
) -> CardAnswer | Problem | None:
    """Switch the debit application on or off, or close it

     Roles: agency.

    Args:
        card_no (str):
        body (DebitApplication): switch_on is done in person: it needs the original identity
            document.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        CardAnswer | Problem
    """

    return sync_detailed(
        card_no=card_no,
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    card_no: str,
    *,
    client: AuthenticatedClient,
    body: DebitApplication,
) -> Response[CardAnswer | Problem]:
    """Switch the debit application on or off, or close it

     Roles: agency.

    Args:
        card_no (str):
        body (DebitApplication): switch_on is done in person: it needs the original identity
            document.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[CardAnswer | Problem]
    """

    kwargs = _get_kwargs(
        card_no=card_no,
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    card_no: str,
    *,
    client: AuthenticatedClient,
    body: DebitApplication,
) -> CardAnswer | Problem | None:
    """Switch the debit application on or off, or close it

     Roles: agency.

    Args:
        card_no (str):
        body (DebitApplication): switch_on is done in person: it needs the original identity
            document.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        CardAnswer | Problem
    """

    return (
        await asyncio_detailed(
            card_no=card_no,
            client=client,
            body=body,
        )
    ).parsed
