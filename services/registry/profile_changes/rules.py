"""When a centre on the list may have another profile."""

from __future__ import annotations

from datetime import date
from typing import Final

from services.registry.centres.rules import STANDING, Agreement, Profile, decide_enclave_agreement, decide_profile
from shared.policy.decision import Decision
from shared.policy.edition import Edition

STATUSES: Final = ("applied", "reviewed", "returned", "approved", "refused")
REVIEWABLE: Final = ("applied",)
RETURNABLE: Final = ("applied", "reviewed")
RESUBMITTABLE: Final = ("returned",)
APPROVABLE: Final = ("reviewed",)
OPEN: Final = ("applied", "reviewed", "returned")

_AT_LISTING: Final = ("centre.tier", "centre.tier_approval")
"""What is tested of an application alone: a centre on the list has its tier by cases of their own."""


def decide_profile_change(
    edition: Edition, *, centre_status: str, profile: Profile, enclave: bool, moves: bool
) -> Decision:
    """2.1-1: the centre is on the list, and its profile as it would be passes what a draft's does. `moves`: whether it
    changes its place; an `enclave` that comes about so needs its agreement at the approval."""
    standing = centre_status in STANDING
    listed = edition.result(
        "centre.profile_change",
        standing,
        {"status": centre_status, "moves": moves, "enclave": enclave},
        limit=", ".join(STANDING),
        message="profile-changeable" if standing else "profile-not-changeable",
    )
    described = [result for result in decide_profile(edition, profile).results if result.rule not in _AT_LISTING]
    return edition.decision(listed, *described)


def decide_move(edition: Edition, *, enclave: bool, moves: bool, agreement: Agreement | None, day: date) -> Decision:
    """1.2-6: a centre that becomes an enclave by moving has an agreement that runs on its first day there."""
    return decide_enclave_agreement(edition, enclave and moves, agreement, day)


def first_possible_day(*causes: date | None) -> date | None:
    """The latest of the days that a change follows: its review, and what last changed the centre as a whole, so that
    no state of an earlier day says what came after it."""
    return max((day for day in causes if day is not None), default=None)
