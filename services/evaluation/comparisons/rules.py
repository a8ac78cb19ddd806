"""Two score sheets side by side: what changed for each indicator, and which records it came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import JsonValue

Lines = Sequence[Mapping[str, JsonValue]]
Lineage = Mapping[str, JsonValue]

SHOWN: Final = ("points", "value", "full_mark", "applicable", "weight", "formula")
MOST_RECORDS: Final = 100
"""Records of one kind that a comparison names; the counts are whole."""


@dataclass(frozen=True, slots=True)
class InputChange:
    """A number that went into an indicator."""

    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class LineChange:
    """An indicator that is not what it was. None before or after: the other rubric has it not."""

    indicator: str
    points_before: str | None
    points_after: str | None
    value_before: str | None
    value_after: str | None
    full_mark_before: str | None
    full_mark_after: str | None
    inputs: tuple[InputChange, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RecordChange:
    """Records of one kind that a score newly rests on, or no longer does."""

    kind: str
    added: tuple[str, ...]
    removed: tuple[str, ...]
    added_total: int
    removed_total: int


def compare_lines(before: Lines, after: Lines) -> list[LineChange]:
    """Indicators that differ, in the order of the newer sheet, then those that it lacks."""
    old, new = {str(line["indicator"]): line for line in before}, {str(line["indicator"]): line for line in after}
    changes = []
    for name in (*new, *(name for name in old if name not in new)):
        one, other = old.get(name), new.get(name)
        inputs = _inputs(one, other)
        if inputs or any(_of(one, key) != _of(other, key) for key in SHOWN):
            changes.append(
                LineChange(
                    indicator=name,
                    points_before=_of(one, "points"),
                    points_after=_of(other, "points"),
                    value_before=_of(one, "value"),
                    value_after=_of(other, "value"),
                    full_mark_before=_of(one, "full_mark"),
                    full_mark_after=_of(other, "full_mark"),
                    inputs=inputs,
                    sources=_sources(other or one),
                )
            )
    return changes


def _of(line: Mapping[str, JsonValue] | None, key: str) -> str | None:
    found = None if line is None else line.get(key)
    return None if found is None else str(found)


def _inputs(before: Mapping[str, JsonValue] | None, after: Mapping[str, JsonValue] | None) -> tuple[InputChange, ...]:
    old, new = _mapping(before, "inputs"), _mapping(after, "inputs")
    names = (*new, *(name for name in old if name not in new))
    pairs = ((name, _of(old, name), _of(new, name)) for name in names)
    return tuple(InputChange(*pair) for pair in pairs if pair[1] != pair[2])


def _mapping(line: Mapping[str, JsonValue] | None, key: str) -> Mapping[str, JsonValue]:
    found = None if line is None else line.get(key)
    return found if isinstance(found, dict) else {}


def _sources(line: Mapping[str, JsonValue] | None) -> tuple[str, ...]:
    found = None if line is None else line.get("sources")
    return tuple(str(source) for source in found) if isinstance(found, list) else ()


def compare_lineage(before: Lineage, after: Lineage) -> list[RecordChange]:
    """Report versions, events, marks, vetoes and evidence that came in or went out."""
    changes = []
    for kind in sorted({*before, *after}):
        old, new = _records(before.get(kind)), _records(after.get(kind))
        added, removed = sorted(new - old), sorted(old - new)
        if added or removed:
            shown = tuple(added[:MOST_RECORDS]), tuple(removed[:MOST_RECORDS])
            changes.append(RecordChange(kind, *shown, len(added), len(removed)))
    return changes


def _records(found: JsonValue) -> set[str]:
    """Evidence lies by indicator; everything else is a list of ids, or a count."""
    if isinstance(found, dict):
        return {f"{name}: {record}" for name, records in found.items() for record in _records(records)}
    if isinstance(found, list):
        return {str(record) for record in found}
    return set() if found is None else {str(found)}
