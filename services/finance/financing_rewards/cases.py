"""What every step on a reward begins and ends with: the locks, the state it needs, its event and journal entry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ColumnElement, false, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.centres import READERS as CENTRE_READERS, Centre, read_centre, visible_to
from services.finance.enterprises import Enterprise, read_enterprise, sits_in
from services.finance.financing_rewards.models import FinancingReward
from services.finance.financing_rewards.rules import Recipient, decide_four_eyes
from services.finance.journal.entries import Booking, Movement, book
from services.finance.projections import known_centre
from shared.auth import roles as r
from shared.auth.principal import Principal
from shared.clock import effective_date
from shared.errors import DomainError, invalid_transition, not_found
from shared.events import outbox
from shared.events.contracts.finance.financing_support import FinancingRewardState
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.policy.decision import Decision
from shared.policy.edition import Edition, Editions
from shared.refusals import require_passed

READERS = (*CENTRE_READERS, r.ENTERPRISE)


@dataclass(frozen=True, slots=True)
class Step:
    """Who takes a step, on which reward, knowing which version, under which editions."""

    reward_id: UUID
    principal: Principal
    editions: Editions
    if_match: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A locked reward with its centre and enterprise, under the edition that it is pinned to."""

    reward: FinancingReward
    centre: Centre
    enterprise: Enterprise
    edition: Edition


def visible(principal: Principal) -> ColumnElement[bool]:
    """Which rewards the caller sees, joined with their centres: an enterprise its own."""
    own: ColumnElement[bool] = false()
    if principal.has(r.ENTERPRISE) and principal.org:
        own = FinancingReward.enterprise_code == principal.org
    return or_(visible_to(principal), own)


async def found(session: AsyncSession, reward_id: UUID, principal: Principal) -> tuple[UUID, str, str]:
    """Centre, enterprise and state of a reward that the caller sees, read without a lock. Raises 404."""
    columns = (FinancingReward.centre_id, FinancingReward.enterprise_code, FinancingReward.status)
    query = select(*columns).join(known_centre, known_centre.c.id == FinancingReward.centre_id)
    row = (await session.execute(query.where(FinancingReward.id == reward_id, visible(principal)))).one_or_none()
    if row is None:
        raise not_found("financing-reward")
    return row.centre_id, row.enterprise_code, row.status


async def open_case(session: AsyncSession, step: Step, *from_states: str) -> Case:
    """Lock centre, enterprise and reward, in this order. Raises 404, 412, 409 `invalid-transition`."""
    centre_id, code, _ = await found(session, step.reward_id, step.principal)
    centre = await read_centre(session, centre_id, lock=True)
    enterprise = await read_enterprise(session, code, lock=True)
    locked = select(FinancingReward).where(FinancingReward.id == step.reward_id).with_for_update()
    reward = (await session.scalars(locked, execution_options={"populate_existing": True})).one()
    honour_match(step.if_match, reward.version)
    if reward.status not in from_states:
        raise invalid_transition(reward.status, from_states)
    return Case(reward, centre, enterprise, step.editions.get(reward.edition))


async def recipient_of(
    session: AsyncSession, centre: Centre, enterprise: Enterprise, day: date, *, follow_merger: bool = False
) -> Recipient:
    """The enterprise as the rules see it that day. With `follow_merger` a case that began before a merger goes on."""
    tenanted = await sits_in(session, enterprise.id, centre.id, day)
    survivor, known = enterprise.survivor, enterprise
    if follow_merger and survivor is not None:
        known = await read_enterprise(session, survivor, lock=False)
        tenanted = tenanted or await sits_in(session, known.id, centre.id, day)
        survivor = None
    return Recipient(enterprise.code, centre.listed, tenanted, known.address_in_city, survivor)


def require_another(case: Case, step: Step) -> Decision:
    """Four eyes over every step before (3.3-2). Raises 403 `four-eyes-required`."""
    reward = case.reward
    handled_by = {
        "applied": reward.applied_by,
        "reviewed": reward.reviewed_by,
        "approved": reward.approved_by,
        "second_approved": reward.second_approved_by,
        "countersigned": reward.countersigned_by,
    }
    return require_passed(decide_four_eyes(case.edition, step.principal.account_id, handled_by), 403)


def day_of(step: Step, sent: date | None, *, not_before: date | None) -> date:
    """The day a step counts for. Raises 422 as `effective_date`, 409 `step-before-earlier-step`."""
    day = effective_date(step.principal, sent)
    if not_before is not None and day < not_before:
        raise DomainError("step-before-earlier-step", 409, params={"sent": day, "not_before": not_before})
    return day


def state_of(reward: object) -> FinancingRewardState:
    """A reward, from the model or from a statement's RETURNING, as its events carry it."""
    derived = {"is_exception": getattr(reward, "exception_reason") is not None}  # noqa: B009  # of a row as well
    fields = {name: getattr(reward, name) for name in FinancingRewardState.model_fields.keys() - derived.keys()}
    return FinancingRewardState.model_validate({**fields, **derived})


async def record(
    session: AsyncSession,
    event_type: EventType[FinancingRewardState],
    reward: FinancingReward,
    context: EventContext,
    decision: Decision,
) -> None:
    """Append the step's event, citing the rules of its decision, which the case keeps."""
    taken = event_type.name.split(".")[2]
    reward.decisions = [*reward.decisions, {"step": taken, "decision": decision.to_json()}]
    await outbox.append(
        session,
        event_type,
        reward,
        state_of(reward),
        context=context,
        rules=decision.rules,
        edition=reward.edition,
    )


def booking(
    movement: Movement, reward: FinancingReward, amount: Decimal, day: date, actor: str, version: int | None = None
) -> Booking:
    """An entry on the enterprise's accounts of the budget's year, for the reward's last event."""
    return Booking(
        movement=movement,
        case_id=reward.id,
        case_no=reward.no,
        case_version=version or reward.version,
        subject=reward.enterprise_code,
        period=str(reward.fiscal_year),
        amount=amount,
        effective_on=day,
        actor=actor,
        counterparty=reward.enterprise_code,
    )


async def enter(
    session: AsyncSession, movements: Sequence[tuple[Movement, Decimal]], reward: FinancingReward, context: EventContext
) -> None:
    """Write the journal entries of the reward's last event."""
    entries = [booking(movement, reward, amount, context.effective_on, context.actor) for movement, amount in movements]
    await book(session, entries)
