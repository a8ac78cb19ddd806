"""Who may issue vouchers, and what for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from shared.policy.decision import Decision
from shared.policy.edition import Edition

DRAFT: Final = "draft"
OPEN: Final = "open"
CLOSED: Final = "closed"
STATUSES: Final = (DRAFT, OPEN, CLOSED)


def decide_issuer_known(edition: Edition, division: str) -> Decision:
    """4.3-3: counties and parks run their own vouchers; the edition lists them."""
    known = division in edition.divisions.units
    return edition.decision(
        edition.result(
            "vouchers.issuer",
            known,
            {"division": division},
            message="issuer-known" if known else "issuer-unknown",
        )
    )


def decide_own_categories(edition: Edition, added: Sequence[str], taken: Sequence[str]) -> Decision:
    """4.3-2: the list of services is open ("等"), where the edition lets issuers add to it; a word that the edition or
    another issuer uses already would mean two things."""
    may_add = edition.vouchers.issuer_may_add_categories.value or not added
    results = [
        edition.result(
            "vouchers.category",
            may_add,
            {"added": ", ".join(added)},
            clause=edition.vouchers.issuer_may_add_categories.clause,
            message="categories-may-be-added" if may_add else "categories-may-not-be-added",
        )
    ]
    if taken:
        results.append(
            edition.result("vouchers.category", False, {"taken": ", ".join(taken)}, message="category-word-taken")
        )
    return edition.decision(*results)
