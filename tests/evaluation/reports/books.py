"""Workbooks of reports as a person handles them: downloaded, saved, uploaded."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any

import xlsxwriter
from httpx import Response
from python_calamine import CalamineWorkbook

from tests.evaluation.known import Centre
from tests.evaluation.support import Caller

IMPORT = "/v1/imports/quarterly-reports"
Rows = list[list[Any]]


async def template(operator: Caller, centre: Centre, year: int = 2019) -> dict[str, Rows]:
    """The sheets of a year's template by name."""
    answer = await operator.get(f"{IMPORT}/template", centre_id=centre.id, year=year)
    assert answer.status_code == 200, answer.text
    book = CalamineWorkbook.from_filelike(BytesIO(answer.content))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def saved(sheets: Mapping[str, Rows]) -> bytes:
    """Sheets as a file."""
    target = BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    for name, rows in sheets.items():
        page = book.add_worksheet(name)
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                if cell not in ("", None):
                    page.write(number, column, cell)
    book.close()
    return target.getvalue()


async def upload(operator: Caller, content: bytes, **options: str) -> Response:
    """The file as the whole body."""
    headers = {**operator._headers(), "Content-Type": "application/octet-stream"}
    return await operator.client.post(IMPORT, content=content, params=options, headers=headers)
