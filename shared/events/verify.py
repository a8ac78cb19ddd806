"""Proof that no log was altered: chains recomputed, heads and cursors compared, and an anchor outside the databases."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence, Set as AbstractSet
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Row, select, union

from shared.clock import utcnow
from shared.db import Database
from shared.events.apply import Cursor
from shared.events.envelope import SequencedEvent
from shared.kernel_tables import consumer_cursor, event_log, topic_head

PAGE = 1000


@dataclass(frozen=True, slots=True)
class Finding:
    """The first thing wrong with a topic."""

    database: str
    topic: str
    position: int
    problem: str


@dataclass(frozen=True, slots=True)
class Verified:
    """A topic whose chain is whole, and where it ends."""

    topic: str
    epoch: int
    position: int
    hash: str


@dataclass(frozen=True, slots=True)
class Report:
    """What `verify` found, over all databases."""

    verified: tuple[Verified, ...]
    findings: tuple[Finding, ...]
    began: Mapping[str, datetime] = field(default_factory=dict)
    """When the first event of each topic was recorded, as its hashed attributes say."""


@dataclass(frozen=True, slots=True)
class Seen(Verified):
    """A place that a topic's log had, and who says so, such as `the head of 2026-03-01`."""

    said_by: str = "the anchor"
    source: str = "anchors"


async def verify(databases: Mapping[str, Database], anchors: Path, heads: Sequence[Seen] = ()) -> Report:
    """Walk every topic of every database, compare the consumers' cursors, the anchor file and the heads that were
    written down elsewhere, and anchor what holds."""
    hashes: dict[str, dict[int, bytes]] = {}
    verified: list[Verified] = []
    findings: list[Finding] = []
    anchored = [*_read_anchors(anchors), *heads]
    # Read before the logs: a running consumer is never ahead of the log that is walked after.
    cursors = await _cursors(databases)
    wanted = _wanted_positions(cursors, anchored)
    seen: set[str] = set()
    began: dict[str, datetime] = {}
    for name, db in databases.items():
        for topic in await _topics(db):
            seen.add(topic)
            walked = await _walk(name, db, topic, wanted.get(topic, frozenset()), hashes.setdefault(topic, {}))
            if (first := await _began(db, topic)) is not None:
                began[topic] = first
            if isinstance(walked, Finding):
                findings.append(walked)
            else:
                verified.append(walked)
    ends = {head.topic: head.position for head in verified}
    findings += _check_vanished(databases, anchored, cursors, seen)
    findings += _check_anchors(anchored, ends, hashes)
    findings += _check_cursors(cursors, ends, hashes)
    bad = {finding.topic for finding in findings}
    _append_anchors(anchors, [head for head in verified if head.topic not in bad and head.position > 0])
    return Report(tuple(verified), tuple(findings), began)


async def _topics(db: Database) -> list[str]:
    topics = union(select(topic_head.c.topic), select(event_log.c.topic).where(event_log.c.position.is_not(None)))
    async with db.transaction() as session:
        return sorted(await session.scalars(topics))


async def _cursors(databases: Mapping[str, Database]) -> list[tuple[str, Cursor]]:
    """Every consumer's cursors, with the name of its database."""
    cursors: list[tuple[str, Cursor]] = []
    columns = (consumer_cursor.c.topic, consumer_cursor.c.epoch, consumer_cursor.c.position, consumer_cursor.c.hash)
    for name, db in databases.items():
        async with db.transaction() as session:
            rows = await session.execute(select(*columns).order_by(consumer_cursor.c.topic))
            cursors += [(name, Cursor(*row)) for row in rows]
    return cursors


def _wanted_positions(cursors: Sequence[tuple[str, Cursor]], anchored: Sequence[Verified]) -> dict[str, frozenset[int]]:
    """Positions whose hashes will be compared later: consumers' cursors and anchors."""
    wanted: dict[str, set[int]] = {}
    for anchor in anchored:
        wanted.setdefault(anchor.topic, set()).add(anchor.position)
    for _, cursor in cursors:
        wanted.setdefault(cursor.topic, set()).add(cursor.position)
    return {topic: frozenset(positions) for topic, positions in wanted.items()}


async def _walk(
    database: str, db: Database, topic: str, wanted: frozenset[int], hashes: dict[int, bytes]
) -> Finding | Verified:
    position, epoch, previous = 0, 0, b""
    before = await _head(db, topic)
    if before is None:
        return Finding(database, topic, 1, "the topic's head is gone")
    while True:
        async with db.transaction() as session:
            rows = (
                await session.execute(
                    select(event_log)
                    .where(event_log.c.topic == topic, event_log.c.position > position)
                    .order_by(event_log.c.position)
                    .limit(PAGE)
                )
            ).all()
        if not rows:
            break
        for row in rows:
            event = SequencedEvent(topic, row.epoch, row.position, row.hash, row.id, row.attributes, row.data)
            problem = _problem(event, position, epoch, previous) or _contradiction(event, row)
            if problem is not None:
                return Finding(database, topic, position + 1, problem)
            position, epoch, previous = event.position, event.epoch, event.hash
            if position in wanted:
                hashes[position] = previous
            if position == before.position and previous != before.hash:
                return Finding(database, topic, position, "the head's hash is another")
    if before.position > position:
        return Finding(database, topic, position + 1, f"cut at the tail: the head says {before.position}")
    # The sequencer may have gone on during the walk, but a head is never behind its log.
    after = await _head(db, topic)
    if after is None or after.position < position:
        return Finding(database, topic, position, "the head is behind its log")
    hashes[position] = previous
    return Verified(topic, epoch or before.epoch, position, previous.hex())


