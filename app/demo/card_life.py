"""The demo's second chapter: how a card comes to life by each of its three channels, is lost, found and replaced.

Told over HTTP as an agency, a bank outlet, a hospital and a pharmacy would; every answer is compared.
"""

import asyncio
import hashlib
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, NamedTuple

import httpx
from rich.console import Console
from rich.table import Table

from app.access.api_keys import Binding, create_key
from app.access.principal import Role
from app.database import connect
from app.demo.population import Population

_BANK = "102"
_CLERK = "demo-clerk"
_KEY_LIFETIME = timedelta(days=1)
_CREDIT = 20_000  # fen a person
_PRICE = 1_500
_SETTLE_TRIES_MAX = 100


class _Holder(NamedTuple):
    """A made person; the citizen number has a true form and an area code that no place has."""

    person_no: str
    citizen_no: str
    name: str
    card_no: str


_BY_BANK = _Holder("DEMO-BANK", "999999199003071234", "甲", "DEMO-CARD-1")
_BY_HOSPITAL = _Holder("DEMO-HOSPITAL", "999999198501010026", "乙", "DEMO-CARD-2")
_BY_PHARMACY = _Holder("DEMO-PHARMACY", "999999197211110016", "丙", "DEMO-CARD-3")
_HOLDERS = (_BY_BANK, _BY_HOSPITAL, _BY_PHARMACY)
_OLD_CARD = "DEMO-OLD-3"
_NEW_CARD = "DEMO-CARD-1B"


class Step(NamedTuple):
    """What was done and what was answered, as short texts."""

    deed: str
    answered: str
    expected: str

    @property
    def holds(self) -> bool:
        return self.answered == self.expected


async def live_through(base_url: str, owner_url: str, population: Population) -> list[Step]:
    """Play the chapter on a running API whose ledger holds the population's institutions."""
    hospital, pharmacy = _first(population, "hospital"), _first(population, "pharmacy")
    keys = await _make_keys(owner_url, (hospital, pharmacy))
    async with httpx.AsyncClient(base_url=base_url, timeout=30) as client:
        scene = _Scene(client, keys, hospital, pharmacy)
        await scene.prepare()
        await scene.activate_at_bank()
        await scene.activate_at_hospital()
        await scene.activate_at_pharmacy()
        await scene.lose_and_find()
        await scene.replace()
    return scene.steps


def print_steps(console: Console, steps: list[Step]) -> None:
    table = Table("the life of a card", "answered", "", box=None, pad_edge=False)
    for step in steps:
        table.add_row(step.deed, step.answered, "ok" if step.holds else f"[red]EXPECTED {step.expected}")
    console.print(table)


async def _make_keys(owner_url: str, institutions: Iterable[str]) -> dict[str, str]:
    """By the names that they are held in: each institution's, and the clerk's of the agency."""
    bindings = [Binding(Role.INSTITUTION, code, institution=code) for code in institutions]
    connection = await connect(owner_url, application_name="medsettle demo")
    try:
        return {
            binding.name: (await create_key(connection, binding, lifetime=_KEY_LIFETIME, created_by=_CLERK)).key
            for binding in [*bindings, Binding(Role.AGENCY, _CLERK)]
        }
    finally:
        await connection.close()


def _first(population: Population, kind: str) -> str:
    return next(
        place.institution for place in population.institutions if place.kind == kind and place.state == "active"
    )


