"""A year on: is the capital still there? If it went back, so does the reward (3.3-2)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.appropriations.commitments import FINANCING_REWARD, Claim, return_budget
from services.finance.financing_rewards import states
from services.finance.financing_rewards.cases import Step, day_of, enter, open_case, record
from services.finance.financing_rewards.models import FinancingReward
from services.finance.financing_rewards.rules import decide_four_eyes, decide_recheck_due, decide_recovered
from services.finance.financing_rewards.schemas import MoneyIn, Recheck
from services.finance.grants.schemas import StepRequest
from services.finance.journal.entries import Movement
from shared.errors import DomainError
from shared.events.contracts.finance import financing_support as contracts
from shared.events.outbox import EventContext
from shared.policy.decision import combine
from shared.refusals import require_passed

_DAYS: Final = ("rechecked_on", "ended_on")
_FOUND: Final = ("recheck_outcome", "recheck_document_no", "rechecked_by", "rechecked_on", "recheck_confirmed_by")


async def record_recheck(session: AsyncSession, sent: Recheck, *, step: Step) -> FinancingReward:
    """An officer looked for the capital: that it is there, once the re-check is due; that it went back, on any day,
    also when the case was closed with the capital there. Raises 404, 412, 409 `reward-recheck-not-due`,
    `reward-nothing-to-recover`."""
    case = await open_case(session, step, states.PAID, states.CLOSED)
    reward, returned = case.reward, sent.outcome == states.RETURNED
    closed = reward.status == states.CLOSED
    if closed and (not returned or reward.recovery_due):
        raise DomainError("reward-nothing-to-recover", 409, clauses=["3.3-2"])
    day = day_of(step, sent.decided_on, not_before=reward.ended_on or reward.paid_on)
    assert reward.recheck_due_on is not None, "a paid reward is looked at again"
    due = decide_recheck_due(case.edition, due_on=reward.recheck_due_on, day=day, returned=returned)
    decision = require_passed(due)
    if closed:
        reward.earlier_recheck = _found(reward)
        reward.recheck_confirmed_by = reward.ended_on = None
    reward.status, reward.recheck_outcome = states.RECHECKED, sent.outcome
    reward.recheck_document_no, reward.rechecked_on = sent.document_no, day
    reward.rechecked_by = step.principal.account_id
    await record(session, contracts.RewardRechecked, reward, EventContext.of(step.principal, day), decision)
    return reward


def _found(reward: FinancingReward) -> dict[str, JsonValue]:
    days = {name: value.isoformat() for name in _DAYS if (value := getattr(reward, name)) is not None}
    return {**{name: getattr(reward, name) for name in _FOUND if name not in _DAYS}, **days}


def _restore(reward: FinancingReward, found: Mapping[str, JsonValue]) -> None:
    for name in (*_FOUND, "ended_on"):
        value = found[name]
        setattr(reward, name, date.fromisoformat(str(value)) if name in _DAYS else value)


async def confirm_recheck(session: AsyncSession, sent: StepRequest, *, step: Step) -> FinancingReward:
    """Another person agrees: the case is closed, or the reward is to be recovered. Raises 403 `four-eyes-required`."""
    case = await open_case(session, step, states.RECHECKED)
    reward = case.reward
    handled_by = {"applied": reward.applied_by, "rechecked": reward.rechecked_by}
    decision = require_passed(decide_four_eyes(case.edition, step.principal.account_id, handled_by), 403)
    day = day_of(step, sent.decided_on, not_before=reward.rechecked_on)
    context = EventContext.of(step.principal, day)
    reward.recheck_confirmed_by, reward.earlier_recheck = step.principal.account_id, None
    if reward.recheck_outcome == states.KEPT:
        reward.status, reward.ended_on = states.CLOSED, day
        await record(session, contracts.RewardClosed, reward, context, decision)
        return reward
    reward.status, reward.recovery_due = states.IN_RECOVERY, reward.paid
    await record(session, contracts.RewardRecoveryOpened, reward, context, decision)
    await enter(session, [(Movement.REWARD_RECOVERY_OPENED, reward.paid)], reward, context)
    return reward


async def reject_recheck(session: AsyncSession, sent: StepRequest, *, step: Step) -> FinancingReward:
    """Another person does not agree: it is to be looked at again, or stays closed as it was. Raises 403
    `four-eyes-required`."""
    case = await open_case(session, step, states.RECHECKED)
    reward = case.reward
    handled_by = {"applied": reward.applied_by, "rechecked": reward.rechecked_by}
    decision = require_passed(decide_four_eyes(case.edition, step.principal.account_id, handled_by), 403)
    day = day_of(step, sent.decided_on, not_before=reward.rechecked_on)
    if reward.earlier_recheck is not None:
        reward.status = states.CLOSED
        _restore(reward, reward.earlier_recheck)
        reward.earlier_recheck = None
    else:
        reward.status = states.PAID
        reward.recheck_outcome = reward.recheck_document_no = reward.rechecked_by = reward.rechecked_on = None
    context = EventContext.of(step.principal, day)
    await record(session, contracts.RewardRecheckRejected, reward, context, decision)
    return reward


async def recover_reward(session: AsyncSession, sent: MoneyIn, *, step: Step) -> FinancingReward:
    """Money of a recovery came back; the case is closed with the last fen. Raises 403 `four-eyes-required` to who
    rechecked or confirmed, 409 `returned-above-outstanding`."""
    case = await open_case(session, step, states.IN_RECOVERY)
    reward = case.reward
    handled_by = {"rechecked": reward.rechecked_by, "confirmed": reward.recheck_confirmed_by}
    four_eyes = require_passed(decide_four_eyes(case.edition, step.principal.account_id, handled_by), 403)
    outstanding = reward.recovery_due - reward.recovered
    within = require_passed(decide_recovered(case.edition, amount=sent.amount, outstanding=outstanding))
    day = day_of(step, sent.received_on, not_before=reward.paid_on)
    context = EventContext.of(step.principal, day)
    reward.recovered += sent.amount
    decision = combine(four_eyes, within)
    await record(session, contracts.RewardRecovered, reward, context, decision)
    await enter(session, [(Movement.REWARD_RECOVERED, sent.amount)], reward, context)
    assert reward.fiscal_year is not None, "a paid reward has its budget's year"
    await return_budget(
        session,
        programme=FINANCING_REWARD,
        year=reward.fiscal_year,
        amount=sent.amount,
        case=Claim.of(reward),
        context=context,
    )
    if reward.recovered == reward.recovery_due:
        reward.status, reward.ended_on = states.CLOSED, day
        await record(session, contracts.RewardClosed, reward, context, within)
    return reward
