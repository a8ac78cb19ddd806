"""Whether a centre may hold a municipal title."""

from __future__ import annotations

from typing import Final

from shared.policy.decision import Decision
from shared.policy.edition import Edition

STATUSES: Final = ("applied", "reviewed", "active", "suspended", "refused", "revoked")
PENDING: Final = ("applied", "reviewed")
"""States of an application that a ban ends."""

REVIEWABLE: Final = ("applied",)
GRANTABLE: Final = ("reviewed",)
IN_FORCE: Final = ("active", "suspended")
GRANTED: Final = ("active", "suspended", "revoked")
"""States in which the public register shows the title."""

MUNICIPAL: Final = "municipal"
"""The level that the city grants; the others are granted above it."""


def decide_title(edition: Edition, kind: str, centre_status: str, kinds_held: frozenset[str]) -> Decision:
    """2.3-5, 2.1-0: the title is of a kind the policy knows, the centre is listed, and holds none of that kind yet."""
    title = edition.titles.kinds.get(kind)
    listed = centre_status == "listed"
    free = kind not in kinds_held or not edition.titles.one_active_per_kind.value
    return edition.decision(
        edition.result(
            "titles.known_kind",
            title is not None,
            {"kind": kind},
            limit=", ".join(edition.titles.kinds),
            message="title-kind-known" if title is not None else "title-kind-unknown",
        ),
        edition.result(
            "titles.centre_listed",
            listed,
            {"status": centre_status},
            message="centre-listed" if listed else "centre-not-listed",
        ),
        edition.result(
            "titles.one_active_per_kind",
            free,
            {"kind": kind},
            limit=1,
            message="title-free" if free else "title-already-held",
        ),
    )
