"""One case as one archive: its record, log, decisions, documents, and who looked at it (`shared.audit.pack`)."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory
from typing import Final
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import and_, or_

from gateway.audit_reports.asking import Asker, Read
from gateway.audit_reports.summary import Step, render, steps_of
from gateway.front.routes import OWN, UPSTREAMS, owner
from gateway.front.upstream import AskFailed
from shared.audit.cases import TRACE, CaseLog, Head, LogEntry, read_correlated, read_events
from shared.audit.duties import snapshot
from shared.audit.pack import EVENTS, PackWriter, digest_of, json_bytes
from shared.auth.principal import Principal
from shared.db import Database
from shared.errors import not_found
from shared.events.contracts.gateway import AUDIT
from shared.kernel_tables import event_log
from shared.policy.edition import Editions

MOST_FILE_BYTES: Final = 512 * 1024 * 1024
"""All documents of a pack together; those that do not fit are named with their digests."""
MOST_DOCUMENTS: Final = 500
MOST_CAUSES: Final = 500
"""Causes that are followed into every service's log, the earliest first; each hundred of them reads a log once."""
MOST_EVENTS: Final = 20_000
MOST_EVENT_BYTES: Final = 64 * 1024 * 1024
"""Events of a pack and their data, whatever found them: they are held in memory."""
_MOST_TRACES: Final = 5_000


@dataclass(slots=True)
class Gathered:
    """Everything of a case, before it is written."""

    kind: str
    case_id: UUID
    service: str
    log: CaseLog
    record: list[Read] = field(default_factory=list)
    events: dict[str, tuple[str, LogEntry]] = field(default_factory=dict)
    heads: dict[str, Head] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    size: int = 0
    """Of the events' data, in characters."""

    def take(self, log: CaseLog, relation: str) -> None:
        """An event that is there already keeps its relation; of two heads of a topic the further one counts."""
        refused = 0
        for entry in log.events:
            event_id, size = str(entry.event["id"]), len(str(entry.event["data"]))
            if event_id in self.events:
                continue
            if len(self.events) == MOST_EVENTS or self.size + size > MOST_EVENT_BYTES:
                refused += 1
                continue
            self.events[event_id] = (relation, entry)
            self.size += size
        if refused:
            self.left_out.append(f"{refused} events ({relation}): no room in the pack")
        for head in log.heads:
            known = self.heads.get(head.topic)
            if known is None or (head.epoch, head.position) > (known.epoch, known.position):
                self.heads[head.topic] = head
        self.left_out += log.left_out

    def ordered(self) -> list[tuple[str, LogEntry]]:
        """By topic and position."""
        return sorted(self.events.values(), key=lambda one: (str(one[1].event["topic"]), _position(one[1])))


@dataclass(frozen=True, slots=True)
class Pack:
    """A finished archive; whoever gets it removes the file."""

    path: Path
    sha256: str
    size: int
    files: int


async def gather(asker: Asker, db: Database, principal: Principal, kind: str, case_id: UUID) -> Gathered:
    """Raises 404 for a case that the auditor does not read, 503 where a service that has to be asked is away: a pack
    without its half would pass for the whole."""
    service = owner(f"/v1/{kind}/{case_id}".encode())
    if service is None or service == OWN:
        raise not_found("case")
    record: list[Read] = []
    missing: list[str] = []
    async for part in asker.record(service, principal, kind, str(case_id)):
        if isinstance(part, str):
            missing.append(part)
        else:
            record.append(part)
            if part.cut:
                missing.append(f"{part.path}: the list goes on")
    log = await asker.case(service, str(case_id))
    if log.table is None and not record:
        raise not_found("case")
    case = Gathered(kind, case_id, service, log, record, left_out=missing)
    case.take(log, "case")
    causes = _causes(case)
    asked = await asyncio.gather(*(asker.correlated(one, causes) for one in UPSTREAMS)) if causes else []
    for answers in asked:
        for answer in answers:
            case.take(answer, "cause")
    await _take_own(db, case, causes)
    return case


async def write(asker: Asker, principal: Principal, editions: Editions, case: Gathered, gathered_on: str) -> Pack:
    """The archive, on disk; nothing of it is held in memory but events and record."""
    target = Path(NamedTemporaryFile(prefix="mc-case-", suffix=".zip", delete=False).name)  # noqa: SIM115  # it is given away
    writer = PackWriter(target)
    try:
        entries = case.ordered()
        steps = steps_of(entries, editions)
        await _documents(asker, principal, case, writer)
        await asyncio.to_thread(_rest, writer, case, entries, steps, gathered_on)
        digest, size = await asyncio.to_thread(_measure, target)
    except BaseException:
        writer.close()
        await asyncio.to_thread(target.unlink, missing_ok=True)
        raise
    return Pack(target, digest, size, len(writer.files) + 1)


def _rest(
    writer: PackWriter, case: Gathered, entries: list[tuple[str, LogEntry]], steps: list[Step], gathered_on: str
) -> None:
    """All but the documents; pressing it together takes seconds for a large case."""
    writer.add("decisions.json", json_bytes([step.to_json() for step in steps if step.rules]))
    writer.add(EVENTS, b"".join(_line(relation, entry) for relation, entry in entries))
    for part in sorted(case.record, key=lambda one: one.path):
        writer.add_json(f"record{part.path.removeprefix('/v1')}.json", part.content)
    writer.add("summary.html", render(_named(case), steps, case.record, case.log, case.left_out).encode())
    writer.finish(_manifest(case, steps, gathered_on))


