import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.accounts import Accounts
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    person_no: str,
    *,
    at: datetime.datetime | None | Unset = UNSET,
    medsettle_card_no: None | str | Unset = UNSET,
    medsettle_card_sn: None | str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(medsettle_card_no, Unset):
        headers["Medsettle-Card-No"] = medsettle_card_no

    if not isinstance(medsettle_card_sn, Unset):
        headers["Medsettle-Card-Sn"] = medsettle_card_sn

    params: dict[str, Any] = {}

    json_at: None | str | Unset
    if isinstance(at, Unset):
        json_at = UNSET
    elif isinstance(at, datetime.datetime):
        json_at = at.isoformat()
    else:
        json_at = at
    params["at"] = json_at

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/persons/{person_no}/accounts".format(
            person_no=quote(str(person_no), safe=""),
        ),
        "params": params,
    }

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Accounts | Problem | None:
    if response.status_code == 200:
        response_200 = Accounts.from_dict(response.json())

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


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[Accounts | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    person_no: str,
    *,
    client: AuthenticatedClient,
    at: datetime.datetime | None | Unset = UNSET,
    medsettle_card_no: None | str | Unset = UNSET,
    medsettle_card_sn: None | str | Unset = UNSET,
) -> Response[Accounts | Problem]:
    """Balances now or as of a time, cards

     An institution sees the personal account of now, by a card that the person presents there, and that
    card.

    Roles: institution, agency, operator, auditor.

    Args:
        person_no (str):
        at (datetime.datetime | None | Unset): RFC 3339, from 1970-01-02 to now; absent: now
        medsettle_card_no (None | str | Unset): Of an institution alone: the card that the person
            presents, as the reader gave it
        medsettle_card_sn (None | str | Unset): Of an institution alone: the card that the person
            presents, as the reader gave it

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Accounts | Problem]
    """

    kwargs = _get_kwargs(
        person_no=person_no,
        at=at,
        medsettle_card_no=medsettle_card_no,
        medsettle_card_sn=medsettle_card_sn,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    person_no: str,
    *,
    client: AuthenticatedClient,
    at: datetime.datetime | None | Unset = UNSET,
    medsettle_card_no: None | str | Unset = UNSET,
    medsettle_card_sn: None | str | Unset = UNSET,
) -> Accounts | Problem | None:
    """Balances now or as of a time, cards

     An institution sees the personal account of now, by a card that the person presents there, and that
    card.

    Roles: institution, agency, operator, auditor.

    Args:
        person_no (str):
        at (datetime.datetime | None | Unset): RFC 3339, from 1970-01-02 to now; absent: now
        medsettle_card_no (None | str | Unset): Of an institution alone: the card that the person
            presents, as the reader gave it
        medsettle_card_sn (None | str | Unset): Of an institution alone: the card that the person
            presents, as the reader gave it

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Accounts | Problem
    """

    return sync_detailed(
        person_no=person_no,
        client=client,
        at=at,
        medsettle_card_no=medsettle_card_no,
        medsettle_card_sn=medsettle_card_sn,
    ).parsed


async def asyncio_detailed(
    person_no: str,
    *,
    client: AuthenticatedClient,
    at: datetime.datetime | None | Unset = UNSET,
    medsettle_card_no: None | str | Unset = UNSET,
    medsettle_card_sn: None | str | Unset = UNSET,
) -> Response[Accounts | Problem]:
    """Balances now or as of a time, cards

     An institution sees the personal account of now, by a card that the person presents there, and that
    card.

    Roles: institution, agency, operator, auditor.

    Args:
        person_no (str):
        at (datetime.datetime | None | Unset): RFC 3339, from 1970-01-02 to now; absent: now
        medsettle_card_no (None | str | Unset): Of an institution alone: the card that the person
            presents, as the reader gave it
        medsettle_card_sn (None | str | Unset): Of an institution alone: the card that the person
            presents, as the reader gave it

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Accounts | Problem]
    """

    kwargs = _get_kwargs(
        person_no=person_no,
        at=at,
        medsettle_card_no=medsettle_card_no,
        medsettle_card_sn=medsettle_card_sn,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    person_no: str,
    *,
    client: AuthenticatedClient,
    at: datetime.datetime | None | Unset = UNSET,
    medsettle_card_no: None | str | Unset = UNSET,
    medsettle_card_sn: None | str | Unset = UNSET,
) -> Accounts | Problem | None:
    """Balances now or as of a time, cards

     An institution sees the personal account of now, by a card that the person presents there, and that
    card.

    Roles: institution, agency, operator, auditor.

    Args:
        person_no (str):
        at (datetime.datetime | None | Unset): RFC 3339, from 1970-01-02 to now; absent: now
        medsettle_card_no (None | str | Unset): Of an institution alone: the card that the person
            presents, as the reader gave it
        medsettle_card_sn (None | str | Unset): Of an institution alone: the card that the person
            presents, as the reader gave it

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Accounts | Problem
    """

    return (
        await asyncio_detailed(
            person_no=person_no,
            client=client,
            at=at,
            medsettle_card_no=medsettle_card_no,
            medsettle_card_sn=medsettle_card_sn,
        )
    ).parsed
