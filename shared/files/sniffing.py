"""What a file is by its first bytes, whatever its name says."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Final

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
