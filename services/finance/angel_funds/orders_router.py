"""/v1/angel-funds/{id}/…: orders on a fund's capital, prepared by one person and carried out by another (3.2-2)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Response

from services.finance.angel_funds import carrying_out, committees, liquidation, orders, receipts
from services.finance.angel_funds.answers import FundOrderDetail
from services.finance.angel_funds.cases import Step
from services.finance.angel_funds.models import AngelFund, AngelFundOrder
from services.finance.angel_funds.router import Officer
from services.finance.angel_funds.schemas import (
    CallIn,
    ClosingIn,
    CommitteeIn,
    DefaultIn,
    FinalDistributionIn,
    MunicipalSaleIn,
    PaymentIn,
    Refusal,
    TreasuryPayment,
    TreasuryReceipt,
    WindingUpIn,
    WithdrawalIn,
)
from services.finance.grants.schemas import MoneyDecision
from shared.auth import roles as r
from shared.auth.principal import Principal, require
from shared.http.etag import IfMatch, set_etag
from shared.http.problems import problem_responses
from shared.http.route import IdempotencyRequired, ServiceRoute, Session
from shared.runtime import RuntimeDep

Confirmer = Annotated[Principal, Depends(require(r.FINANCE_APPROVER, r.TREASURY_APPROVER))]
Treasury = Annotated[Principal, Depends(require(r.TREASURY_OFFICER, r.TREASURY_APPROVER))]
Refuser = Annotated[Principal, Depends(require(r.FINANCE_APPROVER, r.TREASURY_OFFICER, r.TREASURY_APPROVER))]
WithPapers = Annotated[MoneyDecision, Body()]

router = APIRouter(prefix="/v1/angel-funds/{fund_id}", tags=["angel funds"], route_class=ServiceRoute)

PREPARE = problem_responses(400, 403, 404, 409, 412)
PAYMENT = problem_responses(400, 403, 404, 409, 412, 503)


@router.post("/closings", status_code=201, dependencies=[IdempotencyRequired], responses=PREPARE)
async def prepare_closing(
    session: Session,
    runtime: RuntimeDep,
    caller: Officer,
    fund_id: UUID,
    sent: ClosingIn,
    response: Response,
    if_match: IfMatch = None,
) -> FundOrderDetail:
    """Prepare a closing with the subscriptions that count from it on."""
    step = Step(fund_id, caller, runtime.editions, if_match)
    return await answer(session, await orders.prepare_closing(session, sent, step=step), response)


@router.post("/calls", status_code=201, dependencies=[IdempotencyRequired], responses=PREPARE)
async def prepare_call(
    session: Session,
    runtime: RuntimeDep,
    caller: Officer,
    fund_id: UUID,
    sent: CallIn,
    response: Response,
    if_match: IfMatch = None,
) -> FundOrderDetail:
    """Prepare a call of subscribed money."""
    step = Step(fund_id, caller, runtime.editions, if_match)
    return await answer(session, await orders.prepare_call(session, sent, step=step), response)


@router.post("/payments", status_code=201, dependencies=[IdempotencyRequired], responses=PREPARE)
async def prepare_payment(
    session: Session,
    runtime: RuntimeDep,
    caller: Officer,
    fund_id: UUID,
    sent: PaymentIn,
    response: Response,
    if_match: IfMatch = None,
) -> FundOrderDetail:
    """Prepare what an investor pays in; a municipal payment is approved and paid by two others."""
    step = Step(fund_id, caller, runtime.editions, if_match)
    return await answer(session, await orders.prepare_payment(session, sent, step=step), response)


@router.post("/defaults", status_code=201, dependencies=[IdempotencyRequired], responses=PREPARE)
async def prepare_default(
    session: Session,
    runtime: RuntimeDep,
    caller: Officer,
    fund_id: UUID,
    sent: DefaultIn,
    response: Response,
    if_match: IfMatch = None,
) -> FundOrderDetail:
    """Prepare to lower the subscription of an investor that will not pay."""
    step = Step(fund_id, caller, runtime.editions, if_match)
    return await answer(session, await orders.prepare_default(session, sent, step=step), response)


@router.post("/withdrawals", status_code=201, dependencies=[IdempotencyRequired], responses=PREPARE)
async def prepare_withdrawal(
    session: Session,
    runtime: RuntimeDep,
    caller: Officer,
    fund_id: UUID,
    sent: WithdrawalIn,
    response: Response,
    if_match: IfMatch = None,
) -> FundOrderDetail:
    """Prepare to give an investor back subscription and money."""
    step = Step(fund_id, caller, runtime.editions, if_match)
    return await answer(session, await orders.prepare_withdrawal(session, sent, step=step), response)


@router.post("/municipal-sales", status_code=201, dependencies=[IdempotencyRequired], responses=PREPARE)
async def prepare_municipal_sale(
    session: Session,
    runtime: RuntimeDep,
    caller: Officer,
    fund_id: UUID,
    sent: MunicipalSaleIn,
    response: Response,
    if_match: IfMatch = None,
) -> FundOrderDetail:
    """Prepare the sale of municipal share to another investor."""
    step = Step(fund_id, caller, runtime.editions, if_match)
    return await answer(session, await orders.prepare_municipal_sale(session, sent, step=step), response)


@router.post("/committee", status_code=201, dependencies=[IdempotencyRequired], responses=PREPARE)
async def prepare_committee(
    session: Session,
    runtime: RuntimeDep,
    caller: Officer,
    fund_id: UUID,
    sent: CommitteeIn,
    response: Response,
    if_match: IfMatch = None,
) -> FundOrderDetail:
    """Prepare a change of the investment committee."""
    step = Step(fund_id, caller, runtime.editions, if_match)
    return await answer(session, await committees.prepare_change(session, sent, step=step), response)


@router.post("/winding-up", status_code=201, dependencies=[IdempotencyRequired], responses=PREPARE)
async def prepare_winding_up(
    session: Session,
    runtime: RuntimeDep,
    caller: Officer,
    fund_id: UUID,
    sent: WindingUpIn,
    response: Response,
    if_match: IfMatch = None,
) -> FundOrderDetail:
    """Prepare to wind the fund up by the investors' resolution."""
    step = Step(fund_id, caller, runtime.editions, if_match)
    return await answer(session, await liquidation.prepare_winding_up(session, sent, step=step), response)


