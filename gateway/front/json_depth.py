"""How deep a JSON text nests, counted in passing: nothing is parsed, and nothing is kept but a few numbers."""

from __future__ import annotations

import re
from itertools import accumulate
from typing import Final

_JSON: Final = re.compile(rb"\s*application/(?:json|[a-z0-9.!#$&^_-]+\+json)\s*(?:;|$)", re.IGNORECASE)
_STRING: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_NO_BRACKETS: Final = bytes(sorted(set(range(256)) - set(b"[]{}")))
_STEP: Final = [0] * 256
for _bracket, _step in zip(b"[{]}", (1, 1, -1, -1), strict=True):
    _STEP[_bracket] = _step


def is_json(content_type: bytes | None) -> bool:
    """Whether a body of this type is read as JSON."""
    return content_type is not None and _JSON.match(content_type) is not None


class DepthScanner:
    """Feed it a body piece by piece; brackets within strings do not count, escapes may lie across two pieces."""

    __slots__ = ("_cut", "_depth", "_in_string", "_limit", "_opened")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._opened = 0
        self._depth = 0
        self._in_string = False
        self._cut = False

    def too_deep(self, piece: bytes, *, last: bool = False) -> bool:
        """Whether the body, up to the end of this piece, has nested deeper than the limit somewhere.

        A body with no more opening brackets than the limit cannot, and most end here without having been looked into.
        """
        opened = piece.count(b"[") + piece.count(b"{")
        self._opened += opened
        if last and self._opened <= self._limit:
            return False
        return self._follow(piece) > self._limit

    def _follow(self, piece: bytes) -> int:
        """The deepest point of the piece; keeps where it ends.

        Quotes are put where the piece begins and ends within a string, so that every string is whole.
        """
        if not piece:
            return self._depth
        text = piece[1:] if self._cut else piece
        half = (len(text) - len(text.rstrip(b"\\"))) % 2
        text = (b'"' if self._in_string else b"") + text[: len(text) - half] + b'"'
        outside = _STRING.sub(b"", text)
        self._in_string = not outside.endswith(b'"')
        self._cut = self._in_string and half == 1
        brackets = outside.translate(None, _NO_BRACKETS)
        if not brackets:
            return self._depth
        depths = list(accumulate(map(_STEP.__getitem__, brackets), initial=self._depth))
        self._depth = depths[-1]
        return max(depths)
