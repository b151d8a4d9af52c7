"""Which services a person is entitled to, by what the card records of them.

The table `_REQUIREMENTS` is the whole rule. Decisions that it holds:
- Medical treatment: the medical insurance is normal; while it is suspended, what the account has saved may be spent.
- Unemployment benefit: the unemployment insurance is normal or suspended, since whoever is out of work pays no more
  contributions, and the person is unemployed.
- Unemployment registration is what makes a person unemployed, so it asks for no state but for a person not retired.
- Job registration and employment training are open to everyone.
- Labour ability appraisal and work-injury benefit: the work-injury insurance is normal, or an injury is on record.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple, get_args

from app.codes import Code
from app.database import Connection
from app.errors import Refused

Service = Literal[
    "medical_treatment",
    "pension_affairs",
    "job_registration",
    "unemployment_registration",
    "unemployment_benefit",
    "employment_training",
    "labour_ability_appraisal",
    "work_injury_benefit",
]
SERVICES: tuple[Service, ...] = get_args(Service)


class Facts(NamedTuple):
    """What is known of a person. insurances: the state of each one that the person has."""

    insurances: Mapping[str, str]
    personal_status: str | None
    has_work_injury: bool
    has_savings: bool


class Entitlement(NamedTuple):
    """basis: what it holds by, or what it fails by."""

    service: Service
    holds: bool
    basis: str


class _Requirement(NamedTuple):
    """insurance in one of the states, and a personal status; None asks for none. `instead`: what stands in for it."""

    insurance: str | None = None
    states: tuple[str, ...] = ("normal",)
    statuses: tuple[str | None, ...] | None = None
    instead: Literal["savings while suspended", "work injury on record"] | None = None


_REQUIREMENTS: dict[Service, _Requirement] = {
    "medical_treatment": _Requirement("medical", instead="savings while suspended"),
    "pension_affairs": _Requirement("pension"),
    "job_registration": _Requirement(),
    "unemployment_registration": _Requirement(statuses=("employed", "unemployed", None)),
    "unemployment_benefit": _Requirement("unemployment", ("normal", "suspended"), statuses=("unemployed",)),
    "employment_training": _Requirement(),
    "labour_ability_appraisal": _Requirement("work_injury", instead="work injury on record"),
    "work_injury_benefit": _Requirement("work_injury", instead="work injury on record"),
}


def entitlement(service: Service, facts: Facts) -> Entitlement:
    required = _REQUIREMENTS[service]
    if required.statuses is not None and facts.personal_status not in required.statuses:
        return Entitlement(service, False, f"personal status {facts.personal_status or 'unknown'}")
    if required.insurance is None:
        return Entitlement(service, True, "open to everyone" if required.statuses is None else "not retired")
    state = facts.insurances.get(required.insurance)
    if state in required.states:
        return Entitlement(service, True, f"{required.insurance} insurance {state}")
    if _stands_in(required, state, facts):
        return Entitlement(service, True, f"{required.insurance} insurance {state or 'absent'}, {required.instead}")
    return Entitlement(service, False, f"{required.insurance} insurance {state or 'absent'}")


def _stands_in(required: _Requirement, state: str | None, facts: Facts) -> bool:
    if required.instead == "savings while suspended":
        return state == "suspended" and facts.has_savings
    return required.instead == "work injury on record" and facts.has_work_injury


_FACTS = """
SELECT
    p.personal_status,
    coalesce(
        (SELECT array_agg(ARRAY[i.insurance, i.state]) FROM parties.insurances AS i WHERE i.person_no = p.person_no),
        '{}'
    ) AS insurances,
    EXISTS (SELECT FROM parties.work_injuries AS w WHERE w.person_no = p.person_no) AS has_work_injury,
    EXISTS (
        SELECT FROM ledger.accounts AS a
        WHERE a.owner = p.person_no AND a.kind = 'personal' AND a.state = 'normal' AND a.balance - a.held > 0
    ) AS has_savings
FROM parties.persons AS p
WHERE p.person_no = $1
"""


async def read_facts(connection: Connection, person_no: str) -> Facts:
    """Raises Refused (person_unknown)."""
    row = await connection.fetchrow(_FACTS, person_no)
    if row is None:
        raise Refused(Code.PERSON_UNKNOWN, "No insured person has this number.")
    return Facts(dict(row["insurances"]), row["personal_status"], row["has_work_injury"], row["has_savings"])
