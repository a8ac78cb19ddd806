"""Checking a case pack without the system that made it.

The manifest's digests are compared with the files; each event's hash is computed anew from the event and the hash that
it follows; events that stand side by side in a topic must join, and none may lie beyond its topic's head; a document
must be the one whose digest the log recorded when it was filed. Given the anchors (heads that were kept outside the
databases), a hash at an anchored position must be the anchored one.

What this cannot see alone: that nobody made the whole pack up. For that an anchor must lie at one of its positions, or
the events are compared with the log itself (`compare_log`).
"""

from __future__ import annotations

import hashlib
import json
import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from shared.audit.pack import EVENTS, FORMAT, MANIFEST
from shared.events.envelope import SequencedEvent, from_json

MOST_FILES: Final = 10_000
MOST_MANIFEST: Final = 16 * 1024 * 1024
MOST_EVENTS_BYTES: Final = 512 * 1024 * 1024
MOST_BYTES: Final = 4 * 1024 * 1024 * 1024
"""All files unpacked; a pack made here has less, so that a larger one is nothing but work for whoever checks it."""
_MOST_LINE: Final = 32 * 1024 * 1024
_PIECE: Final = 256 * 1024
_UNREADABLE: Final = (zlib.error, NotImplementedError, RuntimeError)
"""What an archive raises that is damaged, pressed by an unknown method, encrypted, or nested without end."""
_DAMAGED: Final = "damaged"
_DOCUMENT_ADDED: Final = ".document.added.v1"


@dataclass(frozen=True, slots=True)
class Checked:
    """What was looked at, and everything wrong with it."""

    case: Mapping[str, Any]
    files: int
    events: int
    anchored: int
    documents: int
    left_out: tuple[str, ...]
    findings: tuple[str, ...]


HashAt = Callable[[str, int], str | None]
"""The hash that is known for a topic's position; None where none is."""


def check_pack(path: Path, anchors: Sequence[Mapping[str, Any]] = ()) -> Checked:
    """Raises ValueError for a file that is no case pack."""
    known = {(str(one["topic"]), int(one["position"])): str(one["hash"]) for one in anchors}
    try:
        with zipfile.ZipFile(path) as archive:
            manifest = _manifest(archive)
            findings, digests = _files(archive, manifest)
            events = list(_events(archive, findings)) if digests.get(EVENTS, _DAMAGED) != _DAMAGED else []
    except (zipfile.BadZipFile, OSError, *_UNREADABLE) as error:
        raise ValueError(f"not a case pack: {error}") from error
    heads = {str(head["topic"]): head for head in _list(manifest, "heads")}
    findings += _chain(events, heads)
    anchored = 0
    for event, _ in events:
        anchor = known.get((event.topic, event.position))
        anchored += anchor is not None
        if anchor is not None and anchor != event.hash.hex():
            findings.append(f"{event.topic} at {event.position}: anchored with another hash")
    documents, wrong = _documents(events, digests)
    return Checked(
        case=_mapping(manifest.get("case")),
        files=len(digests),
        events=len(events),
        anchored=anchored,
        documents=documents,
        left_out=tuple(map(str, _list(manifest, "left_out"))),
        findings=(*findings, *wrong),
    )


def events_of(path: Path) -> list[SequencedEvent]:
    """The events of a pack that was checked."""
    with zipfile.ZipFile(path) as archive:
        return [event for event, _ in _events(archive, [])]


def compare_log(events: Sequence[SequencedEvent], hash_at: HashAt) -> list[str]:
    """What differs between a pack's events and a log."""
    wrong = []
    for event in events:
        found = hash_at(event.topic, event.position)
        if found != event.hash.hex():
            problem = "the log does not have it" if found is None else "the log has another event there"
            wrong.append(f"{event.topic} at {event.position}: {problem}")
    return wrong


def _manifest(archive: zipfile.ZipFile) -> dict[str, Any]:
    names = archive.namelist()
    if MANIFEST not in names or archive.getinfo(MANIFEST).file_size > MOST_MANIFEST or len(names) > MOST_FILES:
        raise ValueError("not a case pack: no manifest, or too large")
    if sum(one.file_size for one in archive.infolist()) > MOST_BYTES:
        raise ValueError(f"not a case pack: more than {MOST_BYTES} bytes unpacked")
    manifest = json.loads(archive.read(MANIFEST))
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise ValueError(f"not a case pack of the form {FORMAT}")
    return manifest


