"""The demo's third chapter: two days are sealed, banks pay what their files say, one line fails and is paid again."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import httpx
import msgspec

from app.access.api_keys import Binding, create_key
from app.access.principal import Role
from app.clearing.files.terms import Terms
from app.clearing.files.writing import write_files
from app.clearing.trace_steps import Trace
from app.database import Pool, connect, open_pool, transaction
from app.demo.bank import OrderedLine, is_genuine, read_lines, write_answers
from app.demo.bank_client import BankClient, bank_clients
from app.demo.earlier_day import settle_earlier_day
from app.demo.population import Population, make_bank_terms
from app.installation import Installation
from app.parties.payees import change_payee
from app.settlement.records import Outcome
from app.signing import read_keys

_OPERATOR = "demo-operator"
_PAYMENTS = 400
_TRIES_MAX = 600
_NEW_ACCOUNT = "62990777777777777"
_BANKS = {terms.bank: terms for terms in make_bank_terms()}


@dataclass(slots=True)
class Cleared:
    """What each had in hand when all was done; fen, by bank where it says nothing else.

    told: by institution, what those of the earlier day were told that they received. positions: by day.
    """

    days: Sequence[date]
    told: Counter[str] = field(default_factory=Counter)
    positions: dict[date, list[dict[str, Any]]] = field(default_factory=dict)
    ordered: dict[str, list[OrderedLine]] = field(default_factory=dict)
    paid: Counter[str] = field(default_factory=Counter)
    failed: list[OrderedLine] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    ledger: Counter[str] = field(default_factory=Counter)
    states: list[str] = field(default_factory=list)
    trace: Trace | None = None


async def clear(installation: Installation, population: Population, made_day: date) -> Cleared:
    """Play the chapter on a running API; the made day is over."""
    url = installation.settings.database_url.get_secret_value()
    key = await _operator_key(installation.owner_url)
    async with (
        await open_pool(url, size_max=2, application_name="medsettle demo") as pool,
        httpx.AsyncClient(
            base_url=installation.base_url, timeout=60, headers={"Authorization": f"Bearer {key}"}
        ) as client,
        bank_clients(installation.base_url, installation.owner_url, list(_BANKS)) as clients,
    ):
        scene = _Scene(installation, pool, client, clients, Cleared([made_day - timedelta(days=1), made_day]))
        outcomes = await scene.settle_earlier(population)
        await scene.seal_and_pay_but_one()
        await scene.seal_and_pay_all()
        await scene.look_back(outcomes)
    return scene.cleared


async def _operator_key(owner_url: str) -> str:
    connection = await connect(owner_url, application_name="medsettle demo")
    try:
        binding = Binding(Role.OPERATOR, _OPERATOR)
        return (await create_key(connection, binding, lifetime=timedelta(days=1), created_by=_OPERATOR)).key
    finally:
        await connection.close()


class _Scene:
    def __init__(
        self,
        installation: Installation,
        pool: Pool,
        client: httpx.AsyncClient,
        clients: dict[str, BankClient],
        cleared: Cleared,
    ) -> None:
        self.cleared = cleared
        self._installation, self._pool, self._client, self._clients = installation, pool, client, clients
        settings = installation.settings
        self._url, self._cut_off = settings.database_url.get_secret_value(), settings.cut_off
        self._keys = read_keys(settings.signing_key, settings.retired_signing_keys)

    async def settle_earlier(self, population: Population) -> list[Outcome]:
        owner = await connect(self._installation.owner_url, application_name="medsettle demo")
        try:
            await owner.execute("SELECT settlement.prepare_day($1)", self.cleared.days[0])
        finally:
            await owner.close()
        outcomes = await settle_earlier_day(self._pool, self._cut_off, population, _PAYMENTS)
        for outcome in outcomes:
            self.cleared.told[outcome.institution or ""] += outcome.account_paid
        return outcomes

    async def seal_and_pay_but_one(self) -> None:
        """An operator seals the earlier day; the first bank cannot pay its first line."""
        day = self.cleared.days[0]
        (await self._client.post(f"/v1/business-days/{day}/seal")).raise_for_status()
        await write_files(self._url, self._cut_off, day, self._keys)
        for bank, terms in _BANKS.items():
            lines = await self._pulled(day, terms)
            if lines and not self.cleared.failed:
                self.cleared.failed = [lines[0]]
            await self._answer(day, bank, lines)
        [line] = self.cleared.failed
        async with transaction(self._pool) as connection:
            await change_payee(connection, line.institution, "测试新户", _NEW_ACCOUNT, operator=_OPERATOR)

    async def seal_and_pay_all(self) -> None:
        """The scheduler seals the made day and writes its files, the failed line's money among them."""
        day = self.cleared.days[1]
        scheduler = await self._installation.start_scheduler()
        for _ in range(_TRIES_MAX):
            if (await self._get(f"/v1/business-days/{day}"))["state"] == "filed":
                break
            if scheduler.exit_code is not None:
                raise scheduler.failure("The scheduler ended")
            await asyncio.sleep(0.1)
        for bank, terms in _BANKS.items():
            await self._answer(day, bank, await self._pulled(day, terms))

    async def look_back(self, outcomes: Sequence[Outcome]) -> None:
        cleared = self.cleared
        for day in cleared.days:
            cleared.states.append((await self._get(f"/v1/business-days/{day}"))["state"])
            cleared.positions[day] = (await self._get(f"/v1/business-days/{day}/positions?limit=5000"))["positions"]
        cleared.ledger = Counter(dict(map(tuple, await self._pool.fetch(_OWED_BY_BANKS))))
        [failed] = cleared.failed
        message = next(each for each in outcomes if each.institution == failed.institution and each.account_paid)
        found = await self._client.get(f"/v1/transactions/{message.institution}/{message.message_id}/trace")
        cleared.trace = msgspec.json.decode(found.raise_for_status().content, type=Trace)

    async def _pulled(self, day: date, terms: Terms) -> list[OrderedLine]:
        """The lines of a bank's payment file, once it is found genuine."""
        client = self._clients[terms.bank]
        keys = await client.published_keys()
        lines: list[OrderedLine] = []
        for pulled in await client.pull(day):
            if not is_genuine(pulled, keys):
                raise ValueError(f"{pulled.file_id} is not genuine")
            lines += read_lines(pulled, terms.encoding)
        self.cleared.ordered.setdefault(terms.bank, []).extend(lines)
        return lines

    async def _answer(self, day: date, bank: str, lines: Sequence[OrderedLine]) -> None:
        if not lines:
            return
        terms = _BANKS[bank]
        file_id = f"{day:%Y%m%d}_{bank}_payment_v1{'.txt' if terms.form == 'text' else '.xml'}"
        unpayable = {line.line_id for line in self.cleared.failed}
        for content in write_answers(file_id, lines, unpayable, terms.encoding):
            code = await self._clients[bank].acknowledge(file_id, content)
            self.cleared.answers[f"{terms.form} {code}"] += 1
        self.cleared.paid[bank] += sum(line.amount for line in lines if line.line_id not in unpayable)

    async def _get(self, address: str) -> dict[str, Any]:
        found: dict[str, Any] = (await self._client.get(address)).raise_for_status().json()
        return found


_OWED_BY_BANKS = """
SELECT a.owner, sum(moved.fen)::bigint
FROM (
    SELECT credit_account AS account_id, amount AS fen FROM ledger.transfers
    UNION ALL
    SELECT debit_account, -amount FROM ledger.transfers
) AS moved
JOIN ledger.accounts AS a USING (account_id)
WHERE a.kind = 'bank'
GROUP BY a.owner
"""
