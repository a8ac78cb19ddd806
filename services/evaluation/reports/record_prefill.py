"""What the registry has on record of a quarter's mentors, trained staff and activities."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import Text, and_, cast, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.ecosystem.projections import (
    ASSISTING,
    CENTRE_STAFF,
    CONFIRMED,
    VERIFIED,
    WAITING,
    known_activity,
    known_mentor,
    known_mentor_link,
    known_mentor_session,
    known_training_certificate,
)
from services.evaluation.evaluations.record_counts import linked_on
from services.evaluation.projections import known_staff, known_tenancy

_activity, _mentor, _link = known_activity.c, known_mentor.c, known_mentor_link.c
_certificate, _staff = known_training_certificate.c, known_staff.c
_session, _stay = known_mentor_session.c, known_tenancy.c

RECORDED: Final = (
    "mentors_linked",
    "mentored_enterprises",
    "staff_certified",
    "activities_by_level",
    "activities_attendance",
    "activities_heads_by_level",
)
"""Records that a form's field may be prefilled from, and that scores may count in its place."""

Recorded = dict[UUID, dict[str, JsonValue]]


async def recorded(session: AsyncSession, centres: Sequence[UUID], first: date, last: date) -> Recorded:
    """4.5-1, 4.8-1, 4.8-2: by centre and record. Activities are those that took place, verified or not yet: a report is
    due before a bureau has seen them all. What a centre has none of by the quarter's end is left out."""
    found: Recorded = {centre: {} for centre in centres}
    await _activities(session, found, first, last)
    await _mentors(session, found, last)
    await _mentored(session, found, last)
    await _certified(session, found, last)
    return found


async def _activities(session: AsyncSession, found: Recorded, first: date, last: date) -> None:
    now = _activity.held_on >= first
    query = (
        select(
            _activity.centre_id,
            _activity.level,
            func.count().filter(now).label("held"),
            func.coalesce(func.sum(_activity.heads).filter(now), 0).label("heads"),
        )
        .where(
            _activity.centre_id.in_(found),
            _activity.organiser_role != ASSISTING,
            _activity.held_on <= last,
            _activity.status.in_((*WAITING, VERIFIED)),
        )
        .group_by(_activity.centre_id, _activity.level)
        .order_by(_activity.centre_id, _activity.level)
    )
    levels: dict[UUID, list[tuple[str, int, int]]] = {}
    for row in await session.execute(query):
        levels.setdefault(row.centre_id, []).append((row.level, row.held, row.heads))
    for centre, held in levels.items():
        found[centre]["activities_by_level"] = {level: number for level, number, _ in held if number}
        found[centre]["activities_attendance"] = sum(heads for *_, heads in held)
        found[centre]["activities_heads_by_level"] = {level: heads for level, number, heads in held if number}


async def _mentors(session: AsyncSession, found: Recorded, day: date) -> None:
    person = func.coalesce(_mentor.person_ref, cast(_mentor.id, Text))
    query = (
        select(_link.centre_id, func.count(person.distinct()).filter(and_(*linked_on(day))).label("mentors"))
        .join(known_mentor, _mentor.id == _link.mentor_id)
        .where(_link.centre_id.in_(found), _link.since <= day)
        .group_by(_link.centre_id)
    )
    for row in await session.execute(query):
        found[row.centre_id]["mentors_linked"] = row.mentors


async def _mentored(session: AsyncSession, found: Recorded, day: date) -> None:
    """Enterprises at the centre on the day that confirmed a session of the year."""
    begun = date(day.year, 1, 1)
    there = exists().where(
        _stay.centre_id == _session.centre_id,
        _stay.enterprise_id == _session.enterprise_id,
        _stay.admitted_on <= day,
        or_(_stay.ended_on.is_(None), _stay.ended_on > day),
    )
    counted = and_(_session.status == CONFIRMED, _session.held_on >= begun, there)
    query = (
        select(_session.centre_id, func.count(_session.enterprise_id.distinct()).filter(counted).label("mentored"))
        .where(_session.centre_id.in_(found), _session.held_on <= day)
        .group_by(_session.centre_id)
    )
    for row in await session.execute(query):
        found[row.centre_id]["mentored_enterprises"] = row.mentored


async def _certified(session: AsyncSession, found: Recorded, day: date) -> None:
    certificate = _certificate.person_ref == _staff.person_ref
    trained = exists().where(certificate, _certificate.audience == CENTRE_STAFF, _certificate.issued_on <= day)
    valid = trained.where(or_(_certificate.revoked_on.is_(None), _certificate.revoked_on > day))
    there = and_(_staff.full_time, _staff.from_on <= day, or_(_staff.until_on.is_(None), _staff.until_on >= day))
    query = (
        select(_staff.centre_id, func.count().filter(and_(there, valid)).label("certified"))
        .where(_staff.centre_id.in_(found), _staff.from_on <= day)
        .group_by(_staff.centre_id)
        .having(func.bool_or(trained))
    )
    for row in await session.execute(query):
        found[row.centre_id]["staff_certified"] = row.certified
