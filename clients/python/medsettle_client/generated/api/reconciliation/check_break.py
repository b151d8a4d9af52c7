from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.break_answer import BreakAnswer
from ...models.note import Note
from ...models.problem import Problem
from ...types import Response


def _get_kwargs(
    run_id: int,
    break_id: int,
    *,
    body: Note,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/reconciliations/{run_id}/breaks/{break_id}/check".format(
            run_id=quote(str(run_id), safe=""),
            break_id=quote(str(break_id), safe=""),
        ),
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> BreakAnswer | Problem | None:
    if response.status_code == 200:
        response_200 = BreakAnswer.from_dict(response.json())

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
) -> Response[BreakAnswer | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    run_id: int,
    break_id: int,
    *,
    client: AuthenticatedClient,
    body: Note,
) -> Response[BreakAnswer | Problem]:
    """Note that somebody looked at a break

     Roles: operator.

    Args:
        run_id (int):
        break_id (int):
        body (Note): note: of the case, without names or citizen numbers.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[BreakAnswer | Problem]
    """

    kwargs = _get_kwargs(
        run_id=run_id,
        break_id=break_id,
        body=body,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    run_id: int,
    break_id: int,
    *,
    client: AuthenticatedClient,
    body: Note,
) -> BreakAnswer | Problem | None:
    """Note that somebody looked at a break

     Roles: operator.

    Args:
        run_id (int):
        break_id (int):
        body (Note): note: of the case, without names or citizen numbers.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        BreakAnswer | Problem
    """

    return sync_detailed(
        run_id=run_id,
        break_id=break_id,
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    run_id: int,
    break_id: int,
    *,
    client: AuthenticatedClient,
    body: Note,
) -> Response[BreakAnswer | Problem]:
    """Note that somebody looked at a break

     Roles: operator.

    Args:
        run_id (int):
        break_id (int):
        body (Note): note: of the case, without names or citizen numbers.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[BreakAnswer | Problem]
    """

    kwargs = _get_kwargs(
        run_id=run_id,
        break_id=break_id,
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    run_id: int,
    break_id: int,
    *,
    client: AuthenticatedClient,
    body: Note,
) -> BreakAnswer | Problem | None:
    """Note that somebody looked at a break

     Roles: operator.

    Args:
        run_id (int):
        break_id (int):
        body (Note): note: of the case, without names or citizen numbers.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        BreakAnswer | Problem
    """

    return (
        await asyncio_detailed(
            run_id=run_id,
            break_id=break_id,
            client=client,
            body=body,
        )
    ).parsed
