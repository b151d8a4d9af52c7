"""Fills a ledger: registers and accounts by COPY, opening money by the one posting path, so that `verify` holds."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import islice
from random import Random
from typing import TypeVar

from app.database import Pool, transaction
from app.installation import Installation
from app.ledger.accounts import new_account_ids, open_accounts
from app.ledger.buckets import bucket_of
from app.parties.agency import AGENCY
from app.parties.csv_files import CardRow, InstitutionRow, PersonRow
from app.parties.load import store_cards, store_institutions, store_persons
from app.progress import Progress, unseen
from app.settlement.messages import Card, Message
from app.settlement.rules import RuleBook
from app.settlement.settle import settle

from loadtests.bench.payments import (
    INSTITUTIONS,
    OPENING_FEN,
    card_no,
    card_sn,
    debit_card_no,
    institution_code,
    person_no,
)
from loadtests.bench.site import Site, pool_of

_COPY_ROWS = 20_000
_CONTRIBUTIONS = 2_000
_BANK = "102"
_VALID_TO = date(2040, 1, 1)

Item = TypeVar("Item")


def payers_of(persons: int, payers: int, seed: int) -> Sequence[int]:
    """The persons that pay in a run: all of a small population, else some of it, spread evenly."""
    return range(persons) if payers >= persons else Random(seed).sample(range(persons), payers)


async def populate(
    site: Site, ledger: Installation, persons: int, payers: Sequence[int], progress: Progress = unseen
) -> None:
    """Open so many accounts and give those that pay their opening money."""
    async with pool_of(ledger) as pool:
        async with transaction(pool) as connection:
            await store_institutions(connection, [_institution(number) for number in range(INSTITUTIONS)])
        await _open_accounts(pool, persons, progress)
        await _pay_in(pool, ledger, payers, progress)
    await _mark_published(site, ledger)


async def _mark_published(site: Site, ledger: Installation) -> None:
    """As if it were an old ledger: no outcome of the opening money is left for the workers to publish."""
    await site.execute(
        "UPDATE ledger.batches SET published_at = settled_at",
        "VACUUM (ANALYZE)",
        database=name_of(ledger),
    )


async def add_debit_accounts(site: Site, ledger: Installation, persons: Sequence[int]) -> None:
    """Give these persons a card of a bank with its debit application on, and their opening money there."""
    rules = RuleBook(ledger.settings.cut_off)
    async with pool_of(ledger) as pool:
        for numbers in chunked(persons, _CONTRIBUTIONS):
            async with transaction(pool) as connection:
                await store_cards(connection, [_debit_card(number) for number in numbers])
                ids = await new_account_ids(connection, len(numbers))
                await open_accounts(
                    connection,
                    [
                        (account_id, 0, bucket_of(person_no(number)), "debit", f"{_BANK}/{person_no(number)}")
                        for account_id, number in zip(ids, numbers, strict=True)
                    ],
                )
            settled = await settle(pool, [_deposit(number) for number in numbers], rules=rules)
            assert all(answer.status == "settled" for answer in settled.answers)
    await _mark_published(site, ledger)


def name_of(ledger: Installation) -> str:
    return ledger.owner_url.rsplit("/", 1)[1]


async def _open_accounts(pool: Pool, persons: int, progress: Progress) -> None:
    """Two connections at once: one core makes rows while the other takes them in."""
    batches = chunked(range(persons), _COPY_ROWS)
    done = 0

    async def copy() -> None:
        nonlocal done
        for numbers in batches:
            async with transaction(pool) as connection:
                await store_persons(connection, [PersonRow(0, person_no(number), 0) for number in numbers])
                await store_cards(connection, [_card(number) for number in numbers])
            done += len(numbers)
            progress("accounts", done, persons)

    await asyncio.gather(copy(), copy())


async def _pay_in(pool: Pool, ledger: Installation, payers: Sequence[int], progress: Progress) -> None:
    batches = chunked(payers, _CONTRIBUTIONS)
    rules = RuleBook(ledger.settings.cut_off)
    done = 0

    async def pay() -> None:
        nonlocal done
        for numbers in batches:
            settled = await settle(pool, [_contribution(n) for n in numbers], rules=rules)
            assert all(answer.outcome.status == "settled" for answer in settled.answers)
            done += len(numbers)
            progress("opening balances", done, len(payers))

    await asyncio.gather(pay(), pay())


def chunked(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


def _institution(number: int) -> InstitutionRow:
    return InstitutionRow(0, institution_code(number), "hospital", "102", f"测试医院{number}", "active")


def _card(number: int) -> CardRow:
    return CardRow(0, card_no(number), person_no(number), card_sn(number), "active", _VALID_TO)


def _debit_card(number: int) -> CardRow:
    row = CardRow(0, debit_card_no(number), person_no(number), card_sn(number), "active", _VALID_TO)
    return row._replace(bank=_BANK, debit_application="on")


def _contribution(number: int) -> Message:
    return Message(
        institution=AGENCY,
        message_id=f"OPEN-{person_no(number)}",
        kind="contribution",
        person_no=person_no(number),
        amount=OPENING_FEN,
    )


def _deposit(number: int) -> Message:
    institution = institution_code(number % INSTITUTIONS)
    return Message(
        institution=institution,
        message_id=f"OPEN-{person_no(number)}",
        kind="deposit",
        person_no=person_no(number),
        amount=OPENING_FEN,
        card=Card("03", debit_card_no(number)),
    )
