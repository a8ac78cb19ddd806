"""`/v1/rubrics`: what centres are evaluated by (2.3-2)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from services.evaluation.access import Anyone
from services.evaluation.rubrics.schemas import RubricFilter, RubricList, RubricOut
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/rubrics", tags=["rubrics"], route_class=ServiceRoute)


@router.get("")
async def list_rubrics(_: Anyone, runtime: RuntimeDep, wanted: Annotated[RubricFilter, Query()]) -> RubricList:
    """Rubrics of all editions, with the form fields and sources of each indicator."""
    editions = list(runtime.editions)
    if wanted.edition is not None:
        editions = [edition for edition in editions if edition.id == wanted.edition]
    if wanted.year is not None:
        pinned = runtime.editions.for_evaluation_year(wanted.year)
        editions = [edition for edition in editions if edition.id == pinned.id]
    return RubricList(items=[RubricOut.of(edition) for edition in editions])
