"""Admission, filing and graduation of an enterprise at a centre."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from shared.calendar import add_months, roll_forward
from shared.policy.decision import Decision, RuleInput, RuleResult
from shared.policy.edition import Edition

STATUSES: Final = ("admitted", "filed", "graduated", "exited")
OPEN: Final = ("admitted", "filed")
FILEABLE: Final = ("admitted",)
GRADUABLE: Final = ("filed",)

HIGH_TECH: Final = "high_tech_certificate"
VENTURE_CAPITAL: Final = "venture_capital"
TWO_YEAR_INCOME: Final = "two_year_income"
MERGER_OR_LISTING: Final = "merger_or_listing"
OPERATING: Final = "operating"
TRANSFERRED: Final = "transferred"
"""Reason of the exit that a transfer makes; nobody gives it otherwise."""
CENTRE_DELISTED: Final = "centre_delisted"
CENTRE_WITHDRAWN: Final = "centre_withdrawn"
STAY_EXCEEDED: Final = "stay_exceeded"

TECHNOLOGY_ROUTES: Final = (HIGH_TECH, VENTURE_CAPITAL, TWO_YEAR_INCOME, MERGER_OR_LISTING)


@dataclass(frozen=True, slots=True)
class Graduate:
    """What is claimed for a graduation. Amounts are yuan, None where the criterion does not ask for them; `technology`
    when the centre is a carrier of technology enterprises that day."""

    criterion: str
    graduated_on: date
    registered_on: date
    technology: bool
    amount: Decimal | None = None
    insured_jobs: int | None = None
    own_premises: bool | None = None
    stated: Mapping[str, str | int] = field(default_factory=dict)
    """The particulars that the claim rests on, as they were sent."""


@dataclass(frozen=True, slots=True)
class Relocation:
    """A stay at a centre that was delisted under the enterprise: since when it counts, and its last day there."""

    stay_since: date
    left_on: date


def relocation_waives(edition: Edition, relocation: Relocation | None, admitted_on: date) -> bool:
    """2.3-5: who had to move goes on with its stay at another centre, if it finds one within the edition's months of
    its last day at the delisted one."""
    if relocation is None:
        return False
    months = edition.incubation.relocation_waiver_months.value
    return relocation.left_on <= admitted_on <= add_months(relocation.left_on, months)


def stay_until(edition: Edition, industry_code: str, since: date) -> date:
    """2.1-1: the last day of the longest stay, the corresponding day of the month; longer in some fields."""
    terms = edition.tenancy
    long = long_stay_field(edition, industry_code) is not None
    return add_months(since, (terms.long_stay_months if long else terms.stay_months).value)


def long_stay_field(edition: Edition, industry_code: str) -> str | None:
    """2.1-1: the field of long stays that an industry belongs to (biomedicine, modern agriculture, integrated
    circuits); None for any other industry."""
    fields = edition.incubation.long_stay_industries.items()
    return next((name for name, codes in fields if industry_code.startswith(codes.value)), None)


def decide_admission(
    edition: Edition,
    centre_status: str,
    registered_on: date | None,
    admitted_on: date,
    *,
    relocation: Relocation | None = None,
) -> Decision:
    """2.1-1: the centre is listed, and the enterprise exists and is not older than the edition admits; its last day is
    the corresponding day of the month. A project without a code (None) has no age.

    After a relocation the age counts on the day the stay began, since it goes on with a stay that it did not end.
    """
    waived = relocation is not None and relocation_waives(edition, relocation, admitted_on)
    entered_on = relocation.stay_since if relocation is not None and waived else admitted_on
    listed = centre_status == "listed"
    results = [
        edition.result(
            "tenancy.centre_listed",
            listed,
            {"status": centre_status},
            message="centre-listed" if listed else "centre-not-listed",
        ),
        _age_at_entry(edition, registered_on, entered_on),
    ]
    if relocation is not None:
        results.append(_relocation(edition, relocation, admitted_on, waived=waived))
    return edition.decision(*results)


def _age_at_entry(edition: Edition, registered_on: date | None, entered_on: date) -> RuleResult:
    months = edition.tenancy.age_at_entry_months.value
    inputs = {"registered_on": registered_on, "entered_on": entered_on, "months": months}
    if registered_on is None:
        return edition.result("tenancy.age_at_entry", True, inputs, message="age-at-entry-of-a-project")
    latest = add_months(registered_on, months)
    young = registered_on <= entered_on <= latest
    message = "age-at-entry-admissible" if young else "age-at-entry-not-admissible"
    return edition.result("tenancy.age_at_entry", young, inputs, limit=latest, message=message)


def _relocation(edition: Edition, relocation: Relocation, admitted_on: date, *, waived: bool) -> RuleResult:
    months = edition.incubation.relocation_waiver_months.value
    return edition.result(
        "tenancy.relocation_waiver",
        True,
        {"left_on": relocation.left_on, "admitted_on": admitted_on, "months": months, "waived": waived},
        limit=add_months(relocation.left_on, months),
        message="relocation-waiver-holds" if waived else "relocation-waiver-over",
    )


def decide_not_suspended(edition: Edition, suspended: bool, day: date) -> Decision:
    """2.1-1: a centre takes nobody in on a day it was suspended on, even if that is entered later."""
    return edition.decision(
        edition.result(
            "tenancy.centre_listed",
            not suspended,
            {"day": day, "suspended": suspended},
            message="centre-suspended-that-day" if suspended else "centre-working-that-day",
        )
    )


def decide_stay(edition: Edition, since: date, until: date, day: date) -> Decision:
    """2.1-1: nobody is incubated, nor graduates, after the last day of the longest stay."""
    within = day <= until
    return edition.decision(
        edition.result(
            "tenancy.longest_stay",
            within,
            {"stay_since": since, "day": day},
            limit=until,
            message="stay-within-limit" if within else "longest-stay-exceeded",
        )
    )


def decide_exit(
    edition: Edition,
    reason: str,
    exited_on: date,
    *,
    centre_delisted_on: date | None,
    centre_withdrawn_on: date | None,
    stay_until: date,
) -> Decision:
    """2.1-1, 2.3-5: a reason that states a fact is one only if the fact is on record on the last day: the delisting or
    withdrawal of the centre, the end of the longest stay. The limit names the reasons that can be given."""
    untrue = set()
    for word, left_on in ((CENTRE_DELISTED, centre_delisted_on), (CENTRE_WITHDRAWN, centre_withdrawn_on)):
        if left_on is None or exited_on < left_on:
            untrue.add(word)
    if exited_on < stay_until:
        untrue.add(STAY_EXCEEDED)
    possible = [word for word in edition.tenancy.exit_reasons if word not in {*untrue, TRANSFERRED}]
    inputs: dict[str, RuleInput] = {
        "reason_code": reason,
        "exited_on": exited_on,
        "centre_delisted_on": centre_delisted_on,
        "centre_withdrawn_on": centre_withdrawn_on,
        "stay_until": stay_until,
    }
    message = _UNTRUE_REASONS[reason] if reason in untrue else "exit-reason-possible"
    passed = reason not in untrue
    return edition.decision(
        edition.result("tenancy.exit_reason", passed, inputs, limit=", ".join(possible), message=message)
    )


_UNTRUE_REASONS: Final = {
    CENTRE_DELISTED: "exit-centre-not-delisted",
    CENTRE_WITHDRAWN: "exit-centre-not-withdrawn",
    STAY_EXCEEDED: "exit-stay-not-exceeded",
}


def decide_transfer(edition: Edition, centre_status: str, since: date, transferred_on: date) -> Decision:
    """2.1-1: the centre that takes over is listed; the stay goes on from the day it began."""
    listed = centre_status == "listed"
    return edition.decision(
        edition.result(
            "tenancy.centre_listed",
            listed,
            {"status": centre_status},
            message="centre-listed" if listed else "centre-not-listed",
        ),
        edition.result(
            "tenancy.transfer",
            True,
            {"stay_since": since, "transferred_on": transferred_on},
            message="stay-goes-on",
        ),
    )


def decide_entry_age(edition: Edition, registered_on: date, since: date, *, ageless: bool) -> Decision:
    """2.1-1: looked at again at graduation, because the day on the licence may have been corrected since. `ageless` who
    entered as a project without a code, which has no age, or before there was such a condition (6-1)."""
    known = None if ageless else registered_on
    return edition.decision(_age_at_entry(edition, known, since))


def decide_one_open(edition: Edition, open_since: date | None, admitted_on: date) -> Decision:
    """2.1-1: an enterprise is at one centre at a time. `open_since` is the first day of a tenancy that the new one
    would overlap, whose last day has to come before the new one's first."""
    free = open_since is None
    return edition.decision(
        edition.result(
            "tenancy.one_open",
            free,
            {"admitted_on": admitted_on, "open_since": open_since},
            message="no-other-tenancy" if free else "tenancy-overlaps",
        )
    )


