"""Table files for tests, made as people's programs make them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from io import BytesIO, StringIO

import xlsxwriter

Cell = str | float | bool | date | None


def as_csv(rows: Iterable[Sequence[Cell]], encoding: str = "utf-8") -> bytes:
    text = StringIO()
    csv.writer(text).writerows(["" if cell is None else str(cell) for cell in row] for row in rows)
    return text.getvalue().encode(encoding)


def as_xlsx(sheets: Mapping[str, Sequence[Sequence[Cell]]]) -> bytes:
    target = BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                if isinstance(cell, date):
                    sheet.write_datetime(number, column, cell, day)
                elif cell is not None:
                    sheet.write(number, column, cell)
    book.close()
    return target.getvalue()
