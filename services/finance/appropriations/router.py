"""/v1/appropriations: the city's budget lines by programme and year, and what is committed and paid of them (3.1-4)."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query, Response

from services.finance.appropriations import closing, queries, transfers, usecases
from services.finance.appropriations.models import Appropriation, AppropriationTransfer
from services.finance.appropriations.schemas import (
    AppropriationAmount,
    AppropriationClosingIn,
    AppropriationDetail,
    AppropriationFilter,
    AppropriationIn,
    AppropriationOut,
    AppropriationRefusal,
    AppropriationTransferFilter,
    AppropriationTransferIn,
    AppropriationTransferOut,
    BudgetCommitmentFilter,
    BudgetCommitmentOut,
)
from services.finance.appropriations.usecases import Step
from services.finance.grants.schemas import StepRequest
from shared.auth import roles as r
from shared.auth.principal import Principal, require
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page
from shared.http.problems import problem_responses
from shared.http.route import IdempotencyRequired, ServiceRoute, Session
from shared.runtime import RuntimeDep

READERS: Final = (
    r.TREASURY_OFFICER,
    r.TREASURY_APPROVER,
    r.FINANCE_OFFICER,
    r.FINANCE_APPROVER,
    r.SCIENCE_OFFICER,
    r.SCIENCE_APPROVER,
    r.INDUSTRY_OFFICER,
    r.INDUSTRY_APPROVER,
    r.HR_OFFICER,
    r.HR_APPROVER,
    r.EDUCATION_OFFICER,
    r.EDUCATION_APPROVER,
    r.AUDITOR,
)
Officer = Annotated[Principal, Depends(require(r.TREASURY_OFFICER))]
Approver = Annotated[Principal, Depends(require(r.TREASURY_APPROVER))]
Reader = Annotated[Principal, Depends(require(*READERS))]
Decided = Annotated[StepRequest, Body()]

router = APIRouter(prefix="/v1/appropriations", tags=["appropriations"], route_class=ServiceRoute)

NEW = problem_responses(400, 403, 409)
STEP = problem_responses(400, 403, 404, 409, 412)
MONEY: Final = [IdempotencyRequired]


@router.post("", status_code=201, dependencies=MONEY, responses=NEW)
async def record_line(
    session: Session, runtime: RuntimeDep, caller: Officer, sent: AppropriationIn, response: Response
) -> AppropriationDetail:
    """Enter the first amount of a programme's year."""
    line = await usecases.record_line(session, sent, principal=caller, editions=runtime.editions)
    response.headers["Location"] = f"{router.prefix}/{line.id}"
    return await _answer(session, line, response)


@router.get("")
async def list_lines(
    session: Session, _: Reader, wanted: Annotated[AppropriationFilter, Query()]
) -> Page[AppropriationOut]:
    """Budget lines with what is committed, paid and free, the newest year first."""
    return await queries.list_lines(session, wanted)


@router.post("/transfers", status_code=201, dependencies=MONEY, responses=NEW)
async def propose_transfer(
    session: Session, runtime: RuntimeDep, caller: Officer, sent: AppropriationTransferIn, response: Response
) -> AppropriationTransferOut:
    """Propose that money goes from one programme of a year to another."""
    transfer = await transfers.propose_transfer(session, sent, principal=caller, editions=runtime.editions)
    response.headers["Location"] = f"{router.prefix}/transfers/{transfer.id}"
    return await _transferred(session, transfer, response)


@router.get("/transfers")
async def list_transfers(
    session: Session, _: Reader, wanted: Annotated[AppropriationTransferFilter, Query()]
) -> Page[AppropriationTransferOut]:
    """Transfers, the newest first."""
    return await queries.list_transfers(session, wanted)


@router.get("/transfers/{transfer_id}", responses=problem_responses(404))
async def read_transfer(session: Session, _: Reader, transfer_id: UUID, response: Response) -> AppropriationTransferOut:
    """One transfer."""
    return await _transferred(session, await queries.find_transfer(session, transfer_id), response)


@router.post("/transfers/{transfer_id}/approve", dependencies=MONEY, responses=STEP)
async def approve_transfer(
    session: Session,
    runtime: RuntimeDep,
    caller: Approver,
    transfer_id: UUID,
    response: Response,
    sent: Decided = StepRequest(),  # noqa: B008  # frozen
    if_match: IfMatch = None,
) -> AppropriationTransferOut:
    """Approve what somebody else proposed: both lines move at once."""
    step = Step(transfer_id, caller, runtime.editions, if_match)
    transfer = await transfers.approve_transfer(session, sent.decided_on, step=step)
    return await _transferred(session, transfer, response)


