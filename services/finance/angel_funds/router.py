"""/v1/angel-funds: centres' funds, their investors and their statement (3.2-2)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query, Response

from services.finance.angel_funds import queries, usecases
from services.finance.angel_funds.answers import (
    AngelFundDetail,
    AngelFundOut,
    BreachOut,
    FundOrderDetail,
    FundOrderOut,
    FundStatementOut,
    LiquidationOut,
)
from services.finance.angel_funds.cases import Step
from services.finance.angel_funds.endings import liquidation
from services.finance.angel_funds.models import AngelFund
from services.finance.angel_funds.schemas import AngelFundFilter, AngelFundIn, FundOrderFilter, Refusal
from services.finance.grants.schemas import MoneyDecision
from shared.auth import roles as r
from shared.auth.principal import Principal, require
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute, Session
from shared.runtime import RuntimeDep

Officer = Annotated[Principal, Depends(require(r.FINANCE_OFFICER))]
Approver = Annotated[Principal, Depends(require(r.FINANCE_APPROVER))]
Reader = Annotated[Principal, Depends(require(*queries.READERS))]
WithPapers = Annotated[MoneyDecision, Body()]

router = APIRouter(prefix="/v1/angel-funds", tags=["angel funds"], route_class=ServiceRoute)

STEP = problem_responses(403, 404, 409, 412)


@router.post("", status_code=201, responses=problem_responses(403, 404, 409))
async def register_fund(
    session: Session, runtime: RuntimeDep, caller: Officer, sent: AngelFundIn, response: Response
) -> AngelFundDetail:
    """Register a centre's fund with its committee."""
    fund = await usecases.register_fund(session, sent, principal=caller, editions=runtime.editions)
    response.headers["Location"] = f"{router.prefix}/{fund.id}"
    return await _answer(session, runtime, fund, response)


@router.get("")
async def list_funds(
    session: Session, caller: Reader, wanted: Annotated[AngelFundFilter, Query()]
) -> Page[AngelFundOut]:
    """Funds of the centres that the caller sees, the newest first."""
    return await queries.list_funds(session, wanted, caller)


@router.get("/{fund_id}", responses=problem_responses(404))
async def read_fund(
    session: Session, runtime: RuntimeDep, caller: Reader, fund_id: UUID, response: Response
) -> AngelFundDetail:
    """One fund with investors, committee and what the municipal fund may still add."""
    return await _answer(session, runtime, await queries.find(session, fund_id, caller), response)


@router.post("/{fund_id}/approve", responses=STEP)
async def approve_fund(
    session: Session,
    runtime: RuntimeDep,
    caller: Approver,
    fund_id: UUID,
    response: Response,
    sent: WithPapers = MoneyDecision(),  # noqa: B008  # frozen
    if_match: IfMatch = None,
) -> AngelFundDetail:
    """Another person approves the fund; it can take subscriptions from then on."""
    step = Step(fund_id, caller, runtime.editions, if_match)
    return await _answer(session, runtime, await usecases.approve_fund(session, sent, step=step), response)


@router.post("/{fund_id}/refuse", responses=STEP)
async def refuse_fund(
    session: Session,
    runtime: RuntimeDep,
    caller: Approver,
    fund_id: UUID,
    sent: Refusal,
    response: Response,
    if_match: IfMatch = None,
) -> AngelFundDetail:
    """The fund is not set up."""
    step = Step(fund_id, caller, runtime.editions, if_match)
    return await _answer(session, runtime, await usecases.refuse_fund(session, sent, step=step), response)


@router.get("/{fund_id}/statement", responses=problem_responses(404))
async def read_statement(session: Session, caller: Reader, fund_id: UUID, response: Response) -> FundStatementOut:
    """The fund's statement beside the journal's balances."""
    fund = await queries.find(session, fund_id, caller)
    set_etag(response, fund.version)
    return await queries.statement(session, fund, caller.today)


@router.get("/{fund_id}/liquidation", responses=problem_responses(404))
async def read_liquidation(session: Session, caller: Reader, fund_id: UUID, response: Response) -> LiquidationOut:
    """How the fund ends: what each investor was given, or would be now, and what it lacks."""
    fund = await queries.find(session, fund_id, caller)
    set_etag(response, fund.version)
    return await liquidation(session, fund)


@router.get("/{fund_id}/breaches", responses=problem_responses(404))
async def list_breaches(session: Session, caller: Reader, fund_id: UUID) -> list[BreachOut]:
    """When and why the municipal share was above its limit."""
    return await queries.list_breaches(session, (await queries.find(session, fund_id, caller)).id)


@router.get("/{fund_id}/orders", responses=problem_responses(404))
async def list_orders(
    session: Session, caller: Reader, fund_id: UUID, wanted: Annotated[FundOrderFilter, Query()]
) -> Page[FundOrderOut]:
    """Every movement of the fund's capital and money that was ever prepared."""
    return await queries.list_orders(session, (await queries.find(session, fund_id, caller)).id, wanted)


@router.get("/{fund_id}/orders/{order_id}", responses=problem_responses(404))
async def read_order(
    session: Session, caller: Reader, fund_id: UUID, order_id: UUID, response: Response
) -> FundOrderDetail:
    """One order with its particulars and the rules applied."""
    fund = await queries.find(session, fund_id, caller)
    set_etag(response, fund.version)
    return await queries.read_order(session, fund.id, order_id)


async def _answer(session: Session, runtime: RuntimeDep, fund: AngelFund, response: Response) -> AngelFundDetail:
    set_etag(response, fund.version)
    return await queries.detail(session, fund, runtime.editions.get(fund.edition))
