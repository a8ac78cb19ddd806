"""`/v1/voucher-requests`: extension, void and reinstatement of vouchers (4.3-3, 4.3-4, 2.3-5)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy import select

from services.vouchers.access import DivisionApprover, DivisionOfficer, HolderOrOfficer, Issuer, VoucherReader
from services.vouchers.requests import queries, usecases
from services.vouchers.requests.models import VoucherRequest
from services.vouchers.requests.schemas import (
    Proposed,
    RequestFilter,
    RequestItem,
    RequestNew,
    RequestOut,
    RequestRefused,
)
from services.vouchers.schemas import Decided, day_sent
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import IdempotencyRequired, ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/voucher-requests", tags=["voucher requests"], route_class=ServiceRoute)


@router.post("", status_code=201, dependencies=[IdempotencyRequired], responses=problem_responses(400, 404, 409))
async def submit_request(
    wanted: RequestNew, session: Session, principal: HolderOrOfficer, runtime: RuntimeDep, response: Response
) -> RequestOut:
    """The holder asks for more time or for a new beginning; an officer of the issuer proposes either, or a void."""
    request = await usecases.submit(session, editions=runtime.editions, principal=principal, wanted=wanted)
    response.headers["Location"] = f"{router.prefix}/{request.id}"
    return _shown(request, response)


@router.get("")
async def list_requests(
    session: Session, principal: VoucherReader, wanted: Annotated[RequestFilter, Query()]
) -> Page[RequestItem]:
    """Requests that concern the caller, newest first."""
    query = select(VoucherRequest).where(queries.visible_to(principal), *queries.conditions(wanted))
    return await paginate(
        session, query, keys=[VoucherRequest.id.desc()], params=wanted, item=RequestItem.model_validate
    )


@router.get("/{request_id}", responses=problem_responses(404))
async def read_request(request_id: UUID, session: Session, principal: VoucherReader, response: Response) -> RequestOut:
    """One request."""
    return _shown(await queries.find(session, principal, request_id), response)


@router.post("/{request_id}/review", responses=problem_responses(404, 409, 412))
async def review_request(
    request_id: UUID,
    session: Session,
    principal: DivisionOfficer,
    response: Response,
    wanted: Proposed | None = None,
    if_match: IfMatch = None,
) -> RequestOut:
    """Propose what the holder asks for."""
    request = await usecases.review(
        session, principal=principal, request_id=request_id, wanted=wanted or Proposed(), if_match=if_match
    )
    return _shown(request, response)


@router.post(
    "/{request_id}/approve", dependencies=[IdempotencyRequired], responses=problem_responses(400, 404, 409, 412)
)
async def approve_request(
    request_id: UUID,
    session: Session,
    principal: DivisionApprover,
    runtime: RuntimeDep,
    response: Response,
    wanted: Decided | None = None,
    if_match: IfMatch = None,
) -> RequestOut:
    """Approve what another person proposed; it is carried out."""
    request = await usecases.approve(
        session,
        editions=runtime.editions,
        principal=principal,
        request_id=request_id,
        decided_on=day_sent(wanted),
        if_match=if_match,
    )
    return _shown(request, response)


@router.post("/{request_id}/refuse", responses=problem_responses(404, 409, 412))
async def refuse_request(
    request_id: UUID,
    wanted: RequestRefused,
    session: Session,
    principal: Issuer,
    response: Response,
    if_match: IfMatch = None,
) -> RequestOut:
    """Refuse it with a reason."""
    request = await usecases.refuse(
        session, principal=principal, request_id=request_id, wanted=wanted, if_match=if_match
    )
    return _shown(request, response)


@router.post("/{request_id}/withdraw", responses=problem_responses(404, 409, 412))
async def withdraw_request(
    request_id: UUID, session: Session, principal: HolderOrOfficer, response: Response, if_match: IfMatch = None
) -> RequestOut:
    """Give one's own request up."""
    request = await usecases.withdraw(session, principal=principal, request_id=request_id, if_match=if_match)
    return _shown(request, response)


def _shown(request: VoucherRequest, response: Response) -> RequestOut:
    set_etag(response, request.version)
    return RequestOut.model_validate(request)
