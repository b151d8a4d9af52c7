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
    body: Message,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/transactions/quote",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Outcome | Problem | None:
    if response.status_code == 200:
        response_200 = Outcome.from_dict(response.json())

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

    if response.status_code == 409:
        response_409 = Outcome.from_dict(response.json())

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


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[Outcome | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    body: Message,
) -> Response[Outcome | Problem]:
    """What one transaction would come to now; nothing is recorded

     Roles: institution.

    Args:
        body (Message): One card transaction. Unknown fields are ignored. `amount` is needed where
            the kind moves money of its own.

                `visit` says that the person is registered for one, at a hospital; `old_card` that it
            came before the new card, at
                a pharmacy. Either makes this the first use of a card that is not yet active.
            `original_message_id` names an
                earlier message of the same institution. `final` marks the last capture of a hold.
            `direction` is the agency's.
                `total_fee` is what the care cost, of which `amount` is the person's share; absent,
            the same. `use_account: false`
                settles a payment without the personal account and the family's.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Outcome | Problem]
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
    body: Message,
) -> Outcome | Problem | None:
    """What one transaction would come to now; nothing is recorded

     Roles: institution.

    Args:
        body (Message): One card transaction. Unknown fields are ignored. `amount` is needed where
            the kind moves money of its own.

                `visit` says that the person is registered for one, at a hospital; `old_card` that it
            came before the new card, at
                a pharmacy. Either makes this the first use of a card that is not yet active.
            `original_message_id` names an
                earlier message of the same institution. `final` marks the last capture of a hold.
            `direction` is the agency's.
                `total_fee` is what the care cost, of which `amount` is the person's share; absent,
            the same. `use_account: false`
                settles a payment without the personal account and the family's.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Outcome | Problem
    """

    return sync_detailed(
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    body: Message,
) -> Response[Outcome | Problem]:
    """What one transaction would come to now; nothing is recorded

     Roles: institution.

    Args:
        body (Message): One card transaction. Unknown fields are ignored. `amount` is needed where
            the kind moves money of its own.

                `visit` says that the person is registered for one, at a hospital; `old_card` that it
            came before the new card, at
                a pharmacy. Either makes this the first use of a card that is not yet active.
            `original_message_id` names an
                earlier message of the same institution. `final` marks the last capture of a hold.
            `direction` is the agency's.
                `total_fee` is what the care cost, of which `amount` is the person's share; absent,
            the same. `use_account: false`
                settles a payment without the personal account and the family's.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Outcome | Problem]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    body: Message,
) -> Outcome | Problem | None:
    """What one transaction would come to now; nothing is recorded

     Roles: institution.

    Args:
        body (Message): One card transaction. Unknown fields are ignored. `amount` is needed where
            the kind moves money of its own.

                `visit` says that the person is registered for one, at a hospital; `old_card` that it
            came before the new card, at
                a pharmacy. Either makes this the first use of a card that is not yet active.
            `original_message_id` names an
                earlier message of the same institution. `final` marks the last capture of a hold.
            `direction` is the agency's.
                `total_fee` is what the care cost, of which `amount` is the person's share; absent,
            the same. `use_account: false`
                settles a payment without the personal account and the family's.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Outcome | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
        )
    ).parsed