@router.post("/transfers/{transfer_id}/refuse", dependencies=MONEY, responses=STEP)
async def refuse_transfer(
    session: Session,
    runtime: RuntimeDep,
    caller: Approver,
    transfer_id: UUID,
    sent: AppropriationRefusal,
    response: Response,
    if_match: IfMatch = None,
) -> AppropriationTransferOut:
    """Refuse what somebody else proposed."""
    step = Step(transfer_id, caller, runtime.editions, if_match)
    return await _transferred(session, await transfers.refuse_transfer(session, sent, step=step), response)


@router.get("/{line_id}", responses=problem_responses(404))
async def read_line(session: Session, _: Reader, line_id: UUID, response: Response) -> AppropriationDetail:
    """One programme's year with every amount and closing proposed for it."""
    return await _answer(session, await queries.find(session, line_id), response)


@router.get("/{line_id}/commitments", responses=problem_responses(404))
async def list_commitments(
    session: Session, _: Reader, line_id: UUID, wanted: Annotated[BudgetCommitmentFilter, Query()]
) -> Page[BudgetCommitmentOut]:
    """What each case has of the line: committed, paid, come back."""
    return await queries.list_commitments(session, await queries.find(session, line_id), wanted)


@router.post("/{line_id}/revise", dependencies=MONEY, responses=STEP)
async def revise_line(
    session: Session,
    runtime: RuntimeDep,
    caller: Officer,
    line_id: UUID,
    sent: AppropriationAmount,
    response: Response,
    if_match: IfMatch = None,
) -> AppropriationDetail:
    """Propose another amount by another document."""
    step = Step(line_id, caller, runtime.editions, if_match)
    return await _answer(session, await usecases.revise_line(session, sent, step=step), response)


@router.post("/{line_id}/approve", dependencies=MONEY, responses=STEP)
async def approve_line(
    session: Session,
    runtime: RuntimeDep,
    caller: Approver,
    line_id: UUID,
    response: Response,
    sent: Decided = StepRequest(),  # noqa: B008  # frozen
    if_match: IfMatch = None,
) -> AppropriationDetail:
    """Approve the amount that somebody else proposed."""
    step = Step(line_id, caller, runtime.editions, if_match)
    return await _answer(session, await usecases.approve_line(session, sent.decided_on, step=step), response)


@router.post("/{line_id}/refuse", dependencies=MONEY, responses=STEP)
async def refuse_line(
    session: Session,
    runtime: RuntimeDep,
    caller: Approver,
    line_id: UUID,
    sent: AppropriationRefusal,
    response: Response,
    if_match: IfMatch = None,
) -> AppropriationDetail:
    """Refuse the amount that waits; what was approved before stays."""
    step = Step(line_id, caller, runtime.editions, if_match)
    return await _answer(session, await usecases.refuse_line(session, sent, step=step), response)


@router.post("/{line_id}/close", dependencies=MONEY, responses=STEP)
async def propose_closing(
    session: Session,
    runtime: RuntimeDep,
    caller: Officer,
    line_id: UUID,
    sent: AppropriationClosingIn,
    response: Response,
    if_match: IfMatch = None,
) -> AppropriationDetail:
    """Propose how the year ends: what is carried over, and what is released."""
    step = Step(line_id, caller, runtime.editions, if_match)
    return await _answer(session, await closing.propose_closing(session, sent, step=step), response)


@router.post("/{line_id}/approve-closing", dependencies=MONEY, responses=STEP)
async def approve_closing(
    session: Session,
    runtime: RuntimeDep,
    caller: Approver,
    line_id: UUID,
    response: Response,
    sent: Decided = StepRequest(),  # noqa: B008  # frozen
    if_match: IfMatch = None,
) -> AppropriationDetail:
    """Close the year as somebody else proposed."""
    step = Step(line_id, caller, runtime.editions, if_match)
    return await _answer(session, await closing.approve_closing(session, sent.decided_on, step=step), response)


@router.post("/{line_id}/refuse-closing", dependencies=MONEY, responses=STEP)
async def refuse_closing(
    session: Session,
    runtime: RuntimeDep,
    caller: Approver,
    line_id: UUID,
    sent: AppropriationRefusal,
    response: Response,
    if_match: IfMatch = None,
) -> AppropriationDetail:
    """Refuse to close the year as proposed."""
    step = Step(line_id, caller, runtime.editions, if_match)
    return await _answer(session, await closing.refuse_closing(session, sent, step=step), response)


async def _answer(session: Session, line: Appropriation, response: Response) -> AppropriationDetail:
    set_etag(response, line.version)
    return await queries.detail(session, line.id)


async def _transferred(
    session: Session, transfer: AppropriationTransfer, response: Response
) -> AppropriationTransferOut:
    await session.flush()
    set_etag(response, transfer.version)
    return AppropriationTransferOut.model_validate(transfer)
