"""What finance does with the registry's events: centres, enterprises, stays, persons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import uuid5

from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.consumers.base import consumers
from services.finance.delisting.usecases import Order, carry_out
from services.finance.financing_rewards.commitments import combine_lives
from services.finance.projections import (
    known_centre,
    known_enterprise,
    known_enterprise_year,
    known_person,
    known_person_link,
    known_tenancy,
)
from services.finance.withdrawals.usecases import stop_unpaid
from shared.events.consumer import Received
from shared.events.contracts import registry as rg
from shared.events.outbox import EventContext
from shared.events.projection import upsert_projection

CONFIRMED: Final = "confirmed"
CENTRE_FIELDS: Final = frozenset(
    {"no", "name", "operator_code", "status", "tier", "owner_division", "site_division", "listed_on", "delisted_on"}
)


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


@consumers.on(rg.PersonErased, kind="projection")
async def know_erased(session: AsyncSession, events: Sequence[Received[rg.PersonErasedState]]) -> None:
    """Keep whose data are gone: what refers to them already stays, and nothing new does. Waits for whoever is just
    naming the person."""
    rows = [
        {
            "id": event.data.id,
            "version": event.aggregate_version,
            "graduate": False,
            **event.data.model_dump(include={"ref", "erased_on"}),
        }
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


@consumers.on(rg.EnterpriseGrowthRecorded, kind="projection")
async def know_staff(session: AsyncSession, events: Sequence[Received[rg.EnterpriseYearState]]) -> None:
    """Keep a year's staff beside what the enterprise declares (3.2-4)."""
    rows = [
        {
            "id": uuid5(event.data.id, str(event.data.year)),
            "version": event.aggregate_version,
            "enterprise_id": event.data.id,
            "year": event.data.year,
            "staff": event.data.staff,
        }
        for event in events
    ]
    await upsert_projection(session, known_enterprise_year, rows)
