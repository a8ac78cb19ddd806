"""/v1/banks: the banks that take referrals, and how they are reached (3.2-1)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query, Response

from services.finance.banks import queries, usecases
from services.finance.banks.models import Bank
from services.finance.banks.schemas import BankDetail, BankFilter, BankIn, BankOut, ChangeRefusalIn, Particulars
from services.finance.banks.usecases import Step
from services.finance.grants.schemas import StepRequest
from shared.auth import roles as r
from shared.auth.principal import Principal, require
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute, Session
from shared.runtime import RuntimeDep

Officer = Annotated[Principal, Depends(require(r.FINANCE_OFFICER))]
Approver = Annotated[Principal, Depends(require(r.FINANCE_APPROVER))]
Anyone = Annotated[Principal, Depends(require(r.PUBLIC))]

router = APIRouter(prefix="/v1/banks", tags=["banks"], route_class=ServiceRoute)

STEP = problem_responses(403, 404, 409, 412)


@router.post("", status_code=201, responses=problem_responses(403, 409))
async def record_bank(session: Session, caller: Officer, sent: BankIn, response: Response) -> BankDetail:
    """Propose a bank for the register."""
    bank = await usecases.record_bank(session, sent, principal=caller)
    response.headers["Location"] = f"{router.prefix}/{bank.id}"
    return await _answer(session, bank, caller, response)


@router.get("")
async def list_banks(session: Session, caller: Anyone, wanted: Annotated[BankFilter, Query()]) -> Page[BankOut]:
    """Banks by their codes."""
    return await queries.list_banks(session, wanted, caller)


@router.get("/{bank_id}", responses=problem_responses(404))
async def read_bank(session: Session, caller: Anyone, bank_id: UUID, response: Response) -> BankDetail:
    """One bank."""
    return await _answer(session, await queries.find(session, bank_id, caller), caller, response)


@router.post("/{bank_id}/revise", responses=STEP)
async def revise_bank(
    session: Session,
    runtime: RuntimeDep,
    caller: Officer,
    bank_id: UUID,
    sent: Particulars,
    response: Response,
    if_match: IfMatch = None,
) -> BankDetail:
    """Propose other particulars, whole."""
    step = Step(bank_id, caller, runtime.editions, if_match)
    return await _answer(session, await usecases.revise_bank(session, sent, step=step), caller, response)


@router.post("/{bank_id}/approve", responses=STEP)
async def approve_bank(
    session: Session,
    runtime: RuntimeDep,
    caller: Approver,
    bank_id: UUID,
    response: Response,
    sent: Annotated[StepRequest, Body()] = StepRequest(),  # noqa: B008  # frozen
    if_match: IfMatch = None,
) -> BankDetail:
    """Approve what somebody else recorded."""
    step = Step(bank_id, caller, runtime.editions, if_match)
    return await _answer(session, await usecases.approve_bank(session, sent.decided_on, step=step), caller, response)


@router.post("/{bank_id}/refuse", responses=STEP)
async def refuse_bank(
    session: Session,
    runtime: RuntimeDep,
    caller: Approver,
    bank_id: UUID,
    sent: ChangeRefusalIn,
    response: Response,
    if_match: IfMatch = None,
) -> BankDetail:
    """Refuse what waits; what was approved before stays."""
    step = Step(bank_id, caller, runtime.editions, if_match)
    return await _answer(session, await usecases.refuse_bank(session, sent, step=step), caller, response)


async def _answer(session: Session, bank: Bank, caller: Principal, response: Response) -> BankDetail:
    set_etag(response, bank.version)
    return await queries.detail(session, bank, caller)
