"""The public notice of a grant: put up after the review; while one hangs, the approval waits for it (3.1-4)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Response
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.centres import visible_to
from services.finance.grants import states
from services.finance.grants.cases import Case, Step, day_of, open_case
from services.finance.grants.models import Grant
from services.finance.notices.models import PublicNotice
from services.finance.notices.router import notice_routes
from services.finance.notices.subjects import NoticeSubject
from services.finance.notices.usecases import open_notice, require_notice_over, shown_notice
from services.finance.projections import known_centre
from shared.auth import roles as r
from shared.auth.principal import Principal, require
from shared.errors import not_found
from shared.http.etag import IfMatch, set_etag
from shared.http.notices import NoticeIn, NoticeOut
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute, Session
from shared.policy.decision import Decision
from shared.runtime import RuntimeDep

KIND: Final = "grants"
CLAUSE: Final = "3.1-4"
OFFICERS: Final = (r.SCIENCE_OFFICER, r.INDUSTRY_OFFICER)

Officer = Annotated[Principal, Depends(require(*OFFICERS))]


async def find_announced(session: AsyncSession, principal: Principal, grant_id: UUID) -> NoticeSubject:
    """A grant as its notice shows it: to everybody once it was announced, before that to who may see the grant."""
    announced = select(PublicNotice.id).where(PublicNotice.subject_kind == KIND, PublicNotice.subject_id == Grant.id)
    row = (
        await session.execute(
            select(Grant.id, Grant.no, Grant.status, known_centre.c.name, known_centre.c.operator_code)
            .join(known_centre, known_centre.c.id == Grant.centre_id)
            .where(Grant.id == grant_id, or_(visible_to(principal), announced.exists()))
        )
    ).one_or_none()
    if row is None:
        raise not_found("grant")
    own = principal.has(r.CENTRE_OPERATOR) and principal.org == row.operator_code
    return NoticeSubject(row.id, row.no, row.name or "", row.status == states.REVIEWED, own)


async def require_grant_notice_over(session: AsyncSession, case: Case, day: date) -> Decision:
    """That the grant may be approved on `day`. Raises as `require_notice_over`."""
    required = case.edition.grants.notice_required.value
    grant_id = case.grant.id
    return await require_notice_over(session, case.edition, KIND, grant_id, day, clause=CLAUSE, required=required)


router = APIRouter(prefix="/v1/grants/{grant_id}/notice", tags=["grants"], route_class=ServiceRoute)


@router.post("", status_code=201, responses=problem_responses(403, 404, 409, 412))
async def announce_grant(
    session: Session,
    runtime: RuntimeDep,
    caller: Officer,
    grant_id: UUID,
    response: Response,
    sent: Annotated[NoticeIn, Body()] = NoticeIn(),  # noqa: B008  # frozen
    if_match: IfMatch = None,
) -> NoticeOut:
    """An officer puts a reviewed grant on public notice; the approval waits until the notice is over."""
    step = Step(grant_id, caller, runtime.editions, if_match)
    case = await open_case(session, step, states.REVIEWED)
    day = day_of(step, sent.starts_on, not_before=case.grant.reviewed_on)
    notice = await open_notice(
        session,
        caller,
        case.edition,
        KIND,
        grant_id,
        clause=CLAUSE,
        starts_on=day,
        document_no=sent.document_no,
        amount=case.grant.requested,
    )
    set_etag(response, notice.version)
    return await shown_notice(session, caller, await find_announced(session, caller, grant_id), notice)


objections = notice_routes("/v1/grants", KIND, find_announced, officers=OFFICERS)
