"""`/v1/voucher-recoveries`: what was paid and is claimed back (4.3-4)."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from services.vouchers.access import (
    DIVISION_ROLES,
    DivisionApprover,
    DivisionOfficer,
    Provider,
    SettlementReader,
)
from services.vouchers.recoveries import money, usecases
from services.vouchers.recoveries.cases import Step, find
from services.vouchers.recoveries.models import Recovery
from services.vouchers.recoveries.queries import detail, list_recoveries
from services.vouchers.recoveries.schemas import (
    DecisionIn,
    RecoveryFilter,
    RecoveryItem,
    RecoveryNew,
    RecoveryOut,
    RepaymentIn,
    StatementIn,
    WriteOffDecision,
    WriteOffIn,
)
from shared.auth import roles as r
from shared.auth.principal import Principal, require
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page
from shared.http.problems import problem_responses
from shared.http.route import IdempotencyRequired, ServiceRoute
from shared.runtime import RuntimeDep

STEP: Final = problem_responses(400, 403, 404, 409, 412)

OfficerOrProvider = Annotated[Principal, Depends(require(*DIVISION_ROLES, r.PROVIDER))]

router = APIRouter(prefix="/v1/voucher-recoveries", tags=["voucher-recoveries"], route_class=ServiceRoute)


@router.post("", status_code=201, dependencies=[IdempotencyRequired], responses=problem_responses(400, 404, 409))
async def open_recovery(
    sent: RecoveryNew, session: Session, principal: DivisionOfficer, runtime: RuntimeDep, response: Response
) -> RecoveryOut:
    """Claim back what was paid for a redemption; the provider is told, and heard."""
    recovery = await usecases.open_by_officer(session, editions=runtime.editions, principal=principal, sent=sent)
    response.headers["Location"] = f"{router.prefix}/{recovery.id}"
    return await _answer(session, principal, recovery, response)


@router.get("")
async def list_voucher_recoveries(
    session: Session, principal: SettlementReader, wanted: Annotated[RecoveryFilter, Query()]
) -> Page[RecoveryItem]:
    """Recoveries of the caller's division, or on the provider; all for the city."""
    return await list_recoveries(session, principal, wanted)


@router.get("/{recovery_id}", responses=problem_responses(404))
async def read_recovery(
    recovery_id: UUID, session: Session, principal: SettlementReader, response: Response
) -> RecoveryOut:
    """One recovery with everything that was said, decided and paid."""
    return await _answer(session, principal, await find(session, principal, recovery_id), response)


@router.post("/{recovery_id}/statement", responses=STEP)
async def make_statement(
    recovery_id: UUID,
    sent: StatementIn,
    session: Session,
    principal: OfficerOrProvider,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> RecoveryOut:
    """The provider's statement and defence; an officer enters one on paper."""
    step = Step(recovery_id, principal, runtime.editions, if_match)
    return await _answer(session, principal, await usecases.state(session, step=step, sent=sent), response)


@router.post("/{recovery_id}/decision", dependencies=[IdempotencyRequired], responses=STEP)
async def decide_recovery(
    recovery_id: UUID,
    sent: DecisionIn,
    session: Session,
    principal: DivisionApprover,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> RecoveryOut:
    """Decide what is due, by another person; the answer has the remedies' last days."""
    step = Step(recovery_id, principal, runtime.editions, if_match)
    return await _answer(session, principal, await usecases.decide(session, step=step, sent=sent), response)


@router.post("/{recovery_id}/repayment", dependencies=[IdempotencyRequired], responses=STEP)
async def record_repayment(
    recovery_id: UUID,
    sent: RepaymentIn,
    session: Session,
    principal: DivisionOfficer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> RecoveryOut:
    """Money of the provider has arrived; a bank's slip counts once."""
    step = Step(recovery_id, principal, runtime.editions, if_match)
    return await _answer(session, principal, await money.repay(session, step=step, sent=sent), response)


@router.post("/{recovery_id}/agree-to-offset", responses=STEP)
async def agree_to_offset(
    recovery_id: UUID,
    session: Session,
    principal: Provider,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> RecoveryOut:
    """The provider has it kept back from its next payment, before the term for repaying it is over."""
    step = Step(recovery_id, principal, runtime.editions, if_match)
    return await _answer(session, principal, await usecases.agree_to_offset(session, step=step), response)


@router.post("/{recovery_id}/write-off", responses=STEP)
async def propose_write_off(
    recovery_id: UUID,
    sent: WriteOffIn,
    session: Session,
    principal: DivisionOfficer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> RecoveryOut:
    """Propose to give up what is outstanding."""
    step = Step(recovery_id, principal, runtime.editions, if_match)
    return await _answer(session, principal, await money.propose_write_off(session, step=step, sent=sent), response)


@router.post("/{recovery_id}/write-off/decision", dependencies=[IdempotencyRequired], responses=STEP)
async def decide_write_off(
    recovery_id: UUID,
    sent: WriteOffDecision,
    session: Session,
    principal: DivisionApprover,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> RecoveryOut:
    """Give it up, or go on claiming it; by another person than who proposed it."""
    step = Step(recovery_id, principal, runtime.editions, if_match)
    return await _answer(session, principal, await money.decide_write_off(session, step=step, sent=sent), response)


async def _answer(session: Session, principal: Principal, recovery: Recovery, response: Response) -> RecoveryOut:
    set_etag(response, recovery.version)
    return await detail(session, principal, recovery)
