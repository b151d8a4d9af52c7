from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.breaks import Breaks
from ...models.list_breaks_kind_type_0 import (
    ListBreaksKindType0,
)
from ...models.list_breaks_state_type_0 import (
    ListBreaksStateType0,
)
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    run_id: int,
    *,
    kind: ListBreaksKindType0 | None | Unset = UNSET,
    state: ListBreaksStateType0 | None | Unset = UNSET,
    after: int | Unset = 0,
    limit: int | Unset = 100,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    json_kind: None | str | Unset
    if isinstance(kind, Unset):
        json_kind = UNSET
    elif isinstance(kind, str):
        json_kind = kind
    else:
        json_kind = kind
    params["kind"] = json_kind

    json_state: None | str | Unset
    if isinstance(state, Unset):
        json_state = UNSET
    elif isinstance(state, str):
        json_state = state
    else:
        json_state = state
    params["state"] = json_state

    params["after"] = after

    params["limit"] = limit

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/reconciliations/{run_id}/breaks".format(
            run_id=quote(str(run_id), safe=""),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Breaks | Problem | None:
    if response.status_code == 200:
        response_200 = Breaks.from_dict(response.json())

        return response_200

    if response.status_code == 401:
        response_401 = Problem.from_dict(response.json())

        return response_401

    if response.status_code == 403:
        response_403 = Problem.from_dict(response.json())

        return response_403

    if response.status_code == 404:
        response_404 = Problem.from_dict(response.json())

        return response_404

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


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[Breaks | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    run_id: int,
    *,
    client: AuthenticatedClient,
    kind: ListBreaksKindType0 | None | Unset = UNSET,
    state: ListBreaksStateType0 | None | Unset = UNSET,
    after: int | Unset = 0,
    limit: int | Unset = 100,
) -> Response[Breaks | Problem]:
    """The breaks of a reconciliation, in pages

     Roles: institution, operator, auditor.

    Args:
        run_id (int):
        kind (ListBreaksKindType0 | None | Unset):
        state (ListBreaksStateType0 | None | Unset):
        after (int | Unset):  Default: 0.
        limit (int | Unset):  Default: 100.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Breaks | Problem]
    """

    kwargs = _get_kwargs(
        run_id=run_id,
        kind=kind,
        state=state,
        after=after,
        limit=limit,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    run_id: int,
    *,
    client: AuthenticatedClient,
    kind: ListBreaksKindType0 | None | Unset = UNSET,
    state: ListBreaksStateType0 | None | Unset = UNSET,
    after: int | Unset = 0,
    limit: int | Unset = 100,
) -> Breaks | Problem | None:
    """The breaks of a reconciliation, in pages

     Roles: institution, operator, auditor.

    Args:
        run_id (int):
        kind (ListBreaksKindType0 | None | Unset):
        state (ListBreaksStateType0 | None | Unset):
        after (int | Unset):  Default: 0.
        limit (int | Unset):  Default: 100.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Breaks | Problem
    """

    return sync_detailed(
        run_id=run_id,
        client=client,
        kind=kind,
        state=state,
        after=after,
        limit=limit,
    ).parsed


async def asyncio_detailed(
    run_id: int,
    *,
    client: AuthenticatedClient,
    kind: ListBreaksKindType0 | None | Unset = UNSET,
    state: ListBreaksStateType0 | None | Unset = UNSET,
    after: int | Unset = 0,
    limit: int | Unset = 100,
) -> Response[Breaks | Problem]:
    """The breaks of a reconciliation, in pages

     Roles: institution, operator, auditor.

    Args:
        run_id (int):
        kind (ListBreaksKindType0 | None | Unset):
        state (ListBreaksStateType0 | None | Unset):
        after (int | Unset):  Default: 0.
        limit (int | Unset):  Default: 100.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Breaks | Problem]
    """

    kwargs = _get_kwargs(
        run_id=run_id,
        kind=kind,
        state=state,
        after=after,
        limit=limit,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    run_id: int,
    *,
    client: AuthenticatedClient,
    kind: ListBreaksKindType0 | None | Unset = UNSET,
    state: ListBreaksStateType0 | None | Unset = UNSET,
    after: int | Unset = 0,
    limit: int | Unset = 100,
) -> Breaks | Problem | None:
    """The breaks of a reconciliation, in pages

     Roles: institution, operator, auditor.

    Args:
        run_id (int):
        kind (ListBreaksKindType0 | None | Unset):
        state (ListBreaksStateType0 | None | Unset):
        after (int | Unset):  Default: 0.
        limit (int | Unset):  Default: 100.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Breaks | Problem
    """

    return (
        await asyncio_detailed(
            run_id=run_id,
            client=client,
            kind=kind,
            state=state,
            after=after,
            limit=limit,
        )
    ).parsed
