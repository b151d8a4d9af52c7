from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.audit_entries import AuditEntries
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    person_no: None | str | Unset = UNSET,
    name: None | str | Unset = UNSET,
    cursor: None | str | Unset = UNSET,
    limit: int | Unset = 100,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    json_person_no: None | str | Unset
    if isinstance(person_no, Unset):
        json_person_no = UNSET
    else:
        json_person_no = person_no
    params["person_no"] = json_person_no

    json_name: None | str | Unset
    if isinstance(name, Unset):
        json_name = UNSET
    else:
        json_name = name
    params["name"] = json_name

    json_cursor: None | str | Unset
    if isinstance(cursor, Unset):
        json_cursor = UNSET
    else:
        json_cursor = cursor
    params["cursor"] = json_cursor

    params["limit"] = limit

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/audit",
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> AuditEntries | Problem | None:
    if response.status_code == 200:
        response_200 = AuditEntries.from_dict(response.json())

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
) -> Response[AuditEntries | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    person_no: None | str | Unset = UNSET,
    name: None | str | Unset = UNSET,
    cursor: None | str | Unset = UNSET,
    limit: int | Unset = 100,
) -> Response[AuditEntries | Problem]:
    """Acts and looks, newest first

     Roles: operator, auditor.

    Args:
        person_no (None | str | Unset): Whose data it was
        name (None | str | Unset): Who it was
        cursor (None | str | Unset): As the page before gave it; absent: the first page
        limit (int | Unset):  Default: 100.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AuditEntries | Problem]
    """

    kwargs = _get_kwargs(
        person_no=person_no,
        name=name,
        cursor=cursor,
        limit=limit,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    person_no: None | str | Unset = UNSET,
    name: None | str | Unset = UNSET,
    cursor: None | str | Unset = UNSET,
    limit: int | Unset = 100,
) -> AuditEntries | Problem | None:
    """Acts and looks, newest first

     Roles: operator, auditor.

    Args:
        person_no (None | str | Unset): Whose data it was
        name (None | str | Unset): Who it was
        cursor (None | str | Unset): As the page before gave it; absent: the first page
        limit (int | Unset):  Default: 100.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AuditEntries | Problem
    """

    return sync_detailed(
        client=client,
        person_no=person_no,
        name=name,
        cursor=cursor,
        limit=limit,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    person_no: None | str | Unset = UNSET,
    name: None | str | Unset = UNSET,
    cursor: None | str | Unset = UNSET,
    limit: int | Unset = 100,
) -> Response[AuditEntries | Problem]:
    """Acts and looks, newest first

     Roles: operator, auditor.

    Args:
        person_no (None | str | Unset): Whose data it was
        name (None | str | Unset): Who it was
        cursor (None | str | Unset): As the page before gave it; absent: the first page
        limit (int | Unset):  Default: 100.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AuditEntries | Problem]
    """

    kwargs = _get_kwargs(
        person_no=person_no,
        name=name,
        cursor=cursor,
        limit=limit,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    person_no: None | str | Unset = UNSET,
    name: None | str | Unset = UNSET,
    cursor: None | str | Unset = UNSET,
    limit: int | Unset = 100,
) -> AuditEntries | Problem | None:
    """Acts and looks, newest first

     Roles: operator, auditor.

    Args:
        person_no (None | str | Unset): Whose data it was
        name (None | str | Unset): Who it was
        cursor (None | str | Unset): As the page before gave it; absent: the first page
        limit (int | Unset):  Default: 100.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AuditEntries | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            person_no=person_no,
            name=name,
            cursor=cursor,
            limit=limit,
        )
    ).parsed
