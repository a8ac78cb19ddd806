"""Whether anybody may apply for a municipal carrier today."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from shared.policy.decision import Decision, combine
from shared.policy.edition import Edition
from shared.policy.rules import BanPeriod, decide_in_force, decide_not_barred


def day_to_test(bans: Sequence[BanPeriod], applied_on: date, today: date) -> date:
    """2.3-6: a ban is tested at submission and again at approval, and ends what was pending: so any barred day from the
    application to today counts. The last such day, or today where there is none."""
    overlapping = [
        min(ban.last_barred_day, today)
        for ban in bans
        if ban.first_day <= today and ban.last_barred_day >= min(applied_on, today)
    ]
    return max(overlapping, default=today)


def decide_application(edition: Edition, bans: Sequence[BanPeriod], applied_on: date, today: date) -> Decision:
    """2.3-6 and 6-1: no ban stands in the way, and the policy was in force on the day of the application. `edition` is
    the one pinned, or the closest one for a new application."""
    not_barred = decide_not_barred(edition, bans, day_to_test(bans, applied_on, today))
    return combine(not_barred, decide_in_force(edition, applied_on))
