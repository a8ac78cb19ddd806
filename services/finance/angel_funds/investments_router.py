"""/v1/angel-funds/…/investments: what funds put into enterprises, by due diligence and a vote (3.2-2)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from services.finance.angel_funds import investments, orders, queries
from services.finance.angel_funds.answers import AngelInvestmentDetail, AngelInvestmentOut, FundOrderDetail
from services.finance.angel_funds.cases import Step
from services.finance.angel_funds.models import AngelFund, AngelInvestment
from services.finance.angel_funds.orders_router import PREPARE, answer
from services.finance.angel_funds.router import Approver, Officer
from services.finance.angel_funds.schemas import (
    EligibilityIn,
    ExitIn,
    InvestmentApproval,
    InvestmentFilter,
    InvestmentIn,
    Refusal,
    TrancheIn,
    ValuationIn,
    VoteIn,
    WriteOffIn,
)
from shared.auth.principal import Principal, require
from shared.http.decisions import DecisionText, Explain
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page
from shared.http.problems import problem_responses
from shared.http.route import IdempotencyRequired, ServiceRoute, Session
from shared.runtime import RuntimeDep

Reader = Annotated[Principal, Depends(require(*queries.INVESTMENT_READERS))]

router = APIRouter(prefix="/v1/angel-funds", tags=["angel funds"], route_class=ServiceRoute)

STEP = problem_responses(403, 404, 409, 412)


@router.get("/investments")
async def list_investments(
    session: Session, caller: Reader, wanted: Annotated[InvestmentFilter, Query()]
) -> Page[AngelInvestmentOut]:
    """Investments over all funds; an enterprise's account its own."""
    return await queries.list_investments(session, wanted, caller)


@router.get("/investments/{investment_id}", responses=problem_responses(404))
async def read_investment(
    session: Session, caller: Reader, investment_id: UUID, response: Response
) -> AngelInvestmentDetail:
    """One investment with checklist, vote and the rules applied."""
    version, investment = await queries.read_investment(session, investment_id, caller)
    set_etag(response, version)
    return investment


@router.post("/{fund_id}/eligibility", responses=problem_responses(404, 409))
async def try_investment(
    session: Session,
    runtime: RuntimeDep,
    caller: Officer,
    fund_id: UUID,
    sent: EligibilityIn,
    explain: Explain,
) -> DecisionText:
    """Which rules an investment would meet today; changes nothing."""
    step = Step(fund_id, caller, runtime.editions)
    return explain(await investments.try_investment(session, sent, step=step))


@router.post("/{fund_id}/investments", status_code=201, dependencies=[IdempotencyRequired], responses=PREPARE)
async def propose_investment(
    session: Session,
    runtime: RuntimeDep,
    caller: Officer,
    fund_id: UUID,
    sent: InvestmentIn,
    response: Response,
    if_match: IfMatch = None,
) -> AngelInvestmentDetail:
    """Propose an investment to the committee."""
    step = Step(fund_id, caller, runtime.editions, if_match)
    done = await investments.propose_investment(session, sent, step=step)
    response.headers["Location"] = f"{router.prefix}/investments/{done[1].id}"
    return await _answer(session, done, response)


@router.post("/{fund_id}/investments/{investment_id}/vote", responses=STEP)
async def record_vote(
    session: Session,
    runtime: RuntimeDep,
    caller: Officer,
    fund_id: UUID,
    investment_id: UUID,
    sent: VoteIn,
    response: Response,
    if_match: IfMatch = None,
) -> AngelInvestmentDetail:
    """Enter the committee's vote by its minutes."""
    step = Step(fund_id, caller, runtime.editions, if_match)
    return await _answer(session, await investments.record_vote(session, investment_id, sent, step=step), response)


