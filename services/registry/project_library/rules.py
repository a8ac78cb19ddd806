"""Who may offer a project, who may choose one, when a choice lapses, and what counts as a success (4.8-4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from shared.calendar import add_months
from shared.policy.decision import Decision, RuleInput
from shared.policy.edition import Edition

DRAFT: Final = "draft"
SUBMITTED: Final = "submitted"
CHECKED: Final = "checked"
PUBLISHED: Final = "published"
SWITCHED_OFF: Final = "switched_off"
CLAIMED: Final = "claimed"
SUCCEEDED: Final = "succeeded"
WITHDRAWN: Final = "withdrawn"
STATUSES: Final = (DRAFT, SUBMITTED, CHECKED, PUBLISHED, SWITCHED_OFF, CLAIMED, SUCCEEDED, WITHDRAWN)

EDITABLE: Final = (DRAFT,)
SUBMITTABLE: Final = (DRAFT,)
RETURNABLE: Final = (SUBMITTED, CHECKED, SWITCHED_OFF)
CHECKABLE: Final = (SUBMITTED,)
SCHEDULABLE: Final = (CHECKED, SWITCHED_OFF)
PUBLISHABLE: Final = (CHECKED, SWITCHED_OFF)
SWITCHABLE_OFF: Final = (PUBLISHED,)
WITHDRAWABLE: Final = (DRAFT, SUBMITTED, CHECKED, PUBLISHED, SWITCHED_OFF)

GRADUATE: Final = "graduate"
SCHOOL: Final = "school"
OWNER_KINDS: Final = (GRADUATE, SCHOOL)

REQUESTED: Final = "requested"
REFUSED: Final = "refused"
TAKEN_BACK: Final = "taken_back"
LAPSED: Final = "lapsed"
ABANDONED: Final = "abandoned"
CLAIM_STATUSES: Final = (REQUESTED, CLAIMED, REFUSED, TAKEN_BACK, LAPSED, ABANDONED, SUCCEEDED)
ANSWERABLE: Final = (REQUESTED,)
CURRENT: Final = (CLAIMED,)

PLANNED: Final = "planned"
CANCELLED: Final = "cancelled"
ROUND_STATUSES: Final = (PLANNED, PUBLISHED, CANCELLED)

CENTRE: Final = "centre"
MENTOR: Final = "mentor"
BUREAU: Final = "bureau"
FOLLOWED_BY: Final = (CENTRE, MENTOR, BUREAU)

CONSENT_WITHDRAWN: Final = "consent_withdrawn"
NO_LONGER_OFFERED: Final = "no_longer_offered"
ANOTHER_CHOSEN: Final = "another_chosen"

_MONTHS: Final = 12


@dataclass(frozen=True, slots=True)
class Owner:
    """Who is named as a project's owner; `behind` is None where there is no project on record to stand behind."""

    kind: str
    graduate: bool
    behind: bool | None


@dataclass(frozen=True, slots=True)
class Claimant:
    """Who asks for a project: the days of the confirmed graduations, whether it is the person's own, and how many the
    person has already."""

    graduated_on: Sequence[date]
    owner: bool
    current: int


def decide_owner(edition: Edition, owner: Owner) -> Decision:
    """4.8-4: a graduate's own project, or one that a school offers with its owner's consent; a project on record is
    offered for those who stand behind it."""
    graduate = owner.graduate or owner.kind == SCHOOL
    behind = owner.behind is not False
    message = "library-owner-fits"
    if not graduate:
        message = "library-owner-no-graduate"
    elif not behind:
        message = "library-owner-not-behind"
    inputs: dict[str, RuleInput] = {
        "owner_kind": owner.kind,
        "graduate": owner.graduate,
        "behind_project": owner.behind,
    }
    return edition.decision(edition.result("library.owner", graduate and behind, inputs, message=message))


def decide_claimant(edition: Edition, claimant: Claimant, day: date, *, offered: bool) -> Decision:
    """4.8-4: a published project is chosen by a graduate of the last years, not by its owner, and by nobody who has
    as many already as the edition lets one founder follow at a time. The day of the graduation stays out of the
    decision, which the owner reads too."""
    years, most = edition.project_library.claimant_years.value, edition.project_library.current_claims.value
    latest = max(claimant.graduated_on, default=None)
    last = None if latest is None else add_months(latest, years * _MONTHS)
    recent = years == 0 or (last is not None and day <= last)
    graduated = "library-claimant-fits" if recent else "library-claimant-graduated-earlier"
    if latest is None and years:
        graduated = "library-claimant-no-graduate"
    room = most == 0 or claimant.current < most
    return edition.decision(
        edition.result(
            "library.offered",
            offered,
            {"offered": offered},
            message="library-project-offered" if offered else "library-project-not-offered",
        ),
        edition.result(
            "library.claimant",
            recent,
            {"years": years, "day": day},
            limit=years,
            message=graduated,
        ),
        edition.result(
            "library.not_ones_own",
            not claimant.owner,
            {"owner": claimant.owner},
            message="library-own-project" if claimant.owner else "library-somebody-elses-project",
        ),
        edition.result(
            "library.claims_at_a_time",
            room,
            {"current": claimant.current},
            limit=most,
            message="library-room-for-another" if room else "library-claims-at-most",
        ),
    )


def decide_success(edition: Edition, *, registered_on: date, claimed_on: date, behind: bool) -> Decision:
    """4.8-4: the founder has made an enterprise of it: one registered since the choice, with the founder behind it."""
    since = registered_on >= claimed_on
    message = "library-success-registered"
    if not behind:
        message = "library-founder-not-behind"
    elif not since:
        message = "library-registered-before"
    inputs: dict[str, RuleInput] = {"registered_on": registered_on, "claimed_on": claimed_on, "founder_behind": behind}
    return edition.decision(edition.result("library.success", since and behind, inputs, message=message))


def first_due(edition: Edition, claimed_on: date) -> tuple[date, date]:
    """4.8-4: by when the first follow-up is due, and the last day before the choice lapses without one."""
    section = edition.project_library
    return _later(claimed_on, section.first_follow_up_days.value), last_day(edition, claimed_on)


def latest_due(edition: Edition, held_on: date) -> date:
    """4.8-4: no later than this the next follow-up is due."""
    return _later(held_on, edition.project_library.follow_up_days.value)


def last_day(edition: Edition, since: date) -> date:
    """4.8-4: without a follow-up by this day the choice lapses on the next."""
    return _later(since, edition.project_library.lapse_days.value)


def _later(day: date, days: int) -> date:
    return day + timedelta(days=days)
