"""Inland firms paired with firms of the city (4.7-2)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

PAIRING = Topic("registry.pairing", "Pairs of firms (企业结对)")


class PairingState(EventData):
    """A pair: active from `since` through `ended_on`. The inland firm is a partner of the register."""

    id: UUID
    no: str
    province_side: str
    partner_id: UUID
    enterprise_id: UUID
    industry: str
    status: str
    proposed_on: date
    inland_document_no: str
    """The inland firm's letter."""
    confirmed_on: date | None
    since: date | None
    document_no: str | None
    """Of the pairing agreement."""
    ended_on: date | None
    reason_code: str | None
    remark_hash: str | None = None


class PairingLogData(PairingState):
    """The pair, and what the two firms did together on a day; what was said stays in the registry."""

    entry_id: UUID
    kind: str
    held_on: date
    heads: int
    amount: Decimal | None


def _pairing(step: str, audience: Audience, summary: str) -> EventType[PairingState]:
    return EventType(PAIRING, f"registry.pairing.{step}.v1", PairingState, audience, summary)


PairingProposed = _pairing("proposed", Audience.BUREAU, "A pair was proposed.")
PairingConfirmed = _pairing("confirmed", Audience.BUREAU, "The Lhasa enterprise wants it.")
PairingDeclined = _pairing("declined", Audience.BUREAU, "The Lhasa enterprise does not want it.")
PairingWithdrawn = _pairing("withdrawn", Audience.BUREAU, "The proposal was taken back.")
PairingStarted = _pairing("started", Audience.PUBLIC, "The agreement is signed: an active pair.")
PairingCompleted = _pairing("completed", Audience.PUBLIC, "The pair has done what it was for.")
PairingEnded = _pairing("ended", Audience.PUBLIC, "The pair ended before that, with a reason.")
PairingLogged = EventType(
    PAIRING, "registry.pairing.logged.v1", PairingLogData, Audience.BUREAU, "A visit or a result was entered."
)
