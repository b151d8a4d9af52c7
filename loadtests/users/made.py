"""What customers send: messages of the made population, of which a few people are busier than the rest."""

from itertools import count
from random import lognormvariate, random
from time import time_ns
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]

# The r-th of n persons is drawn with a weight of about r ** (1 / 3 - 1).
_SKEW = 3
_BY_CARD_SHARE = 0.7

_numbers = count(time_ns())


class MadePeople:
    """Those whom an installation names as samples in its dev.json."""

    def __init__(self, samples: Json) -> None:
        self._institutions, self._persons = samples["institutions"], samples["persons"]

    def institutions(self, kind: str) -> list[Json]:
        return [place for place in self._institutions if place["kind"] == kind]

    def some_person(self) -> Json:
        return dict(self._persons[int(len(self._persons) * random() ** _SKEW)])


def some_amount() -> int:
    """Fen; half of them below 70 yuan."""
    return 1 + int(lognormvariate(8.8, 1))


def message(institution: str, kind: str, person: Json, **fields: Any) -> Json:
    """Under a message id that was never used."""
    message_id = f"{institution}{next(_numbers) % 10**18:018d}"
    return {
        "institution": institution, "message_id": message_id, "kind": kind, "person_no": person["person_no"], **fields,
    }  # fmt: skip


def some_card(person: Json) -> Json:
    if random() < _BY_CARD_SHARE:
        return {"cert_type": "03", "card_no": person["card_no"], "card_sn": person["card_sn"]}
    return {"cert_type": "01"}
