"""Who may take a centre over."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Final

from services.registry.bans.rules import day_to_test
from shared.policy.decision import Decision
from shared.policy.edition import Edition
from shared.policy.rules import BanPeriod

STATUSES: Final = ("applied", "reviewed", "approved", "refused")
REVIEWABLE: Final = ("applied",)
APPROVABLE: Final = ("reviewed",)
OPEN: Final = ("applied", "reviewed")
ON_THE_LIST: Final = ("listed", "suspended")


def decide_takeover(
    edition: Edition,
    *,
    to_code: str,
    bans: Sequence[BanPeriod],
    applied_on: date,
    today: date,
    centre_status: str,
    earlier_operators: Collection[str],
) -> Decision:
    """2.3-6: a barred operator takes over no centre, tested from the application to the approval. The centre is on the
    list; somebody who ran it before may come back, but those who decide are told."""
    barring = bans if edition.ban.bars_takeover.value else ()
    day = day_to_test(barring, applied_on, today)
    running = [ban for ban in barring if ban.bars(day)]
    longest = max(running, key=lambda ban: ban.last_barred_day, default=None)
    barred = edition.result(
        "ban.takeover_barred",
        longest is None,
        {
            "operator_code": to_code,
            "day": day,
            "last_barred_day": longest.last_barred_day if longest else None,
            "first_open_day": longest.first_open_day if longest else None,
        },
        limit=longest.last_barred_day if longest else None,
        message="takeover-barred" if longest else "takeover-not-barred",
    )
    standing = centre_status in ON_THE_LIST
    listed = edition.result(
        "centre.operator_change",
        standing,
        {"status": centre_status},
        limit=", ".join(ON_THE_LIST),
        message="centre-on-the-list" if standing else "centre-not-on-the-list",
    )
    returns = to_code in earlier_operators
    told = edition.result(
        "centre.operator_change",
        True,
        {"operator_code": to_code, "returns": returns},
        message="operator-returns" if returns else "operator-is-new",
    )
    return edition.decision(barred, listed, told)
