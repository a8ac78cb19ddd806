"""Who needs a second factor, and the form of what goes with it."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Iterable
from typing import Final
from uuid import UUID

from shared.auth.roles import SECOND_FACTOR_ROLES

RECOVERY_CODES: Final = 10
_BYTES: Final = 10
_GROUP: Final = 4


def needs_second_factor(roles: Iterable[str]) -> bool:
    """Administration, security, audit, and whoever approves what others prepared."""
    return not SECOND_FACTOR_ROLES.isdisjoint(roles)


def new_recovery_code() -> str:
    """80 random bits in base32, in groups of four."""
    text = base64.b32encode(secrets.token_bytes(_BYTES)).decode("ascii").lower()
    return "-".join(text[start : start + _GROUP] for start in range(0, len(text), _GROUP))


def recovery_digest(account_id: UUID, code: str) -> bytes:
    """What is kept of a recovery code, however it was typed. Enough random bits to need no slow hash."""
    plain = code.replace("-", "").replace(" ", "").lower()
    return hashlib.sha256(account_id.bytes + plain.encode("utf-8", "replace")).digest()
