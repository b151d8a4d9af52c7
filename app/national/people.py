"""What replies tell of a person. Name and citizen number are masked, and made anew for every reply: none is stored."""

from collections.abc import Mapping
from typing import Any

from app.codes import Code
from app.database import Connection
from app.errors import Refused
from app.parties.persons import Person, read_person
from app.parties.vault import Vault

#: psn_type: 11 on the job, 12 retired.
_PERSON_TYPES = {"employed": "11", "retired": "12"}
_GENDERS = {"male": "1", "female": "2"}
_IDENTITY_CARD = "01"


async def person_fields(connection: Connection, vault: Vault, person_no: str) -> dict[str, Any]:
    """Of a person whose number alone is known, or whose data this process has no key for, the rest is empty.

    The day of birth is never told: beside the masked number it would give the whole number away.
    """
    try:
        person = await read_person(connection, vault, person_no)
    except Refused as refused:
        if refused.code not in (Code.ENCRYPTION_KEYS_MISSING, Code.PERSON_UNKNOWN):
            raise
        return {"psn_no": person_no, "psn_cert_type": _IDENTITY_CARD}
    return {
        "psn_no": person_no,
        "psn_cert_type": _IDENTITY_CARD,
        "certno": person.citizen_no_masked,
        "psn_name": None if person.name_masked is None else person.name_masked[:50],
        "gend": _GENDERS.get(person.gender or "", ""),
        "psn_type": person_type(person),
    }


def person_type(person: Person) -> str:
    return _PERSON_TYPES.get(person.personal_status or "", "")


def without(fields: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in names}
