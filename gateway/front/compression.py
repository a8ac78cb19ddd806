"""Larger JSON answers are sent compressed to whoever takes it: zstd (RFC 8878) before gzip (RFC 1952).

Never what may hold a secret beside something the caller chose (the BREACH attack measures lengths): the own app's
answers about accounts and keys, and whatever a service marks `no-store`. Never under a strong ETag, which means these
bytes and no others (RFC 9110, 8.8.1); If-Match needs it as it is.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, Protocol

import zstandard

from gateway.front.headers import Headers

LEAST_BYTES: Final = 1400
"""About what one packet holds: less is not worth it."""

_CODED: Final = frozenset({200, 201, 202, 400, 403, 404, 409, 422})
_JSON: Final = re.compile(rb"application/(?:[a-z.-]+\+)?json\b", re.IGNORECASE)
_KNOWN: Final = ("zstd", "gzip")
_PREVENTING: Final = frozenset({b"content-encoding", b"content-range", b"content-digest"})


class Coder(Protocol):
    """One answer's compressor."""

    def compress(self, data: bytes, /) -> bytes: ...

    def flush(self) -> bytes: ...


@lru_cache(maxsize=256)
def chosen(accept_encoding: bytes) -> str | None:
    """The coding to send, by the caller's Accept-Encoding (RFC 9110, 12.5.3); None: as it is."""
    qualities: dict[str, float] = {}
    for part in accept_encoding.decode("latin-1").lower().split(","):
        name, _, parameters = part.strip().partition(";")
        quality = re.fullmatch(r"\s*q\s*=\s*([01](?:\.[0-9]{0,3})?)\s*", parameters) if parameters else None
        if name.strip() and (quality is not None or not parameters):
            qualities[name.strip()] = float(quality[1]) if quality is not None else 1.0
    best = max(_KNOWN, key=lambda name: qualities.get(name, qualities.get("*", 0.0) / 2))
    return best if qualities.get(best, qualities.get("*", 0.0)) > 0 else None


def may_code(status: int, headers: Sequence[tuple[bytes, bytes]], length: int | None) -> bool:
    """Whether an answer may be compressed, and is worth it; `length` is None where it is not known beforehand."""
    if status not in _CODED or (length is not None and length < LEAST_BYTES):
        return False
    json = False
    for name, value in headers:
        if name == b"content-type":
            json = _JSON.match(value) is not None
        elif _prevents(name, value):
            return False
    return json


def _prevents(name: bytes, value: bytes) -> bool:
    if name == b"etag":
        return not value.startswith(b"W/")
    if name == b"cache-control":
        return b"no-store" in value or b"no-transform" in value
    return name in _PREVENTING


def coder(coding: str) -> Coder:
    """Light settings: the network between is fast, and others wait for this processor."""
    if coding == "zstd":
        return zstandard.ZstdCompressor(level=3).compressobj()
    return zlib.compressobj(level=4, wbits=zlib.MAX_WBITS | 16)


def coded_headers(headers: Headers, coding: str | None) -> Headers:
    """Headers of an answer that depends on Accept-Encoding, and is coded where `coding` is given."""
    if coding is None:
        return [*headers, (b"vary", b"Accept-Encoding")]
    kept = [field for field in headers if field[0] not in (b"content-length", b"accept-ranges")]
    return [*kept, (b"content-encoding", coding.encode()), (b"vary", b"Accept-Encoding")]
