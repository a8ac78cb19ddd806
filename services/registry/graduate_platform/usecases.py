"""The steps of a record: recorded, confirmed or contested by the enterprise or founder, corrected by a new one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.answering import require_another_side
from services.registry.centres.models import Centre
from services.registry.centres.rules import require_state
from services.registry.enterprises import queries as enterprises
from services.registry.enterprises.models import Enterprise
from services.registry.graduate_platform import rules
from services.registry.graduate_platform.models import PlatformService
from services.registry.graduate_platform.queries import centre_of, find_in, party_scope, write_scope
from services.registry.graduate_platform.schemas import ContestStage, CorrectStage, RecordStage, StageContent
from services.registry.partners.models import Partner
from services.registry.persons.models import CONFIRMED, Graduation, PersonLink
from services.registry.policy import edition_at, require_known, require_passed
from services.registry.project_library.queries import LIBRARIANS
from services.registry.projects import queries as projects
from services.registry.projects.models import Project
from services.registry.remarks.usecases import keep_remark
from services.registry.steps import CaseStep, require_four_eyes, step_day
from shared.auth.principal import Principal
from shared.errors import not_found
from shared.events import outbox
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.http.validation import PayloadInvalid
from shared.ids import next_case_no, uuid7
from shared.policy.decision import Decision, combine
from shared.policy.edition import Edition, Editions


@dataclass(frozen=True, slots=True)
class _Line:
    """A product: the first record of its line, and whose it is now."""

    id: UUID
    product: str
    project_id: UUID | None
    enterprise_id: UUID | None


def platform_state(record: PlatformService, *, remark_hash: str | None = None) -> rc.PlatformServiceState:
    """The record as its events carry it."""
    names = rc.PlatformServiceState.model_fields.keys() - {"remark_hash"}
    return rc.PlatformServiceState(**{name: getattr(record, name) for name in names}, remark_hash=remark_hash)


async def record_stage(
    session: AsyncSession, editions: Editions, principal: Principal, sent: RecordStage
) -> PlatformService:
    """Record a stage of a graduate's product.

    Raises 404 for a centre, project, enterprise, partner or record that is not the caller's, 422 for an unknown kind or
    a day in the future, 409 for the first rule that does not pass.
    """
    centre_id = await _centre(session, principal, sent.centre_id)
    new_id = uuid7()
    line = await _line(session, principal, sent, new_id)
    return await _record(session, editions, principal, new_id, line, sent.stage, centre_id, sent)


async def confirm_stage(
    session: AsyncSession, editions: Editions, principal: Principal, record_id: UUID, step: CaseStep
) -> PlatformService:
    """The enterprise or founder confirms it, and it counts. Raises 403 `four-eyes-required` for whoever recorded it,
    409 where the stage before it is not confirmed any more."""
    record = await _answerable(session, principal, record_id, step)
    line = await _steps(session, record.line_id, without=record.id)
    edition = edition_at(editions, record.started_on)
    decision = require_passed(rules.decide_forward(edition, record.stage, record.started_on, line))
    await _answer(session, principal, record, rules.CONFIRMED)
    await _publish(session, rc.PlatformServiceConfirmed, record, EventContext.of(principal), cited=decision.rules)
    return record


async def contest_stage(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    record_id: UUID,
    sent: ContestStage,
    *,
    if_match: str | None,
) -> PlatformService:
    """The enterprise or founder says, with a reason of the edition (422), that it was not so."""
    step = CaseStep(reason_code=sent.reason_code, remark=sent.remark, if_match=if_match)
    record = await _answerable(session, principal, record_id, step)
    known = edition_at(editions, principal.today).project_library.platform.contest_reasons
    require_known("reason_code", [sent.reason_code], known)
    record.reason_code = sent.reason_code
    await _answer(session, principal, record, rules.CONTESTED)
    await _publish(session, rc.PlatformServiceContested, record, EventContext.of(principal), remark=sent.remark)
    return record


async def correct_stage(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    record_id: UUID,
    sent: CorrectStage,
    *,
    if_match: str | None,
) -> PlatformService:
    """Put a new record, which is to be confirmed anew, in the place of one that counts no more."""
    replaced = await find_in(session, write_scope(principal), record_id)
    await _hold(session, replaced, if_match)
    require_state(replaced.status, rules.CORRECTABLE)
    replaced.status, replaced.reason_code = rules.CORRECTED, sent.reason_code
    await session.flush()
    await _publish(session, rc.PlatformServiceCorrected, replaced, EventContext.of(principal), remark=sent.remark)
    line = _Line(replaced.line_id, replaced.product, replaced.project_id, replaced.enterprise_id)
    return await _record(
        session, editions, principal, uuid7(), line, replaced.stage, replaced.centre_id, sent, corrects_id=replaced.id
    )


async def _record(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    new_id: UUID,
    line: _Line,
    stage: str,
    centre_id: UUID | None,
    sent: StageContent,
    *,
    corrects_id: UUID | None = None,
) -> PlatformService:
    if sent.started_on > principal.today:
        raise PayloadInvalid.at("started_on", "in_the_future")
    if sent.ended_on is not None and sent.ended_on > principal.today:
        raise PayloadInvalid.at("ended_on", "in_the_future")
    if (centre_id, sent.partner_id, sent.provider_code) == (None, None, None):
        raise PayloadInvalid.at("provider_code", "missing")
    if sent.partner_id is not None and await session.get(Partner, sent.partner_id) is None:
        raise not_found("partner")
    edition = edition_at(editions, sent.started_on)
    require_known("kind", [sent.kind], rules.stage_of(edition, stage).kinds)
    decision = require_passed(await _test(session, edition, line, stage, sent))
    record = PlatformService(
        id=new_id,
        version=0,
        line_id=line.id,
        stage=stage,
        project_id=line.project_id,
        enterprise_id=line.enterprise_id,
        centre_id=centre_id,
        product=line.product,
        status=rules.RECORDED,
        edition=edition.id,
        decision=decision.to_json(),
        recorded_by=principal.account_id,
        corrects_id=corrects_id,
        **{name: getattr(sent, name) for name in StageContent.model_fields},
        no=await next_case_no(session, "PS", principal.today.year),
    )
    session.add(record)
    context = EventContext.of(principal, sent.started_on)
    await _publish(session, rc.PlatformServiceRecorded, record, context, cited=decision.rules)
    return record


async def _test(session: AsyncSession, edition: Edition, line: _Line, stage: str, sent: StageContent) -> Decision:
    return combine(
        rules.decide_graduate(edition, graduate=await _is_graduates(session, line)),
        rules.decide_forward(edition, stage, sent.started_on, await _steps(session, line.id)),
        rules.decide_evidence(edition, stage, sent.document_no, sent.amount),
    )


async def _line(session: AsyncSession, principal: Principal, sent: RecordStage, new_id: UUID) -> _Line:
    """A new product, or the one that the named record is of, locked. A project that has registered goes on as its
    enterprise, one that was merged as the record that goes on."""
    if sent.follows_id is not None:
        before = await find_in(session, write_scope(principal), sent.follows_id)
        await session.get_one(PlatformService, before.line_id, with_for_update=True)
        project_id, enterprise_id = before.project_id, before.enterprise_id
        line_id, product = before.line_id, before.product
    else:
        line_id, product = new_id, sent.product or ""
        project_id, enterprise_id = sent.project_id, sent.enterprise_id
        if project_id is not None:
            await projects.find(session, projects.read_scope(principal), project_id)
        else:
            assert enterprise_id is not None
            await enterprises.find_record(session, enterprises.read_scope(principal), enterprise_id)
    if project_id is not None:
        became = (await session.get_one(Project, project_id)).enterprise_id
        project_id, enterprise_id = (project_id, None) if became is None else (None, became)
    if enterprise_id is not None:
        enterprise_id = (await session.get_one(Enterprise, enterprise_id)).merged_into_id or enterprise_id
    return _Line(line_id, product, project_id, enterprise_id)


async def _steps(session: AsyncSession, line_id: UUID, *, without: UUID | None = None) -> list[rules.Step]:
    query = select(PlatformService).where(
        PlatformService.line_id == line_id,
        PlatformService.status != rules.CORRECTED,
        PlatformService.id.is_distinct_from(without),
    )
    found = await session.scalars(query)
    return [rules.Step(row.stage, row.started_on, row.status == rules.CONFIRMED) for row in found]


async def _is_graduates(session: AsyncSession, line: _Line) -> bool:
    """Marked as a graduate's, or with somebody behind it whose graduation was confirmed."""
    table, key = (Project, line.project_id) if line.project_id is not None else (Enterprise, line.enterprise_id)
    link = PersonLink
    behind = exists().where(
        or_(link.project_id == key, link.enterprise_id == key),
        link.status == CONFIRMED,
        link.until.is_(None),
        Graduation.person_id == link.person_id,
        Graduation.confirmed_on.is_not(None),
    )
    query = select(table.id).where(table.id == key, or_(table.graduate_founder, behind))
    return await session.scalar(query) is not None


