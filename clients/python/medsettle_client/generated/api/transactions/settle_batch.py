from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.message import Message
from ...models.outcome import Outcome
from ...models.problem import Problem
from ...types import Response


def _get_kwargs(
    *,
    body: list[Message],
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/transactions/batch",
    }

    _kwargs["json"] = []
    for body_item_data in body:
        body_item = body_item_data.to_dict()
        _kwargs["json"].append(body_item)

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Problem | list[Outcome] | None:
    if response.status_code == 200:
        response_200 = []
        _response_200 = response.json()
        for response_200_item_data in _response_200:
            response_200_item = Outcome.from_dict(response_200_item_data)

            response_200.append(response_200_item)

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
) -> Response[Problem | list[Outcome]]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    body: list[Message],
) -> Response[Problem | list[Outcome]]:
    """Settle up to 5,000 transactions; outcomes come in the same order

     Each item stands alone: one that is malformed, or another institution's, is answered `rejected` in
    its place.

    Items are known by their own `message_id`: the header `Idempotency-Key` is refused, since there is
    none for all.

    Roles: institution.

    Args:
        body (list[Message]):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | list[Outcome]]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    body: list[Message],
) -> Problem | list[Outcome] | None:
    """Settle up to 5,000 transactions; outcomes come in the same order

     Each item stands alone: one that is malformed, or another institution's, is answered `rejected` in
    its place.

    Items are known by their own `message_id`: the header `Idempotency-Key` is refused, since there is
    none for all.

    Roles: institution.

    Args:
        body (list[Message]):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | list[Outcome]
    """

    return sync_detailed(
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    body: list[Message],
) -> Response[Problem | list[Outcome]]:
    """Settle up to 5,000 transactions; outcomes come in the same order

     Each item stands alone: one that is malformed, or another institution's, is answered `rejected` in
    its place.

    Items are known by their own `message_id`: the header `Idempotency-Key` is refused, since there is
    none for all.

    Roles: institution.

    Args:
        body (list[Message]):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | list[Outcome]]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    body: list[Message],
) -> Problem | list[Outcome] | None:
    """Settle up to 5,000 transactions; outcomes come in the same order

     Each item stands alone: one that is malformed, or another institution's, is answered `rejected` in
    its place.

    Items are known by their own `message_id`: the header `Idempotency-Key` is refused, since there is
    none for all.

    Roles: institution.

    Args:
        body (list[Message]):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | list[Outcome]
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
        )
    ).parsed
