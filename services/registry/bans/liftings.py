"""Staying and lifting a ban: only by an order with its document, recorded by one bureau and confirmed by the other."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.bans.models import Ban, BanLifting
from services.registry.bans.queries import bar_operators
from services.registry.bans.rules import RESULT, decide_lifting
from services.registry.bans.schemas import RecordLifting
from services.registry.centres.models import Centre
from services.registry.policy import edition_at
from services.registry.steps import CaseStep, require_four_eyes, step_day
from shared.auth.principal import Principal
from shared.errors import DomainError, invalid_transition, not_found
from shared.events import outbox
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.ids import uuid7
from shared.policy.decision import Decision
from shared.policy.edition import Edition, Editions
from shared.refusals import require_passed

_EFFECT = {
    "stay": rc.BanStayed,
    "stay_ended": rc.BanStayEnded,
    "review": rc.BanLifted,
    "court": rc.BanLifted,
}


def ban_state(ban: Ban) -> rc.BanState:
    """The ban as its events carry it."""
    return rc.BanState(
        id=ban.id,
        case_id=ban.case_id,
        centre_id=ban.centre_id,
        operator_code=ban.operator_code,
        published_on=ban.published_on,
        last_barred_day=ban.last_barred_day,
        first_open_day=ban.first_open_day,
        status=ban.status,
        decision_no=ban.decision_no,
    )


async def record_lifting(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    ban_id: UUID,
    sent: RecordLifting,
    *,
    if_match: str | None,
) -> BanLifting:
    """Record an order; it takes effect once the other bureau confirms it.

    Raises 404, 409 `ban-lifting-pending`, `ban-lifting-does-not-fit`, `ban-lifting-too-early`, 422 for a day to come.
    """
    ban = await _lock(session, ban_id)
    honour_match(if_match, ban.version)
    if await _open(session, ban.id) is not None:
        raise DomainError("ban-lifting-pending", 409)
    day = step_day(principal, sent.recorded_on, after=ban.published_on)
    if sent.effective_on > principal.today:
        raise DomainError("effective-date-in-future", 422, params={"sent": sent.effective_on, "today": principal.today})
    edition = edition_at(editions, ban.published_on)
    decision = await _decide(session, edition, ban, sent.kind, sent)
    lifting = BanLifting(
        id=uuid7(),
        ban_id=ban.id,
        status="recorded",
        recorded_by=principal.account_id,
        recorded_bureau=_bureaus(edition, principal, "officer")[0],
        recorded_on=day,
        **sent.model_dump(exclude={"recorded_on"}),
    )
    session.add(lifting)
    await session.flush()
    await _record(session, rc.BanLiftingRecorded, ban, lifting, EventContext.of(principal, day), decision, edition)
    return lifting


async def confirm_lifting(
    session: AsyncSession, editions: Editions, principal: Principal, ban_id: UUID, lifting_id: UUID, step: CaseStep
) -> BanLifting:
    """Confirm an order: from its day on the ban bars no more, or bars again.

    Raises 403 `four-eyes-required`, 409 `other-bureau-required`, and as at recording.
    """
    ban, lifting, edition = await _open_case(session, editions, principal, ban_id, lifting_id, step)
    decision = await _decide(session, edition, ban, lifting.kind, lifting)
    day = step_day(principal, step.on, after=lifting.recorded_on)
    stay = await _running_stay(session, ban.id)
    if stay is not None:
        stay.until_on = lifting.effective_on - timedelta(days=1)
        await session.flush()
    _decide_by(lifting, principal, edition, "confirmed")
    lifting.decided_on = day
    ban.status = RESULT[lifting.kind]
    await session.flush()
    context = EventContext.of(principal, lifting.effective_on)
    await _record(session, _EFFECT[lifting.kind], ban, lifting, context, decision, edition)
    return lifting


async def reject_lifting(
    session: AsyncSession, editions: Editions, principal: Principal, ban_id: UUID, lifting_id: UUID, step: CaseStep
) -> BanLifting:
    """Do not confirm an order, with a reason; another one may be recorded. Raises as `confirm_lifting`."""
    ban, lifting, edition = await _open_case(session, editions, principal, ban_id, lifting_id, step)
    day = step_day(principal, step.on, after=lifting.recorded_on)
    _decide_by(lifting, principal, edition, "rejected")
    lifting.decided_on, lifting.reason_code = day, step.reason_code
    await session.flush()
    context = EventContext.of(principal, day)
    await _record(session, rc.BanLiftingRejected, ban, lifting, context, None, edition)
    return lifting


async def _lock(session: AsyncSession, ban_id: UUID) -> Ban:
    """The ban, locked as a delisting locks: what an application has read of it is committed, and nothing reads on."""
    parties = select(Ban.operator_code, Ban.centre_id).where(Ban.id == ban_id)
    row = (await session.execute(parties)).one_or_none()
    if row is None:
        raise not_found("ban")
    await bar_operators(session, [row.operator_code] if row.operator_code else [])
    await session.execute(select(Centre.id).where(Centre.id == row.centre_id).with_for_update())
    return await session.get_one(Ban, ban_id, with_for_update=True, populate_existing=True)


async def _open_case(
    session: AsyncSession, editions: Editions, principal: Principal, ban_id: UUID, lifting_id: UUID, step: CaseStep
) -> tuple[Ban, BanLifting, Edition]:
    ban = await _lock(session, ban_id)
    honour_match(step.if_match, ban.version)
    lifting = await session.get(BanLifting, lifting_id, populate_existing=True)
    if lifting is None or lifting.ban_id != ban.id:
        raise not_found("ban-lifting")
    if lifting.status != "recorded":
        raise invalid_transition(lifting.status, ("recorded",))
    require_four_eyes(principal, lifting.recorded_by)
    edition = edition_at(editions, ban.published_on)
    if not _others(edition, principal, lifting):
        bureau = edition.departments[lifting.recorded_bureau].names[0]
        params = {"bureau": bureau.title_zh, "bureau_en": bureau.title_en}
        raise DomainError("other-bureau-required", 409, params=params, clauses=["2.3-6"])
    return ban, lifting, edition


async def _decide(
    session: AsyncSession, edition: Edition, ban: Ban, kind: str, order: RecordLifting | BanLifting
) -> Decision:
    stay = await _running_stay(session, ban.id)
    return require_passed(
        decide_lifting(
            edition,
            kind,
            order.effective_on,
            published_on=ban.published_on,
            status=ban.status,
            stayed_from=stay.effective_on if stay else None,
        )
    )


async def _running_stay(session: AsyncSession, ban_id: UUID) -> BanLifting | None:
    query = select(BanLifting).where(
        BanLifting.ban_id == ban_id,
        BanLifting.kind == "stay",
        BanLifting.status == "confirmed",
        BanLifting.until_on.is_(None),
    )
    stay: BanLifting | None = await session.scalar(query)
    return stay


async def _open(session: AsyncSession, ban_id: UUID) -> UUID | None:
    query = select(BanLifting.id).where(BanLifting.ban_id == ban_id, BanLifting.status == "recorded")
    pending: UUID | None = await session.scalar(query)
    return pending


def _bureaus(edition: Edition, principal: Principal, step: str) -> list[str]:
    """The approving bureaus that the caller is an officer or an approver of."""
    departments = edition.centres.approving_departments.value
    return [name for name in departments if principal.has(f"{edition.departments[name].role_prefix}_{step}")]


def _others(edition: Edition, principal: Principal, lifting: BanLifting) -> list[str]:
    return [name for name in _bureaus(edition, principal, "approver") if name != lifting.recorded_bureau]


def _decide_by(lifting: BanLifting, principal: Principal, edition: Edition, status: str) -> None:
    lifting.status, lifting.decided_by = status, principal.account_id
    lifting.decided_bureau = _others(edition, principal, lifting)[0]


async def _record(
    session: AsyncSession,
    event_type: EventType[rc.BanLiftingData],
    ban: Ban,
    lifting: BanLifting,
    context: EventContext,
    decision: Decision | None,
    edition: Edition,
) -> None:
    data = rc.BanLiftingData(
        **ban_state(ban).model_dump(),
        lifting_id=lifting.id,
        kind=lifting.kind,
        issuer=lifting.issuer,
        document_no=lifting.document_no,
        effective_on=lifting.effective_on,
    )
    cited = decision.rules if decision else ("policy.four_eyes",)
    await outbox.append(session, event_type, ban, data, context=context, rules=cited, edition=edition.id)
