"""From the application to the payment of a reward: reviewed, announced, approved by another person (3.3-2)."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.appropriations.commitments import (
    FINANCING_REWARD,
    Claim,
    commit_budget,
    pay_budget,
    release_budget,
)
from services.finance.centres import await_centre, read_centre
from services.finance.enterprises import (
    await_enterprise,
    read_enterprise,
    recorded_holding,
    same_representative,
)
from services.finance.financing_rewards import states
from services.finance.financing_rewards.cases import (
    Case,
    Step,
    day_of,
    enter,
    found,
    open_case,
    recipient_of,
    record,
    require_another,
)
from services.finance.financing_rewards.commitments import commit_reward, release_rewards, require_room
from services.finance.financing_rewards.models import FinancingReward
from services.finance.financing_rewards.rules import (
    Investment,
    Relation,
    day_before,
    decide_application,
    decide_approved_amount,
    decide_cap,
    decide_countersigned,
    decide_exception,
    decide_recipient,
    decide_share,
    decide_unrelated,
    signing_bureaus,
)
from services.finance.financing_rewards.schemas import (
    InvestmentFacts,
    RewardApplication,
    RewardApproval,
    RewardPayment,
    RewardRefusal,
    RewardReview,
)
from services.finance.grants.schemas import StepRequest
from services.finance.journal.entries import Movement
from services.finance.notices.usecases import require_notice_over
from services.finance.payments.references import require_unpaid_with
from services.finance.payments.rules import decide_standing
from services.finance.payments.standing import Standing, ask_standing
from shared.auth import roles as r
from shared.auth.principal import Principal
from shared.calendar import add_months
from shared.clock import effective_date
from shared.db import constraint_of
from shared.errors import DomainError, forbidden, invalid_transition, not_found
from shared.events.contracts.finance import financing_support as contracts
from shared.events.outbox import EventContext
from shared.ids import next_case_no, uuid7
from shared.peers import PeerClient
from shared.policy.decision import Decision, combine
from shared.policy.edition import Editions
from shared.refusals import require_passed

KIND = "financing-rewards"
CLAUSE = "3.3-2"


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
        raise DomainError("reward-investment-rewarded", 409, params=params, clauses=[CLAUSE]) from error
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


async def review_reward(session: AsyncSession, sent: RewardReview, *, step: Step) -> FinancingReward:
    """An officer compares the papers and says what the parties have to do with each other.

    Raises 404, 412, 403 `four-eyes-required`, 409 `reward-parties-related`, `reward-above-share`.
    """
    case = await open_case(session, step, states.APPLIED)
    reward, edition = case.reward, case.edition
    four_eyes = require_another(case, step)
    if sent.exception is not None:
        reward.exception_reason, reward.exception_minutes_no = sent.exception.reason, sent.exception.minutes_no
    before = day_before(reward.arrived_on, reward.capital_registered_on)
    recorded = await recorded_holding(session, reward.investor_code, reward.enterprise_code, before)
    holding = max(sent.prior_holding_percent, recorded or sent.prior_holding_percent)
    known = await same_representative(session, reward.investor_code, reward.enterprise_code)
    relation = Relation(sent.same_representative or bool(known), holding, checked=True)
    unrelated = decide_unrelated(edition, reward.enterprise_code, reward.investor_code, relation)
    decision = require_passed(combine(four_eyes, unrelated, _decide_amounts(case)))
    day = day_of(step, sent.decided_on, not_before=reward.applied_on)
    reward.prior_holding_percent, reward.relation_document_no = holding, sent.relation_document_no
    reward.status, reward.reviewed_by, reward.reviewed_on = states.REVIEWED, step.principal.account_id, day
    await record(session, contracts.RewardReviewed, reward, EventContext.of(step.principal, day), decision)
    return reward


def _decide_amounts(case: Case) -> Decision:
    reward, exception = case.reward, case.reward.is_exception
    return combine(
        decide_share(
            case.edition, requested=reward.requested, investment=reward.investment_amount, exception=exception
        ),
        decide_cap(case.edition, reward.requested, exception=exception),
    )


async def approve_reward(session: AsyncSession, sent: RewardApproval, *, step: Step) -> FinancingReward:
    """The amount is held of the cap over the enterprise's life and of the budget.

    Raises 404, 412, 403 `four-eyes-required`, 409 `notice-missing`, `notice-running`, `reward-not-tenanted`,
    `reward-above-requested`, `reward-ceiling-exceeded`, `appropriation-exhausted`.
    """
    case = await open_case(session, step, states.REVIEWED)
    reward, edition = case.reward, case.edition
    four_eyes = require_another(case, step)
    day = day_of(step, sent.decided_on, not_before=reward.reviewed_on)
    required = edition.investing.reward.needs_public_notice.value
    notice = await require_notice_over(session, edition, KIND, reward.id, day, clause=CLAUSE, required=required)
    recipient = await recipient_of(session, case.centre, case.enterprise, day, follow_merger=True)
    within = decide_approved_amount(edition, requested=reward.requested, approved=sent.amount)
    decision = require_passed(combine(four_eyes, notice, decide_recipient(edition, recipient, day), within))
    code = case.enterprise.survivor or case.enterprise.code
    life = await commit_reward(session, edition, code=code, amount=sent.amount, exception=reward.is_exception)
    context = EventContext.of(step.principal, day)
    budget = await commit_budget(
        session,
        edition,
        programme=FINANCING_REWARD,
        year=day.year,
        amount=sent.amount,
        case=Claim.before(reward),
        context=context,
    )
    reward.status, reward.approved, reward.document_no = states.APPROVED, sent.amount, sent.document_no
    reward.approved_by, reward.approved_on = step.principal.account_id, day
    reward.fiscal_year, reward.ceiling_code = day.year, code
    await record(session, contracts.RewardApproved, reward, context, combine(decision, life, budget))
    await enter(session, [(Movement.REWARD_COMMITTED, sent.amount)], reward, context)
    return reward


async def second_approve_reward(session: AsyncSession, sent: StepRequest, *, step: Step) -> FinancingReward:
    """A second person approves an exception. Raises 403 `four-eyes-required`, 409 `reward-signature-not-needed`."""
    case = await open_case(session, step, states.APPROVED)
    reward = case.reward
    if not reward.is_exception or reward.second_approved_by is not None:
        raise DomainError("reward-signature-not-needed", 409, clauses=[CLAUSE])
    four_eyes = require_another(case, step)
    day = day_of(step, sent.decided_on, not_before=reward.approved_on)
    reward.second_approved_by, reward.second_approved_on = step.principal.account_id, day
    approved = decide_exception(case.edition, exception=True, second=reward.second_approved_by)
    context = EventContext.of(step.principal, day)
    await record(session, contracts.RewardSecondApproved, reward, context, combine(four_eyes, approved))
    return reward


async def countersign_reward(session: AsyncSession, sent: StepRequest, *, step: Step) -> FinancingReward:
    """Another bureau signs, where the edition says so. Raises 403, 409 `reward-signature-not-needed`."""
    case = await open_case(session, step, states.APPROVED)
    reward, edition = case.reward, case.edition
    if not edition.investing.reward.countersigning_departments.value or reward.countersigned_by is not None:
        raise DomainError("reward-signature-not-needed", 409, clauses=[CLAUSE])
    if not signing_bureaus(edition, step.principal.roles):
        raise forbidden()
    four_eyes = require_another(case, step)
    day = day_of(step, sent.decided_on, not_before=reward.approved_on)
    reward.countersigned_by, reward.countersigned_on = step.principal.account_id, day
    decision = combine(four_eyes, decide_countersigned(edition, signed=True))
    await record(session, contracts.RewardCountersigned, reward, EventContext.of(step.principal, day), decision)
    return reward


async def refuse_reward(session: AsyncSession, sent: RewardRefusal, *, step: Step) -> FinancingReward:
    """It ends unpaid; what an approval held is given back. Raises 403 `four-eyes-required`."""
    case = await open_case(session, step, *states.UNPAID)
    reward = case.reward
    four_eyes = require_another(case, step)
    day = day_of(step, sent.decided_on, not_before=reward.applied_on)
    reward.status, reward.reason_code, reward.ended_on = states.REFUSED, sent.reason_code, day
    context = EventContext.of(step.principal, day)
    await record(session, contracts.RewardRefused, reward, context, four_eyes)
    if reward.approved is not None and reward.ceiling_code is not None and reward.fiscal_year is not None:
        await release_rewards(session, [(reward.ceiling_code, reward.approved)])
        await release_budget(
            session,
            programme=FINANCING_REWARD,
            year=reward.fiscal_year,
            amount=reward.approved,
            case=Claim.of(reward),
            context=context,
        )
        await enter(session, [(Movement.REWARD_RELEASED, reward.approved)], reward, context)
    return reward


async def standing_of_reward(session: AsyncSession, peers: PeerClient, *, step: Step) -> Standing:
    """How the centre of an approved reward stands, asked while nothing is locked. Raises 404, 409, 503."""
    centre_id, _, status = await found(session, step.reward_id, step.principal)
    if status != states.APPROVED:
        raise invalid_transition(status, [states.APPROVED])
    return await ask_standing(peers, centre_id, correlation_id=step.principal.correlation_id)


async def pay_reward(session: AsyncSession, sent: RewardPayment, standing: Standing, *, step: Step) -> FinancingReward:
    """The treasury pays, once all have signed; the enterprise is looked at again, a merged one under the record that
    goes on. The re-check is due after the months of the edition.

    Raises 403 `four-eyes-required`, 409 `centre-not-in-good-standing`, `reward-second-approval-missing`,
    `reward-countersignature-missing`, `reward-not-tenanted`, `reward-address-outside`, `payment-reference-used`.
    """
    case = await open_case(session, step, states.APPROVED)
    reward, edition = case.reward, case.edition
    signed_on = (reward.approved_on, reward.second_approved_on, reward.countersigned_on)
    day = day_of(step, sent.paid_on, not_before=max(on for on in signed_on if on is not None))
    recipient = await recipient_of(session, case.centre, case.enterprise, day, follow_merger=True)
    decision = require_passed(
        combine(
            require_another(case, step),
            decide_standing(edition, evaluation=standing.evaluation, registry=standing.registry),
            decide_exception(edition, exception=reward.is_exception, second=reward.second_approved_by),
            decide_countersigned(edition, signed=reward.countersigned_by is not None),
            decide_recipient(edition, recipient, day),
        )
    )
    await require_unpaid_with(session, sent.reference)
    assert reward.approved is not None, "an approved reward has its amount"
    assert reward.fiscal_year is not None, "and its budget's year"
    context = EventContext.of(step.principal, day)
    paid = await pay_budget(
        session,
        edition,
        programme=FINANCING_REWARD,
        year=reward.fiscal_year,
        amount=reward.approved,
        case=Claim.before(reward),
        context=context,
    )
    reward.status, reward.paid, reward.paid_on = states.PAID, reward.approved, day
    reward.paid_by, reward.payment_reference = step.principal.account_id, sent.reference
    reward.recheck_due_on = add_months(day, edition.reward.recheck_months.value)
    await record(session, contracts.RewardPaid, reward, context, combine(decision, paid))
    await enter(session, [(Movement.REWARD_PAID, reward.approved)], reward, context)
    return reward
