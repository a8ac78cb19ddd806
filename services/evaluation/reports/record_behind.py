"""The records that a quarter's prefilled numbers rest on, so that whoever doubts a number can look each of them up."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, Literal, TypeAlias
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.ecosystem.projections import (
    ATTENDED,
    known_activity,
    known_enrolment,
    known_mentor,
    known_mentor_link,
    known_mentor_session,
    known_training_certificate,
    known_training_session,
)
from services.evaluation.evaluations.record_counts import linked_on
from services.evaluation.projections import known_staff
from services.evaluation.reports.record_prefill import advised_by, certificate_of, took_place, trained_by, works_on
from services.evaluation.reports.rules import first_day, last_day
from shared.policy.report_form import ReportForm

NAMED_AT_MOST: Final = 100

RecordKind: TypeAlias = Literal[
    "activity", "mentor", "mentor_session", "training_certificate", "training_session", "enrolment"
]

_activity, _mentor, _link = known_activity.c, known_mentor.c, known_mentor_link.c
_session, _certificate, _staff = known_mentor_session.c, known_training_certificate.c, known_staff.c
_training, _enrolment = known_training_session.c, known_enrolment.c


@dataclass(frozen=True, slots=True)
class Named:
    """A record by its case number and the last event that told of it."""

    kind: RecordKind
    id: UUID
    no: str
    event_id: UUID


@dataclass(frozen=True, slots=True)
class Behind:
    """The first records behind a number, and how many there are."""

    total: int = 0
    records: Sequence[Named] = field(default_factory=tuple)


_Found = Select[*tuple[Any, ...]]
"""Id, number and event of each record; the columns come from other tables each time, hence Any."""


async def behind(
    session: AsyncSession, form: ReportForm, version: int, centre: UUID, year: int, quarter: int
) -> dict[str, Behind]:
    """4.5-1, 4.8-1, 4.8-2: by field of the form's version; fields whose registers are empty are left out. Records are
    found by the very conditions that the numbers are counted by."""
    first, last = first_day(year, quarter), last_day(year, quarter)
    found: dict[str, Behind] = {}
    asked: dict[_Ask, Behind] = {}
    for name, one in form.fields_of(version).items():
        ask = _RECORDS.get(one.registry or "")
        if ask is None:
            continue
        if ask not in asked:
            asked[ask] = await ask(session, centre, first, last)
        if asked[ask].total:
            found[name] = asked[ask]
    return found


async def _activities(session: AsyncSession, centre: UUID, first: date, last: date) -> Behind:
    held = _activity.held_on.between(first, last)
    query = select(_activity.id, _activity.no, _activity.event_id).where(_activity.centre_id == centre, held)
    return await _named(session, "activity", query.where(took_place()))


async def _mentors(session: AsyncSession, centre: UUID, _: date, last: date) -> Behind:
    query = select(_mentor.id, _mentor.no, _mentor.event_id)
    linked = query.join(known_mentor_link, _link.mentor_id == _mentor.id).where(_link.centre_id == centre)
    return await _named(session, "mentor", linked.where(*linked_on(last)).distinct())


async def _sessions(session: AsyncSession, centre: UUID, _: date, last: date) -> Behind:
    query = select(_session.id, _session.no, _session.event_id).where(_session.centre_id == centre, advised_by(last))
    return await _named(session, "mentor_session", query)


async def _certificates(session: AsyncSession, centre: UUID, _: date, last: date) -> Behind:
    query = (
        select(_certificate.id, _certificate.no, _certificate.event_id)
        .join(known_staff, certificate_of(last))
        .where(_staff.centre_id == centre, works_on(last))
        .distinct()
    )
    return await _named(session, "training_certificate", query)


def _held(centre: UUID, first: date, last: date) -> tuple[Any, ...]:
    return (_training.centre_id == centre, _training.ended_on.between(first, last), trained_by())


async def _trainings(session: AsyncSession, centre: UUID, first: date, last: date) -> Behind:
    query = select(_training.id, _training.no, _training.event_id).where(*_held(centre, first, last))
    return await _named(session, "training_session", query)


async def _attended(session: AsyncSession, centre: UUID, first: date, last: date) -> Behind:
    query = (
        select(_enrolment.id, _enrolment.no, _enrolment.event_id)
        .join(known_training_session, _training.id == _enrolment.session_id)
        .where(*_held(centre, first, last), _enrolment.status == ATTENDED)
    )
    return await _named(session, "enrolment", query)


async def _named(session: AsyncSession, kind: RecordKind, query: _Found) -> Behind:
    each = query.subquery("each").c
    whole = select(each.id, each.no, each.event_id, func.count().over().label("total")).order_by(each.no)
    rows = (await session.execute(whole.limit(NAMED_AT_MOST))).all()
    named = tuple(Named(kind, row.id, row.no, row.event_id) for row in rows)
    return Behind(rows[0].total if rows else 0, named)


_Ask: TypeAlias = Callable[[AsyncSession, UUID, date, date], Awaitable[Behind]]
_RECORDS: Final[Mapping[str, _Ask]] = {
    "mentors_linked": _mentors,
    "mentored_enterprises": _sessions,
    "staff_certified": _certificates,
    "trainings_held": _trainings,
    "trainings_attended": _attended,
    "activities_by_level": _activities,
    "activities_attendance": _activities,
    "activities_heads_by_level": _activities,
}
