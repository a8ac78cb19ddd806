"""Passwords that everybody knows: a short list that is always there, and a long one that the operator downloads.

The short one are the 30,000 most frequent passwords of zxcvbn. The long one is a file of SHA-1 digests in hexadecimal,
sorted, one a line with or without a count (`5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:10434004`), as Have I Been Pwned
offers it: tens of gigabytes, in which a digest is found by bisection with some forty short reads. SHA-1 is the list's
form, and nothing is protected by it.
"""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path
from typing import BinaryIO, Final

import anyio.to_thread
from zxcvbn.frequency_lists import FREQUENCY_LISTS  # type: ignore[import-untyped]  # the package has no types

_LONGEST_LINE: Final = 128
_DIGEST_LENGTH: Final = 40
_ENTRY = re.compile(rb"[0-9A-Fa-f]{40}(?:$|[:\r\n])")


@cache
def _frequent() -> frozenset[str]:
    return frozenset(FREQUENCY_LISTS["passwords"])


def is_frequent(password: str) -> bool:
    """Whether the password in whatever case, forwards or backwards, or the unit it repeats is on the short list."""
    folded = password.casefold()
    unit = smallest_unit(folded)
    return any(text in _frequent() for text in (folded, folded[::-1], unit, unit[::-1]))


def smallest_unit(text: str) -> str:
    """The shortest text that `text` goes on repeating, the last time perhaps not to its end: `ab` of `ababa`. It is the
    whole text unless at least half of the unit comes again."""
    for length in range(1, len(text) * 2 // 3 + 1):
        if text[length:] == text[:-length]:
            return text[:length]
    return text


class BreachList:
    """The long list in a file, or none. The file is opened for each question: it may be replaced while we run."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path

    async def holds(self, password: str) -> bool:
        """Whether the password is on it. Raises OSError where the file cannot be read: no password is then accepted
        unseen."""
        if self._path is None:
            return False
        digest = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper().encode("ascii")
        return await anyio.to_thread.run_sync(_search, self._path, digest)


NO_FILE: Final = BreachList()


def check_file(path: Path) -> None:
    """Raises ValueError for a file that does not begin as the list does, before anybody relies on it."""
    with path.open("rb") as file:
        first = file.readline(_LONGEST_LINE)
    if not _is_entry(first):
        raise ValueError(f"{path.name} is no sorted list of SHA-1 digests in hexadecimal, one a line")


def _is_entry(line: bytes) -> bool:
    digest = line[:_DIGEST_LENGTH]
    rest = line[_DIGEST_LENGTH : _DIGEST_LENGTH + 1]
    return (
        len(digest) == _DIGEST_LENGTH
        and not digest.strip(b"0123456789ABCDEFabcdef")
        and rest in (b"", b":", b"\r", b"\n")
    )


def _search(path: Path, digest: bytes) -> bool:
    """Bisection over byte offsets: the line that begins at or after the middle decides where to go on."""
    with path.open("rb") as file:
        low, high = 0, file.seek(0, 2)
        while low < high:
            middle = (low + high) // 2
            start = _line_start(file, middle)
            line = file.readline(_LONGEST_LINE) if start < high else b""
            found = line[:_DIGEST_LENGTH].upper()
            if found == digest:
                return True
            if not line or found > digest:
                high = middle
            else:
                low = start + len(line)
    return False


def _line_start(file: BinaryIO, offset: int) -> int:
    """Go to the first line that begins at or after the offset; returns where that is."""
    if offset == 0:
        return file.seek(0)
    file.seek(offset - 1)
    file.readline(_LONGEST_LINE)
    return file.tell()
