from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.open_breaks import OpenBreaks
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    institution: None | str | Unset = UNSET,
    age_days_min: int | Unset = 0,
    after: None | str | Unset = UNSET,
    limit: int | Unset = 100,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    json_institution: None | str | Unset
    if isinstance(institution, Unset):
        json_institution = UNSET
    else:
        json_institution = institution
    params["institution"] = json_institution

    params["age_days_min"] = age_days_min

    json_after: None | str | Unset
    if isinstance(after, Unset):
        json_after = UNSET
    else:
        json_after = after
    params["after"] = json_after

    params["limit"] = limit

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/reconciliations/open-breaks",
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> OpenBreaks | Problem | None:
    if response.status_code == 200:
        response_200 = OpenBreaks.from_dict(response.json())

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
) -> Response[OpenBreaks | Problem]:
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
    age_days_min: int | Unset = 0,
    after: None | str | Unset = UNSET,
    limit: int | Unset = 100,
) -> Response[OpenBreaks | Problem]:
    """Breaks that nobody is done with, the oldest first

     Roles: operator, auditor.

    Args:
        institution (None | str | Unset):
        age_days_min (int | Unset):  Default: 0.
        after (None | str | Unset):
        limit (int | Unset):  Default: 100.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[OpenBreaks | Problem]
    """

    kwargs = _get_kwargs(
        institution=institution,
        age_days_min=age_days_min,
        after=after,
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
    age_days_min: int | Unset = 0,
    after: None | str | Unset = UNSET,
    limit: int | Unset = 100,
) -> OpenBreaks | Problem | None:
    """Breaks that nobody is done with, the oldest first

     Roles: operator, auditor.

    Args:
        institution (None | str | Unset):
        age_days_min (int | Unset):  Default: 0.
        after (None | str | Unset):
        limit (int | Unset):  Default: 100.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        OpenBreaks | Problem
    """

    return sync_detailed(
        client=client,
        institution=institution,
        age_days_min=age_days_min,
        after=after,
        limit=limit,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    institution: None | str | Unset = UNSET,
    age_days_min: int | Unset = 0,
    after: None | str | Unset = UNSET,
    limit: int | Unset = 100,
) -> Response[OpenBreaks | Problem]:
    """Breaks that nobody is done with, the oldest first

     Roles: operator, auditor.

    Args:
        institution (None | str | Unset):
        age_days_min (int | Unset):  Default: 0.
        after (None | str | Unset):
        limit (int | Unset):  Default: 100.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[OpenBreaks | Problem]
    """

    kwargs = _get_kwargs(
        institution=institution,
        age_days_min=age_days_min,
        after=after,
        limit=limit,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    institution: None | str | Unset = UNSET,
    age_days_min: int | Unset = 0,
    after: None | str | Unset = UNSET,
    limit: int | Unset = 100,
) -> OpenBreaks | Problem | None:
    """Breaks that nobody is done with, the oldest first

     Roles: operator, auditor.

    Args:
        institution (None | str | Unset):
        age_days_min (int | Unset):  Default: 0.
        after (None | str | Unset):
        limit (int | Unset):  Default: 100.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        OpenBreaks | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            institution=institution,
            age_days_min=age_days_min,
            after=after,
            limit=limit,
        )
    ).parsed
