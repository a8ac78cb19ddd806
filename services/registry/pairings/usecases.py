"""The steps of a pair: proposed, confirmed by the enterprise, started, logged, completed or ended (4.7-2)."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.alliances.queries import LEAD_OFFICERS, led_by
from services.registry.centres.rules import require_state
from services.registry.enterprises.models import Enterprise
from services.registry.pairings import rules
from services.registry.pairings.models import Pairing, PairingEntry
from services.registry.pairings.queries import lock_for, own_scope
from services.registry.pairings.schemas import LogEntry, ProposePair
from services.registry.partners.models import Partner
from services.registry.policy import edition_at, require_known, require_passed
from services.registry.remarks.usecases import keep_remark
from services.registry.steps import CaseStep, require_four_eyes, step_day
from shared.auth.principal import Principal
from shared.db import constraint_of
from shared.errors import DomainError, forbidden, not_found
from shared.events import outbox
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.http.validation import PayloadInvalid
from shared.ids import next_case_no, uuid7
from shared.policy.decision import combine
from shared.policy.edition import Edition, Editions

RULES: Final = ("pairings.pair",)
_TAKEN: Final = {
    "uq_pairing_partner_id": "inland-firm-paired",
    "uq_pairing_enterprise_id": "lhasa-firm-paired",
}


def pairing_state(pairing: Pairing, *, remark_hash: str | None = None) -> rc.PairingState:
    """The pair as its events carry it."""
    fields = set(rc.PairingState.model_fields) - {"remark_hash", "confirmed_on"}
    state = rc.PairingState(
        **{name: getattr(pairing, name) for name in fields}, confirmed_on=None, remark_hash=remark_hash
    )
    confirmed = pairing.answered_on if pairing.status != rules.DECLINED else None
    return state.model_copy(update={"confirmed_on": confirmed})


async def propose_pair(session: AsyncSession, editions: Editions, principal: Principal, sent: ProposePair) -> Pairing:
    """Propose a pair. Raises 403, 404, 422, 409 `pair-not-from-a-side`, `pair-not-in-the-city`, `pair-of-one-firm`,
    `inland-firm-paired`, `lhasa-firm-paired`."""
    edition = edition_at(editions, principal.today)
    require_known("industry", [sent.industry], edition.alliances.pairing_industries.value)
    partner = await session.get(Partner, sent.partner_id)
    if partner is None:
        raise not_found("partner")
    enterprise = await session.get(Enterprise, sent.enterprise_id)
    if enterprise is None:
        raise not_found("enterprise")
    _require_lead(principal, edition)
    if enterprise.merged_into_id is not None:
        enterprise = await session.get_one(Enterprise, enterprise.merged_into_id)
    decision = require_passed(
        combine(
            rules.decide_inland_firm(edition, partner.origin_province),
            rules.decide_lhasa_firm(edition, enterprise.division, enterprise.address_in_city),
        )
    )
    if partner.code == enterprise.code:
        raise DomainError("pair-of-one-firm", 409, clauses=["4.7-2"])
    day = step_day(principal, sent.proposed_on, after=None)
    pairing = Pairing(
        id=uuid7(),
        version=0,
        province_side=rules.side_of(edition, partner.origin_province) or "",
        partner_id=partner.id,
        enterprise_id=enterprise.id,
        industry=sent.industry,
        status=rules.PROPOSED,
        proposed_by=principal.account_id,
        proposed_on=day,
        inland_document_no=sent.inland_document_no,
        edition=edition.id,
        no=await next_case_no(session, "PR", principal.today.year),
    )
    session.add(pairing)
    await _flush(session)
    await _record(session, rc.PairingProposed, pairing, EventContext.of(principal, day), cited=decision.rules)
    return pairing


async def confirm_pair(session: AsyncSession, principal: Principal, pairing_id: UUID, step: CaseStep) -> Pairing:
    """The enterprise wants it. Raises 403 `four-eyes-required` for whoever proposed it."""
    return await _answer(session, principal, pairing_id, rules.CONFIRMED, rc.PairingConfirmed, step)


async def decline_pair(
    session: AsyncSession, editions: Editions, principal: Principal, pairing_id: UUID, step: CaseStep
) -> Pairing:
    """The enterprise does not want it, with a reason of the edition (422)."""
    known = edition_at(editions, principal.today).alliances.pairing_end_reasons
    require_known("reason_code", [step.reason_code or ""], known)
    return await _answer(session, principal, pairing_id, rules.DECLINED, rc.PairingDeclined, step)


async def withdraw_pair(
    session: AsyncSession, editions: Editions, principal: Principal, pairing_id: UUID, *, if_match: str | None
) -> Pairing:
    """The lead bureau takes back what has not started."""
    pairing = await lock_for(session, true(), pairing_id)
    _require_lead(principal, edition_at(editions, principal.today))
    honour_match(if_match, pairing.version)
    require_state(pairing.status, rules.WITHDRAWABLE)
    pairing.status = rules.WITHDRAWN
    await _record(session, rc.PairingWithdrawn, pairing, EventContext.of(principal))
    return pairing


async def start_pair(
    session: AsyncSession, editions: Editions, principal: Principal, pairing_id: UUID, step: CaseStep
) -> Pairing:
    """The agreement is signed: active from that day on, not before the enterprise's confirmation."""
    pairing = await lock_for(session, true(), pairing_id)
    _require_lead(principal, edition_at(editions, principal.today))
    honour_match(step.if_match, pairing.version)
    require_state(pairing.status, rules.STARTABLE)
    day = step_day(principal, step.on, after=pairing.answered_on)
    pairing.status, pairing.since, pairing.document_no = rules.ACTIVE, day, step.document_no
    await _record(session, rc.PairingStarted, pairing, EventContext.of(principal, day))
    return pairing


