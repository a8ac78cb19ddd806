"""What evaluation does with other services' events: local copies for scoring, and a delisting's confirmations."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TypeVar

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.alliance_assessments.activities import record_verified, strike_withdrawn
from services.evaluation.delistings.confirmations import Confirmation, confirm
from services.evaluation.delistings.remedies.confirmations import confirm_orders
from services.evaluation.delistings.titles import title_problems
from services.evaluation.ecosystem import following
from services.evaluation.projections import (
    known_agreement,
    known_centre,
    known_centre_state,
    known_enterprise,
    known_project,
    known_qualification,
    known_service_record,
    known_staff,
    known_technology_flag,
    known_tenancy,
)
from services.evaluation.settings import PolicySettings
from shared.events.consumer import Consumers, Received
from shared.events.contracts import finance as fc, registry as rc, vouchers as vc
from shared.events.projection import upsert_projection
from shared.policy.edition import Editions, load_editions

consumers = Consumers("evaluation")

S = TypeVar("S", bound=rc.CentreState)


async def _copy_centres(session: AsyncSession, events: Sequence[Received[S]]) -> None:
    profiles = [_profile(event) for event in events]
    current = [
        {
            "id": event.data.id,
            "version": event.aggregate_version,
            "no": event.data.no,
            "name": event.data.name,
            "status": event.data.status,
            "listed_on": event.data.listed_on,
            "delisted_on": event.data.delisted_on,
            "withdrawn_on": event.data.withdrawn_on,
            **profile,
        }
        for event, profile in zip(events, profiles, strict=True)
    ]
    states = [
        {
            "centre_id": event.data.id,
            "version": event.aggregate_version,
            "event_id": event.id,
            "effective_on": event.effective_on,
            "operator_since": event.data.operator_since,
            "incubation_area_m2": event.data.incubation_area_m2,
            **profile,
        }
        for event, profile in zip(events, profiles, strict=True)
    ]
    await upsert_projection(session, known_centre, current)
    await session.execute(insert(known_centre_state).values(states).on_conflict_do_nothing())


def _profile(event: Received[S]) -> dict[str, object]:
    return {
        "operator_code": event.data.operator_code,
        "operator_name": event.data.operator_name,
        "tier": event.data.tier,
        "owner_division": event.data.owner_division,
        "site_division": event.data.site_division,
        "total_area_m2": event.data.total_area_m2,
    }


@consumers.on(*rc.CENTRE_STATES, kind="projection")
async def copy_centres(session: AsyncSession, events: Sequence[Received[rc.CentreState]]) -> None:
    """Centres as they stand, and each state with the day it took effect."""
    await _copy_centres(session, events)


@consumers.on(rc.CentreDelisted, kind="projection")
async def copy_delisted_centres(session: AsyncSession, events: Sequence[Received[rc.CentreDelistedData]]) -> None:
    """The same for a delisting, whose event says more than a centre's state."""
    await _copy_centres(session, events)


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
    """Stays at centres: who was admitted, filed, graduated, left (2.3-2)."""
    rows = [
        {
            "id": event.data.id,
            "version": event.aggregate_version,
            "event_id": event.id,
            "centre_id": event.data.centre_id,
            "enterprise_id": event.data.enterprise_id,
            "admitted_on": event.data.admitted_on,
            "filed_on": event.data.filed_on,
            "ended_on": event.data.ended_on,
            "graduated": event.data.graduation_criterion is not None,
            "reason_code": event.data.reason_code,
        }
        for event in events
    ]
    await upsert_projection(session, known_tenancy, rows)


@consumers.on(rc.EnterpriseRegistered, rc.EnterpriseAmended, rc.EnterpriseMerged, kind="projection")
async def copy_enterprises(session: AsyncSession, events: Sequence[Received[rc.EnterpriseState]]) -> None:
    """Enterprises by the codes under which quarterly reports name them."""
    fields = {"code", "name", "merged_into_id"}
    rows = [
        {"id": event.data.id, "version": event.aggregate_version, **event.data.model_dump(include=fields)}
        for event in events
    ]
    await upsert_projection(session, known_enterprise, rows)


@consumers.on(rc.ProjectOpened, rc.ProjectAmended, rc.ProjectRegistered, rc.ProjectClosed, kind="projection")
async def copy_projects(session: AsyncSession, events: Sequence[Received[rc.ProjectState]]) -> None:
    """Teams without a code, by their numbers."""
    fields = {"no", "name", "enterprise_id"}
    rows = [
        {"id": event.data.id, "version": event.aggregate_version, **event.data.model_dump(include=fields)}
        for event in events
    ]
    await upsert_projection(session, known_project, rows)


@consumers.on(*rc.QUALIFICATION_STATES, kind="projection")
async def copy_qualifications(session: AsyncSession, events: Sequence[Received[rc.QualificationState]]) -> None:
    """Titles: what is expected to fall with a delisting (2.3-5)."""
    rows = [
        {
            "id": event.data.id,
            "version": event.aggregate_version,
            "no": event.data.no,
            "centre_id": event.data.centre_id,
            "kind": event.data.kind,
            "level": event.data.level,
            "status": event.data.status,
            "granted_on": event.data.granted_on,
            "revoked_on": event.data.revoked_on,
            "case_id": event.data.case_id,
            "plaque_no": event.data.plaque_no,
            "plaque_due_on": event.data.plaque_due_on,
            "plaque_returned_on": event.data.plaque_returned_on,
            "expires_on": event.data.expires_on,
        }
        for event in events
    ]
    await upsert_projection(session, known_qualification, rows)


