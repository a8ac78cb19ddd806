"""`/v1/qualifications`: the public register of titles, and what happens to one in force or ended."""

from __future__ import annotations

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query, Response

from services.registry.access import APPROVERS, DIVISION_ROLES, OFFICERS, READ_ALL
from services.registry.days import require_begun
from services.registry.history.queries import AsOf, state_on
from services.registry.history.schemas import StateAsOf
from services.registry.qualifications import expiry, measures, plaques, usecases
from services.registry.qualifications.applications import answer
from services.registry.qualifications.models import Qualification, TitleMeasure
from services.registry.qualifications.queries import (
    PUBLIC_VIEW,
    applications,
    find,
    matching,
    measures as measures_of,
    titles,
)
from services.registry.qualifications.rules import MeasureKind
from services.registry.qualifications.schemas import (
    ApplicationOut,
    DecideMeasure,
    DeclineMeasure,
    ExpiredOut,
    MeasureFilter,
    MeasureOut,
    ProposeMeasure,
    ProposeRenewal,
    ProposeRevocation,
    QualificationFilter,
    QualificationOut,
    RecordPlaque,
    ReturnPlaque,
    RevokeTitle,
)
from services.registry.steps import CaseStep
from shared.auth.principal import Principal, require
from shared.auth.roles import CENTRE_OPERATOR, PUBLIC
from shared.db import Session
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/qualifications", tags=["qualifications"], route_class=ServiceRoute)

Anyone = Annotated[Principal, Depends(require(PUBLIC))]
Reader = Annotated[Principal, Depends(require(CENTRE_OPERATOR, *DIVISION_ROLES, *READ_ALL))]
Holder = Annotated[Principal, Depends(require(CENTRE_OPERATOR, *OFFICERS))]
Officer = Annotated[Principal, Depends(require(*OFFICERS))]
Approver = Annotated[Principal, Depends(require(*APPROVERS))]

_STEP = problem_responses(404, 409, 412)


@router.get("")
async def list_titles(
    session: Session, principal: Anyone, wanted: Annotated[QualificationFilter, Query()]
) -> Page[QualificationOut]:
    """The public register of titles, revoked and expired ones included."""
    require_begun(principal, wanted.on)
    query = titles().where(matching(wanted, principal.today))

    def item(title: Qualification) -> QualificationOut:
        return QualificationOut.of(title, principal.today)

    return await paginate(session, query, keys=[Qualification.id], params=wanted, item=item)


@router.post("/expire")
async def expire_titles(session: Session, principal: Officer, runtime: RuntimeDep) -> ExpiredOut:
    """Record the titles that have run out before today, at most 500 at a time; ask again until there are none."""
    context_on = partial(EventContext.of, principal)
    expired = await expiry.expire_due(session, runtime.editions, principal.today, context_on)
    return ExpiredOut(expired=len(expired), qualification_ids=[title.id for title in expired])


@router.get("/{qualification_id}", responses=problem_responses(404))
async def read_title(
    qualification_id: UUID, session: Session, principal: Anyone, response: Response, as_of: AsOf = None
) -> QualificationOut | StateAsOf:
    """One title, now or on a day."""
    title = await find(session, titles(), "qualification", qualification_id)
    if as_of is not None:
        return await state_on(session, principal, rc.QUALIFICATION, qualification_id, as_of, public=PUBLIC_VIEW)
    set_etag(response, title.version)
    return QualificationOut.of(title, principal.today)


@router.get("/{qualification_id}/measures", responses=problem_responses(404))
async def list_measures(
    qualification_id: UUID, session: Session, principal: Reader, wanted: Annotated[MeasureFilter, Query()]
) -> Page[MeasureOut]:
    """Its suspensions, resumptions and renewals, for those who read its case."""
    await find(session, applications(principal), "qualification", qualification_id)
    query = measures_of(principal, qualification_id, wanted)
    return await paginate(session, query, keys=[TitleMeasure.id], params=wanted, item=MeasureOut.model_validate)


