"""`/v1/mentors`."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import DIVISION_ROLES, READ_ALL
from services.registry.days import require_begun
from services.registry.mentors import appointments, coverage, exports, links
from services.registry.mentors.models import Mentor, MentorLink, MentorTerm
from services.registry.mentors.queries import (
    DECIDERS,
    KEEPERS,
    LINKERS,
    ORDERS,
    centres_of,
    find_visible,
    find_whole,
    matching,
    open_term,
    shown,
    visible,
)
from services.registry.mentors.schemas import (
    AmendMentor,
    AppointMentor,
    AsOfFilter,
    EndMentor,
    LinkCentre,
    LinkFilter,
    LoadFilter,
    MentorCountersOut,
    MentorFilter,
    MentorLinkOut,
    MentorLoadOut,
    MentorOut,
    MentorTermOut,
    ProposeMentor,
    PublicMentorOut,
    ReappointMentor,
    RefuseMentor,
    UncoveredCentreOut,
    UncoveredFilter,
    UnlinkCentre,
)
from services.registry.persons.exporting import EXPORTERS, ExportPersons
from services.registry.persons.numbers import Keys, MaybeKeys
from services.registry.persons.showing import NotReplayed
from services.registry.remarks.usecases import latest_remark
from shared.auth.principal import Principal, require
from shared.auth.roles import CENTRE_OPERATOR, MENTOR, PUBLIC
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, PageParams, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/mentors", tags=["mentors"], route_class=ServiceRoute)

Anyone = Annotated[Principal, Depends(require(PUBLIC))]
Keeper = Annotated[Principal, Depends(require(*KEEPERS))]
Amender = Annotated[Principal, Depends(require(MENTOR, *KEEPERS))]
Decider = Annotated[Principal, Depends(require(*DECIDERS))]
Oneself = Annotated[Principal, Depends(require(MENTOR))]
Whole = Annotated[Principal, Depends(require(MENTOR, CENTRE_OPERATOR, *READ_ALL))]
Counter = Annotated[Principal, Depends(require(*DIVISION_ROLES, *READ_ALL))]
Loaded = Annotated[Principal, Depends(require(MENTOR, *READ_ALL))]
Linker = Annotated[Principal, Depends(require(*LINKERS))]
Unlinker = Annotated[Principal, Depends(require(MENTOR, *LINKERS))]
Exporter = Annotated[Principal, Depends(require(*EXPORTERS))]

_STEP = problem_responses(403, 404, 409, 412)


@router.get("")
async def list_mentors(
    session: Session, principal: Anyone, wanted: Annotated[MentorFilter, Query()]
) -> Page[MentorOut | PublicMentorOut]:
    """The mentors who agreed to be shown; all of them for the bureaus."""
    require_begun(principal, wanted.on)
    query = visible(principal).where(matching(principal, wanted))
    return await paginate(session, query, keys=ORDERS[wanted.sort], params=wanted, item=shown)


@router.get("/counters")
async def count_mentors(
    session: Session, principal: Counter, runtime: RuntimeDep, wanted: Annotated[AsOfFilter, Query()]
) -> MentorCountersOut:
    """The team of 50 and the centres that have a mentor, on a day."""
    return await coverage.counters(session, runtime.editions, principal, wanted)


@router.get("/uncovered-centres")
async def list_uncovered(
    session: Session, principal: Counter, wanted: Annotated[UncoveredFilter, Query()]
) -> Page[UncoveredCentreOut]:
    """Listed centres without a mentor, on a day."""
    return await coverage.uncovered(session, principal, wanted)


@router.get("/loads")
async def list_loads(
    session: Session, principal: Loaded, wanted: Annotated[LoadFilter, Query()]
) -> Page[MentorLoadOut]:
    """What each mentor had to do in a period."""
    return await coverage.loads(session, principal, wanted)


@router.post(
    "/export",
    response_class=Response,
    responses={**problem_responses(409, 503), 200: {"content": {"application/octet-stream": {}}}},
)
async def export_mentors(
    body: ExportPersons, session: Session, principal: Exporter, runtime: RuntimeDep, keys: Keys, _: NotReplayed
) -> Response:
    """Names and contacts of the appointed mentors, for a reason that is kept."""
    return await exports.export_mentors(session, runtime.editions, keys, principal, body)


@router.get("/{mentor_id}", responses=problem_responses(404))
async def read_mentor(
    mentor_id: UUID, session: Session, principal: Anyone, response: Response
) -> MentorOut | PublicMentorOut:
    """One mentor, as the caller may see it."""
    return await _seen(session, principal, mentor_id, response)


@router.post("", status_code=201, responses=problem_responses(404, 409, 503))
async def propose_mentor(
    body: ProposeMentor,
    session: Session,
    principal: Keeper,
    runtime: RuntimeDep,
    keys: MaybeKeys,
    _: NotReplayed,
    response: Response,
) -> MentorOut:
    """Propose somebody for a term."""
    mentor = await appointments.propose_mentor(session, runtime, keys, principal, body)
    response.headers["Location"] = f"/v1/mentors/{mentor.id}"
    return await _whole(session, principal, mentor, response)


@router.patch("/{mentor_id}", responses=problem_responses(403, 404, 412, 428))
async def amend_mentor(
    mentor_id: UUID,
    body: AmendMentor,
    session: Session,
    principal: Amender,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> MentorOut:
    """Correct what is said about the mentor."""
    mentor = await appointments.amend_mentor(session, runtime.editions, principal, mentor_id, body, if_match=if_match)
    return await _whole(session, principal, mentor, response)


@router.post("/{mentor_id}/reappoint", responses=_STEP)
async def reappoint_mentor(
    mentor_id: UUID,
    session: Session,
    principal: Keeper,
    runtime: RuntimeDep,
    response: Response,
    body: Annotated[ReappointMentor, Body(default_factory=ReappointMentor)],
    if_match: IfMatch = None,
) -> MentorOut:
    """Propose another term."""
    step = appointments.reappoint_mentor
    mentor = await step(session, runtime.editions, principal, mentor_id, body, if_match=if_match)
    return await _whole(session, principal, mentor, response)


@router.post("/{mentor_id}/appoint", responses=_STEP)
async def appoint_mentor(
    mentor_id: UUID,
    body: AppointMentor,
    session: Session,
    principal: Decider,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> MentorOut:
    """Appoint for the term that was proposed; not by whoever proposed it."""
    step = appointments.appoint_mentor
    mentor = await step(session, runtime.editions, principal, mentor_id, body, if_match=if_match)
    return await _whole(session, principal, mentor, response)


@router.post("/{mentor_id}/refuse", responses=_STEP)
async def refuse_mentor(
    mentor_id: UUID,
    body: RefuseMentor,
    session: Session,
    principal: Decider,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> MentorOut:
    """Refuse the term that was proposed."""
    step = appointments.refuse_mentor
    mentor = await step(session, runtime.editions, principal, mentor_id, body, if_match=if_match)
    return await _whole(session, principal, mentor, response)


@router.post("/{mentor_id}/end", responses=_STEP)
async def end_mentor(
    mentor_id: UUID,
    body: EndMentor,
    session: Session,
    principal: Decider,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> MentorOut:
    """End the appointment before its time."""
    mentor = await appointments.end_mentor(session, runtime.editions, principal, mentor_id, body, if_match=if_match)
    return await _whole(session, principal, mentor, response)


@router.post("/{mentor_id}/resign", responses=_STEP)
async def resign(
    mentor_id: UUID, session: Session, principal: Oneself, response: Response, if_match: IfMatch = None
) -> MentorOut:
    """Leave as a mentor, from tomorrow on."""
    mentor = await appointments.resign(session, principal, mentor_id, if_match=if_match)
    return await _whole(session, principal, mentor, response)


@router.get("/{mentor_id}/terms", responses=problem_responses(404))
async def list_terms(
    mentor_id: UUID, session: Session, principal: Whole, wanted: Annotated[PageParams, Query()]
) -> Page[MentorTermOut]:
    """The appointments, proposed and decided."""
    await find_whole(session, principal, mentor_id)
    query = select(MentorTerm).where(MentorTerm.mentor_id == mentor_id)
    return await paginate(session, query, keys=[MentorTerm.id], params=wanted, item=MentorTermOut.model_validate)


@router.get("/{mentor_id}/centres", responses=problem_responses(404))
async def list_centres(
    mentor_id: UUID, session: Session, principal: Whole, wanted: Annotated[LinkFilter, Query()]
) -> Page[MentorLinkOut]:
    """The centres that the mentor works and worked with."""
    await find_whole(session, principal, mentor_id)
    require_begun(principal, wanted.on)
    query = select(MentorLink).where(links.links_of(mentor_id, principal, wanted))
    return await paginate(session, query, keys=[MentorLink.id], params=wanted, item=MentorLinkOut.model_validate)


@router.post("/{mentor_id}/centres", status_code=201, responses=problem_responses(404, 409))
async def link_centre(
    mentor_id: UUID, body: LinkCentre, session: Session, principal: Linker, response: Response
) -> MentorLinkOut:
    """The mentor works with a centre from now on."""
    link = await links.link_centre(session, principal, mentor_id, body)
    set_etag(response, link.version)
    return MentorLinkOut.model_validate(link)


@router.post("/{mentor_id}/centres/{link_id}/end", responses=problem_responses(404, 409))
async def unlink_centre(
    mentor_id: UUID,
    link_id: UUID,
    session: Session,
    principal: Unlinker,
    response: Response,
    body: Annotated[UnlinkCentre, Body(default_factory=UnlinkCentre)],
) -> MentorLinkOut:
    """It does so no more."""
    link = await links.unlink_centre(session, principal, mentor_id, link_id, body)
    set_etag(response, link.version)
    return MentorLinkOut.model_validate(link)


async def _whole(session: AsyncSession, principal: Principal, mentor: Mentor, response: Response) -> MentorOut:
    """The record after a step, for who took it."""
    await session.flush()
    answer = await _seen(session, principal, mentor.id, response)
    assert isinstance(answer, MentorOut)
    return answer


async def _seen(
    session: AsyncSession, principal: Principal, mentor_id: UUID, response: Response
) -> MentorOut | PublicMentorOut:
    row = await find_visible(session, principal, mentor_id)
    set_etag(response, row[0].version)
    at = {"centre_ids": await centres_of(session, mentor_id, principal.today)}
    answer = shown(row)
    if not isinstance(answer, MentorOut):
        return answer.model_copy(update=at)
    waiting = await open_term(session, mentor_id)
    term = None if waiting is None else MentorTermOut.model_validate(waiting)
    return answer.model_copy(update={**at, "open_term": term, "remark": await latest_remark(session, mentor_id)})