def _files(archive: zipfile.ZipFile, manifest: Mapping[str, Any]) -> tuple[list[str], dict[str, str]]:
    """Findings, and the digests of the files as they are."""
    findings: list[str] = []
    digests: dict[str, str] = {}
    named = {str(one["path"]): one for one in _list(manifest, "files")}
    names = archive.namelist()
    twice = {name for name, count in Counter(names).items() if count > 1}
    findings += [f"{one.filename}: leads out of the archive" for one in archive.infolist() if _leads_out(one)]
    findings += [f"{name}: twice in the archive" for name in sorted(twice)]
    findings += [f"{name}: not in the manifest" for name in sorted(set(names) - named.keys() - {MANIFEST})]
    for name, stated in sorted(named.items()):
        if name not in names:
            findings.append(f"{name}: missing")
            continue
        size = int(stated["size"])
        if archive.getinfo(name).file_size != size:
            findings.append(f"{name}: another size than the manifest says")
            continue
        digests[name] = _digest(archive, name)
        if digests[name] != stated["sha256"]:
            findings.append(f"{name}: altered, its SHA-256 is another")
    return findings, digests


def _digest(archive: zipfile.ZipFile, name: str) -> str:
    digest = hashlib.sha256()
    try:
        with archive.open(name) as file:
            while piece := file.read(_PIECE):
                digest.update(piece)
    except (zipfile.BadZipFile, *_UNREADABLE):
        return _DAMAGED
    return digest.hexdigest()


def _leads_out(one: zipfile.ZipInfo) -> bool:
    """Whether unpacking it could write or point elsewhere than beneath the folder that was chosen."""
    name = one.filename
    outside = name.startswith("/") or "\\" in name or ":" in name or ".." in name.split("/")
    return outside or stat.S_ISLNK(one.external_attr >> 16)


def _events(archive: zipfile.ZipFile, findings: list[str]) -> Iterator[tuple[SequencedEvent, bytes]]:
    if archive.getinfo(EVENTS).file_size > MOST_EVENTS_BYTES:
        findings.append(f"{EVENTS}: too large to be read")
        return
    with archive.open(EVENTS) as file:
        for number, line in enumerate(iter(lambda: file.readline(_MOST_LINE), b""), start=1):
            try:
                entry = json.loads(line)
                yield from_json(entry["event"]), bytes.fromhex(entry["previous"])
            except (KeyError, TypeError, ValueError, zipfile.BadZipFile) as error:
                findings.append(f"{EVENTS}, line {number}: cannot be read ({type(error).__name__})")


def _chain(events: Sequence[tuple[SequencedEvent, bytes]], heads: Mapping[str, Mapping[str, Any]]) -> list[str]:
    findings = []
    places = {(event.topic, event.position): event for event, _ in events}
    for event, previous in events:
        where = f"{event.topic} at {event.position}"
        attributes = event.parsed()
        if not event.follows(previous):
            findings.append(f"{where}: the hash does not follow from the event")
        if attributes.get("id") != str(event.id) or attributes.get("type", "").rsplit(".", 2)[0] != event.topic:
            findings.append(f"{where}: the attributes belong to another event")
        before = places.get((event.topic, event.position - 1))
        if before is not None and before.hash != previous:
            findings.append(f"{where}: does not join the event before it")
        if event.position == 1 and previous:
            findings.append(f"{where}: a topic's first event follows nothing")
        head = heads.get(event.topic)
        if head is None or event.position > int(head["position"]):
            findings.append(f"{where}: beyond the head of its topic")
        elif event.position == int(head["position"]) and event.hash.hex() != head["hash"]:
            findings.append(f"{where}: the head's hash is another")
    if len(places) < len(events):
        findings.append("two events have one place")
    return findings


def _documents(events: Sequence[tuple[SequencedEvent, bytes]], digests: Mapping[str, str]) -> tuple[int, list[str]]:
    """How many files the log vouches for, and those that are other ones."""
    vouched: dict[str, str] = {}
    for event, _ in events:
        attributes = event.parsed()
        if attributes.get("type", "").endswith(_DOCUMENT_ADDED):
            data = json.loads(event.data)
            vouched[f"documents/{attributes.get('subject')}"] = str(data.get("sha256"))
    wrong = [
        f"{name}: not the file that was filed, says the log"
        for name, sha256 in sorted(vouched.items())
        if name in digests and digests[name] != sha256
    ]
    return sum(name in digests for name in vouched), wrong


def _list(manifest: Mapping[str, Any], name: str) -> list[Any]:
    found = manifest.get(name)
    return found if isinstance(found, list) else []


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
