"""The public notice of an admission: put up after the review; while one hangs, the admission waits for it (4.3-2)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Body, Response
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.access import ScienceOfficer, provider_code_of
from services.vouchers.notices.models import PublicNotice
from services.vouchers.notices.router import notice_routes
from services.vouchers.notices.subjects import NoticeSubject
from services.vouchers.notices.usecases import open_notice, require_notice_over, shown_notice
from services.vouchers.policy import require_not_before
from services.vouchers.providers.admission import decide_for
from services.vouchers.providers.models import Provider
from services.vouchers.providers.queries import lock, visible_to
from services.vouchers.providers.rules import REVIEWED
from shared.auth import roles as r
from shared.auth.principal import Principal
from shared.clock import effective_date
from shared.db import Session
from shared.errors import invalid_transition, not_found
from shared.http.etag import IfMatch, honour_match, set_etag
from shared.http.notices import NoticeIn, NoticeOut
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.policy.decision import Decision
from shared.policy.edition import Edition
from shared.refusals import require_passed
from shared.runtime import RuntimeDep

KIND: Final = "providers"
CLAUSE: Final = "4.3-2"
OFFICERS: Final = (r.SCIENCE_OFFICER, r.SCIENCE_APPROVER)


async def find_announced(session: AsyncSession, principal: Principal, provider_id: UUID) -> NoticeSubject:
    """An application as its notice shows it: to everybody once it was announced, before that to who may see it."""
    hung = select(PublicNotice.id).where(PublicNotice.subject_kind == KIND, PublicNotice.subject_id == Provider.id)
    query = select(Provider.id, Provider.no, Provider.name, Provider.status, Provider.code)
    query = query.where(Provider.id == provider_id, or_(visible_to(principal), hung.exists()))
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise not_found("provider")
    own = provider_code_of(principal) == row.code
    return NoticeSubject(row.id, row.no, row.name, row.status == REVIEWED, own, principal.has(*OFFICERS))


async def require_admission_notice_over(
    session: AsyncSession, edition: Edition, provider: Provider, day: date
) -> Decision:
    """That the provider may be admitted on `day`. Raises as `require_notice_over`."""
    required = edition.vouchers.providers.notice_required.value
    return await require_notice_over(session, edition, KIND, provider.id, day, clause=CLAUSE, required=required)


router = APIRouter(prefix="/v1/providers/{provider_id}/notice", tags=["providers"], route_class=ServiceRoute)


@router.post("", status_code=201, responses=problem_responses(403, 404, 409, 412))
async def announce_provider(
    provider_id: UUID,
    session: Session,
    runtime: RuntimeDep,
    principal: ScienceOfficer,
    response: Response,
    sent: Annotated[NoticeIn, Body()] = NoticeIn(),  # noqa: B008  # frozen
    if_match: IfMatch = None,
) -> NoticeOut:
    """Put a reviewed application on public notice; its admission waits until the notice is over."""
    provider = await lock(session, provider_id)
    honour_match(if_match, provider.version)
    if provider.status != REVIEWED:
        raise invalid_transition(provider.status, [REVIEWED])
    day = effective_date(principal, sent.starts_on)
    require_not_before(provider.reviewed_on or provider.applied_on, day)
    edition = runtime.editions.get(provider.edition)
    require_passed(await decide_for(session, edition, provider, day))
    notice = await open_notice(
        session, principal, edition, KIND, provider.id, clause=CLAUSE, starts_on=day, document_no=sent.document_no
    )
    set_etag(response, notice.version)
    return await shown_notice(session, principal, await find_announced(session, principal, provider.id), notice)


objections = notice_routes("/v1/providers", KIND, find_announced, officers=OFFICERS)
