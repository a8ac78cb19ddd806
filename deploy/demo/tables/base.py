"""Reading and writing a CSV file whose lines are rows of one type."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, field_validator

DATA = Path(__file__).parents[1] / "data"

LIST_SEPARATOR = ";"


class Row(BaseModel):
    """A line of a file. An empty cell is None, a list is separated by semicolons, yes and no are words."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: ClassVar[str]

    @field_validator("*", mode="before")
    @classmethod
    def _from_cell(cls, value: object) -> object:
        return None if value == "" else value

    def cells(self) -> list[str]:
        return [_cell(value) for value in self.model_dump().values()]


R = TypeVar("R", bound=Row)


def write(rows: Sequence[Row], folder: Path) -> Path:
    """Write one kind of rows to its file, in their order. Raises IndexError without rows."""
    kind = type(rows[0])
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(kind.model_fields)
    writer.writerows(row.cells() for row in rows)
    path = folder / kind.file
    path.write_text(out.getvalue(), encoding="utf-8")
    return path


def read(kind: type[R], folder: Path = DATA) -> list[R]:
    """All rows of a file. Raises ValidationError that names the cell."""
    with (folder / kind.file).open(encoding="utf-8", newline="") as lines:
        return [kind.model_validate(line) for line in csv.DictReader(lines)]


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return LIST_SEPARATOR.join(map(str, value))
    return value.isoformat() if isinstance(value, date) else str(value)


def words(value: object) -> object:
    """A cell with a list."""
    return tuple(value.split(LIST_SEPARATOR)) if isinstance(value, str) and value else value or None


def select(rows: Iterable[R], centres: frozenset[str]) -> list[R]:
    """The rows of some centres."""
    return [row for row in rows if getattr(row, "centre", None) in centres]
