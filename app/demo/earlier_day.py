"""Payments of the day before the made one, so that a failed line has a later day with which it is paid again.

Nobody can wait for midnight: these are settled by a calendar that lags, through the one posting path.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from random import Random

from app.database import Connection, Pool
from app.demo.population import Population
from app.ledger.business_days import BusinessDays
from app.settlement.messages import Card, Message
from app.settlement.records import Outcome
from app.settlement.rules import RuleBook, Rules
from app.settlement.settle import settle

_SEED = 11


@dataclass(frozen=True, slots=True)
class _LaggingDays(BusinessDays):
    lag: timedelta = timedelta(0)

    def open_at(self, moment: datetime) -> date:
        return BusinessDays.open_at(self, moment - self.lag)

    def end(self, day: date) -> datetime:
        return BusinessDays.end(self, day) + self.lag


class _LaggingRules(RuleBook):
    async def read(self, connection: Connection) -> Rules:
        rules = await super().read(connection)
        days = rules.days
        return rules._replace(days=_LaggingDays(days.initial, days.cut_offs, days.closed, timedelta(days=2)))


async def settle_earlier_day(pool: Pool, cut_off: time, population: Population, payments: int) -> list[Outcome]:
    """Settle so many payments on the day before yesterday, and return what they came to."""
    settled = await settle(pool, list(islice(_payments(population), payments)), rules=_LaggingRules(cut_off))
    return [answer.outcome for answer in settled.answers]


def _payments(population: Population) -> Iterator[Message]:
    random = Random(_SEED)
    places = [place.institution for place in population.institutions if place.state == "active"]
    persons = [person for person in population.persons if person.card_state == "active"]
    number = 0
    while True:
        number += 1
        person = random.choice(persons)
        yield Message(
            institution=random.choice(places),
            message_id=f"EARLIER-{number:05}",
            kind="payment",
            person_no=person.person_no,
            amount=random.randint(100, 20_000),
            card=Card("03", person.card_no, person.card_sn),
            med_type="11",
        )
