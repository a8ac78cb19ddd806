"""/v1/grants/repayments: recovered money that goes back because the delisting was reversed (2.3-5)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query, Response

from services.finance.centres import READERS
from services.finance.grants.cases import Step
from services.finance.grants.schemas import MoneyDecision, StepRequest
from services.finance.repayments import queries, usecases
from services.finance.repayments.models import Repayment
from services.finance.repayments.schemas import (
    RepaymentDetail,
    RepaymentFilter,
    RepaymentOut,
    RepaymentPayment,
    Return,
)
from shared.auth import roles as r
from shared.auth.principal import Principal, require
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page
from shared.http.problems import problem_responses
from shared.http.route import IdempotencyRequired, ServiceRoute, Session
from shared.runtime import RuntimeDep

Preparer = Annotated[Principal, Depends(require(r.FINANCE_OFFICER, r.TREASURY_OFFICER))]
Approver = Annotated[Principal, Depends(require(r.FINANCE_APPROVER, r.TREASURY_APPROVER))]
Countersigner = Annotated[Principal, Depends(require(r.SCIENCE_APPROVER, r.INDUSTRY_APPROVER))]
Checker = Annotated[
    Principal,
    Depends(
        require(r.FINANCE_APPROVER, r.TREASURY_APPROVER, r.SCIENCE_APPROVER, r.INDUSTRY_APPROVER, r.TREASURY_OFFICER)
    ),
]
Treasury = Annotated[Principal, Depends(require(r.TREASURY_OFFICER, r.TREASURY_APPROVER))]
Reader = Annotated[Principal, Depends(require(*READERS))]
Plain = Annotated[StepRequest, Body()]
WithPapers = Annotated[MoneyDecision, Body()]

router = APIRouter(prefix="/v1/grants/repayments", tags=["repayments"], route_class=ServiceRoute)

STEP = problem_responses(403, 404, 409, 412)
PAYMENT = problem_responses(400, 403, 404, 409, 412, 503)


@router.get("")
async def list_repayments(
    session: Session, caller: Reader, wanted: Annotated[RepaymentFilter, Query()]
) -> Page[RepaymentOut]:
    """Repayments of the centres the caller may see, newest first; an operator's own, whoever runs the centre now."""
    return await queries.list_repayments(session, wanted, principal=caller)


@router.get("/{repayment_id}", responses=problem_responses(404))
async def read_repayment(session: Session, caller: Reader, repayment_id: UUID, response: Response) -> RepaymentDetail:
    """One repayment with the rules applied at each step."""
    return await _answer(session, await queries.find(session, repayment_id, principal=caller), response)


@router.post("/{repayment_id}/prepare", responses=STEP)
async def prepare_repayment(
    session: Session,
    runtime: RuntimeDep,
    caller: Preparer,
    repayment_id: UUID,
    response: Response,
    sent: Plain = StepRequest(),  # noqa: B008  # frozen
    if_match: IfMatch = None,
) -> RepaymentDetail:
    """An officer has compared amount and payee with the recovery and proposes the payment."""
    step = await _step(session, runtime, caller, repayment_id, if_match)
    return await _answer(session, await usecases.prepare(session, repayment_id, sent, step=step), response)


@router.post("/{repayment_id}/approve", responses=STEP)
async def approve_repayment(
    session: Session,
    runtime: RuntimeDep,
    caller: Approver,
    repayment_id: UUID,
    response: Response,
    sent: WithPapers = MoneyDecision(),  # noqa: B008  # frozen
    if_match: IfMatch = None,
) -> RepaymentDetail:
    """Another person approves it."""
    step = await _step(session, runtime, caller, repayment_id, if_match)
    return await _answer(session, await usecases.approve(session, repayment_id, sent, step=step), response)


@router.post("/{repayment_id}/countersign", responses=STEP)
async def countersign_repayment(
    session: Session,
    runtime: RuntimeDep,
    caller: Countersigner,
    repayment_id: UUID,
    response: Response,
    sent: WithPapers = MoneyDecision(),  # noqa: B008  # frozen
    if_match: IfMatch = None,
) -> RepaymentDetail:
    """One of the bureaus that answer for grants countersigns (会签)."""
    step = await _step(session, runtime, caller, repayment_id, if_match)
    return await _answer(session, await usecases.countersign(session, repayment_id, sent, step=step), response)


@router.post("/{repayment_id}/return", responses=STEP)
async def return_repayment(
    session: Session,
    runtime: RuntimeDep,
    caller: Checker,
    repayment_id: UUID,
    sent: Return,
    response: Response,
    if_match: IfMatch = None,
) -> RepaymentDetail:
    """It is sent back to be prepared again."""
    step = await _step(session, runtime, caller, repayment_id, if_match)
    return await _answer(session, await usecases.send_back(session, repayment_id, sent, step=step), response)


@router.post("/{repayment_id}/pay", dependencies=[IdempotencyRequired], responses=PAYMENT)
async def pay_repayment(
    session: Session,
    runtime: RuntimeDep,
    caller: Treasury,
    repayment_id: UUID,
    sent: RepaymentPayment,
    response: Response,
    if_match: IfMatch = None,
) -> RepaymentDetail:
    """The treasury pays, after asking evaluation and the registry whether the reversal still holds."""
    step = await _step(session, runtime, caller, repayment_id, if_match)
    standing = await usecases.standing_of_payee(session, runtime.peers, repayment_id, step=step)
    repayment = await usecases.pay(session, repayment_id, sent, standing, step=step)
    return await _answer(session, repayment, response)


async def _step(
    session: Session, runtime: RuntimeDep, caller: Principal, repayment_id: UUID, if_match: str | None
) -> Step:
    found = await queries.find(session, repayment_id, principal=caller)
    return Step(found.grant_id, caller, runtime.editions, if_match)


async def _answer(session: Session, repayment: Repayment, response: Response) -> RepaymentDetail:
    answer = await queries.detail(session, repayment)
    set_etag(response, answer.version)
    return answer
