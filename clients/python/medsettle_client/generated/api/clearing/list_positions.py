import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.positions import Positions
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    day: datetime.date,
    *,
    after: str | Unset = "",
    held: bool | Unset = False,
    limit: int | Unset = 1000,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["after"] = after

    params["held"] = held

    params["limit"] = limit

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/business-days/{day}/positions".format(
            day=quote(str(day), safe=""),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Positions | Problem | None:
    if response.status_code == 200:
        response_200 = Positions.from_dict(response.json())

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


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[Positions | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    day: datetime.date,
    *,
    client: AuthenticatedClient,
    after: str | Unset = "",
    held: bool | Unset = False,
    limit: int | Unset = 1000,
) -> Response[Positions | Problem]:
    """What each institution is due of a sealed day

     Roles: agency, operator, auditor.

    Args:
        day (datetime.date): YYYY-MM-DD in Asia/Shanghai
        after (str | Unset): The last institution of the page before Default: ''.
        held (bool | Unset): Only those that are not paid Default: False.
        limit (int | Unset):  Default: 1000.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Positions | Problem]
    """

    kwargs = _get_kwargs(
        day=day,
        after=after,
        held=held,
        limit=limit,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    day: datetime.date,
    *,
    client: AuthenticatedClient,
    after: str | Unset = "",
    held: bool | Unset = False,
    limit: int | Unset = 1000,
) -> Positions | Problem | None:
    """What each institution is due of a sealed day

     Roles: agency, operator, auditor.

    Args:
        day (datetime.date): YYYY-MM-DD in Asia/Shanghai
        after (str | Unset): The last institution of the page before Default: ''.
        held (bool | Unset): Only those that are not paid Default: False.
        limit (int | Unset):  Default: 1000.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Positions | Problem
    """

    return sync_detailed(
        day=day,
        client=client,
        after=after,
        held=held,
        limit=limit,
    ).parsed


async def asyncio_detailed(
    day: datetime.date,
    *,
    client: AuthenticatedClient,
    after: str | Unset = "",
    held: bool | Unset = False,
    limit: int | Unset = 1000,
) -> Response[Positions | Problem]:
    """What each institution is due of a sealed day

     Roles: agency, operator, auditor.

    Args:
        day (datetime.date): YYYY-MM-DD in Asia/Shanghai
        after (str | Unset): The last institution of the page before Default: ''.
        held (bool | Unset): Only those that are not paid Default: False.
        limit (int | Unset):  Default: 1000.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Positions | Problem]
    """

    kwargs = _get_kwargs(
        day=day,
        after=after,
        held=held,
        limit=limit,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    day: datetime.date,
    *,
    client: AuthenticatedClient,
    after: str | Unset = "",
    held: bool | Unset = False,
    limit: int | Unset = 1000,
) -> Positions | Problem | None:
    """What each institution is due of a sealed day

     Roles: agency, operator, auditor.

    Args:
        day (datetime.date): YYYY-MM-DD in Asia/Shanghai
        after (str | Unset): The last institution of the page before Default: ''.
        held (bool | Unset): Only those that are not paid Default: False.
        limit (int | Unset):  Default: 1000.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Positions | Problem
    """

    return (
        await asyncio_detailed(
            day=day,
            client=client,
            after=after,
            held=held,
            limit=limit,
        )
    ).parsed
