"""Penalties of providers, their price lists, and what enterprises think of them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

PENALTY = Topic("vouchers.provider_penalty", "Penalties of service providers (处罚记录)")
OFFERING = Topic("vouchers.offering", "Price lists of service providers (服务价目)")
RATING = Topic("vouchers.rating", "Ratings after use (用券评价)")


class PenaltyState(EventData):
    """A penalty that bars the organisation for some time, unless it was annulled."""

    id: UUID
    code: str
    decided_on: date
    document_no: str
    authority: str
    annulled_on: date | None


PenaltyRecorded = EventType(PENALTY, "vouchers.provider_penalty.recorded.v1", PenaltyState, summary="It is on record.")
PenaltyAnnulled = EventType(PENALTY, "vouchers.provider_penalty.annulled.v1", PenaltyState, summary="It bars no more.")


class OfferingState(EventData):
    """A service with its price in yuan a unit; both days inclusive."""

    id: UUID
    provider_id: UUID
    category: str
    title: str
    unit: str
    price: Decimal
    valid_from: date
    valid_to: date | None
    status: str


OfferingPublished = EventType(
    OFFERING, "vouchers.offering.published.v1", OfferingState, Audience.PUBLIC, "It is on the price list."
)
OfferingAmended = EventType(
    OFFERING, "vouchers.offering.amended.v1", OfferingState, Audience.PUBLIC, "The price list says something else."
)
OfferingWithdrawn = EventType(
    OFFERING, "vouchers.offering.withdrawn.v1", OfferingState, Audience.PUBLIC, "It is off the price list."
)


class RatingState(EventData):
    """One to five stars for one redemption; what was written stays in vouchers."""

    id: UUID
    redemption_id: UUID
    provider_id: UUID
    enterprise_id: UUID
    category: str
    stars: int
    rated_on: date
    hidden_on: date | None


RatingGiven = EventType(RATING, "vouchers.rating.given.v1", RatingState, summary="An enterprise rates a service.")
RatingHidden = EventType(RATING, "vouchers.rating.hidden.v1", RatingState, summary="Its text is shown no more.")
