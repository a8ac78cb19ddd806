"""The daily heads that the gateway wrote down, as `mengchuang events verify` compares them with the databases."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from deploy.settings import StackSettings
from gateway.audit.heads import Book, Flaw, check, gone
from shared.clock import BUSINESS_ZONE
from shared.events.contracts import PRODUCERS, topics
from shared.events.contracts.gateway import AUDIT
from shared.events.verify import Report, Seen

WRITTEN_WITHIN = timedelta(hours=2)
"""After midnight: a head that is missing before then is not late yet."""


@dataclass(frozen=True, slots=True)
class WrittenHeads:
    """What the folder and its copy have, and the keys it may be signed with."""

    book: Book
    copied: Book | None
    keys: tuple[Ed25519PublicKey, ...]

    @classmethod
    def of(cls, settings: StackSettings, former_keys: Sequence[Path]) -> Self:
        """Of a stack. Raises ValueError for a file that is no Ed25519 public key."""
        copied = settings.audit_heads_copy_dir
        paths = [settings.secrets.public_keys / "gateway.pem", *former_keys]
        return cls(
            Book.of(settings.audit_heads),
            None if copied is None else Book.of(copied.resolve()),
            tuple(_key(path) for path in paths if path.exists() or path in former_keys),
        )

    def seen(self) -> list[Seen]:
        """The heads of both, each with the day that it is of."""
        lines = [one.line for book in (self.book, self.copied) if book is not None for one in book.written]
        return [
            Seen(line.topic, line.epoch, line.position, line.hash, f"the head of {line.day}", "daily heads")
            for line in lines
        ]

    def flaws(self, report: Report, since: date | None = None) -> list[Flaw]:
        """What is wrong with the heads themselves; the first of each topic and kind. Before `since` none are missed."""
        today = (datetime.now(BUSINESS_ZONE) - WRITTEN_WITHIN).date()
        reached = {head.topic: head.position for head in report.verified}
        found = check(self.book, self.keys, reached, today, self.copied)
        known = {topic.name for producer in PRODUCERS for topic in topics(producer)}
        began = {topic: at.astimezone(BUSINESS_ZONE).date() for topic, at in report.began.items() if topic in known}
        if AUDIT.name in began:
            kept_since = max(began[AUDIT.name], since or date.min)
            found = [*gone(self.book, began, kept_since, today), *found]
        return list({(flaw.topic, flaw.problem): flaw for flaw in reversed(found)}.values())[::-1]

    def told(self) -> str:
        """For who reads the outcome."""
        days = {one.line.day for one in self.book.written if one.line.occasion == "day"}
        if not days:
            return "no day's heads were written down yet"
        return f"daily heads from {min(days)} to {max(days)} agree"


def _key(path: Path) -> Ed25519PublicKey:
    key = load_pem_public_key(path.read_bytes())
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError(f"{path} is no Ed25519 public key")
    return key
