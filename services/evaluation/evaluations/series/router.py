"""`/v1/evaluations/series`: a centre's results over the years (2.3-3)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from services.evaluation.access import Anyone
from services.evaluation.evaluations.series.queries import series_of
from services.evaluation.evaluations.series.schemas import Series, SeriesFilter
from shared.db import Session
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute

router = APIRouter(prefix="/v1/evaluations/series", tags=["evaluations"], route_class=ServiceRoute)


@router.get("", responses=problem_responses(404))
async def read_series(session: Session, principal: Anyone, wanted: Annotated[SeriesFilter, Query()]) -> Series:
    """Scores and grades year by year; for those concerned each dimension and indicator with its difference."""
    return await series_of(session, principal, wanted.centre_id)
