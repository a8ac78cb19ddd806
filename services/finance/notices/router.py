"""The notice of a case and its objections, mounted under each kind of case that is announced."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from services.finance.notices import usecases
from services.finance.notices.models import NoticeObjection
from services.finance.notices.queries import find_notice, objections, sees_objectors
from services.finance.notices.subjects import FindSubject
from shared.auth.principal import Principal, require
from shared.auth.roles import PUBLIC
from shared.errors import not_found
from shared.http.etag import IfMatch, set_etag
from shared.http.notices import NoticeOut, ObjectionAnswer, ObjectionFilter, ObjectionIn, ObjectionOut
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute, Session
from shared.runtime import RuntimeDep

Anyone = Annotated[Principal, Depends(require(PUBLIC))]
Known = Annotated[Principal, Depends(require())]

_STEP: Final = problem_responses(403, 404, 409, 412)


def notice_routes(prefix: str, kind: str, find: FindSubject, *, officers: Sequence[str]) -> APIRouter:
    """`GET …/{id}/notice` and its objections below `prefix` (`/v1/grants`); `kind` as notices are kept under, and
    `officers` the roles that enter objections on paper and answer them. Announcing is the programme's own endpoint."""
    router = APIRouter(prefix=f"{prefix}/{{subject_id}}/notice", tags=[kind], route_class=ServiceRoute)
    _mount_reading(router, kind, find)
    _mount_objecting(router, kind, find, officers)
    return router


def _mount_reading(router: APIRouter, kind: str, find: FindSubject) -> None:
    @router.get("", name=f"read_notice_of_{kind}", responses=problem_responses(404))
    async def read_notice(subject_id: UUID, session: Session, principal: Anyone, response: Response) -> NoticeOut:
        """The newest public notice of the case: its days, and how many objections there are."""
        subject = await find(session, principal, subject_id)
        notice = await find_notice(session, kind, subject_id)
        set_etag(response, notice.version)
        return await usecases.shown_notice(session, principal, subject, notice)

    @router.get("/objections", name=f"list_objections_to_{kind}", responses=problem_responses(404))
    async def list_objections(
        subject_id: UUID, session: Session, principal: Known, wanted: Annotated[ObjectionFilter, Query()]
    ) -> Page[ObjectionOut]:
        """All objections for the bureaus, the signed ones without their signatory for the applicant, one's own for
        others."""
        subject = await find(session, principal, subject_id)
        notice = await find_notice(session, kind, subject_id)
        query = objections(principal, notice.id, own_case=subject.own)
        if wanted.signed is not None:
            query = query.where(NoticeObjection.signed.is_(wanted.signed))
        if wanted.outcome is not None:
            query = query.where(NoticeObjection.outcome == wanted.outcome)
        keys = [NoticeObjection.id]
        return await paginate(session, query, keys=keys, params=wanted, item=lambda found: shown_to(principal, found))

    @router.get("/objections/{objection_id}", name=f"read_objection_to_{kind}", responses=problem_responses(404))
    async def read_objection(
        subject_id: UUID, objection_id: UUID, session: Session, principal: Known, response: Response
    ) -> ObjectionOut:
        """One objection to the newest notice, as the list shows it."""
        subject = await find(session, principal, subject_id)
        notice = await find_notice(session, kind, subject_id)
        query = objections(principal, notice.id, own_case=subject.own).where(NoticeObjection.id == objection_id)
        objection = await session.scalar(query)
        if objection is None:
            raise not_found("objection")
        set_etag(response, objection.version)
        return shown_to(principal, objection)


def _mount_objecting(router: APIRouter, kind: str, find: FindSubject, officers: Sequence[str]) -> None:
    answering = require(*officers)

    @router.post("/objections", status_code=201, name=f"object_to_{kind}", responses=_STEP)
    async def record_objection(
        subject_id: UUID,
        sent: ObjectionIn,
        session: Session,
        principal: Known,
        runtime: RuntimeDep,
        response: Response,
    ) -> ObjectionOut:
        """Object, with one's name and reasons; officers enter papers, also unsigned ones."""
        by_officer = principal.has(*officers)
        objection = await usecases.record_objection(
            session, runtime.editions, principal, kind, subject_id, find, sent, by_officer=by_officer
        )
        set_etag(response, objection.version)
        return shown_to(principal, objection)

    @router.post("/objections/{objection_id}/answer", name=f"answer_objection_to_{kind}", responses=_STEP)
    async def answer_objection(
        subject_id: UUID,
        objection_id: UUID,
        sent: ObjectionAnswer,
        session: Session,
        response: Response,
        if_match: IfMatch = None,
        principal: Principal = Depends(answering),
    ) -> ObjectionOut:
        """Answer a signed objection; the case is not decided before."""
        await find(session, principal, subject_id)
        objection = await usecases.answer_objection(
            session, principal, kind, subject_id, objection_id, sent, if_match=if_match
        )
        set_etag(response, objection.version)
        return shown_to(principal, objection)


def shown_to(principal: Principal, objection: NoticeObjection) -> ObjectionOut:
    """The objection without who raised and answered it, for those who must not know."""
    shown = ObjectionOut.model_validate(objection)
    if sees_objectors(principal) or objection.recorded_by == principal.account_id:
        return shown
    return shown.model_copy(update={"signatory": None, "recorded_by": None, "answered_by": None})
