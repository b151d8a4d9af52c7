import datetime
from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.code import Code
from ...models.dead_letters import DeadLetters
from ...models.list_dead_letters_state_type_0 import (
    ListDeadLettersStateType0,
)
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    state: ListDeadLettersStateType0 | None | Unset = UNSET,
    code: Code | None | Unset = UNSET,
    institution: None | str | Unset = UNSET,
    partition: int | None | Unset = UNSET,
    since: datetime.datetime | None | Unset = UNSET,
    until: datetime.datetime | None | Unset = UNSET,
    before: int | Unset = 9223372036854775807,
    limit: int | Unset = 100,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    json_state: None | str | Unset
    if isinstance(state, Unset):
        json_state = UNSET
    elif isinstance(state, str):
        json_state = state
    else:
        json_state = state
    params["state"] = json_state

    json_code: None | str | Unset
    if isinstance(code, Unset):
        json_code = UNSET
    elif isinstance(code, str):
        json_code = code
    else:
        json_code = code
    params["code"] = json_code

    json_institution: None | str | Unset
    if isinstance(institution, Unset):
        json_institution = UNSET
    else:
        json_institution = institution
    params["institution"] = json_institution

    json_partition: int | None | Unset
    if isinstance(partition, Unset):
        json_partition = UNSET
    else:
        json_partition = partition
    params["partition"] = json_partition

    json_since: None | str | Unset
    if isinstance(since, Unset):
        json_since = UNSET
    elif isinstance(since, datetime.datetime):
        json_since = since.isoformat()
    else:
        json_since = since
    params["since"] = json_since

    json_until: None | str | Unset
    if isinstance(until, Unset):
        json_until = UNSET
    elif isinstance(until, datetime.datetime):
        json_until = until.isoformat()
    else:
        json_until = until
    params["until"] = json_until

    params["before"] = before

    params["limit"] = limit

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/dead-letters",
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> DeadLetters | Problem | None:
    if response.status_code == 200:
        response_200 = DeadLetters.from_dict(response.json())

        return response_200

    if response.status_code == 401:
        response_401 = Problem.from_dict(response.json())

        return response_401

    if response.status_code == 403:
        response_403 = Problem.from_dict(response.json())

        return response_403

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
) -> Response[DeadLetters | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    state: ListDeadLettersStateType0 | None | Unset = UNSET,
    code: Code | None | Unset = UNSET,
    institution: None | str | Unset = UNSET,
    partition: int | None | Unset = UNSET,
    since: datetime.datetime | None | Unset = UNSET,
    until: datetime.datetime | None | Unset = UNSET,
    before: int | Unset = 9223372036854775807,
    limit: int | Unset = 100,
) -> Response[DeadLetters | Problem]:
    """Dead letters, newest first

     Roles: operator, auditor.

    Args:
        state (ListDeadLettersStateType0 | None | Unset): Absent: whatever became of them
        code (Code | None | Unset):
        institution (None | str | Unset):
        partition (int | None | Unset):
        since (datetime.datetime | None | Unset): Failed then or later
        until (datetime.datetime | None | Unset): Failed before
        before (int | Unset): `next_before` of the page before Default: 9223372036854775807.
        limit (int | Unset):  Default: 100.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[DeadLetters | Problem]
    """

    kwargs = _get_kwargs(
        state=state,
        code=code,
        institution=institution,
        partition=partition,
        since=since,
        until=until,
        before=before,
        limit=limit,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    state: ListDeadLettersStateType0 | None | Unset = UNSET,
    code: Code | None | Unset = UNSET,
    institution: None | str | Unset = UNSET,
    partition: int | None | Unset = UNSET,
    since: datetime.datetime | None | Unset = UNSET,
    until: datetime.datetime | None | Unset = UNSET,
    before: int | Unset = 9223372036854775807,
    limit: int | Unset = 100,
) -> DeadLetters | Problem | None:
    """Dead letters, newest first

     Roles: operator, auditor.

    Args:
        state (ListDeadLettersStateType0 | None | Unset): Absent: whatever became of them
        code (Code | None | Unset):
        institution (None | str | Unset):
        partition (int | None | Unset):
        since (datetime.datetime | None | Unset): Failed then or later
        until (datetime.datetime | None | Unset): Failed before
        before (int | Unset): `next_before` of the page before Default: 9223372036854775807.
        limit (int | Unset):  Default: 100.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        DeadLetters | Problem
    """

    return sync_detailed(
        client=client,
        state=state,
        code=code,
        institution=institution,
        partition=partition,
        since=since,
        until=until,
        before=before,
        limit=limit,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    state: ListDeadLettersStateType0 | None | Unset = UNSET,
    code: Code | None | Unset = UNSET,
    institution: None | str | Unset = UNSET,
    partition: int | None | Unset = UNSET,
    since: datetime.datetime | None | Unset = UNSET,
    until: datetime.datetime | None | Unset = UNSET,
    before: int | Unset = 9223372036854775807,
    limit: int | Unset = 100,
) -> Response[DeadLetters | Problem]:
    """Dead letters, newest first

     Roles: operator, auditor.

    Args:
        state (ListDeadLettersStateType0 | None | Unset): Absent: whatever became of them
        code (Code | None | Unset):
        institution (None | str | Unset):
        partition (int | None | Unset):
        since (datetime.datetime | None | Unset): Failed then or later
        until (datetime.datetime | None | Unset): Failed before
        before (int | Unset): `next_before` of the page before Default: 9223372036854775807.
        limit (int | Unset):  Default: 100.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[DeadLetters | Problem]
    """

    kwargs = _get_kwargs(
        state=state,
        code=code,
        institution=institution,
        partition=partition,
        since=since,
        until=until,
        before=before,
        limit=limit,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    state: ListDeadLettersStateType0 | None | Unset = UNSET,
    code: Code | None | Unset = UNSET,
    institution: None | str | Unset = UNSET,
    partition: int | None | Unset = UNSET,
    since: datetime.datetime | None | Unset = UNSET,
    until: datetime.datetime | None | Unset = UNSET,
    before: int | Unset = 9223372036854775807,
    limit: int | Unset = 100,
) -> DeadLetters | Problem | None:
    """Dead letters, newest first

     Roles: operator, auditor.

    Args:
        state (ListDeadLettersStateType0 | None | Unset): Absent: whatever became of them
        code (Code | None | Unset):
        institution (None | str | Unset):
        partition (int | None | Unset):
        since (datetime.datetime | None | Unset): Failed then or later
        until (datetime.datetime | None | Unset): Failed before
        before (int | Unset): `next_before` of the page before Default: 9223372036854775807.
        limit (int | Unset):  Default: 100.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        DeadLetters | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            state=state,
            code=code,
            institution=institution,
            partition=partition,
            since=since,
            until=until,
            before=before,
            limit=limit,
        )
    ).parsed
