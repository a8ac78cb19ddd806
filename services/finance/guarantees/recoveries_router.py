"""/v1/loans/guarantees/{id}/recoveries: money that came from borrowers, and entries that were wrong (3.2-3)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query

from services.finance.guarantees import queries, recoveries, reversals
from services.finance.guarantees.router import MONEY, STEP, Guarantor, Reader
from services.finance.guarantees.schemas import (
    GuaranteeRecoveryIn,
    GuaranteeRecoveryOut,
    GuaranteeReturnIn,
    RecoveryReversalIn,
)
from services.finance.guarantees.usecases import Step
from services.finance.servicing.access import TREASURY
from services.finance.servicing.schemas import Nothing
from shared.auth import roles as r
from shared.auth.principal import Principal, require
from shared.http.etag import IfMatch
from shared.http.paging import Page, PageParams
from shared.http.problems import problem_responses
from shared.http.route import IdempotencyRequired, ServiceRoute, Session
from shared.runtime import RuntimeDep

Treasury = Annotated[Principal, Depends(require(*TREASURY))]
Reverser = Annotated[Principal, Depends(require(r.GUARANTOR, r.TREASURY_APPROVER))]

router = APIRouter(prefix="/v1/loans/guarantees", tags=["guarantees"], route_class=ServiceRoute)


@router.get("/{guarantee_id}/recoveries", responses=problem_responses(404))
async def list_recoveries(
    session: Session, caller: Reader, guarantee_id: UUID, wanted: Annotated[PageParams, Query()]
) -> Page[GuaranteeRecoveryOut]:
    """Recovered money and how it was shared."""
    await queries.find(session, guarantee_id, caller)
    return await queries.list_recoveries(session, guarantee_id, wanted)


@router.post("/{guarantee_id}/recoveries", status_code=201, dependencies=[IdempotencyRequired], responses=MONEY)
async def record_recovery(
    session: Session,
    runtime: RuntimeDep,
    caller: Guarantor,
    guarantee_id: UUID,
    sent: GuaranteeRecoveryIn,
    if_match: IfMatch = None,
) -> GuaranteeRecoveryOut:
    """Money was recovered from the borrower (追偿)."""
    step = Step(guarantee_id, caller, runtime.editions, if_match)
    recovery = await recoveries.recover(session, sent, step=step)
    return GuaranteeRecoveryOut.model_validate(recovery)


@router.post("/{guarantee_id}/recoveries/{recovery_id}/confirm", dependencies=[IdempotencyRequired], responses=MONEY)
async def confirm_return(
    session: Session,
    runtime: RuntimeDep,
    caller: Treasury,
    guarantee_id: UUID,
    recovery_id: UUID,
    sent: GuaranteeReturnIn,
    if_match: IfMatch = None,
) -> GuaranteeRecoveryOut:
    """The treasury has the public fund's part of recovered money."""
    step = Step(guarantee_id, caller, runtime.editions, if_match)
    recovery = await recoveries.confirm_return(session, recovery_id, sent, step=step)
    return GuaranteeRecoveryOut.model_validate(recovery)


@router.post("/{guarantee_id}/recoveries/{recovery_id}/propose-reversal", responses=STEP)
async def propose_recovery_reversal(
    session: Session,
    runtime: RuntimeDep,
    caller: Guarantor,
    guarantee_id: UUID,
    recovery_id: UUID,
    sent: RecoveryReversalIn,
    if_match: IfMatch = None,
) -> GuaranteeRecoveryOut:
    """One person at the guarantor says that a recovery was entered by mistake."""
    step = Step(guarantee_id, caller, runtime.editions, if_match)
    recovery = await reversals.propose_reversal(session, recovery_id, sent, step=step)
    return GuaranteeRecoveryOut.model_validate(recovery)


@router.post("/{guarantee_id}/recoveries/{recovery_id}/reverse", dependencies=[IdempotencyRequired], responses=MONEY)
async def reverse_recovery(
    session: Session,
    runtime: RuntimeDep,
    caller: Reverser,
    guarantee_id: UUID,
    recovery_id: UUID,
    _: Annotated[Nothing, Body()] = Nothing(),  # noqa: B008  # frozen
    if_match: IfMatch = None,
) -> GuaranteeRecoveryOut:
    """A second person takes it back, of the treasury once that has its part; the borrower owes it again."""
    step = Step(guarantee_id, caller, runtime.editions, if_match)
    return GuaranteeRecoveryOut.model_validate(await reversals.reverse_recovery(session, recovery_id, step=step))
