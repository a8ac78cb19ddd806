"""The case pack's form: one ZIP with a manifest that names every other file with its SHA-256, in the order of names.

    manifest.json          what the case is, the files, the heads of the chains, and what was left out and why
    summary.html           the case for people, in Chinese and English
    events.jsonl           every event with its place in its topic's chain and the hash that it follows
    decisions.json         the steps that cite rules, with clauses, in the order in which they were recorded
    record/<path>.json     the case as the auditor reads it, part by part
    documents/index.json   its documents, also removed ones
    documents/<id>         the files

Times in the archive are fixed, so that an unchanged case gives the same bytes for everything but what it says of the
moment of reading.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from pydantic import JsonValue

FORMAT: Final = "mengchuang-case-pack/1"
MANIFEST: Final = "manifest.json"
EVENTS: Final = "events.jsonl"
_MOMENT: Final = (1980, 1, 1, 0, 0, 0)
_PIECE: Final = 256 * 1024
_MODE: Final = 0o644 << 16


@dataclass(frozen=True, slots=True)
class PackedFile:
    """One file of the archive."""

    path: str
    sha256: str
    size: int


class PackWriter:
    """Writes the archive to a file on disk, piece by piece; `finish` adds the manifest."""

    def __init__(self, target: Path) -> None:
        self._zip = zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, allowZip64=True)
        self.files: list[PackedFile] = []

    def add(self, path: str, content: bytes) -> None:
        self._write(path, [content])

    def add_json(self, path: str, content: JsonValue) -> None:
        self.add(path, json_bytes(content))

    def add_file(self, path: str, source: Path) -> None:
        """Copy a file; it is never held in memory."""
        with source.open("rb") as reading:
            self._write(path, iter(lambda: reading.read(_PIECE), b""))

    def finish(self, manifest: Mapping[str, JsonValue]) -> None:
        """Nothing comes after this."""
        files: list[JsonValue] = [
            {"path": one.path, "sha256": one.sha256, "size": one.size} for one in sorted(self.files, key=_by_path)
        ]
        with self._zip.open(_entry(MANIFEST), "w") as writing:
            writing.write(json_bytes({"format": FORMAT, **manifest, "files": files}))
        self._zip.close()

    def close(self) -> None:
        """Give up on an archive that is not finished."""
        self._zip.close()

    def _write(self, path: str, pieces: Iterable[bytes]) -> None:
        digest, size = hashlib.sha256(), 0
        with self._zip.open(_entry(path), "w", force_zip64=True) as writing:
            for piece in pieces:
                digest.update(piece)
                size += len(piece)
                writing.write(piece)
        self.files.append(PackedFile(path, digest.hexdigest(), size))


def json_bytes(content: JsonValue) -> bytes:
    """The one form in which a pack writes JSON."""
    return (json.dumps(content, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode()


def digest_of(file: IO[bytes]) -> str:
    """SHA-256 of a stream, in hex."""
    digest = hashlib.sha256()
    while piece := file.read(_PIECE):
        digest.update(piece)
    return digest.hexdigest()


def _by_path(file: PackedFile) -> str:
    return file.path


def _entry(path: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(path, _MOMENT)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.create_system = 3  # Unix wherever it is written: the same bytes
    info.external_attr = _MODE
    return info
