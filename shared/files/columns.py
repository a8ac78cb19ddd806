"""The columns of a table file: what its header may say, and what a cell means.

A header is the Chinese name, the field's name, or both below each other, as in the template. A cell with a word of the
policy may hold its code, its name, or both ("540102 城关区"), as the template's lists offer them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field as attribute
from datetime import date, datetime
from typing import Final, Literal, TypeAlias

from shared.errors import DomainError
from shared.files.tables import Cell, SheetRow
from shared.http.schemas import acceptable, printable
from shared.http.validation import Fault

ColumnKind: TypeAlias = Literal["text", "date", "flag", "number", "words"]

_DATE: Final = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?")
_FLAGS: Final = {"是": True, "true": True, "yes": True, "1": True, "否": False, "false": False, "no": False, "0": False}
_SEPARATORS: Final = re.compile(r"[;；,，、\n]")
_OTHER_SEPARATORS: Final = (";", "\t", "；", "，", "|")
_NEUTRALISED: Final = re.compile(r"'(?=[=+\-@\t\r])")
_EXACT_DIGITS: Final = 15
"""Spreadsheets keep this many digits of a number."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `words` are the codes it may hold with their Chinese names; `remedy` says how to fill it in."""

    field: str
    title: str
    kind: ColumnKind = "text"
    required: bool = False
    words: Mapping[str, str] = attribute(default_factory=dict)
    remedy_zh: str = ""
    remedy_en: str = ""
    example: str = ""


@dataclass(frozen=True, slots=True)
class CellFault:
    """What is wrong with one cell; `value` is what it held, printable."""

    column: str
    value: str
    fault: Fault


def match_header(columns: Sequence[Column], row: SheetRow) -> list[Column | None]:
    """The column of each cell; None for an empty header. Raises 422 `import-columns-wrong`: a column that is not known
    would be a value that somebody believes to have been taken."""
    _require_commas(row)
    named = {name: column for column in columns for name in (column.field, column.title)}
    names = [printable(str(cell).strip()) for cell in row.cells]
    found = [named.get(name.rstrip("*＊").strip()) for name in names]
    fields = [column.field for column in found if column is not None]
    unknown = [name for name, column in zip(names, found, strict=True) if name and column is None]
    missing = [column.title for column in columns if column.required and column.field not in fields]
    repeated = sorted({name for name in fields if fields.count(name) > 1})
    if unknown or missing or repeated:
        params = {"sheet": row.sheet, "missing": missing, "unknown": unknown[:20], "repeated": repeated}
        raise DomainError("import-columns-wrong", 422, params={name: value or None for name, value in params.items()})
    return found


def _require_commas(row: SheetRow) -> None:
    """Raises 422 `import-separator-wrong` for a header in one cell that something else than commas parts."""
    cells = [str(cell) for cell in row.cells if str(cell).strip()]
    found = [mark for mark in _OTHER_SEPARATORS if len(cells) == 1 and mark in cells[0]]
    if found:
        shown = "tab" if found[0] == "\t" else found[0]
        raise DomainError("import-separator-wrong", 422, params={"sheet": row.sheet, "separator": shown})


def is_second_header(found: Sequence[Column | None], row: SheetRow) -> bool:
    """Whether the row only repeats the fields' names, as in the template."""
    names = [str(cell).strip() for cell in row.cells]
    return names == [column.field if column else "" for column in found][: len(names)]


def values_of(found: Sequence[Column | None], cells: Sequence[Cell]) -> tuple[dict[str, object], list[CellFault]]:
    """The row's values by field, empty ones left out, and the cells that mean nothing."""
    values: dict[str, object] = {}
    faults: list[CellFault] = []
    for column, cell in zip(found, cells, strict=False):
        text = _shown(cell)
        if column is None or text == "":
            continue
        hidden = None if acceptable(text) else Fault(column.field, "text_not_acceptable", {})
        value = hidden or _value(column, cell, text)
        if isinstance(value, Fault):
            faults.append(CellFault(column.field, printable(text), value))
        else:
            values[column.field] = value
    return values, faults


def _value(column: Column, cell: Cell, text: str) -> object:
    if column.kind == "date":
        return _date(column, text)
    if column.kind == "flag":
        return _FLAGS.get(text.lower(), Fault(column.field, "cell_not_flag", {}))
    if column.kind == "words":
        return [_word(column, part.strip()) for part in _SEPARATORS.split(text) if part.strip()]
    if isinstance(cell, float) and column.kind == "text" and abs(cell) >= 10**_EXACT_DIGITS:
        return Fault(column.field, "cell_not_text", {})
    return _word(column, text)


def _word(column: Column, text: str) -> str:
    if not column.words or text in column.words:
        return text
    code = text.partition(" ")[0]
    if code in column.words and text == offered(code, column.words[code]):
        return code
    return next((known for known, title in column.words.items() if title == text), text)


def offered(code: str, title: str) -> str:
    """A word as the template's list shows it."""
    return f"{code} {title}"


def _shown(cell: Cell) -> str:
    """The cell as its reader sees it: whole numbers without a fraction, days without a time."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if not (cell.hour or cell.minute or cell.second) else cell.isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    return _NEUTRALISED.sub("", unicodedata.normalize("NFC", str(cell)).strip(), count=1)


def _date(column: Column, text: str) -> date | Fault:
    match = _DATE.fullmatch(text)
    try:
        if match is not None:
            return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        pass
    return Fault(column.field, "cell_not_date", {})
