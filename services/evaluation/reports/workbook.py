"""The workbook that a centre fills in: a sheet a quarter, a line a field, amounts in the units of the printed form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import xlsxwriter
from pydantic import JsonValue

from services.evaluation.reports.form import Values, as_entered
from services.evaluation.reports.line_workbook import SUFFIX, EnterpriseRow, write_lines
from services.evaluation.reports.record_prefill import RECORDED
from services.evaluation.reports.texts import RECORDED_TO_EXPLAIN, TO_EXPLAIN, messages, sums_of
from services.evaluation.reports.wording import title_of
from shared.files.columns import Column
from shared.files.tables import EXPLANATIONS
from shared.http.exports import neutral
from shared.policy.edition import Edition
from shared.policy.report_form import FormField

EXPLANATION: Final = "explanation"
CENTRE: Final = "双创中心编号"
PERIOD: Final = "年度与季度"
BASE: Final = "下载时版本"
NO_REPORT: Final = 0
"""The version that stands in the sheet of a quarter without a report."""
FIELD: Final = "字段名"
VALUE: Final = "填报数"
_HEADS: Final = (FIELD, "行次", "指标", "计量单位", VALUE, "登记系统数")
_WIDTHS: Final = (28, 8, 44, 12, 18, 14)
_VALUE_COLUMN: Final = 4
_THOUSANDS: Final = "千元"
_SAID_LENGTH: Final = ("2 至 500 字", "2 to 500 characters")
_RULES: Final = (
    "每个季度有两个工作表，请勿改动工作表前两行、表头和“字段名”一列；第一个工作表只填写“填报数”一列。",
    "计量单位为“千元”的，按千元填写，最多五位小数；系统按元保存。其余金额按元填写。",
    "“下载时版本”是下载模板时报表的版本。此后报表有改动的（包括您自己导入的改动），请重新下载模板，再填写要改的数据。",
    "“企业”工作表每行是一家企业（团队），按季末在驻名单预填；本季退出的企业另加一行填写代码。股权融资、银行贷款的合计须与各企业之和一致。",
    "空格表示不改动该项，没有数据的企业行不写入。“登记系统数”供核对，与填报数不一致的，请核实哪一个有误。",
    "表末“说明”各行对应需要说明的校验，以及与登记系统数不一致的导师、培训、活动数据；数据属实的，在“填报数”一列写明原因。",
    "任何一张工作表有误，整个文件都不会写入；加 partial=true 只写入正确的工作表，加 dry_run=true 只检查。",
    "导入只保存草稿或退回的报表，不代替报送；已报送、已验收的季度，内容相同的报告为“未变动”，不同的会被拒绝。",
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a sheet: `name` is a field, a level of one (`events_by_level.municipal`), or what is said to a check
    (`explanation.jobs_steady`)."""

    name: str
    column: Column
    unit: str
    code: str = ""
    field: FormField | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A quarter as the template shows it: what the report has by now, and what the registry knows."""

    year: int
    quarter: int
    version: int
    values: Values
    explanations: Mapping[str, str]
    registry: Values
    base: int = NO_REPORT
    """The version of the report that the sheet shows."""
    enterprises: Sequence[EnterpriseRow] | None = None
    """The rows of the quarter's second sheet; None where the form has no lines."""

    @property
    def title(self) -> str:
        return f"{self.year}年第{self.quarter}季度"


def lines_of(edition: Edition, version: int) -> list[Line]:
    """The lines of a version's sheet, in the form's order."""
    return [*_fields(edition, version), *_explanations(edition, version), *_of_records(edition, version)]


def _fields(edition: Edition, version: int) -> Iterator[Line]:
    form = edition.report_form
    for name, field in form.fields_of(version).items():
        unit = _THOUSANDS if field.enter_in else form.units[field.unit].title_zh
        if field.kind != "by_level":
            yield Line(name, _column(name, field, field.title_zh), unit, field.line, field)
            continue
        for level, words in edition.activities.levels.items():
            title = f"{field.title_zh}：{words.title_zh}"
            yield Line(f"{name}.{level}", _column(f"{name}.{level}", field, title), unit, field.line, field)


def _column(name: str, field: FormField, title: str) -> Column:
    if field.kind == "flag":
        return Column(name, title, "flag", remedy_zh="填“是”或“否”", remedy_en="是 or 否")
    if field.kind == "amount":
        return Column(name, title, "number", remedy_zh="填写不小于 0 的金额", remedy_en="An amount of 0 or more")
    return Column(name, title, "number", remedy_zh="填写不小于 0 的整数", remedy_en="A whole number of 0 or more")


