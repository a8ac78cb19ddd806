"""/v1/grants/{id}/signed-commitments and /v1/grants/signed-commitments: contracts from before a delisting."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from services.finance.centres import READERS
from services.finance.grants.cases import Step
from services.finance.signed_commitments import queries, usecases
from services.finance.signed_commitments.schemas import (
    CommitmentFilter,
    CommitmentHonouring,
    CommitmentIn,
    CommitmentItem,
    CommitmentOut,
    CommitmentRefusal,
    CommitmentReview,
    CommitmentSettlement,
)
from shared.auth import roles as r
from shared.auth.principal import Principal, require
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page
from shared.http.problems import problem_responses
from shared.http.route import IdempotencyRequired, ServiceRoute, Session
from shared.runtime import RuntimeDep

Reader = Annotated[Principal, Depends(require(*READERS))]
Filer = Annotated[Principal, Depends(require(r.CENTRE_OPERATOR, r.SCIENCE_OFFICER, r.INDUSTRY_OFFICER))]
Officer = Annotated[Principal, Depends(require(r.SCIENCE_OFFICER, r.INDUSTRY_OFFICER))]
Approver = Annotated[Principal, Depends(require(r.SCIENCE_APPROVER, r.INDUSTRY_APPROVER))]
Settler = Annotated[
    Principal,
    Depends(require(r.SCIENCE_OFFICER, r.INDUSTRY_OFFICER, r.SCIENCE_APPROVER, r.INDUSTRY_APPROVER)),
]

of_grant = APIRouter(
    prefix="/v1/grants/{grant_id}/signed-commitments", tags=["signed commitments"], route_class=ServiceRoute
)
router = APIRouter(prefix="/v1/grants/signed-commitments", tags=["signed commitments"], route_class=ServiceRoute)

STEP = problem_responses(403, 404, 409, 412)
MONEY = problem_responses(400, 403, 404, 409, 412)


@of_grant.post("", status_code=201, responses=problem_responses(404, 409))
async def file_commitment(
    session: Session, runtime: RuntimeDep, caller: Filer, grant_id: UUID, sent: CommitmentIn, response: Response
) -> CommitmentOut:
    """The operator brings a contract forward that was signed before the delisting."""
    commitment = await usecases.file_commitment(session, sent, step=Step(grant_id, caller, runtime.editions))
    set_etag(response, commitment.version)
    response.headers["Location"] = f"/v1/grants/signed-commitments/{commitment.id}"
    return CommitmentOut.model_validate(commitment)


@router.get("")
async def list_commitments(
    session: Session, caller: Reader, wanted: Annotated[CommitmentFilter, Query()]
) -> Page[CommitmentItem]:
    """Commitments of the centres the caller may see, newest first."""
    return await queries.list_commitments(session, wanted, principal=caller)


@router.get("/{commitment_id}", responses=problem_responses(404))
async def read_commitment(session: Session, caller: Reader, commitment_id: UUID, response: Response) -> CommitmentOut:
    """One commitment with the rules applied."""
    commitment = await queries.find_commitment(session, commitment_id, principal=caller)
    set_etag(response, commitment.version)
    return CommitmentOut.model_validate(commitment)


@router.post("/{commitment_id}/review", responses=STEP)
async def review_commitment(
    session: Session,
    runtime: RuntimeDep,
    caller: Officer,
    commitment_id: UUID,
    sent: CommitmentReview,
    response: Response,
    if_match: IfMatch = None,
) -> CommitmentOut:
    """An officer who did not file it proposes what to honour."""
    step = Step(commitment_id, caller, runtime.editions, if_match)
    commitment = await usecases.review_commitment(session, commitment_id, sent, step=step)
    set_etag(response, commitment.version)
    return CommitmentOut.model_validate(commitment)


@router.post("/{commitment_id}/honour", dependencies=[IdempotencyRequired], responses=MONEY)
async def honour_commitment(
    session: Session,
    runtime: RuntimeDep,
    caller: Approver,
    commitment_id: UUID,
    sent: CommitmentHonouring,
    response: Response,
    if_match: IfMatch = None,
) -> CommitmentOut:
    """A third person decides that it may be paid."""
    step = Step(commitment_id, caller, runtime.editions, if_match)
    commitment = await usecases.honour_commitment(session, commitment_id, sent, step=step)
    set_etag(response, commitment.version)
    return CommitmentOut.model_validate(commitment)


@router.post("/{commitment_id}/refuse", responses=STEP)
async def refuse_commitment(
    session: Session,
    runtime: RuntimeDep,
    caller: Approver,
    commitment_id: UUID,
    sent: CommitmentRefusal,
    response: Response,
    if_match: IfMatch = None,
) -> CommitmentOut:
    """A third person decides that it may not be paid, or, once honoured, that the unpaid rest is promised no longer."""
    step = Step(commitment_id, caller, runtime.editions, if_match)
    commitment = await usecases.refuse_commitment(session, commitment_id, sent, step=step)
    set_etag(response, commitment.version)
    return CommitmentOut.model_validate(commitment)


@router.post("/{commitment_id}/settle", dependencies=[IdempotencyRequired], responses=MONEY)
async def settle_commitment(
    session: Session,
    runtime: RuntimeDep,
    caller: Settler,
    commitment_id: UUID,
    sent: CommitmentSettlement,
    response: Response,
    if_match: IfMatch = None,
) -> CommitmentOut:
    """An honoured contract was paid: an official who neither filed nor reviewed it confirms voucher and invoice, and so
    much less is to be recovered."""
    step = Step(commitment_id, caller, runtime.editions, if_match)
    commitment = await usecases.settle_commitment(session, commitment_id, sent, step=step)
    set_etag(response, commitment.version)
    return CommitmentOut.model_validate(commitment)
