"""Partners are entered and amended; agreements and joint carriers begin and end."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import operator_code_of
from services.registry.centres.queries import write_scope as centre_write_scope
from services.registry.changes import put, unchanged
from services.registry.partners import rules
from services.registry.partners.models import Agreement, JointCarrier, Partner
from services.registry.partners.queries import (
    find_partner,
    lock_agreement,
    lock_carrier,
    require_centre,
    write_scope,
)
from services.registry.partners.schemas import AmendPartner, End, RecordAgreement, RegisterPartner, SetUpCarrier
from services.registry.policy import edition_at, require_known, require_passed
from services.registry.steps import step_day
from shared.auth.principal import Principal
from shared.db import constraint_of
from shared.errors import DomainError, forbidden, invalid_transition
from shared.events import outbox
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.http.etag import honour_match, require_match
from shared.http.validation import PayloadInvalid
from shared.ids import next_case_no, uuid7
from shared.policy.edition import Editions

REGISTRATION: Final = ("partners.registration",)
AGREEMENT: Final = ("partners.agreement",)
JOINT_CARRIER: Final = ("partners.joint_carrier",)


def partner_state(partner: Partner) -> rc.PartnerState:
    """The partner as its events carry it."""
    return rc.PartnerState.model_validate(partner, from_attributes=True)


async def register_partner(
    session: AsyncSession, editions: Editions, principal: Principal, sent: RegisterPartner
) -> Partner:
    """Enter a partner once (2.1-3). Raises 422 for an unknown kind, 409 `partner-already-registered`."""
    edition = edition_at(editions, principal.today)
    require_known("kind", [sent.kind], edition.partners.kinds)
    new = insert(Partner).values(
        id=uuid7(),
        version=0,
        inland=rules.is_inland(edition, sent.origin_province),
        registered_by=principal.account_id,
        registered_by_org=operator_code_of(principal),
        no=await next_case_no(session, "PA", principal.today.year),
        **sent.model_dump(),
    )
    inserted = new.on_conflict_do_nothing(index_elements=["code"]).returning(Partner)
    partner: Partner | None = await session.scalar(inserted)
    if partner is None:
        raise await _already_registered(session, sent.code)
    await outbox.append(
        session,
        rc.PartnerRegistered,
        partner,
        partner_state(partner),
        context=EventContext.of(principal),
        rules=("partners.registration",),
    )
    return partner


async def amend_partner(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    partner_id: UUID,
    sent: AmendPartner,
    *,
    if_match: str | None,
) -> Partner:
    """Change particulars of a partner that one's own organisation entered (403 for others)."""
    await find_partner(session, partner_id)
    partner = await session.get_one(Partner, partner_id, with_for_update=True, populate_existing=True)
    if await session.scalar(select(Partner.id).where(Partner.id == partner_id, write_scope(principal))) is None:
        raise forbidden()
    require_match(if_match, partner.version)
    changes = sent.model_dump(exclude_unset=True)
    for name, value in changes.items():
        if value is None:
            raise PayloadInvalid.at(name, "missing")
    if partner.code is not None and changes.get("code", partner.code) != partner.code:
        raise PayloadInvalid.at("code", "code_never_changes")
    for name, value in changes.items():
        put(partner, name, value)
    if unchanged(session, partner):
        return partner
    edition = edition_at(editions, principal.today)
    require_known("kind", [partner.kind], edition.partners.kinds)
    partner.inland = rules.is_inland(edition, partner.origin_province)
    await _flush(session, {"uq_partner_code": "partner-already-registered"})
    await outbox.append(
        session,
        rc.PartnerAmended,
        partner,
        partner_state(partner),
        context=EventContext.of(principal),
        rules=("partners.registration",),
    )
    return partner


async def record_agreement(
    session: AsyncSession, principal: Principal, centre_id: UUID, sent: RecordAgreement
) -> Agreement:
    """Put a signed agreement of one's own centre on file (2.1-1). Raises 409 `agreement-already-recorded`."""
    await require_centre(session, centre_write_scope(principal), centre_id)
    await find_partner(session, sent.partner_id)
    if sent.signed_on > principal.today:
        raise PayloadInvalid.at("signed_on", "in_the_future")
    if sent.valid_from < sent.signed_on:
        raise PayloadInvalid.at("valid_from", "before_signature")
    if sent.valid_until is not None and sent.valid_until < sent.valid_from:
        raise PayloadInvalid.at("valid_until", "before_beginning")
    agreement = Agreement(
        id=uuid7(), version=0, centre_id=centre_id, recorded_by=principal.account_id, **sent.model_dump()
    )
    session.add(agreement)
    await _flush(session, {"uq_cooperation_agreement_document_no": "agreement-already-recorded"})
    context = EventContext.of(principal, sent.signed_on)
    state = rc.AgreementState.model_validate(agreement, from_attributes=True)
    await outbox.append(session, rc.AgreementRecorded, agreement, state, context=context, rules=AGREEMENT)
    return agreement


