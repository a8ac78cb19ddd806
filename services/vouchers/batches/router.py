"""`/v1/voucher-batches`: what was taken in from files, approved by another person and issued row by row (4.3-3)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Response
from fastapi.responses import JSONResponse
from sqlalchemy import select

from services.vouchers.access import DIVISION_ROLES, READ_ALL, DivisionApprover, DivisionOfficer
from services.vouchers.batches import queries, usecases
from services.vouchers.batches.models import Batch, BatchRow
from services.vouchers.batches.schemas import (
    BatchFilter,
    BatchOut,
    BatchRefused,
    BatchRowFilter,
    BatchRowOut,
    OperationOut,
)
from services.vouchers.operations.queries import SERVICE
from shared.auth.principal import Principal, require
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.messages import preferred_language
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import IdempotencyRequired, ServiceRoute
from shared.operations.asking import address_of
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/voucher-batches", tags=["voucher batches"], route_class=ServiceRoute)

Reader = Annotated[Principal, Depends(require(*READ_ALL, *DIVISION_ROLES))]


@router.get("")
async def list_batches(session: Session, principal: Reader, wanted: Annotated[BatchFilter, Query()]) -> Page[BatchOut]:
    """Batches that concern the caller, newest first."""
    query = select(Batch).where(queries.visible_to(principal), *queries.conditions(wanted))
    return await paginate(session, query, keys=[Batch.id.desc()], params=wanted, item=BatchOut.model_validate)


@router.get("/{batch_id}", responses=problem_responses(404))
async def read_batch(batch_id: UUID, session: Session, principal: Reader, response: Response) -> BatchOut:
    """One batch, and how far it is."""
    return _shown(await queries.find(session, principal, batch_id), response)


@router.get("/{batch_id}/rows", responses=problem_responses(404))
async def list_rows(
    batch_id: UUID,
    session: Session,
    principal: Reader,
    wanted: Annotated[BatchRowFilter, Query()],
    accept_language: Annotated[str | None, Header(max_length=200)] = None,
) -> Page[BatchRowOut]:
    """The batch's rows in the order of the file, with the voucher issued or the reason why none was."""
    batch = await queries.find(session, principal, batch_id)
    language = preferred_language(accept_language)
    query = select(BatchRow).where(*queries.row_conditions(batch, wanted))
    return await paginate(
        session, query, keys=[BatchRow.position], params=wanted, item=lambda row: queries.shown_row(row, language)
    )


@router.post(
    "/{batch_id}/approve",
    status_code=202,
    response_model=OperationOut,
    dependencies=[IdempotencyRequired],
    responses=problem_responses(400, 404, 409, 412),
)
async def approve_batch(
    batch_id: UUID, session: Session, principal: DivisionApprover, runtime: RuntimeDep, if_match: IfMatch = None
) -> Response:
    """Have a batch issued that another person took in; its progress is read at the address in Location."""
    _, operation = await usecases.approve(session, runtime, principal=principal, batch_id=batch_id, if_match=if_match)
    body = OperationOut.of(SERVICE, operation, []).model_dump(mode="json")
    return JSONResponse(body, status_code=202, headers={"Location": address_of(SERVICE, operation.id)})


@router.post("/{batch_id}/refuse", responses=problem_responses(404, 409, 412))
async def refuse_batch(
    batch_id: UUID,
    wanted: BatchRefused,
    session: Session,
    principal: DivisionApprover,
    response: Response,
    if_match: IfMatch = None,
) -> BatchOut:
    """Refuse a batch with a reason; its file can be corrected and taken in again."""
    batch = await usecases.refuse(
        session, principal=principal, batch_id=batch_id, answer=wanted.answer, if_match=if_match
    )
    return _shown(batch, response)


@router.post("/{batch_id}/withdraw", responses=problem_responses(404, 409, 412))
async def withdraw_batch(
    batch_id: UUID, session: Session, principal: DivisionOfficer, response: Response, if_match: IfMatch = None
) -> BatchOut:
    """Give a batch up that nobody has approved."""
    batch = await usecases.withdraw(session, principal=principal, batch_id=batch_id, if_match=if_match)
    return _shown(batch, response)


def _shown(batch: Batch, response: Response) -> BatchOut:
    set_etag(response, batch.version)
    return BatchOut.model_validate(batch)