def filing_due(edition: Edition, admitted_on: date) -> date:
    """2.3-2, 6-1: filed within 30 days of admission, the first day not counted; for earlier admissions the term runs
    from publication, since there is no burden before it. A term ending on a holiday rolls forward where the edition
    says so."""
    validity = edition.validity
    if admitted_on < validity.burdens_from.value:
        due = validity.burdens_from.value + timedelta(days=validity.earlier_admission_filing_days.value)
    else:
        due = admitted_on + timedelta(days=edition.tenancy.filing_days.value)
    return roll_forward(due).day if edition.notices.terms_roll_over_holidays.value else due


def filing_due_after_transfer(edition: Edition, transferred_on: date, owed_by: date | None) -> date:
    """2.3-2: the new centre files the admission there within the term of that day. A filing that the stay still owes
    (`owed_by`) stays due when it was: moving on gives nobody more time, and what is late stays late."""
    due = filing_due(edition, transferred_on)
    return due if owed_by is None else min(due, owed_by)


def decide_filing(edition: Edition, filed_on: date, due_on: date) -> Decision:
    """2.3-2: a late filing is recorded as late, never refused: the evaluation counts both."""
    in_time = filed_on <= due_on
    return edition.decision(
        edition.result(
            "tenancy.filing_term",
            True,
            {"filed_on": filed_on, "due_on": due_on, "late": not in_time},
            limit=due_on,
            message="filed-in-time" if in_time else "filed-late",
        )
    )


