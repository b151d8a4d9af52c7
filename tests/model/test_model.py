"""The service on a real Postgres against the model: after every step of any sequence both must say the same.

MEDSETTLE_MODEL_SEQUENCES says how many sequences (60), MEDSETTLE_MODEL_SEED where their seeds begin (0). A sequence
that fails is printed as steps of `CourseOfEvents`, and with it the messages that they came to.
"""

import asyncio
import json
import os
from collections.abc import Iterator, Sequence
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from app.database import transaction
from app.parties import mutual_aid
from app.parties.account_states import change_account
from app.parties.cards import Occasion, change_card
from app.parties.person_events import locked_account
from app.settlement.decoding import read_fields
from app.settlement.hold_expiry import expire_due_holds
from app.settlement.messages import Message
from app.settlement.records import Outcome
from app.settlement.settle import settle
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from tests.builders import AGENCY, Database, contribution
from tests.model import drafts
from tests.model.books import SOURCES, Account, Rule
from tests.model.drafts import Draft
from tests.model.model import Model
from tests.model.sender import Json, Sender
from tests.model.worlds import BANK, Bench, Standing, card_of, model_of

SEQUENCES = int(os.environ.get("MEDSETTLE_MODEL_SEQUENCES", "60"))
SEED = int(os.environ.get("MEDSETTLE_MODEL_SEED", "0"))
#: Of one test, so that the tests can run side by side.
_SEQUENCES_A_TEST = 30
_STEPS = 25

REGIONS = {
    "plain": Rule(),
    "accumulated first": Rule(use_accumulated_first=True),
    "listed": Rule(med_types=("11", "41")),
    "sum capped": Rule(pharmacy_daily_fen=9),
    "number capped": Rule(pharmacy_daily_payments=2),
    "all capped": Rule(True, ("11",), pharmacy_daily_fen=7, pharmacy_daily_payments=3),
    "insured spend": Rule(suspended_may_spend=False, refund_days=30),
    "strict": Rule(suspended_may_spend=False, mutual_aid=False, partial_refunds=False, refund_days=0),
}
PERSONS = st.integers(0, 2)


@pytest.fixture
def bench(database: Database) -> Iterator[Bench]:
    bench = Bench(database, REGIONS)
    yield bench
    bench.close()


