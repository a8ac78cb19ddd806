"""Who may be issued a voucher (4.3-1 to 4.3-3), by the programme's own terms, which start from the edition's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from services.vouchers.programmes.rules import decide_eligible_size
from shared.calendar import add_months
from shared.policy.decision import Decision, RuleResult, combine
from shared.policy.edition import Edition
from shared.policy.rules import decide_in_force

ACTIVE: Final = "active"
FROZEN: Final = "frozen"
"""No new use until it is unfrozen; what was held before goes on."""
STOPPED: Final = "stopped"
STATUSES: Final = (ACTIVE, FROZEN, STOPPED)

CENTRE_DELISTED: Final = "centre_delisted"
"""Reason of a voucher's stop and of a hold's release."""
AWAITING_APPROVAL: Final = "awaiting_approval"
"""Why a single issue is frozen from its first moment: another person has yet to approve it."""
NOT_APPROVED: Final = "not_approved"
"""Reason of the stop of one that was refused."""
EXPIRED: Final = "expired"
"""Reason of a voucher's stop after its last day."""

_LISTED: Final = "listed"
_OPEN: Final = "open"


@dataclass(frozen=True, slots=True)
class Terms:
    """A programme as far as issuing depends on it; amounts in yuan."""

    issuer_division: str
    status: str
    year: int
    opened_on: date | None
    categories: Sequence[str]
    startup_months: int
    enterprise_quota: Decimal
    budget: Decimal
    eligible_sizes: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """The centre that the enterprise is tenanted in on the day. `delisted` is this service's own mark."""

    status: str
    owner_division: str
    site_division: str
    listed_on: date | None
    delisted: bool

    @property
    def enclave(self) -> bool:
        return self.owner_division != self.site_division


def valid_until(issued_on: date, months: int) -> date:
    """The last day on which a voucher can be used, inclusive: the corresponding day, or the month's last."""
    return add_months(issued_on, months)


def decide_standing(
    edition: Edition,
    terms: Terms,
    place: Place | None,
    *,
    registered_on: date,
    size_class: str | None = None,
    category: str | None,
    day: date,
) -> Decision:
    """4.3-2, 4.3-3: everything about an issue but its amount."""
    return combine(
        decide_in_force(edition, day),
        decide_programme_open(edition, terms, day),
        decide_in_centre(edition, place, day),
        decide_issuer(edition, terms.issuer_division, place),
        decide_startup_age(edition, registered_on, terms.startup_months, day),
        decide_eligible_size(edition, terms.eligible_sizes, size_class),
        decide_category(edition, category, terms.categories),
    )


def decide_programme_open(edition: Edition, terms: Terms, day: date) -> Decision:
    """4.3-3: a programme issues once it is open, and its budget is that of its year."""
    if terms.status != _OPEN or terms.opened_on is None or day < terms.opened_on:
        passed, message = False, "programme-not-open"
    else:
        passed = day.year == terms.year
        message = "programme-open" if passed else "programme-of-other-year"
    inputs = {"status": terms.status, "opened_on": terms.opened_on, "day": day}
    return edition.decision(edition.result("vouchers.budget", passed, inputs, limit=terms.year, message=message))


def decide_in_centre(edition: Edition, place: Place | None, day: date) -> Decision:
    """4.3-2: vouchers are for enterprises in centres: tenanted that day in a centre that is listed."""
    if place is None:
        passed, message = False, "not-in-a-centre"
    else:
        passed = place.status == _LISTED and not place.delisted and (place.listed_on is None or place.listed_on <= day)
        message = "in-listed-centre" if passed else "centre-not-listed"
    inputs = {"day": day, "centre_status": _status(place)}
    return edition.decision(edition.result("vouchers.in_centre", passed, inputs, message=message))


def _status(place: Place | None) -> str | None:
    if place is None:
        return None
    return "delisted" if place.delisted else place.status


def decide_startup_age(edition: Edition, registered_on: date, months: int, day: date) -> Decision:
    """4.3-2: start-ups only: at most so many months since registration, the corresponding day included."""
    last_day = add_months(registered_on, months)
    passed = registered_on <= day <= last_day
    result = edition.result(
        "vouchers.startup_age",
        passed,
        {"registered_on": registered_on, "day": day, "last_day": last_day},
        limit=months,
        message="startup-young-enough" if passed else "startup-too-old",
    )
    return edition.decision(result)


def decide_issuer(edition: Edition, issuer: str, place: Place | None) -> Decision:
    """4.3-3: the issuer is the division that owns the centre or the one where it lies (they differ for enclaves)."""
    passed = place is not None and issuer in (place.owner_division, place.site_division)
    result = edition.result(
        "vouchers.issuer",
        passed,
        {
            "issuer": issuer,
            "owner_division": place.owner_division if place else None,
            "site_division": place.site_division if place else None,
        },
        message="issuer-of-the-centre" if passed else "issuer-of-another-place",
    )
    return edition.decision(result)


def decide_category(edition: Edition, category: str | None, categories: Sequence[str]) -> Decision:
    """4.3-2: a voucher for one category names one of the programme's; without one it serves them all."""
    passed = category is None or category in categories
    return edition.decision(
        edition.result(
            "vouchers.category",
            passed,
            {"category": category},
            limit=", ".join(categories),
            message="category-allowed" if passed else "category-not-in-programme",
        )
    )


def decide_quota(edition: Edition, quota: Decimal, committed: Decimal, amount: Decimal) -> Decision:
    """4.3-3: what one enterprise gets from one issuer in a year. `committed` is without this voucher."""
    return edition.decision(_cap(edition, "vouchers.quota", quota, committed, amount, "voucher-quota"))


def decide_budget(edition: Edition, budget: Decimal, committed: Decimal, amount: Decimal) -> Decision:
    """4.3-3: the issuer's own budget. `committed` is without this voucher."""
    return edition.decision(_cap(edition, "vouchers.budget", budget, committed, amount, "voucher-budget"))


def _cap(edition: Edition, rule: str, limit: Decimal, committed: Decimal, amount: Decimal, message: str) -> RuleResult:
    passed = committed + amount <= limit
    inputs = {"committed": committed, "amount": amount, "left": max(limit - committed, Decimal("0.00"))}
    ending = "kept" if passed else "exceeded"
    return edition.result(rule, passed, inputs, limit=limit, message=f"{message}-{ending}")


def decide_enclave_issuer(edition: Edition, issuer: str, others: Sequence[str]) -> Decision:
    """4.3-3: a firm in an enclave has vouchers of the owner or of the site division, of one of them a year."""
    limit = edition.vouchers.enclave_issuers_per_year.value
    passed = len({issuer, *others}) <= limit
    result = edition.result(
        "vouchers.enclave_issuer",
        passed,
        {"issuer": issuer, "issued_before_by": ", ".join(others) or None},
        limit=limit,
        message="enclave-issuer-alone" if passed else "enclave-issuer-other",
    )
    return edition.decision(result)