async def _answerable(session: AsyncSession, principal: Principal, record_id: UUID, step: CaseStep) -> PlatformService:
    record = await find_in(session, party_scope(principal), record_id)
    await _hold(session, record, step.if_match)
    require_state(record.status, rules.ANSWERABLE)
    require_four_eyes(principal, record.recorded_by)
    await require_another_side(session, principal, record.centre_id)
    return record


async def _answer(session: AsyncSession, principal: Principal, record: PlatformService, status: str) -> None:
    record.status = status
    record.answered_by = principal.account_id
    record.answered_on = step_day(principal, None, after=record.started_on)


async def _hold(session: AsyncSession, record: PlatformService, if_match: str | None) -> None:
    """The product's line and the record, locked, in this order."""
    await session.get_one(PlatformService, record.line_id, with_for_update=True, populate_existing=True)
    await session.refresh(record, with_for_update=True)
    honour_match(if_match, record.version)


async def _centre(session: AsyncSession, principal: Principal, centre_id: UUID | None) -> UUID | None:
    """An operator records for an own centre, an officer for any or none. Raises 404, 422."""
    if centre_id is None:
        if principal.has(*LIBRARIANS):
            return None
        raise PayloadInvalid.at("centre_id", "missing")
    if await session.scalar(select(Centre.id).where(centre_of(principal, centre_id))) is None:
        raise not_found("centre")
    return centre_id


async def _publish(
    session: AsyncSession,
    event_type: EventType[rc.PlatformServiceState],
    record: PlatformService,
    context: EventContext,
    *,
    cited: Iterable[str] = ("platform.confirmation",),
    remark: str | None = None,
) -> None:
    remark_hash = await keep_remark(session, record.id, step=record.status, text=remark, written_by=context.actor)
    state = platform_state(record, remark_hash=remark_hash)
    await outbox.append(session, event_type, record, state, context=context, rules=tuple(cited), edition=record.edition)
