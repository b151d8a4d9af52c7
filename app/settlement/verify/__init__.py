"""Proves what settlements say against the ledger, the journal's hashes, the registry and each other.

One module a subject. They read parties, settlements and the ledger's tables; what the ledger can tell by itself stands
in `app.ledger.verify`. Checks of single rows stand before those that compare many.
"""

from typing import Final

from app.ledger.verify import Check
from app.settlement.verify import feed, holds, movements, originals, pharmacies, registry, rows, tree

CHECKS: Final[tuple[Check, ...]] = (
    *rows.CHECKS,
    *movements.CHECKS,
    *originals.CHECKS,
    *holds.CHECKS,
    *pharmacies.CHECKS,
    *tree.CHECKS,
    *registry.CHECKS,
    *feed.CHECKS,
)
