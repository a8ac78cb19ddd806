"""What is refused before it is parsed, and what a table file is read as."""

from __future__ import annotations

import zipfile
import zlib
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
import xlsxwriter

from shared.errors import DomainError
from shared.files import scanning
from shared.files.tables import open_table

SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'
)


def workbook(folder: Path, **options: object) -> Path:
    path = folder / "a.xlsx"
    book = xlsxwriter.Workbook(str(path), options)
    sheet = book.add_worksheet("数据")
    sheet.write_row(1, 0, ["名称", 540102, True])
    sheet.write_datetime(3, 0, date(2019, 3, 18), book.add_format({"num_format": "yyyy-mm-dd"}))
    book.add_worksheet("说明").write(0, 0, "不读")
    hidden = book.add_worksheet("_lists")
    hidden.write(0, 0, "不读")
    hidden.hide()
    book.close()
    return path


def with_part(source: Path, name: str, content: bytes) -> Path:
    """The workbook with one part in place of its own."""
    target = source.with_name("b.xlsx")
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.infolist():
            new.writestr(item.filename, content if item.filename == name else old.read(item))
    return target


def refused(path: Path) -> tuple[str, int]:
    with pytest.raises(DomainError) as caught:
        list(open_table(path).read())
    return caught.value.code, caught.value.status


def test_rows_have_the_numbers_that_spreadsheets_show_and_other_sheets_are_not_data(tmp_path: Path) -> None:
    table = open_table(workbook(tmp_path))
    assert [(row.sheet, row.number, row.cells) for row in table.read()] == [
        ("数据", 2, ["名称", 540102.0, True]),
        ("数据", 4, [date(2019, 3, 18), "", ""]),
    ]


def test_a_sheet_of_more_rows_than_the_limit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "MAX_ROWS", 3)
    path = tmp_path / "a.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheets = [book.add_worksheet(), book.add_worksheet()]
    for number in range(3):
        for sheet in sheets:
            sheet.write(number, 0, "x")
    book.close()
    assert refused(path) == ("import-file-too-large", 413)


@pytest.mark.parametrize("cell", ["A1048576", "XFD1"])
def test_a_cell_in_the_last_corner_is_refused_before_a_table_of_that_size_is_made(tmp_path: Path, cell: str) -> None:
    rows = f'<row r="{cell.lstrip("AXFD")}"><c r="{cell}"><v>1</v></c></row>'
    path = with_part(workbook(tmp_path), "xl/worksheets/sheet1.xml", SHEET.format(rows).encode())
    assert refused(path) == ("import-file-too-large", 413)


def test_a_part_that_swells_is_refused_whatever_its_header_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanning, "_BUDGET", 1024 * 1024)
    bomb = with_part(workbook(tmp_path), "xl/sharedStrings.xml", b"<sst>" + b" " * 4_000_000 + b"</sst>")
    assert refused(bomb) == ("import-file-too-large", 413)
    lying = bytearray(bomb.read_bytes())
    with zipfile.ZipFile(bomb) as archive:
        part = archive.getinfo("xl/sharedStrings.xml")
    for place in _all(lying, part.file_size.to_bytes(4, "little")):
        lying[place : place + 4] = (100).to_bytes(4, "little")
    bomb.write_bytes(lying)
    assert refused(bomb) == ("import-file-too-large", 413)


