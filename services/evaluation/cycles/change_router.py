"""A running year: how far it is, late centres, later last days, going back one phase (2.3-1)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from services.evaluation.access import Approver, BureauReader, CaseReader, Officer
from services.evaluation.cycles import changes, usecases
from services.evaluation.cycles.change_schemas import (
    ExtensionList,
    ExtensionOut,
    NewExtension,
    NewReopening,
    ReopeningList,
    ReopeningOut,
)
from services.evaluation.cycles.models import EvaluationCycle
from services.evaluation.cycles.progress import progress_of
from services.evaluation.cycles.progress_schemas import Progress, ProgressFilter
from services.evaluation.cycles.proposed.models import CycleExtension, CycleReopening
from services.evaluation.cycles.queries import find_cycle
from services.evaluation.cycles.schemas import CycleOut
from services.evaluation.rubrics.pinning import pinned_edition
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import Runtime, RuntimeDep

router = APIRouter(prefix="/v1/evaluation-cycles/{cycle_id}", tags=["evaluation-cycles"], route_class=ServiceRoute)

_STEP = problem_responses(403, 404, 409, 412)


def _answer(cycle: EvaluationCycle, runtime: Runtime, response: Response) -> CycleOut:
    set_etag(response, cycle.version)
    return CycleOut.of(cycle, runtime.editions.get(cycle.edition))


@router.get("/progress", responses=problem_responses(404))
async def read_progress(
    cycle_id: UUID,
    session: Session,
    principal: CaseReader,
    runtime: RuntimeDep,
    wanted: Annotated[ProgressFilter, Query()],
) -> Progress:
    """What is missing, in all and centre by centre, as far as the caller's scope reaches."""
    cycle = await find_cycle(session, cycle_id)
    edition = await pinned_edition(session, runtime.editions, cycle.edition, cycle.rubric_id, cycle.year)
    return await progress_of(session, principal, cycle, edition, wanted)


@router.post("/enrol", responses=_STEP)
async def enrol(
    cycle_id: UUID,
    session: Session,
    principal: Officer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> CycleOut:
    """Take in centres that were recorded after the year was opened."""
    return _answer(await usecases.enrol(session, principal, cycle_id, if_match), runtime, response)


@router.post("/extensions", status_code=201, responses=_STEP)
async def propose_extension(
    cycle_id: UUID, sent: NewExtension, session: Session, principal: Officer, runtime: RuntimeDep
) -> ExtensionOut:
    """Ask for a later last day of a phase."""
    extension = await changes.propose_extension(session, principal, runtime.editions, cycle_id, sent)
    return ExtensionOut.model_validate(extension)


@router.get("/extensions", responses=problem_responses(404))
async def list_extensions(cycle_id: UUID, session: Session, _: BureauReader) -> ExtensionList:
    """Later last days asked for."""
    cycle = await find_cycle(session, cycle_id)
    found = await changes.changes_of(session, CycleExtension, cycle.id)
    return ExtensionList(items=[ExtensionOut.model_validate(extension) for extension in found])


@router.post("/extensions/{extension_id}/approve", responses=_STEP)
async def approve_extension(
    cycle_id: UUID,
    extension_id: UUID,
    session: Session,
    principal: Approver,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> CycleOut:
    """Grant the later day."""
    cycle = await changes.decide_extension(
        session, principal, runtime.editions, cycle_id, extension_id, approved=True, if_match=if_match
    )
    return _answer(cycle, runtime, response)


@router.post("/extensions/{extension_id}/refuse", responses=_STEP)
async def refuse_extension(
    cycle_id: UUID,
    extension_id: UUID,
    session: Session,
    principal: Approver,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> CycleOut:
    """Leave the last day as it is."""
    cycle = await changes.decide_extension(
        session, principal, runtime.editions, cycle_id, extension_id, approved=False, if_match=if_match
    )
    return _answer(cycle, runtime, response)


@router.post("/reopenings", status_code=201, responses=_STEP)
async def propose_reopening(cycle_id: UUID, sent: NewReopening, session: Session, principal: Officer) -> ReopeningOut:
    """Ask to go back one phase."""
    return ReopeningOut.model_validate(await changes.propose_reopening(session, principal, cycle_id, sent))


@router.get("/reopenings", responses=problem_responses(404))
async def list_reopenings(cycle_id: UUID, session: Session, _: BureauReader) -> ReopeningList:
    """Steps back asked for, with what they took back."""
    cycle = await find_cycle(session, cycle_id)
    found = await changes.changes_of(session, CycleReopening, cycle.id)
    return ReopeningList(items=[ReopeningOut.model_validate(reopening) for reopening in found])


@router.post("/reopenings/{reopening_id}/approve", responses=_STEP)
async def approve_reopening(
    cycle_id: UUID,
    reopening_id: UUID,
    session: Session,
    principal: Approver,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> CycleOut:
    """Go back one phase."""
    cycle = await changes.decide_reopening(session, principal, cycle_id, reopening_id, approved=True, if_match=if_match)
    return _answer(cycle, runtime, response)


@router.post("/reopenings/{reopening_id}/refuse", responses=_STEP)
async def refuse_reopening(
    cycle_id: UUID,
    reopening_id: UUID,
    session: Session,
    principal: Approver,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> CycleOut:
    """Stay in the phase."""
    cycle = await changes.decide_reopening(
        session, principal, cycle_id, reopening_id, approved=False, if_match=if_match
    )
    return _answer(cycle, runtime, response)
