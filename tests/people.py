"""Made people: no citizen number of theirs is anyone's, since the region 999999 stands for no place."""

import secrets
from datetime import date, timedelta
from typing import Any

from app.parties.citizen_no import gender_of
from app.parties.persons import NewPerson

_FIRST_DAY, _DAYS = date(1940, 1, 1), 25_000


def citizen_no() -> str:
    birth = _FIRST_DAY + timedelta(days=secrets.randbelow(_DAYS))
    body = f"999999{birth:%Y%m%d}{secrets.randbelow(1_000):03d}"
    remainder = 0
    for digit in body:
        remainder = (remainder + int(digit)) * 2 % 11
    return body + "10X98765432"[remainder % 11]


def name() -> str:
    """As no word of the service and no other made name is."""
    return "测试" + "".join(chr(0x4E00 + secrets.randbelow(20_000)) for _ in range(4))


def person_no() -> str:
    return f"P{secrets.token_hex(6)}"


def new_person(**overrides: Any) -> NewPerson:
    number = overrides.get("citizen_no") or citizen_no()
    fields = {"person_no": person_no(), "citizen_no": number, "name": name(), "gender": gender_of(number)}
    return NewPerson(**{**fields, **overrides})
