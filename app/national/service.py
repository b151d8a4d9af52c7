"""The national interface: one address, one envelope, a transaction by its infno. Read this file first.

Each infno has a function in a module of its family. Whatever moves money, or activates a card, is a message like all
others and is settled by the one posting path; its stored outcome is what a repeat is answered from (docs/adr/0021).
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol, TypeAlias

from app import logs
from app.codes import Code
from app.errors import Refused
from app.national import cancellations, payments, persons, reconciling, sign_on, visits
from app.national.envelope import (
    ENVELOPE_BYTES_MAX,
    Request,
    Stamp,
    area_of,
    failure,
    parse,
    read_request,
    success,
)
from app.national.failure import Failed
from app.national.platform import Call, DeclinedAnswer, Download, Platform, Reply
from app.national.regions import Region

_log = logs.get(__name__)

_Transaction: TypeAlias = Callable[[Call], Awaitable[Reply | Download]]

TRANSACTIONS: Mapping[str, _Transaction] = {
    "1101": persons.inquire,
    "2101": payments.presettle_purchase,
    "2102": payments.settle_purchase,
    "2103": cancellations.cancel,
    "2201": visits.register,
    "2202": visits.cancel_registration,
    "2206": payments.presettle,
    "2207": payments.settle_payment,
    "2208": cancellations.cancel,
    "2303": payments.presettle,
    "2304": payments.settle_payment,
    "2305": cancellations.cancel,
    "2401": visits.admit,
    "2601": cancellations.reverse,
    "3201": reconciling.compare_totals,
    "3202": reconciling.compare_details,
    "5203": cancellations.find,
    "9001": sign_on.sign_in,
    "9002": sign_on.sign_out,
    "9101": reconciling.upload,
    "9102": reconciling.download,
}

#: Known to the interface and not to this service: diagnoses and fee lines, of which it has no need and would keep none.
NOT_OFFERED = frozenset({"2203", "2204", "2205", "2301", "2302", "2402", "2403", "2404", "2405"})

#: They show what a person has; each is recorded, also one that found nobody.
LOOKS = frozenset({"1101", "2101", "2206", "2303"})


class Caller(Protocol):
    """Who stands behind the request."""

    async def admit(self, institution: str) -> None:
        """Raises Refused where they may not speak for it, which is recorded."""

    async def looks_at(self, person_no: str | None) -> None:
        """Record the look before anything is shown. Raises RateLimited where there were too many."""


async def answer(platform: Platform, raw: bytes, caller: Caller) -> bytes | Download:
    """The reply to one envelope; every failure is one too.

    Raises Overloaded and DatabaseUnavailable: whether anything was done is then unknown, and no envelope may say so;
    and RateLimited, for a look.
    """
    area, region = "", platform.regions.of("")
    try:
        fields = parse(raw)
        area = area_of(fields)
        region = platform.regions.of(area)
        request = read_request(fields, region)
        await caller.admit(request.institution)
        _check_size(request, raw)
        done = await _looked_up(platform, request, region, caller)
        if isinstance(done, Download):
            return done
        return success(area, done.stamp or Stamp.now(), done.output, done.warning)
    except RecursionError:
        return failure(area, region, Failed(Code.INVALID_JSON, "The request is nested too deep."))
    except DeclinedAnswer as declined:
        return failure(area, region, declined, declined.stamp)
    except Refused as refused:
        return failure(area, region, Failed(refused.code, refused.detail))
    except Failed as failed:
        if failed.code == Code.INTERNAL_ERROR:
            _log.error("national_reply_refused", detail=failed.detail)
        return failure(area, region, failed)


async def _looked_up(platform: Platform, request: Request, region: Region, caller: Caller) -> Reply | Download:
    if request.infno not in LOOKS:
        return await _answer(platform, request, region)
    try:
        done = await _answer(platform, request, region)
    except (Failed, Refused):
        await caller.looks_at(None)
        raise
    await caller.looks_at(done.looks_at if isinstance(done, Reply) else None)
    return done


async def _answer(platform: Platform, request: Request, region: Region) -> Reply | Download:
    await platform.signers.check(request.institution, request.fields)
    if request.infno in NOT_OFFERED:
        raise Failed(Code.INFNO_NOT_OFFERED)
    handle = TRANSACTIONS.get(request.infno)
    if handle is None:
        raise Failed(Code.INFNO_UNKNOWN)
    if region.needs_sign_on and request.infno != "9001":
        await sign_on.require_sign_on(platform.pool, request, await platform.today())
    return await handle(Call(platform, request, region))


def _check_size(request: Request, raw: bytes) -> None:
    if len(raw) > ENVELOPE_BYTES_MAX and request.infno != "9101":
        raise Failed(Code.MESSAGE_TOO_LARGE)
