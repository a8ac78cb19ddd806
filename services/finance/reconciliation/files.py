"""A day as a table: the bank's file read, our statement written, in one form (3.2-1).

One header line, a line for each movement, and four lines of control totals whose `amount` is the total. A bank may send
our statement back as it is.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import xlsxwriter
from pydantic import ValidationError

from services.finance.reconciliation import states
from services.finance.reconciliation.rules import Movement, Totals
from services.finance.reconciliation.schemas import MAX_LINES, ControlIn, LineIn
from shared.errors import DomainError
from shared.files.columns import Column, is_second_header, match_header, values_of
from shared.files.tables import TableFile, open_table
from shared.files.templates import write_template
from shared.http.validation import Fault, PayloadInvalid, faults_of

TITLE: Final = "银行日对账"
_CONTROLS: Final[Mapping[str, str]] = {
    "total_count": "count",
    "total_disbursed": "disbursed",
    "total_repaid": "repaid",
    "total_outstanding": "outstanding",
}
_KINDS: Final[Mapping[str, str]] = {
    states.DISBURSEMENT: "放款",
    states.REPAYMENT: "还本",
    states.DISBURSEMENT_REVERSAL: "放款冲正",
    states.REPAYMENT_REVERSAL: "还本冲正",
    "total_count": "合计笔数",
    "total_disbursed": "合计放款",
    "total_repaid": "合计还本",
    "total_outstanding": "日终余额",
}
COLUMNS: Final = (
    Column(
        "kind",
        "类型",
        required=True,
        words=_KINDS,
        remedy_zh="从列表中选择；四个合计行各一行，必须都有",
        remedy_en="one of the list; each of the four totals once",
        example="放款",
    ),
    Column(
        "reference",
        "银行流水号",
        remedy_zh="与接口上报时的流水号一致；合计行留空",
        remedy_en="as reported over the interface; empty for totals",
        example="CCB20190506-0001",
    ),
    Column(
        "case_no",
        "业务编号",
        remedy_zh="本系统的业务编号；合计行留空",
        remedy_en="our number of the case; empty for totals",
        example="RF-2019-0001",
    ),
    Column(
        "amount",
        "金额",
        required=True,
        remedy_zh="元，最多两位小数，不带千分位；合计笔数填整数",
        remedy_en="yuan, at most two decimals, no separators; the count as a whole number",
        example="100000.00",
    ),
)
_MOST_FAULTS: Final = 100


def read_day(path: Path, name: str | None) -> tuple[str, list[LineIn], ControlIn]:
    """Format, lines and totals of a file. Not on the event loop.

    Raises 413 and 422 as `open_table`, 422 `import-columns-wrong`, `import-too-many-rows`, and PayloadInvalid with the
    row and column of everything that means nothing.
    """
    table = open_table(path, name)
    if table.rows > MAX_LINES + len(_CONTROLS) + 2:
        raise DomainError("import-too-many-rows", 422, params={"rows": MAX_LINES})
    lines: list[LineIn] = []
    controls: dict[str, object] = {}
    faults: list[Fault] = []
    for number, values in _rows(table, faults):
        kind = str(values.get("kind", ""))
        if kind in _CONTROLS:
            if _CONTROLS[kind] in controls:
                faults.append(Fault(f"rows.{number}.kind", "cell_twice", {"row": number}))
            controls[_CONTROLS[kind]] = values.get("amount")
            continue
        try:
            lines.append(LineIn.model_validate(values))
        except ValidationError as error:
            faults += [Fault(f"rows.{number}.{one.field}", one.type, one.params) for one in faults_of(error.errors())]
    if faults:
        raise PayloadInvalid(*faults[:_MOST_FAULTS])
    return table.format, lines, _control(controls)


def _control(controls: dict[str, object]) -> ControlIn:
    """Raises PayloadInvalid at the total that is missing or means nothing."""
    try:
        return ControlIn.model_validate(controls)
    except ValidationError as error:
        by_field = {field: kind for kind, field in _CONTROLS.items()}
        found = faults_of(error.errors())
        raise PayloadInvalid(*(Fault(by_field.get(one.field, one.field), one.type, one.params) for one in found)) from (
            error
        )


def _rows(table: TableFile, faults: list[Fault]) -> Iterator[tuple[int, dict[str, object]]]:
    """The rows below the header, all sheets; what a cell cannot mean goes to `faults`."""
    sheet, found, second = "", list[Column | None](), False
    for row in table.read():
        if row.sheet != sheet:
            sheet, found, second = row.sheet, match_header(COLUMNS, row), True
            continue
        if second:
            second = False
            if is_second_header(found, row):
                continue
        values, wrong = values_of(found, row.cells)
        faults += [Fault(f"rows.{row.number}.{cell.column}", cell.fault.type, cell.fault.params) for cell in wrong]
        if not wrong:
            yield row.number, values


def table_of(movements: Sequence[Movement], totals: Totals) -> list[tuple[str, str, str, str]]:
    """Our statement as rows below the header."""
    rows = [(one.kind, one.reference, one.case_no, f"{one.amount:.2f}") for one in movements]
    return [
        *rows,
        ("total_count", "", "", str(totals.count)),
        ("total_disbursed", "", "", f"{totals.disbursed:.2f}"),
        ("total_repaid", "", "", f"{totals.repaid:.2f}"),
        ("total_outstanding", "", "", f"{totals.outstanding:.2f}"),
    ]


def csv_of(rows: Sequence[tuple[str, ...]]) -> bytes:
    """UTF-8 with the mark that spreadsheets look for, the fields' names as header."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([column.field for column in COLUMNS])
    writer.writerows(rows)
    return text.getvalue().encode("utf-8-sig")


def xlsx_of(rows: Sequence[tuple[str, ...]]) -> bytes:
    """A workbook; every cell is text, so that no digit is lost. Not on the event loop."""
    with TemporaryDirectory(prefix="mc-statement-") as folder:
        path = Path(folder) / "statement.xlsx"
        book: Any = xlsxwriter.Workbook(str(path))
        sheet = book.add_worksheet(TITLE)
        for number, row in enumerate([tuple(column.title for column in COLUMNS), *rows]):
            for place, cell in enumerate(row):
                sheet.write_string(number, place, cell)
        book.close()
        return path.read_bytes()


def template() -> bytes:
    """The workbook to fill in. Not on the event loop."""
    with TemporaryDirectory(prefix="mc-template-") as folder:
        path = Path(folder) / "template.xlsx"
        write_template(path, TITLE, COLUMNS, rows=MAX_LINES)
        return path.read_bytes()