def _causes(case: Gathered) -> list[str]:
    """The correlation ids of the case's events; those that are too many are named by their number."""
    dated: dict[str, str] = {}
    for _, one in case.events.values():
        cause, recorded = _attribute(one, "correlationid"), _attribute(one, "time") or ""
        if cause is not None and (cause not in dated or recorded < dated[cause]):
            dated[cause] = recorded
    causes = sorted(dated, key=lambda cause: (dated[cause], cause))
    if len(causes) > MOST_CAUSES:
        case.left_out.append(f"what followed elsewhere from {len(causes) - MOST_CAUSES} later causes")
    return causes[:MOST_CAUSES]


def _measure(path: Path) -> tuple[str, int]:
    with path.open("rb") as file:
        return digest_of(file), path.stat().st_size


async def _take_own(db: Database, case: Gathered, causes: list[str]) -> None:
    """The gateway's own log: what had the same causes, and the audit's entries about this case or its requests."""
    traces = {trace for _, one in case.events.values() if (trace := _trace(one))}
    if len(traces) > _MOST_TRACES:
        case.left_out.append(f"audit entries of {len(traces) - _MOST_TRACES} requests")
    mentions = event_log.c.data.contains(str(case.case_id), autoescape=True)
    about = or_(mentions, TRACE.in_(sorted(traces)[:_MOST_TRACES]))
    async with snapshot(db) as session:
        if causes:
            case.take(await read_correlated(session, causes), "cause")
        case.take(await read_events(session, and_(event_log.c.topic == AUDIT.name, about)), "audit")


async def _documents(asker: Asker, principal: Principal, case: Gathered, writer: PackWriter) -> None:
    index: list[JsonValue] = []
    room, taken = MOST_FILE_BYTES, 0
    with TemporaryDirectory(prefix="mc-case-") as folder:
        for filed in case.log.documents:
            problem: str | None = "removed" if filed.removed else None
            if problem is None and filed.path is None:
                problem = "not read by anybody but where it was made"
            if problem is None and (filed.size > room or taken == MOST_DOCUMENTS):
                problem = "no room in the pack"
            if problem is None:
                kept = Path(folder) / str(filed.id)
                try:
                    with kept.open("wb") as file:
                        await asker.file(case.service, principal, f"{filed.path}/content", file, filed.size)
                    await asyncio.to_thread(writer.add_file, f"documents/{filed.id}", kept)
                    room, taken = room - filed.size, taken + 1
                    if writer.files[-1].sha256 != filed.sha256:
                        problem = "the stored file is not the one that was filed"
                except AskFailed as error:
                    problem = str(error)
                finally:
                    kept.unlink(missing_ok=True)
            if problem is not None and not filed.removed:
                case.left_out.append(f"{filed.path or filed.id}: {problem}")
            index.append({**filed.model_dump(mode="json"), "problem": problem})
    writer.add_json("documents/index.json", index)


def _manifest(case: Gathered, steps: Iterable[Step], gathered_on: str) -> dict[str, JsonValue]:
    relations = [relation for relation, _ in case.events.values()]
    return {
        "case": _named(case),
        "gathered_on": gathered_on,
        "counts": {
            "events": len(relations),
            **{f"events_of_{name}": relations.count(name) for name in ("case", "cause", "audit")},
            "documents": len(case.log.documents),
            "steps_with_rules": sum(bool(step.rules) for step in steps),
        },
        "beneath": [one.model_dump(mode="json") for one in case.log.beneath],
        "heads": [case.heads[topic].model_dump(mode="json") for topic in sorted(case.heads)],
        "left_out": list(case.left_out),
    }


def _named(case: Gathered) -> dict[str, JsonValue]:
    return {"kind": case.kind, "id": str(case.case_id), "no": case.log.no, "service": case.service}


def _line(relation: str, entry: LogEntry) -> bytes:
    body = {"relation": relation, "previous": entry.previous, "event": entry.event}
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def _position(entry: LogEntry) -> int:
    return int(str(entry.event["position"]))


def _attribute(entry: LogEntry, name: str) -> str | None:
    attributes = entry.event.get("attributes")
    found = attributes.get(name) if isinstance(attributes, Mapping) else None
    return found if isinstance(found, str) and '"' not in found and "\\" not in found else None


def _trace(entry: LogEntry) -> str | None:
    """The trace id of a request (W3C Trace Context)."""
    parts = (_attribute(entry, "traceparent") or "").split("-")
    return parts[1] if len(parts) == 4 and len(parts[1]) == 32 and set(parts[1]) != {"0"} else None


def purpose_of(kind: str, case_id: UUID) -> str:
    """How the audit names what was packed."""
    return f"case:{kind}:{case_id}"


def name_of(kind: str, case_id: UUID) -> str:
    """A file name that tells the case and nobody."""
    return f"case-{kind}-{hashlib.sha256(case_id.bytes).hexdigest()[:12]}.zip"
