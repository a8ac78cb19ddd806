"""Reading the facts of many centres' year at once: a few statements for a whole batch, aggregated in SQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import Date, TableValuedAlias, and_, bindparam, column, exists, func, select
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from services.evaluation.base import AnyRow
from services.evaluation.evaluations.financing_counts import NO_FINANCING, FinancingBehind, financing_counts
from services.evaluation.evaluations.lineage import evidence_behind, returns_behind, states_behind
from services.evaluation.evaluations.models import ExpertScore, Veto
from services.evaluation.evaluations.record_counts import NO_RECORDS, RecordsBehind, record_counts
from services.evaluation.evaluations.service_counts import NO_SERVICES, ServicesBehind, service_counts
from services.evaluation.evaluations.tenancy_counts import NO_STAYS, tenancy_counts
from services.evaluation.reports.form import year_of
from services.evaluation.reports.models import QuarterlyReport, ReportReturn, ReportRevision
from services.evaluation.reports.rules import due_day, due_quarters, left_on
from services.evaluation.rubrics.catalogue import Windows, windows
from services.evaluation.rubrics.facts import Facts, Financing, Money, ReportingFacts, TenancyFacts
from services.evaluation.rubrics.rules import NO_REPORT, Listing
from services.evaluation.terms import term_end
from shared.policy.edition import Edition


@dataclass(frozen=True, slots=True)
class Subject:
    """Who is evaluated: an evaluation with what it was on the year's last day."""

    id: UUID
    centre_id: UUID
    tier: str
    owner_division: str
    site_division: str
    total_area_m2: Decimal
    listing: Listing
    exempt: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """What a whole cycle's scoring has in common. `as_of` decides which reports have fallen due."""

    edition: Edition
    year: int
    as_of: date
    windows: Windows
    admission_days: tuple[date, ...]
    filing_deadlines: tuple[date, ...]
    rubric_id: UUID | None = None
    """The rubric edition in the place of the policy edition's own."""
    counted: tuple[str, ...] = ("accepted",)
    """States of a report whose newest version counts; a provisional score also looks at those under review."""

    @property
    def last_day(self) -> date:
        return date(self.year, 12, 31)


@dataclass(slots=True)
class Gathered:
    """One centre's facts, the records they rest on, and the vetoes against it."""

    facts: Facts
    lineage: dict[str, JsonValue]
    vetoes: list[str] = field(default_factory=list)


def frame_of(edition: Edition, year: int, as_of: date, rubric_id: UUID | None = None) -> Frame:
    """With the last filing day of an admission on each day of the year (2.3-2, 6-1)."""
    counted = windows(edition)
    first = date(year, 1, 1)
    days = tuple(first + timedelta(days=number) for number in range((date(year + 1, 1, 1) - first).days))
    deadlines = tuple(_filing_deadline(edition, day, counted.filing_days) for day in days)
    return Frame(edition, year, as_of, counted, days, deadlines, rubric_id)


def _filing_deadline(edition: Edition, admitted_on: date, days: int) -> date:
    validity = edition.validity
    term = admitted_on + timedelta(days=days)
    if admitted_on < validity.burdens_from.value:
        earlier = timedelta(days=validity.earlier_admission_filing_days.value)
        term = max(term, validity.burdens_from.value + earlier)
    return term_end(edition, term).day


@dataclass(frozen=True, slots=True)
class Behind:
    """One centre's counts of records."""

    stays: TenancyFacts
    services: ServicesBehind
    financing: FinancingBehind
    records: RecordsBehind


