"""Templates for imports: a sheet to fill in, with lists to choose from, and a sheet that explains it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import xlsxwriter

from shared.files.cells import MAX_ROWS
from shared.files.columns import Column, offered
from shared.files.scanning import MAX_UNPACKED_MIB
from shared.files.tables import EXPLANATIONS

_LISTS: Final = "_lists"
_FIRST_ROW: Final = 2
_WIDTH: Final = 22
_RULES: Final = (
    "第 1 行是中文列名，第 2 行是字段名，请勿改动；数据从第 3 行开始。带 * 的列必填。",
    "一个文件最多 {rows:,} 行，解压后不超过 {mebibytes} MiB；也可以用 UTF-8 或 GB18030 编码的 .csv。",
    "任何一行有误，整个文件都不会写入；加 partial=true 只写入正确的行，加 dry_run=true 只检查。",
    "重复导入同一文件是安全的：内容相同的行报告为“未变动”，内容不同的行会被拒绝，请改用修改接口。",
)


def write_template(
    path: Path, title: str, columns: Sequence[Column], *, rows: int = MAX_ROWS, notes: Sequence[str] = ()
) -> None:
    """Write the .xlsx: header in two lines, lists of the words, formats for texts and dates, explanations with how many
    `rows` a file may have and what else there is to note."""
    book: Any = xlsxwriter.Workbook(str(path))
    formats = {
        "head": book.add_format({"bold": True, "bg_color": "#D9E1F2", "border": 1, "text_wrap": True}),
        "name": book.add_format({"italic": True, "font_color": "#666666", "border": 1}),
        "text": book.add_format({"num_format": "@"}),
        "date": book.add_format({"num_format": "yyyy-mm-dd"}),
        "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
    }
    sheet = book.add_worksheet(title[:31])
    explained = book.add_worksheet(EXPLANATIONS)
    lists = book.add_worksheet(_LISTS)
    lists.hide()
    for number, column in enumerate(columns):
        sheet.write_string(0, number, column.title + ("*" if column.required else ""), formats["head"])
        sheet.write_string(1, number, column.field, formats["name"])
        sheet.set_column(number, number, _WIDTH, formats["date" if column.kind == "date" else "text"])
        _offer(sheet, lists, number, column)
    sheet.freeze_panes(_FIRST_ROW, 0)
    rules = [rule.format(rows=rows, mebibytes=MAX_UNPACKED_MIB) for rule in _RULES]
    _explain(explained, columns, [*rules, *notes], formats)
    book.close()


def _offer(sheet: Any, lists: Any, number: int, column: Column) -> None:
    """A list for the column. Several words in a cell cannot be chosen from one: there it only advises."""
    words = [offered(code, title) for code, title in column.words.items()]
    if column.kind == "flag":
        words = ["是", "否"]
    if column.kind == "date":
        sheet.data_validation(
            _FIRST_ROW,
            number,
            MAX_ROWS,
            number,
            {"validate": "any", "input_title": column.title, "input_message": "2019-03-18"},
        )
    if not words:
        return
    for row, word in enumerate(words):
        lists.write_string(row, number, word)
    letter = xlsxwriter.utility.xl_col_to_name(number)
    rule = {
        "validate": "list",
        "source": f"={_LISTS}!${letter}$1:${letter}${len(words)}",
        "input_title": column.title[:32],
        "input_message": column.remedy_zh[:255],
        "error_type": "warning" if column.kind == "words" else "stop",
    }
    sheet.data_validation(_FIRST_ROW, number, MAX_ROWS, number, rule)


def _explain(sheet: Any, columns: Sequence[Column], rules: Sequence[str], formats: dict[str, Any]) -> None:
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 1, 26)
    sheet.set_column(2, 5, 40, formats["wrap"])
    for row, rule in enumerate(rules):
        sheet.write_string(row, 0, rule)
    top = len(rules) + 1
    for number, head in enumerate(("列名", "字段名", "是否必填", "说明", "示例", "可选值")):
        sheet.write_string(top, number, head, formats["head"])
    for row, column in enumerate(columns, start=top + 1):
        words = "\n".join(offered(code, title) for code, title in column.words.items())
        cells = (
            column.title,
            column.field,
            "必填" if column.required else "选填",
            column.remedy_zh,
            column.example,
            words,
        )
        for number, cell in enumerate(cells):
            sheet.write_string(row, number, cell, formats["wrap"])
