"""What a division may budget and spend as matching funds (5.1-2)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from shared.policy.decision import Decision, RuleInput
from shared.policy.edition import Edition

MET = "rule-met"


def places_of(edition: Edition, division: str) -> frozenset[str]:
    """5.1-2: the division itself and the parks that lie in it."""
    return frozenset({division, *(code for code, unit in edition.divisions.units.items() if unit.within == division)})


def decide_budget_year(edition: Edition, *, division: str, year: int, today: date) -> Decision:
    """5.1-2: a county, district or park of the edition budgets for a year that has begun, or for the next."""
    known = division in edition.divisions.units
    first, last = edition.first_day.year, today.year + 1
    in_time = first <= year <= last
    return edition.decision(
        edition.result(
            "matching_funds.budget",
            known,
            {"division": division},
            message=MET if known else "matching-fund-division-unknown",
        ),
        edition.result(
            "matching_funds.year",
            in_time,
            {"year": year, "first_year": first, "last_year": last},
            message=MET if in_time else "matching-fund-year-not-open",
            limit=f"{first}-{last}",
        ),
    )


def decide_another_person(edition: Edition, *, actor: str, handled_by: Mapping[str, str | None]) -> Decision:
    """5.1-2: whoever recorded an amount or a payment does not approve it or take it back, whatever the role, and who
    approved the budget does not spend it."""
    own = next((step for step, account in handled_by.items() if account == actor), None)
    return _one(edition, "matching_funds.four_eyes", own is None, {"own_step": own}, "four-eyes-required")


def decide_lowered(edition: Edition, *, amount: Decimal, spent: Decimal) -> Decision:
    """5.1-2: a revised budget still covers what was spent."""
    return _one(
        edition,
        "matching_funds.budget",
        amount >= spent,
        {"amount": amount, "spent": spent},
        "matching-fund-below-spent",
        limit=spent,
    )


def decide_purpose(edition: Edition, purpose: str) -> Decision:
    """5.1-2: matching money goes to purposes of the edition."""
    known = edition.matching_funds.purposes
    limit = ", ".join(known)
    passed = purpose in known
    return _one(
        edition, "matching_funds.purpose", passed, {"purpose": purpose}, "matching-fund-purpose-unknown", limit=limit
    )


def decide_spending_day(edition: Edition, *, year: int, spent_on: date, approved_on: date | None) -> Decision:
    """5.1-2: a payment falls into the budget's year, and not before there was a budget."""
    passed = spent_on.year == year and approved_on is not None and spent_on >= approved_on
    return _one(
        edition,
        "matching_funds.year",
        passed,
        {"spent_on": spent_on, "year": year, "approved_on": approved_on},
        "matching-fund-day-outside",
    )


def decide_centre(edition: Edition, *, status: str, delisted: bool) -> Decision:
    """5.1-2, 2.3-5: money goes to listed centres; one that is known to be delisted receives nothing more."""
    shown = "delisted" if delisted else status
    passed = shown == "listed"
    return _one(edition, "matching_funds.recipient", passed, {"status": shown}, "matching-fund-centre-not-listed")


def decide_enterprise(edition: Edition, *, enterprise: str, survivor: str | None) -> Decision:
    """5.1-2: a merged record is paid no more; the one that goes on is."""
    inputs = {"enterprise": enterprise, "survivor": survivor}
    return _one(edition, "matching_funds.recipient", survivor is None, inputs, "matching-fund-recipient-merged")


def decide_within_budget(
    edition: Edition, *, fits: bool, amount: Decimal, committed: Decimal, limit: Decimal
) -> Decision:
    """5.1-2: no more is spent than was approved; `committed` includes the amount where it fitted."""
    inputs = {"amount": amount, "committed": committed, "remaining": limit - committed}
    return _one(edition, "matching_funds.ceiling", fits, inputs, "matching-fund-ceiling-exceeded", limit=limit)


def decide_counted_once(edition: Edition, *, counted_before: bool) -> Decision:
    """5.1-2: a payment voucher counts once for a recipient."""
    inputs = {"counted_before": counted_before}
    passed = not counted_before
    return _one(edition, "matching_funds.counted_once", passed, inputs, "matching-fund-voucher-counted")


def _one(
    edition: Edition,
    rule: str,
    passed: bool,
    inputs: Mapping[str, RuleInput],
    message: str,
    *,
    limit: Decimal | str | None = None,
) -> Decision:
    code = MET if passed else message
    return edition.decision(edition.result(rule, passed, inputs, message=code, limit=limit))
