"""Client of medsettle for the billing systems of hospitals and pharmacies.

`Institution` has what they need day by day. Every operation of the contract, typed and made from it, stands in
`medsettle_client.generated.api`, for use with `Institution.client`.
"""

from medsettle_client.errors import Conflict, MedsettleError, Refused, Unanswered
from medsettle_client.generated.models import Card, FeedEvent, Message, Outcome, Part, Problem
from medsettle_client.institution import Institution

__all__ = [
    "Card",
    "Conflict",
    "FeedEvent",
    "Institution",
    "MedsettleError",
    "Message",
    "Outcome",
    "Part",
    "Problem",
    "Refused",
    "Unanswered",
]
