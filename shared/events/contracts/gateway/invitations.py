"""Invitations to open an account. No names, no addresses."""

from __future__ import annotations

from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

INVITATION = Topic("gateway.invitation", "Invitations (账户邀请)")


class InvitationState(EventData):
    """What an invitation offers, and the account that came of it."""

    roles: tuple[str, ...]
    division: str | None
    account_id: UUID | None


InvitationIssued = EventType(
    INVITATION, "gateway.invitation.issued.v1", InvitationState, Audience.INTERNAL, "somebody was invited, or again"
)
InvitationConfirmed = EventType(
    INVITATION,
    "gateway.invitation.confirmed.v1",
    InvitationState,
    Audience.INTERNAL,
    "the rights that it carries were confirmed by a second person",
)
InvitationAccepted = EventType(
    INVITATION, "gateway.invitation.accepted.v1", InvitationState, Audience.INTERNAL, "the account was opened"
)
InvitationRevoked = EventType(
    INVITATION, "gateway.invitation.revoked.v1", InvitationState, Audience.INTERNAL, "it can no longer be accepted"
)
