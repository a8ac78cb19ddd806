"""Applying for a reward: by the enterprise, or by the operator of its centre (3.3-2)."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.centres import await_centre, read_centre
from services.finance.enterprises import await_enterprise, read_enterprise, recorded_holding, same_representative
from services.finance.financing_rewards import states
from services.finance.financing_rewards.cases import recipient_of, record
from services.finance.financing_rewards.commitments import require_room
from services.finance.financing_rewards.models import FinancingReward
from services.finance.financing_rewards.rules import Investment, day_before, decide_application
from services.finance.financing_rewards.schemas import InvestmentFacts, RewardApplication
from shared.auth import roles as r
from shared.auth.principal import Principal
from shared.clock import effective_date
from shared.db import constraint_of
from shared.errors import DomainError, forbidden, not_found
from shared.events.contracts.finance import financing_support as contracts
from shared.events.outbox import EventContext
from shared.ids import next_case_no, uuid7
from shared.policy.decision import Decision, combine
from shared.policy.edition import Editions
from shared.refusals import require_passed


async def try_reward(
    session: AsyncSession, sent: InvestmentFacts, *, principal: Principal, editions: Editions
) -> Decision:
    """The dry run of an application; changes nothing. Raises 404, 409 `reference-not-yet-known`,
    `policy-not-in-force`."""
    await _known(session, sent, principal)
    return await _decide(session, sent, principal=principal, editions=editions)


async def apply_for_reward(
    session: AsyncSession, sent: RewardApplication, *, principal: Principal, editions: Editions
) -> FinancingReward:
    """The enterprise, or the operator of its centre, applies.

    Raises 404, 403, 409 with the rule that is not met, `reward-investment-rewarded` for a payment that was used before.
    """
    await _known(session, sent, principal)
    day = effective_date(principal, sent.applied_on)
    decision = require_passed(await _decide(session, sent, principal=principal, editions=editions))
    enterprise = await read_enterprise(session, sent.enterprise_code, lock=True)
    edition = editions.require_in_force(day)
    own = sent.model_dump(exclude={"applied_on"})
    reward = FinancingReward(
        id=uuid7(),
        version=0,
        no=await next_case_no(session, "FR", day.year),
        enterprise_id=enterprise.id,
        edition=edition.id,
        status=states.APPLIED,
        cancel_on_delisting=edition.investing.reward.cancelled_on_delisting.value,
        applied_by=principal.account_id,
        applied_on=day,
        decisions=[],
        **own,
    )
    session.add(reward)
    try:
        await session.flush()
    except IntegrityError as error:
        if constraint_of(error) != "uq_financing_reward_bank_slip":
            raise
        params = {"bank_slip_no": sent.bank_slip_no}
        raise DomainError("reward-investment-rewarded", 409, params=params, clauses=[states.CLAUSE]) from error
    await session.refresh(reward)
    await record(session, contracts.RewardApplied, reward, EventContext.of(principal, day), decision)
    return reward


async def _known(session: AsyncSession, sent: InvestmentFacts, principal: Principal) -> None:
    """Wait for the registry's events; an enterprise applies for itself only. Raises 403, 404, 409."""
    if principal.has(r.ENTERPRISE):
        if principal.org is None:
            raise forbidden()
        if principal.org != sent.enterprise_code:
            raise not_found("enterprise")
    else:
        await await_centre(session, sent.centre_id, principal)
    await await_enterprise(session, sent.enterprise_code)


async def _decide(
    session: AsyncSession, sent: InvestmentFacts, *, principal: Principal, editions: Editions
) -> Decision:
    day = effective_date(principal, getattr(sent, "applied_on", None))
    edition = editions.require_in_force(day)
    centre = await read_centre(session, sent.centre_id, lock=True)
    enterprise = await read_enterprise(session, sent.enterprise_code, lock=True)
    codes = (sent.investor_code, sent.enterprise_code)
    recorded = await recorded_holding(session, *codes, day_before(sent.arrived_on, sent.capital_registered_on))
    investment = Investment(
        investor_code=sent.investor_code,
        investor_type=sent.investor_type,
        amount=sent.investment_amount,
        arrived_on=sent.arrived_on,
        capital_registered_on=sent.capital_registered_on,
        same_representative=await same_representative(session, *codes),
        holding=max(sent.prior_holding_percent, recorded or sent.prior_holding_percent),
    )
    exception = sent.exception_asked is not None
    recipient = await recipient_of(session, centre, enterprise, day)
    decision = decide_application(
        edition, recipient, investment, requested=sent.requested, day=day, exception=exception
    )
    if exception:
        return decision
    return combine(
        decision,
        await require_room(session, edition, code=enterprise.survivor or enterprise.code, amount=sent.requested),
    )