async def end_agreement(
    session: AsyncSession, principal: Principal, centre_id: UUID, agreement_id: UUID, sent: End, *, if_match: str | None
) -> Agreement:
    """End an agreement before its time, not before the last carrier that was set up under it."""
    await require_centre(session, centre_write_scope(principal), centre_id)
    agreement = await lock_agreement(session, centre_id, agreement_id, share=False)
    honour_match(if_match, agreement.version)
    if agreement.ended_on is not None:
        raise invalid_transition("ended", ["in_force"])
    latest = select(func.max(JointCarrier.set_up_on)).where(JointCarrier.agreement_id == agreement_id)
    day = step_day(principal, sent.ended_on, after=await session.scalar(latest) or agreement.valid_from)
    if agreement.valid_until is not None and day > agreement.valid_until:
        raise invalid_transition("expired", ["in_force"])
    agreement.ended_on, agreement.reason_code = day, sent.reason_code
    context = EventContext.of(principal, day)
    state = rc.AgreementState.model_validate(agreement, from_attributes=True)
    await outbox.append(session, rc.AgreementEnded, agreement, state, context=context, rules=AGREEMENT)
    return agreement


async def set_up_carrier(
    session: AsyncSession, editions: Editions, principal: Principal, centre_id: UUID, sent: SetUpCarrier
) -> JointCarrier:
    """Record a carrier set up with a partner under an agreement in force that day (2.1-3).

    Raises 404, 422 for an unknown kind or a day in the future, 409 `agreement-not-in-force`, `joint-carrier-exists`.
    """
    await require_centre(session, centre_write_scope(principal), centre_id)
    if sent.set_up_on > principal.today:
        raise PayloadInvalid.at("set_up_on", "in_the_future")
    edition = edition_at(editions, sent.set_up_on)
    require_known("kind", [sent.kind], edition.centres.carrier_kinds)
    agreement = await lock_agreement(session, centre_id, sent.agreement_id, share=True)
    term = rules.Term(agreement.valid_from, agreement.valid_until, agreement.ended_on)
    require_passed(rules.decide_joint_carrier(edition, term, sent.set_up_on))
    carrier = JointCarrier(
        id=uuid7(),
        version=0,
        centre_id=centre_id,
        partner_id=agreement.partner_id,
        recorded_by=principal.account_id,
        **sent.model_dump(),
    )
    session.add(carrier)
    await _flush(session, {"uq_joint_carrier_name": "joint-carrier-exists"})
    context = EventContext.of(principal, sent.set_up_on)
    state = rc.JointCarrierState.model_validate(carrier, from_attributes=True)
    await outbox.append(session, rc.JointCarrierSetUp, carrier, state, context=context, rules=JOINT_CARRIER)
    return carrier


async def end_carrier(
    session: AsyncSession, principal: Principal, centre_id: UUID, carrier_id: UUID, sent: End, *, if_match: str | None
) -> JointCarrier:
    """Record the last day of a joint carrier."""
    await require_centre(session, centre_write_scope(principal), centre_id)
    carrier = await lock_carrier(session, centre_id, carrier_id)
    honour_match(if_match, carrier.version)
    if carrier.ended_on is not None:
        raise invalid_transition("ended", ["in_force"])
    day = step_day(principal, sent.ended_on, after=carrier.set_up_on)
    carrier.ended_on, carrier.reason_code = day, sent.reason_code
    context = EventContext.of(principal, day)
    state = rc.JointCarrierState.model_validate(carrier, from_attributes=True)
    await outbox.append(session, rc.JointCarrierEnded, carrier, state, context=context, rules=JOINT_CARRIER)
    return carrier


async def _already_registered(session: AsyncSession, code: str | None) -> DomainError:
    existing = await session.scalar(select(Partner.id).where(Partner.code == code))
    return DomainError(
        "partner-already-registered", 409, headers={"Location": f"/v1/partners/{existing}"}, clauses=["2.1-3"]
    )


async def _flush(session: AsyncSession, codes: dict[str, str]) -> None:
    """Write now: of two at the same moment, the constraint lets one through; the other is told by its own code."""
    try:
        await session.flush()
    except IntegrityError as error:
        if (code := codes.get(constraint_of(error) or "")) is not None:
            raise DomainError(code, 409) from error
        raise
