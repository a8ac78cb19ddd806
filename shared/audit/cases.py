"""One case as its service's database has it: its parts, what the log says of all of them, and its documents.

A case's parts are found by the database's own references: rows that point at it, and rows that point at those. A row
with a number of its own (`no`) is a case beside it: those directly beneath belong to the pack with their parts unless
there are many of them, as beneath a centre or a bank; then they are only named, to be asked for one by one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from pydantic import Field, JsonValue
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    MetaData,
    Select,
    Table,
    Uuid,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession

from shared.events.envelope import SequencedEvent
from shared.files.router import address_of
from shared.http.schemas import Response
from shared.kernel_tables import event_log, topic_head

MOST_BENEATH: Final = 50
"""Cases directly beneath one that are taken into its pack; if there are more, all are named instead."""
MOST_PARTS: Final = 2_000
MOST_EVENTS: Final = 5_000
MOST_BYTES: Final = 16 * 1024 * 1024
"""Data of events in one answer."""
MOST_OF_ONE_CAUSE: Final = 200
"""Events of one correlation: a day's work over thousands of cases says nothing about one of them."""

CAUSE: Final = func.split_part(func.split_part(event_log.c.attributes, '"correlationid":"', 2), '"', 1)
"""An event's correlation id. There is no index on what no business asks for: a look-up reads the log once."""
TRACE: Final = func.split_part(func.split_part(event_log.c.attributes, '"traceparent":"00-', 2), "-", 1)
"""The trace id (W3C Trace Context) of the request that an event was recorded in."""

_DEPTH: Final = 4
_COPIES: Final = ("known_",)
"""Tables of this name are copies of what another service owns."""


class Beneath(Response):
    """Another case that points at this one; `included` if its events are in the answer."""

    table: str
    id: UUID
    no: str
    included: bool


class Filed(Response):
    """A document of the case or of a part; the file is under `path` for whoever may read that case, and nowhere to be
    read where that is null."""

    id: UUID
    path: str | None
    name: str
    media_type: str
    sha256: str
    size: int
    uploaded_by: str
    removed: bool


class LogEntry(Response):
    """An event with its place in the chain; `previous` is the hash that it follows, empty at a topic's beginning."""

    event: dict[str, JsonValue]
    previous: str


class Head(Response):
    """Where a topic's chain ended when the case was read."""

    topic: str
    epoch: int
    position: int
    hash: str


class CaseLog(Response):
    """What a service knows of a case; `table` is None where it does not know it. `left_out` says what is missing."""

    table: str | None
    no: str | None
    beneath: list[Beneath] = Field(default_factory=list)
    events: list[LogEntry] = Field(default_factory=list)
    documents: list[Filed] = Field(default_factory=list)
    heads: list[Head] = Field(default_factory=list)
    left_out: list[str] = Field(default_factory=list)


@dataclass(slots=True)
class _Found:
    """Rows by table, as they are found."""

    ids: set[UUID] = field(default_factory=set)
    beneath: list[Beneath] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


async def read_case(session: AsyncSession, metadata: MetaData, case_id: UUID) -> CaseLog:
    """The case of this id, whatever its kind."""
    tables = [table for table in metadata.sorted_tables if _own(table)]
    table = await _table_of(session, tables, case_id)
    if table is None:
        return CaseLog(table=None, no=None)
    found = _Found({case_id})
    await _gather(session, tables, table, case_id, found)
    documents = await _documents(session, metadata, found.ids)
    ids = found.ids | {document.id for document in documents}
    events, cut = await _events(session, event_log.c.aggregate_id.in_(ids))
    if cut:
        found.left_out.append(f"events beyond the first {MOST_EVENTS} or {MOST_BYTES} bytes")
    return CaseLog(
        table=table.name,
        no=await _number(session, table, case_id),
        beneath=sorted(found.beneath, key=lambda one: (one.table, one.no, str(one.id))),
        events=events,
        documents=documents,
        heads=await _heads(session, events),
        left_out=found.left_out,
    )


async def read_correlated(session: AsyncSession, causes: Sequence[str]) -> CaseLog:
    """What happened in this service for the same causes (correlation ids); a cause with too many is left out."""
    found = select(CAUSE.label("cause"), event_log.c.seq).where(CAUSE.in_(causes)).subquery()
    first = func.array_agg(aggregate_order_by(found.c.seq, found.c.seq), type_=ARRAY(BigInteger))[1:MOST_OF_ONE_CAUSE]
    grouped = select(found.c.cause, func.count(), first).group_by(found.c.cause).order_by(found.c.cause)
    places: list[int] = []
    left: list[str] = []
    for name, count, seqs in (await session.execute(grouped)).all():
        if count > MOST_OF_ONE_CAUSE:
            left.append(f"{count} events of the cause {name}")
        else:
            places += seqs
    if not places:
        return CaseLog(table=None, no=None, left_out=left)
    events, cut = await _events(session, event_log.c.seq.in_(places))
    if cut:
        left.append(f"events beyond the first {MOST_EVENTS} or {MOST_BYTES} bytes")
    return CaseLog(table=None, no=None, events=events, heads=await _heads(session, events), left_out=left)


async def read_events(session: AsyncSession, wanted: ColumnElement[bool]) -> CaseLog:
    """The events that a condition on the log finds."""
    events, cut = await _events(session, wanted)
    left = [f"events beyond the first {MOST_EVENTS} or {MOST_BYTES} bytes"] if cut else []
    return CaseLog(table=None, no=None, events=events, heads=await _heads(session, events), left_out=left)


def _own(table: Table) -> bool:
    column = table.c.get("id")
    known = table.name.startswith(_COPIES) or table.name in ("document", "operation")
    return column is not None and isinstance(column.type, Uuid) and not known


