"""`/v1/qualifications/upward-notices`: what is to be reported after a delisting, and what was."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import DIVISION_ROLES, OFFICERS, READ_ALL
from services.registry.centres.models import Centre
from services.registry.centres.queries import read_scope
from services.registry.steps import CaseStep
from services.registry.upward_notices.models import UpwardNotice
from services.registry.upward_notices.schemas import SendNotice, UpwardNoticeFilter, UpwardNoticeOut
from services.registry.upward_notices.usecases import send_notice
from shared.auth.principal import Principal, require
from shared.auth.roles import CENTRE_OPERATOR
from shared.db import Session
from shared.errors import not_found
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute

router = APIRouter(prefix="/v1/qualifications/upward-notices", tags=["upward-notices"], route_class=ServiceRoute)

Reader = Annotated[Principal, Depends(require(CENTRE_OPERATOR, *DIVISION_ROLES, *READ_ALL))]
Officer = Annotated[Principal, Depends(require(*OFFICERS))]


@router.get("")
async def list_upward_notices(
    session: Session, principal: Reader, wanted: Annotated[UpwardNoticeFilter, Query()]
) -> Page[UpwardNoticeOut]:
    """Notices on the centres whose case the caller reads, oldest first."""
    query = _readable(principal)
    if wanted.status is not None:
        query = query.where(UpwardNotice.status == wanted.status)
    if wanted.centre_id is not None:
        query = query.where(UpwardNotice.centre_id == wanted.centre_id)
    if wanted.case_id is not None:
        query = query.where(UpwardNotice.case_id == wanted.case_id)
    return await paginate(session, query, keys=[UpwardNotice.id], params=wanted, item=UpwardNoticeOut.model_validate)


@router.get("/{notice_id}", responses=problem_responses(404))
async def read_upward_notice(
    notice_id: UUID, session: Session, principal: Reader, response: Response
) -> UpwardNoticeOut:
    """One notice."""
    return _answer(await _find(session, principal, notice_id), response)


@router.post("/{notice_id}/send", responses=problem_responses(404, 409, 412))
async def send(
    notice_id: UUID,
    body: SendNotice,
    session: Session,
    principal: Officer,
    response: Response,
    if_match: IfMatch = None,
) -> UpwardNoticeOut:
    """Record that it went out."""
    step = CaseStep(on=body.sent_on, document_no=body.document_no, if_match=if_match)
    return _answer(await send_notice(session, principal, notice_id, body.addressee, step), response)


def _readable(principal: Principal) -> Select[UpwardNotice]:
    return select(UpwardNotice).where(UpwardNotice.centre_id.in_(select(Centre.id).where(read_scope(principal))))


async def _find(session: AsyncSession, principal: Principal, notice_id: UUID) -> UpwardNotice:
    notice = await session.scalar(_readable(principal).where(UpwardNotice.id == notice_id))
    if notice is None:
        raise not_found("upward-notice")
    return notice


def _answer(notice: UpwardNotice, response: Response) -> UpwardNoticeOut:
    set_etag(response, notice.version)
    return UpwardNoticeOut.model_validate(notice)
