"""The heads of all logs, written down outside the databases: one signed line a topic and day, in a file only added to.

Whoever owns the databases can cut a log or compute its hashes anew, and no chain shows it. What was written here before
does: a head names a position and the hash it had. Each line also names the one before it, so that none can be taken out
of the middle; the end is held by the days, of which none may be missing, and by the copy elsewhere.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import BaseModel, ConfigDict, ValidationError

FILE: Final = "heads.jsonl"
_CONTEXT: Final = b"mengchuang audit head\n"
"""What the gateway's key signs here can be taken for nothing else that it signs."""

Occasion = Literal["day", "start", "stop"]


class Head(BaseModel):
    """Where a topic's log ended. `day` is the business day that was over, or the one of a start or a stop."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    topic: str
    epoch: int
    position: int
    hash: str
    day: date
    occasion: Occasion
    written_at: datetime


class Line(Head):
    """A head with the SHA-256 of the line before it, by whom it was signed, and the signature over all of that."""

    previous: str
    key: str
    signature: str


@dataclass(frozen=True, slots=True)
class Written:
    """A line and its digest, by which the next one names it."""

    line: Line
    digest: str


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with the written heads, and of which topic and day."""

    topic: str
    day: date
    problem: str


@dataclass(slots=True)
class Book:
    """The file of a folder, opened by `Book.of`; read again before each addition, because others write too."""

    path: Path
    written: list[Written] = field(default_factory=list)

    @classmethod
    def of(cls, folder: Path) -> Book:
        book = cls(folder / FILE)
        book.read()
        return book

    def read(self) -> None:
        """What the file has. A line that was cut off by a crash counts as never written; one that was spoilt later
        does too, and the next line then names another one before it."""
        self.written = []
        if self.path.exists():
            for text in self.path.read_bytes().split(b"\n"):
                try:
                    line = Line.model_validate_json(text)
                except ValidationError:
                    continue
                self.written.append(Written(line, hashlib.sha256(text).hexdigest()))

    def last_days(self) -> dict[str, date]:
        """The last day that each topic has a head of."""
        days: dict[str, date] = {}
        for one in self.written:
            if one.line.occasion == "day":
                days[one.line.topic] = max(one.line.day, days.get(one.line.topic, one.line.day))
        return days

    def add(self, heads: Sequence[Head], key: Ed25519PrivateKey) -> None:
        """Sign these and add them; on the disk when this returns."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = fingerprint(key.public_key())
        descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            self.read()
            previous = self.written[-1].digest if self.written else ""
            texts = []
            for head in heads:
                unsigned = {**head.model_dump(mode="json"), "previous": previous, "key": name}
                signature = base64.b64encode(key.sign(_signed(unsigned))).decode("ascii")
                text = json.dumps({**unsigned, "signature": signature}, separators=(",", ":")).encode()
                previous = hashlib.sha256(text).hexdigest()
                texts.append(text)
            before = b"" if _ends_whole(self.path) else b"\n"
            file.write(before + b"".join(text + b"\n" for text in texts))
            file.flush()
            os.fsync(file.fileno())
        self.read()


def copy(book: Book, folder: Path) -> None:
    """Bring the copy up to the book: what it has is never touched. Raises OSError where it cannot be written."""
    other = Book.of(folder)
    known = {one.digest for one in other.written}
    wanted = {one.digest for one in book.written} - known
    if not wanted:
        return
    texts = [
        text for text in book.path.read_bytes().split(b"\n") if text and hashlib.sha256(text).hexdigest() in wanted
    ]
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(other.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab") as file:
        before = b"" if _ends_whole(other.path) else b"\n"
        file.write(before + b"".join(text + b"\n" for text in texts))
        file.flush()
        os.fsync(file.fileno())


def fingerprint(key: Ed25519PublicKey) -> str:
    """By what a line names its key."""
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]


def check(
    book: Book, keys: Iterable[Ed25519PublicKey], reached: Mapping[str, int], today: date, copied: Book | None = None
) -> list[Flaw]:
    """What is wrong with the written heads themselves; the first of each topic and kind.

    `keys` are the gateway's, past ones included. `reached` says how far each topic's log goes now: a day without a
    head is missed where the log went on after it; one on which nothing ran leaves nothing to be held.
    """
    flaws = [*_unsigned(book, keys), *_taken_out(book)]
    if copied is not None:
        known = {one.digest for one in book.written}
        gone = [one.line for one in copied.written if one.digest not in known]
        flaws += [Flaw(line.topic, line.day, "the copy has a head that is gone here, or another") for line in gone]
    return [*flaws, *_missing(book, reached, today)]


def _unsigned(book: Book, keys: Iterable[Ed25519PublicKey]) -> list[Flaw]:
    by_name = {fingerprint(key): key for key in keys}
    flaws = []
    for one in book.written:
        line = one.line
        key = by_name.get(line.key)
        if key is None:
            flaws.append(Flaw(line.topic, line.day, f"its head is signed with an unknown key ({line.key})"))
            continue
        try:
            key.verify(base64.b64decode(line.signature), _signed(line.model_dump(mode="json", exclude={"signature"})))
        except (InvalidSignature, ValueError):
            flaws.append(Flaw(line.topic, line.day, "its head was altered: the signature is of something else"))
    return flaws


def _taken_out(book: Book) -> list[Flaw]:
    previous = ""
    flaws = []
    for one in book.written:
        if one.line.previous != previous:
            flaws.append(
                Flaw(one.line.topic, one.line.day, "the lines before its head are others: some were taken out")
            )
        previous = one.digest
    return flaws


def _missing(book: Book, reached: Mapping[str, int], today: date) -> list[Flaw]:
    days: dict[str, dict[date, int]] = {}
    for one in book.written:
        if one.line.occasion == "day":
            days.setdefault(one.line.topic, {})[one.line.day] = one.line.position
    flaws = []
    for topic, had in sorted(days.items()):
        last = max(had)
        until = today - timedelta(days=1) if reached.get(topic, 0) > had[last] else last
        day = min(had)
        while (day := day + timedelta(days=1)) <= until:
            if day not in had:
                flaws.append(Flaw(topic, day, "no head was written that day"))
                break
    return flaws


def gone(book: Book, began: Mapping[str, date], kept_since: date, today: date) -> list[Flaw]:
    """Where the book was taken away as a whole, or as far as a topic goes; no chain of lines shows that.

    Heads are kept for as long as there are audit entries, so that the day of the first of those (`kept_since`) must
    have heads, of whatever log. `began` has the first day of each log; a topic gets its first head when that is over.
    """
    if kept_since >= today:
        return []
    if not book.written:
        return [Flaw(FILE, kept_since, "heads were written down from then on, and none is left")]
    flaws = []
    first = min(one.line.day for one in book.written)
    if first > kept_since:
        flaws.append(Flaw(FILE, kept_since, f"heads were written down from then on, and those before {first} are gone"))
    held = {one.line.topic for one in book.written}
    for topic, day in sorted(began.items()):
        if topic not in held and max(day, kept_since) < today - timedelta(days=1):
            flaws.append(Flaw(topic, day, "its log has begun, and no head of it is left"))
    return flaws


def _signed(unsigned: Mapping[str, object]) -> bytes:
    return _CONTEXT + json.dumps(unsigned, separators=(",", ":"), sort_keys=True).encode()


def _ends_whole(path: Path) -> bool:
    if not path.exists() or path.stat().st_size == 0:
        return True
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"
