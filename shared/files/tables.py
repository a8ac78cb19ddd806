"""Rows out of .xlsx and .csv files, with the sheet and the row number that people see."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Final, Literal, TypeAlias

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from shared.errors import DomainError
from shared.files.cells import MAX_CHARACTERS, MAX_COLUMNS, MAX_ROWS, TooLarge, Unreadable
from shared.files.scanning import MAX_UNPACKED_MIB, rows_of
from shared.files.sniffing import table_format
from shared.http.schemas import printable

EXPLANATIONS: Final = "说明"
"""The name of the sheet that explains a template; it holds no data."""

Cell: TypeAlias = object
"""A text, number, truth value, date or instant, as the file has it."""

_ENDINGS: Final = (".xlsx", ".csv", ".xls", ".xlsm", ".xlsb", ".ods")
"""Ends of names that promise a format."""
_PIECE: Final = 1024 * 1024
_ENCODINGS: Final = ("utf-8-sig", "gb18030")
_CSV_NAME: Final = "CSV"


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row; `number` counts from 1 as spreadsheets show it. The sheet's name is printable, the cells are as sent."""

    sheet: str
    number: int
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class TableFile:
    """A file that was looked through and is within the limits."""

    path: Path
    format: Literal["xlsx", "csv"]
    encoding: str
    rows: int
    """Rows with values, headers included."""

    def read(self) -> Iterator[SheetRow]:
        """Its rows, empty ones left out. Raises 422 `import-file-unreadable`."""
        try:
            yield from self._csv() if self.format == "csv" else self._xlsx()
        except (CalamineError, csv.Error, ValueError, OSError) as error:
            raise unreadable() from error
        except BaseException as error:
            # The parser is written in Rust; what it did not foresee arrives as this and derives from BaseException.
            if type(error).__name__ == "PanicException":
                raise unreadable() from error
            raise

    def _xlsx(self) -> Iterator[SheetRow]:
        with CalamineWorkbook.from_path(self.path) as book:
            for facts in book.sheets_metadata:
                shown = facts.visible == SheetVisibleEnum.Visible and facts.typ == SheetTypeEnum.WorkSheet
                if not shown or facts.name == EXPLANATIONS:
                    continue
                name = printable(facts.name)
                for number, cells in enumerate(book.get_sheet_by_name(facts.name).iter_rows(), start=1):
                    if any(cell != "" for cell in cells):
                        yield SheetRow(name, number, list(cells))

    def _csv(self) -> Iterator[SheetRow]:
        with self.path.open(encoding=self.encoding, newline="") as file:
            for number, cells in enumerate(csv.reader(file, strict=True), start=1):
                if any(cells):
                    yield SheetRow(_CSV_NAME, number, list(cells))


def open_table(path: Path, name: str | None = None) -> TableFile:
    """Look through a file before it is read; takes seconds for a large one, so not on the event loop.

    What it is is told by its content. Raises 413 `import-file-too-large`, 422 `import-file-unreadable`,
    `import-file-not-table` for anything but a table, and `import-file-misnamed` where `name` ends as another kind.
    """
    found, shown = table_format(path)
    ending = PurePath(name or "").suffix.lower()
    if found is None:
        raise DomainError("import-file-not-table", 422, params={"found": shown})
    if ending in _ENDINGS and ending != f".{found}":
        raise DomainError("import-file-misnamed", 422, params={"ending": ending, "found": shown})
    try:
        if found == "xlsx":
            return TableFile(path, "xlsx", "", rows_of(path))
        encoding = _encoding_of(path)
        return TableFile(path, "csv", encoding, _csv_rows(path, encoding))
    except TooLarge as error:
        limits = {
            "rows": MAX_ROWS,
            "columns": MAX_COLUMNS,
            "characters": MAX_CHARACTERS,
            "mebibytes": MAX_UNPACKED_MIB,
        }
        raise DomainError("import-file-too-large", 413, params=limits) from error
    except (Unreadable, csv.Error, ValueError) as error:
        raise unreadable() from error


def unreadable() -> DomainError:
    """422: no table, damaged or encrypted."""
    return DomainError("import-file-unreadable", 422)


def _encoding_of(path: Path) -> str:
    """UTF-8 if the whole file is, else GB18030 if it is that. Raises Unreadable: a wrong guess would garble names."""
    for encoding in _ENCODINGS:
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            with path.open("rb") as file:
                while piece := file.read(_PIECE):
                    if "\0" in decoder.decode(piece):
                        raise Unreadable
                decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return encoding
    raise Unreadable


def _csv_rows(path: Path, encoding: str) -> int:
    count = 0
    with path.open(encoding=encoding, newline="") as file:
        for cells in csv.reader(file, strict=True):
            count += any(cells)
            if count > MAX_ROWS + 2 or len(cells) > MAX_COLUMNS:
                raise TooLarge
    return count
