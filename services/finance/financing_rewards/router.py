"""/v1/financing-rewards: rewards of enterprises that an investment company has put money into (3.3-2)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query, Response

from services.finance.financing_rewards import applying, queries, rechecks, usecases
from services.finance.financing_rewards.cases import READERS, Step
from services.finance.financing_rewards.models import FinancingReward
from services.finance.financing_rewards.schemas import (
    InvestmentFacts,
    MoneyIn,
    Recheck,
    RewardApplication,
    RewardApproval,
    RewardDetail,
    RewardFilter,
    RewardOut,
    RewardPayment,
    RewardRefusal,
    RewardReview,
)
from services.finance.grants.schemas import MoneyDecision, StepRequest
from shared.auth import roles as r
from shared.auth.principal import Principal, require
from shared.http.decisions import DecisionText, Explain
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page
from shared.http.problems import problem_responses
from shared.http.route import IdempotencyRequired, ServiceRoute, Session
from shared.runtime import RuntimeDep

APPROVERS = tuple(sorted(role for role in r.BUREAU_ROLES - {r.DIVISION_APPROVER} if role.endswith("_approver")))

Applicant = Annotated[Principal, Depends(require(r.ENTERPRISE, r.CENTRE_OPERATOR))]
Officer = Annotated[Principal, Depends(require(r.FINANCE_OFFICER))]
Approver = Annotated[Principal, Depends(require(r.FINANCE_APPROVER))]
Countersigner = Annotated[Principal, Depends(require(*APPROVERS))]
Treasury = Annotated[Principal, Depends(require(r.TREASURY_OFFICER, r.TREASURY_APPROVER))]
Reader = Annotated[Principal, Depends(require(*READERS))]
Plain = Annotated[StepRequest, Body()]
WithPapers = Annotated[MoneyDecision, Body()]

router = APIRouter(prefix="/v1/financing-rewards", tags=["financing rewards"], route_class=ServiceRoute)

STEP = problem_responses(403, 404, 409, 412)
MONEY = problem_responses(400, 403, 404, 409, 412)
PAYMENT = problem_responses(400, 403, 404, 409, 412, 503)


@router.post("/eligibility", responses=problem_responses(404, 409))
async def try_reward(
    session: Session, runtime: RuntimeDep, caller: Applicant, sent: InvestmentFacts, explain: Explain
) -> DecisionText:
    """Which rules an application would meet today; changes nothing."""
    return explain(await applying.try_reward(session, sent, principal=caller, editions=runtime.editions))


@router.post("", status_code=201, dependencies=[IdempotencyRequired], responses=MONEY)
async def apply_for_reward(
    session: Session, runtime: RuntimeDep, caller: Applicant, sent: RewardApplication, response: Response
) -> RewardDetail:
    """Apply for the reward of one investment."""
    reward = await applying.apply_for_reward(session, sent, principal=caller, editions=runtime.editions)
    response.headers["Location"] = f"{router.prefix}/{reward.id}"
    return await _answer(session, reward, response)


@router.get("")
async def list_rewards(session: Session, caller: Reader, wanted: Annotated[RewardFilter, Query()]) -> Page[RewardOut]:
    """Rewards that the caller sees, the newest first."""
    return await queries.list_rewards(session, wanted, caller)


@router.get("/{reward_id}", responses=problem_responses(404))
async def read_reward(session: Session, caller: Reader, reward_id: UUID, response: Response) -> RewardDetail:
    """One reward with papers and the rules applied at each step."""
    found = await queries.find(session, reward_id, caller)
    set_etag(response, found.version)
    return found


@router.post("/{reward_id}/review", responses=STEP)
async def review_reward(
    session: Session,
    runtime: RuntimeDep,
    caller: Officer,
    reward_id: UUID,
    sent: RewardReview,
    response: Response,
    if_match: IfMatch = None,
) -> RewardDetail:
    """An officer compares the papers and the parties."""
    step = Step(reward_id, caller, runtime.editions, if_match)
    return await _answer(session, await usecases.review_reward(session, sent, step=step), response)


@router.post("/{reward_id}/approve", dependencies=[IdempotencyRequired], responses=MONEY)
async def approve_reward(
    session: Session,
    runtime: RuntimeDep,
    caller: Approver,
    reward_id: UUID,
    sent: RewardApproval,
    response: Response,
    if_match: IfMatch = None,
) -> RewardDetail:
    """Approve an amount, which is held of the cap and of the budget."""
    step = Step(reward_id, caller, runtime.editions, if_match)
    return await _answer(session, await usecases.approve_reward(session, sent, step=step), response)


@router.post("/{reward_id}/second-approve", responses=STEP)
async def second_approve_reward(
    session: Session,
    runtime: RuntimeDep,
    caller: Approver,
    reward_id: UUID,
    response: Response,
    sent: WithPapers = MoneyDecision(),  # noqa: B008  # frozen
    if_match: IfMatch = None,
) -> RewardDetail:
    """A second person approves an exception."""
    step = Step(reward_id, caller, runtime.editions, if_match)
    return await _answer(session, await usecases.second_approve_reward(session, sent, step=step), response)


@router.post("/{reward_id}/countersign", responses=STEP)
async def countersign_reward(
    session: Session,
    runtime: RuntimeDep,
    caller: Countersigner,
    reward_id: UUID,
    response: Response,
    sent: WithPapers = MoneyDecision(),  # noqa: B008  # frozen
    if_match: IfMatch = None,
) -> RewardDetail:
    """Another bureau countersigns (会签), where the edition says so."""
    step = Step(reward_id, caller, runtime.editions, if_match)
    return await _answer(session, await usecases.countersign_reward(session, sent, step=step), response)


@router.post("/{reward_id}/refuse", responses=STEP)
async def refuse_reward(
    session: Session,
    runtime: RuntimeDep,
    caller: Approver,
    reward_id: UUID,
    sent: RewardRefusal,
    response: Response,
    if_match: IfMatch = None,
) -> RewardDetail:
    """It ends unpaid."""
    step = Step(reward_id, caller, runtime.editions, if_match)
    return await _answer(session, await usecases.refuse_reward(session, sent, step=step), response)


@router.post("/{reward_id}/pay", dependencies=[IdempotencyRequired], responses=PAYMENT)
async def pay_reward(
    session: Session,
    runtime: RuntimeDep,
    caller: Treasury,
    reward_id: UUID,
    sent: RewardPayment,
    response: Response,
    if_match: IfMatch = None,
) -> RewardDetail:
    """The treasury pays, after asking how the centre stands."""
    step = Step(reward_id, caller, runtime.editions, if_match)
    standing = await usecases.standing_of_reward(session, runtime.peers, step=step)
    return await _answer(session, await usecases.pay_reward(session, sent, standing, step=step), response)


@router.post("/{reward_id}/recheck", responses=STEP)
async def record_recheck(
    session: Session,
    runtime: RuntimeDep,
    caller: Officer,
    reward_id: UUID,
    sent: Recheck,
    response: Response,
    if_match: IfMatch = None,
) -> RewardDetail:
    """Look for the capital again; that it went back is recorded on any day, for a closed case too."""
    step = Step(reward_id, caller, runtime.editions, if_match)
    return await _answer(session, await rechecks.record_recheck(session, sent, step=step), response)


@router.post("/{reward_id}/confirm-recheck", dependencies=[IdempotencyRequired], responses=MONEY)
async def confirm_recheck(
    session: Session,
    runtime: RuntimeDep,
    caller: Approver,
    reward_id: UUID,
    response: Response,
    sent: Plain = StepRequest(),  # noqa: B008  # frozen
    if_match: IfMatch = None,
) -> RewardDetail:
    """Another person agrees: closed, or to be recovered."""
    step = Step(reward_id, caller, runtime.editions, if_match)
    return await _answer(session, await rechecks.confirm_recheck(session, sent, step=step), response)


@router.post("/{reward_id}/reject-recheck", responses=STEP)
async def reject_recheck(
    session: Session,
    runtime: RuntimeDep,
    caller: Approver,
    reward_id: UUID,
    response: Response,
    sent: Plain = StepRequest(),  # noqa: B008  # frozen
    if_match: IfMatch = None,
) -> RewardDetail:
    """Another person does not agree: it is looked at again, or stays closed."""
    step = Step(reward_id, caller, runtime.editions, if_match)
    return await _answer(session, await rechecks.reject_recheck(session, sent, step=step), response)


@router.post("/{reward_id}/recover", dependencies=[IdempotencyRequired], responses=MONEY)
async def recover_reward(
    session: Session,
    runtime: RuntimeDep,
    caller: Treasury,
    reward_id: UUID,
    sent: MoneyIn,
    response: Response,
    if_match: IfMatch = None,
) -> RewardDetail:
    """Record money that came back."""
    step = Step(reward_id, caller, runtime.editions, if_match)
    return await _answer(session, await rechecks.recover_reward(session, sent, step=step), response)


async def _answer(session: Session, reward: FinancingReward, response: Response) -> RewardDetail:
    await session.flush()
    set_etag(response, reward.version)
    return RewardDetail.model_validate(reward)
