"""What a file is by its first bytes, whatever its name says."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Final, Literal

PDF: Final = "application/pdf"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_OFFICE: Final = {
    "word/": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xl/": XLSX,
    "ppt/": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
_FIRST_BYTES: Final = {
    b"%PDF-": PDF,
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "application/x-ole-storage",
}
_OTHERS: Final = {
    b"%PDF-": "PDF",
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"GIF8": "GIF",
    b"BM": "BMP",
    b"RIFF": "RIFF",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": ".xls/.doc",
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!\x1a\x07": "RAR",
    b"\x1f\x8b": "gzip",
    b"<html": "HTML",
    b"<!DOC": "HTML",
    b"<?xml": "XML",
    b"{\\rtf": "RTF",
}
_BINARY: Final = frozenset(range(32)) - frozenset(b"\t\n\r\x0b\x0c\x1a")
"""Control characters that no table as text has."""
_LOOKED_AT: Final = 64 * 1024
_ZIP: Final = b"PK\x03\x04"
_MAX_ENTRIES: Final = 10_000


def media_type(path: Path) -> str | None:
    """PDF, PNG, JPEG, Office (old and new), OFD (GB/T 33190) or None: what documents here may be.

    Nothing that a browser would run (HTML, SVG, scripts) is among them.
    """
    with path.open("rb") as file:
        first = file.read(16)
    known = next((kind for start, kind in _FIRST_BYTES.items() if first.startswith(start)), None)
    return known or (_packed(path) if first.startswith(_ZIP) else None)


def table_format(path: Path) -> tuple[Literal["xlsx", "csv"] | None, str]:
    """Whether the content may be a workbook or a table as text, with its name for people; None for anything else."""
    with path.open("rb") as file:
        first = file.read(_LOOKED_AT)
    if first.startswith(b"PK"):
        return "xlsx", ".xlsx" if _packed(path) == XLSX else "zip"
    # BM and RIFF may begin a header too; a picture has control characters as well.
    binary = not _BINARY.isdisjoint(first)
    begins = next((name for start, name in _OTHERS.items() if first[:16].upper().startswith(start.upper())), None)
    if begins is not None and (binary or begins not in ("BMP", "RIFF", "GIF")):
        return None, begins
    return (None, "binary") if binary else ("csv", ".csv")


def _packed(path: Path) -> str | None:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError):
        return None
    if len(names) > _MAX_ENTRIES:
        return None
    if "OFD.xml" in names:
        return "application/ofd"
    if "[Content_Types].xml" not in names:
        return None
    return next((kind for folder, kind in _OFFICE.items() if any(name.startswith(folder) for name in names)), None)