async def log_entry(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    pairing_id: UUID,
    sent: LogEntry,
    *,
    if_match: str | None,
) -> Pairing:
    """Enter what the two did on a day of the pair; the enterprise or the lead bureau."""
    edition = edition_at(editions, principal.today)
    pairing = await lock_for(session, _both_sides(principal, edition), pairing_id)
    honour_match(if_match, pairing.version)
    require_state(pairing.status, rules.LOGGED)
    require_known("kind", [sent.kind], edition.alliances.pairing_log_kinds)
    if sent.held_on > principal.today:
        raise PayloadInvalid.at("held_on", "in_the_future")
    if pairing.since is not None and sent.held_on < pairing.since:
        raise PayloadInvalid.at("held_on", "before_beginning")
    entry = PairingEntry(id=uuid7(), pairing_id=pairing.id, recorded_by=principal.account_id, **sent.model_dump())
    session.add(entry)
    data = rc.PairingLogData(
        **pairing_state(pairing).model_dump(),
        entry_id=entry.id,
        **sent.model_dump(include={"kind", "held_on", "heads", "amount"}),
    )
    context = EventContext.of(principal, sent.held_on)
    await outbox.append(session, rc.PairingLogged, pairing, data, context=context, rules=RULES, edition=pairing.edition)
    return pairing


async def complete_pair(
    session: AsyncSession, editions: Editions, principal: Principal, pairing_id: UUID, step: CaseStep
) -> Pairing:
    """The pair has done its work: 409 `pair-without-result` where its log holds none."""
    edition = edition_at(editions, principal.today)
    pairing = await lock_for(session, true(), pairing_id)
    _require_lead(principal, edition)
    honour_match(step.if_match, pairing.version)
    require_state(pairing.status, rules.CLOSABLE)
    logged = select(PairingEntry.kind).where(PairingEntry.pairing_id == pairing.id).distinct()
    decision = require_passed(rules.decide_result(edition, list(await session.scalars(logged))))
    day = step_day(principal, step.on, after=pairing.since)
    pairing.status, pairing.ended_on = rules.COMPLETED, day
    await _record(session, rc.PairingCompleted, pairing, EventContext.of(principal, day), cited=decision.rules)
    return pairing


async def end_pair(
    session: AsyncSession, editions: Editions, principal: Principal, pairing_id: UUID, step: CaseStep
) -> Pairing:
    """End it before that, with a reason of the edition (422); the enterprise or the lead bureau."""
    edition = edition_at(editions, principal.today)
    pairing = await lock_for(session, _both_sides(principal, edition), pairing_id)
    honour_match(step.if_match, pairing.version)
    require_state(pairing.status, rules.CLOSABLE)
    require_known("reason_code", [step.reason_code or ""], edition.alliances.pairing_end_reasons)
    day = step_day(principal, step.on, after=pairing.since)
    pairing.status, pairing.ended_on, pairing.reason_code = rules.ENDED, day, step.reason_code
    await _record(session, rc.PairingEnded, pairing, EventContext.of(principal, day), remark=step.remark)
    return pairing


def leads_pairs(principal: Principal, edition: Edition) -> bool:
    """Whether the caller works for the bureau that keeps the pairs (4.7-2)."""
    return principal.has(*LEAD_OFFICERS) and edition.alliances.pairing_alliance.value in led_by(principal, edition)


def _require_lead(principal: Principal, edition: Edition) -> None:
    if not leads_pairs(principal, edition):
        raise forbidden()


def _both_sides(principal: Principal, edition: Edition) -> ColumnElement[bool]:
    return true() if leads_pairs(principal, edition) else own_scope(principal)


async def _answer(
    session: AsyncSession,
    principal: Principal,
    pairing_id: UUID,
    status: str,
    event_type: EventType[rc.PairingState],
    step: CaseStep,
) -> Pairing:
    pairing = await lock_for(session, own_scope(principal), pairing_id)
    honour_match(step.if_match, pairing.version)
    require_state(pairing.status, rules.ANSWERABLE)
    require_four_eyes(principal, pairing.proposed_by)
    pairing.status, pairing.reason_code = status, step.reason_code
    pairing.answered_by = principal.account_id
    pairing.answered_on = step_day(principal, None, after=pairing.proposed_on)
    context = EventContext.of(principal, pairing.answered_on)
    await _record(session, event_type, pairing, context, remark=step.remark)
    return pairing


async def _flush(session: AsyncSession) -> None:
    """Write now: of two pairs for one firm at the same moment, the index lets one through; the other is told."""
    try:
        await session.flush()
    except IntegrityError as error:
        if (code := _TAKEN.get(constraint_of(error) or "")) is not None:
            raise DomainError(code, 409, clauses=["4.7-2"]) from error
        raise


async def _record(
    session: AsyncSession,
    event_type: EventType[rc.PairingState],
    pairing: Pairing,
    context: EventContext,
    *,
    cited: tuple[str, ...] = RULES,
    remark: str | None = None,
) -> None:
    remark_hash = await keep_remark(session, pairing.id, step=pairing.status, text=remark, written_by=context.actor)
    state = pairing_state(pairing, remark_hash=remark_hash)
    await outbox.append(session, event_type, pairing, state, context=context, rules=cited, edition=pairing.edition)
