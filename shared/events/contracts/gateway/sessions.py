"""Sign-ins of local accounts: opened, ended, and refresh tokens that were presented twice. No names, no addresses."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

SESSION = Topic("gateway.session", "Sign-ins (登录会话)")


class SessionState(EventData):
    """A sign-in of an account; the session's id is the subject."""

    account_id: UUID
    second_factor: bool
    """Whether a second factor was shown in it."""


class SessionEndState(EventData):
    """A sign-in that is over, and why."""

    account_id: UUID
    reason: Literal[
        "signed_out", "revoked", "password_changed", "account_disabled", "refresh_reused", "second_factor_reset"
    ]


SessionOpened = EventType(SESSION, "gateway.session.opened.v1", SessionState, Audience.INTERNAL, "somebody signed in")
SessionVerified = EventType(
    SESSION, "gateway.session.verified.v1", SessionState, Audience.INTERNAL, "a second factor was shown in the session"
)
SessionRevoked = EventType(
    SESSION, "gateway.session.revoked.v1", SessionEndState, Audience.INTERNAL, "nothing of the session counts any more"
)
SessionReused = EventType(
    SESSION,
    "gateway.session.reused.v1",
    SessionEndState,
    Audience.INTERNAL,
    "a refresh token that was used up came again: somebody has a copy, and the session has ended",
)
