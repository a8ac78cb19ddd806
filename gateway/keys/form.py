"""The form of an API key: `mc_<live|test>_<id>_<secret><checksum>`, all of it letters and digits.

The secret is 256 random bits in base 62, the checksum the CRC-32 of everything before it, so that a scanner of source
code and the gateway tell a key from something that looks like one, and a typing error from a wrong key, without asking
anybody.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import string
import zlib
from dataclasses import dataclass, field
from typing import Final, Literal

Mode = Literal["live", "test"]

PREFIX: Final = "mc_"
ID_LENGTH: Final = 12
SECRET_BITS: Final = 256
SECRET_LENGTH: Final = 43
CHECKSUM_LENGTH: Final = 6
PATTERN: Final = r"mc_(live|test)_([0-9A-Za-z]{12})_([0-9A-Za-z]{43})([0-9A-Za-z]{6})"
"""Also what a secret scanner looks for (`docs/access.md`)."""

_DIGITS: Final = string.digits + string.ascii_uppercase + string.ascii_lowercase
_FORM: Final = re.compile(PATTERN)


@dataclass(frozen=True, slots=True)
class KeyText:
    """A whole key, which is shown once and never kept; `text` stays out of representations."""

    mode: Mode
    public_id: str
    text: str = field(repr=False)

    @property
    def livemode(self) -> bool:
        return self.mode == "live"

    @property
    def digest(self) -> bytes:
        """What is kept of the key. A plain hash is enough: nobody guesses 256 random bits."""
        return hashlib.sha256(self.text.encode("ascii")).digest()


def new_key(*, livemode: bool) -> KeyText:
    """A key that nobody has."""
    mode: Mode = "live" if livemode else "test"
    public_id = "".join(secrets.choice(_DIGITS) for _ in range(ID_LENGTH))
    body = f"{PREFIX}{mode}_{public_id}_{base62(secrets.randbits(SECRET_BITS), SECRET_LENGTH)}"
    return KeyText(mode, public_id, body + checksum(body))


def parse(text: str) -> KeyText | None:
    """The key that a text is, or None: another form, or a typing error in it."""
    match = _FORM.fullmatch(text)
    if match is None or checksum(text[:-CHECKSUM_LENGTH]) != match[4]:
        return None
    return KeyText("live" if match[1] == "live" else "test", match[2], text)


def checksum(body: str) -> str:
    """CRC-32 (ISO 3309) of the text, in base 62."""
    return base62(zlib.crc32(body.encode("ascii")), CHECKSUM_LENGTH)


def base62(number: int, length: int) -> str:
    """The number with the digits 0-9, A-Z, a-z, filled up with zeros. Raises OverflowError if it is too long."""
    digits = []
    for _ in range(length):
        number, digit = divmod(number, 62)
        digits.append(_DIGITS[digit])
    if number:
        raise OverflowError("the number has more digits")
    return "".join(reversed(digits))
