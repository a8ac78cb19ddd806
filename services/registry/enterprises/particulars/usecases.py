"""Keeping the growth file, the technology flags and the permits."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import OFFICERS, operator_code_of
from services.registry.enterprises.models import Enterprise
from services.registry.enterprises.particulars import rules
from services.registry.enterprises.particulars.models import (
    UNIQUE_CERTIFICATE,
    EnterpriseYear,
    Permit,
    TechnologyFlagRow,
)
from services.registry.enterprises.particulars.schemas import (
    RecordFlag,
    RecordYear,
    RequirePermit,
    SeePermit,
    WithdrawFlag,
)
from services.registry.enterprises.queries import family, lock_for_change
from services.registry.enterprises.usecases import follow_size
from services.registry.policy import edition_at, require_known
from services.registry.remarks.usecases import keep_remark
from services.registry.steps import step_day
from shared.auth.principal import Principal
from shared.clock import effective_date, utcnow
from shared.db import constraint_of
from shared.errors import DomainError, forbidden, not_found
from shared.events import outbox
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.http.validation import Fault, PayloadInvalid
from shared.ids import uuid7
from shared.policy.edition import Editions

GROWTH_RULES: Final = ("enterprise.growth_file", "enterprise.size_class")
FLAG_RULES: Final = ("enterprise.technology",)
PERMIT_RULES: Final = ("enterprise.permits",)


async def record_year(
    session: AsyncSession, editions: Editions, principal: Principal, enterprise_id: UUID, sent: RecordYear
) -> EnterpriseYear:
    """Figures of a year (4.2-1), with the size class they make (3.2-4). Raises 422 for a year that has not begun."""
    enterprise = await lock_for_change(session, principal, enterprise_id, below="/growth")
    if sent.year > principal.today.year:
        raise PayloadInvalid.at("year", "in_the_future")
    edition = edition_at(editions, principal.today)
    figures = rules.YearFigures(sent.staff, sent.revenue, sent.assets)
    size, decision = rules.decide_size(edition, enterprise.industry_code, figures)
    values = {
        **sent.model_dump(),
        "size_class": size,
        "decision": decision.to_json(),
        "recorded_by": principal.account_id,
        "recorded_at": utcnow(),
    }
    row = insert(EnterpriseYear).values(id=uuid7(), enterprise_id=enterprise.id, **values)
    written = row.on_conflict_do_update(index_elements=["enterprise_id", "year"], set_=values).returning(EnterpriseYear)
    year = (await session.scalars(written, execution_options={"populate_existing": True})).one()
    context = EventContext.of(principal)
    await follow_size(session, edition, enterprise, context)
    state = rc.EnterpriseYearState(id=enterprise.id, code=enterprise.code, size_class=size, **sent.model_dump())
    await outbox.append(session, rc.EnterpriseGrowthRecorded, enterprise, state, context=context, rules=GROWTH_RULES)
    return year


async def record_flag(
    session: AsyncSession, editions: Editions, principal: Principal, enterprise_id: UUID, sent: RecordFlag
) -> TechnologyFlagRow:
    """A recognition as a technology enterprise (4.2-2). Raises 422 for an unknown kind or a validity longer than one
    certificate has, 409 `technology-certificate-recorded`."""
    enterprise = await lock_for_change(session, principal, enterprise_id, below="/technology-flags")
    edition = edition_at(editions, principal.today)
    require_known("kind", [sent.kind], edition.incubation.technology_flags)
    longest = rules.latest_end(edition, sent.kind, sent.issued_on)
    through = sent.valid_through or longest
    if sent.issued_on > principal.today:
        raise PayloadInvalid.at("issued_on", "in_the_future")
    if not sent.issued_on <= through <= longest:
        raise PayloadInvalid(Fault("valid_through", "certificate_validity", {"limit": longest.isoformat()}))
    flag = TechnologyFlagRow(
        id=uuid7(),
        enterprise_id=enterprise.id,
        recorded_by=principal.account_id,
        **{**sent.model_dump(), "valid_through": through},
    )
    session.add(flag)
    try:
        await session.flush()
    except IntegrityError as error:
        if constraint_of(error) == UNIQUE_CERTIFICATE:
            raise DomainError("technology-certificate-recorded", 409, clauses=["4.2-2"]) from error
        raise
    context = EventContext.of(principal)
    state = _flag_state(enterprise, flag)
    await outbox.append(session, rc.TechnologyFlagRecorded, enterprise, state, context=context, rules=FLAG_RULES)
    return flag


async def withdraw_flag(
    session: AsyncSession, principal: Principal, enterprise_id: UUID, flag_id: UUID, sent: WithdrawFlag
) -> TechnologyFlagRow:
    """The recognition was withdrawn by whoever gave it. Raises 409 `technology-certificate-withdrawn`."""
    enterprise = await lock_for_change(session, principal, enterprise_id)
    query = select(TechnologyFlagRow).where(
        TechnologyFlagRow.id == flag_id, TechnologyFlagRow.enterprise_id.in_(family(enterprise.id))
    )
    flag: TechnologyFlagRow | None = await session.scalar(query.with_for_update())
    if flag is None:
        raise not_found("technology-flag")
    if flag.withdrawn_on is not None:
        raise DomainError("technology-certificate-withdrawn", 409, clauses=["4.2-2"])
    flag.withdrawn_on = step_day(principal, sent.withdrawn_on, after=flag.issued_on)
    flag.withdrawal_document_no, flag.withdrawn_by = sent.document_no, principal.account_id
    await keep_remark(session, flag.id, step="withdrawn", text=sent.remark, written_by=principal.account_id)
    context = EventContext.of(principal, flag.withdrawn_on)
    state = _flag_state(enterprise, flag)
    await outbox.append(session, rc.TechnologyFlagWithdrawn, enterprise, state, context=context, rules=FLAG_RULES)
    return flag


async def require_permit(
    session: AsyncSession, principal: Principal, enterprise_id: UUID, sent: RequirePermit
) -> Permit:
    """A permit has to follow the licence (2.2-1): the enterprise is flagged until somebody has seen it. Raises 409
    `permit-already-awaited`."""
    enterprise = await lock_for_change(session, principal, enterprise_id, below="/permits")
    if sent.name in enterprise.permits_outstanding:
        raise DomainError("permit-already-awaited", 409, clauses=["2.2-1"])
    permit = Permit(
        id=uuid7(),
        enterprise_id=enterprise.id,
        name=sent.name,
        authority=sent.authority,
        required_on=effective_date(principal, sent.required_on),
        recorded_by=principal.account_id,
    )
    session.add(permit)
    await session.flush()
    await _tell_permit(session, enterprise, permit, principal)
    return permit


async def see_permit(
    session: AsyncSession, principal: Principal, enterprise_id: UUID, permit_id: UUID, sent: SeePermit
) -> Permit:
    """The host or an officer has seen the permit; the enterprise itself cannot say so (403)."""
    enterprise = await lock_for_change(session, principal, enterprise_id)
    if not principal.has(*OFFICERS) and operator_code_of(principal) is None:
        raise forbidden()
    query = select(Permit).where(Permit.id == permit_id, Permit.enterprise_id.in_(family(enterprise.id)))
    permit: Permit | None = await session.scalar(query.with_for_update())
    if permit is None:
        raise not_found("permit")
    if permit.seen_on is not None:
        raise DomainError("permit-already-seen", 409, clauses=["2.2-1"])
    permit.seen_on = step_day(principal, sent.seen_on, after=permit.required_on)
    if sent.valid_through is not None and sent.valid_through < permit.seen_on:
        raise PayloadInvalid.at("valid_through", "expired_when_seen")
    permit.seen_by, permit.document_no = principal.account_id, sent.document_no
    permit.valid_through = sent.valid_through
    await session.flush()
    await _tell_permit(session, enterprise, permit, principal)
    return permit


async def _tell_permit(session: AsyncSession, enterprise: Enterprise, permit: Permit, principal: Principal) -> None:
    waiting = select(Permit.name).where(Permit.enterprise_id.in_(family(enterprise.id)), Permit.seen_on.is_(None))
    enterprise.permits_outstanding = sorted(set(await session.scalars(waiting)))
    state = rc.PermitState(
        id=enterprise.id,
        code=enterprise.code,
        permit_id=permit.id,
        name=permit.name,
        authority=permit.authority,
        required_on=permit.required_on,
        seen_on=permit.seen_on,
        document_no=permit.document_no,
        valid_through=permit.valid_through,
    )
    event_type = rc.PermitSeen if permit.seen_on is not None else rc.PermitRequired
    context = EventContext.of(principal, permit.seen_on or permit.required_on)
    await outbox.append(session, event_type, enterprise, state, context=context, rules=PERMIT_RULES)


def _flag_state(enterprise: Enterprise, flag: TechnologyFlagRow) -> rc.TechnologyFlagState:
    return rc.TechnologyFlagState(
        id=enterprise.id,
        code=enterprise.code,
        flag_id=flag.id,
        kind=flag.kind,
        certificate_no=flag.certificate_no,
        issued_on=flag.issued_on,
        valid_through=flag.valid_through,
        withdrawn_on=flag.withdrawn_on,
    )
