"""Whether a centre may hold a title, and how long."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

from shared.calendar import add_months, add_working_days
from shared.policy.decision import Decision, RuleResult
from shared.policy.edition import Edition

STATUSES: Final = (
    "applied",
    "reviewed",
    "announced",
    "active",
    "suspended",
    "refused",
    "withdrawn",
    "revoked",
    "expired",
)
PENDING: Final = ("applied", "reviewed", "announced")
"""States of an application that a ban ends."""

REVIEWABLE: Final = ("applied",)
ANNOUNCEABLE: Final = ("reviewed",)
GRANTABLE: Final = ("announced",)
IN_FORCE: Final = ("active", "suspended")
ENDED: Final = ("revoked", "expired")
GRANTED: Final = (*IN_FORCE, *ENDED)
"""States in which the public register shows the title."""

MUNICIPAL: Final = "municipal"
"""The level applied for where none is named."""


@dataclass(frozen=True, slots=True)
class Measure:
    """What is proposed for a title in force and decided by another person: from which states, and what it makes of it
    (None: the title stays as it is)."""

    allowed_from: tuple[str, ...]
    becomes: str | None


MeasureKind = Literal["suspension", "resumption", "renewal"]

MEASURES: Final[Mapping[str, Measure]] = {
    "suspension": Measure(("active",), "suspended"),
    "resumption": Measure(("suspended",), "active"),
    "renewal": Measure(("active",), None),
}


def reasons_for(edition: Edition, kind: str) -> Collection[str]:
    """2.1-0: the reasons that the edition knows for a measure; a renewal needs none."""
    terms = edition.title_terms
    known = {"suspension": terms.suspension_reasons, "resumption": terms.resumption_reasons}
    return known.get(kind, ())


def status_on(status: str, expires_on: date | None, day: date) -> str:
    """2.1-0: a title whose last day is over has expired, whether or not somebody has recorded it yet."""
    over = status in IN_FORCE and expires_on is not None and expires_on < day
    return "expired" if over else status


WITHDRAWN_WITH_CENTRE: Final = "centre_withdrawn"
"""The reason of what ends because its centre left the list at its own request."""


def revoked_by(
    status: str, by_case: bool, reason_code: str | None
) -> Literal["delisting", "withdrawal", "decision"] | None:
    """2.3-5, 2.1-1: what a revoked title was revoked by: a delisting, its centre's own withdrawal, or a decision on the
    title itself. None for one that was not revoked."""
    if status != "revoked":
        return None
    if by_case:
        return "delisting"
    return "withdrawal" if reason_code == WITHDRAWN_WITH_CENTRE else "decision"


def last_day(edition: Edition, level: str, from_day: date) -> date | None:
    """2.1-0: the last day of a title of the level that runs from the day on; None where the edition gives no term."""
    months = edition.title_terms.levels[level].validity_months.value
    return add_months(from_day, months) if months else None


def plaque_due(edition: Edition, ended_on: date) -> date:
    """2.3-5: the day by which the plaque of a title that ended goes back."""
    return add_working_days(ended_on, edition.title_terms.plaque_return_working_days.value).day


def decide_title(edition: Edition, kind: str, level: str, centre_status: str, kinds_held: Collection[str]) -> Decision:
    """2.3-5, 2.1-0: the title is of a kind and level the policy knows, the centre is listed, and holds none of that
    kind at that level yet."""
    listed = centre_status == "listed"
    free = kind not in kinds_held or not edition.titles.one_active_per_kind.value
    return edition.decision(
        _known(edition, "titles.known_kind", "kind", kind, edition.titles.kinds),
        _known(edition, "titles.known_level", "level", level, edition.titles.levels),
        edition.result(
            "titles.centre_listed",
            listed,
            {"status": centre_status},
            message="centre-listed" if listed else "centre-not-listed",
        ),
        edition.result(
            "titles.one_active_per_kind",
            free,
            {"kind": kind, "level": level},
            limit=1,
            message="title-free" if free else "title-already-held",
        ),
    )


def decide_not_pending(edition: Edition, kind: str, level: str, pending: str | None) -> Decision:
    """2.1-0: a centre applies for a title once at a time; `pending` is the number of the application that is open."""
    return edition.decision(
        edition.result(
            "titles.one_pending_per_kind",
            pending is None,
            {"kind": kind, "level": level, "no": pending},
            limit=1,
            message="title-not-applied-for" if pending is None else "title-application-pending",
        )
    )


def decide_issuer(edition: Edition, level: str, issuer: str | None) -> Decision:
    """2.1-0: a title granted above the city names who granted it; one that the city grants names nobody else."""
    above = not edition.title_terms.levels[level].city_grants.value
    message = "title-issuer-fits"
    if above and issuer is None:
        message = "title-issuer-missing"
    elif issuer is not None and not above:
        message = "title-issuer-not-needed"
    inputs = {"level": level, "issuer": issuer}
    return edition.decision(
        edition.result("titles.granted_above", above == (issuer is not None), inputs, message=message)
    )


def decide_renewal(edition: Edition, centre_status: str, expires_on: date | None, day: date) -> Decision:
    """2.1-0: a title with a term may be renewed from so many days before its last day through that day, at a listed
    centre. A renewal keeps a title and applies for none, so a ban does not stand in its way (2.3-6)."""
    listed = centre_status == "listed"
    opens = None
    if expires_on is not None:
        opens = expires_on - timedelta(days=edition.title_terms.renewal_opens_days.value)
    in_time = opens is not None and expires_on is not None and opens <= day <= expires_on
    return edition.decision(
        edition.result(
            "titles.centre_listed",
            listed,
            {"status": centre_status},
            message="centre-listed" if listed else "centre-not-listed",
        ),
        edition.result(
            "titles.renewal",
            in_time,
            {"day": day, "opens_on": opens, "expires_on": expires_on},
            limit=expires_on,
            message="title-renewable" if in_time else "title-not-renewable",
        ),
    )


def decide_measure(edition: Edition, kind: str, centre_status: str) -> Decision:
    """2.1-0: a title may be suspended at any centre, and is resumed at a listed one only."""
    possible = kind != "resumption" or centre_status == "listed"
    message = "title-measure-possible" if possible else "centre-not-listed"
    inputs = {"kind": kind, "status": centre_status}
    return edition.decision(edition.result("titles.suspension", possible, inputs, message=message))


def _known(edition: Edition, rule: str, name: str, value: str, known: Collection[str]) -> RuleResult:
    message = f"title-{name}-known" if value in known else f"title-{name}-unknown"
    return edition.result(rule, value in known, {name: value}, limit=", ".join(known), message=message)
