"""`/v1/evaluation-cycles/notices` and `…/{id}/notice`: preliminary results on public notice, for everybody (2.3-4)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.requests import Request

from services.evaluation.access import Anyone
from services.evaluation.cycles.models import EvaluationCycle
from services.evaluation.cycles.notice_schemas import Notice, NoticeFilter, NoticeOut
from services.evaluation.cycles.notices import find_noticed, notice_of, notices, shown_notice
from shared.db import Session
from shared.http.paging import Page, PageParams, SortKey, paginate
from shared.http.problems import Problems, problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/evaluation-cycles", tags=["evaluation-cycles"], route_class=ServiceRoute)


@router.get("/notices")
async def list_notices(
    session: Session, _: Anyone, runtime: RuntimeDep, wanted: Annotated[NoticeFilter, Query()]
) -> Page[NoticeOut]:
    """Years that are or were on public notice, the newest first."""

    def item(cycle: EvaluationCycle) -> NoticeOut:
        return shown_notice(cycle, runtime.editions.get(cycle.edition))

    keys: list[SortKey] = [EvaluationCycle.year.desc(), EvaluationCycle.id.desc()]
    return await paginate(session, notices(wanted), keys=keys, params=wanted, item=item)


@router.get("/{cycle_id}/notice", responses=problem_responses(404))
async def read_notice(
    cycle_id: UUID,
    request: Request,
    session: Session,
    _: Anyone,
    runtime: RuntimeDep,
    wanted: Annotated[PageParams, Query()],
) -> Notice:
    """The public notice (公示) of an announced year: its centres with their grades, and how to object."""
    cycle = await find_noticed(session, cycle_id)
    problems: Problems = request.app.state.problems
    return await notice_of(session, cycle, runtime.editions.get(cycle.edition), problems.messages, wanted)
