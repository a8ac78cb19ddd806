"""Whether anybody may apply for a municipal carrier today."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from shared.policy.decision import Decision, combine
from shared.policy.edition import Edition
from shared.policy.rules import BanPeriod, decide_in_force, decide_not_barred

CENTRE: Final = "centre"
TITLE: Final = "qualification_application"
"""What is applied for, as an edition's `ban.bars` names it."""


def day_to_test(bans: Sequence[BanPeriod], applied_on: date, today: date) -> date:
    """2.3-6: a ban is tested at submission and again at approval, and ends what was pending: so any barred day from the
    application to today counts. The last such day, or today where there is none."""
    overlapping = [
        min(ban.last_barred_day, today)
        for ban in bans
        if ban.first_day <= today and ban.last_barred_day >= min(applied_on, today)
    ]
    return max(overlapping, default=today)


def decide_not_barred_from(
    edition: Edition, what: str, bans: Sequence[BanPeriod], applied_on: date, today: date
) -> Decision:
    """2.3-6: no ban stands in the way of applying for `what`, if that is among the things the edition bars."""
    barring = bans if what in edition.ban.bars.value else ()
    return decide_not_barred(edition, barring, day_to_test(barring, applied_on, today))


def decide_application(
    edition: Edition, what: str, bans: Sequence[BanPeriod], applied_on: date, today: date
) -> Decision:
    """2.3-6 and 6-1: no ban stands in the way, and the policy was in force on the day of the application. `edition` is
    the one pinned, or the closest one for a new application."""
    not_barred = decide_not_barred_from(edition, what, bans, applied_on, today)
    return combine(not_barred, decide_in_force(edition, applied_on))
