"""/v1/matching-funds: budgets of divisions for their centres, and what was paid out of them (5.1-2)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query, Response

from services.finance.grants.schemas import MoneyDecision
from services.finance.matching_funds import queries, spending, usecases
from services.finance.matching_funds.models import MatchingFund, MatchingFundLine
from services.finance.matching_funds.schemas import (
    BudgetAmount,
    BudgetIn,
    BudgetRefusal,
    FundDetail,
    FundFilter,
    FundLineFilter,
    FundOut,
    LineFilter,
    LineItem,
    LineOut,
    ReversalIn,
    SpendingDecision,
    SpendingIn,
    SpendingRefusal,
)
from services.finance.matching_funds.usecases import Step
from shared.auth import roles as r
from shared.auth.principal import Principal, require
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page
from shared.http.problems import problem_responses
from shared.http.route import IdempotencyRequired, ServiceRoute, Session
from shared.runtime import RuntimeDep

Officer = Annotated[Principal, Depends(require(r.DIVISION_OFFICER))]
Approver = Annotated[Principal, Depends(require(r.DIVISION_APPROVER))]
Either = Annotated[Principal, Depends(require(r.DIVISION_OFFICER, r.DIVISION_APPROVER))]
Reader = Annotated[Principal, Depends(require(*queries.READERS))]

router = APIRouter(prefix="/v1/matching-funds", tags=["matching funds"], route_class=ServiceRoute)

STEP = problem_responses(403, 404, 409, 412)
MONEY = problem_responses(400, 403, 404, 409, 412)


@router.post("", status_code=201, responses=problem_responses(403, 409))
async def record_budget(
    session: Session, runtime: RuntimeDep, caller: Officer, sent: BudgetIn, response: Response
) -> FundDetail:
    """Record the first amount of the division's year."""
    fund = await usecases.record_budget(session, sent, principal=caller, editions=runtime.editions)
    response.headers["Location"] = f"{router.prefix}/{fund.id}"
    return await _answer(session, fund, response)


@router.get("")
async def list_funds(session: Session, caller: Reader, wanted: Annotated[FundFilter, Query()]) -> Page[FundOut]:
    """Matching funds by division and year, the newest year first."""
    return await queries.list_funds(session, wanted, caller)


@router.get("/spending")
async def list_spending(session: Session, caller: Reader, wanted: Annotated[LineFilter, Query()]) -> Page[LineItem]:
    """Payments and reversals over divisions and years, in the order recorded."""
    return await queries.list_lines(session, wanted, caller)


@router.get("/{fund_id}", responses=problem_responses(404))
async def read_fund(session: Session, caller: Reader, fund_id: UUID, response: Response) -> FundDetail:
    """One year of a division with every amount recorded for it."""
    return await _answer(session, await queries.find(session, fund_id, caller), response)


@router.post("/{fund_id}/revise", responses=STEP)
async def revise_budget(
    session: Session,
    runtime: RuntimeDep,
    caller: Officer,
    fund_id: UUID,
    sent: BudgetAmount,
    response: Response,
    if_match: IfMatch = None,
) -> FundDetail:
    """Record another amount by another document."""
    step = Step(fund_id, caller, runtime.editions, if_match)
    return await _answer(session, await usecases.revise_budget(session, sent, step=step), response)


@router.post("/{fund_id}/approve", responses=STEP)
async def approve_budget(
    session: Session,
    runtime: RuntimeDep,
    caller: Approver,
    fund_id: UUID,
    response: Response,
    sent: Annotated[MoneyDecision, Body()] = MoneyDecision(),  # noqa: B008  # frozen
    if_match: IfMatch = None,
) -> FundDetail:
    """Approve the amount that somebody else recorded."""
    step = Step(fund_id, caller, runtime.editions, if_match)
    return await _answer(session, await usecases.approve_budget(session, sent, step=step), response)


@router.post("/{fund_id}/refuse", responses=STEP)
async def refuse_budget(
    session: Session,
    runtime: RuntimeDep,
    caller: Approver,
    fund_id: UUID,
    sent: BudgetRefusal,
    response: Response,
    if_match: IfMatch = None,
) -> FundDetail:
    """Refuse the amount that waits; what was approved before stays."""
    step = Step(fund_id, caller, runtime.editions, if_match)
    return await _answer(session, await usecases.refuse_budget(session, sent, step=step), response)


@router.get("/{fund_id}/spending", responses=problem_responses(404))
async def list_spending_of(
    session: Session, caller: Reader, fund_id: UUID, wanted: Annotated[FundLineFilter, Query()]
) -> Page[LineOut]:
    """The year's payments and reversals, in the order recorded."""
    await queries.find(session, fund_id, caller)
    return await queries.list_lines_of(session, fund_id, wanted)


@router.post("/{fund_id}/spending", status_code=201, dependencies=[IdempotencyRequired], responses=MONEY)
async def record_spending(
    session: Session,
    runtime: RuntimeDep,
    caller: Officer,
    fund_id: UUID,
    sent: SpendingIn,
    response: Response,
    if_match: IfMatch = None,
) -> LineOut:
    """Enter a payment to a centre or an enterprise of the division; it counts once somebody else has confirmed it."""
    step = Step(fund_id, caller, runtime.editions, if_match)
    return _line(await spending.record_spending(session, sent, step=step), response)


@router.post("/{fund_id}/spending/{line_id}/confirm", dependencies=[IdempotencyRequired], responses=MONEY)
async def confirm_spending(
    session: Session,
    runtime: RuntimeDep,
    caller: Approver,
    fund_id: UUID,
    line_id: UUID,
    response: Response,
    sent: Annotated[SpendingDecision, Body()] = SpendingDecision(),  # noqa: B008  # frozen
    if_match: IfMatch = None,
) -> LineOut:
    """A second person confirms a payment, or its reversal, which counts and is booked from then on."""
    step = Step(fund_id, caller, runtime.editions, if_match)
    return _line(await spending.confirm_spending(session, line_id, sent, step=step), response)


@router.post("/{fund_id}/spending/{line_id}/refuse", responses=STEP)
async def refuse_spending(
    session: Session,
    runtime: RuntimeDep,
    caller: Approver,
    fund_id: UUID,
    line_id: UUID,
    sent: SpendingRefusal,
    response: Response,
    if_match: IfMatch = None,
) -> LineOut:
    """A payment that does not count, what it held can be spent again; or a reversal, and the payment stands."""
    step = Step(fund_id, caller, runtime.editions, if_match)
    return _line(await spending.refuse_spending(session, line_id, sent, step=step), response)


@router.post("/{fund_id}/spending/{line_id}/reverse", dependencies=[IdempotencyRequired], responses=MONEY)
async def reverse_spending(
    session: Session,
    runtime: RuntimeDep,
    caller: Either,
    fund_id: UUID,
    line_id: UUID,
    sent: ReversalIn,
    response: Response,
    if_match: IfMatch = None,
) -> LineOut:
    """Enter that a payment is taken back; the answer is the line that does so once another person confirms it."""
    step = Step(fund_id, caller, runtime.editions, if_match)
    return _line(await spending.reverse_spending(session, line_id, sent, step=step), response)


def _line(done: tuple[int, MatchingFundLine], response: Response) -> LineOut:
    version, line = done
    set_etag(response, version)
    return LineOut.model_validate(line)


async def _answer(session: Session, fund: MatchingFund, response: Response) -> FundDetail:
    set_etag(response, fund.version)
    return await queries.detail(session, fund.id)
