"""What scoring again has changed: of one centre, and of a whole year."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.evaluation.access import BureauReader, ScoreReader
from services.evaluation.comparisons.queries import changed_scores, changes_of, shown_change
from services.evaluation.comparisons.schemas import ChangedFilter, ChangedScore, CompareQuery, ScoreChanges
from services.evaluation.cycles.queries import find_cycle
from services.evaluation.evaluations.models import Evaluation
from services.evaluation.evaluations.queries import find_concerned
from shared.db import Session
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute

router = APIRouter(prefix="/v1", route_class=ServiceRoute)


@router.get("/evaluations/{evaluation_id}/score-changes", tags=["evaluations"], responses=problem_responses(404, 409))
async def compare_sheets(
    evaluation_id: UUID, session: Session, principal: ScoreReader, wanted: Annotated[CompareQuery, Query()]
) -> ScoreChanges:
    """What changed from one score sheet to another, indicator by indicator, and why."""
    evaluation = await find_concerned(session, principal, evaluation_id)
    return await changes_of(session, evaluation.id, wanted)


@router.get("/evaluation-cycles/{cycle_id}/score-changes", tags=["evaluation-cycles"], responses=problem_responses(404))
async def list_changed_scores(
    cycle_id: UUID, session: Session, _: BureauReader, wanted: Annotated[ChangedFilter, Query()]
) -> Page[ChangedScore]:
    """Centres whose score the last scoring changed."""
    cycle = await find_cycle(session, cycle_id)
    query = changed_scores(cycle.id, wanted)
    return await paginate(session, query, keys=[Evaluation.id], params=wanted, item=shown_change)
