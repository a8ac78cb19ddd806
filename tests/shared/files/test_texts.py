"""Texts in table files: the same characters are refused in a cell as in a field, and nothing repeats them."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from shared.errors import DomainError
from shared.files.columns import Column, match_header, values_of
from shared.files.problems import cell_problem
from shared.files.tables import SheetRow, open_table
from shared.http.schemas import acceptable

NAME = Column("name", "名称")
DAY = Column("day", "日期", kind="date")
KIND = Column("kind", "类别", words={"a": "甲"})
KINDS = Column("kinds", "类别", kind="words", words={"a": "甲"})
NFD, NFC = "Cafe\N{COMBINING ACUTE ACCENT}", "Caf\N{LATIN SMALL LETTER E WITH ACUTE}"


def xlsx(folder: Path, cells: list[str], sheet: str = "数据") -> list[SheetRow]:
    """The rows of a workbook of one row. `_x0000_` is a character to whoever reads it, as to a spreadsheet."""
    path, escaped = folder / "a.xlsx", folder / "b.xlsx"
    book = xlsxwriter.Workbook(str(path))
    page = book.add_worksheet(sheet)
    for place, cell in enumerate(cells):
        page.write_string(0, place, cell)
    book.close()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(escaped, "w") as new:
        for item in old.infolist():
            new.writestr(item.filename, old.read(item).replace(b"_x005F_x", b"_x"))
    return list(open_table(escaped).read())


@pytest.mark.parametrize("column", [NAME, DAY, KIND, KINDS], ids=["text", "date", "word", "words"])
@pytest.mark.parametrize("hidden", ["\x00", "\x1b", "\x85", "\ud800", "\u202e", "\u2066", "\u200b", "\ufeff"])
def test_a_cell_with_a_character_that_no_text_may_have_is_refused_and_shown_without_it(
    column: Column, hidden: str
) -> None:
    values, faults = values_of([column], [f"2019{hidden}x"])
    assert values == {}
    assert [(one.column, one.fault.type) for one in faults] == [(column.field, "text_not_acceptable")]
    problem = cell_problem("数据", 2, faults[0])
    assert problem.value == "2019\N{REPLACEMENT CHARACTER}x"


@pytest.mark.parametrize("code", ["_x0000_", "_x001B_"])
def test_an_escape_in_a_workbook_is_the_character_it_stands_for(tmp_path: Path, code: str) -> None:
    [row] = xlsx(tmp_path, [f"a{code}b"])
    assert "_x" not in str(row.cells[0]), "the parser has read the escape"
    assert [one.fault.type for one in values_of([NAME], row.cells)[1]] == ["text_not_acceptable"]


def test_cells_are_normalised_before_they_are_compared(tmp_path: Path) -> None:
    [row] = xlsx(tmp_path, [NFD])
    assert values_of([NAME], row.cells) == ({"name": NFC}, [])
    [row] = xlsx(tmp_path, [NFD, NFD])
    assert values_of([Column("a", "A", words={NFC: "乙"}), NAME], row.cells) == ({"a": NFC, "name": NFC}, [])


def test_the_lines_of_an_address_stay() -> None:
    assert values_of([NAME], ["一\n二"]) == ({"name": "一\n二"}, [])


@pytest.mark.parametrize("hidden", ["\x1b", "\u202e", "\u200b"])
def test_a_header_is_not_the_column_it_looks_like_and_is_not_repeated_as_sent(hidden: str) -> None:
    with pytest.raises(DomainError) as caught:
        match_header([NAME], SheetRow("数据", 1, [f"名称{hidden}"]))
    assert caught.value.code == "import-columns-wrong"
    assert all(acceptable(str(said)) for said in caught.value.params.values())


def test_a_sheet_is_named_without_them(tmp_path: Path) -> None:
    [row] = xlsx(tmp_path, ["a"], sheet="数\u202e据")
    assert row.sheet == "数\N{REPLACEMENT CHARACTER}据"
    json.dumps(row.sheet).encode()


@pytest.mark.parametrize("hidden", ["\x7f", "\u202e", "\u200b", "\u2066"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_so_it_is_in_csv(tmp_path: Path, hidden: str, encoding: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(f"名称\n虚构{hidden}公司\n".encode(encoding))
    _, row = open_table(path).read()
    assert [one.fault.type for one in values_of([NAME], row.cells)[1]] == ["text_not_acceptable"]
