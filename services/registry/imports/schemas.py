"""Imports as JSON."""

from __future__ import annotations

from typing import Self

from services.registry.imports.rows import Kind, Problem, Tally
from shared.files.columns import Column
from shared.http.messages import Language, Messages
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.operations.schemas import OperationState


class RowProblem(Response):
    """What is wrong with a row and what to do about it: `sheet`, `row` as the spreadsheet counts, `column` (field) with
    its Chinese title, and the value that stood there."""

    sheet: str
    row: int
    column: str | None
    title: str | None
    value: str | None
    code: str
    message: str
    remedy: str

    @classmethod
    def of(cls, problem: Problem, columns: dict[str, Column], messages: Messages, language: Language) -> Self:
        """With the texts of the caller's language."""
        column = columns.get((problem.column or "").partition(".")[0])
        if problem.of_field:
            message = messages.field(problem.code, language, problem.params)
            remedy = "" if column is None else (column.remedy_zh if language == "zh" else column.remedy_en)
        else:
            text = messages.text(problem.code, language, problem.params)
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


class ImportOut(Response):
    """What came of a file. `committed`: its rows are on record; otherwise nothing of it is."""

    kind: str
    dry_run: bool
    partial: bool
    committed: bool
    rows: int
    inserted: int
    unchanged: int
    refused: int
    problems: list[RowProblem]

    @classmethod
    def of(
        cls, kind: Kind, tally: Tally, problems: list[RowProblem], *, dry_run: bool, partial: bool, committed: bool
    ) -> Self:
        """The counts with their problems."""
        return cls(
            kind=kind.name,
            dry_run=dry_run,
            partial=partial,
            committed=committed,
            rows=tally.rows,
            inserted=tally.inserted,
            unchanged=tally.unchanged,
            refused=tally.refused,
            problems=problems,
        )


class ImportOptions(Request):
    """`dry_run` only checks; `partial` carries out the good rows of a file with bad ones."""

    dry_run: bool = False
    partial: bool = False


class OperationOut(OperationState[RowProblem]):
    """An import's progress; `errors` are its first problems, all of them under `/problems`."""


class ProblemFilter(PageParams):
    """The list of problems has no filters."""
