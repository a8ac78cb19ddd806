"""Looking through an .xlsx before anything parses it: how much it unpacks to, and how large its sheets are.

The sizes in an archive's directory are claims. Here every part is unpacked piece by piece and thrown away, so that a
file made to swell (a "zip bomb", or a sheet whose only cell lies in its last corner) is refused while it costs nothing.
"""

from __future__ import annotations

import zipfile
import zlib
from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Final
from xml.parsers import expat

from shared.files.cells import MAX_ROWS, Budget, Part, TooLarge, Unreadable

MAX_UNPACKED_MIB: Final = 500
MAX_PARTS: Final = 1_000

_BUDGET: Final = MAX_UNPACKED_MIB * 1024 * 1024
_PIECE: Final = 256 * 1024
_HEADER_BYTES: Final = 30
_HEADER: Final = b"PK\x03\x04"
_ENCRYPTED: Final = 0x1
_XML: Final = (".xml", ".rels")
_REQUIRED: Final = frozenset({"[content_types].xml", "xl/workbook.xml"})
_SHARED_STRINGS: Final = "xl/sharedstrings.xml"
_LINKS: Final = "xl/_rels/workbook.xml.rels"


def rows_of(path: Path) -> int:
    """How many rows with values all sheets have together, headers included. Raises Unreadable, TooLarge."""
    try:
        with zipfile.ZipFile(path) as archive, path.open("rb") as raw:
            parts = archive.infolist()
            if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > _BUDGET:
                raise TooLarge
            _require_workbook([_name(part) for part in parts])
            rows = _scan_all(parts, raw)
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, EOFError, NotImplementedError) as error:
        raise Unreadable from error
    if rows > MAX_ROWS + 2:
        raise TooLarge
    return rows


def _name(part: zipfile.ZipInfo) -> str:
    """The part's name as the parser looks for it."""
    return part.filename.replace("\\", "/").lower()


def _require_workbook(names: Sequence[str]) -> None:
    """The parser tries one format after the other, also those whose sheets nobody looks through here: an OpenDocument
    table (`content.xml`) may repeat a row 20,000 times in a few bytes, a binary workbook has no XML."""
    binary = any(
        name == "xl/workbook.bin" or (name.startswith("xl/worksheets/") and name.endswith(".bin")) for name in names
    )
    if not set(names) >= _REQUIRED or "content.xml" in names or binary or len(set(names)) != len(names):
        raise Unreadable


def _scan_all(parts: Sequence[zipfile.ZipInfo], raw: IO[bytes]) -> int:
    """The shared strings first: the cells of the sheets name them."""
    unpacked, memory, shared = Budget(_BUDGET), Budget(_BUDGET), array("L")
    rows = 0
    for part in sorted(parts, key=lambda part: _name(part) != _SHARED_STRINGS):
        name = _name(part)
        seen = Part(memory, shared, keeps=name == _SHARED_STRINGS, links=name == _LINKS, max_rows=MAX_ROWS)
        _scan(part, raw, unpacked, seen)
        rows += seen.rows
    return rows


def _scan(part: zipfile.ZipInfo, raw: IO[bytes], unpacked: Budget, seen: Part) -> None:
    parser = _parser(seen) if _name(part).endswith(_XML) else None
    size = 0
    for piece in _unpacked(part, raw):
        size += len(piece)
        unpacked.take(len(piece))
        if parser is not None:
            _feed(parser, piece, last=False)
    if size != part.file_size:
        raise Unreadable
    if parser is not None and size:
        _feed(parser, b"", last=True)
    seen.finish()


def _feed(parser: expat.XMLParserType, piece: bytes, *, last: bool) -> None:
    try:
        parser.Parse(piece, last)
    except expat.ExpatError as error:
        raise Unreadable from error


def _parser(seen: Part) -> expat.XMLParserType:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = seen.start
    parser.EndElementHandler = seen.end
    parser.CharacterDataHandler = seen.text
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
