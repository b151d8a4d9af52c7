"""What the routes work with; made once by `app.main` and kept on the application."""

from collections import Counter
from dataclasses import dataclass, field
from functools import partial

from fastapi import Request

from app.access.authenticator import Authenticator
from app.access.identity_provider import IdentityProvider
from app.access.rate_limits import Limits
from app.config import Settings
from app.database import Pool
from app.national.platform import Platform
from app.parties.vault import Vault
from app.routes.slots import Slots
from app.settlement.dead_letter_desk import Resender
from app.settlement.feed.watch import FeedWatch
from app.settlement.group_commit import GroupCommit
from app.settlement.receipt_desk import ReceiptDesk
from app.settlement.rules import RuleBook


@dataclass(slots=True)
class Services:
    """batches, large_envelopes: with the bytes of one they bound the memory that these take."""

    settings: Settings
    pool: Pool
    group_commit: GroupCommit
    rules: RuleBook
    vault: Vault
    receipt_desk: ReceiptDesk
    feed_watch: FeedWatch
    national: Platform
    authenticator: Authenticator
    identity_provider: IdentityProvider | None
    limits: Limits
    resender: Resender
    downloads_in_hand: Counter[str] = field(default_factory=Counter)
    batches: Slots = field(default_factory=partial(Slots, 64, "batches"))
    exports: Slots = field(default_factory=partial(Slots, 8, "exports"))
    large_envelopes: Slots = field(default_factory=partial(Slots, 2, "large envelopes"))
    acknowledgments: Slots = field(default_factory=partial(Slots, 2, "acknowledgments"))
    reconciliation_files: Slots = field(default_factory=partial(Slots, 2, "files to reconcile"))


def services_of(request: Request) -> Services:
    services: Services = request.app.state.services
    return services
