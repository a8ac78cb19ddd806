"""Setting up a second factor, and having it taken away by two others when it is lost."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import pyotp
import segno
from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accounts import requests
from gateway.accounts.models import Account
from gateway.accounts.usecases import locked, other_account
from gateway.second_factor.checking import use_step
from gateway.second_factor.models import RecoveryCode, SecondFactor
from gateway.second_factor.rules import RECOVERY_CODES, new_recovery_code, recovery_digest
from gateway.sessions.ending import end_sessions
from gateway.sessions.usecases import verified
from shared.clock import utcnow
from shared.errors import DomainError, not_found
from shared.events import outbox
from shared.events.contracts.gateway import AccountSecondFactorChanged, SecondFactorState
from shared.events.outbox import EventContext
from shared.sealing import Keyring

ISSUER: Final = "Mengchuang"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """The secret for the authenticator, as text, as address and as the picture of that address; shown once."""

    secret: str
    uri: str
    qr_svg: str
    qr_png: str


async def enrol(session: AsyncSession, keys: Keyring, account_id: UUID) -> Enrolment:
    """Make a secret, which counts once a code of it was shown; an earlier one that was never confirmed is forgotten.

    Raises 409 `second-factor-present` where there is a confirmed one, which is given up first.
    """
    account = await locked(session, account_id)
    factor = await session.get(SecondFactor, account_id, with_for_update=True)
    if factor is not None and factor.confirmed_at is not None:
        raise DomainError("second-factor-present", 409)
    secret = pyotp.random_base32()
    sealed = keys.seal(account_id, secret)
    if factor is None:
        factor = SecondFactor(id=account_id, last_step=0)
        session.add(factor)
    factor.sealed_secret, factor.key_id, factor.enrolled_at = sealed.content, sealed.key_id, utcnow()
    uri = pyotp.TOTP(secret).provisioning_uri(name=account.username, issuer_name=ISSUER)
    picture = segno.make(uri, error="m", micro=False)
    svg = io.BytesIO()
    picture.save(svg, kind="svg", scale=4)
    return Enrolment(secret, uri, svg.getvalue().decode("utf-8"), picture.png_data_uri(scale=4))


async def confirm(
    session: AsyncSession, keys: Keyring, account_id: UUID, code: str, *, session_id: UUID | None, context: EventContext
) -> list[str]:
    """Show that the authenticator has the secret; the recovery codes are answered this once. The session counts as one
    with a second factor from now on, the account's others end.

    Raises 404 without an enrolment, 409 `second-factor-present`, 422 `second-factor-code-wrong`.
    """
    account = await locked(session, account_id)
    factor = await session.get(SecondFactor, account_id, with_for_update=True)
    if factor is None:
        raise not_found("second-factor")
    if factor.confirmed_at is not None:
        raise DomainError("second-factor-present", 409)
    if not use_step(factor, keys, code, utcnow()):
        raise DomainError("second-factor-code-wrong", 422)
    factor.confirmed_at = utcnow()
    codes = await _renew_codes(session, account_id)
    if session_id is not None:
        await verified(session, session_id, context)
    await end_sessions(session, account_id, "second_factor_reset", context, keep=session_id)
    await _tell(session, account, context, enrolled=True)
    return codes


async def renew_codes(session: AsyncSession, account_id: UUID) -> list[str]:
    """Ten new recovery codes instead of the old ones; the caller has shown a code. Raises 404."""
    factor = await session.get(SecondFactor, account_id, with_for_update=True)
    if factor is None or factor.confirmed_at is None:
        raise not_found("second-factor")
    return await _renew_codes(session, account_id)


async def codes_left(session: AsyncSession, account_id: UUID) -> int:
    """How many recovery codes were not used yet."""
    wanted = select(func.count()).where(RecoveryCode.account_id == account_id, RecoveryCode.used_at.is_(None))
    return await session.scalar(wanted) or 0


async def give_up(session: AsyncSession, account_id: UUID, context: EventContext) -> None:
    """Its holder takes it away, with a code of it: to set up another one, or because his roles need none.

    Sessions in which it was shown stay as they are. Raises 404.
    """
    account = await locked(session, account_id)
    if await session.get(SecondFactor, account_id) is None:
        raise not_found("second-factor")
    await _remove(session, account, context)


async def ask_for_reset(session: AsyncSession, account_id: UUID, context: EventContext) -> Account:
    """A security administrator asks that somebody's lost second factor be taken away; another person confirms it.

    Raises 403 `own-account`, 404.
    """
    account = await other_account(session, account_id, context)
    if await session.get(SecondFactor, account_id) is None:
        raise not_found("second-factor")
    await requests.ask_for_reset(session, account, context)
    return account


async def confirm_reset(session: AsyncSession, account_id: UUID, context: EventContext) -> Account:
    """The second person confirms: the second factor is gone, and every session of the account over.

    Raises what `requests.confirm` raises.
    """
    account = await other_account(session, account_id, context)
    await requests.confirm(session, account, requests.SECOND_FACTOR_RESET, context)
    account.generation += 1
    await end_sessions(session, account_id, "second_factor_reset", context)
    await _remove(session, account, context)
    return account


async def _renew_codes(session: AsyncSession, account_id: UUID) -> list[str]:
    await session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
    codes = [new_recovery_code() for _ in range(RECOVERY_CODES)]
    session.add_all(RecoveryCode(account_id=account_id, digest=recovery_digest(account_id, code)) for code in codes)
    return codes


async def _remove(session: AsyncSession, account: Account, context: EventContext) -> None:
    await session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account.id))
    await session.execute(delete(SecondFactor).where(SecondFactor.id == account.id))
    await _tell(session, account, context, enrolled=False)


async def _tell(session: AsyncSession, account: Account, context: EventContext, *, enrolled: bool) -> None:
    state = SecondFactorState(enrolled=enrolled)
    await outbox.append(session, AccountSecondFactorChanged, account, state, context=context)
