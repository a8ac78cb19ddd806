"""The steps of a service record: recorded, confirmed or contested, corrected."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import enterprise_code_of, operator_code_of
from services.registry.centres.models import Centre
from services.registry.centres.rules import require_state
from services.registry.enterprises.models import Enterprise
from services.registry.enterprises.queries import family
from services.registry.policy import edition_at, require_known, require_passed
from services.registry.remarks.usecases import keep_remark
from services.registry.service_records import rules
from services.registry.service_records.models import ServiceRecord
from services.registry.service_records.queries import answer_scope, centre_scope, correct_scope, lock_for
from services.registry.service_records.schemas import ContestService, CorrectService, RecordService, ServiceContent
from services.registry.steps import CaseStep, require_four_eyes, step_day
from services.registry.tenancies.models import Tenancy
from shared.auth.principal import Principal
from shared.errors import four_eyes_required, not_found
from shared.events import outbox
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.http.validation import PayloadInvalid
from shared.ids import next_case_no, uuid7
from shared.policy.decision import combine
from shared.policy.edition import Editions


def record_state(record: ServiceRecord, *, remark_hash: str | None = None) -> rc.ServiceRecordState:
    """The record as its events carry it."""
    return rc.ServiceRecordState(
        id=record.id,
        no=record.no,
        centre_id=record.centre_id,
        enterprise_id=record.enterprise_id,
        tenancy_id=record.tenancy_id,
        type=record.type,
        title=record.title,
        provided_on=record.provided_on,
        quantity=record.quantity,
        hours=record.hours,
        document_no=record.document_no,
        amount=record.amount,
        status=record.status,
        corrects_id=record.corrects_id,
        answered_on=record.answered_on,
        reason_code=record.reason_code,
        remark_hash=remark_hash,
    )


async def record_service(
    session: AsyncSession, editions: Editions, principal: Principal, sent: RecordService
) -> ServiceRecord:
    """Record what one's own centre did for a tenant of that day (2.1-1).

    Raises 404 for somebody else's centre or an unknown enterprise, 422 for an unknown type or a day in the future, 409
    `service-for-no-tenant`, `achievement-document-missing`.
    """
    centre_id = await session.scalar(select(Centre.id).where(Centre.id == sent.centre_id, centre_scope(principal)))
    if centre_id is None:
        raise not_found("centre")
    enterprise = await _enterprise(session, sent)
    return await _record(session, editions, principal, centre_id, enterprise, sent)


async def confirm_service(
    session: AsyncSession, principal: Principal, record_id: UUID, step: CaseStep
) -> ServiceRecord:
    """The enterprise confirms that it was served. Raises 403 `four-eyes-required` for whoever recorded it."""
    return await _answer(session, principal, record_id, rules.CONFIRMED, rc.ServiceConfirmed, step)


async def contest_service(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    record_id: UUID,
    sent: ContestService,
    *,
    if_match: str | None,
) -> ServiceRecord:
    """The enterprise says, with a reason of the edition (422), that it was not served like that."""
    step = CaseStep(reason_code=sent.reason_code, remark=sent.remark, if_match=if_match)
    known = edition_at(editions, principal.today).service_records.contest_reasons
    return await _answer(session, principal, record_id, rules.CONTESTED, rc.ServiceContested, step, known)


async def correct_service(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    record_id: UUID,
    sent: CorrectService,
    *,
    if_match: str | None,
) -> ServiceRecord:
    """Put a new record, which the enterprise has to confirm anew, in the place of one that counts no more."""
    replaced = await lock_for(session, correct_scope(principal), record_id)
    honour_match(if_match, replaced.version)
    require_state(replaced.status, rules.CORRECTABLE)
    replaced.status = rules.CORRECTED
    replaced.reason_code = sent.reason_code
    await _publish(session, rc.ServiceCorrected, replaced, EventContext.of(principal), remark=sent.remark)
    served = await session.get_one(Enterprise, replaced.enterprise_id)
    return await _record(session, editions, principal, replaced.centre_id, served, sent, corrects_id=replaced.id)


async def _record(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    centre_id: UUID,
    served: Enterprise,
    sent: ServiceContent,
    *,
    corrects_id: UUID | None = None,
) -> ServiceRecord:
    if sent.provided_on > principal.today:
        raise PayloadInvalid.at("provided_on", "in_the_future")
    edition = edition_at(editions, sent.provided_on)
    require_known("type", [sent.type], rules.record_types(edition))
    enterprise_id = served.merged_into_id or served.id
    tenancies = await _stays(session, centre_id, enterprise_id)
    stays = {tenancy.id: rules.Stay(tenancy.admitted_on, tenancy.ended_on) for tenancy in tenancies}
    decision = require_passed(
        combine(
            rules.decide_provided_to_tenant(edition, stays.values(), sent.provided_on),
            rules.decide_proof(edition, sent.type, sent.document_no),
        )
    )
    record = ServiceRecord(
        id=uuid7(),
        version=0,
        centre_id=centre_id,
        enterprise_id=enterprise_id,
        tenancy_id=next(key for key, stay in stays.items() if stay.covers(sent.provided_on)),
        status=rules.RECORDED,
        edition=edition.id,
        decision=decision.to_json(),
        recorded_by=principal.account_id,
        corrects_id=corrects_id,
        **{name: getattr(sent, name) for name in ServiceContent.model_fields},
        no=await next_case_no(session, "SR", principal.today.year),
    )
    session.add(record)
    context = EventContext.of(principal, sent.provided_on)
    await _publish(session, rc.ServiceRecorded, record, context, cited=decision.rules)
    return record


async def _answer(
    session: AsyncSession,
    principal: Principal,
    record_id: UUID,
    status: str,
    event_type: EventType[rc.ServiceRecordState],
    step: CaseStep,
    reasons: Iterable[str] | None = None,
) -> ServiceRecord:
    record = await lock_for(session, answer_scope(principal), record_id)
    if reasons is not None:
        require_known("reason_code", [step.reason_code or ""], reasons)
    honour_match(step.if_match, record.version)
    require_state(record.status, rules.ANSWERABLE)
    require_four_eyes(principal, record.recorded_by)
    centre = await session.get_one(Centre, record.centre_id)
    served = await session.get_one(Enterprise, record.enterprise_id)
    itself = select(Enterprise.code).where(Enterprise.id.in_(family(served.merged_into_id or served.id)))
    answering = {enterprise_code_of(principal), operator_code_of(principal), *await session.scalars(itself)}
    if centre.operator_code in answering:
        raise four_eyes_required()
    record.status = status
    record.answered_by = principal.account_id
    record.answered_on = step_day(principal, None, after=record.provided_on)
    record.reason_code = step.reason_code
    await _publish(session, event_type, record, EventContext.of(principal), remark=step.remark)
    return record


async def _stays(session: AsyncSession, centre_id: UUID, enterprise_id: UUID) -> list[Tenancy]:
    """The enterprise's tenancies at the centre, locked so that none is ended in the past meanwhile."""
    query = select(Tenancy).where(Tenancy.centre_id == centre_id, Tenancy.enterprise_id.in_(family(enterprise_id)))
    return list(await session.scalars(query.order_by(Tenancy.id).with_for_update(read=True)))


async def _enterprise(session: AsyncSession, sent: RecordService) -> Enterprise:
    wanted = Enterprise.id == sent.enterprise_id
    if sent.enterprise_code is not None:
        wanted = Enterprise.code == sent.enterprise_code
    enterprise = await session.scalar(select(Enterprise).where(wanted))
    if enterprise is None:
        raise not_found("enterprise")
    return enterprise


async def _publish(
    session: AsyncSession,
    event_type: EventType[rc.ServiceRecordState],
    record: ServiceRecord,
    context: EventContext,
    *,
    cited: tuple[str, ...] = ("services.confirmation",),
    remark: str | None = None,
) -> None:
    remark_hash = await keep_remark(session, record.id, step=record.status, text=remark, written_by=context.actor)
    state = record_state(record, remark_hash=remark_hash)
    await outbox.append(session, event_type, record, state, context=context, rules=cited, edition=record.edition)
