"""/v1/loans/{loan_id}/…: what banks report of loans after the contract, and how they stand (3.2-3 to 3.2-5)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query, Response

from services.finance.servicing import changing, queries, usecases
from services.finance.servicing.access import READERS, Step, find_loan
from services.finance.servicing.schemas import (
    ArrearsFilter,
    LoanDrawdownIn,
    LoanDrawdownOut,
    LoanExtensionIn,
    LoanExtensionOut,
    LoanPaymentFilter,
    LoanPaymentIn,
    LoanPaymentOut,
    LoanPaymentReversalIn,
    LoanScheduleIn,
    LoanScheduleOut,
    LoanServicingOut,
    Nothing,
    OverdueLoanOut,
    ScheduleFilter,
    ServicingFilter,
)
from shared.auth import roles as r
from shared.auth.principal import Principal, require
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, PageParams
from shared.http.problems import problem_responses
from shared.http.route import IdempotencyRequired, ServiceRoute, Session
from shared.runtime import RuntimeDep

Bank = Annotated[Principal, Depends(require(r.BANK))]
Reader = Annotated[Principal, Depends(require(*READERS))]

router = APIRouter(prefix="/v1/loans", tags=["loans: servicing"], route_class=ServiceRoute)

STEP = problem_responses(403, 404, 409, 412)
MONEY = problem_responses(400, 403, 404, 409, 412)


@router.get("/arrears")
async def list_overdue(
    session: Session, runtime: RuntimeDep, caller: Reader, wanted: Annotated[ArrearsFilter, Query()]
) -> Page[OverdueLoanOut]:
    """Loans that are behind today, the longest first: a bank's own, the guarantor's, a department's."""
    edition = runtime.editions.closest_to(caller.today)
    assert edition is not None, "a service without an edition does not start"
    return await queries.list_overdue(session, wanted, caller, queries.bounds_of(edition))


@router.get("/{loan_id}/servicing", responses=problem_responses(404))
async def read_servicing(
    session: Session,
    runtime: RuntimeDep,
    caller: Reader,
    loan_id: UUID,
    wanted: Annotated[ServicingFilter, Query()],
    response: Response,
) -> LoanServicingOut:
    """Balances, the next instalment, and the class of arrears on a day."""
    loan = await find_loan(session, loan_id, caller)
    set_etag(response, loan.version)
    edition = runtime.editions.get(loan.edition)
    return await queries.servicing(session, loan, edition, wanted.on or caller.today)


@router.get("/{loan_id}/schedule", responses=problem_responses(404))
async def read_schedule(
    session: Session, caller: Reader, loan_id: UUID, wanted: Annotated[ScheduleFilter, Query()]
) -> LoanScheduleOut:
    """The schedule that holds, or an earlier revision of it."""
    await find_loan(session, loan_id, caller)
    return await queries.schedule_out(session, loan_id, wanted.revision)


@router.post("/{loan_id}/schedule", status_code=201, responses=STEP)
async def change_schedule(
    session: Session,
    runtime: RuntimeDep,
    caller: Bank,
    loan_id: UUID,
    sent: LoanScheduleIn,
    response: Response,
    if_match: IfMatch = None,
) -> LoanScheduleOut:
    """The bank's own instalments for what is left, or restructured terms."""
    step = Step(loan_id, caller, runtime.editions, if_match)
    schedule = await changing.change_schedule(session, sent, step=step)
    return await queries.schedule_out(session, loan_id, schedule.revision)


@router.get("/{loan_id}/drawdowns", responses=problem_responses(404))
async def list_drawdowns(
    session: Session, caller: Reader, loan_id: UUID, wanted: Annotated[PageParams, Query()]
) -> Page[LoanDrawdownOut]:
    """Tranches in the order reported."""
    await find_loan(session, loan_id, caller)
    return await queries.list_drawdowns(session, loan_id, wanted)


@router.post("/{loan_id}/drawdowns", status_code=201, dependencies=[IdempotencyRequired], responses=MONEY)
async def record_drawdown(
    session: Session,
    runtime: RuntimeDep,
    caller: Bank,
    loan_id: UUID,
    sent: LoanDrawdownIn,
    response: Response,
    if_match: IfMatch = None,
) -> LoanDrawdownOut:
    """The bank has paid out a tranche. The same report sent again answers with the line that counts."""
    step = Step(loan_id, caller, runtime.editions, if_match)
    version, line = await usecases.record_drawdown(session, sent, step=step)
    set_etag(response, version)
    return LoanDrawdownOut.model_validate(line)


@router.get("/{loan_id}/payments", responses=problem_responses(404))
async def list_payments(
    session: Session, caller: Reader, loan_id: UUID, wanted: Annotated[LoanPaymentFilter, Query()]
) -> Page[LoanPaymentOut]:
    """Payments, those taken back, and recovered money, in the order reported."""
    await find_loan(session, loan_id, caller)
    return await queries.list_payments(session, loan_id, wanted)


@router.post("/{loan_id}/payments", status_code=201, dependencies=[IdempotencyRequired], responses=MONEY)
async def record_payment(
    session: Session,
    runtime: RuntimeDep,
    caller: Bank,
    loan_id: UUID,
    sent: LoanPaymentIn,
    response: Response,
    if_match: IfMatch = None,
) -> LoanPaymentOut:
    """The borrower has paid. The same report sent again answers with the line that counts."""
    step = Step(loan_id, caller, runtime.editions, if_match)
    version, line = await usecases.record_payment(session, sent, step=step)
    set_etag(response, version)
    return LoanPaymentOut.model_validate(line)


@router.post(
    "/{loan_id}/payments/{payment_id}/reverse",
    status_code=201,
    dependencies=[IdempotencyRequired],
    responses=MONEY,
)
async def reverse_payment(
    session: Session,
    runtime: RuntimeDep,
    caller: Bank,
    loan_id: UUID,
    payment_id: UUID,
    sent: LoanPaymentReversalIn,
    response: Response,
    if_match: IfMatch = None,
) -> LoanPaymentOut:
    """A payment is taken back; the answer is the line that does."""
    step = Step(loan_id, caller, runtime.editions, if_match)
    version, line = await usecases.reverse_payment(session, payment_id, sent, step=step)
    set_etag(response, version)
    return LoanPaymentOut.model_validate(line)


@router.post("/{loan_id}/extensions", status_code=201, responses=STEP)
async def extend_loan(
    session: Session,
    runtime: RuntimeDep,
    caller: Bank,
    loan_id: UUID,
    sent: LoanExtensionIn,
    response: Response,
    if_match: IfMatch = None,
) -> LoanExtensionOut:
    """The bank gives more time (展期)."""
    step = Step(loan_id, caller, runtime.editions, if_match)
    version, line = await changing.extend(session, sent, step=step)
    set_etag(response, version)
    return LoanExtensionOut.model_validate(line)


@router.post("/{loan_id}/close", responses=STEP)
async def close_loan(
    session: Session,
    runtime: RuntimeDep,
    caller: Bank,
    loan_id: UUID,
    response: Response,
    _: Annotated[Nothing, Body()] = Nothing(),  # noqa: B008  # frozen
    if_match: IfMatch = None,
) -> LoanServicingOut:
    """Nothing is owed, and what was not drawn lapses."""
    step = Step(loan_id, caller, runtime.editions, if_match)
    loan = await usecases.close(session, step=step)
    set_etag(response, loan.version)
    return await queries.servicing(session, loan, runtime.editions.get(loan.edition), caller.today)