async def _began(db: Database, topic: str) -> datetime | None:
    """When the topic's first event was recorded; None where there is none, or where it does not say."""
    query = select(event_log.c.attributes).where(event_log.c.topic == topic, event_log.c.position == 1)
    async with db.transaction() as session:
        attributes = await session.scalar(query)
    try:
        return None if attributes is None else datetime.fromisoformat(json.loads(attributes)["time"])
    except (ValueError, KeyError, TypeError):
        return None


async def _head(db: Database, topic: str) -> Cursor | None:
    async with db.transaction() as session:
        columns = (topic_head.c.topic, topic_head.c.epoch, topic_head.c.position, topic_head.c.hash)
        row = (await session.execute(select(*columns).where(topic_head.c.topic == topic))).one_or_none()
    return None if row is None else Cursor(*row)


def _problem(event: SequencedEvent, position: int, epoch: int, previous: bytes) -> str | None:
    """Why `event` cannot be the one that follows `position`; None if it can."""
    if event.position != position + 1:
        return f"missing: the next event is at {event.position}"
    if event.epoch < epoch:
        return "the epoch goes back"
    if event.parsed().get("id") != str(event.id):
        return "the attributes belong to another event"
    if not event.follows(previous):
        return "the hash does not follow: altered or reordered"
    return None


def _contradiction(event: SequencedEvent, row: Row[Any]) -> str | None:
    """The columns by which the audit trail is searched are outside the hash: they must say what the attributes say."""
    attributes = event.parsed()
    searched = {
        "type": row.type,
        "subject": str(row.aggregate_id),
        "aggregateversion": str(row.aggregate_version),
        "actor": row.actor,
        "effectiveon": row.effective_on.isoformat(),
    }
    wrong = [name for name, value in searched.items() if attributes.get(name) != value]
    return f"altered beside its attributes: {', '.join(wrong)}" if wrong else None


def _check_vanished(
    databases: Mapping[str, Database],
    anchored: Sequence[Seen],
    cursors: Sequence[tuple[str, Cursor]],
    seen: AbstractSet[str],
) -> list[Finding]:
    """Topics that were anchored or acted on and of which nothing is left, not even a head."""
    known = [(anchor.source, anchor.topic) for anchor in anchored]
    known += [(name, cursor.topic) for name, cursor in cursors if cursor.position > 0]
    gone = {topic: name for name, topic in known if topic not in seen and topic.partition(".")[0] in databases}
    return [Finding(name, topic, 1, "the whole topic is gone") for topic, name in sorted(gone.items())]


def _check_cursors(
    cursors: Sequence[tuple[str, Cursor]], heads: Mapping[str, int], hashes: Mapping[str, Mapping[int, bytes]]
) -> list[Finding]:
    findings: list[Finding] = []
    for database, row in cursors:
        if row.topic not in heads or row.position == 0:
            continue
        if row.position > heads[row.topic]:
            problem = (
                f"cut at the tail: this consumer has acted up to {row.position}, the log ends at {heads[row.topic]}"
            )
            findings.append(Finding(database, row.topic, heads[row.topic] + 1, problem))
        elif hashes[row.topic].get(row.position) not in (None, bytes(row.hash)):
            findings.append(Finding(database, row.topic, row.position, "this consumer has acted on another event"))
    return findings


def _check_anchors(
    anchored: Sequence[Seen], heads: Mapping[str, int], hashes: Mapping[str, Mapping[int, bytes]]
) -> list[Finding]:
    findings: dict[str, Finding] = {}
    for anchor in sorted(anchored, key=lambda a: (a.topic, a.position)):
        if anchor.topic not in heads or anchor.topic in findings:
            continue
        if anchor.position > heads[anchor.topic]:
            problem = f"cut at the tail: {anchor.said_by} is at {anchor.position}"
            findings[anchor.topic] = Finding(anchor.source, anchor.topic, heads[anchor.topic] + 1, problem)
        elif (found := hashes[anchor.topic].get(anchor.position)) is not None and found.hex() != anchor.hash:
            problem = f"written anew: {anchor.said_by} has another hash"
            findings[anchor.topic] = Finding(anchor.source, anchor.topic, anchor.position, problem)
    return list(findings.values())


def _read_anchors(path: Path) -> list[Seen]:
    if not path.exists():
        return []
    anchors: list[Seen] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        anchors.append(Seen(entry["topic"], entry["epoch"], entry["position"], entry["hash"]))
    return anchors


def _append_anchors(path: Path, heads: Sequence[Verified]) -> None:
    """One JSON line a topic, only ever appended; keep the file where the databases' administrators cannot write."""
    known = {(anchor.topic, anchor.epoch, anchor.position) for anchor in _read_anchors(path)}
    new = [head for head in heads if (head.topic, head.epoch, head.position) not in known]
    if not new:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    at = utcnow().isoformat(timespec="seconds")
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "a", encoding="utf-8") as file:
        for head in new:
            file.write(json.dumps({**asdict(head), "at": at}) + "\n")
        file.flush()
        os.fsync(file.fileno())
