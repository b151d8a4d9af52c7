from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.acknowledgment_answer import AcknowledgmentAnswer
from ...models.problem import Problem
from ...types import File, Response


def _get_kwargs(
    file_id: str,
    *,
    body: File,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/settlement-files/{file_id}/acknowledgment".format(
            file_id=quote(str(file_id), safe=""),
        ),
    }

    _kwargs["content"] = body.payload
    headers["Content-Type"] = "application/octet-stream"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> AcknowledgmentAnswer | Problem | None:
    if response.status_code == 200:
        response_200 = AcknowledgmentAnswer.from_dict(response.json())

        return response_200

    if response.status_code == 201:
        response_201 = AcknowledgmentAnswer.from_dict(response.json())

        return response_201

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
) -> Response[AcknowledgmentAnswer | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    file_id: str,
    *,
    client: AuthenticatedClient,
    body: File,
) -> Response[AcknowledgmentAnswer | Problem]:
    """Say what became of the lines of a payment file

     Whole or not at all: counts, sums, line ids and accounts must be those of the file. Durable when
    answered; after
    a timeout send the same bytes again. What was refused is kept with the reason.

    Roles: bank.

    Args:
        file_id (str): The file's name
        body (File):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AcknowledgmentAnswer | Problem]
    """

    kwargs = _get_kwargs(
        file_id=file_id,
        body=body,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    file_id: str,
    *,
    client: AuthenticatedClient,
    body: File,
) -> AcknowledgmentAnswer | Problem | None:
    """Say what became of the lines of a payment file

     Whole or not at all: counts, sums, line ids and accounts must be those of the file. Durable when
    answered; after
    a timeout send the same bytes again. What was refused is kept with the reason.

    Roles: bank.

    Args:
        file_id (str): The file's name
        body (File):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AcknowledgmentAnswer | Problem
    """

    return sync_detailed(
        file_id=file_id,
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    file_id: str,
    *,
    client: AuthenticatedClient,
    body: File,
) -> Response[AcknowledgmentAnswer | Problem]:
    """Say what became of the lines of a payment file

     Whole or not at all: counts, sums, line ids and accounts must be those of the file. Durable when
    answered; after
    a timeout send the same bytes again. What was refused is kept with the reason.

    Roles: bank.

    Args:
        file_id (str): The file's name
        body (File):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AcknowledgmentAnswer | Problem]
    """

    kwargs = _get_kwargs(
        file_id=file_id,
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    file_id: str,
    *,
    client: AuthenticatedClient,
    body: File,
) -> AcknowledgmentAnswer | Problem | None:
    """Say what became of the lines of a payment file

     Whole or not at all: counts, sums, line ids and accounts must be those of the file. Durable when
    answered; after
    a timeout send the same bytes again. What was refused is kept with the reason.

    Roles: bank.

    Args:
        file_id (str): The file's name
        body (File):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AcknowledgmentAnswer | Problem
    """

    return (
        await asyncio_detailed(
            file_id=file_id,
            client=client,
            body=body,
        )
    ).parsed
