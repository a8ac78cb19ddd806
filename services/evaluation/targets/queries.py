"""Reading the ledger: targets with their figures, their course over the quarters, and the coverage of divisions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.ecosystem.communities import DivisionsCommunities, communities_by_division
from services.evaluation.targets import rules
from services.evaluation.targets.behind import TRACED, records_on
from services.evaluation.targets.figures import COMPUTABLE, SPECIALISED, centres_by_division, figure_on
from services.evaluation.targets.ledger import goal_of
from services.evaluation.targets.models import Target, TargetActual
from services.evaluation.targets.schemas import (
    ActualOut,
    CommunityCoverage,
    CommunityOut,
    CoverageOut,
    DivisionCoverage,
    PointOut,
    RecordOut,
    TargetDetail,
    TargetFilter,
    TargetHistory,
    TargetOut,
    TargetRecords,
)
from services.evaluation.targets.telling import numbers
from shared.errors import DomainError, not_found
from shared.policy.edition import Edition, Editions


@dataclass(frozen=True, slots=True)
class Reading:
    """A figure that counts: of which quarter, on which day, and from where."""

    quarter: int
    as_of_on: date
    value: Decimal
    by_division: dict[str, Decimal]
    document_no: str | None
    unknown: int


def targets_for(wanted: TargetFilter) -> Select[Target]:
    """The ledger, filtered."""
    query = select(Target)
    for name in wanted.model_fields_set - {"limit", "cursor"}:
        query = query.where(getattr(Target, name) == getattr(wanted, name))
    return query


async def find_target(session: AsyncSession, target_id: UUID, *, lock: bool = False) -> Target:
    """One target, locked for a change if asked. Raises 404."""
    query = select(Target).where(Target.id == target_id)
    target = await session.scalar(query.with_for_update() if lock else query)
    if target is None:
        raise not_found("target")
    return target


async def actuals_of(session: AsyncSession, target_id: UUID) -> list[TargetActual]:
    """Everything ever entered for a target, oldest first."""
    query = select(TargetActual).where(TargetActual.target_id == target_id).order_by(TargetActual.id)
    return list(await session.scalars(query))


def is_computed(target: Target) -> bool:
    """Whether the suite counts the figure itself, so that nobody enters one."""
    return target.source == rules.COMPUTED and target.item in COMPUTABLE


def last_day_seen(year: int, today: date) -> date:
    """The year's last day, or today while the year runs."""
    return min(today, date(year, 12, 31))


async def show(session: AsyncSession, editions: Editions, target: Target, today: date) -> TargetOut:
    """A target with its latest figure."""
    edition = editions.get(target.edition)
    rows = await actuals_of(session, target.id)
    readings = await _readings(session, edition, target, rows, today, latest_only=True)
    return TargetOut.model_validate(_fields(edition, target, rows, readings))


async def show_course(session: AsyncSession, editions: Editions, target: Target, today: date) -> TargetDetail:
    """A target with its figure at the end of each quarter, too."""
    edition = editions.get(target.edition)
    rows = await actuals_of(session, target.id)
    readings = await _readings(session, edition, target, rows, today, latest_only=False)
    goal = goal_of(target)
    points = [_point(goal, reading) for reading in readings]
    return TargetDetail.model_validate({**_fields(edition, target, rows, readings), "quarters": points})


async def history_of(session: AsyncSession, target: Target) -> TargetHistory:
    """Every figure with what became of it."""
    rows = [ActualOut.model_validate(row) for row in await actuals_of(session, target.id)]
    return TargetHistory(id=target.id, no=target.no, item=target.item, year=target.year, items=rows)


async def coverage_of(session: AsyncSession, editions: Editions, year: int, today: date) -> CoverageOut:
    """1.2-5: every county and district with its centres at the year's end, or today. Raises PolicyNotInForce."""
    edition = editions.for_evaluation_year(year)
    day = last_day_seen(year, today)
    counted = await centres_by_division(session, edition, day)
    units = edition.divisions.units
    divisions = [
        DivisionCoverage(
            division=code,
            title_zh=units[code].title_zh if code in units else code,
            title_en=units[code].title_en if code in units else code,
            centres=count,
            required=edition.divisions.centres_per_division.value,
            decision=rules.decide_coverage(edition, code, count).to_json(),
        )
        for code, count in counted.items()
    ]
    communities = await _communities(session, edition, year, day, today)
    target = await session.scalar(select(Target).where(Target.year == year, Target.item == f"{SPECIALISED}_centres"))
    return CoverageOut(
        year=year,
        as_of_on=day,
        edition=edition.id,
        divisions=divisions,
        gaps=[row.division for row in divisions if row.centres < row.required],
        specialised=None if target is None else await show(session, editions, target, today),
        communities=communities,
        community_gaps=[row.division for row in communities if not row.opened],
    )


