"""The sheet of a quarter's enterprises: a row for each, with its figures in the units of the printed form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

from services.evaluation.reports.form import as_entered
from services.evaluation.reports.lines import CODE, MAX_LINES, Line, Lines
from services.evaluation.reports.stays import Tenants
from shared.files.columns import Column
from shared.http.exports import neutral
from shared.policy.edition import Edition
from shared.policy.report_form import LineField

CODE_FIELD: Final = CODE
"""What the row of field names begins with; rows of enterprises follow it."""
SUFFIX: Final = "企业"
_HEADS: Final = ("统一社会信用代码（团队填编号）", "企业名称", "季末在驻")
SHOWN: Final = ("name", "there_at_end")
"""Columns that are only there to be read."""
_NAMES: Final = (CODE_FIELD, *SHOWN)
_WIDTHS: Final = (24, 36, 10)
_FIRST_ROW: Final = 4
_THOUSANDS: Final = "千元"
CODE_COLUMN: Final = Column(
    CODE_FIELD,
    _HEADS[0],
    "text",
    remedy_zh="填写登记系统中的统一社会信用代码，尚未注册的团队填其编号",
    remedy_en="The unified social credit code on record, or a team's number",
)


EnterpriseRow: TypeAlias = tuple[Line, str, bool]
"""A line as the sheet shows it, whose it is, and whether that one is there at the quarter's end."""


def rows_of(lines: Lines, tenants: Tenants) -> list[EnterpriseRow]:
    """The lines there are, and an empty one for each further enterprise that is there at the quarter's end."""
    rows: list[EnterpriseRow] = []
    for line in lines:
        tenant = tenants.of_line(line)
        rows.append((line, "" if tenant is None else tenant.name, tenant is not None and tenant.there_at_end))
    lined = [tenants.of_line(line) for line in lines]
    rows += [({CODE: one.code}, one.name, True) for one in tenants.at_end if one not in lined]
    return rows


def line_columns(edition: Edition, version: int) -> dict[str, Column]:
    """What may be filled in of each enterprise, by field."""
    form = edition.report_form
    return {name: _column(name, field) for name, field in form.lines_of(version).items()}


def _column(name: str, field: LineField) -> Column:
    kind_zh, kind_en = ("金额", "amount") if field.kind == "amount" else ("整数", "whole number")
    remedy = (f"填写不小于 0 的{kind_zh}", f"A {kind_en} of 0 or more")
    return Column(name, field.title_zh, "number", False, {}, *remedy)


def write_lines(
    book: Any,
    formats: Mapping[str, Any],
    edition: Edition,
    head: Sequence[Sequence[str]],
    title: str,
    version: int,
    rows: Sequence[EnterpriseRow],
) -> None:
    """Add the sheet to a workbook; `head` are its first rows, as the form's sheet has them."""
    page = book.add_worksheet(title)
    fields = edition.report_form.lines_of(version)
    for number, width in enumerate((*_WIDTHS, *(18 for _ in fields))):
        page.set_column(number, number, width)
    for row, cells in enumerate(head):
        for number, text in enumerate(cells):
            page.write_string(row, number, text)
    units = edition.report_form.units
    titles = (
        f"{field.title_zh}（{_THOUSANDS if field.enter_in else units[field.unit].title_zh}）"
        for field in fields.values()
    )
    for number, text in enumerate((*_HEADS, *titles)):
        page.write_string(2, number, text, formats["head"])
    for number, text in enumerate((*_NAMES, *fields)):
        page.write_string(3, number, text, formats["fixed"])
    page.freeze_panes(_FIRST_ROW, len(_NAMES))
    for place, (line, name, there) in enumerate(rows, start=_FIRST_ROW):
        page.write_string(place, 0, neutral(str(line[CODE])), formats["fixed"])
        page.write_string(place, 1, neutral(name), formats["fixed"])
        page.write_string(place, 2, "是" if there else "否", formats["fixed"])
        for number, (figure, field) in enumerate(fields.items(), start=len(_NAMES)):
            _write(page, place, number, as_entered(field, line.get(figure)), formats["value"])
    for number, field in enumerate(fields.values(), start=len(_NAMES)):
        if field.kind == "count":
            rule = {"validate": "integer", "criteria": ">=", "value": 0}
            page.data_validation(_FIRST_ROW, number, MAX_LINES + _FIRST_ROW, number, rule)


def _write(page: Any, row: int, column: int, value: object, style: Any) -> None:
    if value is None:
        page.write_blank(row, column, None, style)
    elif isinstance(value, int):
        page.write_number(row, column, value, style)
    else:
        page.write_string(row, column, str(value), style)