@pytest.mark.parametrize("number", range(-(-SEQUENCES // _SEQUENCES_A_TEST)))
def test_the_service_does_what_the_model_does(bench: Bench, number: int) -> None:
    @seed(SEED + number)
    def sequence() -> CourseOfEvents:
        return CourseOfEvents(bench)

    run_state_machine_as_test(
        sequence,  # type: ignore[arg-type]
        settings=settings(
            max_examples=min(_SEQUENCES_A_TEST, SEQUENCES - number * _SEQUENCES_A_TEST),
            stateful_step_count=_STEPS,
            deadline=None,
            database=None,
            print_blob=True,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert bench.violations() == []


class CourseOfEvents(RuleBasedStateMachine):
    """One sequence in a world of its own. Every message goes to the service first, and at its time to the model."""

    def __init__(self, bench: Bench) -> None:
        super().__init__()
        self._bench = bench
        self._world = bench.world()
        self._story: list[str] = []
        self._sender = Sender(self._world)

    @initialize(
        region=st.sampled_from(sorted(REGIONS)),
        own=st.lists(st.integers(0, 20), min_size=3, max_size=3),
        interest=st.integers(0, 9),
        debit=st.lists(st.integers(0, 12), min_size=2, max_size=2),
        granters=st.sampled_from(["", "B", "BC", "CB"]),
        is_c_registered=st.booleans(),
        opening=drafts.openings,
    )
    def the_world_opens(
        self,
        region: str,
        own: list[int],
        interest: int,
        debit: list[int],
        granters: str,
        is_c_registered: bool,
        opening: list[Draft],
    ) -> None:
        self._model = model_of(self._world, REGIONS[region])
        self._note(f"region {region}: {REGIONS[region]}")
        self._run(self._settle_in(region))
        amounts = [("contribution", *each) for each in zip("ABC", own, strict=True)] + [("interest", "A", interest)]
        self._send([_money(*each) for each in amounts if each[-1]])
        self._send([{**_money("deposit", *each), "card": "own"} for each in zip("AB", debit, strict=True) if each[-1]])
        if is_c_registered:
            self._send([{**_money("registration", "C", 0), "card": "own", "amount": None}])
        for granter in granters:
            self._run(self._grant_or_end(self._sender.person("A"), self._sender.person(granter)))
        self._send(opening)

    async def _settle_in(self, region: str) -> None:
        async with transaction(self._bench.pools[0]) as connection:
            await connection.execute(
                "UPDATE ledger.accounts SET terms = $1 WHERE account_id = ANY ($2)", region, self._world.ids
            )

    # Messages, one at a time

    @rule(draft=drafts.payments)
    def payment(self, draft: Draft) -> None:
        self._send([draft])

    @rule(draft=drafts.authorizations)
    def authorization(self, draft: Draft) -> None:
        self._send([draft])

    @rule(draft=drafts.captures)
    def capture(self, draft: Draft) -> None:
        self._send([draft])

    @rule(draft=drafts.voids)
    def void(self, draft: Draft) -> None:
        self._send([draft])

    @rule(draft=drafts.refunds)
    def refund(self, draft: Draft) -> None:
        self._send([draft])

    @rule(draft=drafts.reversals)
    def reversal(self, draft: Draft) -> None:
        self._send([draft])

    @rule(draft=st.one_of(drafts.refunds, drafts.captures, drafts.transfers))
    def what_is_undone_and_done_again(self, draft: Draft) -> None:
        for each in (draft, drafts.undoing(draft), draft):
            self._send([each])

    @rule(draft=st.one_of(drafts.deposits, drafts.withdrawals, drafts.purchases, drafts.transfers))
    def debit_application(self, draft: Draft) -> None:
        self._send([draft])

    @rule(draft=st.one_of(drafts.registrations, drafts.contributions, drafts.interest, drafts.adjustments))
    def registration_or_funding(self, draft: Draft) -> None:
        self._send([draft])

    @rule(draft=drafts.repeats, pool=st.integers(0, 1))
    def repeat(self, draft: Draft, pool: int) -> None:
        self._send([draft], pool=pool)

    @rule(draft=drafts.conflicts)
    def conflict(self, draft: Draft) -> None:
        self._send([draft])

    # Several at a time

    @rule(several=st.lists(drafts.any_draft, min_size=2, max_size=6))
    def batch(self, several: list[Draft]) -> None:
        self._send(several)

    @rule(several=st.lists(drafts.follow_ups, min_size=2, max_size=5))
    def follow_ups_in_a_batch(self, several: list[Draft]) -> None:
        self._send(several)

    @rule(batches=st.lists(st.lists(drafts.any_draft, min_size=1, max_size=3), min_size=2, max_size=4))
    def batches_at_once(self, batches: list[list[Draft]]) -> None:
        """Which goes first is the ledger's choice, so the model follows the order that the ledger took."""
        messages = [[self._sender.message(draft, self._model) for draft in batch] for batch in batches]
        self._note(f"{len(batches)} batches at once")
        answers = self._run(self._settle_at_once(messages))
        moments = [_moment_of(batch) for batch in answers]
        in_ledgers_order: list[str] = []
        for order in self._possible_orders(messages, moments):
            tried = deepcopy(self._model)
            differences = [
                difference
                for number in order
                for difference in _differences(tried, messages[number], answers[number], moments[number])
            ]
            if not differences:
                self._model = tried
                return
            in_ledgers_order = in_ledgers_order or differences
        self._assert_same("answers, in every possible order", in_ledgers_order, [])

    def _possible_orders(
        self, batches: Sequence[Sequence[Json]], moments: Sequence[datetime | None]
    ) -> Iterator[tuple[int, ...]]:
        """The ledger's own order first. Another one is as good where it swaps batches that share no account: those may
        read what is registered before each other's commit. A batch that recorded nothing only repeats, and comes last.
        """
        first = sorted(range(len(batches)), key=lambda number: (moments[number] is None, moments[number]))
        persons = [{message["person_no"] for message in batch} & self._model.persons.keys() for batch in batches]
        for order in permutations(first):
            swapped = [
                (one, other)
                for place, one in enumerate(order)
                for other in order[place + 1 :]
                if first.index(one) > first.index(other)
            ]
            if not any(persons[one] & persons[other] for one, other in swapped):
                yield order

    async def _settle_at_once(self, batches: Sequence[Sequence[Json]]) -> list[Sequence[Outcome]]:
        return await asyncio.gather(*(self._settle(batch, pool=number % 2) for number, batch in enumerate(batches)))

    # What happens beside messages

    @rule(person=PERSONS, formally=st.booleans())
    def card_is_lost_or_found(self, person: int, formally: bool) -> None:
        card_no = card_of(self._world.persons[person])
        lost = self._model.cards[card_no].state in ("temp_lost", "lost")
        self._run(
            self._change_card(card_no, "recover" if lost else "report_loss" if formally else "report_temporary_loss")
        )

    async def _change_card(self, card_no: str, event: str) -> None:
        async with transaction(self._bench.pools[0]) as connection:
            await change_card(connection, card_no, event, Occasion(BANK, "clerk-1", "R-1"))
            state = await connection.fetchval("SELECT state FROM parties.cards WHERE card_no = $1", card_no)
        self._note(f"card {card_no}: {event}, now {state}")
        self._model.cards[card_no].state = state

    @rule(person=PERSONS)
    def account_is_frozen_or_unfrozen(self, person: int) -> None:
        own = self._model.persons[self._world.persons[person]].own
        if own.state != "closed":
            self._run(self._change_account(own, "unfreeze" if own.state == "frozen" else "freeze"))

    @rule(person=st.sampled_from("AAB"), several=st.lists(drafts.follow_ups, min_size=1, max_size=3))
    def account_is_emptied_and_closed(self, person: str, several: list[Draft]) -> None:
        """And then something comes back to it. What is held keeps an account open."""
        own = self._model.persons[self._sender.person(person)].own
        if own.state != "closed":
            self._send([{**_money("adjustment", person, 0), "amount": ("own", 0), "direction": "debit"}])
        if own.state != "frozen" and not own.balance:
            self._run(self._change_account(own, "close"))
        self._send(several)

    async def _change_account(self, own: Account, event: str) -> None:
        async with transaction(self._bench.pools[0]) as connection:
            change = await change_account(connection, own.owner, event, operator="clerk-1", reason="as the model says")
        self._note(f"account {own.owner}: {event}, now {change.state}")
        own.state = change.state

    @rule(person=PERSONS)
    def debit_application_is_switched(self, person: int) -> None:
        card_no = card_of(self._world.persons[person])
        card = self._model.cards[card_no]
        card.application = "off" if card.application == "on" else "on"
        self._change(
            card.person_no,
            "UPDATE parties.cards SET debit_application = $2 WHERE card_no = $1",
            card_no,
            card.application,
        )

    @rule(person=PERSONS)
    def debit_account_is_frozen_or_unfrozen(self, person: int) -> None:
        person_no = self._world.persons[person]
        debit = self._model.cards[card_of(person_no)].debit
        debit.state = "frozen" if debit.state == "normal" else "normal"
        self._change(
            person_no,
            "UPDATE ledger.accounts SET state = $2 WHERE owner = $1 AND kind = 'debit'",
            debit.owner,
            debit.state,
        )

    @rule(person=PERSONS)
    def insurance_is_suspended_or_resumed(self, person: int) -> None:
        person_no = self._world.persons[person]
        insured = self._model.persons[person_no]
        insured.is_suspended = not insured.is_suspended
        self._change(
            person_no,
            "INSERT INTO parties.insurances (person_no, insurance, state, since)"
            " VALUES ($1, 'medical', $2, '2020-01-01')"
            " ON CONFLICT (person_no, insurance) DO UPDATE SET state = excluded.state",
            person_no,
            "suspended" if insured.is_suspended else "normal",
        )

    @rule(several=st.lists(drafts.any_draft, min_size=1, max_size=3))
    def hospital_is_blocked_for_a_while(self, several: list[Draft]) -> None:
        for state in ("blocked", "active"):
            hospital = self._world.hospital
            self._model.institutions[hospital].state = state
            self._change(None, "UPDATE parties.institutions SET state = $2 WHERE institution = $1", hospital, state)
            self._send(several)

    def _change(self, person_no: str | None, statement: str, *values: str) -> None:
        self._note(f"{statement}: {values}")
        self._run(self._execute(person_no, statement, *values))

    async def _execute(self, person_no: str | None, statement: str, *values: str) -> None:
        async with transaction(self._bench.pools[0]) as connection:
            if person_no is not None:
                await locked_account(connection, person_no)
            await connection.execute(statement, *values)

    @rule(beneficiary=PERSONS, granter=PERSONS)
    def mutual_aid_is_granted_or_ended(self, beneficiary: int, granter: int) -> None:
        if beneficiary != granter:
            self._run(self._grant_or_end(self._world.persons[beneficiary], self._world.persons[granter]))

    async def _grant_or_end(self, beneficiary: str, granter: str) -> None:
        granters = self._model.persons[beneficiary].granters
        async with transaction(self._bench.pools[0]) as connection:
            standing = [g for g in await mutual_aid.grants_to(connection, beneficiary) if g.granter == granter]
            if standing:
                await mutual_aid.unbind(connection, standing[0].grant_id, operator="clerk-1")
                granters.remove(self._model.persons[granter])
            else:
                await mutual_aid.authorise(connection, beneficiary, granter, "sibling", operator="clerk-1")
                granters.append(self._model.persons[granter])
        self._note(f"{beneficiary} may pay out of the accounts of {[person.own.owner for person in granters]}")

    @rule()
    def a_hold_expires(self) -> None:
        """Waits for the next one that expires soon."""
        now = datetime.now(UTC)
        soon = [
            hold.expires_at
            for person in self._model.persons.values()
            for hold in person.own.holds
            if hold.is_open(now) and hold.expires_at < now + timedelta(milliseconds=100)
        ]
        if soon:
            self._note(f"waits for {min(soon)}")
            self._run(asyncio.sleep((min(soon) - now).total_seconds() + 0.001))

    @rule(pool=st.integers(0, 1))
    def what_is_due_is_swept(self, pool: int) -> None:
        self._run(expire_due_holds(self._bench.pools[pool]))

    # What must agree after every step

    @invariant()
    def books_agree(self) -> None:
        standings, movements = self._run(self._bench.standings(self._world))
        owners = self._world.owners
        kept = {person.own.owner: person.own for person in self._model.persons.values()}
        kept |= {card.debit.owner: card.debit for card in self._model.cards.values()}
        found = {owners[standing.account_id]: _books(standing) for standing in standings}
        expected = {owner: _books_of(account, standings[0].now) for owner, account in kept.items()}
        self._assert_same("accounts", found, expected)
        self._assert_same("holds", [each.held for each in standings], [each.open_held for each in standings])
        self._assert_same("pharmacy days", *self._pharmacy_days(standings))
        moved = {(owners[m.debit_account], owners[m.credit_account]): (m.amount, m.number) for m in movements}
        history = {pair: (fen, self._model.movements[pair]) for pair, fen in self._model.moved.items()}
        self._assert_same("history", moved, history)

    def _pharmacy_days(self, standings: Sequence[Standing]) -> tuple[object, object]:
        """What each person paid at pharmacies, and in how many payments; where no cap holds nobody counts."""
        own = {self._world.owners[each.account_id]: each for each in standings}
        found = {who: (own[who].paid_at_pharmacies, own[who].payments_at_pharmacies) for who in self._world.persons}
        expected = dict.fromkeys(self._world.persons, (0, 0))
        if self._model.rule.caps_pharmacies:
            for (who, _), day in self._model.pharmacy_days.items():
                paid, payments = expected[who]
                expected[who] = paid + day.paid, payments + day.payments
        return found, expected

    def teardown(self) -> None:
        """What left any account came to another one: all of them together hold nothing."""
        if not hasattr(self, "_model"):
            return
        standings, movements = self._run(self._bench.standings(self._world))
        balances = dict.fromkeys(self._world.ids, 0)
        for movement in movements:
            balances[movement.debit_account] -= movement.amount
            balances[movement.credit_account] += movement.amount
        assert sum(balances.values()) == 0
        assert all(standing.balance == balances[standing.account_id] for standing in standings)

    # From drafts to answers

    def _send(self, several: Sequence[Draft], *, pool: int = 0) -> None:
        messages = [self._sender.message(draft, self._model) for draft in several]
        answers = self._run(self._settle(messages, pool=pool))
        self._assert_same("answers", _differences(self._model, messages, answers, _moment_of(answers)), [])

    async def _settle(self, messages: Sequence[Json], *, pool: int) -> Sequence[Outcome]:
        for message in messages:
            self._note(f"{message['message_id']} sent: {json.dumps(message)}")
        read = [_read(message) for message in messages]
        settled = await settle(self._bench.pools[pool], read, rules=self._bench.rules)
        outcomes = [answer.outcome for answer in settled.answers]
        for outcome in outcomes:
            self._note(f"{outcome.message_id} came to, at {_moment_of(outcomes)}: {_told(outcome)}")
        return outcomes

    def _run(self, coroutine: Any) -> Any:
        try:
            return self._bench.run(coroutine)
        except Exception as error:
            error.add_note("\n".join(self._story))
            raise

    def _note(self, line: str) -> None:
        self._story.append(line)

    def _assert_same(self, what: str, found: object, expected: object) -> None:
        assert found == expected, "\n".join([*self._story, what, f"found {found}", f"expected {expected}"])


def _money(kind: str, person: str, fen: int) -> Draft:
    return {"kind": kind, "person": person, "institution": "H", "is_late": False, "amount": ("", fen)}


def _read(message: Json) -> Message:
    """As it comes in; money that the agency pays in comes by a way of its own."""
    if message["institution"] == AGENCY:
        fields = {name: message[name] for name in ("message_id", "kind", "direction") if name in message}
        return contribution(message["person_no"], message["amount"], **fields)
    read = read_fields(message)
    assert isinstance(read, Message), (message, read)
    return read


def _moment_of(outcomes: Sequence[Outcome]) -> datetime | None:
    """When a batch was settled; None where it recorded nothing new."""
    new = (outcome for outcome in outcomes if not outcome.replayed and outcome.status != "conflict")
    return next((outcome.settled_at for outcome in new), None)


def _differences(
    tried: Model, messages: Sequence[Json], outcomes: Sequence[Outcome], moment: datetime | None
) -> list[str]:
    """What the model makes of a batch, where that is not what the service answered."""
    differences = []
    for message, outcome in zip(messages, outcomes, strict=True):
        expected = tried.apply(message, moment or datetime.now(UTC))
        told = _told(outcome)
        if any(told[name] != value for name, value in expected.items()):
            differences.append(f"{message['message_id']}: expected {expected}, was told {told}")
        if _sums_of_parts(outcome) != [told[source] for source in SOURCES]:
            differences.append(f"{message['message_id']}: parts {outcome.parts} do not sum to {told}")
        if (
            expected.get("replayed") is False
            and "balance_after" not in expected
            and told["balance_after"] not in _own_balances(tried, message["person_no"])
        ):
            differences.append(f"{message['message_id']}: was told the balance of somebody else: {told}")
    return differences


def _sums_of_parts(outcome: Outcome) -> list[int]:
    sources = ("account", "mutual_aid", "debit", "cash")
    return [sum(part.amount for part in outcome.parts if part.source == source) for source in sources]


def _own_balances(tried: Model, person_no: str) -> list[int | None]:
    """What an outcome may tell where nothing moved: nothing, or what the person of the message has."""
    person, card = tried.persons.get(person_no), tried.cards.get(card_of(person_no))
    return [None, *([person.own.balance] if person else []), *([card.debit.balance] if card else [])]


def _told(outcome: Outcome) -> dict[str, Any]:
    names = ("status", "amount", *SOURCES, "balance_after", "replayed")
    told = {name: getattr(outcome, name) for name in names}
    told |= {"code": str(outcome.code), "differing_fields": sorted(outcome.differing_fields)}
    return {**told, "accumulated": sum(part.amount for part in outcome.parts if part.part == "accumulated")}


def _books(standing: Standing) -> tuple[int, int, int, int, str]:
    return standing.balance, standing.accumulated, standing.held_now, standing.last_entry, standing.state


def _books_of(account: Account, now: datetime) -> tuple[int, int, int, int, str]:
    return account.balance, account.accumulated, account.held(now), account.entries, account.state
