"""Counting what the registry has on record and confirmed, for any number of centres in a few statements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import ColumnElement, Label, Text, and_, cast, exists, func, literal_column, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.base import AnyRow
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
    known_mentor_term,
    known_training_certificate,
)
from services.evaluation.evaluations.tenancy_counts import NAMED_AT_MOST
from services.evaluation.projections import known_staff
from services.evaluation.rubrics.catalogue import CATALOGUE
from services.evaluation.rubrics.counting import from_records
from services.evaluation.rubrics.facts import ACTIVITIES, CERTIFICATES, MENTORS, STAFF, RecordFacts, Unverified
from shared.policy.rubric import Indicator, Rubric

_activity, _mentor, _link, _term = known_activity.c, known_mentor.c, known_mentor_link.c, known_mentor_term.c
_certificate, _staff, _session = known_training_certificate.c, known_staff.c, known_mentor_session.c

ACTIVITY_RECORDS: Final = "activity_records"
MENTOR_RECORDS: Final = "mentor_records"
STAFF_RECORDS: Final = "staff_records"
CERTIFICATE_RECORDS: Final = "certificate_records"
KINDS: Final = {
    ACTIVITIES: ACTIVITY_RECORDS,
    MENTORS: MENTOR_RECORDS,
    STAFF: STAFF_RECORDS,
    CERTIFICATES: CERTIFICATE_RECORDS,
}
"""Under which name of the lineage the records of a source stand."""


@dataclass(frozen=True, slots=True)
class Counted:
    """The records behind a number, by name; `digest` is the SHA-256 of all names in order, comma between."""

    names: tuple[str, ...]
    total: int
    digest: str


@dataclass(frozen=True, slots=True)
class RecordsBehind:
    """A centre's counts with the records that they rest on: `<case number>:<event>`, of staff `<record>:<version>`."""

    facts: RecordFacts = field(default_factory=RecordFacts)
    counted: Mapping[str, Counted] = field(default_factory=dict)

    def lineage(self, rubric: Rubric) -> dict[str, JsonValue]:
        """As a score sheet keeps them: only kinds that an indicator of the rubric counts, and that have a record."""
        wanted = kinds_counted(rubric)
        told: dict[str, JsonValue] = {}
        for kind, records in self.counted.items():
            if kind not in wanted:
                continue
            told[kind] = list(records.names)
            told[f"{kind}_total"] = records.total
            told[f"{kind}_sha256"] = records.digest
        return told


NO_RECORDS: Final = RecordsBehind()


def kinds_of(indicator: Indicator) -> tuple[str, ...]:
    """The kinds of records that an indicator counts; none where it counts by the form."""
    entry = CATALOGUE[indicator.formula]
    sources = entry.records if from_records(indicator) else ()
    return tuple(KINDS[source] for source in sources)


def kinds_counted(rubric: Rubric) -> frozenset[str]:
    """Those of all indicators."""
    return frozenset(kind for indicator in rubric.with_bonus for kind in kinds_of(indicator))


async def record_counts(
    session: AsyncSession, year: int, as_of: date, centres: Sequence[UUID]
) -> dict[UUID, RecordsBehind]:
    """2.3-2, 4.5-1, 4.8-1, 4.8-2: the year's activities that a bureau had verified by `as_of`, and of the year's last
    day the appointed mentors who work with a centre and its full-time staff with a certificate in force. A verification
    or certificate taken back by `as_of` does not count, whatever it was in the year."""
    last = date(year, 12, 31)
    found: dict[UUID, RecordsBehind] = {}
    for row in await _activities(session, date(year, 1, 1), last, as_of, centres):
        waiting = zip(row.waiting_levels or (), row.waiting_heads or (), strict=True)
        facts = RecordFacts(
            events_by_level=dict(Counter(row.levels or ())),
            attendance=row.heads or 0,
            unverified=tuple(Unverified(level, heads) for level, heads in waiting),
        )
        found[row.centre_id] = RecordsBehind(facts, _with({}, ACTIVITY_RECORDS, row))
    for row in await _mentors(session, last, centres):
        known = found.get(row.centre_id, NO_RECORDS)
        facts = replace(known.facts, mentors=row.total)
        found[row.centre_id] = RecordsBehind(facts, _with(known.counted, MENTOR_RECORDS, row))
    for row in await _staff_on(session, last, as_of, centres):
        known = found.get(row.centre_id, NO_RECORDS)
        facts = replace(known.facts, specialist_staff=row.total, trained_staff=row.certified)
        counted = _with(known.counted, STAFF_RECORDS, row)
        if row.certified:
            names = sorted(row.certificates)
            digest = sha256(",".join(names).encode()).hexdigest()
            counted = {**counted, CERTIFICATE_RECORDS: Counted(tuple(names[:NAMED_AT_MOST]), len(names), digest)}
        found[row.centre_id] = RecordsBehind(facts, counted)
    return found


