"""Looking through an .xlsx before anything parses it: how much it unpacks to, and how large its sheets are.

The sizes in an archive's directory are claims. Here every part is unpacked piece by piece and thrown away, so that a
file made to swell (a "zip bomb", or a sheet whose only cell lies in its last corner) is refused while it costs nothing.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final
from xml.parsers import expat

MAX_ROWS: Final = 200_000
MAX_COLUMNS: Final = 256
MAX_UNPACKED_MIB: Final = 500
MAX_PARTS: Final = 1_000

_BUDGET: Final = MAX_UNPACKED_MIB * 1024 * 1024
_PIECE: Final = 256 * 1024
_HEADER_BYTES: Final = 30
_HEADER: Final = b"PK\x03\x04"
_ENCRYPTED: Final = 0x1
_CELL: Final = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_XML: Final = (".xml", ".rels")
_VALUES: Final = frozenset({"v", "is"})


class Unreadable(Exception):
    """Not a table file, damaged, encrypted, or made to deceive."""


class TooLarge(Exception):
    """More than the limits; found out before it was parsed."""


@dataclass(slots=True)
class _Sheet:
    """One worksheet while it passes by. Cells without a reference count on from the one before."""

    rows: int = 0
    row: int = 0
    column: int = 0
    filled: bool = False
    root: str | None = None
    depth: int = 0
    limit: int = field(default=MAX_ROWS)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        name = name.rpartition(":")[2]
        if self.root is None:
            self.root = name
        if self.root != "worksheet":
            return
        if name == "row":
            self.row = _number(attributes.get("r"), self.row + 1)
            self.column, self.filled = 0, False
        elif name == "c":
            match = _CELL.fullmatch(attributes.get("r", ""))
            self.column = _column(match[1]) if match else self.column + 1
            self.row = int(match[2]) if match else self.row
        elif name in _VALUES:
            self._value()

    def _value(self) -> None:
        self.rows += not self.filled
        self.filled = True
        # One line more than rows: the header; and one for the fields' names below it.
        if self.rows > self.limit + 2 or self.row > self.limit + 2 or self.column > MAX_COLUMNS:
            raise TooLarge


def rows_of(path: Path) -> int:
    """How many rows with values all sheets have together, headers included. Raises Unreadable, TooLarge."""
    try:
        with zipfile.ZipFile(path) as archive, path.open("rb") as raw:
            parts = archive.infolist()
            if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > _BUDGET:
                raise TooLarge
            budget = _Budget(_BUDGET)
            rows = sum(_scan(part, raw, budget) for part in parts)
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, EOFError, NotImplementedError) as error:
        raise Unreadable from error
    if rows > MAX_ROWS + 2:
        raise TooLarge
    return rows


@dataclass(slots=True)
class _Budget:
    left: int

    def take(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise TooLarge


def _scan(part: zipfile.ZipInfo, raw: IO[bytes], budget: _Budget) -> int:
    sheet = _Sheet()
    parser = _parser(sheet) if part.filename.lower().endswith(_XML) else None
    size = 0
    for piece in _unpacked(part, raw):
        size += len(piece)
        budget.take(len(piece))
        if parser is not None:
            _feed(parser, piece, last=False)
    if size != part.file_size:
        raise Unreadable
    if parser is not None and size:
        _feed(parser, b"", last=True)
    return sheet.rows


def _feed(parser: expat.XMLParserType, piece: bytes, *, last: bool) -> None:
    try:
        parser.Parse(piece, last)
    except expat.ExpatError as error:
        raise Unreadable from error


def _parser(sheet: _Sheet) -> expat.XMLParserType:
    parser = expat.ParserCreate()
    parser.StartElementHandler = sheet.start
    parser.StartDoctypeDeclHandler = _no_doctype
    return parser


def _no_doctype(*_: object) -> None:
    raise Unreadable


def _unpacked(part: zipfile.ZipInfo, raw: IO[bytes]) -> Iterator[bytes]:
    """The part's true content, in pieces, however long its header says it is."""
    if part.flag_bits & _ENCRYPTED or part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Unreadable
    raw.seek(part.header_offset)
    header = raw.read(_HEADER_BYTES)
    if len(header) != _HEADER_BYTES or not header.startswith(_HEADER):
        raise Unreadable
    raw.seek(int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little"), 1)
    left = part.compress_size
    packed = part.compress_type == zipfile.ZIP_DEFLATED
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    while left > 0 and (piece := raw.read(min(left, _PIECE))):
        left -= len(piece)
        yield from _inflated(inflater, piece) if packed else [piece]
    if left or (packed and not inflater.eof):
        raise Unreadable


def _inflated(inflater: zlib._Decompress, piece: bytes) -> Iterator[bytes]:
    """What a piece unpacks to. A full answer may be followed by more, also when all of the piece has been taken."""
    while not inflater.eof:
        unpacked = inflater.decompress(piece, _PIECE)
        yield unpacked
        piece = inflater.unconsumed_tail
        if not piece and len(unpacked) < _PIECE:
            return


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text is not None and text.isdecimal() else otherwise


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number