@router.post("/{qualification_id}/propose-revocation", responses=_STEP)
async def propose_revocation(
    qualification_id: UUID,
    body: ProposeRevocation,
    session: Session,
    principal: Officer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> ApplicationOut:
    """Propose to revoke a title in force."""
    step = CaseStep(on=body.proposed_on, reason_code=body.reason_code, remark=body.remark, if_match=if_match)
    title = await usecases.propose_revocation(session, runtime.editions, principal, qualification_id, step)
    return answer(title, principal, response)


@router.post("/{qualification_id}/revoke", responses=_STEP)
async def revoke_title(
    qualification_id: UUID,
    body: RevokeTitle,
    session: Session,
    principal: Approver,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> ApplicationOut:
    """Revoke a title, on another person's proposal."""
    step = CaseStep(on=body.decided_on, document_no=body.document_no, if_match=if_match)
    title = await usecases.revoke_title(session, runtime.editions, principal, qualification_id, step)
    return answer(title, principal, response)


@router.post("/{qualification_id}/propose-suspension", responses=_STEP)
async def propose_suspension(
    qualification_id: UUID,
    body: ProposeMeasure,
    session: Session,
    principal: Officer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> ApplicationOut:
    """Propose to suspend a title."""
    step = CaseStep(on=body.proposed_on, reason_code=body.reason_code, remark=body.remark, if_match=if_match)
    editions = runtime.editions
    title = await measures.propose_measure(session, editions, principal, qualification_id, "suspension", step)
    return answer(title, principal, response)


@router.post("/{qualification_id}/suspend", responses=_STEP)
async def suspend_title(
    qualification_id: UUID,
    body: DecideMeasure,
    session: Session,
    principal: Approver,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> ApplicationOut:
    """Suspend a title, on another person's proposal."""
    step = CaseStep(on=body.decided_on, document_no=body.document_no, if_match=if_match)
    title = await measures.decide_measure(session, runtime.editions, principal, qualification_id, "suspension", step)
    return answer(title, principal, response)


@router.post("/{qualification_id}/propose-resumption", responses=_STEP)
async def propose_resumption(
    qualification_id: UUID,
    body: ProposeMeasure,
    session: Session,
    principal: Officer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> ApplicationOut:
    """Propose that a suspended title is active again."""
    step = CaseStep(on=body.proposed_on, reason_code=body.reason_code, remark=body.remark, if_match=if_match)
    editions = runtime.editions
    title = await measures.propose_measure(session, editions, principal, qualification_id, "resumption", step)
    return answer(title, principal, response)


@router.post("/{qualification_id}/resume", responses=_STEP)
async def resume_title(
    qualification_id: UUID,
    body: DecideMeasure,
    session: Session,
    principal: Approver,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> ApplicationOut:
    """Resume a suspended title, on another person's proposal."""
    step = CaseStep(on=body.decided_on, document_no=body.document_no, if_match=if_match)
    title = await measures.decide_measure(session, runtime.editions, principal, qualification_id, "resumption", step)
    return answer(title, principal, response)


@router.post("/{qualification_id}/propose-renewal", responses=_STEP)
async def propose_renewal(
    qualification_id: UUID,
    session: Session,
    principal: Holder,
    runtime: RuntimeDep,
    response: Response,
    body: Annotated[ProposeRenewal, Body(default_factory=ProposeRenewal)],
    if_match: IfMatch = None,
) -> ApplicationOut:
    """Ask for a title with a term to run on."""
    step = CaseStep(on=body.proposed_on, remark=body.remark, if_match=if_match)
    editions = runtime.editions
    title = await measures.propose_measure(session, editions, principal, qualification_id, "renewal", step)
    return answer(title, principal, response)


@router.post("/{qualification_id}/renew", responses=_STEP)
async def renew_title(
    qualification_id: UUID,
    body: DecideMeasure,
    session: Session,
    principal: Approver,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> ApplicationOut:
    """Let a title run on for another term."""
    step = CaseStep(on=body.decided_on, document_no=body.document_no, if_match=if_match)
    title = await measures.decide_measure(session, runtime.editions, principal, qualification_id, "renewal", step)
    return answer(title, principal, response)


@router.post("/{qualification_id}/measures/{kind}/decline", responses=_STEP)
async def decline_measure(
    qualification_id: UUID,
    kind: MeasureKind,
    body: DeclineMeasure,
    session: Session,
    principal: Approver,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> ApplicationOut:
    """Do not follow a proposal."""
    step = CaseStep(on=body.decided_on, reason_code=body.reason_code, remark=body.remark, if_match=if_match)
    title = await measures.decline_measure(session, runtime.editions, principal, qualification_id, kind, step)
    return answer(title, principal, response)


@router.post("/{qualification_id}/record-plaque", responses=_STEP)
async def record_plaque(
    qualification_id: UUID,
    body: RecordPlaque,
    session: Session,
    principal: Officer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> ApplicationOut:
    """Record the plaque that a title from before has, so that it is called back at the title's end."""
    step = CaseStep(on=body.recorded_on, if_match=if_match)
    title = await plaques.record_plaque(session, runtime.editions, principal, qualification_id, body.plaque_no, step)
    return answer(title, principal, response)


@router.post("/{qualification_id}/return-plaque", responses=_STEP)
async def return_plaque(
    qualification_id: UUID,
    session: Session,
    principal: Officer,
    response: Response,
    body: Annotated[ReturnPlaque, Body(default_factory=ReturnPlaque)],
    if_match: IfMatch = None,
) -> ApplicationOut:
    """Record that the plaque of an ended title came back."""
    step = CaseStep(on=body.returned_on, if_match=if_match)
    title = await plaques.return_plaque(session, principal, qualification_id, step)
    return answer(title, principal, response)