@router.post("/final-distribution", status_code=201, dependencies=[IdempotencyRequired], responses=PREPARE)
async def prepare_final_distribution(
    session: Session,
    runtime: RuntimeDep,
    caller: Officer,
    fund_id: UUID,
    sent: FinalDistributionIn,
    response: Response,
    if_match: IfMatch = None,
) -> FundOrderDetail:
    """Prepare the last distribution of a fund that is wound up."""
    step = Step(fund_id, caller, runtime.editions, if_match)
    return await answer(session, await liquidation.prepare_final_distribution(session, sent, step=step), response)


@router.post("/orders/{order_id}/confirm", dependencies=[IdempotencyRequired], responses=PREPARE)
async def confirm_order(
    session: Session,
    runtime: RuntimeDep,
    caller: Confirmer,
    fund_id: UUID,
    order_id: UUID,
    response: Response,
    sent: WithPapers = MoneyDecision(),  # noqa: B008  # frozen
    if_match: IfMatch = None,
) -> FundOrderDetail:
    """Another person carries the order out; a municipal payment is approved and waits for the treasury."""
    step = Step(fund_id, caller, runtime.editions, if_match)
    return await answer(session, await carrying_out.confirm_order(session, order_id, sent, step=step), response)


@router.post("/orders/{order_id}/refuse", responses=problem_responses(403, 404, 409, 412))
async def refuse_order(
    session: Session,
    runtime: RuntimeDep,
    caller: Refuser,
    fund_id: UUID,
    order_id: UUID,
    sent: Refusal,
    response: Response,
    if_match: IfMatch = None,
) -> FundOrderDetail:
    """The order ends; nothing moves."""
    step = Step(fund_id, caller, runtime.editions, if_match)
    return await answer(session, await carrying_out.refuse_order(session, order_id, sent, step=step), response)


@router.post("/orders/{order_id}/pay", dependencies=[IdempotencyRequired], responses=PAYMENT)
async def pay_order(
    session: Session,
    runtime: RuntimeDep,
    caller: Treasury,
    fund_id: UUID,
    order_id: UUID,
    sent: TreasuryPayment,
    response: Response,
    if_match: IfMatch = None,
) -> FundOrderDetail:
    """The treasury pays an approved municipal payment, after asking how the centre stands."""
    step = Step(fund_id, caller, runtime.editions, if_match)
    standing = await carrying_out.standing_of_fund(session, runtime.peers, order_id, step=step)
    paid = await carrying_out.pay_order(session, order_id, sent, standing, step=step)
    return await answer(session, paid, response)


@router.post("/orders/{order_id}/receive", dependencies=[IdempotencyRequired], responses=PREPARE)
async def receive_money(
    session: Session,
    runtime: RuntimeDep,
    caller: Treasury,
    fund_id: UUID,
    order_id: UUID,
    sent: TreasuryReceipt,
    response: Response,
    if_match: IfMatch = None,
) -> FundOrderDetail:
    """The treasury confirms that the municipal money which left the fund by this order arrived."""
    step = Step(fund_id, caller, runtime.editions, if_match)
    return await answer(session, await receipts.receive_money(session, order_id, sent, step=step), response)


async def answer(session: Session, done: tuple[AngelFund, AngelFundOrder], response: Response) -> FundOrderDetail:
    """The order, and the fund's version as its tag."""
    await session.flush()
    fund, order = done
    set_etag(response, fund.version)
    return FundOrderDetail.model_validate(order)
