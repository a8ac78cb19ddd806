"""Bans on applying for municipal carriers."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

BAN = Topic("registry.ban", "Bans on applying (禁止申报)")


class BanState(EventData):
    """A ban on applying for municipal carriers, inclusive of both days named. `status`: `in_force`, `stayed` or
    `lifted`."""

    id: UUID
    case_id: UUID
    centre_id: UUID
    operator_code: str | None
    """The operator of record barred together with the centre; None where the edition spares operators."""
    published_on: date
    last_barred_day: date
    first_open_day: date
    status: str
    decision_no: str | None = None


class BanLiftingData(BanState):
    """The ban and the measure that changed when it bars; `effective_on` is the first day of the change."""

    lifting_id: UUID
    kind: str
    """`stay`, `stay_ended`, `review` or `court`."""
    issuer: str
    document_no: str
    effective_on: date


BanImposed = EventType(BAN, "registry.ban.imposed.v1", BanState, Audience.BUREAU, "A ban begins.")
BanLiftingRecorded = EventType(
    BAN, "registry.ban.lifting_recorded.v1", BanLiftingData, summary="An officer recorded an order on a ban."
)
BanLiftingRejected = EventType(
    BAN, "registry.ban.lifting_rejected.v1", BanLiftingData, summary="The other bureau did not confirm it."
)
BanStayed = EventType(BAN, "registry.ban.stayed.v1", BanLiftingData, Audience.BUREAU, "A stay suspends the ban.")
BanStayEnded = EventType(BAN, "registry.ban.stay_ended.v1", BanLiftingData, Audience.BUREAU, "The ban bars again.")
BanLifted = EventType(
    BAN, "registry.ban.lifted.v1", BanLiftingData, Audience.BUREAU, "Review or court has undone the ban."
)
