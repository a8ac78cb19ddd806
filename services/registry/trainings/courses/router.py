"""`/v1/trainings`: courses."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query, Response
from sqlalchemy import ColumnElement, Row, and_, or_, select, true

from services.registry.remarks.usecases import latest_remark
from services.registry.steps import CaseStep
from services.registry.trainings import rules
from services.registry.trainings.courses import usecases
from services.registry.trainings.courses.schemas import (
    AmendCourse,
    CloseCourse,
    CourseFilter,
    DraftCourse,
    PublicTrainingOut,
    PublishCourse,
    TrainingOut,
)
from services.registry.trainings.models import TrainingCourse
from services.registry.trainings.scopes import DECIDERS, LEADS, find_course, reads_course
from shared.auth.principal import Principal, require
from shared.auth.roles import CENTRE_OPERATOR, PUBLIC
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, both_ways, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/trainings", tags=["trainings"], route_class=ServiceRoute)

Anyone = Annotated[Principal, Depends(require(PUBLIC))]
Keeper = Annotated[Principal, Depends(require(CENTRE_OPERATOR, *LEADS))]
Decider = Annotated[Principal, Depends(require(*DECIDERS))]

ORDERS: Final = both_ways({"drafted": (TrainingCourse.id,)})
_STEP = problem_responses(404, 409, 412)


@router.get("")
async def list_courses(
    session: Session, principal: Anyone, wanted: Annotated[CourseFilter, Query()]
) -> Page[TrainingOut | PublicTrainingOut]:
    """Published courses for everybody; one's own in every state."""
    whole = reads_course(principal)
    query = select(TrainingCourse, whole.label("whole")).where(
        or_(whole, TrainingCourse.status.in_(rules.OPEN_TO_ALL)), _matching(wanted)
    )
    return await paginate(session, query, keys=ORDERS[wanted.sort], params=wanted, item=_shown)


@router.get("/{course_id}", responses=problem_responses(404))
async def read_course(
    course_id: UUID, session: Session, principal: Anyone, response: Response
) -> TrainingOut | PublicTrainingOut:
    """One course."""
    row = await find_course(session, principal, course_id)
    set_etag(response, row[0].version)
    answer = _shown(row)
    if isinstance(answer, TrainingOut):
        return answer.model_copy(update={"remark": await latest_remark(session, course_id)})
    return answer


@router.post("", status_code=201, responses=problem_responses(404))
async def draft_course(body: DraftCourse, session: Session, principal: Keeper, response: Response) -> TrainingOut:
    """Draft a course."""
    course = await usecases.draft_course(session, principal, body)
    response.headers["Location"] = f"/v1/trainings/{course.id}"
    return _answer(course, response)


@router.patch("/{course_id}", responses=problem_responses(404, 409, 412, 428))
async def amend_course(
    course_id: UUID,
    body: AmendCourse,
    session: Session,
    principal: Keeper,
    response: Response,
    if_match: IfMatch = None,
) -> TrainingOut:
    """Change a draft."""
    return _answer(await usecases.amend_course(session, principal, course_id, body, if_match=if_match), response)


@router.post("/{course_id}/publish", responses=_STEP)
async def publish_course(
    course_id: UUID,
    session: Session,
    principal: Decider,
    response: Response,
    body: Annotated[PublishCourse, Body(default_factory=PublishCourse)],
    if_match: IfMatch = None,
) -> TrainingOut:
    """Make it public: sessions may be planned."""
    step = CaseStep(on=body.published_on, if_match=if_match)
    return _answer(await usecases.publish_course(session, principal, course_id, step), response)


@router.post("/{course_id}/close", responses=_STEP)
async def close_course(
    course_id: UUID,
    body: CloseCourse,
    session: Session,
    principal: Keeper,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> TrainingOut:
    """Hold no more sessions of it."""
    step = CaseStep(on=body.closed_on, reason_code=body.reason_code, remark=body.remark, if_match=if_match)
    course = await usecases.close_course(session, runtime.editions, principal, course_id, step)
    return _answer(course, response)


def _matching(wanted: CourseFilter) -> ColumnElement[bool]:
    course = TrainingCourse
    exact = {
        course.no: wanted.no,
        course.audience: wanted.audience,
        course.status: wanted.status,
        course.centre_id: wanted.centre_id,
    }
    conditions: list[ColumnElement[bool]] = [column == value for column, value in exact.items() if value is not None]
    if wanted.title:
        conditions.append(course.title.icontains(wanted.title, autoescape=True))
    return and_(true(), *conditions)


def _shown(row: Row[TrainingCourse, bool]) -> TrainingOut | PublicTrainingOut:
    return (TrainingOut if row[1] else PublicTrainingOut).model_validate(row[0])


def _answer(course: TrainingCourse, response: Response) -> TrainingOut:
    set_etag(response, course.version)
    return TrainingOut.model_validate(course)
