from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.grants import Grants
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    beneficiary: None | str | Unset = UNSET,
    granter: None | str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    json_beneficiary: None | str | Unset
    if isinstance(beneficiary, Unset):
        json_beneficiary = UNSET
    else:
        json_beneficiary = beneficiary
    params["beneficiary"] = json_beneficiary

    json_granter: None | str | Unset
    if isinstance(granter, Unset):
        json_granter = UNSET
    else:
        json_granter = granter
    params["granter"] = json_granter

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/mutual-aid-grants",
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Grants | Problem | None:
    if response.status_code == 200:
        response_200 = Grants.from_dict(response.json())

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


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[Grants | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    beneficiary: None | str | Unset = UNSET,
    granter: None | str | Unset = UNSET,
) -> Response[Grants | Problem]:
    """Open grants to a beneficiary, in their order, or by a granter

     Roles: agency, auditor.

    Args:
        beneficiary (None | str | Unset):
        granter (None | str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Grants | Problem]
    """

    kwargs = _get_kwargs(
        beneficiary=beneficiary,
        granter=granter,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    beneficiary: None | str | Unset = UNSET,
    granter: None | str | Unset = UNSET,
) -> Grants | Problem | None:
    """Open grants to a beneficiary, in their order, or by a granter

     Roles: agency, auditor.

    Args:
        beneficiary (None | str | Unset):
        granter (None | str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Grants | Problem
    """

    return sync_detailed(
        client=client,
        beneficiary=beneficiary,
        granter=granter,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    beneficiary: None | str | Unset = UNSET,
    granter: None | str | Unset = UNSET,
) -> Response[Grants | Problem]:
    """Open grants to a beneficiary, in their order, or by a granter

     Roles: agency, auditor.

    Args:
        beneficiary (None | str | Unset):
        granter (None | str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Grants | Problem]
    """

    kwargs = _get_kwargs(
        beneficiary=beneficiary,
        granter=granter,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    beneficiary: None | str | Unset = UNSET,
    granter: None | str | Unset = UNSET,
) -> Grants | Problem | None:
    """Open grants to a beneficiary, in their order, or by a granter

     Roles: agency, auditor.

    Args:
        beneficiary (None | str | Unset):
        granter (None | str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Grants | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            beneficiary=beneficiary,
            granter=granter,
        )
    ).parsed