class _Scene:
    def __init__(self, client: httpx.AsyncClient, keys: dict[str, str], hospital: str, pharmacy: str) -> None:
        self._client = client
        self._keys = keys
        self._hospital = hospital
        self._pharmacy = pharmacy
        self._messages = 0
        self.steps: list[Step] = []

    async def prepare(self) -> None:
        """Three persons with credit on accounts that wait for a card; the third one has an old medical card."""
        for holder in _HOLDERS:
            person = {"person_no": holder.person_no, "citizen_no": holder.citizen_no, "name": holder.name}
            await self._ask("/v1/persons", person)
            await self._ask("/v1/cards", _card(holder.card_no) | {"person_no": holder.person_no})
        await self._ask("/v1/cards", _card(_OLD_CARD) | {"person_no": _BY_PHARMACY.person_no, "kind": "medical"})
        await self._contribute()

    async def activate_at_bank(self) -> None:
        await self._pays("1st card, only issued, pays at a hospital", _BY_BANK, "declined card_not_active")
        body = {"bank": _BANK, "citizen_no": _BY_BANK.citizen_no, "reference": "original identity card"}
        answer = await self._ask(f"/v1/cards/{_BY_BANK.card_no}/activation", body)
        self._tell("(a) its holder activates it at an outlet of the bank", answer["state"], "active")
        await self._pays("it pays", _BY_BANK, "settled ok")

    async def activate_at_hospital(self) -> None:
        answer = await self._settle(_BY_HOSPITAL, self._hospital, kind="registration", visit="outpatient")
        self._tell("(b) 2nd card: registration as an outpatient", _told(answer), "settled ok, card activated")
        await self._pays("it pays", _BY_HOSPITAL, "settled ok")

    async def activate_at_pharmacy(self) -> None:
        old = _BY_PHARMACY._replace(card_no=_OLD_CARD)
        wrong = await self._settle(_BY_PHARMACY, self._pharmacy, amount=_PRICE, old_card={"card_no": _BY_BANK.card_no})
        self._tell("3rd card after another person's old card", _told(wrong), "declined old_card_of_another_person")
        answer = await self._settle(_BY_PHARMACY, self._pharmacy, amount=_PRICE, old_card={"card_no": _OLD_CARD})
        self._tell("(c) old medical card, then 3rd card, at a pharmacy", _told(answer), "settled ok, card activated")
        await self._pays("the old card pays no more", old, "declined card_replaced")

    async def lose_and_find(self) -> None:
        await self._ask(f"/v1/cards/{_BY_BANK.card_no}/loss", {"kind": "temporary"})
        await self._pays("1st card is reported lost: it pays no more", _BY_BANK, "declined card_lost")
        await self._ask(f"/v1/cards/{_BY_BANK.card_no}/recovery", {})
        await self._pays("it is found again: it pays", _BY_BANK, "settled ok")

    async def replace(self) -> None:
        await self._ask(f"/v1/cards/{_BY_BANK.card_no}/loss", {"kind": "formal", "reference": "written report 1"})
        await self._ask(f"/v1/cards/{_BY_BANK.card_no}/replacement", {"reason": "loss", "new_card": _card(_NEW_CARD)})
        await self._pays("it is lost for good and replaced: it pays no more", _BY_BANK, "declined card_replaced")
        new = _BY_BANK._replace(card_no=_NEW_CARD)
        answer = await self._settle(new, self._hospital, amount=_PRICE, visit="inpatient")
        self._tell("the new card is first used at a hospital", _told(answer), "settled ok, card activated")
        account = (await self._get(f"/v1/persons/{_BY_BANK.person_no}/accounts"))["personal"]
        self._tell("what its holder has left", f"{account['balance']} fen", f"{_CREDIT - 3 * _PRICE} fen")

    # Deeds

    async def _ask(self, address: str, body: Mapping[str, Any]) -> dict[str, Any]:
        response = await self._client.post(address, json=body, headers=self._as(_CLERK))
        response.raise_for_status()
        answer: dict[str, Any] = response.json()
        return answer

    async def _get(self, address: str) -> dict[str, Any]:
        answer: dict[str, Any] = (await self._client.get(address, headers=self._as(_CLERK))).json()
        return answer

    def _as(self, name: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._keys[name]}"}

    async def _contribute(self) -> None:
        lines = "".join(f"{holder.person_no},{_CREDIT},contribution\n" for holder in _HOLDERS)
        sums = f"{len(_HOLDERS)},{_CREDIT * len(_HOLDERS)}"
        content = f"H,DEMO-1,2026-11,{sums}\n{lines}"
        content += f"T,{sums},{hashlib.sha256(content.encode()).hexdigest()}\n"
        headers = {"content-type": "text/csv", **self._as(_CLERK)}
        (await self._client.post("/v1/contributions", content=content, headers=headers)).raise_for_status()
        report: dict[str, Any] = {}
        for _ in range(_SETTLE_TRIES_MAX):
            report = await self._get("/v1/contributions/DEMO-1")
            if report["state"] == "settled":
                break
            await asyncio.sleep(0.1)
        self._tell("a file of contributions", f"{report['state']} {report['settled_total']} fen",
                   f"settled {_CREDIT * len(_HOLDERS)} fen")  # fmt: skip

    async def _pays(self, deed: str, holder: _Holder, expected: str) -> None:
        answer = await self._settle(holder, self._hospital, amount=_PRICE)
        self._tell(deed, _told(answer), expected)

    async def _settle(self, holder: _Holder, institution: str, **fields: Any) -> dict[str, Any]:
        self._messages += 1
        message = {
            "institution": institution,
            "message_id": f"DEMO-LIFE-{self._messages}",
            "kind": "payment",
            "person_no": holder.person_no,
            "card": {"cert_type": "03", "card_no": holder.card_no, "card_sn": _sn(holder.card_no)},
            **fields,
        }
        response = await self._client.post("/v1/transactions", json=message, headers=self._as(institution))
        answer: dict[str, Any] = response.json()
        return answer

    def _tell(self, deed: str, answered: str, expected: str) -> None:
        self.steps.append(Step(deed, answered, expected))


def _told(outcome: Mapping[str, Any]) -> str:
    return f"{outcome.get('status')} {outcome['code']}" + (", card activated" if outcome.get("card_activated") else "")


def _card(card_no: str) -> dict[str, str]:
    return {
        "card_no": card_no,
        "card_sn": _sn(card_no),
        "medium": "dual_interface",
        "bank": _BANK,
        "issued_on": "2026-01-01",
        "valid_to": "2036-01-01",
    }


def _sn(card_no: str) -> str:
    return f"SN-{card_no}"