def decide_graduation(edition: Edition, claim: Graduate) -> Decision:
    """2.1-1: at a carrier of technology enterprises any one technology route suffices; elsewhere the enterprise has
    operated long enough, with insured jobs and its own premises, all together."""
    if claim.technology:
        return edition.decision(_technology_route(edition, claim))
    return edition.decision(_operating(edition, claim))


def _technology_route(edition: Edition, claim: Graduate) -> RuleResult:
    conditions = edition.graduation
    floors = {
        VENTURE_CAPITAL: conditions.venture_capital_over.value,
        TWO_YEAR_INCOME: conditions.two_year_income_over.value,
    }
    accepted = {
        HIGH_TECH: conditions.accepts_high_tech_certificate.value,
        MERGER_OR_LISTING: conditions.accepts_merger_or_listing.value,
    }
    floor = floors.get(claim.criterion)
    if floor is not None:
        passed = claim.amount is not None and claim.amount > floor
    else:
        passed = accepted.get(claim.criterion, False)
    known = claim.criterion in TECHNOLOGY_ROUTES
    return edition.result(
        "tenancy.graduation",
        passed,
        {
            "criterion": claim.criterion,
            "amount": claim.amount,
            "routes": ", ".join(TECHNOLOGY_ROUTES),
            **claim.stated,
        },
        limit=floor,
        message=_message(passed, known, "graduation-route-technology"),
    )


def _operating(edition: Edition, claim: Graduate) -> RuleResult:
    conditions = edition.graduation
    since = add_months(claim.registered_on, conditions.other_operating_months.value)
    known = claim.criterion == OPERATING
    long_enough = claim.graduated_on >= since
    jobs = (claim.insured_jobs or 0) >= conditions.other_insured_jobs.value
    premises = bool(claim.own_premises) or not conditions.other_own_premises.value
    lacking = {"months_operating": long_enough, "insured_jobs": jobs, "own_premises": premises}
    return edition.result(
        "tenancy.graduation",
        known and long_enough and jobs and premises,
        {
            "criterion": claim.criterion,
            "graduated_on": claim.graduated_on,
            "operating_since": claim.registered_on,
            "months": conditions.other_operating_months.value,
            "insured_jobs": claim.insured_jobs,
            "jobs_needed": conditions.other_insured_jobs.value,
            "own_premises": claim.own_premises,
            "lacking": ", ".join(name for name, met in lacking.items() if not met),
        },
        limit=since,
        message=_message(
            known and long_enough and jobs and premises,
            known,
            "graduation-route-operating",
            failing="graduation-operating-not-met",
        ),
    )


def _message(passed: bool, known: bool, other_route: str, *, failing: str = "graduation-conditions-not-met") -> str:
    if passed:
        return "graduation-conditions-met"
    return failing if known else other_route
