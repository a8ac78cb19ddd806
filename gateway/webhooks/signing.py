"""Signatures after Standard Webhooks: HMAC-SHA256 over id, time and body, one for each secret that is in force."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from standardwebhooks import Webhook as Signer

from shared.errors import DomainError

PREFIX: Final = "whsec_"
SECRET_BYTES: Final = 32
LEAST_BYTES: Final = 24
MOST_BYTES: Final = 64


def new_secret() -> str:
    """A random secret of 32 bytes in its written form."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode("ascii")


def check_secret(secret: str) -> str:
    """A secret that the owner brings: `whsec_` and 24 to 64 bytes in base64. Raises 422 `webhook-secret-invalid`."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise _invalid() from error
    if not secret.startswith(PREFIX) or not LEAST_BYTES <= len(key) <= MOST_BYTES or len(set(key)) < 8:
        raise _invalid()
    return secret


def sign(known: Sequence[str], message_id: str, now: datetime, body: str) -> dict[str, str]:
    """The three headers; the id stays the same at every attempt, the time is the attempt's."""
    signatures = " ".join(Signer(secret).sign(message_id, now, body) for secret in known)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signatures,
    }


def _invalid() -> DomainError:
    return DomainError("webhook-secret-invalid", 422, params={"least": LEAST_BYTES, "most": MOST_BYTES})