@consumers.on(rc.StaffJoined, rc.StaffCertified, rc.StaffLeft, kind="projection")
async def copy_staff(session: AsyncSession, events: Sequence[Received[rc.StaffState]]) -> None:
    """Who works for a centre, without who it is."""
    rows = [
        {
            "id": event.data.id,
            "version": event.aggregate_version,
            "centre_id": event.data.centre_id,
            "full_time": event.data.full_time,
            "from_on": event.data.from_on,
            "until_on": event.data.until_on,
            "certificates": event.data.certificates,
            "person_ref": event.data.person_ref,
        }
        for event in events
    ]
    await upsert_projection(session, known_staff, rows)


@consumers.on(rc.AgreementRecorded, rc.AgreementEnded, kind="projection")
async def copy_agreements(session: AsyncSession, events: Sequence[Received[rc.AgreementState]]) -> None:
    """Cooperation agreements and how long they are in force."""
    rows = [
        {
            "id": event.data.id,
            "version": event.aggregate_version,
            "centre_id": event.data.centre_id,
            "signed_on": event.data.signed_on,
            "valid_from": event.data.valid_from,
            "valid_until": event.data.valid_until,
            "ended_on": event.data.ended_on,
        }
        for event in events
    ]
    await upsert_projection(session, known_agreement, rows)


@consumers.on(rc.ServiceRecorded, rc.ServiceConfirmed, rc.ServiceContested, rc.ServiceCorrected, kind="projection")
async def copy_service_records(session: AsyncSession, events: Sequence[Received[rc.ServiceRecordState]]) -> None:
    """Services, and whether the enterprise confirmed them."""
    rows = [
        {
            "id": event.data.id,
            "version": event.aggregate_version,
            "centre_id": event.data.centre_id,
            "enterprise_id": event.data.enterprise_id,
            "provided_on": event.data.provided_on,
            "status": event.data.status,
            "tenancy_id": event.data.tenancy_id,
        }
        for event in events
    ]
    await upsert_projection(session, known_service_record, rows)


@consumers.on(rc.TechnologyFlagRecorded, rc.TechnologyFlagWithdrawn, kind="projection")
async def copy_technology_flags(session: AsyncSession, events: Sequence[Received[rc.TechnologyFlagState]]) -> None:
    """Recognitions of technology enterprises; the event's aggregate is the enterprise."""
    rows = [
        {
            "id": event.data.flag_id,
            "version": event.aggregate_version,
            "enterprise_id": event.data.id,
            "kind": event.data.kind,
            "issued_on": event.data.issued_on,
            "valid_through": event.data.valid_through,
            "withdrawn_on": event.data.withdrawn_on,
        }
        for event in events
    ]
    await upsert_projection(session, known_technology_flag, rows)


following.subscribe(consumers)


@cache
def _loaded_editions() -> Editions:
    """The editions of this process, read once."""
    return load_editions(PolicySettings().policy_dir)


@consumers.on(rc.ActivityVerified, kind="command")
async def record_alliance_work(session: AsyncSession, events: Sequence[Received[rc.ActivityState]]) -> None:
    """Verified activities through an alliance feed its assessment (4.6-2)."""
    await record_verified(session, _loaded_editions(), events)


@consumers.on(rc.ActivityVerificationWithdrawn, kind="command")
async def strike_alliance_work(session: AsyncSession, events: Sequence[Received[rc.ActivityState]]) -> None:
    """What is no longer verified counts no more."""
    await strike_withdrawn(session, events)


@consumers.on(rc.CentreDelisted, kind="command")
async def confirm_registry(session: AsyncSession, events: Sequence[Received[rc.CentreDelistedData]]) -> None:
    """The registry has acted; it counts only if no municipal title is left and all that were expected to fall fell."""
    problems = await title_problems(session, events)
    pairs = zip(events, problems, strict=True)
    await confirm(session, [Confirmation.of("registry", event, problem) for event, problem in pairs])


@consumers.on(fc.DelistingApplied, kind="command")
async def confirm_finance(session: AsyncSession, events: Sequence[Received[fc.DelistingAppliedData]]) -> None:
    """Finance has cancelled or recovered what it had to."""
    await confirm(session, [Confirmation.of("finance", event) for event in events])


@consumers.on(vc.DelistingApplied, kind="command")
async def confirm_vouchers(session: AsyncSession, events: Sequence[Received[vc.DelistingAppliedData]]) -> None:
    """Vouchers have stopped issuing and released what they had to."""
    await confirm(session, [Confirmation.of("vouchers", event) for event in events])


@consumers.on(rc.CentreRemedyApplied, kind="command")
async def confirm_registry_orders(session: AsyncSession, events: Sequence[Received[rc.CentreRemedyData]]) -> None:
    """The registry has followed an order on a delisting: titles and ban are as the order wants them."""
    await confirm_orders(session, "registry", events)


@consumers.on(fc.DelistingRemedyApplied, kind="command")
async def confirm_finance_orders(session: AsyncSession, events: Sequence[Received[fc.RemedyAppliedData]]) -> None:
    """Finance has followed an order on a delisting."""
    await confirm_orders(session, "finance", events)


@consumers.on(vc.DelistingRemedyApplied, kind="command")
async def confirm_vouchers_orders(session: AsyncSession, events: Sequence[Received[vc.RemedyAppliedData]]) -> None:
    """Vouchers have followed an order on a delisting."""
    await confirm_orders(session, "vouchers", events)
