"""Who may issue vouchers, on what terms, and how the terms may change (4.3-3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from shared.money import ZERO
from shared.policy.decision import Decision
from shared.policy.edition import Edition

DRAFT: Final = "draft"
OPEN: Final = "open"
CLOSED: Final = "closed"
STATUSES: Final = (DRAFT, OPEN, CLOSED)


@dataclass(frozen=True, slots=True)
class CategoryTerms:
    """What a programme pays in one category, where it is not the programme's own share. `cap` is the most that one
    voucher draws in the category over all its uses, in yuan; None: no cap but the balance."""

    percent: Decimal | None
    cap: Decimal | None


@dataclass(frozen=True, slots=True)
class TermsInForce:
    """A programme's terms on a day; yuan, percent, months. `eligible_sizes` None: enterprises of any size."""

    effective_from: date | None
    budget: Decimal
    subsidy_percent: Decimal
    enterprise_quota: Decimal
    valid_months: int
    startup_months: int
    categories: tuple[str, ...]
    category_terms: Mapping[str, CategoryTerms]
    first_voucher_free: bool
    eligible_sizes: tuple[str, ...] | None


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


def decide_eligible_size(edition: Edition, sizes: Sequence[str] | None, size_class: str | None) -> Decision:
    """4.3-2: a programme may be for enterprises of some sizes only; one that nobody has sized yet is not taken for
    small. A programme for all asks nothing."""
    passed = sizes is None or size_class in sizes
    refused = "enterprise-size-not-eligible" if size_class else "enterprise-size-unknown"
    result = edition.result(
        "vouchers.eligible_size",
        passed,
        {"size_class": size_class},
        limit=None if sizes is None else ", ".join(sizes),
        message="enterprise-size-eligible" if passed else refused,
    )
    return edition.decision(result)


def decide_city_quota(edition: Edition, committed: Decimal, amount: Decimal) -> Decision:
    """4.3-4: what one enterprise gets from all issuers together in a year, where the edition limits it (0: it does
    not). `committed` is without this voucher."""
    limit = edition.vouchers.city_year_quota.value
    if limit == 0:
        return edition.decision(edition.result("vouchers.city_quota", True, {}, message="voucher-city-quota-none"))
    passed = committed + amount <= limit
    inputs = {"committed": committed, "amount": amount, "left": max(limit - committed, ZERO)}
    ending = "kept" if passed else "exceeded"
    result = edition.result("vouchers.city_quota", passed, inputs, limit=limit, message=f"voucher-city-quota-{ending}")
    return edition.decision(result)
