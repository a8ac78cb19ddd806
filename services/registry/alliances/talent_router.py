"""`/v1/talent-arrivals`."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query, Response
from sqlalchemy import select

from services.registry.access import DIVISION_ROLES, READ_ALL
from services.registry.alliances import talent
from services.registry.alliances.models import TalentArrival
from services.registry.alliances.queries import LEAD_APPROVERS, LEAD_OFFICERS, PARTIES
from services.registry.alliances.schemas import (
    RecordTalent,
    RejectTalent,
    TalentCountFilter,
    TalentCountOut,
    TalentFilter,
    TalentOut,
    VerifyTalent,
)
from services.registry.steps import CaseStep
from shared.auth.principal import Principal, require
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, SortKey, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/talent-arrivals", tags=["talent-arrivals"], route_class=ServiceRoute)

Reader = Annotated[Principal, Depends(require(*PARTIES, *DIVISION_ROLES, *READ_ALL))]
Counter = Annotated[Principal, Depends(require(*DIVISION_ROLES, *READ_ALL))]
Recorder = Annotated[Principal, Depends(require(*PARTIES, *LEAD_OFFICERS))]
Lead = Annotated[Principal, Depends(require(*LEAD_OFFICERS, *LEAD_APPROVERS))]

_STEP = problem_responses(403, 404, 409, 412)


@router.get("")
async def list_talent(session: Session, principal: Reader, wanted: Annotated[TalentFilter, Query()]) -> Page[TalentOut]:
    """Talent brought in, entry by entry."""
    query = select(TalentArrival).where(talent.read_scope(principal), talent.matching(wanted))
    keys: list[SortKey] = [TalentArrival.arrived_on.desc(), TalentArrival.id.desc()]
    return await paginate(session, query, keys=keys, params=wanted, item=TalentOut.model_validate)


@router.get("/counts")
async def count_talent(
    session: Session, _: Counter, wanted: Annotated[TalentCountFilter, Query()]
) -> Page[TalentCountOut]:
    """Verified heads of a year by alliance, kind and province; of members from the city the province is empty."""
    query, keys = talent.counts(wanted)
    return await paginate(session, query, keys=keys, params=wanted, item=TalentCountOut.model_validate)


@router.get("/{arrival_id}", responses=problem_responses(404))
async def read_talent(arrival_id: UUID, session: Session, principal: Reader, response: Response) -> TalentOut:
    """One entry."""
    return _answer(await talent.find(session, principal, arrival_id), response)


@router.post("", status_code=201, responses=problem_responses(404, 409))
async def record_talent(
    body: RecordTalent, session: Session, principal: Recorder, runtime: RuntimeDep, response: Response
) -> TalentOut:
    """Enter people whom a member brought."""
    arrival = await talent.record_talent(session, runtime.editions, principal, body)
    response.headers["Location"] = f"/v1/talent-arrivals/{arrival.id}"
    return _answer(arrival, response)


@router.post("/{arrival_id}/verify", responses=_STEP)
async def verify_talent(
    arrival_id: UUID,
    session: Session,
    principal: Lead,
    runtime: RuntimeDep,
    response: Response,
    body: Annotated[VerifyTalent, Body(default_factory=VerifyTalent)],
    if_match: IfMatch = None,
) -> TalentOut:
    """Count it."""
    step = CaseStep(on=body.verified_on, if_match=if_match)
    return _answer(await talent.verify_talent(session, runtime.editions, principal, arrival_id, step), response)


@router.post("/{arrival_id}/reject", responses=_STEP)
async def reject_talent(
    arrival_id: UUID,
    body: RejectTalent,
    session: Session,
    principal: Lead,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> TalentOut:
    """Do not count it, or no longer."""
    step = CaseStep(reason_code=body.reason_code, if_match=if_match)
    return _answer(await talent.reject_talent(session, runtime.editions, principal, arrival_id, step), response)


def _answer(arrival: TalentArrival, response: Response) -> TalentOut:
    set_etag(response, arrival.version)
    return TalentOut.model_validate(arrival)
