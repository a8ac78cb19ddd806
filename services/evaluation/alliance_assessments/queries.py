"""Reading alliances' work and sheets, and who handles which alliance."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Select, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.access import DIVISION_ROLES, READ_ALL
from services.evaluation.alliance_assessments.models import AllianceAssessment, AllianceRecord
from services.evaluation.alliance_assessments.rules import CONFIRMED, PUBLISHED, RECORDED
from services.evaluation.alliance_assessments.schemas import (
    AssessmentFilter,
    AssessmentOut,
    ItemOut,
    RecordFilter,
)
from services.evaluation.ecosystem.projections import known_alliance_member
from shared.auth.principal import Principal
from shared.errors import not_found
from shared.policy.edition import Edition, Editions


def led_by(principal: Principal, edition: Edition, suffix: str) -> set[str]:
    """4.6-2, 4.7-3: the alliances whose lead bureau the caller belongs to, as `officer` or `approver`."""
    departments = edition.departments
    return {
        name
        for name, alliance in edition.alliances.kinds.items()
        if f"{departments[alliance.lead_department.value].role_prefix}_{suffix}" in principal.roles
    }


def records_for(wanted: RecordFilter) -> Select[AllianceRecord]:
    """The records, filtered."""
    query = select(AllianceRecord)
    for name in wanted.model_fields_set - {"limit", "cursor", "held_from", "held_until"}:
        query = query.where(getattr(AllianceRecord, name) == getattr(wanted, name))
    if wanted.held_from is not None:
        query = query.where(AllianceRecord.held_on >= wanted.held_from)
    if wanted.held_until is not None:
        query = query.where(AllianceRecord.held_on <= wanted.held_until)
    return query


async def find_record(session: AsyncSession, record_id: UUID, *, lock: bool = False) -> AllianceRecord:
    """One record, locked if asked. Raises 404."""
    query = select(AllianceRecord).where(AllianceRecord.id == record_id)
    record = await session.scalar(query.with_for_update() if lock else query)
    if record is None:
        raise not_found("alliance_record")
    return record


def _visible(principal: Principal) -> Select[AllianceAssessment]:
    """Bureaus, divisions and the auditor see every sheet, everybody else those that are published."""
    known = principal.has(*READ_ALL, *DIVISION_ROLES)
    return select(AllianceAssessment).where(true() if known else AllianceAssessment.status == PUBLISHED)


def assessments_for(principal: Principal, wanted: AssessmentFilter) -> Select[AllianceAssessment]:
    """The sheets that the caller may see, filtered."""
    query = _visible(principal)
    for name in wanted.model_fields_set - {"limit", "cursor"}:
        query = query.where(getattr(AllianceAssessment, name) == getattr(wanted, name))
    return query


async def find_assessment(
    session: AsyncSession, principal: Principal, assessment_id: UUID, *, lock: bool = False
) -> AllianceAssessment:
    """One sheet that the caller may see, locked if asked. Raises 404."""
    query = _visible(principal).where(AllianceAssessment.id == assessment_id)
    sheet = await session.scalar(query.with_for_update() if lock else query)
    if sheet is None:
        raise not_found("alliance_assessment")
    return sheet


async def records_of_year(session: AsyncSession, alliance: str, year: int) -> list[AllianceRecord]:
    """The records of a year that count, oldest first."""
    query = select(AllianceRecord).where(
        AllianceRecord.alliance == alliance,
        AllianceRecord.status == RECORDED,
        AllianceRecord.held_on.between(date(year, 1, 1), date(year, 12, 31)),
    )
    return list(await session.scalars(query.order_by(AllianceRecord.held_on, AllianceRecord.id)))


async def verified_on(session: AsyncSession, alliance: str, day: date) -> str | None:
    """The number of a record that counts and came of a verified activity of the day."""
    query = select(AllianceRecord.no).where(
        AllianceRecord.alliance == alliance,
        AllianceRecord.held_on == day,
        AllianceRecord.status == RECORDED,
        AllianceRecord.activity_id.is_not(None),
    )
    found: str | None = await session.scalar(query.order_by(AllianceRecord.id).limit(1))
    return found


async def members_on(session: AsyncSession, alliance: str, day: date) -> dict[str, int]:
    """4.6-1: the members of the day by type, the last day of a membership included."""
    member = known_alliance_member.c
    query = select(member.kind, func.count()).where(
        member.alliance == alliance,
        member.joined_on <= day,
        or_(member.left_on.is_(None), member.left_on >= day),
    )
    return {row[0]: row[1] for row in await session.execute(query.group_by(member.kind).order_by(member.kind))}


async def kinds_of(session: AsyncSession, sheet: AllianceAssessment) -> dict[str, int]:
    """How many records of each kind a sheet rests on."""
    kind = AllianceRecord.kind
    query = select(kind, func.count()).group_by(kind).order_by(kind)
    if sheet.status in (CONFIRMED, PUBLISHED):
        query = query.where(AllianceRecord.id.in_(sheet.record_ids))
    else:
        first, last = date(sheet.year, 1, 1), date(sheet.year, 12, 31)
        query = query.where(
            AllianceRecord.alliance == sheet.alliance,
            AllianceRecord.status == RECORDED,
            AllianceRecord.held_on.between(first, last),
        )
    return {row[0]: row[1] for row in await session.execute(query)}


def marks_of(edition: Edition, sheet: AllianceAssessment) -> Sequence[tuple[str, Decimal, Decimal]]:
    """Item, mark and full mark in the edition's order."""
    items = edition.alliance_assessment.items
    return [(name, Decimal(sheet.marks[name]), item.full_mark.value) for name, item in items.items()]


async def show(session: AsyncSession, editions: Editions, sheet: AllianceAssessment) -> AssessmentOut:
    """A sheet as people read it."""
    edition = editions.get(sheet.edition)
    titles, alliance = edition.alliance_assessment.items, edition.alliances.kinds[sheet.alliance]
    items = [
        ItemOut(
            item=name, title_zh=titles[name].title_zh, title_en=titles[name].title_en, mark=mark, full_mark=full_mark
        )
        for name, mark, full_mark in marks_of(edition, sheet)
    ]
    made = {"items", "records_by_kind", "members_by_type", "alliance_zh", "alliance_en"}
    own: Collection[str] = set(AssessmentOut.model_fields) - made
    return AssessmentOut.model_validate(
        {
            **{name: getattr(sheet, name) for name in own},
            "items": items,
            "records_by_kind": await kinds_of(session, sheet),
            "members_by_type": await members_on(session, sheet.alliance, date(sheet.year, 12, 31)),
            "alliance_zh": alliance.title_zh,
            "alliance_en": alliance.title_en,
        }
    )
