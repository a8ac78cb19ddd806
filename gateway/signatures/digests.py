"""Content-Digest (RFC 9530): over the content as it was received, sent pieces and encodings included."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Final, Protocol

import http_sf

_ALGORITHMS: Final = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512}
_PREFERENCES: Final = range(11)


class DigestWrong(ValueError):
    """The field cannot be read, or names no algorithm that is known."""


class Hash(Protocol):
    """A hash that is fed piece by piece."""

    def update(self, data: bytes, /) -> None: ...
    def digest(self) -> bytes: ...


class DigestCheck:
    """What a Content-Digest field promises, checked against the content while it comes in.

    Unknown algorithms are passed over, the known ones must all be right (RFC 9530, 2). Raises DigestWrong.
    """

    def __init__(self, field: str) -> None:
        self._promised: dict[str, bytes] = {}
        for name, value in _dictionary(field).items():
            content = value[0] if isinstance(value, tuple) else None
            if name in _ALGORITHMS:
                if not isinstance(content, bytes):
                    raise DigestWrong(name)
                self._promised[name] = content
        if not self._promised:
            raise DigestWrong("no algorithm that is known")
        self._hashes: dict[str, Hash] = {name: _ALGORITHMS[name]() for name in self._promised}

    def update(self, piece: bytes) -> None:
        for running in self._hashes.values():
            running.update(piece)

    def right(self) -> bool:
        """Whether the content was what was promised."""
        return all(hmac.compare_digest(self._hashes[name].digest(), value) for name, value in self._promised.items())


def content_digest(body: bytes, algorithm: str = "sha-256") -> str:
    """The field for a content."""
    digest = _ALGORITHMS[algorithm](body).digest()
    return f"{algorithm}=:{base64.b64encode(digest).decode('ascii')}:"


def preferred_algorithm(field: str | None) -> str | None:
    """The algorithm that Want-Content-Digest likes best of those we have; None where it wants none of them."""
    if field is None:
        return None
    try:
        wanted = _dictionary(field)
    except DigestWrong:
        return None
    liked = {
        name: value[0]
        for name, value in wanted.items()
        if name in _ALGORITHMS and isinstance(value, tuple) and type(value[0]) is int and value[0] in _PREFERENCES
    }
    best = max(liked, key=lambda name: liked[name], default=None)
    return best if best is not None and liked[best] > 0 else None


def _dictionary(field: str) -> dict[str, object]:
    def refuse(key: str, context: str) -> None:
        if context == "dictionary":
            raise DigestWrong(f"{key} twice")

    try:
        found = http_sf.parse(field.encode("ascii"), tltype="dictionary", on_duplicate_key=refuse)
    except (ValueError, TypeError) as error:
        raise DigestWrong(field) from error
    if not isinstance(found, dict):
        raise DigestWrong(field)
    return {str(name): value for name, value in found.items()}
