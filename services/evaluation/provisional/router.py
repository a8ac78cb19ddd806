"""`/v1/evaluations/provisional`: the coming evaluation on the data so far (2.3-2)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from services.evaluation.access import CaseReader
from services.evaluation.provisional.queries import provisional_score
from services.evaluation.provisional.schemas import ProvisionalFilter, ProvisionalOut
from shared.db import Session
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/evaluations/provisional", tags=["evaluations"], route_class=ServiceRoute)


@router.get("", responses=problem_responses(404, 409))
async def read_provisional_score(
    session: Session, principal: CaseReader, runtime: RuntimeDep, wanted: Annotated[ProvisionalFilter, Query()]
) -> ProvisionalOut:
    """Would the centre pass? Score, formulas, what is missing, the cheapest points to gain; stored nowhere."""
    return await provisional_score(session, principal, runtime.editions, wanted)