async def gather(session: AsyncSession, frame: Frame, subjects: Sequence[Subject]) -> dict[UUID, Gathered]:
    """Facts by evaluation id; one statement for each source, whatever the number of subjects."""
    centres = [subject.centre_id for subject in subjects]
    ids = [subject.id for subject in subjects]
    stays = await tenancy_counts(session, frame.year, frame.windows, _deadlines(frame), centres)
    services = await service_counts(session, frame.year, centres)
    money = await financing_counts(session, frame.year, centres, frame.counted)
    recorded = await record_counts(session, frame.year, frame.as_of, centres)
    enough = frame.edition.quarterly_reports.in_time_filled_percent.value
    reports = _grouped(await _reports(session, frame.year, centres, enough))
    returns = {row.centre_id: row for row in await _returns(session, frame.year, centres)}
    marks = _grouped_by_evaluation(await _marks(session, ids))
    vetoes = _grouped_by_evaluation(await _vetoes(session, ids))
    states = await states_behind(session, frame.last_day, centres)
    evidence = await evidence_behind(session, ids)
    returned = await returns_behind(session, frame.year, centres)
    found: dict[UUID, Gathered] = {}
    for subject in subjects:
        counts, stays_behind = stays.get(subject.centre_id, (TenancyFacts(), NO_STAYS))
        own_reports = reports.get(subject.centre_id, [])
        own_marks = marks.get(subject.id, [])
        served = services.get(subject.centre_id, NO_SERVICES)
        financed = money.get(subject.centre_id, NO_FINANCING)
        records = recorded.get(subject.centre_id, NO_RECORDS)
        behind = Behind(counts, served, financed, records)
        facts = _facts(frame, subject, behind, own_reports, returns.get(subject.centre_id), own_marks)
        lineage: dict[str, JsonValue] = {
            "report_revisions": [str(row.revision_id) for row in own_reports if row.revision_id],
            "report_returns": returned.get(subject.centre_id, []),
            **stays_behind.lineage(),
            **served.lineage(),
            **financed.lineage(),
            **records.lineage(frame.edition.rubric),
            "centre_events": states.get(subject.centre_id, []),
            "expert_scores": [str(row.id) for row in own_marks],
            "vetoes": [str(row.id) for row in vetoes.get(subject.id, [])],
            "evidence": evidence.get(subject.id, {}),
        }
        against = [row.code for row in vetoes.get(subject.id, [])]
        if facts.reporting.due and not facts.reporting.submitted:
            against.append(NO_REPORT)
        found[subject.id] = Gathered(facts, lineage, against)
    return found


def _facts(
    frame: Frame,
    subject: Subject,
    behind: Behind,
    reports: Sequence[AnyRow],
    returned: AnyRow | None,
    marks: Sequence[AnyRow],
) -> Facts:
    rubric = frame.edition.rubric
    places = {subject.owner_division, subject.site_division}
    accepted = [row for row in reports if row.status in frame.counted]
    return Facts(
        tier=subject.tier,
        remote=not places.isdisjoint(rubric.remote_divisions.value),
        hardship=not places.isdisjoint(rubric.hardship_divisions.value),
        total_area_m2=subject.total_area_m2,
        tenancies=behind.stays,
        reporting=_reporting(frame, subject, reports, returned),
        form=year_of(frame.edition.report_form, ((row.quarter, row.form) for row in accepted)),
        marks={row.indicator: row.mark for row in marks},
        services=behind.services.by_number,
        financing=_financing(frame, behind.financing, accepted),
        records=behind.records.facts,
    )


def _financing(frame: Frame, behind: FinancingBehind, accepted: Sequence[AnyRow]) -> Financing | None:
    """By enterprise as far as the reports that count have lines; None where none of them has."""
    without = [(row.quarter, row.form) for row in accepted if not row.lined]
    if not without:
        return Financing(behind.enterprises)
    if len(without) == len(accepted):
        return None
    rest = year_of(frame.edition.report_form, without)
    money = Money(rest["equity_financing"], rest["bank_loans"])
    return Financing(behind.enterprises, money, rest["enterprises_financed"])


def _reporting(frame: Frame, subject: Subject, reports: Sequence[AnyRow], returned: AnyRow | None) -> ReportingFacts:
    by_quarter = {row.quarter: row for row in reports if row.first_submitted_on is not None}
    listing = subject.listing
    left = left_on(listing.delisted_on, listing.withdrawn_on)
    due = [
        quarter
        for quarter in due_quarters(frame.edition, frame.year, listing.listed_on, left)
        if quarter in by_quarter or due_day(frame.edition, frame.year, quarter).day < frame.as_of
    ]
    submitted = [by_quarter[quarter] for quarter in due if quarter in by_quarter]
    accepted = [row for row in submitted if row.status in frame.counted]
    form = frame.edition.report_form
    asked = len(form.required_in(form.version))
    return ReportingFacts(
        due=len(due),
        submitted=len(by_quarter),
        on_time=sum(row.in_time for row in submitted),
        accepted=len(accepted),
        filled=sum(row.filled for row in accepted),
        fields=sum(by_quarter[quarter].fields if quarter in by_quarter else asked for quarter in due),
        returned=0 if returned is None else returned.returned,
        corrected_in_time=0 if returned is None else returned.corrected_in_time,
    )


