from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.adjustment_answer import AdjustmentAnswer
from ...models.problem import Problem
from ...types import Response


def _get_kwargs(
    adjustment_id: int,
) -> dict[str, Any]:

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/adjustments/{adjustment_id}/approval".format(
            adjustment_id=quote(str(adjustment_id), safe=""),
        ),
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> AdjustmentAnswer | Problem | None:
    if response.status_code == 200:
        response_200 = AdjustmentAnswer.from_dict(response.json())

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

    if response.status_code == 409:
        response_409 = Problem.from_dict(response.json())

        return response_409

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
) -> Response[AdjustmentAnswer | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    adjustment_id: int,
    *,
    client: AuthenticatedClient,
) -> Response[AdjustmentAnswer | Problem]:
    """Approve an adjustment and move its money

     By another clerk than its maker. Approving again moves nothing, and completes what was cut off.

    Roles: agency, operator.

    Args:
        adjustment_id (int):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AdjustmentAnswer | Problem]
    """

    kwargs = _get_kwargs(
        adjustment_id=adjustment_id,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    adjustment_id: int,
    *,
    client: AuthenticatedClient,
) -> AdjustmentAnswer | Problem | None:
    """Approve an adjustment and move its money

     By another clerk than its maker. Approving again moves nothing, and completes what was cut off.

    Roles: agency, operator.

    Args:
        adjustment_id (int):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AdjustmentAnswer | Problem
    """

    return sync_detailed(
        adjustment_id=adjustment_id,
        client=client,
    ).parsed


async def asyncio_detailed(
    adjustment_id: int,
    *,
    client: AuthenticatedClient,
) -> Response[AdjustmentAnswer | Problem]:
    """Approve an adjustment and move its money

     By another clerk than its maker. Approving again moves nothing, and completes what was cut off.

    Roles: agency, operator.

    Args:
        adjustment_id (int):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AdjustmentAnswer | Problem]
    """

    kwargs = _get_kwargs(
        adjustment_id=adjustment_id,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    adjustment_id: int,
    *,
    client: AuthenticatedClient,
) -> AdjustmentAnswer | Problem | None:
    """Approve an adjustment and move its money

     By another clerk than its maker. Approving again moves nothing, and completes what was cut off.

    Roles: agency, operator.

    Args:
        adjustment_id (int):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AdjustmentAnswer | Problem
    """

    return (
        await asyncio_detailed(
            adjustment_id=adjustment_id,
            client=client,
        )
    ).parsed
