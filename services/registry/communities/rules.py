"""Who opens a community and where it is based, and what its report holds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from shared.calendar import roll_forward
from shared.policy.decision import Decision
from shared.policy.edition import Edition

PROPOSED: Final = "proposed"
OPEN: Final = "open"
SUSPENDED: Final = "suspended"
REFUSED: Final = "refused"
CLOSED: Final = "closed"
STATUSES: Final = (PROPOSED, OPEN, SUSPENDED, REFUSED, CLOSED)
LIVE: Final = (OPEN, SUSPENDED)
PUBLIC: Final = (OPEN, SUSPENDED, CLOSED)
DECIDABLE: Final = (PROPOSED,)

MOVE: Final = "move"
CLOSING: Final = "closing"
PROPOSALS: Final = (MOVE, CLOSING)

DRAFT: Final = "draft"
SUBMITTED: Final = "submitted"
RETURNED: Final = "returned"
ACCEPTED: Final = "accepted"
SEEN: Final = "seen"
REPORT_STATUSES: Final = (DRAFT, SUBMITTED, RETURNED, ACCEPTED, SEEN)
EDITABLE: Final = (DRAFT, RETURNED)


def decide_division(edition: Edition, division: str | None) -> Decision:
    """4.4-1: communities are opened by the responsible divisions and by no other."""
    responsible = edition.communities.responsible_divisions.value
    may = division in responsible
    return edition.decision(
        edition.result(
            "communities.responsible_division",
            may,
            {"division": division},
            limit=", ".join(responsible),
            message="community-division-responsible" if may else "community-division-not-responsible",
        )
    )


def decide_base(edition: Edition, status: str, places: tuple[str, ...], division: str) -> Decision:
    """4.4-1: a community lives around a listed centre of its division, by the centre's site or owner."""
    listed, here = status == "listed", division in places
    message = "community-base-suits" if listed and here else "community-base-not-listed"
    return edition.decision(
        edition.result(
            "communities.base_centre",
            listed and here,
            {"status": status, "places": ", ".join(places), "division": division},
            limit="listed",
            message=message if here else "community-base-elsewhere",
        )
    )


def missing_elements(edition: Edition, texts: Mapping[str, str | None], papers: Mapping[str, int]) -> list[str]:
    """4.4-1: the elements of which a report says nothing or for which it has too few papers."""
    least = edition.communities.evidence_per_element.value
    return [
        element
        for element in edition.communities.elements.value
        if not texts.get(element) or papers.get(element, 0) < least
    ]


def decide_complete(edition: Edition, missing: list[str], resident_jobs: int | None) -> Decision:
    """4.4-1: all six elements, each with its evidence, and the jobs of residents."""
    lacking = [*missing, *([] if resident_jobs is not None else ["resident_jobs"])]
    return edition.decision(
        edition.result(
            "communities.report",
            not lacking,
            {"missing": ", ".join(lacking)},
            limit=edition.communities.evidence_per_element.value,
            message="community-report-complete" if not lacking else "community-report-incomplete",
        )
    )


def report_due_on(edition: Edition, year: int) -> date:
    """4.4-1: the last day for the report of a year, in the year after it; a holiday moves it on."""
    terms = edition.communities
    return roll_forward(date(year + 1, terms.report_due_month.value, terms.report_due_day.value)).day