@router.post("/{fund_id}/investments/{investment_id}/approve", responses=STEP)
async def approve_investment(
    session: Session,
    runtime: RuntimeDep,
    caller: Approver,
    fund_id: UUID,
    investment_id: UUID,
    sent: InvestmentApproval,
    response: Response,
    if_match: IfMatch = None,
) -> AngelInvestmentDetail:
    """Another person approves it; tranches can be paid from then on."""
    step = Step(fund_id, caller, runtime.editions, if_match)
    return await _answer(
        session, await investments.approve_investment(session, investment_id, sent, step=step), response
    )


@router.post("/{fund_id}/investments/{investment_id}/refuse", responses=STEP)
async def refuse_investment(
    session: Session,
    runtime: RuntimeDep,
    caller: Approver,
    fund_id: UUID,
    investment_id: UUID,
    sent: Refusal,
    response: Response,
    if_match: IfMatch = None,
) -> AngelInvestmentDetail:
    """The proposal ends unpaid."""
    step = Step(fund_id, caller, runtime.editions, if_match)
    return await _answer(
        session, await investments.refuse_investment(session, investment_id, sent, step=step), response
    )


@router.post(
    "/{fund_id}/investments/{investment_id}/tranches",
    status_code=201,
    dependencies=[IdempotencyRequired],
    responses=PREPARE,
)
async def prepare_tranche(
    session: Session,
    runtime: RuntimeDep,
    caller: Officer,
    fund_id: UUID,
    investment_id: UUID,
    sent: TrancheIn,
    response: Response,
    if_match: IfMatch = None,
) -> FundOrderDetail:
    """Prepare a payment to the enterprise out of the fund's cash."""
    step = Step(fund_id, caller, runtime.editions, if_match)
    return await answer(session, await orders.prepare_tranche(session, investment_id, sent, step=step), response)


@router.post(
    "/{fund_id}/investments/{investment_id}/valuations",
    status_code=201,
    dependencies=[IdempotencyRequired],
    responses=PREPARE,
)
async def prepare_valuation(
    session: Session,
    runtime: RuntimeDep,
    caller: Officer,
    fund_id: UUID,
    investment_id: UUID,
    sent: ValuationIn,
    response: Response,
    if_match: IfMatch = None,
) -> FundOrderDetail:
    """Prepare a valuation note."""
    step = Step(fund_id, caller, runtime.editions, if_match)
    return await answer(session, await orders.prepare_on_investment(session, investment_id, sent, step=step), response)


@router.post(
    "/{fund_id}/investments/{investment_id}/exits",
    status_code=201,
    dependencies=[IdempotencyRequired],
    responses=PREPARE,
)
async def prepare_exit(
    session: Session,
    runtime: RuntimeDep,
    caller: Officer,
    fund_id: UUID,
    investment_id: UUID,
    sent: ExitIn,
    response: Response,
    if_match: IfMatch = None,
) -> FundOrderDetail:
    """Prepare a sale, whose proceeds go to the investors."""
    step = Step(fund_id, caller, runtime.editions, if_match)
    return await answer(session, await orders.prepare_on_investment(session, investment_id, sent, step=step), response)


@router.post(
    "/{fund_id}/investments/{investment_id}/write-offs",
    status_code=201,
    dependencies=[IdempotencyRequired],
    responses=PREPARE,
)
async def prepare_write_off(
    session: Session,
    runtime: RuntimeDep,
    caller: Officer,
    fund_id: UUID,
    investment_id: UUID,
    sent: WriteOffIn,
    response: Response,
    if_match: IfMatch = None,
) -> FundOrderDetail:
    """Prepare a write-off."""
    step = Step(fund_id, caller, runtime.editions, if_match)
    return await answer(session, await orders.prepare_on_investment(session, investment_id, sent, step=step), response)


async def _answer(
    session: Session, done: tuple[AngelFund, AngelInvestment], response: Response
) -> AngelInvestmentDetail:
    await session.flush()
    fund, investment = done
    set_etag(response, fund.version)
    return AngelInvestmentDetail.model_validate(investment)
