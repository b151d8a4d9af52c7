from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.list_reconciliations_state_type_0 import (
    ListReconciliationsStateType0,
)
from ...models.problem import Problem
from ...models.runs import Runs
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    institution: None | str | Unset = UNSET,
    state: ListReconciliationsStateType0 | None | Unset = UNSET,
    before: int | Unset = 9223372036854775807,
    limit: int | Unset = 100,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    json_institution: None | str | Unset
    if isinstance(institution, Unset):
        json_institution = UNSET
    else:
        json_institution = institution
    params["institution"] = json_institution

    json_state: None | str | Unset
    if isinstance(state, Unset):
        json_state = UNSET
    elif isinstance(state, str):
        json_state = state
    else:
        json_state = state
    params["state"] = json_state

    params["before"] = before

    params["limit"] = limit

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/reconciliations",
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Problem | Runs | None:
    if response.status_code == 200:
        response_200 = Runs.from_dict(response.json())

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


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[Problem | Runs]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    institution: None | str | Unset = UNSET,
    state: ListReconciliationsStateType0 | None | Unset = UNSET,
    before: int | Unset = 9223372036854775807,
    limit: int | Unset = 100,
) -> Response[Problem | Runs]:
    """Reconciliations, newest first

     Roles: institution, operator, auditor.

    Args:
        institution (None | str | Unset): An institution sees its own alone.
        state (ListReconciliationsStateType0 | None | Unset):
        before (int | Unset):  Default: 9223372036854775807.
        limit (int | Unset):  Default: 100.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | Runs]
    """

    kwargs = _get_kwargs(
        institution=institution,
        state=state,
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
    institution: None | str | Unset = UNSET,
    state: ListReconciliationsStateType0 | None | Unset = UNSET,
    before: int | Unset = 9223372036854775807,
    limit: int | Unset = 100,
) -> Problem | Runs | None:
    """Reconciliations, newest first

     Roles: institution, operator, auditor.

    Args:
        institution (None | str | Unset): An institution sees its own alone.
        state (ListReconciliationsStateType0 | None | Unset):
        before (int | Unset):  Default: 9223372036854775807.
        limit (int | Unset):  Default: 100.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | Runs
    """

    return sync_detailed(
        client=client,
        institution=institution,
        state=state,
        before=before,
        limit=limit,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    institution: None | str | Unset = UNSET,
    state: ListReconciliationsStateType0 | None | Unset = UNSET,
    before: int | Unset = 9223372036854775807,
    limit: int | Unset = 100,
) -> Response[Problem | Runs]:
    """Reconciliations, newest first

     Roles: institution, operator, auditor.

    Args:
        institution (None | str | Unset): An institution sees its own alone.
        state (ListReconciliationsStateType0 | None | Unset):
        before (int | Unset):  Default: 9223372036854775807.
        limit (int | Unset):  Default: 100.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | Runs]
    """

    kwargs = _get_kwargs(
        institution=institution,
        state=state,
        before=before,
        limit=limit,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    institution: None | str | Unset = UNSET,
    state: ListReconciliationsStateType0 | None | Unset = UNSET,
    before: int | Unset = 9223372036854775807,
    limit: int | Unset = 100,
) -> Problem | Runs | None:
    """Reconciliations, newest first

     Roles: institution, operator, auditor.

    Args:
        institution (None | str | Unset): An institution sees its own alone.
        state (ListReconciliationsStateType0 | None | Unset):
        before (int | Unset):  Default: 9223372036854775807.
        limit (int | Unset):  Default: 100.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | Runs
    """

    return (
        await asyncio_detailed(
            client=client,
            institution=institution,
            state=state,
            before=before,
            limit=limit,
        )
    ).parsed