def _deadlines(frame: Frame) -> TableValuedAlias:
    """The filing deadlines as a table to join: unnest of two arrays."""
    days = bindparam("admission_days", list(frame.admission_days), type_=ARRAY(Date))
    deadlines = bindparam("filing_deadlines", list(frame.filing_deadlines), type_=ARRAY(Date))
    columns = (column("admitted_on", Date), column("filing_due_on", Date))
    return func.unnest(days, deadlines).table_valued(*columns, name="filing").render_derived()


async def _reports(session: AsyncSession, year: int, centres: Sequence[UUID], enough: int) -> Sequence[AnyRow]:
    """The reports with their newest version. In time is one of which a version came by the due day that had at least
    `enough` per cent of the required fields filled."""
    report = QuarterlyReport
    begun = aliased(ReportRevision)
    in_time = exists().where(
        begun.report_id == report.id,
        begun.submitted_on <= report.due_on,
        begun.filled * 100 >= begun.fields * enough,
    )
    current = and_(ReportRevision.report_id == report.id, ReportRevision.revision == report.revision)
    columns = (report.centre_id, report.quarter, report.status, report.first_submitted_on, in_time.label("in_time"))
    revision = ReportRevision
    lined = revision.lines.is_not(None).label("lined")
    newest = (revision.id.label("revision_id"), revision.form, lined, revision.filled, revision.fields)
    query = (
        select(*columns, *newest)
        .outerjoin(ReportRevision, current)
        .where(report.year == year, report.centre_id.in_(centres))
        .order_by(report.centre_id, report.quarter)
    )
    return (await session.execute(query)).all()


async def _returns(session: AsyncSession, year: int, centres: Sequence[UUID]) -> Sequence[AnyRow]:
    corrected = and_(
        ReportRevision.report_id == ReportReturn.report_id, ReportRevision.revision == ReportReturn.revision + 1
    )
    in_time = ReportRevision.submitted_on <= ReportReturn.correction_due_on
    query = (
        select(
            QuarterlyReport.centre_id,
            func.count().label("returned"),
            func.count().filter(in_time).label("corrected_in_time"),
        )
        .join(ReportReturn, ReportReturn.report_id == QuarterlyReport.id)
        .outerjoin(ReportRevision, corrected)
        .where(QuarterlyReport.year == year, QuarterlyReport.centre_id.in_(centres))
        .group_by(QuarterlyReport.centre_id)
    )
    return (await session.execute(query)).all()


async def _marks(session: AsyncSession, evaluations: Sequence[UUID]) -> Sequence[AnyRow]:
    newest = (ExpertScore.evaluation_id, ExpertScore.indicator)
    query = (
        select(ExpertScore.evaluation_id, ExpertScore.indicator, ExpertScore.mark, ExpertScore.id)
        .ext(distinct_on(*newest))
        .where(ExpertScore.evaluation_id.in_(evaluations))
        .order_by(*newest, ExpertScore.id.desc())
    )
    return (await session.execute(query)).all()


async def _vetoes(session: AsyncSession, evaluations: Sequence[UUID]) -> Sequence[AnyRow]:
    query = (
        select(Veto.evaluation_id, Veto.id, Veto.code)
        .where(Veto.evaluation_id.in_(evaluations), Veto.status == "confirmed")
        .order_by(Veto.evaluation_id, Veto.code)
    )
    return (await session.execute(query)).all()


def _grouped(rows: Iterable[AnyRow]) -> dict[UUID, list[AnyRow]]:
    groups: dict[UUID, list[AnyRow]] = {}
    for row in rows:
        groups.setdefault(row.centre_id, []).append(row)
    return groups


def _grouped_by_evaluation(rows: Iterable[AnyRow]) -> dict[UUID, list[AnyRow]]:
    groups: dict[UUID, list[AnyRow]] = {}
    for row in rows:
        groups.setdefault(row.evaluation_id, []).append(row)
    return groups
