"""`/v1/targets`: what the policy aims at in a year, and what was reached (1.2-3 to 1.2-5)."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from services.evaluation.access import DIVISION_ROLES, READ_ALL
from services.evaluation.targets import queries, usecases
from services.evaluation.targets.models import Target
from services.evaluation.targets.schemas import (
    Confirmation,
    Correction,
    CoverageOut,
    CoverageQuery,
    NewActual,
    TargetDetail,
    TargetFilter,
    TargetHistory,
    TargetOut,
    TargetRecords,
)
from shared.auth import roles as r
from shared.auth.principal import Principal, require
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, SortKey, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/targets", tags=["targets"], route_class=ServiceRoute)

ENTERING: Final = (r.OFFICE_OFFICER, r.SCIENCE_OFFICER)
"""The office keeps the targets of the city, the science bureau leads those of carriers (1.2-4)."""
CONFIRMING: Final = (r.OFFICE_APPROVER, r.SCIENCE_APPROVER)

Reader = Annotated[Principal, Depends(require(*READ_ALL, *DIVISION_ROLES))]
Enterer = Annotated[Principal, Depends(require(*ENTERING))]
Confirmer = Annotated[Principal, Depends(require(*CONFIRMING))]

_STEP = problem_responses(404, 409, 412)


async def _answer(caller: usecases.Caller, target: Target, response: Response) -> TargetDetail:
    await caller.session.flush()
    set_etag(response, target.version)
    return await queries.show_course(caller.session, caller.editions, target, caller.principal.today)


@router.get("")
async def list_targets(
    session: Session, principal: Reader, runtime: RuntimeDep, wanted: Annotated[TargetFilter, Query()]
) -> Page[TargetOut]:
    """The ledger, newest year first, each target with its latest figure."""
    keys: list[SortKey] = [Target.year.desc(), Target.id.desc()]
    query = queries.targets_for(wanted)
    page = await paginate(session, query, keys=keys, params=wanted, item=lambda target: target)
    shown = [await queries.show(session, runtime.editions, target, principal.today) for target in page.items]
    return Page(items=shown, next=page.next)


@router.get("/coverage", responses=problem_responses(409))
async def read_coverage(
    session: Session, principal: Reader, runtime: RuntimeDep, wanted: Annotated[CoverageQuery, Query()]
) -> CoverageOut:
    """Every county and district with its centres, and the gaps (1.2-5)."""
    return await queries.coverage_of(session, runtime.editions, wanted.year, principal.today)


@router.get("/{target_id}", responses=problem_responses(404))
async def read_target(
    target_id: UUID, session: Session, principal: Reader, runtime: RuntimeDep, response: Response
) -> TargetDetail:
    """One target with its course over the quarters."""
    caller = usecases.Caller(session, principal, runtime.editions, None)
    return await _answer(caller, await queries.find_target(session, target_id), response)


@router.get("/{target_id}/history", responses=problem_responses(404))
async def read_history(target_id: UUID, session: Session, _principal: Reader) -> TargetHistory:
    """Every figure ever entered, what was replaced included."""
    return await queries.history_of(session, await queries.find_target(session, target_id))


@router.get("/{target_id}/records", responses=problem_responses(404, 409))
async def read_records(target_id: UUID, session: Session, principal: Reader) -> TargetRecords:
    """The records behind a computed figure."""
    return await queries.records_of(session, await queries.find_target(session, target_id), principal.today)


@router.post("/{target_id}/actuals", status_code=201, responses=_STEP)
async def enter_actual(
    target_id: UUID,
    sent: NewActual,
    session: Session,
    principal: Enterer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> TargetDetail:
    """Enter a quarter's figure with its source."""
    caller = usecases.Caller(session, principal, runtime.editions, if_match)
    return await _answer(caller, await usecases.enter_actual(caller, target_id, sent), response)


@router.post("/{target_id}/actuals/{actual_id}/confirm", responses=_STEP)
async def confirm_actual(
    target_id: UUID,
    actual_id: UUID,
    sent: Confirmation,
    session: Session,
    principal: Confirmer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> TargetDetail:
    """Confirm a figure that somebody else entered."""
    caller = usecases.Caller(session, principal, runtime.editions, if_match)
    target = await usecases.confirm_actual(caller, target_id, actual_id, sent.confirmed_on)
    return await _answer(caller, target, response)


@router.post("/{target_id}/actuals/{actual_id}/correct", responses=_STEP)
async def correct_actual(
    target_id: UUID,
    actual_id: UUID,
    sent: Correction,
    session: Session,
    principal: Enterer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> TargetDetail:
    """Put another figure in its place; it counts once confirmed, and the old one stays on record."""
    caller = usecases.Caller(session, principal, runtime.editions, if_match)
    return await _answer(caller, await usecases.correct_actual(caller, target_id, actual_id, sent), response)
