"""When an order may suspend, restore or undo a published delisting."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final, Literal, TypeAlias

from services.evaluation.delistings.rules import COMPLETED, IN_FORCE, PUBLISHED
from shared.policy.decision import Decision
from shared.policy.edition import Edition

Kind: TypeAlias = Literal["stay", "lift", "reversal"]
Ground: TypeAlias = Literal["court", "reconsideration", "own_motion"]

STAY: Final = "stay"
LIFT: Final = "lift"
REVERSAL: Final = "reversal"
KINDS: Final = (STAY, LIFT, REVERSAL)
ANNULLED_RESULT: Final = "annulled_result"
GROUNDS: Final = ("court", "reconsideration", "own_motion", ANNULLED_RESULT)
"""Who undoes or suspends a decision: a court, the reviewing authority, the deciding one itself; or nobody yet, where an
annulled result makes somebody look."""

PROPOSED: Final = "proposed"
ORDERED: Final = "ordered"
DONE: Final = "completed"
REJECTED: Final = "rejected"
STATUSES: Final = (PROPOSED, ORDERED, DONE, REJECTED)
APPROVED: Final = (ORDERED, DONE)

_FROM: Final = {STAY: (PUBLISHED, COMPLETED), LIFT: ("stayed",), REVERSAL: (PUBLISHED, COMPLETED, "stayed")}


def decide_remedy(
    edition: Edition,
    kind: str,
    effective_on: date,
    *,
    status: str,
    published_on: date,
    stayed_on: date | None,
    last_effective_on: date | None,
) -> Decision:
    """2.3-5: a stay meets a delisting in force, its lift a stayed one, a reversal either; an order takes effect no
    earlier than the publication or the order before it, and later than the stay that it ends."""
    state = "stayed" if stayed_on is not None and status in IN_FORCE else status
    fits = state in _FROM[kind]
    earliest = max(published_on, last_effective_on or published_on)
    if stayed_on is not None:
        earliest = max(earliest, stayed_on + timedelta(days=1))
    message = "remedy-possible"
    if not fits:
        message = "remedy-does-not-fit"
    elif effective_on < earliest:
        message = "remedy-too-early"
    result = edition.result(
        "delisting.remedy_order",
        fits and effective_on >= earliest,
        {"kind": kind, "status": state, "possible_from": ", ".join(_FROM[kind]), "effective_on": effective_on},
        limit=earliest,
        message=message,
    )
    return edition.decision(result)
