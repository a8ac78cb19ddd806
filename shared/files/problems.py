"""What is wrong with a table file, cell by cell: kept and shown without the digits of an identity number."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from shared.files.columns import CellFault, Column
from shared.http.messages import Language, Messages
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response

_SHOWN: Final = 100
_IDENTITY_NUMBER: Final = re.compile(r"[0-9]{15}|[0-9]{17}[0-9Xx]")
_BETWEEN: Final = frozenset({"Zs", "Pd", "Pc", "Cf", "Cc"})
"""Spaces, hyphens and what is not seen, which people put between digits."""
_REFERENCE: Final = "_ref"
"""How columns end that name a person."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, where. `code` is a fault of the field (`of_field`), or a refusal of the row."""

    sheet: str
    row: int
    column: str | None
    value: str | None
    code: str
    of_field: bool
    params: Mapping[str, object]


def cell_problem(sheet: str, number: int, cell: CellFault) -> Problem:
    """One cell that means nothing in its column."""
    value, params = shown(cell.column, cell.value), masked_params(cell.fault.params)
    return Problem(sheet, number, cell.column, value, cell.fault.type, True, params)


def shown(column: str, value: object) -> str | None:
    """A column's value as a report may show it: cut, without the digits of what may be an identity number, and nothing
    at all of what names a person."""
    if value is None or column.endswith(_REFERENCE):
        return None
    text = masked("; ".join(map(str, value)) if isinstance(value, list) else str(value))
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def masked(text: str) -> str:
    """The text, or its two ends where it may hold an identity number, however that is written."""
    normal = unicodedata.normalize("NFKC", text)
    compact = "".join(sign for sign in normal if unicodedata.category(sign) not in _BETWEEN)
    if _IDENTITY_NUMBER.search(compact) is None:
        return text
    text = text.strip()
    return f"{text[:3]}…{text[-1]}"


def masked_params(params: Mapping[str, object]) -> dict[str, object]:
    """What a refusal says of the file, to be kept and shown."""
    return {name: _masked_param(value) for name, value in params.items()}


def _masked_param(value: object) -> object:
    if isinstance(value, str):
        return masked(value)
    return [_masked_param(item) for item in value] if isinstance(value, list) else value


class RowProblem(Response):
    """What is wrong with a row and what to do about it: `sheet`, `row` as the spreadsheet counts, `column` (field) with
    its Chinese title, and the value that stood there. A refusal of the whole row is shown at the column that it is
    about. Without a row: the file as a whole."""

    sheet: str
    row: int
    column: str | None
    title: str | None
    value: str | None
    code: str
    message: str
    remedy: str

    @classmethod
    def of(cls, problem: Problem, columns: Mapping[str, Column], messages: Messages, language: Language) -> Self:
        """With the texts of the caller's language."""
        column = columns.get((problem.column or "").partition(".")[0])
        if problem.of_field:
            message = messages.field(problem.code, language, problem.params)
            remedy = "" if column is None else (column.remedy_zh if language == "zh" else column.remedy_en)
        else:
            named = {"column": column.title} if column and language == "zh" and "column" in problem.params else {}
            text = messages.text(problem.code, language, {**problem.params, **named})
            message, remedy = text.title, text.detail
        return cls(
            sheet=problem.sheet,
            row=problem.row,
            column=problem.column,
            title=column.title if column else None,
            value=problem.value,
            code=problem.code,
            message=message,
            remedy=remedy or message,
        )


class ImportState(Response):
    """What came of a file. `committed`: its rows are on record, `inserted` of them new. Otherwise nothing of it is:
    after a check, or with rows refused, `inserted` is 0 and `would_insert` the number of rows that are good and new."""

    kind: str
    dry_run: bool
    partial: bool
    committed: bool
    rows: int
    inserted: int
    would_insert: int
    unchanged: int
    refused: int
    problems: list[RowProblem]


class ImportOptions(Request):
    """`dry_run` only checks; `partial` carries out the good rows of a file with bad ones."""

    dry_run: bool = False
    partial: bool = False


class ProblemFilter(PageParams):
    """The list of problems has no filters."""
