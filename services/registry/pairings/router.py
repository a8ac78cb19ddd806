"""`/v1/pairings`."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import DIVISION_ROLES, READ_ALL
from services.registry.alliances.queries import LEAD_OFFICERS
from services.registry.days import require_begun
from services.registry.pairings import usecases
from services.registry.pairings.models import Pairing
from services.registry.pairings.queries import ORDERS, counters, entries_of, find, matching, read_scope
from services.registry.pairings.schemas import (
    CompletePair,
    DeclinePair,
    EndPair,
    LogEntry,
    PairCountFilter,
    PairCountOut,
    PairFilter,
    PairOut,
    PairPageOut,
    ProposePair,
    StartPair,
)
from services.registry.policy import edition_at
from services.registry.remarks.usecases import latest_remark
from services.registry.steps import CaseStep
from shared.auth.principal import Principal, require
from shared.auth.roles import ENTERPRISE, PUBLIC
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/pairings", tags=["pairings"], route_class=ServiceRoute)

Anyone = Annotated[Principal, Depends(require(PUBLIC))]
Reader = Annotated[Principal, Depends(require(ENTERPRISE, *DIVISION_ROLES, *READ_ALL))]
Lead = Annotated[Principal, Depends(require(*LEAD_OFFICERS))]
Firm = Annotated[Principal, Depends(require(ENTERPRISE))]
EitherSide = Annotated[Principal, Depends(require(ENTERPRISE, *LEAD_OFFICERS))]

_STEP = problem_responses(403, 404, 409, 412)


@router.get("")
async def list_pairs(session: Session, principal: Reader, wanted: Annotated[PairFilter, Query()]) -> Page[PairOut]:
    """Pairs that the caller has to do with."""
    require_begun(principal, wanted.on)
    query = select(Pairing).where(read_scope(principal), matching(wanted))
    return await paginate(session, query, keys=ORDERS[wanted.sort], params=wanted, item=PairOut.model_validate)


@router.get("/counts")
async def count_pairs(
    session: Session, principal: Anyone, runtime: RuntimeDep, wanted: Annotated[PairCountFilter, Query()]
) -> Page[PairCountOut]:
    """Firms of Beijing, of Jiangsu and of the city in pairs on a day, against how many there are to be."""
    require_begun(principal, wanted.on)
    day = wanted.on or principal.today
    return Page(items=await counters(session, edition_at(runtime.editions, day), wanted, day), next=None)


@router.get("/{pairing_id}", responses=problem_responses(404))
async def read_pair(pairing_id: UUID, session: Session, principal: Reader, response: Response) -> PairPageOut:
    """One pair with its log."""
    answer = await _answer(session, await find(session, principal, pairing_id), response)
    return answer.model_copy(update={"remark": await latest_remark(session, pairing_id)})


@router.post("", status_code=201, responses=problem_responses(403, 404, 409))
async def propose_pair(
    body: ProposePair, session: Session, principal: Lead, runtime: RuntimeDep, response: Response
) -> PairPageOut:
    """Propose a pair."""
    pairing = await usecases.propose_pair(session, runtime.editions, principal, body)
    response.headers["Location"] = f"/v1/pairings/{pairing.id}"
    return await _answer(session, pairing, response)


@router.post("/{pairing_id}/confirm", responses=_STEP)
async def confirm_pair(
    pairing_id: UUID, session: Session, principal: Firm, response: Response, if_match: IfMatch = None
) -> PairPageOut:
    """Confirm it as the enterprise."""
    pairing = await usecases.confirm_pair(session, principal, pairing_id, CaseStep(if_match=if_match))
    return await _answer(session, pairing, response)


@router.post("/{pairing_id}/decline", responses=_STEP)
async def decline_pair(
    pairing_id: UUID,
    body: DeclinePair,
    session: Session,
    principal: Firm,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> PairPageOut:
    """Decline it as the enterprise."""
    step = CaseStep(reason_code=body.reason_code, remark=body.remark, if_match=if_match)
    pairing = await usecases.decline_pair(session, runtime.editions, principal, pairing_id, step)
    return await _answer(session, pairing, response)


@router.post("/{pairing_id}/withdraw", responses=_STEP)
async def withdraw_pair(
    pairing_id: UUID,
    session: Session,
    principal: Lead,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> PairPageOut:
    """Take back what has not started."""
    pairing = await usecases.withdraw_pair(session, runtime.editions, principal, pairing_id, if_match=if_match)
    return await _answer(session, pairing, response)


@router.post("/{pairing_id}/start", responses=_STEP)
async def start_pair(
    pairing_id: UUID,
    body: StartPair,
    session: Session,
    principal: Lead,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> PairPageOut:
    """The agreement is signed."""
    step = CaseStep(on=body.since, document_no=body.document_no, if_match=if_match)
    pairing = await usecases.start_pair(session, runtime.editions, principal, pairing_id, step)
    return await _answer(session, pairing, response)


@router.post("/{pairing_id}/log", responses=_STEP)
async def log_entry(
    pairing_id: UUID,
    body: LogEntry,
    session: Session,
    principal: EitherSide,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> PairPageOut:
    """Enter a visit or a result."""
    pairing = await usecases.log_entry(session, runtime.editions, principal, pairing_id, body, if_match=if_match)
    return await _answer(session, pairing, response)


@router.post("/{pairing_id}/complete", responses=_STEP)
async def complete_pair(
    pairing_id: UUID,
    session: Session,
    principal: Lead,
    runtime: RuntimeDep,
    response: Response,
    body: Annotated[CompletePair, Body(default_factory=CompletePair)],
    if_match: IfMatch = None,
) -> PairPageOut:
    """It has done its work."""
    step = CaseStep(on=body.ended_on, if_match=if_match)
    pairing = await usecases.complete_pair(session, runtime.editions, principal, pairing_id, step)
    return await _answer(session, pairing, response)


@router.post("/{pairing_id}/end", responses=_STEP)
async def end_pair(
    pairing_id: UUID,
    body: EndPair,
    session: Session,
    principal: EitherSide,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> PairPageOut:
    """End it before that."""
    step = CaseStep(on=body.ended_on, reason_code=body.reason_code, remark=body.remark, if_match=if_match)
    pairing = await usecases.end_pair(session, runtime.editions, principal, pairing_id, step)
    return await _answer(session, pairing, response)


async def _answer(session: AsyncSession, pairing: Pairing, response: Response) -> PairPageOut:
    set_etag(response, pairing.version)
    entries = await entries_of(session, pairing.id)
    return PairPageOut.model_validate(PairOut.model_validate(pairing).model_dump() | {"entries": entries})
