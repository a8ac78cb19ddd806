"""Reading a workbook of reports: which quarter each sheet is of, and what stands in its cells."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

from services.evaluation.reports.line_workbook import CODE_FIELD
from services.evaluation.reports.workbook import BASE, CENTRE, FIELD, PERIOD, VALUE
from shared.errors import DomainError
from shared.files.tables import Cell, SheetRow, open_table
from shared.http.schemas import printable

MAX_QUARTERS: Final = 8
MAX_ROWS: Final = 20_000
_YEAR: Final = re.compile(r"20[0-9]{2}|21[0-9]{2}")
_QUARTER: Final = re.compile(r"[1-4]")
_VERSION: Final = re.compile(r"[0-9]{1,9}")

Key: TypeAlias = tuple[str, int, int]
"""A centre's number, year and quarter."""


@dataclass(slots=True)
class Filled:
    """A sheet as it was read: which report it is of, and its cells with their row numbers: `cells` of the form, or
    `rows` of enterprises under the fields of `line_head`."""

    sheet: str
    centre_no: str = ""
    year: int = 0
    quarter: int = 0
    base: int | None = None
    """The version of the report that the sheet was downloaded with."""
    head: list[str] = field(default_factory=list)
    cells: list[tuple[int, str, Cell]] = field(default_factory=list)
    line_head: list[str] = field(default_factory=list)
    line_head_row: int = 0
    rows: list[tuple[int, list[Cell]]] = field(default_factory=list)

    @property
    def usable(self) -> bool:
        return bool(self.centre_no and self.year and self.quarter and (self.head or self.line_head))

    @property
    def key(self) -> Key:
        return self.centre_no, self.year, self.quarter


@dataclass(slots=True)
class Quarter:
    """The sheets of one quarter: the form's, the enterprises', or both. They are taken together or not at all."""

    key: Key
    form: Filled | None = None
    lines: Filled | None = None

    @property
    def sheets(self) -> list[Filled]:
        return [one for one in (self.form, self.lines) if one is not None]


@dataclass(frozen=True, slots=True)
class Book:
    """A workbook in the order of its quarters, and the sheets that are none or stand there twice."""

    quarters: list[Quarter]
    unknown: list[Filled]
    twice: list[Filled]


def read_book(path: Path) -> Book:
    """The file's sheets by quarter. Not on the event loop. Raises 413 and 422 for a file that cannot be read, has no
    sheet at all, or too many."""
    table = open_table(path)
    if table.rows > MAX_ROWS:
        raise DomainError("workbook-sheets-too-many", 422, params={"sheets": MAX_QUARTERS})
    sheets: dict[str, Filled] = {}
    for row in table.read():
        _put(sheets.setdefault(row.sheet, Filled(row.sheet)), row)
    if not sheets:
        raise DomainError("import-empty", 422)
    if max(len(sheets) - sum(bool(one.line_head) for one in sheets.values()), len(_keys(sheets))) > MAX_QUARTERS:
        raise DomainError("workbook-sheets-too-many", 422, params={"sheets": MAX_QUARTERS})
    return _by_quarter(list(sheets.values()))


def _keys(sheets: dict[str, Filled]) -> set[Key]:
    return {one.key for one in sheets.values() if one.usable}


def _by_quarter(sheets: list[Filled]) -> Book:
    quarters: dict[Key, Quarter] = {}
    unknown, twice = [one for one in sheets if not one.usable], list[Filled]()
    for one in sorted((one for one in sheets if one.usable), key=lambda one: (one.year, one.quarter)):
        quarter = quarters.setdefault(one.key, Quarter(one.key))
        if one.head and quarter.form is None:
            quarter.form = one
        elif one.line_head and quarter.lines is None:
            quarter.lines = one
        else:
            twice.append(one)
    return Book(list(quarters.values()), unknown, twice)


def _put(filled: Filled, row: SheetRow) -> None:
    texts = [_text(cell) for cell in row.cells]
    if texts[0] == CENTRE and len(texts) > 1:
        filled.centre_no = texts[1]
    elif texts[0] == PERIOD and len(texts) > 2:
        if _YEAR.fullmatch(texts[1]) and _QUARTER.fullmatch(texts[2]):
            filled.year, filled.quarter = int(texts[1]), int(texts[2])
        if len(texts) > 4 and texts[3] == BASE and _VERSION.fullmatch(texts[4]):
            filled.base = int(texts[4])
    elif texts[0] == FIELD and VALUE in texts:
        filled.head = texts
    elif texts[0] == CODE_FIELD and not filled.head:
        filled.line_head, filled.line_head_row = texts, row.number
    elif filled.line_head:
        filled.rows.append((row.number, list(row.cells)))
    elif filled.head and texts[0]:
        place = filled.head.index(VALUE)
        filled.cells.append((row.number, texts[0], row.cells[place] if place < len(row.cells) else ""))


def _text(cell: Cell) -> str:
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else printable(str(cell).strip())
