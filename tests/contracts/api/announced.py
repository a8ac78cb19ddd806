"""Breaks are announced in `docs/api-changes.toml`; then they may come, and the reference is written anew.

`python -m tests.contracts.api.announced` says what breaks; with `renew` it writes the reference, unless something
breaks that was not announced.
"""

from __future__ import annotations

import sys
import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from tests.contracts.api.breaks import breaks
from tests.contracts.api.described import description
from tests.contracts.api.digest import Digest

ROOT = Path(__file__).parents[3]
REFERENCE = Path(__file__).with_name("reference.jsonl")
CHANGES = ROOT / "docs" / "api-changes.toml"


class Change(BaseModel):
    """One announcement: when it was made, from when it holds, what breaks, and what to do about it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    announced_on: date
    holds_from: date
    breaks: Annotated[tuple[str, ...], Field(min_length=1)]
    instead: Annotated[str, Field(min_length=10)]

    def names(self) -> list[str]:
        """Each break with its day: the same thing may break twice in the course of years."""
        return [f"{self.announced_on} {name}" for name in self.breaks]


class Changes(BaseModel):
    """The file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    change: tuple[Change, ...] = ()


def read_changes(path: Path = CHANGES) -> Changes:
    """Raises ValidationError for a file that is not as it should be."""
    return Changes.model_validate(tomllib.loads(path.read_text("utf-8")))


def unannounced(reference: Digest, present: Digest, changes: Changes) -> list[str]:
    """What breaks without having been announced; an announcement that has come true before counts no more."""
    spent = set(reference.announced)
    announced = {
        name
        for change in changes.change
        for name, dated in zip(change.breaks, change.names(), strict=True)
        if dated not in spent
    }
    return [name for name in breaks(reference, present) if name not in announced]


def renewed(reference: Digest, present: Digest, changes: Changes) -> Digest:
    """The reference of what there is now, in which the announcements that came true are history."""
    now = set(breaks(reference, present))
    true = [
        dated
        for change in changes.change
        for name, dated in zip(change.breaks, change.names(), strict=True)
        if name in now
    ]
    return Digest(present.operations, present.schemas, sorted({*reference.announced, *true}))


def main(arguments: list[str]) -> int:
    """The command."""
    present = Digest.of(description())
    reference = Digest.read(REFERENCE.read_text("utf-8")) if REFERENCE.exists() else Digest()
    changes = read_changes()
    refused = unannounced(reference, present, changes)
    for name in refused:
        sys.stderr.write(f"not announced: {name}\n")
    if refused:
        sys.stderr.write(f"{len(refused)} breaks; announce them in {CHANGES.relative_to(ROOT)} or take them back\n")
        return 1
    if arguments == ["renew"]:
        REFERENCE.write_text(renewed(reference, present, changes).lines(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
