"""The secret that stands for a voucher at the counter: 100 random bits in Crockford's base 32.

It is not the id, appears in no event, list or log, and is read by the holder alone.
"""

from __future__ import annotations

import secrets
from typing import Annotated, Final

from pydantic import BeforeValidator, WithJsonSchema

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH: Final = 20
_GROUP: Final = 5
_READ_AS: Final = str.maketrans("OIL", "011", "- ")


class CodeError(ValueError):
    """Not the form of a voucher's code."""

    reason = "voucher_code"


def new_code() -> str:
    """A fresh code, as stored."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))


def shown(code: str) -> str:
    """As people read it: `7K3QF-9ZC2M-...`."""
    return "-".join(code[start : start + _GROUP] for start in range(0, _LENGTH, _GROUP))


def read_code(value: object) -> str:
    """As stored, whatever case or grouping it was typed in. Raises CodeError."""
    code = value.upper().translate(_READ_AS) if isinstance(value, str) and value.isascii() else ""
    if len(code) != _LENGTH or any(character not in _ALPHABET for character in code):
        raise CodeError("a voucher's code has 20 letters and digits")
    return code


VoucherCode = Annotated[
    str,
    BeforeValidator(read_code),
    WithJsonSchema({"type": "string", "format": "password", "examples": ["7K3QF-9ZC2M-0DRWX-5TNHB"]}),
]
