"""What the gateway tells of identities that outside issuers vouch for. Neither names nor the issuers' own subjects."""

from __future__ import annotations

from shared.events.types import Audience, EventData, EventType, Topic

OUTSIDE_IDENTITY = Topic("gateway.outside_identity", "Outside identities (外部身份)")


class OutsideIdentityState(EventData):
    """Which issuer vouches, by its short name here, and under which account the identity acts."""

    issuer: str
    status: str
    account: str | None
    confirmed: bool


def _event(name: str, summary: str) -> EventType[OutsideIdentityState]:
    return EventType(
        OUTSIDE_IDENTITY, f"gateway.outside_identity.{name}.v1", OutsideIdentityState, Audience.INTERNAL, summary
    )


OutsideIdentityRecorded = _event("recorded", "somebody of a trusted issuer was seen or announced, and waits")
OutsideIdentityAdmitted = _event("admitted", "somebody of a trusted issuer was let in for the first time")
OutsideIdentityLinked = _event("linked", "the identity acts under a local account from now on")
OutsideIdentityLinkConfirmed = _event("link_confirmed", "a second person has confirmed the link")
OutsideIdentityUnlinked = _event("unlinked", "the identity acts under the local account no more")
OutsideIdentityDisabled = _event("disabled", "the identity can do nothing any more")
OutsideIdentityEnabled = _event("enabled", "the identity is let in again")
