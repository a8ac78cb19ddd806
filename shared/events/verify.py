"""Proof that no log was altered: chains recomputed, heads and cursors compared, and an anchor outside the databases."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlalchemy import select

from shared.clock import utcnow
from shared.db import Database
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


async def verify(databases: Mapping[str, Database], anchors: Path) -> Report:
    """Walk every topic of every database, compare the consumers' cursors and the anchor file, and anchor what holds."""
    hashes: dict[str, dict[int, bytes]] = {}
    verified: list[Verified] = []
    findings: list[Finding] = []
    anchored = _read_anchors(anchors)
    wanted = await _wanted_positions(databases, anchored)
    for name, db in databases.items():
        for topic in await _topics(db):
            walked = await _walk(name, db, topic, wanted.get(topic, frozenset()), hashes.setdefault(topic, {}))
            if isinstance(walked, Finding):
                findings.append(walked)
            else:
                verified.append(walked)
    heads = {head.topic: head.position for head in verified}
    findings += _check_anchors(anchored, heads, hashes)
    for name, db in databases.items():
        findings += await _check_cursors(name, db, heads, hashes)
    bad = {finding.topic for finding in findings}
    _append_anchors(anchors, [head for head in verified if head.topic not in bad and head.position > 0])
    return Report(tuple(verified), tuple(findings))


async def _topics(db: Database) -> list[str]:
    async with db.transaction() as session:
        return list(await session.scalars(select(topic_head.c.topic).order_by(topic_head.c.topic)))


async def _wanted_positions(
    databases: Mapping[str, Database], anchored: Sequence[Verified]
) -> dict[str, frozenset[int]]:
    """Positions whose hashes will be compared later: consumers' cursors and anchors."""
    wanted: dict[str, set[int]] = {}
    for anchor in anchored:
        wanted.setdefault(anchor.topic, set()).add(anchor.position)
    for db in databases.values():
        async with db.transaction() as session:
            for row in await session.execute(select(consumer_cursor.c.topic, consumer_cursor.c.position)):
                wanted.setdefault(row.topic, set()).add(row.position)
    return {topic: frozenset(positions) for topic, positions in wanted.items()}


async def _walk(
    database: str, db: Database, topic: str, wanted: frozenset[int], hashes: dict[int, bytes]
) -> Finding | Verified:
    position, epoch, previous = 0, 0, b""
    columns = (event_log.c.epoch, event_log.c.position, event_log.c.hash, event_log.c.id)
    while True:
        async with db.transaction() as session:
            rows = (
                await session.execute(
                    select(*columns, event_log.c.attributes, event_log.c.data)
                    .where(event_log.c.topic == topic, event_log.c.position > position)
                    .order_by(event_log.c.position)
                    .limit(PAGE)
                )
            ).all()
        if not rows:
            break
        for row in rows:
            event = SequencedEvent(topic, *row)
            problem = _problem(event, position, epoch, previous)
            if problem is not None:
                return Finding(database, topic, position + 1, problem)
            position, epoch, previous = event.position, event.epoch, event.hash
            if position in wanted:
                hashes[position] = previous
    async with db.transaction() as session:
        head = (await session.execute(select(topic_head).where(topic_head.c.topic == topic))).one()
    if head.position > position:
        return Finding(database, topic, position + 1, f"cut at the tail: the head says {head.position}")
    if head.position == position and bytes(head.hash) != previous:
        return Finding(database, topic, position, "the head's hash is another")
    hashes[position] = previous
    return Verified(topic, epoch or head.epoch, position, previous.hex())


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


async def _check_cursors(
    database: str, db: Database, heads: Mapping[str, int], hashes: Mapping[str, Mapping[int, bytes]]
) -> list[Finding]:
    findings: list[Finding] = []
    async with db.transaction() as session:
        rows = (await session.execute(select(consumer_cursor).order_by(consumer_cursor.c.topic))).all()
    for row in rows:
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
    anchored: Sequence[Verified], heads: Mapping[str, int], hashes: Mapping[str, Mapping[int, bytes]]
) -> list[Finding]:
    findings: dict[str, Finding] = {}
    for anchor in sorted(anchored, key=lambda a: (a.topic, a.position)):
        if anchor.topic not in heads or anchor.topic in findings:
            continue
        if anchor.position > heads[anchor.topic]:
            problem = f"cut at the tail: anchored up to {anchor.position}"
            findings[anchor.topic] = Finding("anchors", anchor.topic, heads[anchor.topic] + 1, problem)
        elif (found := hashes[anchor.topic].get(anchor.position)) is not None and found.hex() != anchor.hash:
            findings[anchor.topic] = Finding("anchors", anchor.topic, anchor.position, "anchored with another hash")
    return list(findings.values())


def _read_anchors(path: Path) -> list[Verified]:
    if not path.exists():
        return []
    anchors: list[Verified] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        anchors.append(Verified(entry["topic"], entry["epoch"], entry["position"], entry["hash"]))
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
