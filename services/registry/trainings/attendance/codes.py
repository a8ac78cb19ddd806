"""The code on the trainer's screen: signed, for one meeting, good for half a minute.

It is a message authentication code over meeting and half minute, under a key that is derived from the service's
signing key, with a salt that is drawn whenever the screen is opened. No code is stored, and once the screen is closed
none is good. Two processes give out the same code at the same moment.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Final
from uuid import UUID

import segno
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shared.auth.tokens import load_private_key

STEP_SECONDS: Final = 30
EARLY_SECONDS: Final = 5
"""How far the clock of another process may be ahead."""
LATE_SECONDS: Final = 10
"""What it takes to scan a code and send it."""

_MARK: Final = "MCA1."
_STEP_BYTES: Final = 7
_MAC_BYTES: Final = 16
_LENGTH: Final = 16 + _STEP_BYTES + _MAC_BYTES
_PURPOSE: Final = b"mengchuang registry training attendance"


class CodeForged(Exception):
    """Not a code of this meeting: made up, altered, of another meeting, or its screen was closed."""


class CodeExpired(Exception):
    """A code of this meeting from another half minute."""


@lru_cache
def key_of(signing_key: Path) -> bytes:
    """The key of this purpose, the same in every process of the service. Raises OSError, ValueError."""
    private = load_private_key(signing_key).private_bytes_raw()
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE).derive(private)


def mint(key: bytes, session_id: UUID, meeting_id: UUID, salt: bytes, now: datetime) -> str:
    """The code of this half minute."""
    step = _step(now)
    content = meeting_id.bytes + step.to_bytes(_STEP_BYTES, "big")
    signed = content + _mac(key, session_id, content, salt)
    return _MARK + base64.urlsafe_b64encode(signed).decode("ascii")


def seconds_left(now: datetime) -> int:
    """Until the next code."""
    return STEP_SECONDS - int(now.timestamp()) % STEP_SECONDS


def meeting_in(code: str) -> UUID:
    """The meeting that a code names, which proves nothing yet. Raises CodeForged for anything that is no code."""
    return UUID(bytes=_opened(code)[:16])


def require_good(key: bytes, session_id: UUID, meeting_id: UUID, salt: bytes | None, code: str, now: datetime) -> None:
    """Raises CodeForged, and CodeExpired for a code that was good once or will be."""
    signed = _opened(code)
    content, mac = signed[:-_MAC_BYTES], signed[-_MAC_BYTES:]
    if salt is None or not hmac.compare_digest(mac, _mac(key, session_id, content, salt)):
        raise CodeForged
    if content[:16] != meeting_id.bytes:
        raise CodeForged
    begins = int.from_bytes(content[16:], "big") * STEP_SECONDS
    if not begins - EARLY_SECONDS <= now.timestamp() < begins + STEP_SECONDS + LATE_SECONDS:
        raise CodeExpired


def drawn(code: str) -> bytes:
    """The code as an image of lines that scales with the screen (SVG)."""
    target = BytesIO()
    segno.make(code, error="m", micro=False).save(target, kind="svg", scale=8, border=4, xmldecl=True, dark="#000")
    return target.getvalue()


def _opened(code: str) -> bytes:
    if not code.startswith(_MARK):
        raise CodeForged
    text = code.removeprefix(_MARK)
    try:
        signed = base64.b64decode(text, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise CodeForged from None
    if len(signed) != _LENGTH or base64.urlsafe_b64encode(signed).decode("ascii") != text:
        raise CodeForged
    return signed


def _mac(key: bytes, session_id: UUID, content: bytes, salt: bytes) -> bytes:
    return hmac.new(key, session_id.bytes + salt + content, sha256).digest()[:_MAC_BYTES]


def _step(now: datetime) -> int:
    return int(now.timestamp()) // STEP_SECONDS
