"""/v1/loans/{id}/…: the department's, the guarantor's and the bank's steps up to the contract (3.2-3 to 3.2-5)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Response

from services.finance.grants.schemas import StepRequest
from services.finance.loans import checking, contracting, ending, queries
from services.finance.loans.answers import LoanDetail
from services.finance.loans.cases import Step
from services.finance.loans.router import STEP, answer
from services.finance.loans.schemas import (
    ApprovalIn,
    ContractIn,
    DepartmentApprovalIn,
    GuarantorAcceptanceIn,
    LoanRefusalIn,
    WindowIn,
)
from shared.auth import roles as r
from shared.auth.principal import Principal, require
from shared.http.etag import IfMatch
from shared.http.problems import problem_responses
from shared.http.route import IdempotencyRequired, ServiceRoute, Session
from shared.runtime import RuntimeDep

Officer = Annotated[Principal, Depends(require(r.HR_OFFICER, r.FINANCE_OFFICER))]
Approver = Annotated[Principal, Depends(require(r.HR_APPROVER, r.FINANCE_APPROVER))]
Guarantor = Annotated[Principal, Depends(require(r.GUARANTOR))]
BankStaff = Annotated[Principal, Depends(require(r.BANK))]
Refuser = Annotated[Principal, Depends(require(*queries.DEPARTMENT_ROLES, r.GUARANTOR, r.BANK))]

router = APIRouter(prefix="/v1/loans", tags=["loans"], route_class=ServiceRoute)

MONEY = problem_responses(400, 403, 404, 409, 412)


@router.post("/{loan_id}/choose-window", responses=STEP)
async def choose_window(
    session: Session,
    runtime: RuntimeDep,
    caller: Officer,
    loan_id: UUID,
    sent: WindowIn,
    response: Response,
    if_match: IfMatch = None,
) -> LoanDetail:
    """Record which reading of "hired in the year" counts, and why."""
    step = Step(loan_id, caller, runtime.editions, if_match)
    return await answer(session, await checking.choose_window(session, sent, step=step), caller, response)


@router.post("/{loan_id}/review", responses=STEP)
async def review_loan(
    session: Session,
    runtime: RuntimeDep,
    caller: Officer,
    loan_id: UUID,
    response: Response,
    sent: Annotated[StepRequest, Body()] = StepRequest(),  # noqa: B008  # frozen
    if_match: IfMatch = None,
) -> LoanDetail:
    """An officer of the department has examined it."""
    step = Step(loan_id, caller, runtime.editions, if_match)
    return await answer(session, await checking.review(session, sent, step=step), caller, response)


@router.post("/{loan_id}/approve", dependencies=[IdempotencyRequired], responses=MONEY)
async def approve_loan(
    session: Session,
    runtime: RuntimeDep,
    caller: Approver,
    loan_id: UUID,
    response: Response,
    sent: Annotated[DepartmentApprovalIn, Body()] = DepartmentApprovalIn(),  # noqa: B008  # frozen
    if_match: IfMatch = None,
) -> LoanDetail:
    """The department lets it pass; the amount counts against the borrower's cap."""
    step = Step(loan_id, caller, runtime.editions, if_match)
    return await answer(session, await checking.approve(session, sent, step=step), caller, response)


@router.post("/{loan_id}/guarantor-accept", dependencies=[IdempotencyRequired], responses=MONEY)
async def accept_by_guarantor(
    session: Session,
    runtime: RuntimeDep,
    caller: Guarantor,
    loan_id: UUID,
    response: Response,
    sent: Annotated[GuarantorAcceptanceIn, Body()] = GuarantorAcceptanceIn(),  # noqa: B008  # frozen
    if_match: IfMatch = None,
) -> LoanDetail:
    """The guarantee company accepts; the amount counts against the borrower's cap."""
    step = Step(loan_id, caller, runtime.editions, if_match)
    return await answer(session, await checking.accept_by_guarantor(session, sent, step=step), caller, response)


@router.post("/{loan_id}/bank-accept", dependencies=[IdempotencyRequired], responses=MONEY)
async def accept_by_bank(
    session: Session,
    runtime: RuntimeDep,
    caller: BankStaff,
    loan_id: UUID,
    response: Response,
    sent: Annotated[ApprovalIn, Body()] = ApprovalIn(),  # noqa: B008  # frozen
    if_match: IfMatch = None,
) -> LoanDetail:
    """The borrower's bank accepts the whole amount or less."""
    step = Step(loan_id, caller, runtime.editions, if_match)
    return await answer(session, await contracting.accept(session, sent, step=step), caller, response)


@router.post("/{loan_id}/contract", dependencies=[IdempotencyRequired], responses=MONEY)
async def sign_contract(
    session: Session,
    runtime: RuntimeDep,
    caller: BankStaff,
    loan_id: UUID,
    sent: ContractIn,
    response: Response,
    if_match: IfMatch = None,
) -> LoanDetail:
    """The bank reports the contract as signed."""
    step = Step(loan_id, caller, runtime.editions, if_match)
    return await answer(session, await contracting.sign(session, sent, step=step), caller, response)


@router.post("/{loan_id}/refuse", responses=STEP)
async def refuse_loan(
    session: Session,
    runtime: RuntimeDep,
    caller: Refuser,
    loan_id: UUID,
    sent: LoanRefusalIn,
    response: Response,
    if_match: IfMatch = None,
) -> LoanDetail:
    """Whoever it waits for refuses it: department or guarantor before the approval, the bank after it."""
    step = Step(loan_id, caller, runtime.editions, if_match)
    return await answer(session, await ending.refuse(session, sent, step=step), caller, response)
