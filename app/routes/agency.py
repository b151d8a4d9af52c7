"""What the agency's routes share."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints

from app.parties.csv_files import PATTERNS
from app.routes.contract import problem_answer

Operator = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")]
PersonNo = Annotated[str, StringConstraints(pattern=f"^{PATTERNS['person_no']}$")]
CardNo = Annotated[str, StringConstraints(pattern=f"^{PATTERNS['card_no']}$")]
CardSn = Annotated[str, StringConstraints(pattern=f"^{PATTERNS['card_sn']}$")]


class Body(BaseModel):
    """A request of the agency: unknown fields are refused, since a clerk's typing error must not pass unseen.

    strict: neither is `"5"` or `true` a number.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Clerk(Body):
    """Who works at the command line. Over HTTP it is the name of who calls."""

    operator: Operator


def example(**fields: Any) -> ConfigDict:
    """The `model_config` of a Body which shows an example in the document of the API."""
    return ConfigDict(json_schema_extra={"examples": [fields]})


_MEANINGS = {
    400: "Not JSON.",
    404: "There is no such person, card or record.",
    409: "What stands does not allow this; `code` and `detail` say what. Nothing was changed.",
    413: "Body too large.",
    422: "A field breaks its limits.",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problem answers of a route, those of an absent ledger included."""
    answers: dict[int | str, dict[str, Any]] = {status: problem_answer(_MEANINGS[status]) for status in statuses}
    if 400 in statuses:  # a body that is declared as a model: the guard bounds it
        answers[413] = problem_answer(_MEANINGS[413])
    answers[503] = problem_answer("The ledger is away. Send the same again.", retry=True)
    return answers