def _explanations(edition: Edition, version: int) -> Iterator[Line]:
    form = edition.report_form
    for name, check in form.checks_of(version).items():
        if check.severity == "warning":
            said = messages().text(TO_EXPLAIN[check.relation], "zh", sums_of(form, check, "zh"))
            column = Column(f"{EXPLANATION}.{name}", said.title, "text", False, {}, *_SAID_LENGTH)
            yield Line(f"{EXPLANATION}.{name}", column, "")


def _of_records(edition: Edition, version: int) -> Iterator[Line]:
    """What is said to numbers that deviate from the registers."""
    form = edition.report_form
    for name, field in form.fields_of(version).items():
        if field.registry in RECORDED:
            said = messages().text(RECORDED_TO_EXPLAIN, "zh", {"left": title_of(form, name, "zh")})
            column = Column(f"{EXPLANATION}.{name}", said.title, "text", False, {}, *_SAID_LENGTH)
            yield Line(f"{EXPLANATION}.{name}", column, "")


def write_workbook(path: Path, edition: Edition, centre_no: str, centre_name: str, sheets: Sequence[Sheet]) -> None:
    """Write the .xlsx, filled with what is known already."""
    book: Any = xlsxwriter.Workbook(str(path))
    formats = {
        "head": book.add_format({"bold": True, "bg_color": "#D9E1F2", "border": 1, "text_wrap": True}),
        "fixed": book.add_format({"font_color": "#666666"}),
        "required": book.add_format({"bold": True}),
        "value": book.add_format({"border": 1, "bg_color": "#FFFBE6"}),
    }
    for sheet in sheets:
        period = (PERIOD, str(sheet.year), str(sheet.quarter), BASE, str(sheet.base))
        head = ((CENTRE, centre_no, neutral(centre_name)), period)
        _write_sheet(book, formats, edition, head, sheet)
        if sheet.enterprises is not None:
            write_lines(book, formats, edition, head, f"{sheet.title}{SUFFIX}", sheet.version, sheet.enterprises)
    explained = book.add_worksheet(EXPLANATIONS)
    explained.set_column(0, 0, 120)
    for row, rule in enumerate(_RULES):
        explained.write_string(row, 0, rule)
    book.close()


def _write_sheet(
    book: Any, formats: Mapping[str, Any], edition: Edition, head: Sequence[Sequence[str]], sheet: Sheet
) -> None:
    page = book.add_worksheet(sheet.title)
    for number, width in enumerate(_WIDTHS):
        page.set_column(number, number, width)
    for row, cells in enumerate(head):
        for number, text in enumerate(cells):
            page.write_string(row, number, text)
    for number, title in enumerate(_HEADS):
        page.write_string(2, number, title, formats["head"])
    page.freeze_panes(3, _VALUE_COLUMN)
    for row, line in enumerate(lines_of(edition, sheet.version), start=3):
        page.write_string(row, 0, line.name, formats["fixed"])
        page.write_string(row, 1, line.code)
        required = line.field is not None and line.field.required
        page.write_string(
            row, 2, line.column.title + ("*" if required else ""), formats["required" if required else "fixed"]
        )
        page.write_string(row, 3, line.unit)
        _write(page, row, _VALUE_COLUMN, value_of(line, sheet.values, sheet.explanations), formats["value"])
        _write(page, row, _VALUE_COLUMN + 1, value_of(line, sheet.registry, {}), formats["fixed"])
        _validate(page, row, line)


def value_of(line: Line, values: Values, explanations: Mapping[str, str]) -> JsonValue:
    """What stands in a line, in the unit of entry."""
    name, _, part = line.name.partition(".")
    if line.field is None:
        return explanations.get(part)
    value = values.get(name)
    if part:
        return value.get(part) if isinstance(value, dict) else None
    return as_entered(line.field, value)


def _write(page: Any, row: int, column: int, value: JsonValue, style: Any) -> None:
    if value is None:
        page.write_blank(row, column, None, style)
    elif isinstance(value, bool):
        page.write_string(row, column, "是" if value else "否", style)
    elif isinstance(value, int):
        page.write_number(row, column, value, style)
    else:
        page.write_string(row, column, neutral(str(value)), style)


def _validate(page: Any, row: int, line: Line) -> None:
    """What the cell takes: a choice for yes and no, whole numbers for counts."""
    hint = {"input_title": line.column.title[:32], "input_message": line.column.remedy_zh[:255]}
    if line.column.kind == "flag":
        rule: dict[str, object] = {"validate": "list", "source": ["是", "否"], **hint}
    elif line.field is not None and line.field.kind != "amount":
        rule = {"validate": "integer", "criteria": ">=", "value": 0, **hint}
    else:
        rule = {"validate": "any", **hint}
    page.data_validation(row, _VALUE_COLUMN, row, _VALUE_COLUMN, rule)
