"""What a part of a workbook would become in memory, told while its XML passes by."""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

MAX_ROWS: Final = 200_000
MAX_COLUMNS: Final = 256
MAX_CHARACTERS: Final = 4_096
"""Of one cell. A shared string is short in the file and long in every cell that names it."""

_CELL: Final = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")
_SHARED_STRING_BYTES: Final = 24
_FILLED_BYTES: Final = 32
_PLACE_BYTES: Final = 24
_INDEX_DIGITS: Final = 10


class Unreadable(Exception):
    """Not a table file, damaged, encrypted, or made to deceive."""


class TooLarge(Exception):
    """More than the limits; found out before it was parsed."""


@dataclass(slots=True)
class Budget:
    """Bytes that may still be used."""

    left: int

    def take(self, size: int) -> None:
        """Raises TooLarge when they are used up."""
        self.left -= size
        if self.left < 0:
            raise TooLarge


@dataclass(slots=True)
class Part:
    """One part while it passes by. Whatever has `sheetData` is a sheet, as it is to the parser. Cells without a
    reference count on from the one before. `memory` pays for filled cells with their texts, and for the rectangle that
    they span; `shared` has the bytes of each shared string, and is filled by the part that `keeps` them."""

    memory: Budget
    shared: array[int]
    keeps: bool = False
    links: bool = False
    """Whether it names the sheets: what the parser takes for one must be XML, or nobody would have looked into it."""
    max_rows: int = MAX_ROWS
    rows: int = 0
    row: int = 0
    column: int = 0
    deepest: int = 0
    widest: int = 0
    filled: bool = False
    sheet: bool = False
    by_index: bool = False
    counting: bool = False
    characters: int = 0
    size: int = 0
    index: list[str] = field(default_factory=list)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        if ":" in name:
            name = name.rpartition(":")[2]
        if name == "c" and self.sheet:
            self._cell(attributes)
        elif name == "v" and self.sheet:
            self._value()
            self.counting = True
        elif name == "t":
            self.counting = True
        elif name in ("si", "is"):
            self._begin_text()
            if name == "is" and self.sheet:
                self._value()
        elif name == "row":
            self.row = _number(attributes.get("r"), self.row + 1)
            self.column, self.filled = 0, False
        elif name == "sheetData":
            self.sheet = True
        elif name == "Relationship" and self.links:
            _require_xml(attributes)

    def end(self, name: str) -> None:
        """An element ends."""
        if ":" in name:
            name = name.rpartition(":")[2]
        if name == "v":
            self._end_value()
        elif name == "t":
            self.counting = False
        elif name == "is":
            self.memory.take(self.size)
        elif name == "si" and self.keeps:
            self.memory.take(_SHARED_STRING_BYTES + self.size)
            self.shared.append(self.size)

    def text(self, data: str) -> None:
        """A piece of text. Raises TooLarge where a cell or shared string has more than fits."""
        if not self.counting:
            return
        self.characters += len(data)
        if self.characters > MAX_CHARACTERS:
            raise TooLarge
        self.size += len(data) if data.isascii() else len(data.encode())
        if self.by_index:
            self.index.append(data)

    def finish(self) -> None:
        """The part is over: the parser makes a rectangle of its sheet."""
        self.memory.take(_PLACE_BYTES * self.deepest * self.widest)

    def _cell(self, attributes: dict[str, str]) -> None:
        if (reference := attributes.get("r")) is None:
            self.column += 1
        elif match := _CELL.fullmatch(reference):
            self.column, self.row = _column(match[1]), int(match[2])
        else:
            raise Unreadable
        self.by_index = attributes.get("t") == "s"

    def _value(self) -> None:
        self._begin_text()
        self.rows += not self.filled
        self.filled = True
        if self.row > self.deepest:
            self.deepest = self.row
        if self.column > self.widest:
            self.widest = self.column
        # One line more than rows: the header; and one for the fields' names below it.
        most = self.max_rows + 2
        if self.rows > most or self.row > most or self.column > MAX_COLUMNS:
            raise TooLarge
        self.memory.take(_FILLED_BYTES)

    def _begin_text(self) -> None:
        self.characters = self.size = 0
        self.counting = False
        self.index.clear()

    def _end_value(self) -> None:
        if not self.counting:
            return
        self.counting = False
        if not self.by_index:
            self.memory.take(self.size)
            return
        index = "".join(self.index)
        if not index.isdecimal() or len(index) > _INDEX_DIGITS or int(index) >= len(self.shared):
            raise Unreadable
        self.memory.take(self.shared[int(index)])


def _require_xml(attributes: dict[str, str]) -> None:
    if attributes.get("TargetMode") != "External" and not attributes.get("Target", "").lower().endswith(".xml"):
        raise Unreadable


def _number(text: str | None, otherwise: int) -> int:
    if text is None:
        return otherwise
    if not text.isdecimal():
        raise Unreadable
    return int(text)


@lru_cache(1024)
def _column(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number
