"""The public notice of an alliance's support: put up after the review; the approval waits for it (4.6-3, 4.7-3)."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Response
from sqlalchemy import or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.alliance_support import states
from services.finance.alliance_support.cases import Step, clause_of, day_of, open_support, require_lead
from services.finance.alliance_support.models import AllianceSupport
from services.finance.alliance_support.queries import READERS
from services.finance.alliance_support.usecases import KIND
from services.finance.notices.models import PublicNotice
from services.finance.notices.router import notice_routes
from services.finance.notices.subjects import NoticeSubject
from services.finance.notices.usecases import open_notice, shown_notice
from shared.auth import roles as r
from shared.auth.principal import Principal, require
from shared.errors import not_found
from shared.http.etag import IfMatch, set_etag
from shared.http.notices import NoticeIn, NoticeOut
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute, Session
from shared.runtime import RuntimeDep

OFFICERS: Final = (r.INDUSTRY_OFFICER, r.EDUCATION_OFFICER)

Officer = Annotated[Principal, Depends(require(*OFFICERS))]


async def find_announced(session: AsyncSession, principal: Principal, support_id: UUID) -> NoticeSubject:
    """A support as its notice shows it: to everybody once it was announced, before that to the bureaus."""
    support = AllianceSupport
    announced = select(PublicNotice.id).where(PublicNotice.subject_kind == KIND, PublicNotice.subject_id == support.id)
    open_to_caller = true() if principal.has(*READERS) else announced.exists()
    query = select(support.id, support.no, support.status, support.recipient_name)
    row = (await session.execute(query.where(support.id == support_id, or_(open_to_caller)))).one_or_none()
    if row is None:
        raise not_found("alliance-support")
    return NoticeSubject(row.id, row.no, row.recipient_name, row.status == states.REVIEWED)


router = APIRouter(
    prefix="/v1/alliance-support/{support_id}/notice", tags=["alliance support"], route_class=ServiceRoute
)


@router.post("", status_code=201, responses=problem_responses(403, 404, 409, 412))
async def announce_support(
    session: Session,
    runtime: RuntimeDep,
    caller: Officer,
    support_id: UUID,
    response: Response,
    sent: Annotated[NoticeIn, Body()] = NoticeIn(),  # noqa: B008  # frozen
    if_match: IfMatch = None,
) -> NoticeOut:
    """An officer of the leading bureau puts a reviewed support on public notice."""
    step = Step(support_id, caller, runtime.editions, if_match)
    support, edition = await open_support(session, step, states.REVIEWED)
    require_lead(edition, support.alliance, caller, "officer")
    day = day_of(step, sent.starts_on, support.reviewed_on)
    clause = clause_of(edition, support.alliance)
    notice = await open_notice(
        session,
        caller,
        edition,
        KIND,
        support_id,
        clause=clause,
        starts_on=day,
        document_no=sent.document_no,
        amount=support.requested,
    )
    set_etag(response, notice.version)
    return await shown_notice(session, caller, await find_announced(session, caller, support_id), notice)


objections = notice_routes("/v1/alliance-support", KIND, find_announced, officers=OFFICERS)
