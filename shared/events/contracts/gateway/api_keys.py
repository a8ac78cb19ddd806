"""API keys: that there is one, for whom and for what; never a key, nor what an address may be."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

API_KEY = Topic("gateway.api_key", "API keys (接口密钥)")


class ApiKeyState(EventData):
    """A key as it is after the event; its id is the subject. `status`: proposed, active or revoked."""

    account_id: UUID
    livemode: bool
    scopes: tuple[str, ...]
    signature_mode: str
    status: str
    expires_at: datetime
    replaces: UUID | None


ApiKeyIssued = EventType(
    API_KEY, "gateway.api_key.issued.v1", ApiKeyState, Audience.INTERNAL, "a key was made for an account"
)
ApiKeyConfirmed = EventType(
    API_KEY, "gateway.api_key.confirmed.v1", ApiKeyState, Audience.INTERNAL, "another person let the key be used"
)
ApiKeyChanged = EventType(
    API_KEY, "gateway.api_key.changed.v1", ApiKeyState, Audience.INTERNAL, "its name, networks or last day is another"
)
ApiKeyRevoked = EventType(
    API_KEY, "gateway.api_key.revoked.v1", ApiKeyState, Audience.INTERNAL, "the key can do nothing any more"
)
