import datetime
from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.problem import Problem
from ...models.settlement_files import SettlementFiles
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    bank: None | str | Unset = UNSET,
    day: datetime.date | None | Unset = UNSET,
    institution: None | str | Unset = UNSET,
    after: str | Unset = "",
    limit: int | Unset = 100,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    json_bank: None | str | Unset
    if isinstance(bank, Unset):
        json_bank = UNSET
    else:
        json_bank = bank
    params["bank"] = json_bank

    json_day: None | str | Unset
    if isinstance(day, Unset):
        json_day = UNSET
    elif isinstance(day, datetime.date):
        json_day = day.isoformat()
    else:
        json_day = day
    params["day"] = json_day

    json_institution: None | str | Unset
    if isinstance(institution, Unset):
        json_institution = UNSET
    else:
        json_institution = institution
    params["institution"] = json_institution

    params["after"] = after

    params["limit"] = limit

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/settlement-files",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Problem | SettlementFiles | None:
    if response.status_code == 200:
        response_200 = SettlementFiles.from_dict(response.json())

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
) -> Response[Problem | SettlementFiles]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    bank: None | str | Unset = UNSET,
    day: datetime.date | None | Unset = UNSET,
    institution: None | str | Unset = UNSET,
    after: str | Unset = "",
    limit: int | Unset = 100,
) -> Response[Problem | SettlementFiles]:
    """Settlement files that lie ready

     A file appears whole. An institution sees the details of its own transactions.

    Roles: institution, bank, operator, auditor.

    Args:
        bank (None | str | Unset): A bank sees its own alone
        day (datetime.date | None | Unset): The business day
        institution (None | str | Unset): Details of this institution
        after (str | Unset): The last file of the page before Default: ''.
        limit (int | Unset):  Default: 100.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | SettlementFiles]
    """

    kwargs = _get_kwargs(
        bank=bank,
        day=day,
        institution=institution,
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
    bank: None | str | Unset = UNSET,
    day: datetime.date | None | Unset = UNSET,
    institution: None | str | Unset = UNSET,
    after: str | Unset = "",
    limit: int | Unset = 100,
) -> Problem | SettlementFiles | None:
    """Settlement files that lie ready

     A file appears whole. An institution sees the details of its own transactions.

    Roles: institution, bank, operator, auditor.

    Args:
        bank (None | str | Unset): A bank sees its own alone
        day (datetime.date | None | Unset): The business day
        institution (None | str | Unset): Details of this institution
        after (str | Unset): The last file of the page before Default: ''.
        limit (int | Unset):  Default: 100.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | SettlementFiles
    """

    return sync_detailed(
        client=client,
        bank=bank,
        day=day,
        institution=institution,
        after=after,
        limit=limit,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    bank: None | str | Unset = UNSET,
    day: datetime.date | None | Unset = UNSET,
    institution: None | str | Unset = UNSET,
    after: str | Unset = "",
    limit: int | Unset = 100,
) -> Response[Problem | SettlementFiles]:
    """Settlement files that lie ready

     A file appears whole. An institution sees the details of its own transactions.

    Roles: institution, bank, operator, auditor.

    Args:
        bank (None | str | Unset): A bank sees its own alone
        day (datetime.date | None | Unset): The business day
        institution (None | str | Unset): Details of this institution
        after (str | Unset): The last file of the page before Default: ''.
        limit (int | Unset):  Default: 100.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | SettlementFiles]
    """

    kwargs = _get_kwargs(
        bank=bank,
        day=day,
        institution=institution,
        after=after,
        limit=limit,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    bank: None | str | Unset = UNSET,
    day: datetime.date | None | Unset = UNSET,
    institution: None | str | Unset = UNSET,
    after: str | Unset = "",
    limit: int | Unset = 100,
) -> Problem | SettlementFiles | None:
    """Settlement files that lie ready

     A file appears whole. An institution sees the details of its own transactions.

    Roles: institution, bank, operator, auditor.

    Args:
        bank (None | str | Unset): A bank sees its own alone
        day (datetime.date | None | Unset): The business day
        institution (None | str | Unset): Details of this institution
        after (str | Unset): The last file of the page before Default: ''.
        limit (int | Unset):  Default: 100.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | SettlementFiles
    """

    return (
        await asyncio_detailed(
            client=client,
            bank=bank,
            day=day,
            institution=institution,
            after=after,
            limit=limit,
        )
    ).parsed
