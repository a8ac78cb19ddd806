"""What the registry has on record of a quarter's mentors, training and activities."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import ColumnElement, Exists, Integer, Text, and_, cast, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.ecosystem.projections import (
    ASSISTING,
    ATTENDED,
    CENTRE_STAFF,
    COMPLETED,
    CONFIRMED,
    FOUNDERS,
    VERIFIED,
    WAITING,
    known_activity,
    known_enrolment,
    known_mentor,
    known_mentor_link,
    known_mentor_session,
    known_training_certificate,
    known_training_session,
)
from services.evaluation.evaluations.record_counts import linked_on
from services.evaluation.projections import known_staff, known_tenancy

_activity, _mentor, _link = known_activity.c, known_mentor.c, known_mentor_link.c
_certificate, _staff = known_training_certificate.c, known_staff.c
_session, _stay = known_mentor_session.c, known_tenancy.c
_training, _enrolment = known_training_session.c, known_enrolment.c

RECORDED: Final = (
    "mentors_linked",
    "mentored_enterprises",
    "staff_certified",
    "trainings_held",
    "trainings_attended",
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
    await _trainings(session, found, first, last)
    return found


def took_place() -> ColumnElement[bool]:
    """4.5-1: activities that are a centre's own and took place, verified or not yet."""
    return and_(_activity.organiser_role != ASSISTING, _activity.status.in_((*WAITING, VERIFIED)))


def advised_by(day: date) -> ColumnElement[bool]:
    """4.8-1: sessions of the year with an enterprise that confirmed them and is at the centre on the day."""
    there = exists().where(
        _stay.centre_id == _session.centre_id,
        _stay.enterprise_id == _session.enterprise_id,
        _stay.admitted_on <= day,
        or_(_stay.ended_on.is_(None), _stay.ended_on > day),
    )
    return and_(_session.status == CONFIRMED, _session.held_on.between(date(day.year, 1, 1), day), there)


def works_on(day: date) -> ColumnElement[bool]:
    """Full-time staff of the day."""
    return and_(_staff.full_time, _staff.from_on <= day, or_(_staff.until_on.is_(None), _staff.until_on >= day))


def certificate_of(day: date) -> ColumnElement[bool]:
    """4.8-2: a certificate for centre staff of somebody on the staff, in force on the day."""
    in_force = or_(_certificate.revoked_on.is_(None), _certificate.revoked_on > day)
    return and_(_issued_by(day), in_force)


def _issued_by(day: date) -> ColumnElement[bool]:
    held = _certificate.person_ref == _staff.person_ref
    return and_(held, _certificate.audience == CENTRE_STAFF, _certificate.issued_on <= day)


def trained_by() -> ColumnElement[bool]:
    """4.8-2: sessions for founders that were held to their end."""
    return and_(_training.audience == FOUNDERS, _training.status == COMPLETED)


async def _activities(session: AsyncSession, found: Recorded, first: date, last: date) -> None:
    now = _activity.held_on >= first
    query = (
        select(
            _activity.centre_id,
            _activity.level,
            func.count().filter(now).label("held"),
            func.coalesce(func.sum(_activity.heads).filter(now), 0).label("heads"),
        )
        .where(_activity.centre_id.in_(found), _activity.held_on <= last, took_place())
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
    query = (
        select(
            _session.centre_id, func.count(_session.enterprise_id.distinct()).filter(advised_by(day)).label("mentored")
        )
        .where(_session.centre_id.in_(found), _session.held_on <= day)
        .group_by(_session.centre_id)
    )
    for row in await session.execute(query):
        found[row.centre_id]["mentored_enterprises"] = row.mentored


async def _certified(session: AsyncSession, found: Recorded, day: date) -> None:
    trained, valid = _certified_as(_issued_by(day)), _certified_as(certificate_of(day))
    query = (
        select(_staff.centre_id, func.count().filter(and_(works_on(day), valid)).label("certified"))
        .where(_staff.centre_id.in_(found), _staff.from_on <= day)
        .group_by(_staff.centre_id)
        .having(func.bool_or(trained))
    )
    for row in await session.execute(query):
        found[row.centre_id]["staff_certified"] = row.certified


def _certified_as(certificate: ColumnElement[bool]) -> Exists:
    return exists().where(certificate)


async def _trainings(session: AsyncSession, found: Recorded, first: date, last: date) -> None:
    now = _training.ended_on >= first
    places = select(func.count()).where(_enrolment.session_id == _training.id, _enrolment.status == ATTENDED)
    each = (
        select(_training.centre_id, now.label("now"), places.scalar_subquery().label("people"))
        .where(_training.centre_id.in_(found), _training.ended_on <= last, trained_by())
        .subquery("each")
        .c
    )
    query = select(
        each.centre_id,
        func.count().filter(each.now).label("held"),
        cast(func.coalesce(func.sum(each.people).filter(each.now), 0), Integer).label("people"),
    ).group_by(each.centre_id)
    for row in await session.execute(query):
        found[row.centre_id].update(trainings_held=row.held, trainings_attended=row.people)
