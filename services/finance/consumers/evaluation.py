"""What finance does with evaluation's events: results, rectifications, delistings, alliances."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.consumers.base import SERVICE, consumers, copies
from services.finance.delisting.remedies import follow_orders
from services.finance.delisting.usecases import Order, carry_out
from services.finance.holding.usecases import settle_holds
from services.finance.projections import (
    ANNULLED,
    known_alliance_assessment,
    known_alliance_record,
    known_rectification,
    known_result,
)
from shared.events.consumer import Received
from shared.events.contracts import evaluation as ev
from shared.events.outbox import EventContext
from shared.events.projection import upsert_projection

FINAL: Final = 2**31 - 1
"""Version of a copy that no later event changes: an annulled result, whichever of the two topics arrives first."""


@consumers.on(ev.DelistingReminded, kind="command")
async def confirm_delisting(session: AsyncSession, events: Sequence[Received[ev.DelistingRemindedData]]) -> None:
    """Evaluation misses finance's confirmation: do what was not done, and say so again."""
    orders = [
        Order(event.data.id, event.data.centre_id, event.data.published_on, EventContext.caused_by(event))
        for event in events
        if SERVICE in event.data.late
    ]
    if orders:
        await carry_out(session, orders)


@consumers.on(ev.AllianceWorkRecorded, ev.AllianceWorkStruck, kind="projection")
async def know_alliance_record(session: AsyncSession, events: Sequence[Received[ev.AllianceRecordState]]) -> None:
    """Keep what alliances did, which support cites (4.6-3, 4.7-3)."""
    await upsert_projection(session, known_alliance_record, copies(known_alliance_record, events))


@consumers.on(
    ev.AllianceAssessmentDrafted,
    ev.AllianceAssessmentEdited,
    ev.AllianceAssessmentReturned,
    ev.AllianceAssessmentConfirmed,
    ev.AllianceAssessmentPublished,
    kind="projection",
)
async def know_alliance_assessment(
    session: AsyncSession, events: Sequence[Received[ev.AllianceAssessmentState]]
) -> None:
    """Keep the sheet that an alliance's support rests on (4.6-2)."""
    await upsert_projection(session, known_alliance_assessment, copies(known_alliance_assessment, events))


@consumers.on(ev.ResultPublished, kind="projection")
async def know_result(session: AsyncSession, events: Sequence[Received[ev.ResultState]]) -> None:
    """Keep the grade of the year (2.3-3)."""
    fields = {"centre_id", "year", "grade", "document_no", "published_on"}
    rows = [
        {"id": event.data.id, "version": event.aggregate_version, **event.data.model_dump(include=fields)}
        for event in events
    ]
    await upsert_projection(session, known_result, rows)


@consumers.on(ev.ResultPublished, kind="command")
async def settle_after_result(session: AsyncSession, events: Sequence[Received[ev.ResultState]]) -> None:
    """A fail holds the centre's pending grants (2.3-4)."""
    await settle_holds(session, {event.data.centre_id: EventContext.caused_by(event) for event in events})


@consumers.on(
    ev.RectificationOrdered,
    ev.RectificationSubmitted,
    ev.RectificationInspected,
    ev.RectificationRejected,
    ev.RectificationAccepted,
    ev.RectificationSuperseded,
    ev.RectificationReopened,
    ev.RectificationAnnulled,
    kind="projection",
)
async def know_rectification(session: AsyncSession, events: Sequence[Received[ev.RectificationState]]) -> None:
    """Keep how far the rectification is."""
    fields = {"centre_id", "year", "status", "accepted_on"}
    rows = [
        {"id": event.data.id, "version": event.aggregate_version, **event.data.model_dump(include=fields)}
        for event in events
    ]
    await upsert_projection(session, known_rectification, rows)


@consumers.on(ev.RectificationAccepted, kind="command")
async def settle_after_rectification(session: AsyncSession, events: Sequence[Received[ev.RectificationState]]) -> None:
    """An accepted rectification releases what it held (2.3-4)."""
    await settle_holds(session, {event.data.centre_id: EventContext.caused_by(event) for event in events})


@consumers.on(ev.DelistingStayed, ev.DelistingLifted, ev.DelistingReversed, kind="command")
async def follow_ordered(session: AsyncSession, events: Sequence[Received[ev.DelistingRemedyData]]) -> None:
    """An order on a published delisting: money stops being stopped, stops again, or is not recovered any more."""
    await follow_orders(session, [event for event in events if SERVICE in event.data.participants])


@consumers.on(ev.DelistingRemedyReminded, kind="command")
async def follow_reminded(session: AsyncSession, events: Sequence[Received[ev.DelistingRemedyRemindedData]]) -> None:
    """An order still waits for finance: do what was not done, and say so again."""
    await follow_orders(session, [event for event in events if SERVICE in event.data.late])


@consumers.on(ev.ResultAnnulled, kind="projection")
async def know_annulled_result(session: AsyncSession, events: Sequence[Received[ev.AnnulmentState]]) -> None:
    """An annulled result is no fail any more here; what was published, evaluation keeps."""
    rows = [
        {
            "id": event.data.evaluation_id,
            "version": FINAL,
            "centre_id": event.data.centre_id,
            "year": event.data.year,
            "grade": ANNULLED,
            "document_no": event.data.document_no,
            "published_on": event.data.ordered_on,
        }
        for event in events
    ]
    await upsert_projection(session, known_result, rows)


@consumers.on(ev.ResultAnnulled, kind="command")
async def settle_after_annulment(session: AsyncSession, events: Sequence[Received[ev.AnnulmentState]]) -> None:
    """What an annulled fail held is released (2.3-4)."""
    await settle_holds(session, {event.data.centre_id: EventContext.caused_by(event) for event in events})
