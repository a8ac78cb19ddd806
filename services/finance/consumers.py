"""What finance does with other services' events."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.delisting.remedies import follow_orders
from services.finance.delisting.usecases import Order, carry_out
from services.finance.holding.usecases import settle_holds
from services.finance.projections import (
    known_centre,
    known_claim,
    known_enterprise,
    known_rectification,
    known_result,
    known_tenancy,
)
from services.finance.withdrawals.usecases import stop_unpaid
from shared.events.consumer import Consumers, Received
from shared.events.contracts import evaluation as ev, registry as rg, vouchers as vc
from shared.events.outbox import EventContext
from shared.events.projection import upsert_projection

SERVICE = "finance"
ANNULLED = "annulled"
FINAL = 2**31 - 1
"""Version of a copy that no later event changes: an annulled result, whichever of the two topics arrives first."""
RELEASED = "released"
"""A redemption that was called off claims nothing any more."""

CENTRE_FIELDS = frozenset(
    {"no", "name", "operator_code", "status", "tier", "owner_division", "site_division", "listed_on", "delisted_on"}
)

consumers = Consumers(SERVICE)


def _centre_row(centre: rg.CentreState, version: int) -> dict[str, object]:
    return {"id": centre.id, "version": version, **centre.model_dump(include=set(CENTRE_FIELDS))}


@consumers.on(*rg.CENTRE_STATES, kind="projection")
async def know_centre(session: AsyncSession, events: Sequence[Received[rg.CentreState]]) -> None:
    """Keep the copy of the centre."""
    rows = [_centre_row(event.data, event.aggregate_version) for event in events]
    await upsert_projection(session, known_centre, rows)


@consumers.on(rg.CentreDelisted, kind="projection")
async def know_delisted_centre(session: AsyncSession, events: Sequence[Received[rg.CentreDelistedData]]) -> None:
    """Keep the copy of the centre."""
    rows = [_centre_row(event.data, event.aggregate_version) for event in events]
    await upsert_projection(session, known_centre, rows)


@consumers.on(rg.CentreDelisted, kind="command")
async def stop_money(session: AsyncSession, events: Sequence[Received[rg.CentreDelistedData]]) -> None:
    """The registry has delisted a centre: cancel, recover, confirm (2.3-5)."""
    await carry_out(
        session,
        [Order(e.data.case_id, e.data.id, e.data.published_on, EventContext.caused_by(e)) for e in events],
    )


@consumers.on(rg.CentreWithdrawn, kind="command")
async def stop_after_withdrawal(session: AsyncSession, events: Sequence[Received[rg.CentreState]]) -> None:
    """The centre left the list at its own request: nothing is paid to it any more."""
    await stop_unpaid(session, {event.data.id: EventContext.caused_by(event) for event in events})


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


@consumers.on(rg.EnterpriseRegistered, rg.EnterpriseAmended, rg.EnterpriseMerged, kind="projection")
async def know_enterprise(session: AsyncSession, events: Sequence[Received[rg.EnterpriseState]]) -> None:
    """Keep whom a division may pay (5.1-2), and which record goes on for a merged one."""
    fields = {"code", "division", "merged_into_id"}
    rows = [
        {"id": event.data.id, "version": event.aggregate_version, **event.data.model_dump(include=fields)}
        for event in events
    ]
    await upsert_projection(session, known_enterprise, rows)


@consumers.on(
    rg.TenancyAdmitted,
    rg.TenancyFiled,
    rg.TenancyGraduated,
    rg.TenancyExited,
    rg.TenancyRelocationDue,
    rg.TenancyReassigned,
    rg.TenancyStayRecounted,
    kind="projection",
)
async def know_tenancy(session: AsyncSession, events: Sequence[Received[rg.TenancyState]]) -> None:
    """Keep who sits where, from when to when."""
    fields = {"enterprise_id", "centre_id", "admitted_on", "ended_on"}
    rows = [
        {"id": event.data.id, "version": event.aggregate_version, **event.data.model_dump(include=fields)}
        for event in events
    ]
    await upsert_projection(session, known_tenancy, rows)


@consumers.on(vc.RedemptionHeld, vc.RedemptionRedeemed, vc.RedemptionReleased, kind="projection")
async def know_claim(session: AsyncSession, events: Sequence[Received[vc.RedemptionState]]) -> None:
    """Keep what vouchers claim on invoices, so that no grant is charged with it again (4.3-2)."""
    rows = [
        {
            "id": event.data.id,
            "version": event.aggregate_version,
            "document_key": event.data.invoice_key,
            "amount": event.data.subsidy,
            "document_amount": event.data.invoice_amount,
            "live": event.data.status != RELEASED,
        }
        for event in events
        if event.data.invoice_key is not None
    ]
    await upsert_projection(session, known_claim, rows)


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
