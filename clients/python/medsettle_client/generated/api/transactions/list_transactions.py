import datetime
from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.code import Code
from ...models.list_transactions_kind_type_0_item import (
    ListTransactionsKindType0Item,
)
from ...models.list_transactions_order import (
    ListTransactionsOrder,
)
from ...models.list_transactions_status_type_0_item import (
    ListTransactionsStatusType0Item,
)
from ...models.problem import Problem
from ...models.transaction_page import TransactionPage
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    institution: None | str | Unset = UNSET,
    cursor: None | str | Unset = UNSET,
    limit: int | Unset = 100,
    order: ListTransactionsOrder | Unset = "newest_first",
    business_day: datetime.date | None | Unset = UNSET,
    from_: datetime.datetime | None | Unset = UNSET,
    to: datetime.datetime | None | Unset = UNSET,
    status: list[ListTransactionsStatusType0Item] | None | Unset = UNSET,
    kind: list[ListTransactionsKindType0Item] | None | Unset = UNSET,
    code: list[Code] | None | Unset = UNSET,
) -> dict[str, Any]:

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

    params["limit"] = limit

    json_order: str | Unset = UNSET
    if not isinstance(order, Unset):
        json_order = order

    params["order"] = json_order

    json_business_day: None | str | Unset
    if isinstance(business_day, Unset):
        json_business_day = UNSET
    elif isinstance(business_day, datetime.date):
        json_business_day = business_day.isoformat()
    else:
        json_business_day = business_day
    params["business_day"] = json_business_day

    json_from_: None | str | Unset
    if isinstance(from_, Unset):
        json_from_ = UNSET
    elif isinstance(from_, datetime.datetime):
        json_from_ = from_.isoformat()
    else:
        json_from_ = from_
    params["from"] = json_from_

    json_to: None | str | Unset
    if isinstance(to, Unset):
        json_to = UNSET
    elif isinstance(to, datetime.datetime):
        json_to = to.isoformat()
    else:
        json_to = to
    params["to"] = json_to

    json_status: list[str] | None | Unset
    if isinstance(status, Unset):
        json_status = UNSET
    elif isinstance(status, list):
        json_status = []
        for status_type_0_item_data in status:
            status_type_0_item: str = status_type_0_item_data
            json_status.append(status_type_0_item)

    else:
        json_status = status
    params["status"] = json_status

    json_kind: list[str] | None | Unset
    if isinstance(kind, Unset):
        json_kind = UNSET
    elif isinstance(kind, list):
        json_kind = []
        for kind_type_0_item_data in kind:
            kind_type_0_item: str = kind_type_0_item_data
            json_kind.append(kind_type_0_item)

    else:
        json_kind = kind
    params["kind"] = json_kind

    json_code: list[str] | None | Unset
    if isinstance(code, Unset):
        json_code = UNSET
    elif isinstance(code, list):
        json_code = []
        for code_type_0_item_data in code:
            code_type_0_item: str = code_type_0_item_data
            json_code.append(code_type_0_item)

    else:
        json_code = code
    params["code"] = json_code

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/transactions",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Problem | TransactionPage | None:
    if response.status_code == 200:
        response_200 = TransactionPage.from_dict(response.json())

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
) -> Response[Problem | TransactionPage]:
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
    limit: int | Unset = 100,
    order: ListTransactionsOrder | Unset = "newest_first",
    business_day: datetime.date | None | Unset = UNSET,
    from_: datetime.datetime | None | Unset = UNSET,
    to: datetime.datetime | None | Unset = UNSET,
    status: list[ListTransactionsStatusType0Item] | None | Unset = UNSET,
    kind: list[ListTransactionsKindType0Item] | None | Unset = UNSET,
    code: list[Code] | None | Unset = UNSET,
) -> Response[Problem | TransactionPage]:
    """Transactions of an institution, page by page

     In the order in which they were recorded, or back. A page looks at a bounded number of them: with
    filters it may hold fewer than `limit`, or none, and still have a `next_cursor`. Go on until that is
    null.

    Roles: institution, operator, auditor.

    Args:
        institution (None | str | Unset): Whose transactions; a key of an institution may leave it
            out
        cursor (None | str | Unset): `next_cursor` of the page before; absent: the first page
        limit (int | Unset):  Default: 100.
        order (ListTransactionsOrder | Unset):  Default: 'newest_first'.
        business_day (datetime.date | None | Unset): In Asia/Shanghai, from the cut-off on
        from_ (datetime.datetime | None | Unset): `settled_at` from here on
        to (datetime.datetime | None | Unset): `settled_at` before
        status (list[ListTransactionsStatusType0Item] | None | Unset): Any of these
        kind (list[ListTransactionsKindType0Item] | None | Unset): Any of these
        code (list[Code] | None | Unset): Any of these

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | TransactionPage]
    """

    kwargs = _get_kwargs(
        institution=institution,
        cursor=cursor,
        limit=limit,
        order=order,
        business_day=business_day,
        from_=from_,
        to=to,
        status=status,
        kind=kind,
        code=code,
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
    limit: int | Unset = 100,
    order: ListTransactionsOrder | Unset = "newest_first",
    business_day: datetime.date | None | Unset = UNSET,
    from_: datetime.datetime | None | Unset = UNSET,
    to: datetime.datetime | None | Unset = UNSET,
    status: list[ListTransactionsStatusType0Item] | None | Unset = UNSET,
    kind: list[ListTransactionsKindType0Item] | None | Unset = UNSET,
    code: list[Code] | None | Unset = UNSET,
) -> Problem | TransactionPage | None:
    """Transactions of an institution, page by page

     In the order in which they were recorded, or back. A page looks at a bounded number of them: with
    filters it may hold fewer than `limit`, or none, and still have a `next_cursor`. Go on until that is
    null.

    Roles: institution, operator, auditor.

    Args:
        institution (None | str | Unset): Whose transactions; a key of an institution may leave it
            out
        cursor (None | str | Unset): `next_cursor` of the page before; absent: the first page
        limit (int | Unset):  Default: 100.
        order (ListTransactionsOrder | Unset):  Default: 'newest_first'.
        business_day (datetime.date | None | Unset): In Asia/Shanghai, from the cut-off on
        from_ (datetime.datetime | None | Unset): `settled_at` from here on
        to (datetime.datetime | None | Unset): `settled_at` before
        status (list[ListTransactionsStatusType0Item] | None | Unset): Any of these
        kind (list[ListTransactionsKindType0Item] | None | Unset): Any of these
        code (list[Code] | None | Unset): Any of these

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | TransactionPage
    """

    return sync_detailed(
        client=client,
        institution=institution,
        cursor=cursor,
        limit=limit,
        order=order,
        business_day=business_day,
        from_=from_,
        to=to,
        status=status,
        kind=kind,
        code=code,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    institution: None | str | Unset = UNSET,
    cursor: None | str | Unset = UNSET,
    limit: int | Unset = 100,
    order: ListTransactionsOrder | Unset = "newest_first",
    business_day: datetime.date | None | Unset = UNSET,
    from_: datetime.datetime | None | Unset = UNSET,
    to: datetime.datetime | None | Unset = UNSET,
    status: list[ListTransactionsStatusType0Item] | None | Unset = UNSET,
    kind: list[ListTransactionsKindType0Item] | None | Unset = UNSET,
    code: list[Code] | None | Unset = UNSET,
) -> Response[Problem | TransactionPage]:
    """Transactions of an institution, page by page

     In the order in which they were recorded, or back. A page looks at a bounded number of them: with
    filters it may hold fewer than `limit`, or none, and still have a `next_cursor`. Go on until that is
    null.

    Roles: institution, operator, auditor.

    Args:
        institution (None | str | Unset): Whose transactions; a key of an institution may leave it
            out
        cursor (None | str | Unset): `next_cursor` of the page before; absent: the first page
        limit (int | Unset):  Default: 100.
        order (ListTransactionsOrder | Unset):  Default: 'newest_first'.
        business_day (datetime.date | None | Unset): In Asia/Shanghai, from the cut-off on
        from_ (datetime.datetime | None | Unset): `settled_at` from here on
        to (datetime.datetime | None | Unset): `settled_at` before
        status (list[ListTransactionsStatusType0Item] | None | Unset): Any of these
        kind (list[ListTransactionsKindType0Item] | None | Unset): Any of these
        code (list[Code] | None | Unset): Any of these

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | TransactionPage]
    """

    kwargs = _get_kwargs(
        institution=institution,
        cursor=cursor,
        limit=limit,
        order=order,
        business_day=business_day,
        from_=from_,
        to=to,
        status=status,
        kind=kind,
        code=code,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    institution: None | str | Unset = UNSET,
    cursor: None | str | Unset = UNSET,
    limit: int | Unset = 100,
    order: ListTransactionsOrder | Unset = "newest_first",
    business_day: datetime.date | None | Unset = UNSET,
    from_: datetime.datetime | None | Unset = UNSET,
    to: datetime.datetime | None | Unset = UNSET,
    status: list[ListTransactionsStatusType0Item] | None | Unset = UNSET,
    kind: list[ListTransactionsKindType0Item] | None | Unset = UNSET,
    code: list[Code] | None | Unset = UNSET,
) -> Problem | TransactionPage | None:
    """Transactions of an institution, page by page

     In the order in which they were recorded, or back. A page looks at a bounded number of them: with
    filters it may hold fewer than `limit`, or none, and still have a `next_cursor`. Go on until that is
    null.

    Roles: institution, operator, auditor.

    Args:
        institution (None | str | Unset): Whose transactions; a key of an institution may leave it
            out
        cursor (None | str | Unset): `next_cursor` of the page before; absent: the first page
        limit (int | Unset):  Default: 100.
        order (ListTransactionsOrder | Unset):  Default: 'newest_first'.
        business_day (datetime.date | None | Unset): In Asia/Shanghai, from the cut-off on
        from_ (datetime.datetime | None | Unset): `settled_at` from here on
        to (datetime.datetime | None | Unset): `settled_at` before
        status (list[ListTransactionsStatusType0Item] | None | Unset): Any of these
        kind (list[ListTransactionsKindType0Item] | None | Unset): Any of these
        code (list[Code] | None | Unset): Any of these

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | TransactionPage
    """

    return (
        await asyncio_detailed(
            client=client,
            institution=institution,
            cursor=cursor,
            limit=limit,
            order=order,
            business_day=business_day,
            from_=from_,
            to=to,
            status=status,
            kind=kind,
            code=code,
        )
    ).parsed
