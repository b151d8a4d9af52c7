"""By what a settlement is cleared and reconciled: the insurance, and the clearing type that follows from its med_type.

A message that names an original is cleared as its original, which its settlement says (`cleared_as`), so that totals
by class need no join. Every function here has its twin in SQL beside it.
"""

from typing import Literal, NamedTuple

import orjson

from app.settlement.records import CLEARED_AS, Settlement

#: clr_type: 11 outpatient, 21 inpatient, 41 pharmacy, 99 other.
ClearingType = Literal["11", "21", "41", "99"]

#: insutype 310, the employee scheme: the one that has a personal account.
EMPLOYEES = "310"

# By the beginning of med_type. 51 and 52 are maternity care without and with a bed.
_BY_MED_TYPE: dict[str, ClearingType] = {"1": "11", "2": "21", "41": "41", "51": "11", "52": "21"}
_OTHER: ClearingType = "99"


class ClearingClass(NamedTuple):
    insurance_type: str
    clearing_type: str

    def __str__(self) -> str:
        return f"{self.insurance_type}/{self.clearing_type}"


def clearing_type(med_type: str | None) -> ClearingType:
    if not med_type:
        return _OTHER
    return _BY_MED_TYPE.get(med_type[0]) or _BY_MED_TYPE.get(med_type[:2]) or _OTHER


def clearing_class(row: Settlement) -> ClearingClass:
    told = {} if row.particulars is None else orjson.loads(row.particulars)
    if CLEARED_AS in told:
        return ClearingClass(*told[CLEARED_AS].split("/"))
    return ClearingClass(told.get("insurance_type", EMPLOYEES), clearing_type(row.med_type))


# The same in SQL, of a settlement row under an alias. Read by patterns and not as JSON, as `verify` reads it.


def insurance_type_sql(alias: str = "s") -> str:
    return f"""CASE WHEN {alias}.particulars IS NULL THEN '{EMPLOYEES}' ELSE coalesce(
        substring({alias}.particulars FROM '"{CLEARED_AS}":"([0-9]+)/'),
        substring({alias}.particulars FROM '"insurance_type":"([0-9]+)"'),
        '{EMPLOYEES}'
    ) END"""


def clearing_type_sql(alias: str = "s") -> str:
    cases = " ".join(
        f"WHEN {alias}.med_type LIKE '{beginning}%' THEN '{found}'" for beginning, found in _BY_MED_TYPE.items()
    )
    return f"""coalesce(
        substring({alias}.particulars FROM '"{CLEARED_AS}":"[0-9]+/([0-9]+)"'),
        CASE {cases} ELSE '{_OTHER}' END
    )"""


def class_text_sql(alias: str = "s") -> str:
    """As `cleared_as` holds it."""
    return f"({insurance_type_sql(alias)} || '/' || {clearing_type_sql(alias)})"