def test_the_true_budget_is_500_mebibytes(tmp_path: Path) -> None:
    """Half a gigabyte of blanks packs into a few megabytes."""
    path = tmp_path / "a.zip"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("xl/sharedStrings.xml", "w") as part,
    ):
        for _ in range(501):
            part.write(b" " * 1024 * 1024)
    assert path.stat().st_size < 4 * 1024 * 1024
    assert refused(path) == ("import-file-too-large", 413)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"PK\x03\x04 and nothing more", "import-file-unreadable"),
        (b"\xff\xff\xff\xff", "import-file-unreadable"),
        (b'a,"b\nc', "import-file-unreadable"),
        (b"\x00\x01\x02", "import-file-not-table"),
        (zlib.compress(b"x" * 100), "import-file-not-table"),
        (b"\x89PNG\r\n\x1a\n\0\0", "import-file-not-table"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "import-file-not-table"),
        (b"%PDF-1.7 all text", "import-file-not-table"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "import-file-not-table"),
        (b"<HTML><body><table>", "import-file-not-table"),
        ("代码,名称".encode("utf-16"), "import-file-not-table"),
    ],
    ids=["zip", "bytes", "quote", "control", "zlib", "png", "jpeg", "pdf", "xls", "html", "utf-16"],
)
def test_what_is_no_table_is_refused(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "a"
    path.write_bytes(content)
    assert refused(path) == (code, 422)


@pytest.mark.parametrize("text", ["BMW,code\n1,2\n", "RIFF\n1\n", "GIF89 Ltd\n1\n", "名称\t代码\r\n甲\t1\r\n"])
def test_a_header_may_begin_as_a_picture_does(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(text.encode())
    assert open_table(path, "a.csv").format == "csv"


def test_entities_are_refused(tmp_path: Path) -> None:
    content = b'<!DOCTYPE a [<!ENTITY b "c">]><worksheet>&b;</worksheet>'
    path = with_part(workbook(tmp_path), "xl/worksheets/sheet1.xml", content)
    assert refused(path) == ("import-file-unreadable", 422)


def test_an_archive_cut_short_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert refused(path) == ("import-file-unreadable", 422)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_is_read_in_its_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes('名称,备注\n\n拉萨,"两\n行"\n'.encode(encoding))
    assert [(row.number, row.cells) for row in open_table(path).read()] == [
        (1, ["名称", "备注"]),
        (3, ["拉萨", "两\n行"]),
    ]


def test_another_format_in_a_zip_is_not_taken_for_a_workbook(tmp_path: Path) -> None:
    """758 bytes of OpenDocument would become 20 million cells."""
    repeated = (
        b'<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
        b' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"><office:body><office:spreadsheet>'
        b'<table:table table:name="a"><table:table-row table:number-rows-repeated="20000">'
        b'<table:table-cell table:number-columns-repeated="1000" office:value-type="float" office:value="1"/>'
        b"</table:table-row></table:table></office:spreadsheet></office:body></office:document-content>"
    )
    path = tmp_path / "a.ods"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", repeated)
    assert refused(path) == ("import-file-unreadable", 422)


@pytest.mark.parametrize("name", ["content.xml", "xl/workbook.bin", "xl/worksheets/sheet1.bin", "XL\\Workbook.xml"])
def test_a_workbook_that_is_also_something_else_is_refused(tmp_path: Path, name: str) -> None:
    path = workbook(tmp_path)
    assert len(list(open_table(path).read())) == 2
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name, "<a/>")
    assert refused(path) == ("import-file-unreadable", 422)


@pytest.mark.parametrize("name", ["[Content_Types].xml", "xl/workbook.xml"])
def test_a_workbook_without_its_first_parts_is_refused_before_a_parser_sees_it(tmp_path: Path, name: str) -> None:
    path = tmp_path / "c.xlsx"
    with zipfile.ZipFile(workbook(tmp_path)) as old, zipfile.ZipFile(path, "w") as new:
        for item in old.infolist():
            if item.filename != name:
                new.writestr(item.filename, old.read(item))
    with pytest.raises(DomainError) as caught:
        open_table(path)
    assert (caught.value.code, caught.value.status) == ("import-file-unreadable", 422)


def test_a_sheet_that_is_not_named_as_xml_is_refused_since_nobody_looked_into_it(tmp_path: Path) -> None:
    path = workbook(tmp_path)
    with zipfile.ZipFile(path) as archive:
        links = archive.read("xl/_rels/workbook.xml.rels").replace(b"worksheets/sheet1.xml", b"worksheets/sheet1.txt")
    path = with_part(path, "xl/_rels/workbook.xml.rels", links)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/worksheets/sheet1.txt", SHEET.format('<row r="1"><c r="XFD1"><v>1</v></c></row>'))
    assert refused(path) == ("import-file-unreadable", 422)


@pytest.mark.parametrize(
    "content",
    [
        SHEET.format('<row r="1"><c r="xfd1"><v>1</v></c></row>'),
        SHEET.replace("worksheet", "anything").format('<row r="1"><c r="XFD1"><v>1</v></c></row>'),
    ],
    ids=["small letters", "another root"],
)
def test_what_the_parser_takes_for_a_sheet_is_measured_as_one(tmp_path: Path, content: str) -> None:
    path = with_part(workbook(tmp_path), "xl/worksheets/sheet1.xml", content.encode())
    assert refused(path) == ("import-file-too-large", 413)


def repeated_text(folder: Path, text: str, rows: int, columns: int) -> Path:
    path = folder / "a.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    for number in range(rows):
        sheet.write_row(number, 0, [text] * columns)
    book.close()
    return path


def test_one_long_shared_string_in_every_cell_is_refused(tmp_path: Path) -> None:
    path = repeated_text(tmp_path, "x" * 30_000, 500, 200)
    assert path.stat().st_size < 300 * 1024
    assert refused(path) == ("import-file-too-large", 413)


@pytest.mark.parametrize(("characters", "taken"), [(4_096, True), (4_097, False)])
@pytest.mark.parametrize("in_the_cell", [True, False])
def test_a_cell_holds_4096_characters(tmp_path: Path, characters: int, taken: bool, in_the_cell: bool) -> None:
    text = "拉" * characters
    cell = f'<row r="1"><c r="A1" t="inlineStr"><is><t>{text}</t></is></c></row>'
    path = repeated_text(tmp_path, "a" if in_the_cell else text, 1, 1)
    if in_the_cell:
        path = with_part(path, "xl/worksheets/sheet1.xml", SHEET.format(cell).encode())
    if taken:
        assert [row.cells for row in open_table(path).read()] == [[text]]
    else:
        assert refused(path) == ("import-file-too-large", 413)


def test_texts_count_in_every_cell_that_repeats_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside 56 bytes for each of 1,000 cells, and 24 for the shared string."""
    monkeypatch.setattr(scanning, "_BUDGET", 1_001 * 2_000 + 1_000 * 56 + 24)
    assert open_table(repeated_text(tmp_path, "x" * 2_000, 100, 10)).rows == 100
    assert refused(repeated_text(tmp_path, "x" * 2_001, 100, 10)) == ("import-file-too-large", 413)


def test_a_rectangle_between_two_far_cells_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "_BUDGET", 10 * 1024 * 1024)
    rows = '<row r="1"><c r="A1"><v>1</v></c></row><row r="{}"><c r="IV{}"><v>1</v></c></row>'
    small = with_part(workbook(tmp_path), "xl/worksheets/sheet1.xml", SHEET.format(rows.format(900, 900)).encode())
    assert open_table(small).rows > 0
    large = with_part(workbook(tmp_path), "xl/worksheets/sheet1.xml", SHEET.format(rows.format(9000, 9000)).encode())
    assert refused(large) == ("import-file-too-large", 413)


def _all(content: bytearray, wanted: bytes) -> list[int]:
    places, place = [], content.find(wanted)
    while place >= 0:
        places.append(place)
        place = content.find(wanted, place + 1)
    return places


def test_an_empty_archive_has_no_sheets(tmp_path: Path) -> None:
    target = BytesIO()
    zipfile.ZipFile(target, "w").close()
    path = tmp_path / "a"
    path.write_bytes(target.getvalue())
    assert refused(path) == ("import-file-unreadable", 422)
