"""What vouchers does with other services' events: local copies for issuing, and the effects of a delisting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.delisting.orders import Order
from services.vouchers.delisting.remedies import follow_orders
from services.vouchers.delisting.usecases import carry_out, stop_latecomers
from services.vouchers.mergers.usecases import Merger, combine
from services.vouchers.persons import know_erased
from services.vouchers.projections import known_centre, known_claim, known_enterprise, known_tenancy
from shared.events.consumer import Consumers, Received
from shared.events.contracts import evaluation as ev, finance as fc, registry as rc
from shared.events.outbox import EventContext
from shared.events.projection import upsert_projection

NAME: Final = "vouchers"
CENTRE_FIELDS: Final = ("status", "owner_division", "site_division", "listed_on")
ENTERPRISE_FIELDS: Final = (
    "code",
    "name",
    "registered_on",
    "legal_representative_ref",
    "merged_into_id",
    "size_class",
)
TENANCY_FIELDS: Final = ("enterprise_id", "centre_id", "admitted_on", "ended_on")

consumers = Consumers(NAME)

C = TypeVar("C", bound=rc.CentreState)


async def _copy_centres(session: AsyncSession, events: Sequence[Received[C]]) -> None:
    rows = [
        {"id": event.data.id, "version": event.aggregate_version, **event.data.model_dump(include=set(CENTRE_FIELDS))}
        for event in events
    ]
    await upsert_projection(session, known_centre, rows)


@consumers.on(*rc.CENTRE_STATES, kind="projection")
async def copy_centres(session: AsyncSession, events: Sequence[Received[rc.CentreState]]) -> None:
    """Which centres are listed, and whose they are."""
    await _copy_centres(session, events)


@consumers.on(rc.CentreDelisted, kind="projection")
async def copy_delisted_centres(session: AsyncSession, events: Sequence[Received[rc.CentreDelistedData]]) -> None:
    """The same for a delisting, whose event says more than a centre's state."""
    await _copy_centres(session, events)


@consumers.on(rc.PersonErased, kind="projection")
async def copy_erased_persons(session: AsyncSession, events: Sequence[Received[rc.PersonErasedState]]) -> None:
    """Whose data are gone: no provider names them any more."""
    await know_erased(session, events)


@consumers.on(rc.EnterpriseRegistered, rc.EnterpriseAmended, rc.EnterpriseMerged, kind="projection")
async def copy_enterprises(session: AsyncSession, events: Sequence[Received[rc.EnterpriseState]]) -> None:
    """Enterprises: code, age, the opaque reference of the legal representative, and which record goes on."""
    rows = [
        {
            "id": event.data.id,
            "version": event.aggregate_version,
            **event.data.model_dump(include=set(ENTERPRISE_FIELDS)),
        }
        for event in events
    ]
    await upsert_projection(session, known_enterprise, rows)


@consumers.on(
    rc.TenancyAdmitted,
    rc.TenancyFiled,
    rc.TenancyGraduated,
    rc.TenancyExited,
    rc.TenancyRelocationDue,
    rc.TenancyReassigned,
    rc.TenancyStayRecounted,
    kind="projection",
)
async def copy_tenancies(session: AsyncSession, events: Sequence[Received[rc.TenancyState]]) -> None:
    """Who sits where, from when to when."""
    rows = [
        {"id": event.data.id, "version": event.aggregate_version, **event.data.model_dump(include=set(TENANCY_FIELDS))}
        for event in events
    ]
    await upsert_projection(session, known_tenancy, rows)


@consumers.on(fc.ClaimMade, kind="projection")
async def copy_claims(session: AsyncSession, events: Sequence[Received[fc.ClaimState]]) -> None:
    """What grants claim on invoices, so that no voucher claims it again (4.3-2)."""
    fields = {"document_key", "amount", "document_amount"}
    rows = [
        {
            "id": event.data.id,
            "version": event.aggregate_version,
            "live": not event.data.released,
            **event.data.model_dump(include=fields),
        }
        for event in events
    ]
    await upsert_projection(session, known_claim, rows)


@consumers.on(rc.EnterpriseMerged, kind="command")
async def combine_merged(session: AsyncSession, events: Sequence[Received[rc.EnterpriseState]]) -> None:
    """Another record goes on for this one: it holds the vouchers and has had the quotas of both (2.2-1)."""
    mergers = [
        Merger(event.data.id, event.data.merged_into_id, EventContext.caused_by(event))
        for event in events
        if event.data.merged_into_id is not None
    ]
    await combine(session, mergers)


@consumers.on(rc.CentreDelisted, kind="command")
async def stop_vouchers(session: AsyncSession, events: Sequence[Received[rc.CentreDelistedData]]) -> None:
    """The registry has delisted a centre: stop its enterprises' vouchers and confirm (2.3-5)."""
    await carry_out(session, [Order.of_registry(event) for event in events])


@consumers.on(ev.DelistingReminded, kind="command")
async def confirm_reminded(session: AsyncSession, events: Sequence[Received[ev.DelistingRemindedData]]) -> None:
    """The case still waits for vouchers: do what is missing and confirm again."""
    await carry_out(session, [Order.of_reminder(event) for event in events if NAME in event.data.late])


@consumers.on(rc.TenancyRelocationDue, kind="command")
async def stop_late_vouchers(session: AsyncSession, events: Sequence[Received[rc.TenancyState]]) -> None:
    """A stay at a delisted centre, which the delisting's sweep may not have known of yet."""
    orders = [Order.of_stay(event) for event in events if event.data.relocation_case_id is not None]
    await stop_latecomers(session, orders, [event.data.enterprise_id for event in events])


@consumers.on(ev.DelistingStayed, ev.DelistingLifted, ev.DelistingReversed, kind="command")
async def follow_ordered(session: AsyncSession, events: Sequence[Received[ev.DelistingRemedyData]]) -> None:
    """An order on a published delisting: vouchers are issued again, or stop again (2.3-5)."""
    await follow_orders(session, [event for event in events if NAME in event.data.participants])


@consumers.on(ev.DelistingRemedyReminded, kind="command")
async def follow_reminded(session: AsyncSession, events: Sequence[Received[ev.DelistingRemedyRemindedData]]) -> None:
    """An order still waits for vouchers: do what is missing and confirm again."""
    await follow_orders(session, [event for event in events if NAME in event.data.late])
