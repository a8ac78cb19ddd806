"""Gathering a centre's year so far, and answering it as the coming evaluation would."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.access import in_scope, reads_all
from services.evaluation.base import AnyRow
from services.evaluation.centres import states_on
from services.evaluation.cycles.models import EvaluationCycle
from services.evaluation.delistings.opening import PRELIMINARY
from services.evaluation.evaluations.gather import Frame, Gathered, Subject, frame_of, gather
from services.evaluation.evaluations.models import Evaluation
from services.evaluation.evidence.queries import evidence_by_indicator
from services.evaluation.projections import known_centre
from services.evaluation.provisional.outlook import Outlook, outlook_of
from services.evaluation.provisional.schemas import ProvisionalFilter, ProvisionalOut, ReportSoFar
from services.evaluation.provisional.showing import show
from services.evaluation.reports.models import QuarterlyReport
from services.evaluation.reports.rules import due_day, due_quarters, left_on
from services.evaluation.rubrics.pinning import pinned_edition, rubric_for_year
from services.evaluation.rubrics.rules import Listing
from shared.auth.principal import Principal
from shared.errors import DomainError, not_found
from shared.ids import uuid7
from shared.policy.edition import Edition, Editions

_WITH_REVIEWED = ("accepted", "submitted")


@dataclass(frozen=True, slots=True)
class Year:
    """What is evaluated: the centre, as what, and the evaluation if there is one already."""

    centre: AnyRow
    subject: Subject
    edition: Edition
    rubric_id: UUID | None
    evaluation_id: UUID | None


async def provisional_score(
    session: AsyncSession, principal: Principal, editions: Editions, wanted: ProvisionalFilter
) -> ProvisionalOut:
    """2.3-2: the year's evaluation as it would be today. Raises 404 for somebody else's centre, 409 for a year that has
    not begun, whose result is final, or in which the centre was never listed."""
    year = wanted.year or principal.today.year
    found = await _year(session, principal, editions, wanted.centre_id, year)
    frame = frame_of(found.edition, year, principal.today, found.rubric_id)
    so_far = await _gathered(session, frame, found.subject)
    at_best = await _gathered(session, replace(frame, counted=_WITH_REVIEWED), found.subject)
    outlook: Outlook = outlook_of(frame, found.subject, so_far, at_best)
    reports = await _reports(session, found, year, principal.today)
    filed = await evidence_by_indicator(session, found.evaluation_id)
    return show(found, year, principal.today, outlook, reports, filed)


async def _gathered(session: AsyncSession, frame: Frame, subject: Subject) -> Gathered:
    return (await gather(session, frame, [subject]))[subject.id]


async def _year(session: AsyncSession, principal: Principal, editions: Editions, centre_id: UUID, year: int) -> Year:
    centre = await _centre(session, principal, centre_id)
    first, last = date(year, 1, 1), date(year, 12, 31)
    if principal.today < first:
        raise DomainError("year-not-begun", 409, params={"first_day": first})
    listing = Listing(centre.listed_on, centre.delisted_on, centre.withdrawn_on)
    left = left_on(listing.delisted_on, listing.withdrawn_on)
    if listing.listed_on is None or listing.listed_on > last or (left is not None and left < first):
        raise DomainError("centre-not-in-year", 409, params={"no": centre.no, "year": year})
    row = await _evaluation(session, centre_id, year)
    if row is not None and row.Evaluation.status == "published":
        raise DomainError("result-final", 409, params={"no": row.Evaluation.no, "year": year})
    edition_id = editions.for_evaluation_year(year).id if row is None else row.EvaluationCycle.edition
    scored = row is not None and row.EvaluationCycle.status != "open"
    rubric_id = (
        row.EvaluationCycle.rubric_id
        if scored and row is not None
        else await rubric_for_year(session, editions.get(edition_id), year)
    )
    edition = await pinned_edition(session, editions, edition_id, rubric_id, year)
    state = await _state(session, centre_id, last)
    # Marks and vetoes are shown to the centre with the preliminary results and not before; a fresh id has none.
    opened = row is not None and (reads_all(principal) or row.EvaluationCycle.status in PRELIMINARY)
    subject = Subject(
        id=row.Evaluation.id if opened and row is not None else uuid7(),
        centre_id=centre_id,
        tier=state.tier,
        owner_division=state.owner_division,
        site_division=state.site_division,
        total_area_m2=state.total_area_m2,
        listing=listing,
        exempt=opened and row is not None and row.Evaluation.exempt,
    )
    return Year(centre, subject, edition, rubric_id, None if row is None else row.Evaluation.id)


async def _centre(session: AsyncSession, principal: Principal, centre_id: UUID) -> AnyRow:
    visible = in_scope(principal, known_centre.c.id)
    query = select(known_centre).where(known_centre.c.id == centre_id, visible)
    centre = (await session.execute(query)).one_or_none()
    if centre is None:
        raise not_found("centre")
    return centre


async def _evaluation(session: AsyncSession, centre_id: UUID, year: int) -> AnyRow | None:
    query = (
        select(Evaluation, EvaluationCycle)
        .join(EvaluationCycle, EvaluationCycle.id == Evaluation.cycle_id)
        .where(Evaluation.centre_id == centre_id, Evaluation.year == year)
    )
    return (await session.execute(query)).one_or_none()


async def _state(session: AsyncSession, centre_id: UUID, day: date) -> AnyRow:
    state = states_on(day, [centre_id])
    return (await session.execute(select(state))).one()


async def _reports(session: AsyncSession, found: Year, year: int, today: date) -> list[ReportSoFar]:
    report = QuarterlyReport
    query = select(report.quarter, report.status, report.late).where(
        report.centre_id == found.subject.centre_id, report.year == year
    )
    known = {row.quarter: row for row in await session.execute(query)}
    listing = found.subject.listing
    left = left_on(listing.delisted_on, listing.withdrawn_on)
    shown: list[ReportSoFar] = []
    for quarter in due_quarters(found.edition, year, listing.listed_on, left):
        due_on, row = due_day(found.edition, year, quarter).day, known.get(quarter)
        status = ("missing" if due_on < today else "to_come") if row is None else row.status
        late = row.late if row is not None and row.status != "draft" else due_on < today
        told = {"quarter": quarter, "status": status, "due_on": due_on, "late": late}
        shown.append(ReportSoFar.model_validate(told))
    return shown
