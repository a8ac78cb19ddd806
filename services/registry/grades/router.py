"""`/v1/centres/{id}/grades`."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from services.registry.centres.queries import find_visible
from services.registry.grades.models import known_grade
from services.registry.grades.queries import grades_of
from services.registry.grades.schemas import GradeFilter, GradeOut
from shared.auth.principal import Principal, require
from shared.auth.roles import PUBLIC
from shared.db import Session
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute

router = APIRouter(prefix="/v1/centres/{centre_id}", tags=["centres"], route_class=ServiceRoute)

Anyone = Annotated[Principal, Depends(require(PUBLIC))]


@router.get("/grades", responses=problem_responses(404))
async def list_grades(
    centre_id: UUID, session: Session, principal: Anyone, wanted: Annotated[GradeFilter, Query()]
) -> Page[GradeOut]:
    """The centre's published yearly results, the latest first (2.3-3)."""
    await find_visible(session, principal, centre_id)
    query = grades_of(centre_id)
    if wanted.year is not None:
        query = query.where(known_grade.c.year == wanted.year)
    if wanted.grade is not None:
        query = query.where(known_grade.c.grade == wanted.grade)
    keys = [known_grade.c.year.desc(), known_grade.c.id.desc()]
    return await paginate(session, query, keys=keys, params=wanted, item=GradeOut.model_validate)
