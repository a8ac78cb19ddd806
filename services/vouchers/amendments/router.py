"""Changes of programmes: drafted at the programme, decided at `/v1/voucher-amendments` (4.3-3)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy import select

from services.vouchers.access import DivisionApprover, DivisionOfficer, IssuerReader
from services.vouchers.amendments import queries, usecases
from services.vouchers.amendments.models import ProgrammeAmendment
from services.vouchers.amendments.schemas import (
    AmendmentFilter,
    AmendmentItem,
    AmendmentNew,
    AmendmentOut,
    AmendmentRefusal,
)
from services.vouchers.amendments.usecases import Step
from services.vouchers.schemas import Decided, day_sent
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

PATH = "/v1/voucher-amendments"
STEP = problem_responses(403, 404, 409, 412)

router = APIRouter(tags=["voucher programmes"], route_class=ServiceRoute)


@router.post("/v1/voucher-programmes/{programme_id}/amendments", status_code=201, responses=problem_responses(404, 409))
async def draft_amendment(
    programme_id: UUID,
    wanted: AmendmentNew,
    session: Session,
    principal: DivisionOfficer,
    runtime: RuntimeDep,
    response: Response,
) -> AmendmentOut:
    """Propose other terms for an open programme of one's own division."""
    amendment = await usecases.draft_amendment(
        session, editions=runtime.editions, principal=principal, programme_id=programme_id, wanted=wanted
    )
    response.headers["Location"] = f"{PATH}/{amendment.id}"
    return _answer(amendment, response)


@router.get(PATH)
async def list_amendments(
    session: Session, principal: IssuerReader, wanted: Annotated[AmendmentFilter, Query()]
) -> Page[AmendmentItem]:
    """Amendments, newest first; a division sees its own."""
    query = select(ProgrammeAmendment).where(queries.visible_to(principal), *queries.conditions(wanted))
    keys = [ProgrammeAmendment.id.desc()]
    return await paginate(session, query, keys=keys, params=wanted, item=AmendmentItem.model_validate)


@router.get(PATH + "/{amendment_id}", responses=problem_responses(404))
async def read_amendment(
    amendment_id: UUID, session: Session, principal: IssuerReader, response: Response
) -> AmendmentOut:
    """One amendment with what the rules said."""
    return _answer(await queries.find(session, principal, amendment_id), response)


@router.post(PATH + "/{amendment_id}/approve", responses=STEP)
async def approve_amendment(
    amendment_id: UUID,
    session: Session,
    principal: DivisionApprover,
    runtime: RuntimeDep,
    response: Response,
    wanted: Decided | None = None,
    if_match: IfMatch = None,
) -> AmendmentOut:
    """Approve what somebody else drafted; vouchers issued before its day keep their terms."""
    step = Step(amendment_id, principal, runtime.editions, if_match)
    return _answer(await usecases.approve_amendment(session, day_sent(wanted), step=step), response)


@router.post(PATH + "/{amendment_id}/refuse", responses=STEP)
async def refuse_amendment(
    amendment_id: UUID,
    wanted: AmendmentRefusal,
    session: Session,
    principal: DivisionApprover,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> AmendmentOut:
    """Refuse a draft, saying why; the terms stay."""
    step = Step(amendment_id, principal, runtime.editions, if_match)
    return _answer(await usecases.refuse_amendment(session, wanted, step=step), response)


@router.post(PATH + "/{amendment_id}/cancel", responses=STEP)
async def cancel_amendment(
    amendment_id: UUID,
    session: Session,
    principal: DivisionOfficer,
    runtime: RuntimeDep,
    response: Response,
    wanted: Decided | None = None,
    if_match: IfMatch = None,
) -> AmendmentOut:
    """Give a draft up."""
    step = Step(amendment_id, principal, runtime.editions, if_match)
    return _answer(await usecases.cancel_amendment(session, day_sent(wanted), step=step), response)


def _answer(amendment: ProgrammeAmendment, response: Response) -> AmendmentOut:
    set_etag(response, amendment.version)
    return AmendmentOut.model_validate(amendment)
