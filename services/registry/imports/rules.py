"""What records of the time before the policy must show to be taken over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from services.registry.centres.rules import STANDING
from shared.http.validation import Fault
from shared.policy.decision import Decision
from shared.policy.edition import Edition


def decide_earlier(
    edition: Edition, tier: str, listed_on: date, granted_on: Sequence[date], first_day: date, *, designated: bool
) -> Decision:
    """2.1-1, 2.1-3, 6-1: listing and titles lie before the policy's first day, on which notices and applications began
    to be asked for; a tier that the city does not approve has its designation on file."""
    before = max([listed_on, *granted_on]) < first_day
    known = edition.tiers.get(tier)
    approved = known is None or known.city_approves.value or designated
    return edition.decision(
        edition.result(
            "centre.listing",
            before,
            {"listed_on": listed_on, "first_day": first_day},
            limit=first_day,
            message="listed-before-policy" if before else "not-listed-before-policy",
        ),
        edition.result(
            "centre.tier_approval",
            approved,
            {"tier": tier, "designated": designated},
            message="tier-on-record" if approved else "earlier-designation-missing",
        ),
    )


ONCE_LISTED: Final = (*STANDING, "withdrawn", "delisted")
EARLIER_RULES: Final = "earlier_rules"
"""The criterion of a graduation before there were those of the policy."""


def not_before_policy(field: str, first_day: date) -> Fault:
    """6-1: a record of another time than the one before the policy."""
    return Fault(field, "not_before_policy", {"first_day": first_day})


def decide_earlier_stay(edition: Edition, status: str, *, goes_on: bool) -> Decision:
    """2.1-1, 6-1: a stay that is over was at a centre that is, or was, on the list; one that goes on needs one that
    still is. Age and longest stay were no conditions then."""
    fits = status in (STANDING if goes_on else ONCE_LISTED)
    return edition.decision(
        edition.result(
            "tenancy.centre_listed",
            fits,
            {"status": status},
            message="centre-listed" if fits else "centre-not-listed",
        )
    )
