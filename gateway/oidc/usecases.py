"""Outside identities: seen, admitted, linked to a local account, stopped and let in again."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accounts.models import Account
from gateway.accounts.persons import lock_person, refuse_local
from gateway.oidc.config import Issuer
from gateway.oidc.models import OutsideIdentity
from shared.clock import business_today, utcnow
from shared.errors import DomainError, four_eyes_required, invalid_transition, not_found
from shared.events import outbox
from shared.events.contracts.gateway import (
    OutsideIdentityAdmitted,
    OutsideIdentityDisabled,
    OutsideIdentityEnabled,
    OutsideIdentityLinkConfirmed,
    OutsideIdentityLinked,
    OutsideIdentityRecorded,
    OutsideIdentityState,
    OutsideIdentityUnlinked,
)
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.ids import uuid7

MAX_WAITING: Final = 10_000
"""Identities of one issuer that wait to be linked; further ones are refused and not written down."""
SEEN_EVERY: Final = timedelta(hours=1)

Event = EventType[OutsideIdentityState]


async def see(session: AsyncSession, issuer: Issuer, subject: str, person_ref: str | None) -> OutsideIdentity | None:
    """Write down that a good token of this subject came, and admit it where the issuer's people come in at first sight.

    Somebody whose `person_ref` is known under another id is not admitted: he waits to be linked to that account, so
    that one person never acts as two. None where too many wait already.
    """
    row = await _row(session, issuer, subject)
    if row is None:
        if issuer.provisioning == "linked" and await _waiting(session, issuer) >= MAX_WAITING:
            return None
        row = await _insert(session, issuer, subject)
    is_new = row.status == "waiting" and row.unlinked_at is None and issuer.provisioning == "first_sight"
    is_named = row.status == "own" and row.person_ref is None and person_ref is not None
    if (is_new or is_named) and not await _is_known(session, row, person_ref):
        row.person_ref = person_ref
        if is_new:
            row.admitted_at = utcnow()
            await _record(session, OutsideIdentityAdmitted, row, _by_itself(row))
    return row


async def touch(session: AsyncSession, identity_id: UUID) -> None:
    """Remember to the hour when the identity was seen."""
    now = utcnow()
    await session.execute(
        update(OutsideIdentity)
        .where(OutsideIdentity.id == identity_id)
        .where(or_(OutsideIdentity.seen_at.is_(None), OutsideIdentity.seen_at < now - SEEN_EVERY))
        .values(seen_at=now, updated_at=OutsideIdentity.updated_at)
        .execution_options(synchronize_session=False)
    )


async def announce(
    session: AsyncSession, issuer: Issuer, subject: str, account_id: UUID | None, context: EventContext
) -> OutsideIdentity:
    """Enter an identity before it was ever seen, and link it if an account is named.

    Raises 409 `outside-identity-known`, else as `link`.
    """
    if await _row(session, issuer, subject) is not None:
        raise DomainError("outside-identity-known", 409)
    row = await _insert(session, issuer, subject, context)
    return row if account_id is None else await link(session, row.id, account_id, context=context)


async def link(
    session: AsyncSession,
    identity_id: UUID,
    account_id: UUID,
    *,
    if_match: str | None = None,
    context: EventContext,
) -> OutsideIdentity:
    """Let an identity act under a local account. Roles of power count only from `confirm` on.

    Raises 403 `own-account`: nobody opens his own account another door; 409 `outside-identity-has-acted` for one that
    was let in under its own id, because who acted as one person stays that person.
    """
    row = await _locked(session, identity_id)
    honour_match(if_match, row.version)
    if context.actor == str(account_id):
        raise DomainError("own-account", 403)
    if row.admitted_at is not None:
        raise DomainError("outside-identity-has-acted", 409)
    if row.status != "waiting":
        raise invalid_transition(row.status, ["waiting"])
    account = await session.get(Account, account_id, with_for_update={"key_share": True})
    if account is None or account.disabled_at is not None:
        raise DomainError("account-unknown", 422)
    row.linked_account_id, row.linked_by, row.linked_at = account_id, context.actor, utcnow()
    return await _record(session, OutsideIdentityLinked, row, context)


async def confirm(
    session: AsyncSession, identity_id: UUID, *, if_match: str | None = None, context: EventContext
) -> OutsideIdentity:
    """Confirm a link as a second person. Raises 403 `four-eyes-required` or `own-account`."""
    row = await _locked(session, identity_id)
    honour_match(if_match, row.version)
    if row.status != "linked" or row.confirmed_at is not None:
        raise invalid_transition("confirmed" if row.status == "linked" else row.status, ["linked"])
    if context.actor == row.linked_by:
        raise four_eyes_required()
    if context.actor == str(row.linked_account_id):
        raise DomainError("own-account", 403)
    row.confirmed_by, row.confirmed_at = context.actor, utcnow()
    return await _record(session, OutsideIdentityLinkConfirmed, row, context)


async def unlink(
    session: AsyncSession, identity_id: UUID, *, if_match: str | None = None, context: EventContext
) -> OutsideIdentity:
    """Take back a link that should not have been made; the identity waits for another one, and for nothing else."""
    row = await _locked(session, identity_id)
    honour_match(if_match, row.version)
    if row.linked_account_id is None:
        raise invalid_transition(row.status, ["linked"])
    row.linked_account_id = row.linked_by = row.linked_at = row.confirmed_by = row.confirmed_at = None
    row.unlinked_at = utcnow()
    return await _record(session, OutsideIdentityUnlinked, row, context)


async def disable(
    session: AsyncSession, identity_id: UUID, *, if_match: str | None = None, context: EventContext
) -> OutsideIdentity:
    """Stop an identity, whatever tokens its issuer still gives it. Raises 403 `own-account`."""
    row = await _locked(session, identity_id)
    honour_match(if_match, row.version)
    if context.actor == str(row.account_id):
        raise DomainError("own-account", 403)
    if row.disabled_at is not None:
        raise invalid_transition("disabled", ["waiting", "own", "linked"])
    row.disabled_at = utcnow()
    return await _record(session, OutsideIdentityDisabled, row, context)


async def stop_person(session: AsyncSession, person_ref: str, context: EventContext) -> None:
    """Stop whatever identity acts as this person under its own id. The row keeps the person: no other identity is let
    in as him."""
    await lock_person(session, person_ref)
    wanted = select(OutsideIdentity).where(
        OutsideIdentity.person_ref == person_ref, OutsideIdentity.disabled_at.is_(None)
    )
    for row in await session.scalars(wanted.order_by(OutsideIdentity.id).with_for_update()):
        row.disabled_at = utcnow()
        await _record(session, OutsideIdentityDisabled, row, context)


async def enable(
    session: AsyncSession, identity_id: UUID, *, if_match: str | None = None, context: EventContext
) -> OutsideIdentity:
    """Let a stopped identity in again, as what it was. Raises 403 `own-account`, 409 `person-has-account` where its
    person was given a local account meanwhile."""
    row = await _locked(session, identity_id)
    honour_match(if_match, row.version)
    if context.actor == str(row.account_id):
        raise DomainError("own-account", 403)
    if row.disabled_at is None:
        raise invalid_transition(row.status, ["disabled"])
    if row.admitted_at is not None:
        await refuse_local(session, row.person_ref)
    row.disabled_at = None
    return await _record(session, OutsideIdentityEnabled, row, context)


async def _row(session: AsyncSession, issuer: Issuer, subject: str) -> OutsideIdentity | None:
    wanted = select(OutsideIdentity).where(OutsideIdentity.issuer == issuer.issuer, OutsideIdentity.subject == subject)
    return (await session.scalars(wanted.with_for_update())).one_or_none()


async def _locked(session: AsyncSession, identity_id: UUID) -> OutsideIdentity:
    row = await session.get(OutsideIdentity, identity_id, with_for_update=True)
    if row is None:
        raise not_found("outside-identity")
    return row


async def _insert(
    session: AsyncSession, issuer: Issuer, subject: str, context: EventContext | None = None
) -> OutsideIdentity:
    """The row, also where another process has written it a moment ago."""
    made = insert(OutsideIdentity).values(
        id=uuid7(), version=0, issuer=issuer.issuer, issuer_name=issuer.name, subject=subject
    )
    new = await session.scalar(made.on_conflict_do_nothing().returning(OutsideIdentity.id))
    row = await _row(session, issuer, subject)
    assert row is not None
    if new is not None:
        await _record(session, OutsideIdentityRecorded, row, context or _by_itself(row))
    return row


async def _waiting(session: AsyncSession, issuer: Issuer) -> int:
    few = (
        select(OutsideIdentity.id)
        .where(OutsideIdentity.issuer == issuer.issuer, OutsideIdentity.linked_account_id.is_(None))
        .limit(MAX_WAITING)
        .subquery()
    )
    return await session.scalar(select(func.count()).select_from(few)) or 0


async def _is_known(session: AsyncSession, row: OutsideIdentity, person_ref: str | None) -> bool:
    """Whether somebody else here is that person. The lock lets one of two who come at once be the first."""
    if person_ref is None:
        return False
    await lock_person(session, person_ref)
    account = select(Account.id).where(Account.person_ref == person_ref)
    identity = select(OutsideIdentity.id).where(
        OutsideIdentity.person_ref == person_ref,
        OutsideIdentity.admitted_at.is_not(None),
        OutsideIdentity.id != row.id,
    )
    return await session.scalar(select(or_(account.exists(), identity.exists()))) is True


def _by_itself(row: OutsideIdentity) -> EventContext:
    return EventContext(actor=str(row.id), effective_on=business_today(), correlation_id=str(row.id))


async def _record(session: AsyncSession, event: Event, row: OutsideIdentity, context: EventContext) -> OutsideIdentity:
    state = OutsideIdentityState(
        issuer=row.issuer_name,
        status=row.status,
        account=str(row.account_id) if row.account_id is not None else None,
        confirmed=row.confirmed_at is not None,
    )
    await outbox.append(session, event, row, state, context=context)
    return row
