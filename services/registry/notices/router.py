"""The notice of a case and its objections, mounted under each kind of case that is announced."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import OFFICERS, READ_ALL
from services.registry.notices import usecases
from services.registry.notices.models import NoticeObjection
from services.registry.notices.queries import find_notice, objections, sees_objectors, tally
from services.registry.notices.schemas import (
    AnswerObjection,
    NoticeOut,
    ObjectionFilter,
    ObjectionOut,
    RecordObjection,
)
from services.registry.notices.subjects import FindSubject
from services.registry.remarks.models import CaseRemark
from shared.auth.principal import Principal, require
from shared.auth.roles import PUBLIC
from shared.db import Session
from shared.errors import not_found
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

Anyone = Annotated[Principal, Depends(require(PUBLIC))]
Known = Annotated[Principal, Depends(require())]
Officer = Annotated[Principal, Depends(require(*OFFICERS))]

_STEP: Final = problem_responses(404, 409, 412)


def notice_routes(prefix: str, kind: str, find: FindSubject) -> APIRouter:
    """`GET …/{id}/notice` and its objections below `prefix` (`/v1/centres`); `kind` as notices are kept under."""
    router = APIRouter(prefix=f"{prefix}/{{subject_id}}/notice", tags=[kind], route_class=ServiceRoute)

    @router.get("", name=f"read_notice_of_{kind}", responses=problem_responses(404))
    async def read_notice(subject_id: UUID, session: Session, principal: Anyone, response: Response) -> NoticeOut:
        """The newest public notice of the case: its days, and how many objections there are."""
        subject = await find(session, principal, subject_id)
        notice = await find_notice(session, kind, subject_id)
        counted = await tally(session, notice.id)
        set_etag(response, notice.version)
        shown = {name: getattr(notice, name) for name in NoticeOut.model_fields if hasattr(notice, name)}
        leads = counted.leads if principal.has(*READ_ALL) else None
        told = {"objections": counted.signed, "unanswered": counted.unanswered, "leads": leads}
        case = {"no": subject.no, "name": subject.name, "announced": subject.announced}
        return NoticeOut.model_validate({**shown, **case, **told})

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
        page = await paginate(session, query, keys=[NoticeObjection.id], params=wanted, item=lambda found: found)
        return Page(items=await _shown(session, principal, page.items), next=page.next)

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
        return await _answer(session, principal, objection, response)

    @router.post("/objections", status_code=201, name=f"object_to_{kind}", responses=_STEP)
    async def record_objection(
        subject_id: UUID,
        body: RecordObjection,
        session: Session,
        principal: Known,
        runtime: RuntimeDep,
        response: Response,
    ) -> ObjectionOut:
        """Object, with one's name and reasons; officers enter papers, also unsigned ones."""
        editions = runtime.editions
        objection = await usecases.record_objection(session, editions, principal, kind, subject_id, find, body)
        return await _answer(session, principal, objection, response)

    @router.post("/objections/{objection_id}/answer", name=f"answer_objection_to_{kind}", responses=_STEP)
    async def answer_objection(
        subject_id: UUID,
        objection_id: UUID,
        body: AnswerObjection,
        session: Session,
        principal: Officer,
        response: Response,
        if_match: IfMatch = None,
    ) -> ObjectionOut:
        """Answer a signed objection; the case is not decided before."""
        await find(session, principal, subject_id)
        objection = await usecases.answer_objection(
            session, principal, kind, subject_id, objection_id, body, if_match=if_match
        )
        return await _answer(session, principal, objection, response)

    return router


async def _answer(
    session: AsyncSession, principal: Principal, objection: NoticeObjection, response: Response
) -> ObjectionOut:
    set_etag(response, objection.version)
    return (await _shown(session, principal, [objection]))[0]


async def _shown(session: AsyncSession, principal: Principal, found: Sequence[NoticeObjection]) -> list[ObjectionOut]:
    remarks = CaseRemark
    query = select(remarks.subject_id, remarks.step, remarks.text)
    rows = await session.execute(query.where(remarks.subject_id.in_([objection.id for objection in found])))
    texts = {(row.subject_id, row.step): row.text for row in rows}
    known = sees_objectors(principal)

    def shown(objection: NoticeObjection) -> ObjectionOut:
        named = known or objection.recorded_by == principal.account_id
        return ObjectionOut(
            id=objection.id,
            version=objection.version,
            notice_id=objection.notice_id,
            signed=objection.signed,
            signatory=objection.signatory if named else None,
            text=texts.get((objection.id, "objection")),
            received_on=objection.received_on,
            recorded_by=objection.recorded_by if named else None,
            outcome=objection.outcome,
            answer=texts.get((objection.id, "answer")),
            answered_by=objection.answered_by if named else None,
            answered_on=objection.answered_on,
        )

    return [shown(objection) for objection in found]
