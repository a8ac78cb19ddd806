"""From a file to rows: headers matched, cells understood, requests made; in a thread of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from itertools import islice
from typing import Final, TypeAlias

from pydantic import ValidationError

from services.registry.imports.rows import Kind, Row, fault_problem
from shared.errors import DomainError
from shared.files.columns import Column, is_second_header, match_header, values_of
from shared.files.problems import Problem, cell_problem
from shared.files.tables import SheetRow, TableFile
from shared.http.validation import Fault, PayloadInvalid, faults_of
from shared.policy.edition import Edition

CHUNK: Final = 100
"""Rows at a time: some milliseconds of the interpreter, so that other requests are answered in between."""

Read: TypeAlias = Row | list[Problem]
"""A row that can be carried out, or what is wrong with it."""


@asynccontextmanager
async def chunks_of(kind: Kind, edition: Edition, table: TableFile) -> AsyncIterator[AsyncIterator[list[Read]]]:
    """The file's rows in chunks. The parser stays in one thread, as it must. Raises 422 for a file or header that is
    not of this kind."""
    with ThreadPoolExecutor(1, thread_name_prefix="import") as thread:
        loop = asyncio.get_running_loop()
        rows = _rows(kind, kind.columns(edition), table)

        async def chunks() -> AsyncIterator[list[Read]]:
            while chunk := await loop.run_in_executor(thread, lambda: list(islice(rows, CHUNK))):
                yield chunk

        try:
            yield chunks()
        finally:
            await loop.run_in_executor(thread, rows.close)


def _rows(kind: Kind, columns: Sequence[Column], table: TableFile) -> Generator[Read, None, None]:
    seen: dict[object, int] = {}
    for found, row in _data(columns, table):
        yield _understood(kind, found, row, seen)


def require_few(kind: Kind, edition: Edition, table: TableFile) -> None:
    """Raises 422 `import-too-many-rows` for a file that its kind cannot carry out at a time. Not on the event loop."""
    if kind.max_rows is None or table.rows <= kind.max_rows:
        return
    data = _data(kind.columns(edition), table)
    count = sum(1 for _ in islice(data, kind.max_rows + 1))
    data.close()
    if count > kind.max_rows:
        raise DomainError("import-too-many-rows", 422, params={"rows": kind.max_rows})


_Data: TypeAlias = Generator[tuple[list[Column | None], SheetRow], None, None]


def _data(columns: Sequence[Column], table: TableFile) -> _Data:
    """The rows below the headers, each with its sheet's columns."""
    sheet, second = "", False
    found: list[Column | None] = []
    for row in table.read():
        if row.sheet != sheet:
            sheet, found, second = row.sheet, match_header(columns, row), True
            continue
        if second:
            second = False
            if is_second_header(found, row):
                continue
        yield found, row


def _understood(kind: Kind, found: list[Column | None], row: SheetRow, seen: dict[object, int]) -> Read:
    values, faults = values_of(found, row.cells)
    problems = [cell_problem(row.sheet, row.number, fault) for fault in faults]
    bad = {problem.column for problem in problems}
    try:
        sent = kind.request(values)
    except ValidationError as error:
        more = faults_of(error.errors())
    except PayloadInvalid as error:
        more = list(error.faults)
    else:
        key = kind.key(sent)
        first = seen.setdefault(key, row.number)
        if problems or first == row.number:
            return problems or Row(row.sheet, row.number, values, sent)
        more = [Fault(_first_field(found), "cell_twice", {"row": first})]
    found_more = [fault_problem(kind, row.sheet, row.number, fault, values) for fault in more]
    return [*problems, *(problem for problem in found_more if problem.column not in bad)]


def _first_field(found: list[Column | None]) -> str:
    """The first column, which names what a row is about."""
    return next((column.field for column in found if column is not None), "")
