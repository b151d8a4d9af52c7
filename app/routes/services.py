"""What the routes work with; made once by `app.main` and kept on the application."""

from collections import Counter
from dataclasses import dataclass, field

from fastapi import Request

from app.access.authenticator import Authenticator
from app.access.rate_limits import Limits
from app.config import Settings
from app.database import Pool
from app.national.platform import Platform
from app.parties.vault import Vault
from app.settlement.dead_letter_desk import Resender
from app.settlement.feed.watch import FeedWatch
from app.settlement.group_commit import GroupCommit
from app.settlement.receipt_desk import ReceiptDesk
from app.settlement.rules import RuleBook


@dataclass(slots=True)
class Services:
    settings: Settings
    pool: Pool
    group_commit: GroupCommit
    rules: RuleBook
    vault: Vault
    receipt_desk: ReceiptDesk
    feed_watch: FeedWatch
    national: Platform
    authenticator: Authenticator
    limits: Limits
    resender: Resender
    batches_in_hand: int = 0
    exports_in_hand: int = 0
    acknowledgments_in_hand: int = 0
    large_envelopes_in_hand: int = 0
    downloads_in_hand: Counter[str] = field(default_factory=Counter)


def services_of(request: Request) -> Services:
    services: Services = request.app.state.services
    return services
