"""What finance does with other services' events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar
from uuid import uuid5

from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.delisting.remedies import follow_orders
from services.finance.delisting.usecases import Order, carry_out
from services.finance.financing_rewards.commitments import combine_lives
from services.finance.holding.usecases import settle_holds
from services.finance.projections import (
    ANNULLED,
    known_alliance_assessment,
    known_alliance_record,
    known_centre,
    known_claim,
    known_enterprise,
    known_holding,
    known_person,
    known_person_link,
    known_rectification,
    known_redemption,
    known_result,
    known_tenancy,
    known_voucher,
    known_voucher_programme,
)
from services.finance.withdrawals.usecases import stop_unpaid
from shared.events.consumer import Consumers, Received
from shared.events.contracts import evaluation as ev, registry as rg, vouchers as vc
from shared.events.outbox import EventContext
from shared.events.projection import upsert_projection
from shared.events.types import EventData

SERVICE = "finance"
FINAL = 2**31 - 1
"""Version of a copy that no later event changes: an annulled result, whichever of the two topics arrives first."""
CONFIRMED = "confirmed"
RELEASED = "released"
"""A redemption that was called off claims nothing any more."""

CENTRE_FIELDS = frozenset(
    {"no", "name", "operator_code", "status", "tier", "owner_division", "site_division", "listed_on", "delisted_on"}
)

consumers = Consumers(SERVICE)


T = TypeVar("T", bound=EventData)


def copies(table: Table, events: Sequence[Received[T]]) -> list[dict[str, object]]:
    """Rows of a copy whose columns are named as the fields of the state that its events carry."""
    fields = {column.name for column in table.columns} - {"version"}
    return [{"version": event.aggregate_version, **event.data.model_dump(include=fields)} for event in events]


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
    """Keep whom a division may pay (5.1-2), who borrows (3.2-3, 3.2-4), and which record goes on for a merged one."""
    fields = {
        "code",
        "division",
        "merged_into_id",
        "name",
        "industry_code",
        "registered_on",
        "address_in_city",
        "legal_representative_ref",
        "size_class",
        "size_year",
    }
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


@consumers.on(rg.PersonRegistered, rg.PersonAmended, kind="projection")
async def know_person(session: AsyncSession, events: Sequence[Received[rg.PersonState]]) -> None:
    """Keep who is a graduate (3.2-5)."""
    rows = [
        {"id": event.data.id, "version": event.aggregate_version, **event.data.model_dump(include={"ref", "graduate"})}
        for event in events
    ]
    await upsert_projection(session, known_person, rows)


@consumers.on(rg.PersonLinked, rg.PersonLinkConfirmed, rg.PersonUnlinked, kind="projection")
async def know_person_link(session: AsyncSession, events: Sequence[Received[rg.PersonLinkState]]) -> None:
    """Keep who stands behind an enterprise or a project."""
    fields = {"ref", "enterprise_id", "project_id", "capacity", "since", "until"}
    rows = [
        {
            "id": uuid5(event.data.id, f"{event.data.enterprise_id or event.data.project_id}/{event.data.capacity}"),
            "version": event.aggregate_version,
            "confirmed": event.data.status == CONFIRMED,
            **event.data.model_dump(include=fields),
        }
        for event in events
    ]
    await upsert_projection(session, known_person_link, rows)


@consumers.on(rg.EnterpriseMerged, kind="command")
async def combine_merged(session: AsyncSession, events: Sequence[Received[rg.EnterpriseState]]) -> None:
    """What a merged record was rewarded with counts for the one that goes on (3.3-2)."""
    await combine_lives(session, [event.data.id for event in events])


@consumers.on(vc.HoldingRecorded, vc.HoldingEnded, kind="projection")
async def know_holding(session: AsyncSession, events: Sequence[Received[vc.HoldingState]]) -> None:
    """Keep who holds a share of whom (3.2-2, 3.3-2)."""
    await upsert_projection(session, known_holding, copies(known_holding, events))


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


@consumers.on(vc.ProgrammeDrafted, vc.ProgrammeOpened, vc.ProgrammeClosed, kind="projection")
async def know_voucher_programme(session: AsyncSession, events: Sequence[Received[vc.ProgrammeState]]) -> None:
    """Keep the terms of voucher programmes, for exposure statements."""
    await upsert_projection(session, known_voucher_programme, copies(known_voucher_programme, events))


@consumers.on(vc.VoucherIssued, vc.VoucherReassigned, vc.VoucherStopped, vc.VoucherCodeRenewed, kind="projection")
async def know_voucher(session: AsyncSession, events: Sequence[Received[vc.VoucherState]]) -> None:
    """Keep who holds which voucher, for exposure statements."""
    await upsert_projection(session, known_voucher, copies(known_voucher, events))


@consumers.on(
    vc.RedemptionHeld, vc.RedemptionDelivered, vc.RedemptionRedeemed, vc.RedemptionReleased, kind="projection"
)
async def know_redemption(session: AsyncSession, events: Sequence[Received[vc.RedemptionState]]) -> None:
    """Keep what vouchers were used for, for exposure statements."""
    await upsert_projection(session, known_redemption, copies(known_redemption, events))


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
