"""What an authorisation may be, and whether one holds (3.2-1)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from services.finance.banks.rules import MET
from shared.calendar import add_months
from shared.policy.decision import Decision
from shared.policy.edition import Edition


def decide_term(edition: Edition, *, today: date, valid_from: date, valid_until: date) -> Decision:
    """3.2-1: it begins today or later, has an end, and is no longer than the edition's months from its first day; the
    corresponding day is the last."""
    longest = edition.banking.authorisations.longest_months
    last = add_months(valid_from, longest.value)
    passed = today <= valid_from <= valid_until <= last
    result = edition.result(
        "referrals.authorisation_term",
        passed,
        {"valid_from": valid_from, "valid_until": valid_until, "months": longest.value, "today": today},
        message=MET if passed else "authorisation-term",
        limit=last,
    )
    return edition.decision(result)


def decide_fields(edition: Edition, fields: Sequence[str]) -> Decision:
    """3.2-1: a bank is told at least who it is."""
    missing = [name for name in edition.banking.authorisations.identity_fields.value if name not in fields]
    result = edition.result(
        "referrals.authorised",
        not missing,
        {"missing": ", ".join(missing) or None},
        message=MET if not missing else "authorisation-fields",
        limit=", ".join(edition.banking.authorisations.identity_fields.value),
    )
    return edition.decision(result)


def holds_on(day: date, *, valid_from: date, valid_until: date, withdrawn_at: datetime | None) -> bool:
    """3.2-1: from its first to its last day, both inclusive, unless it was withdrawn; a withdrawal counts at once."""
    return withdrawn_at is None and valid_from <= day <= valid_until


def decide_authorised(
    edition: Edition, *, bank: str, day: date, authorisation_no: str | None, valid_until: date | None
) -> Decision:
    """3.2-1: without an authorisation that holds that day, nothing about the enterprise leaves to the bank."""
    passed = authorisation_no is not None
    result = edition.result(
        "referrals.authorised",
        passed,
        {"bank": bank, "day": day, "authorisation": authorisation_no, "valid_until": valid_until},
        message=MET if passed else "referral-not-authorised",
    )
    return edition.decision(result)
