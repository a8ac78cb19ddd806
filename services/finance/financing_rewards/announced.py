"""The public notice of a reward: put up after the review; the approval waits for it (3.3-2)."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Response
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.centres import visible_to
from services.finance.financing_rewards import states
from services.finance.financing_rewards.cases import Step, day_of, open_case, visible
from services.finance.financing_rewards.models import FinancingReward
from services.finance.financing_rewards.states import CLAUSE, KIND
from services.finance.notices.models import PublicNotice
from services.finance.notices.router import notice_routes
from services.finance.notices.subjects import NoticeSubject
from services.finance.notices.usecases import open_notice, shown_notice
from services.finance.projections import known_centre, known_enterprise
from shared.auth import roles as r
from shared.auth.principal import Principal, require
from shared.errors import not_found
from shared.http.etag import IfMatch, set_etag
from shared.http.notices import NoticeIn, NoticeOut
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute, Session
from shared.runtime import RuntimeDep

OFFICERS: Final = (r.FINANCE_OFFICER,)

Officer = Annotated[Principal, Depends(require(*OFFICERS))]


async def find_announced(session: AsyncSession, principal: Principal, reward_id: UUID) -> NoticeSubject:
    """A reward as its notice shows it: to everybody once it was announced, before that to who may see the reward."""
    reward = FinancingReward
    announced = select(PublicNotice.id).where(PublicNotice.subject_kind == KIND, PublicNotice.subject_id == reward.id)
    name = select(known_enterprise.c.name).where(known_enterprise.c.id == reward.enterprise_id).scalar_subquery()
    row = (
        await session.execute(
            select(reward.id, reward.no, reward.status, reward.enterprise_code, name.label("name"))
            .join(known_centre, known_centre.c.id == reward.centre_id)
            .where(reward.id == reward_id, or_(visible(principal), visible_to(principal), announced.exists()))
        )
    ).one_or_none()
    if row is None:
        raise not_found("financing-reward")
    own = principal.has(r.ENTERPRISE) and principal.org == row.enterprise_code
    return NoticeSubject(row.id, row.no, row.name or row.enterprise_code, row.status == states.REVIEWED, own)


router = APIRouter(
    prefix="/v1/financing-rewards/{reward_id}/notice", tags=["financing rewards"], route_class=ServiceRoute
)


@router.post("", status_code=201, responses=problem_responses(403, 404, 409, 412))
async def announce_reward(
    session: Session,
    runtime: RuntimeDep,
    caller: Officer,
    reward_id: UUID,
    response: Response,
    sent: Annotated[NoticeIn, Body()] = NoticeIn(),  # noqa: B008  # frozen
    if_match: IfMatch = None,
) -> NoticeOut:
    """An officer puts a reviewed reward on public notice."""
    step = Step(reward_id, caller, runtime.editions, if_match)
    case = await open_case(session, step, states.REVIEWED)
    day = day_of(step, sent.starts_on, not_before=case.reward.reviewed_on)
    notice = await open_notice(
        session,
        caller,
        case.edition,
        KIND,
        reward_id,
        clause=CLAUSE,
        starts_on=day,
        document_no=sent.document_no,
        amount=case.reward.requested,
    )
    set_etag(response, notice.version)
    return await shown_notice(session, caller, await find_announced(session, caller, reward_id), notice)


objections = notice_routes("/v1/financing-rewards", KIND, find_announced, officers=OFFICERS)