def _with(counted: Mapping[str, Counted], kind: str, row: AnyRow) -> Mapping[str, Counted]:
    return {**counted, kind: Counted(tuple(row.names), row.total, row.digest)} if row.total else counted


def _named(name: ColumnElement[str], counts: ColumnElement[bool] | None = None) -> tuple[Label[Any], ...]:
    """The first names, how many there are, and a digest over all of them."""
    kept = literal_column("true") if counts is None else counts
    names = func.array_agg(aggregate_order_by(name, name)).filter(kept)
    everything = func.string_agg(name, aggregate_order_by(literal_column("','"), name)).filter(kept)
    return (
        names[1:NAMED_AT_MOST].label("names"),
        func.count().filter(kept).label("total"),
        func.encode(func.sha256(func.convert_to(everything, "UTF8")), "hex").label("digest"),
    )


async def _activities(
    session: AsyncSession, first: date, last: date, as_of: date, centres: Sequence[UUID]
) -> Sequence[AnyRow]:
    verified = and_(_activity.status == VERIFIED, _activity.verified_on <= as_of)
    waiting = _activity.status.in_(WAITING)
    heads = func.coalesce(_activity.heads, 0)
    query = (
        select(
            _activity.centre_id,
            func.array_agg(_activity.level).filter(verified).label("levels"),
            func.sum(heads).filter(verified).label("heads"),
            func.array_agg(aggregate_order_by(_activity.level, _activity.id)).filter(waiting).label("waiting_levels"),
            func.array_agg(aggregate_order_by(heads, _activity.id)).filter(waiting).label("waiting_heads"),
            *_named(_activity.no + ":" + cast(_activity.event_id, Text), verified),
        )
        .where(
            _activity.centre_id.in_(centres),
            _activity.organiser_role != ASSISTING,
            _activity.held_on.between(first, last),
            or_(verified, waiting),
        )
        .group_by(_activity.centre_id)
    )
    return (await session.execute(query)).all()


async def _mentors(session: AsyncSession, day: date, centres: Sequence[UUID]) -> Sequence[AnyRow]:
    """Each mentor once a centre, however many links or appointments; a person on record twice is one mentor."""
    person = func.coalesce(_mentor.person_ref, cast(_mentor.id, Text))
    each = (
        select(
            _link.centre_id,
            func.max(_mentor.no + ":" + cast(_link.event_id, Text)).label("name"),
        )
        .join(known_mentor, _mentor.id == _link.mentor_id)
        .where(_link.centre_id.in_(centres), *linked_on(day))
        .group_by(_link.centre_id, person)
        .subquery("each")
        .c
    )
    query = select(each.centre_id, *_named(each.name)).group_by(each.centre_id)
    return (await session.execute(query)).all()


def linked_on(day: date) -> tuple[ColumnElement[bool], ...]:
    """Links of mentors in office to a centre on the day, the last day of a term included, who had a session there since
    the year began that was confirmed by whom they advised: a link alone is the centre's own word."""
    in_office = exists().where(_term.mentor_id == _link.mentor_id, *in_office_on(day))
    worked = exists().where(
        _session.mentor_id == _link.mentor_id,
        _session.centre_id == _link.centre_id,
        _session.status == CONFIRMED,
        _session.held_on.between(date(day.year, 1, 1), day),
    )
    return (in_office, worked, _link.since <= day, or_(_link.until.is_(None), _link.until >= day))


def in_office_on(day: date) -> tuple[ColumnElement[bool], ...]:
    """Terms that run on the day."""
    return (
        _term.appointed_from <= day,
        or_(_term.appointed_until.is_(None), _term.appointed_until >= day),
        or_(_term.ended_on.is_(None), _term.ended_on >= day),
    )


async def _staff_on(session: AsyncSession, day: date, as_of: date, centres: Sequence[UUID]) -> Sequence[AnyRow]:
    there = and_(_staff.full_time, _staff.from_on <= day, or_(_staff.until_on.is_(None), _staff.until_on >= day))
    certificate = (
        select(func.max(_certificate.no + ":" + cast(_certificate.event_id, Text)))
        .where(
            _certificate.person_ref == _staff.person_ref,
            _certificate.audience == CENTRE_STAFF,
            _certificate.issued_on <= day,
            or_(_certificate.revoked_on.is_(None), _certificate.revoked_on > as_of),
        )
        .scalar_subquery()
    )
    name = cast(_staff.id, Text) + ":" + cast(_staff.version, Text)
    each = (
        select(_staff.centre_id, name.label("name"), certificate.label("certificate"))
        .where(_staff.centre_id.in_(centres), there)
        .subquery("each")
        .c
    )
    held = each.certificate.is_not(None)
    query = select(
        each.centre_id,
        *_named(each.name),
        func.count().filter(held).label("certified"),
        func.array_agg(each.certificate).filter(held).label("certificates"),
    ).group_by(each.centre_id)
    return (await session.execute(query)).all()
