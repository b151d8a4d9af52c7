from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.feed_page import FeedPage
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    institution: None | str | Unset = UNSET,
    cursor: None | str | Unset = UNSET,
    wait: int | Unset = 0,
    limit: int | Unset = 100,
    last_event_id: None | str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(last_event_id, Unset):
        headers["last-event-id"] = last_event_id

    params: dict[str, Any] = {}

    json_institution: None | str | Unset
    if isinstance(institution, Unset):
        json_institution = UNSET
    else:
        json_institution = institution
    params["institution"] = json_institution

    json_cursor: None | str | Unset
    if isinstance(cursor, Unset):
        json_cursor = UNSET
    else:
        json_cursor = cursor
    params["cursor"] = json_cursor

    params["wait"] = wait

    params["limit"] = limit

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/transactions/feed",
        "params": params,
    }

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> FeedPage | Problem | None:
    if response.status_code == 200:
        response_200 = FeedPage.from_dict(response.json())

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


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[FeedPage | Problem]:
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
    cursor: None | str | Unset = UNSET,
    wait: int | Unset = 0,
    limit: int | Unset = 100,
    last_event_id: None | str | Unset = UNSET,
) -> Response[FeedPage | Problem]:
    """Follow what is settled for an institution, whichever way it came in

     Every recorded outcome once, in an order that nothing enters behind a cursor, within about a second
    of its commit. Ask with `wait` to be answered as soon as there is news (long poll). With `Accept:
    text/event-stream` the answer is a stream of server-sent events `outcome`, whose `id` is the cursor
    and whose `data` is an `Outcome`; a comment comes every 15 seconds where nothing else does. It ends
    after ten minutes, and when the service stops: connect again with the `Last-Event-ID`, as browsers'
    `EventSource` does.

    Roles: institution, operator, auditor.

    Args:
        institution (None | str | Unset): Whose transactions; a key of an institution may leave it
            out
        cursor (None | str | Unset): Behind which to go on; absent: the first; or `latest`
        wait (int | Unset): Seconds to wait where nothing is new Default: 0.
        limit (int | Unset):  Default: 100.
        last_event_id (None | str | Unset): Of a stream that goes on; before `cursor`

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[FeedPage | Problem]
    """

    kwargs = _get_kwargs(
        institution=institution,
        cursor=cursor,
        wait=wait,
        limit=limit,
        last_event_id=last_event_id,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    institution: None | str | Unset = UNSET,
    cursor: None | str | Unset = UNSET,
    wait: int | Unset = 0,
    limit: int | Unset = 100,
    last_event_id: None | str | Unset = UNSET,
) -> FeedPage | Problem | None:
    """Follow what is settled for an institution, whichever way it came in

     Every recorded outcome once, in an order that nothing enters behind a cursor, within about a second
    of its commit. Ask with `wait` to be answered as soon as there is news (long poll). With `Accept:
    text/event-stream` the answer is a stream of server-sent events `outcome`, whose `id` is the cursor
    and whose `data` is an `Outcome`; a comment comes every 15 seconds where nothing else does. It ends
    after ten minutes, and when the service stops: connect again with the `Last-Event-ID`, as browsers'
    `EventSource` does.

    Roles: institution, operator, auditor.

    Args:
        institution (None | str | Unset): Whose transactions; a key of an institution may leave it
            out
        cursor (None | str | Unset): Behind which to go on; absent: the first; or `latest`
        wait (int | Unset): Seconds to wait where nothing is new Default: 0.
        limit (int | Unset):  Default: 100.
        last_event_id (None | str | Unset): Of a stream that goes on; before `cursor`

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        FeedPage | Problem
    """

    return sync_detailed(
        client=client,
        institution=institution,
        cursor=cursor,
        wait=wait,
        limit=limit,
        last_event_id=last_event_id,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    institution: None | str | Unset = UNSET,
    cursor: None | str | Unset = UNSET,
    wait: int | Unset = 0,
    limit: int | Unset = 100,
    last_event_id: None | str | Unset = UNSET,
) -> Response[FeedPage | Problem]:
    """Follow what is settled for an institution, whichever way it came in

     Every recorded outcome once, in an order that nothing enters behind a cursor, within about a second
    of its commit. Ask with `wait` to be answered as soon as there is news (long poll). With `Accept:
    text/event-stream` the answer is a stream of server-sent events `outcome`, whose `id` is the cursor
    and whose `data` is an `Outcome`; a comment comes every 15 seconds where nothing else does. It ends
    after ten minutes, and when the service stops: connect again with the `Last-Event-ID`, as browsers'
    `EventSource` does.

    Roles: institution, operator, auditor.

    Args:
        institution (None | str | Unset): Whose transactions; a key of an institution may leave it
            out
        cursor (None | str | Unset): Behind which to go on; absent: the first; or `latest`
        wait (int | Unset): Seconds to wait where nothing is new Default: 0.
        limit (int | Unset):  Default: 100.
        last_event_id (None | str | Unset): Of a stream that goes on; before `cursor`

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[FeedPage | Problem]
    """

    kwargs = _get_kwargs(
        institution=institution,
        cursor=cursor,
        wait=wait,
        limit=limit,
        last_event_id=last_event_id,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    institution: None | str | Unset = UNSET,
    cursor: None | str | Unset = UNSET,
    wait: int | Unset = 0,
    limit: int | Unset = 100,
    last_event_id: None | str | Unset = UNSET,
) -> FeedPage | Problem | None:
    """Follow what is settled for an institution, whichever way it came in

     Every recorded outcome once, in an order that nothing enters behind a cursor, within about a second
    of its commit. Ask with `wait` to be answered as soon as there is news (long poll). With `Accept:
    text/event-stream` the answer is a stream of server-sent events `outcome`, whose `id` is the cursor
    and whose `data` is an `Outcome`; a comment comes every 15 seconds where nothing else does. It ends
    after ten minutes, and when the service stops: connect again with the `Last-Event-ID`, as browsers'
    `EventSource` does.

    Roles: institution, operator, auditor.

    Args:
        institution (None | str | Unset): Whose transactions; a key of an institution may leave it
            out
        cursor (None | str | Unset): Behind which to go on; absent: the first; or `latest`
        wait (int | Unset): Seconds to wait where nothing is new Default: 0.
        limit (int | Unset):  Default: 100.
        last_event_id (None | str | Unset): Of a stream that goes on; before `cursor`

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        FeedPage | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            institution=institution,
            cursor=cursor,
            wait=wait,
            limit=limit,
            last_event_id=last_event_id,
        )
    ).parsed
