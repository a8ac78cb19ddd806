"""One person, one account: who comes in by an outside issuer under his own id gets no local account beside it.

He could otherwise approve under one id what he submitted under the other. The other direction, an outside identity of
somebody who has an account here, is refused in `gateway.oidc.usecases`.
"""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accounts.models import Account
from gateway.oidc.models import OutsideIdentity
from shared.errors import DomainError


async def lock_person(session: AsyncSession, person_ref: str) -> None:
    """Who lets a person in, here or by an outside issuer, does so one after another."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"person:{person_ref}", 0))))


async def refuse_from_outside(session: AsyncSession, person_ref: str | None) -> None:
    """Raises 409 `person-from-outside` where a living outside identity acts as this person."""
    if person_ref is None:
        return
    await lock_person(session, person_ref)
    wanted = select(OutsideIdentity.id, OutsideIdentity.issuer_name).where(
        OutsideIdentity.person_ref == person_ref,
        OutsideIdentity.admitted_at.is_not(None),
        OutsideIdentity.disabled_at.is_(None),
    )
    found = (await session.execute(wanted)).one_or_none()
    if found is not None:
        raise DomainError("person-from-outside", 409, params={"identity": str(found[0]), "issuer": found[1]})


async def refuse_local(session: AsyncSession, person_ref: str | None) -> None:
    """Raises 409 `person-has-account` where a living local account is this person's."""
    if person_ref is None:
        return
    await lock_person(session, person_ref)
    wanted = select(Account.id).where(Account.person_ref == person_ref, Account.disabled_at.is_(None)).limit(1)
    found = await session.scalar(wanted)
    if found is not None:
        raise DomainError("person-has-account", 409, params={"account": str(found)})
