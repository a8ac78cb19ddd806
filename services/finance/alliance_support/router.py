"""/v1/alliance-support: money for alliances by the activities that they held (4.6-3, 4.7-3)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query, Response

from services.finance.alliance_support import queries, reports, usecases
from services.finance.alliance_support.cases import Step
from services.finance.alliance_support.models import AllianceSupport
from services.finance.alliance_support.schemas import (
    RefundConfirmation,
    SupportApplication,
    SupportApproval,
    SupportDetail,
    SupportFacts,
    SupportFilter,
    SupportOut,
    SupportPayment,
    SupportRefusal,
    UseReportIn,
)
from services.finance.grants.schemas import StepRequest
from shared.auth import roles as r
from shared.auth.principal import Principal, require
from shared.http.decisions import DecisionText, Explain
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page
from shared.http.problems import problem_responses
from shared.http.route import IdempotencyRequired, ServiceRoute, Session
from shared.runtime import RuntimeDep

Officer = Annotated[Principal, Depends(require(r.INDUSTRY_OFFICER, r.EDUCATION_OFFICER))]
Approver = Annotated[Principal, Depends(require(r.INDUSTRY_APPROVER, r.EDUCATION_APPROVER))]
Treasury = Annotated[Principal, Depends(require(r.TREASURY_OFFICER, r.TREASURY_APPROVER))]
Reader = Annotated[Principal, Depends(require(*queries.READERS))]
Plain = Annotated[StepRequest, Body()]

router = APIRouter(prefix="/v1/alliance-support", tags=["alliance support"], route_class=ServiceRoute)

STEP = problem_responses(403, 404, 409, 412)
MONEY = problem_responses(400, 403, 404, 409, 412)


@router.post("/eligibility", responses=problem_responses(403, 409))
async def try_support(
    session: Session, runtime: RuntimeDep, caller: Officer, sent: SupportFacts, explain: Explain
) -> DecisionText:
    """Which rules an application would meet today; changes nothing."""
    return explain(await usecases.try_support(session, sent, principal=caller, editions=runtime.editions))


@router.post("", status_code=201, dependencies=[IdempotencyRequired], responses=MONEY)
async def apply_for_support(
    session: Session, runtime: RuntimeDep, caller: Officer, sent: SupportApplication, response: Response
) -> SupportDetail:
    """Apply for an alliance, citing its activities."""
    support = await usecases.apply_for_support(session, sent, principal=caller, editions=runtime.editions)
    response.headers["Location"] = f"{router.prefix}/{support.id}"
    return await _answer(session, support, response)


@router.get("")
async def list_support(session: Session, _: Reader, wanted: Annotated[SupportFilter, Query()]) -> Page[SupportOut]:
    """Support for alliances, the newest first."""
    return await queries.list_support(session, wanted)


@router.get("/{support_id}", responses=problem_responses(404))
async def read_support(session: Session, _: Reader, support_id: UUID, response: Response) -> SupportDetail:
    """One support with its activities and the rules applied at each step."""
    return await _answer(session, await queries.find(session, support_id), response)


@router.post("/{support_id}/review", responses=STEP)
async def review_support(
    session: Session,
    runtime: RuntimeDep,
    caller: Officer,
    support_id: UUID,
    response: Response,
    sent: Plain = StepRequest(),  # noqa: B008  # frozen
    if_match: IfMatch = None,
) -> SupportDetail:
    """Another officer of the bureau compares it with the sheet."""
    step = Step(support_id, caller, runtime.editions, if_match)
    return await _answer(session, await usecases.review_support(session, sent, step=step), response)


@router.post("/{support_id}/approve", dependencies=[IdempotencyRequired], responses=MONEY)
async def approve_support(
    session: Session,
    runtime: RuntimeDep,
    caller: Approver,
    support_id: UUID,
    sent: SupportApproval,
    response: Response,
    if_match: IfMatch = None,
) -> SupportDetail:
    """Approve an amount, which is held of the year's cap and of the budget."""
    step = Step(support_id, caller, runtime.editions, if_match)
    return await _answer(session, await usecases.approve_support(session, sent, step=step), response)


@router.post("/{support_id}/refuse", responses=STEP)
async def refuse_support(
    session: Session,
    runtime: RuntimeDep,
    caller: Approver,
    support_id: UUID,
    sent: SupportRefusal,
    response: Response,
    if_match: IfMatch = None,
) -> SupportDetail:
    """It ends unpaid."""
    step = Step(support_id, caller, runtime.editions, if_match)
    return await _answer(session, await usecases.refuse_support(session, sent, step=step), response)


@router.post("/{support_id}/pay", dependencies=[IdempotencyRequired], responses=MONEY)
async def pay_support(
    session: Session,
    runtime: RuntimeDep,
    caller: Treasury,
    support_id: UUID,
    sent: SupportPayment,
    response: Response,
    if_match: IfMatch = None,
) -> SupportDetail:
    """The treasury pays."""
    step = Step(support_id, caller, runtime.editions, if_match)
    return await _answer(session, await usecases.pay_support(session, sent, step=step), response)


@router.post("/{support_id}/report", dependencies=[IdempotencyRequired], responses=MONEY)
async def report_use(
    session: Session,
    runtime: RuntimeDep,
    caller: Officer,
    support_id: UUID,
    sent: UseReportIn,
    response: Response,
    if_match: IfMatch = None,
) -> SupportDetail:
    """Enter what the money was used for."""
    step = Step(support_id, caller, runtime.editions, if_match)
    return await _answer(session, await reports.report_use(session, sent, step=step), response)


@router.post("/{support_id}/return-report", responses=STEP)
async def return_report(
    session: Session,
    runtime: RuntimeDep,
    caller: Approver,
    support_id: UUID,
    response: Response,
    sent: Plain = StepRequest(),  # noqa: B008  # frozen
    if_match: IfMatch = None,
) -> SupportDetail:
    """The report is to be made again."""
    step = Step(support_id, caller, runtime.editions, if_match)
    return await _answer(session, await reports.return_report(session, sent, step=step), response)


@router.post("/{support_id}/confirm-refund", dependencies=[IdempotencyRequired], responses=MONEY)
async def confirm_refund(
    session: Session,
    runtime: RuntimeDep,
    caller: Treasury,
    support_id: UUID,
    sent: RefundConfirmation,
    response: Response,
    if_match: IfMatch = None,
) -> SupportDetail:
    """The treasury confirms that what was not used came in."""
    step = Step(support_id, caller, runtime.editions, if_match)
    return await _answer(session, await reports.confirm_refund(session, sent, step=step), response)


@router.post("/{support_id}/accept-report", dependencies=[IdempotencyRequired], responses=MONEY)
async def accept_report(
    session: Session,
    runtime: RuntimeDep,
    caller: Approver,
    support_id: UUID,
    response: Response,
    sent: Plain = StepRequest(),  # noqa: B008  # frozen
    if_match: IfMatch = None,
) -> SupportDetail:
    """Another person accepts the report; what was not used was refunded before."""
    step = Step(support_id, caller, runtime.editions, if_match)
    return await _answer(session, await reports.accept_report(session, sent, step=step), response)


async def _answer(session: Session, support: AllianceSupport, response: Response) -> SupportDetail:
    shown = await queries.detail(session, support)
    set_etag(response, shown.version)
    return shown
