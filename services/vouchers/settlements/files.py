"""The payment file as a table, and the bank's answer read (4.3-4).

Both have one header line, a line a payment, and lines of control totals at the end, so that a bank may send our file
back with the outcomes filled in.
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

from services.vouchers.settlements import states
from services.vouchers.settlements.paying import PaymentFile
from services.vouchers.settlements.schemas import MAX_RESULTS, ResultControl, ResultIn
from shared.errors import DomainError
from shared.files.columns import Column, is_second_header, match_header, values_of
from shared.files.tables import TableFile, open_table
from shared.http.exports import neutral
from shared.http.validation import Fault, PayloadInvalid, faults_of

TITLE: Final = "兑付付款"
PAYMENT: Final = "payment"
_CONTROLS: Final[Mapping[str, str]] = {"total_count": "count", "total_amount": "amount", "file_digest": "file_digest"}
_KINDS: Final[Mapping[str, str]] = {
    PAYMENT: "付款",
    "total_count": "合计笔数",
    "total_amount": "合计金额",
    "file_digest": "文件校验码",
}
_OUTCOMES: Final[Mapping[str, str]] = {
    states.PAID: "已付",
    states.REJECTED: "拒付",
    states.ERROR: "出错",
    states.RETURNED: "退汇",
}
_KIND: Final = Column(
    "kind",
    "类型",
    required=True,
    words=_KINDS,
    remedy_zh="付款行填“付款”；合计笔数、合计金额、文件校验码各一行",
    remedy_en="payment on each payment; each of the three control lines once",
    example="付款",
)
_REFERENCE: Final = Column(
    "reference",
    "付款编号",
    remedy_zh="与付款文件一致；合计行留空",
    remedy_en="as in the payment file; empty on control lines",
    example="ST-2019-0001-0001",
)
_AMOUNT: Final = Column(
    "amount",
    "金额",
    remedy_zh="元，最多两位小数，不带千分位",
    remedy_en="yuan, at most two decimals, no separators",
    example="1000.00",
)
_CONTROL: Final = Column(
    "control", "合计", remedy_zh="合计行的值；付款行留空", remedy_en="of control lines only", example="1"
)
ORDERED: Final = (
    _KIND,
    _REFERENCE,
    Column("account_name", "收款人"),
    Column("bank", "开户行"),
    Column("bank_code", "行号"),
    Column("number", "账号"),
    _AMOUNT,
    Column("purpose", "用途"),
    _CONTROL,
)
ANSWERED: Final = (
    *ORDERED,
    Column(
        "outcome",
        "结果",
        words=_OUTCOMES,
        remedy_zh="已付、拒付、出错或退汇",
        remedy_en="one of the list",
        example="已付",
    ),
    Column("settled_on", "处理日期", kind="date", example="2019-06-20"),
    Column("bank_reference", "银行流水号", example="CCB2019062000001"),
    Column("reason", "未付原因"),
)
_ANSWER_FIELDS: Final = ("reference", "outcome", "amount", "settled_on", "bank_reference", "reason")
_MOST_FAULTS: Final = 100


def table_of(file: PaymentFile) -> list[tuple[str, ...]]:
    """The file as rows below the header. Names are neutralised: nothing in it is taken for a formula."""
    purpose = f"创新创业券兑付 {file.no}"
    rows = [
        (
            PAYMENT,
            order.reference,
            neutral(order.account_name),
            neutral(order.bank),
            order.bank_code,
            order.number,
            f"{order.amount:.2f}",
            purpose,
            "",
        )
        for order in file.orders
    ]
    empty = ("",) * 7
    controls = (
        ("total_count", *empty, str(len(file.orders))),
        ("total_amount", *empty, f"{file.total:.2f}"),
        ("file_digest", *empty, file.digest),
    )
    return [*rows, *controls]


def csv_of(rows: Sequence[tuple[str, ...]]) -> bytes:
    """UTF-8 with the mark that spreadsheets look for, the fields' names as header."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([column.field for column in ORDERED])
    writer.writerows(rows)
    return text.getvalue().encode("utf-8-sig")


def xlsx_of(rows: Sequence[tuple[str, ...]]) -> bytes:
    """A workbook; every cell is text, so that no digit of an account is lost. Not on the event loop."""
    with TemporaryDirectory(prefix="mc-payment-") as folder:
        path = Path(folder) / "payment.xlsx"
        book: Any = xlsxwriter.Workbook(str(path))
        sheet = book.add_worksheet(TITLE)
        for number, row in enumerate([tuple(column.title for column in ORDERED), *rows]):
            for place, cell in enumerate(row):
                sheet.write_string(number, place, cell)
        book.close()
        return path.read_bytes()


def read_answer(path: Path, name: str | None) -> tuple[str, list[ResultIn], ResultControl]:
    """Format, results and control totals of the bank's file. Not on the event loop.

    Raises 413 and 422 as `open_table`, 422 `import-columns-wrong`, `import-too-many-rows`, and PayloadInvalid with the
    row and column of everything that means nothing.
    """
    table = open_table(path, name)
    if table.rows > MAX_RESULTS + len(_CONTROLS) + 2:
        raise DomainError("import-too-many-rows", 422, params={"rows": MAX_RESULTS})
    results: list[ResultIn] = []
    controls: dict[str, object] = {}
    faults: list[Fault] = []
    for number, values in _rows(table, faults):
        kind = str(values.get("kind", ""))
        if kind in _CONTROLS:
            if _CONTROLS[kind] in controls:
                faults.append(Fault(f"rows.{number}.kind", "cell_twice", {"row": number}))
            controls[_CONTROLS[kind]] = values.get("control", values.get("amount"))
            continue
        if kind != PAYMENT:
            faults.append(Fault(f"rows.{number}.kind", "enum", {"expected": ", ".join(_KINDS.values())}))
            continue
        try:
            sent = {field: value for field, value in values.items() if field in _ANSWER_FIELDS}
            results.append(ResultIn.model_validate(sent))
        except ValidationError as error:
            faults += [Fault(f"rows.{number}.{one.field}", one.type, one.params) for one in faults_of(error.errors())]
    if not results and not faults:
        faults.append(Fault("rows", "missing", {}))
    if faults:
        raise PayloadInvalid(*faults[:_MOST_FAULTS])
    return table.format, results, _control(controls)


def _control(controls: dict[str, object]) -> ResultControl:
    """Raises PayloadInvalid at the total that is missing or means nothing."""
    try:
        return ResultControl.model_validate(controls)
    except ValidationError as error:
        by_field = {field: kind for kind, field in _CONTROLS.items()}
        found = faults_of(error.errors())
        raise PayloadInvalid(
            *(Fault(by_field.get(one.field, one.field), one.type, one.params) for one in found)
        ) from error


def _rows(table: TableFile, faults: list[Fault]) -> Iterator[tuple[int, dict[str, object]]]:
    """The rows below the header, all sheets; what a cell cannot mean goes to `faults`."""
    sheet, found, second = "", list[Column | None](), False
    for row in table.read():
        if row.sheet != sheet:
            sheet, found, second = row.sheet, match_header(ANSWERED, row), True
            continue
        if second:
            second = False
            if is_second_header(found, row):
                continue
        values, wrong = values_of(found, row.cells)
        faults += [Fault(f"rows.{row.number}.{cell.column}", cell.fault.type, cell.fault.params) for cell in wrong]
        if not wrong:
            yield row.number, values
