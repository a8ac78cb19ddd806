"""From the review to the payment of a reward: announced, approved by another person (3.3-2)."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.appropriations.commitments import (
    FINANCING_REWARD,
    Claim,
    commit_budget,
    pay_budget,
    release_budget,
)
from services.finance.enterprises import (
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
from services.finance.financing_rewards.commitments import commit_reward, release_rewards
from services.finance.financing_rewards.models import FinancingReward
from services.finance.financing_rewards.rules import (
    Relation,
    day_before,
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
    RewardApproval,
    RewardPayment,
    RewardRefusal,
    RewardReview,
)
from services.finance.financing_rewards.states import CLAUSE, KIND
from services.finance.grants.schemas import MoneyDecision
from services.finance.journal.entries import Movement
from services.finance.notices.usecases import require_notice_over
from services.finance.papers import require_papers
from services.finance.payments.references import require_unpaid_with
from services.finance.payments.rules import decide_standing
from services.finance.payments.standing import Standing, ask_standing
from shared.calendar import add_months
from shared.errors import DomainError, forbidden, invalid_transition
from shared.events.contracts.finance import financing_support as contracts
from shared.events.outbox import EventContext
from shared.peers import PeerClient
from shared.policy.decision import Decision, combine
from shared.refusals import require_passed


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
    `reward-above-requested`, `reward-ceiling-exceeded`, `appropriation-exhausted`, and as `require_papers`.
    """
    case = await open_case(session, step, states.REVIEWED)
    reward, edition = case.reward, case.edition
    four_eyes = require_another(case, step)
    day = day_of(step, sent.decided_on, not_before=reward.reviewed_on)
    papers = require_papers(edition, "financing_reward.approved", sent, clause=CLAUSE)
    required = edition.investing.reward.needs_public_notice.value
    notice = await require_notice_over(session, edition, KIND, reward.id, day, clause=CLAUSE, required=required)
    recipient = await recipient_of(session, case.centre, case.enterprise, day, follow_merger=True)
    within = decide_approved_amount(edition, requested=reward.requested, approved=sent.amount)
    decision = require_passed(combine(four_eyes, notice, papers, decide_recipient(edition, recipient, day), within))
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


async def second_approve_reward(session: AsyncSession, sent: MoneyDecision, *, step: Step) -> FinancingReward:
    """A second person approves an exception. Raises 403 `four-eyes-required`, 409 `reward-signature-not-needed`."""
    case = await open_case(session, step, states.APPROVED)
    reward = case.reward
    if not reward.is_exception or reward.second_approved_by is not None:
        raise DomainError("reward-signature-not-needed", 409, clauses=[CLAUSE])
    four_eyes = require_another(case, step)
    day = day_of(step, sent.decided_on, not_before=reward.approved_on)
    papers = require_papers(case.edition, "financing_reward.second_approved", sent, clause=CLAUSE)
    reward.second_approved_by, reward.second_approved_on = step.principal.account_id, day
    approved = decide_exception(case.edition, exception=True, second=reward.second_approved_by)
    context = EventContext.of(step.principal, day)
    await record(session, contracts.RewardSecondApproved, reward, context, combine(four_eyes, papers, approved))
    return reward


async def countersign_reward(session: AsyncSession, sent: MoneyDecision, *, step: Step) -> FinancingReward:
    """Another bureau signs, where the edition says so. Raises 403, 409 `reward-signature-not-needed`."""
    case = await open_case(session, step, states.APPROVED)
    reward, edition = case.reward, case.edition
    if not edition.investing.reward.countersigning_departments.value or reward.countersigned_by is not None:
        raise DomainError("reward-signature-not-needed", 409, clauses=[CLAUSE])
    if not signing_bureaus(edition, step.principal.roles):
        raise forbidden()
    four_eyes = require_another(case, step)
    day = day_of(step, sent.decided_on, not_before=reward.approved_on)
    papers = require_papers(edition, "financing_reward.countersigned", sent, clause=CLAUSE)
    reward.countersigned_by, reward.countersigned_on = step.principal.account_id, day
    decision = combine(four_eyes, papers, decide_countersigned(edition, signed=True))
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
