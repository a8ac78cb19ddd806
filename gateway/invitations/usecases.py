"""Invitations: an administrator says what somebody may do, the invited person alone chooses the password."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accounts.models import Account
from gateway.accounts.persons import refuse_from_outside
from gateway.accounts.rules import SCOPE_FIELDS, carries_power, check_roles
from gateway.accounts.usecases import Scope, check_username, create_account, refuse_taken
from gateway.breached.lists import BreachList
from gateway.invitations.models import Invitation
from gateway.sessions.usecases import digest_of
from shared.clock import business_today, utcnow
from shared.errors import DomainError, four_eyes_required, invalid_transition, not_found
from shared.events import outbox
from shared.events.contracts.gateway import (
    InvitationAccepted,
    InvitationConfirmed,
    InvitationIssued,
    InvitationRevoked,
    InvitationState,
)
from shared.events.outbox import EventContext
from shared.ids import uuid7

PREFIX: Final = "mci_"


@dataclass(frozen=True, slots=True)
class Sent:
    """An invitation and its token, which nobody can read again."""

    invitation: Invitation
    token: str


async def invite(
    session: AsyncSession,
    username: str,
    *,
    roles: Sequence[str],
    scope: Scope,
    days: int,
    context: EventContext,
) -> Sent:
    """Invite somebody under a user name; an earlier open invitation of that name is void.

    Raises 422 `username-invalid` or what `check_roles` raises, 409 `username-taken`, 409 `person-from-outside`.
    """
    name = check_username(username)
    held = check_roles(roles, scope.as_dict())
    await refuse_taken(session, name)
    await refuse_from_outside(session, scope.person_ref)
    earlier = await session.scalar(
        select(Invitation)
        .where(Invitation.username == name, Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None))
        .with_for_update()
    )
    if earlier is not None:
        await _revoke(session, earlier, context)
        await session.flush()
    token = PREFIX + secrets.token_urlsafe(32)
    now = utcnow()
    invitation = Invitation(
        id=uuid7(),
        version=0,
        username=name,
        digest=digest_of(token),
        roles=list(held),
        **scope.as_dict(),
        invited_by=context.actor,
        needs_confirmation=carries_power((), {}, held, scope.as_dict()),
        sent_at=now,
        expires_at=now + timedelta(days=days),
    )
    session.add(invitation)
    await session.flush()
    await outbox.append(session, InvitationIssued, invitation, _state(invitation), context=context)
    return Sent(invitation, token)


async def send_again(session: AsyncSession, invitation_id: UUID, *, days: int, context: EventContext) -> Sent:
    """Another token and another term; the earlier token is void, a confirmation stays.

    Raises 404, 409 `invalid-transition` unless it is open.
    """
    invitation = await _open(session, invitation_id)
    token = PREFIX + secrets.token_urlsafe(32)
    now = utcnow()
    invitation.digest, invitation.sent_at = digest_of(token), now
    invitation.expires_at = now + timedelta(days=days)
    await outbox.append(session, InvitationIssued, invitation, _state(invitation), context=context)
    return Sent(invitation, token)


async def confirm(session: AsyncSession, invitation_id: UUID, context: EventContext) -> Invitation:
    """The security administrator's word on rights that carry power. Raises 404, 409 `invalid-transition`, 403
    `four-eyes-required` for who has invited."""
    invitation = await _open(session, invitation_id)
    if invitation.confirmed_by is not None or not invitation.needs_confirmation:
        raise invalid_transition("confirmed", ["unconfirmed"])
    if context.actor == invitation.invited_by:
        raise four_eyes_required()
    invitation.confirmed_by, invitation.confirmed_at = context.actor, utcnow()
    await outbox.append(session, InvitationConfirmed, invitation, _state(invitation), context=context)
    return invitation


async def revoke(session: AsyncSession, invitation_id: UUID, context: EventContext) -> Invitation:
    """It can no longer be accepted. Raises 404, 409 `invalid-transition`."""
    invitation = await _open(session, invitation_id)
    await _revoke(session, invitation, context)
    return invitation


async def revoke_of_person(session: AsyncSession, person_ref: str, context: EventContext) -> None:
    """Whatever invitation of this person is open can no longer be accepted."""
    wanted = select(Invitation).where(
        Invitation.person_ref == person_ref, Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None)
    )
    for invitation in await session.scalars(wanted.order_by(Invitation.id).with_for_update()):
        await _revoke(session, invitation, context)


async def accept(session: AsyncSession, token: str, password: str, breached: BreachList) -> Account:
    """Open the account with a password that only its holder knows. The token counts once.

    Raises 409 `invitation-invalid` alike for a token that is unknown, used, void or over, 409 `invitation-unconfirmed`,
    422 for the password.
    """
    wanted = select(Invitation).where(Invitation.digest == digest_of(token)).with_for_update()
    invitation = await session.scalar(wanted)
    now = utcnow()
    if invitation is None or invitation.accepted_at is not None or invitation.revoked_at is not None:
        raise DomainError("invitation-invalid", 409)
    if invitation.expires_at <= now:
        raise DomainError("invitation-invalid", 409)
    if invitation.needs_confirmation and invitation.confirmed_by is None:
        raise DomainError("invitation-unconfirmed", 409)
    scope = Scope(**{field: getattr(invitation, field) for field in SCOPE_FIELDS})
    context = EventContext(
        actor=invitation.invited_by, effective_on=business_today(), correlation_id=str(invitation.id)
    )
    account = await create_account(
        session, invitation.username, password, roles=invitation.roles, scope=scope, context=context, breached=breached
    )
    invitation.accepted_at, invitation.account_id = now, account.id
    accepted = EventContext(actor=str(account.id), effective_on=business_today(), correlation_id=str(invitation.id))
    await outbox.append(session, InvitationAccepted, invitation, _state(invitation), context=accepted)
    return account


async def _open(session: AsyncSession, invitation_id: UUID) -> Invitation:
    invitation = await session.get(Invitation, invitation_id, with_for_update=True)
    if invitation is None:
        raise not_found("invitation")
    if invitation.accepted_at is not None:
        raise invalid_transition("accepted", ["open"])
    if invitation.revoked_at is not None:
        raise invalid_transition("revoked", ["open"])
    return invitation


async def _revoke(session: AsyncSession, invitation: Invitation, context: EventContext) -> None:
    invitation.revoked_at = utcnow()
    await outbox.append(session, InvitationRevoked, invitation, _state(invitation), context=context)


def _state(invitation: Invitation) -> InvitationState:
    return InvitationState(
        roles=tuple(invitation.roles), division=invitation.division, account_id=invitation.account_id
    )
