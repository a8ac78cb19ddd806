"""What a file of vouchers looks like, and the request that a row of it stands for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Final, TypeAlias

from pydantic import StringConstraints, ValidationError

from services.vouchers.schemas import CaseNo, Word
from shared.errors import DomainError
from shared.files.columns import Column, is_second_header, match_header, values_of
from shared.files.problems import Problem, cell_problem, masked_params, shown
from shared.files.tables import SheetRow, TableFile
from shared.http.messages import Messages
from shared.http.schemas import Request
from shared.http.validation import Fault, faults_of
from shared.identifiers import UnifiedSocialCreditCode
from shared.money import PositiveMoney

KIND: Final = "vouchers"
TITLE: Final = "批量发券"
MAX_ROWS: Final = 2_000
"""Rows of one batch: an approver has to be able to look at it, and its check holds a transaction."""


class VoucherRow(Request):
    """A voucher to issue: to whom, under which programme, and for how much (yuan)."""

    enterprise_code: UnifiedSocialCreditCode
    enterprise_name: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None
    programme_no: CaseNo
    face_value: PositiveMoney
    category: Word | None = None

    @property
    def key(self) -> tuple[str, str, str | None]:
        """What makes two rows the same voucher."""
        return self.enterprise_code, self.programme_no, self.category


COLUMNS: Final = (
    Column(
        "enterprise_code",
        "企业统一社会信用代码",
        "text",
        True,
        remedy_zh="18 位代码，单元格设为文本格式；企业须已由双创中心备案",
        remedy_en="The 18 characters of the code, in a cell formatted as text; its centre has filed it",
        example="91540100MA6T10000X",
    ),
    Column(
        "enterprise_name",
        "企业名称",
        "text",
        remedy_zh="可不填；填写时须与备案名称一致",
        remedy_en="May be left empty; where it is given it is the name on record",
    ),
    Column(
        "programme_no",
        "券项目编号",
        "text",
        True,
        remedy_zh="本区域发放中的券项目编号",
        remedy_en="The number of an open programme of your division",
        example="VP-2019-0001",
    ),
    Column(
        "face_value",
        "面额（元）",
        "number",
        True,
        remedy_zh="大于 0 的金额，最多两位小数，不带千分位",
        remedy_en="More than 0, at most two decimals, without thousands separators",
        example="5000.00",
    ),
    Column(
        "category",
        "限定服务类别代码",
        "text",
        remedy_zh="可不填；填写项目所列类别的代码，例如 legal_protection",
        remedy_en="May be left empty; else the word of one of the programme's categories",
        example="legal_protection",
    ),
)
BY_FIELD: Final = {column.field: column for column in COLUMNS}


@dataclass(frozen=True, slots=True)
class Row:
    """A row that can be understood."""

    sheet: str
    number: int
    sent: VoucherRow


Read: TypeAlias = Row | list[Problem]


@cache
def messages() -> Messages:
    """The texts of the voucher service."""
    return Messages.load(Path(__file__).parent.parent / "messages.toml")


def read_rows(table: TableFile) -> list[Read]:
    """All rows of a file. Takes long for a large one: not on the event loop. Raises 422 `import-columns-wrong`,
    `import-empty`, `batch-too-many-rows`."""
    found: list[Read] = []
    seen: dict[object, int] = {}
    for header, row in _data(table):
        if len(found) == MAX_ROWS:
            raise DomainError("batch-too-many-rows", 422, params={"rows": MAX_ROWS})
        found.append(_understood(header, row, seen))
    if not found:
        raise DomainError("import-empty", 422)
    return found


def _data(table: TableFile) -> Iterator[tuple[Sequence[Column | None], SheetRow]]:
    """The rows below the headers, each with its sheet's columns."""
    sheet, second = "", False
    header: list[Column | None] = []
    for row in table.read():
        if row.sheet != sheet:
            sheet, header, second = row.sheet, match_header(COLUMNS, row), True
            continue
        if second and is_second_header(header, row):
            second = False
            continue
        second = False
        yield header, row


def _understood(header: Sequence[Column | None], row: SheetRow, seen: dict[object, int]) -> Read:
    values, cells = values_of(header, row.cells)
    problems = [cell_problem(row.sheet, row.number, cell) for cell in cells]
    bad = {problem.column for problem in problems}
    try:
        sent = VoucherRow.model_validate(values)
    except ValidationError as error:
        faults = faults_of(error.errors())
    else:
        first = seen.setdefault(sent.key, row.number)
        if problems or first == row.number:
            return problems or Row(row.sheet, row.number, sent)
        faults = [Fault("enterprise_code", "cell_twice", {"row": first})]
    more = [field_problem(row.sheet, row.number, fault, values.get(fault.field)) for fault in faults]
    return [*problems, *(problem for problem in more if problem.column not in bad)]


def field_problem(sheet: str, number: int, fault: Fault, value: object) -> Problem:
    """One field's fault."""
    return Problem(sheet, number, fault.field, shown(fault.field, value), fault.type, True, masked_params(fault.params))


_REFUSED_AT: Final = {
    "batch-row-other-division": "programme_no",
    "programme-not-open": "programme_no",
    "programme-of-other-year": "programme_no",
    "voucher-budget-exceeded": "face_value",
    "voucher-quota-exceeded": "face_value",
    "voucher-city-quota-exceeded": "face_value",
    "category-not-in-programme": "category",
    "batch-enterprise-name-differs": "enterprise_name",
}


def row_problem(row: Row, refused: DomainError) -> Problem:
    """A refusal, at the column that it is about."""
    column = _REFUSED_AT.get(refused.code, "enterprise_code")
    value = shown(column, getattr(row.sent, column))
    return Problem(row.sheet, row.number, column, value, refused.code, False, masked_params(refused.params))