async def _communities(
    session: AsyncSession, edition: Edition, year: int, day: date, today: date
) -> list[CommunityCoverage]:
    """4.4-1: every responsible division, none of them left out."""
    found = await communities_by_division(session, year, day, today)
    responsible = edition.communities.responsible_divisions.value
    units = edition.divisions.units
    shown = []
    for division in dict.fromkeys((*responsible, *found)):
        own = found.get(division, DivisionsCommunities())
        titles = units.get(division)
        shown.append(
            CommunityCoverage(
                division=division,
                title_zh=division if titles is None else titles.title_zh,
                title_en=division if titles is None else titles.title_en,
                opened=own.opened,
                suspended=own.suspended,
                reports=own.reports,
                resident_jobs=own.resident_jobs,
                communities=[CommunityOut.model_validate(one) for one in own.communities],
            )
        )
    return shown


async def records_of(session: AsyncSession, target: Target, today: date) -> TargetRecords:
    """1.2-4, 4.4-1, 4.7-2, 4.8-1: the records behind the figure of the year's last day, or of today. Raises 409
    `target-entered` for a figure that somebody enters."""
    if not is_computed(target) or target.item not in TRACED:
        raise DomainError("target-entered", 409, params={"item": target.item})
    day = last_day_seen(target.year, today)
    kind, total, rows = await records_on(session, target.item, day)
    records = [
        RecordOut(kind=kind, id=row.id, no=row.no, event_id=row.event_id, division=row.owner_division) for row in rows
    ]
    own = {name: getattr(target, name) for name in ("id", "no", "item", "year")}
    return TargetRecords(**own, as_of_on=day, total=total, records=records)


async def _readings(
    session: AsyncSession,
    edition: Edition,
    target: Target,
    rows: Sequence[TargetActual],
    today: date,
    *,
    latest_only: bool,
) -> list[Reading]:
    """The figures that count, by quarter; of a computed target those of each quarter's end and of the last day seen."""
    if not is_computed(target):
        confirmed = sorted((row for row in rows if row.status == rules.CONFIRMED), key=lambda row: row.quarter)
        return [
            Reading(row.quarter, row.as_of_on, row.value, numbers({**row.by_division}), row.document_no, 0)
            for row in confirmed
        ]
    last = last_day_seen(target.year, today)
    ends = [(quarter, rules.quarter_end(target.year, quarter)) for quarter in range(1, rules.QUARTERS + 1)]
    days = [(quarter, day) for quarter, day in ends if day < last]
    days.append((next(quarter for quarter, day in ends if day >= last), last))
    found = []
    for quarter, day in days[-1:] if latest_only else days:
        figure = await figure_on(session, edition, target.item, day)
        found.append(Reading(quarter, day, figure.value, {**figure.by_division}, None, figure.unknown))
    return found


def _point(goal: rules.Goal, reading: Reading) -> PointOut:
    expected = rules.forecast(goal, reading.value, reading.quarter)
    return PointOut(
        quarter=reading.quarter,
        as_of_on=reading.as_of_on,
        value=reading.value,
        progress_percent=rules.progress_percent(goal, reading.value),
        forecast=expected,
        forecast_outcome=rules.outcome_of(goal, expected),
    )


def _fields(
    edition: Edition, target: Target, rows: Sequence[TargetActual], readings: Sequence[Reading]
) -> dict[str, object]:
    goal, title = goal_of(target), edition.targets.items[target.item]
    pending = [row for row in rows if row.status == rules.ENTERED]
    last = readings[-1] if readings else None
    point = None if last is None else _point(goal, last)
    own = {name: getattr(target, name) for name in _OWN}
    return {
        **own,
        "title_zh": title.title_zh,
        "title_en": title.title_en,
        "lowest": rules.lowest(goal),
        "highest": rules.highest(goal),
        "quarter": None if last is None else last.quarter,
        "as_of_on": None if last is None else last.as_of_on,
        "actual": None if last is None else last.value,
        "document_no": None if last is None else last.document_no,
        "progress_percent": None if point is None else point.progress_percent,
        "outcome": None if last is None else rules.outcome_of(goal, last.value),
        "decision": None if last is None else rules.decide_target_met(edition, goal, last.value).to_json(),
        "forecast": None if point is None else point.forecast,
        "forecast_outcome": None if point is None else point.forecast_outcome,
        "forecast_formula": rules.FORMULAS[target.measure],
        "by_division": {} if last is None else last.by_division,
        "unknown_centres": 0 if last is None else last.unknown,
        "pending": ActualOut.model_validate(pending[-1]) if pending else None,
    }


_OWN = (
    *("id", "no", "version", "item", "year", "edition", "clause", "operator", "value", "tolerance_percent"),
    *("unit", "measure", "source"),
)
