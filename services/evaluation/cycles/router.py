"""`/v1/evaluation-cycles`: the evaluation of a year (2.3-1 to 2.3-4)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from services.evaluation.access import Approver, BureauReader, Officer, ScoreReader
from services.evaluation.cycles import publishing, usecases
from services.evaluation.cycles.models import EvaluationCycle
from services.evaluation.cycles.queries import cycles, find_cycle, preview_of
from services.evaluation.cycles.schemas import (
    Announcement,
    Approval,
    CycleCountersignature,
    CycleFilter,
    CycleOut,
    NewCycle,
    Preview,
    PublicationRequest,
)
from services.evaluation.operations.models import Operation
from services.evaluation.operations.queries import SERVICE
from services.evaluation.operations.schemas import OperationOut
from services.evaluation.rubrics.pinning import pinned_edition
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, SortKey, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.operations.asking import address_of
from shared.runtime import Runtime, RuntimeDep

router = APIRouter(prefix="/v1/evaluation-cycles", tags=["evaluation-cycles"], route_class=ServiceRoute)

_STEP = problem_responses(404, 409, 412)


def _answer(cycle: EvaluationCycle, runtime: Runtime, response: Response) -> CycleOut:
    set_etag(response, cycle.version)
    return CycleOut.of(cycle, runtime.editions.get(cycle.edition))


def _accepted(operation: Operation, response: Response) -> OperationOut:
    response.headers["Location"] = address_of(SERVICE, operation.id)
    return OperationOut.of(SERVICE, operation, [])


@router.post("", status_code=201, responses=problem_responses(409))
async def open_cycle(
    wanted: NewCycle, session: Session, principal: Officer, runtime: RuntimeDep, response: Response
) -> CycleOut:
    """Open the evaluation of a year for all centres listed at its end or during it."""
    cycle = await usecases.open_cycle(session, principal, runtime.editions, wanted.year, wanted.opened_on)
    response.headers["Location"] = f"/v1/evaluation-cycles/{cycle.id}"
    return _answer(cycle, runtime, response)


@router.get("")
async def list_cycles(
    session: Session, _: ScoreReader, runtime: RuntimeDep, wanted: Annotated[CycleFilter, Query()]
) -> Page[CycleOut]:
    """Cycles, newest year first."""

    def item(cycle: EvaluationCycle) -> CycleOut:
        return CycleOut.of(cycle, runtime.editions.get(cycle.edition))

    keys: list[SortKey] = [EvaluationCycle.year.desc(), EvaluationCycle.id.desc()]
    return await paginate(session, cycles(wanted), keys=keys, params=wanted, item=item)


@router.get("/{cycle_id}", responses=problem_responses(404))
async def read_cycle(
    cycle_id: UUID, session: Session, _: ScoreReader, runtime: RuntimeDep, response: Response
) -> CycleOut:
    """One cycle."""
    return _answer(await find_cycle(session, cycle_id), runtime, response)


@router.get("/{cycle_id}/preview", responses=problem_responses(404))
async def preview_cycle(cycle_id: UUID, session: Session, _: BureauReader, runtime: RuntimeDep) -> Preview:
    """The year as it would be published now: grades, would-be fails, completeness."""
    cycle = await find_cycle(session, cycle_id)
    edition = await pinned_edition(session, runtime.editions, cycle.edition, cycle.rubric_id, cycle.year)
    return await preview_of(session, cycle, edition)


@router.post("/{cycle_id}/score", status_code=202, responses=_STEP)
async def score_cycle(
    cycle_id: UUID,
    session: Session,
    principal: Officer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> OperationOut:
    """Score all centres; the work goes on after the answer, with progress at `Location`."""
    operation = await usecases.request_scoring(session, principal, runtime, cycle_id, if_match)
    return _accepted(operation, response)


@router.post("/{cycle_id}/announce", responses=_STEP)
async def announce_cycle(
    cycle_id: UUID,
    sent: Announcement,
    session: Session,
    principal: Officer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> CycleOut:
    """Put the preliminary results on public notice (公示)."""
    cycle = await usecases.announce_cycle(session, principal, runtime.editions, cycle_id, sent.announced_on, if_match)
    return _answer(cycle, runtime, response)


@router.post("/{cycle_id}/approve", responses=_STEP)
async def approve_cycle(
    cycle_id: UUID,
    sent: Approval,
    session: Session,
    principal: Approver,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> CycleOut:
    """One bureau approves the results."""
    cycle = await usecases.approve_cycle(session, principal, runtime.editions, cycle_id, sent.approved_on, if_match)
    return _answer(cycle, runtime, response)


@router.post("/{cycle_id}/countersign", responses=_STEP)
async def countersign_cycle(
    cycle_id: UUID,
    sent: CycleCountersignature,
    session: Session,
    principal: Approver,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> CycleOut:
    """The other bureau countersigns the results (会签)."""
    cycle = await usecases.countersign_cycle(
        session, principal, runtime.editions, cycle_id, sent.countersigned_on, if_match
    )
    return _answer(cycle, runtime, response)


@router.post("/{cycle_id}/publish", status_code=202, responses=_STEP)
async def publish_cycle(
    cycle_id: UUID,
    sent: PublicationRequest,
    session: Session,
    principal: Approver,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> OperationOut:
    """Publish the results, a transaction per centre; centres left out are listed in the operation's `errors`."""
    operation = await publishing.request_publication(session, principal, runtime, cycle_id, sent, if_match)
    return _accepted(operation, response)