async def _table_of(session: AsyncSession, tables: Sequence[Table], case_id: UUID) -> Table | None:
    lookups = [select(literal(table.name).label("name")).where(table.c.id == case_id, _live(table)) for table in tables]
    name = await session.scalar(union_all(*lookups)) if lookups else None
    return next((table for table in tables if table.name == name), None)


async def _gather(session: AsyncSession, tables: Sequence[Table], root: Table, case_id: UUID, found: _Found) -> None:
    """Walk down the references, level by level."""
    level: list[tuple[Table, set[UUID]]] = [(root, {case_id})]
    for depth in range(_DEPTH):
        below: dict[str, tuple[Table, set[UUID]]] = {}
        for table, ids in level:
            for child in tables:
                rows = await _children(session, child, table, ids, found.ids)
                if rows and _numbered(child):
                    rows = _taken(child, rows, found, directly=depth == 0)
                if len(found.ids) + len(rows) > MOST_PARTS:
                    found.left_out.append(f"{len(rows)} rows of {child.name}: a pack has {MOST_PARTS} parts at most")
                    continue
                found.ids |= rows.keys()
                below.setdefault(child.name, (child, set()))[1].update(rows)
        level = [pair for pair in below.values() if pair[1]]
        if not level:
            return


async def _children(
    session: AsyncSession, child: Table, parent: Table, ids: set[UUID], known: set[UUID]
) -> dict[UUID, str]:
    """Rows of `child` that point at these rows of `parent`, with their numbers; those known already left out."""
    columns = [c for c in child.c if any(key.column is parent.c.id for key in c.foreign_keys)]
    if "subject_id" in child.c and isinstance(child.c.subject_id.type, Uuid) and not child.c.subject_id.foreign_keys:
        columns.append(child.c.subject_id)
    if not columns:
        return {}
    number = child.c.no if _numbered(child) else literal("")
    pointing = or_(*(column.in_(ids) for column in columns))
    query: Select[Any] = select(child.c.id, number).where(pointing, _live(child))
    rows = await session.execute(query.order_by(child.c.id).limit(MOST_PARTS + 1))
    return {row_id: str(no) for row_id, no in rows if row_id not in known}


def _taken(child: Table, rows: dict[UUID, str], found: _Found, *, directly: bool) -> dict[UUID, str]:
    """Which numbered cases belong to the pack; all are named."""
    include = directly and len(rows) <= MOST_BENEATH
    found.beneath += [Beneath(table=child.name, id=one, no=no, included=include) for one, no in rows.items()]
    return rows if include else {}


def _live(table: Table) -> ColumnElement[bool]:
    """Rows that a partner's test credential made are no part of any case (`shared.livemode`)."""
    return table.c.livemode.is_(True) if "livemode" in table.c else true()


def _numbered(table: Table) -> bool:
    return "no" in table.c and table.c.no.type.python_type is str


async def _number(session: AsyncSession, table: Table, case_id: UUID) -> str | None:
    for name in ("no", "code"):
        if name in table.c and table.c[name].type.python_type is str:
            return await session.scalar(select(table.c[name]).where(table.c.id == case_id))
    return None


async def _documents(session: AsyncSession, metadata: MetaData, ids: Iterable[UUID]) -> list[Filed]:
    table = metadata.tables.get("document")
    if table is None:
        return []
    rows = (await session.execute(select(table).where(table.c.subject_id.in_(list(ids))).order_by(table.c.id))).all()
    return [
        Filed(
            id=row.id,
            path=_path(table, row.subject_kind, row.subject_id, row.id),
            name=row.name,
            media_type=row.media_type,
            sha256=row.sha256,
            size=row.size,
            uploaded_by=row.uploaded_by,
            removed=row.removed_at is not None,
        )
        for row in rows
    ]


def _path(table: Table, kind: str, subject_id: UUID, document_id: UUID) -> str | None:
    prefix = address_of(table, kind)
    return None if prefix is None else f"{prefix}/{subject_id}/documents/{document_id}"


async def _events(session: AsyncSession, wanted: ColumnElement[bool]) -> tuple[list[LogEntry], bool]:
    """Events with the hash each follows, by topic and position; whether there were more."""
    before = event_log.alias("before")
    previous = (
        select(before.c.hash)
        .where(before.c.topic == event_log.c.topic, before.c.position == event_log.c.position - 1)
        .order_by(before.c.epoch.desc())
        .limit(1)
        .scalar_subquery()
    )
    names = ("topic", "epoch", "position", "hash", "id", "attributes", "data")
    columns = [event_log.c[name] for name in names]
    query = select(*columns, previous).where(wanted, event_log.c.position.is_not(None))
    ordered = query.order_by(event_log.c.topic, event_log.c.position).limit(MOST_EVENTS + 1)
    entries: list[LogEntry] = []
    size = 0
    for row in (await session.execute(ordered)).all():
        event, link = SequencedEvent(*row[:-1]), row[-1]
        size += len(event.data)
        if len(entries) == MOST_EVENTS or size > MOST_BYTES:
            return entries, True
        body: dict[str, JsonValue] = json.loads(json.dumps(event.to_json()))
        entries.append(LogEntry(event=body, previous="" if link is None else link.hex()))
    return entries, False


async def _heads(session: AsyncSession, entries: Sequence[LogEntry]) -> list[Head]:
    topics = sorted({str(entry.event["topic"]) for entry in entries})
    rows = await session.execute(select(topic_head).where(topic_head.c.topic.in_(topics)).order_by(topic_head.c.topic))
    return [Head(topic=row.topic, epoch=row.epoch, position=row.position, hash=row.hash.hex()) for row in rows]
