"""Whether somebody has the authenticator: a code of the moment, or a recovery code, each accepted once."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final
from uuid import UUID

import pyotp
from pyotp.exceptions import OTPVerificationError
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.second_factor.models import RecoveryCode, SecondFactor
from gateway.second_factor.rules import recovery_digest
from gateway.sessions.seen import Seen
from gateway.signin.attempts import Attempt
from gateway.signin.throttle import CODES
from shared.clock import utcnow
from shared.db import Database
from shared.sealing import Keyring, Sealed

WINDOW: Final = 1
"""Steps of 30 s by which a telephone's clock may differ (RFC 6238, 5.2)."""

_CODE = re.compile("[0-9]{6}", re.ASCII)


async def has_second_factor(session: AsyncSession, account_id: UUID) -> bool:
    """Whether the account's second factor was confirmed."""
    wanted = select(SecondFactor.id).where(SecondFactor.id == account_id, SecondFactor.confirmed_at.is_not(None))
    return await session.scalar(wanted) is not None


async def check_code(db: Database, keys: Keyring, account_id: UUID, code: str, seen: Seen) -> bool:
    """Whether the code is right, counted and slowed down as passwords are. Raises 429 `too-many-attempts`."""
    attempt = await Attempt.begin(db, f"otp:{account_id}", seen.address, account_id, CODES)
    async with db.transaction() as session:
        right = await accept(session, keys, account_id, code, utcnow())
    if right:
        await attempt.succeed()
    return right


async def accept(session: AsyncSession, keys: Keyring, account_id: UUID, code: str, now: datetime) -> bool:
    """Take a code as used if it is right. Nobody can use it a second time, nor an earlier one (RFC 6238, 5.2)."""
    factor = await session.get(SecondFactor, account_id, with_for_update=True)
    if factor is None or factor.confirmed_at is None:
        return False
    typed = "".join(code.split())
    if _CODE.fullmatch(typed):
        return use_step(factor, keys, typed, now)
    digest = recovery_digest(account_id, typed)
    unused = (
        update(RecoveryCode)
        .where(RecoveryCode.account_id == account_id, RecoveryCode.digest == digest, RecoveryCode.used_at.is_(None))
        .values(used_at=now)
        .returning(RecoveryCode.digest)
    )
    return await session.scalar(unused) is not None


def use_step(factor: SecondFactor, keys: Keyring, code: str, now: datetime) -> bool:
    """Whether the code is one of the moment that comes after the last one used; it is used then."""
    secret = keys.unseal(factor.id, Sealed(factor.key_id, factor.sealed_secret))
    try:
        step = pyotp.TOTP(secret).verify_and_get_timecode(code, for_time=now, valid_window=WINDOW)
    except OTPVerificationError:
        return False
    if step <= factor.last_step:
        return False
    factor.last_step = step
    return True
