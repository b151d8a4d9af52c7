import datetime
from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.problem import Problem
from ...models.reconcile_details_clearing_type import (
    ReconcileDetailsClearingType,
)
from ...models.run_answer import RunAnswer
from ...types import UNSET, File, Response, Unset


def _get_kwargs(
    *,
    body: File,
    institution: str,
    first_day: datetime.date,
    last_day: datetime.date,
    settlement_office: str | Unset = "",
    insurance_type: str | Unset = "",
    clearing_type: ReconcileDetailsClearingType | Unset = "",
    includes_refunds: bool | Unset = True,
    account_includes_mutual_aid: bool | Unset = True,
    with_message_ids: bool | Unset = False,
    medfee: int | None | Unset = UNSET,
    fund_pay: int | None | Unset = UNSET,
    account_pay: int | None | Unset = UNSET,
    cash: int | None | Unset = UNSET,
    settlements: int | None | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    params: dict[str, Any] = {}

    params["institution"] = institution

    json_first_day = first_day.isoformat()
    params["first_day"] = json_first_day

    json_last_day = last_day.isoformat()
    params["last_day"] = json_last_day

    params["settlement_office"] = settlement_office

    params["insurance_type"] = insurance_type

    json_clearing_type: str | Unset = UNSET
    if not isinstance(clearing_type, Unset):
        json_clearing_type = clearing_type

    params["clearing_type"] = json_clearing_type

    params["includes_refunds"] = includes_refunds

    params["account_includes_mutual_aid"] = account_includes_mutual_aid

    params["with_message_ids"] = with_message_ids

    json_medfee: int | None | Unset
    if isinstance(medfee, Unset):
        json_medfee = UNSET
    else:
        json_medfee = medfee
    params["medfee"] = json_medfee

    json_fund_pay: int | None | Unset
    if isinstance(fund_pay, Unset):
        json_fund_pay = UNSET
    else:
        json_fund_pay = fund_pay
    params["fund_pay"] = json_fund_pay

    json_account_pay: int | None | Unset
    if isinstance(account_pay, Unset):
        json_account_pay = UNSET
    else:
        json_account_pay = account_pay
    params["account_pay"] = json_account_pay

    json_cash: int | None | Unset
    if isinstance(cash, Unset):
        json_cash = UNSET
    else:
        json_cash = cash
    params["cash"] = json_cash

    json_settlements: int | None | Unset
    if isinstance(settlements, Unset):
        json_settlements = UNSET
    else:
        json_settlements = settlements
    params["settlements"] = json_settlements

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/reconciliations/details",
        "params": params,
    }

    _kwargs["content"] = body.payload
    headers["Content-Type"] = "application/zip"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Problem | RunAnswer | None:
    if response.status_code == 200:
        response_200 = RunAnswer.from_dict(response.json())

        return response_200

    if response.status_code == 202:
        response_202 = RunAnswer.from_dict(response.json())

        return response_202

    if response.status_code == 401:
        response_401 = Problem.from_dict(response.json())

        return response_401

    if response.status_code == 403:
        response_403 = Problem.from_dict(response.json())

        return response_403

    if response.status_code == 404:
        response_404 = Problem.from_dict(response.json())

        return response_404

    if response.status_code == 408:
        response_408 = Problem.from_dict(response.json())

        return response_408

    if response.status_code == 413:
        response_413 = Problem.from_dict(response.json())

        return response_413

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


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[Problem | RunAnswer]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    body: File,
    institution: str,
    first_day: datetime.date,
    last_day: datetime.date,
    settlement_office: str | Unset = "",
    insurance_type: str | Unset = "",
    clearing_type: ReconcileDetailsClearingType | Unset = "",
    includes_refunds: bool | Unset = True,
    account_includes_mutual_aid: bool | Unset = True,
    with_message_ids: bool | Unset = False,
    medfee: int | None | Unset = UNSET,
    fund_pay: int | None | Unset = UNSET,
    account_pay: int | None | Unset = UNSET,
    cash: int | None | Unset = UNSET,
    settlements: int | None | Unset = UNSET,
) -> Response[Problem | RunAnswer]:
    """Compare an institution's rows with the ledger's

     The file is taken in whole or refused whole, and is gone when its run ends. Ask for the run until it
    is `ok` or
    `failed`; then its breaks and its result file are there. A later run of the same scope voids it.

    `account_includes_mutual_aid`: whether family money is in `acct_pay` of the file, or told apart.

    Roles: institution, operator.

    Args:
        institution (str):
        first_day (datetime.date):
        last_day (datetime.date):
        settlement_office (str | Unset):  Default: ''.
        insurance_type (str | Unset):  Default: ''.
        clearing_type (ReconcileDetailsClearingType | Unset):  Default: ''.
        includes_refunds (bool | Unset):  Default: True.
        account_includes_mutual_aid (bool | Unset):  Default: True.
        with_message_ids (bool | Unset): The eighth column is the message id. Default: False.
        medfee (int | None | Unset):
        fund_pay (int | None | Unset):
        account_pay (int | None | Unset):
        cash (int | None | Unset):
        settlements (int | None | Unset):
        body (File):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | RunAnswer]
    """

    kwargs = _get_kwargs(
        body=body,
        institution=institution,
        first_day=first_day,
        last_day=last_day,
        settlement_office=settlement_office,
        insurance_type=insurance_type,
        clearing_type=clearing_type,
        includes_refunds=includes_refunds,
        account_includes_mutual_aid=account_includes_mutual_aid,
        with_message_ids=with_message_ids,
        medfee=medfee,
        fund_pay=fund_pay,
        account_pay=account_pay,
        cash=cash,
        settlements=settlements,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    body: File,
    institution: str,
    first_day: datetime.date,
    last_day: datetime.date,
    settlement_office: str | Unset = "",
    insurance_type: str | Unset = "",
    clearing_type: ReconcileDetailsClearingType | Unset = "",
    includes_refunds: bool | Unset = True,
    account_includes_mutual_aid: bool | Unset = True,
    with_message_ids: bool | Unset = False,
    medfee: int | None | Unset = UNSET,
    fund_pay: int | None | Unset = UNSET,
    account_pay: int | None | Unset = UNSET,
    cash: int | None | Unset = UNSET,
    settlements: int | None | Unset = UNSET,
) -> Problem | RunAnswer | None:
    """Compare an institution's rows with the ledger's

     The file is taken in whole or refused whole, and is gone when its run ends. Ask for the run until it
    is `ok` or
    `failed`; then its breaks and its result file are there. A later run of the same scope voids it.

    `account_includes_mutual_aid`: whether family money is in `acct_pay` of the file, or told apart.

    Roles: institution, operator.

    Args:
        institution (str):
        first_day (datetime.date):
        last_day (datetime.date):
        settlement_office (str | Unset):  Default: ''.
        insurance_type (str | Unset):  Default: ''.
        clearing_type (ReconcileDetailsClearingType | Unset):  Default: ''.
        includes_refunds (bool | Unset):  Default: True.
        account_includes_mutual_aid (bool | Unset):  Default: True.
        with_message_ids (bool | Unset): The eighth column is the message id. Default: False.
        medfee (int | None | Unset):
        fund_pay (int | None | Unset):
        account_pay (int | None | Unset):
        cash (int | None | Unset):
        settlements (int | None | Unset):
        body (File):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | RunAnswer
    """

    return sync_detailed(
        client=client,
        body=body,
        institution=institution,
        first_day=first_day,
        last_day=last_day,
        settlement_office=settlement_office,
        insurance_type=insurance_type,
        clearing_type=clearing_type,
        includes_refunds=includes_refunds,
        account_includes_mutual_aid=account_includes_mutual_aid,
        with_message_ids=with_message_ids,
        medfee=medfee,
        fund_pay=fund_pay,
        account_pay=account_pay,
        cash=cash,
        settlements=settlements,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    body: File,
    institution: str,
    first_day: datetime.date,
    last_day: datetime.date,
    settlement_office: str | Unset = "",
    insurance_type: str | Unset = "",
    clearing_type: ReconcileDetailsClearingType | Unset = "",
    includes_refunds: bool | Unset = True,
    account_includes_mutual_aid: bool | Unset = True,
    with_message_ids: bool | Unset = False,
    medfee: int | None | Unset = UNSET,
    fund_pay: int | None | Unset = UNSET,
    account_pay: int | None | Unset = UNSET,
    cash: int | None | Unset = UNSET,
    settlements: int | None | Unset = UNSET,
) -> Response[Problem | RunAnswer]:
    """Compare an institution's rows with the ledger's

     The file is taken in whole or refused whole, and is gone when its run ends. Ask for the run until it
    is `ok` or
    `failed`; then its breaks and its result file are there. A later run of the same scope voids it.

    `account_includes_mutual_aid`: whether family money is in `acct_pay` of the file, or told apart.

    Roles: institution, operator.

    Args:
        institution (str):
        first_day (datetime.date):
        last_day (datetime.date):
        settlement_office (str | Unset):  Default: ''.
        insurance_type (str | Unset):  Default: ''.
        clearing_type (ReconcileDetailsClearingType | Unset):  Default: ''.
        includes_refunds (bool | Unset):  Default: True.
        account_includes_mutual_aid (bool | Unset):  Default: True.
        with_message_ids (bool | Unset): The eighth column is the message id. Default: False.
        medfee (int | None | Unset):
        fund_pay (int | None | Unset):
        account_pay (int | None | Unset):
        cash (int | None | Unset):
        settlements (int | None | Unset):
        body (File):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | RunAnswer]
    """

    kwargs = _get_kwargs(
        body=body,
        institution=institution,
        first_day=first_day,
        last_day=last_day,
        settlement_office=settlement_office,
        insurance_type=insurance_type,
        clearing_type=clearing_type,
        includes_refunds=includes_refunds,
        account_includes_mutual_aid=account_includes_mutual_aid,
        with_message_ids=with_message_ids,
        medfee=medfee,
        fund_pay=fund_pay,
        account_pay=account_pay,
        cash=cash,
        settlements=settlements,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    body: File,
    institution: str,
    first_day: datetime.date,
    last_day: datetime.date,
    settlement_office: str | Unset = "",
    insurance_type: str | Unset = "",
    clearing_type: ReconcileDetailsClearingType | Unset = "",
    includes_refunds: bool | Unset = True,
    account_includes_mutual_aid: bool | Unset = True,
    with_message_ids: bool | Unset = False,
    medfee: int | None | Unset = UNSET,
    fund_pay: int | None | Unset = UNSET,
    account_pay: int | None | Unset = UNSET,
    cash: int | None | Unset = UNSET,
    settlements: int | None | Unset = UNSET,
) -> Problem | RunAnswer | None:
    """Compare an institution's rows with the ledger's

     The file is taken in whole or refused whole, and is gone when its run ends. Ask for the run until it
    is `ok` or
    `failed`; then its breaks and its result file are there. A later run of the same scope voids it.

    `account_includes_mutual_aid`: whether family money is in `acct_pay` of the file, or told apart.

    Roles: institution, operator.

    Args:
        institution (str):
        first_day (datetime.date):
        last_day (datetime.date):
        settlement_office (str | Unset):  Default: ''.
        insurance_type (str | Unset):  Default: ''.
        clearing_type (ReconcileDetailsClearingType | Unset):  Default: ''.
        includes_refunds (bool | Unset):  Default: True.
        account_includes_mutual_aid (bool | Unset):  Default: True.
        with_message_ids (bool | Unset): The eighth column is the message id. Default: False.
        medfee (int | None | Unset):
        fund_pay (int | None | Unset):
        account_pay (int | None | Unset):
        cash (int | None | Unset):
        settlements (int | None | Unset):
        body (File):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | RunAnswer
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
            institution=institution,
            first_day=first_day,
            last_day=last_day,
            settlement_office=settlement_office,
            insurance_type=insurance_type,
            clearing_type=clearing_type,
            includes_refunds=includes_refunds,
            account_includes_mutual_aid=account_includes_mutual_aid,
            with_message_ids=with_message_ids,
            medfee=medfee,
            fund_pay=fund_pay,
            account_pay=account_pay,
            cash=cash,
            settlements=settlements,
        )
    ).parsed
