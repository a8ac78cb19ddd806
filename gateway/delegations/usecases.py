"""Delegations: somebody on leave asks a colleague, who agrees; it ends by its last day, or earlier by a word.

Nobody's rights grow without the two: the grantor can only leave what is his own, to a colleague of his bureau, and the
delegate acts under his own account, so that whoever opened a case never decides it, in whosever stead.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accounts.models import Account
from gateway.delegations.models import Delegation
from gateway.delegations.rules import check_days, check_own, check_roles_given, refuse_pair
from shared.auth.principal import Principal
from shared.auth.roles import SECURITY_ADMIN
from shared.clock import utcnow
from shared.errors import DomainError, forbidden, invalid_transition, not_found
from shared.events import outbox
from shared.events.contracts.gateway import (
    DelegationAccepted,
    DelegationDeclined,
    DelegationProposed,
    DelegationState,
    DelegationWithdrawn,
)
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.ids import uuid7


async def propose(
    session: AsyncSession, caller: Principal, *, delegate: str, roles: Sequence[str], from_on: date, to_on: date
) -> Delegation:
    """Ask a colleague, named by user name, to stand in. Raises what `check_days`, `check_roles_given` and
    `_refuse_overlap` raise, 404 for a colleague whom there is not, 403 `own-account` for oneself."""
    check_days(from_on, to_on, caller.today)
    grantor = await _account(session, UUID(caller.account_id))
    check_own(roles, grantor.roles)
    found = await session.scalar(
        select(Account).where(Account.username == delegate, Account.disabled_at.is_(None)).with_for_update(read=True)
    )
    if found is None:
        raise not_found("account")
    if found.id == grantor.id:
        raise DomainError("own-account", 403)
    held = check_roles_given(roles, grantor.roles, found.roles, grantor.division, found.division)
    delegation = Delegation(
        id=uuid7(),
        version=0,
        grantor_id=grantor.id,
        delegate_id=found.id,
        roles=list(held),
        from_on=from_on,
        to_on=to_on,
        status="proposed",
    )
    await _refuse_overlap(session, delegation)
    session.add(delegation)
    await session.flush()
    await _tell(session, DelegationProposed, delegation, EventContext.of(caller))
    return delegation


async def accept(session: AsyncSession, caller: Principal, delegation_id: UUID) -> Delegation:
    """The colleague agrees; it counts from its first day on. What the grantor may leave is looked at once more.

    Raises 404 for anybody else, 409 `invalid-transition`, 409 `delegation-pair` where the delegate would stand in for
    both who prepares and who decides, on one of the days.
    """
    delegation = await _waiting(session, caller, delegation_id)
    grantor, delegate = await _both(session, delegation)
    if grantor.disabled_at is not None:
        raise not_found("account")
    check_days(delegation.from_on, delegation.to_on, caller.today)
    check_roles_given(delegation.roles, grantor.roles, delegate.roles, grantor.division, delegate.division)
    await _refuse_overlap(session, delegation)
    taken = await session.scalars(
        select(Delegation).where(
            Delegation.delegate_id == delegate.id,
            Delegation.status == "accepted",
            Delegation.from_on <= delegation.to_on,
            Delegation.to_on >= delegation.from_on,
        )
    )
    for other in taken:
        refuse_pair([*delegation.roles, *other.roles])
    delegation.status, delegation.accepted_at = "accepted", utcnow()
    await _tell(session, DelegationAccepted, delegation, EventContext.of(caller))
    return delegation


async def decline(session: AsyncSession, caller: Principal, delegation_id: UUID) -> Delegation:
    """The colleague does not agree. Raises 404 for anybody else, 409 `invalid-transition`."""
    delegation = await _waiting(session, caller, delegation_id)
    _end(delegation, "declined", caller)
    await _tell(session, DelegationDeclined, delegation, EventContext.of(caller))
    return delegation


async def withdraw(session: AsyncSession, caller: Principal, delegation_id: UUID) -> Delegation:
    """It counts no more: by the grantor, by the delegate who gives it back, or by a security administrator.

    Raises 404 for anybody else, 409 `invalid-transition`.
    """
    delegation = await session.get(Delegation, delegation_id, with_for_update=True)
    parties = (str(delegation.grantor_id), str(delegation.delegate_id)) if delegation is not None else ()
    if delegation is None or not (caller.account_id in parties or caller.has(SECURITY_ADMIN)):
        raise not_found("delegation")
    if delegation.status not in ("proposed", "accepted"):
        raise invalid_transition(delegation.status, ["proposed", "accepted"])
    _end(delegation, "withdrawn", caller)
    await _tell(session, DelegationWithdrawn, delegation, EventContext.of(caller))
    return delegation


async def _waiting(session: AsyncSession, caller: Principal, delegation_id: UUID) -> Delegation:
    delegation = await session.get(Delegation, delegation_id, with_for_update=True)
    if delegation is None or caller.account_id not in (str(delegation.delegate_id), str(delegation.grantor_id)):
        raise not_found("delegation")
    if caller.account_id != str(delegation.delegate_id):
        raise forbidden()
    if delegation.status != "proposed":
        raise invalid_transition(delegation.status, ["proposed"])
    return delegation


async def _refuse_overlap(session: AsyncSession, wanted: Delegation) -> None:
    """A role is left to one colleague at a time, or two would act in one stead."""
    other = select(Delegation.id).where(
        Delegation.grantor_id == wanted.grantor_id,
        Delegation.id != wanted.id,
        Delegation.status == "accepted",
        Delegation.roles.overlap(wanted.roles),
        Delegation.from_on <= wanted.to_on,
        Delegation.to_on >= wanted.from_on,
    )
    if await session.scalar(other.limit(1)) is not None:
        raise DomainError("delegation-overlaps", 409)


async def _account(session: AsyncSession, account_id: UUID) -> Account:
    """Locked, so that delegations of one grantor are made one after another."""
    account = await session.get(Account, account_id, with_for_update=True)
    if account is None:
        raise not_found("account")
    return account


async def _both(session: AsyncSession, delegation: Delegation) -> tuple[Account, Account]:
    """Both accounts, locked in one order."""
    wanted = select(Account).where(Account.id.in_([delegation.grantor_id, delegation.delegate_id]))
    found = {row.id: row for row in await session.scalars(wanted.order_by(Account.id).with_for_update())}
    return found[delegation.grantor_id], found[delegation.delegate_id]


def _end(delegation: Delegation, status: Literal["declined", "withdrawn"], caller: Principal) -> None:
    delegation.status, delegation.ended_at, delegation.ended_by = status, utcnow(), caller.account_id


async def _tell(
    session: AsyncSession, event_type: EventType[DelegationState], delegation: Delegation, context: EventContext
) -> None:
    state = DelegationState.model_validate({name: getattr(delegation, name) for name in DelegationState.model_fields})
    await outbox.append(session, event_type, delegation, state, context=context)
