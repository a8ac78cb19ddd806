"""Counting in memory what comes too often for an entry each; bounded, whoever sends whatever.

A count belongs to a while (an hour for uses, a minute for refusals) and to what was the same about all of them. What
would make too many different ones of a while is counted together, without its details.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from shared.events.types import EventData

HOUR: Final = 3600
MINUTE: Final = 60
DISTINCT_OF_NOBODY: Final = 40
"""Different refusals of a minute that nobody in particular can cause an entry each with, in one process."""
DISTINCT_OF_SOMEBODY: Final = 20
"""The same for each account."""
MOST: Final = 20_000
"""Different counts that wait for the database at most: one that stays away must not cost us our memory."""

Fields = tuple[str | int | bool | None, ...]
Key = tuple[str, int, Fields]
"""Kind, when the while began (seconds since 1970), and the rest."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What is counted: the event's data, how long a while is, and the fields that tell counts apart."""

    name: str
    data: type[EventData]
    seconds: int
    fields: tuple[str, ...]
    folded: Fields = ()
    """What stands for the fields where there would be too many; empty: there never are."""


class Tallies:
    """`add` is on the way of every request of a key."""

    def __init__(self) -> None:
        self._counts: dict[Key, int] = {}
        self._distinct: dict[tuple[str, int, str], int] = {}
        self.uncounted = 0

    def __len__(self) -> int:
        return len(self._counts)

    def add(self, kind: Kind, fields: Fields, now: float) -> None:
        """One more."""
        key = (kind.name, int(now) // kind.seconds * kind.seconds, fields)
        counts = self._counts
        if key in counts:
            counts[key] += 1
        elif len(counts) < MOST:
            counts[key] = 1
        else:
            self.uncounted += 1

    def add_bounded(self, kind: Kind, fields: Fields, now: float, subject: str | None) -> None:
        """One more, told apart only while this subject (None: nobody in particular) has not had too many kinds."""
        began = int(now) // kind.seconds * kind.seconds
        if (kind.name, began, fields) not in self._counts:
            group = (kind.name, began, subject or "")
            had = self._distinct.get(group, 0)
            if had >= (DISTINCT_OF_NOBODY if subject is None else DISTINCT_OF_SOMEBODY):
                fields = _folded(kind, fields)
            else:
                self._distinct[group] = had + 1
        self.add(kind, fields, now)

    def take(self, now: float) -> dict[Key, int]:
        """What was counted since the last time; the counting goes on from nothing."""
        taken, self._counts = self._counts, {}
        self._distinct = {group: had for group, had in self._distinct.items() if group[1] > now - 2 * MINUTE}
        return taken

    def give_back(self, taken: Mapping[Key, int]) -> None:
        """What could not be kept after all."""
        for key, count in taken.items():
            if key in self._counts or len(self._counts) < MOST:
                self._counts[key] = self._counts.get(key, 0) + count
            else:
                self.uncounted += count


def _folded(kind: Kind, fields: Fields) -> Fields:
    return tuple(
        value if name in ("account_id", "credential", "credential_id") else folded
        for name, value, folded in zip(kind.fields, fields, kind.folded, strict=True)
    )


def row_of(kind: Kind, key: Key, count: int) -> dict[str, object]:
    """A count as a line of `audit_tally`, under a digest of what it counts."""
    what = dict(zip(kind.fields, key[2], strict=True))
    text = json.dumps([key[0], key[1], what], ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return {
        "key": hashlib.sha256(text.encode()).digest(),
        "kind": kind.name,
        "opens_at": datetime.fromtimestamp(key[1], UTC),
        "closes_at": datetime.fromtimestamp(key[1] + kind.seconds, UTC),
        "what": what,
        "count": count,
    }
