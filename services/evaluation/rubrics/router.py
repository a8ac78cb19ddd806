"""`/v1/rubrics`: what centres are evaluated by, and how it changes (2.3-2)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from services.evaluation.access import Anyone, Approver, BureauReader, Officer
from services.evaluation.operations.queries import SERVICE
from services.evaluation.operations.schemas import OperationOut
from services.evaluation.rubrics import usecases
from services.evaluation.rubrics.checks import decide_rubric_fit
from services.evaluation.rubrics.content import values_of
from services.evaluation.rubrics.models import RehearsedCentre, RubricEdition
from services.evaluation.rubrics.queries import find_rubric, list_rubrics as rubrics_for, revisions_of, show_rubric
from services.evaluation.rubrics.rehearsals.asking import ask_rehearsal
from services.evaluation.rubrics.rehearsals.queries import find_rehearsal, rehearsals_of, rehearsed_centres
from services.evaluation.rubrics.rehearsals.schemas import (
    RehearsalList,
    RehearsalRequest,
    RehearsedCentreOut,
    RehearsedFilter,
)
from services.evaluation.rubrics.schemas import (
    FormulaList,
    FormulaOut,
    NewRubric,
    RevisionList,
    RubricApproval,
    RubricChange,
    RubricFile,
    RubricFilter,
    RubricList,
    RubricOut,
    RubricReason,
)
from shared.db import Session
from shared.http.decisions import DecisionText, Explain
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, SortKey, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.operations.asking import address_of
from shared.runtime import Runtime, RuntimeDep

router = APIRouter(prefix="/v1/rubrics", tags=["rubrics"], route_class=ServiceRoute)

_STEP = problem_responses(404, 409, 412)


def _answer(rubric: RubricEdition, runtime: Runtime, response: Response) -> RubricFile:
    set_etag(response, rubric.version)
    return RubricFile.of(runtime.editions.get(rubric.policy_edition), rubric)


@router.get("")
async def list_rubrics(
    session: Session, principal: Anyone, runtime: RuntimeDep, wanted: Annotated[RubricFilter, Query()]
) -> RubricList:
    """Rubrics of all policy editions, with the form fields and sources of each indicator."""
    return RubricList(items=await rubrics_for(session, principal, runtime.editions, wanted))


@router.get("/formulas")
async def list_formulas(_: Anyone) -> FormulaList:
    """The catalogue that indicators are made of: formulas, what they read, what they can be told."""
    return FormulaList(items=FormulaOut.all())


@router.post("", status_code=201, responses=problem_responses(404, 409))
async def draft_rubric(
    sent: NewRubric, session: Session, principal: Officer, runtime: RuntimeDep, response: Response
) -> RubricFile:
    """Begin an edition as a copy of another one or of the policy edition's own."""
    rubric = await usecases.draft_rubric(session, principal, runtime.editions, sent)
    response.headers["Location"] = f"/v1/rubrics/{rubric.id}"
    return _answer(rubric, runtime, response)


@router.get("/{rubric_id}", responses=problem_responses(404))
async def read_rubric(
    rubric_id: UUID, session: Session, principal: Anyone, runtime: RuntimeDep, response: Response
) -> RubricFile | RubricOut:
    """One edition: approved ones for everybody, drafts for the bureaus."""
    shown = await show_rubric(session, principal, runtime.editions, rubric_id)
    set_etag(response, shown.version)
    return shown


@router.get("/{rubric_id}/revisions", responses=problem_responses(404))
async def list_revisions(rubric_id: UUID, session: Session, _: BureauReader) -> RevisionList:
    """Every version of an edition: what it changed, when, and the values."""
    rubric = await find_rubric(session, rubric_id)
    return RevisionList(items=await revisions_of(session, rubric.id))


@router.patch("/{rubric_id}", responses=problem_responses(404, 409, 412, 428))
async def edit_rubric(
    rubric_id: UUID,
    sent: RubricChange,
    session: Session,
    principal: Officer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> RubricFile:
    """Replace parts of a draft."""
    rubric = await usecases.edit_rubric(session, principal, runtime.editions, rubric_id, sent, if_match)
    return _answer(rubric, runtime, response)


@router.post("/{rubric_id}/check", responses=problem_responses(404))
async def check_rubric(
    rubric_id: UUID, session: Session, _: BureauReader, runtime: RuntimeDep, explain: Explain
) -> DecisionText:
    """Everything that keeps the edition from being approved, with what to do about it; changes nothing."""
    rubric = await find_rubric(session, rubric_id)
    return explain(decide_rubric_fit(runtime.editions.get(rubric.policy_edition), values_of(rubric.content)))


@router.post("/{rubric_id}/rehearse", status_code=202, responses=_STEP)
async def rehearse_rubric(
    rubric_id: UUID,
    sent: RehearsalRequest,
    session: Session,
    principal: Officer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> OperationOut:
    """Score a past year once more by the edition: who would have another grade; official nowhere."""
    operation = await ask_rehearsal(session, principal, runtime, rubric_id, sent.year, if_match)
    response.headers["Location"] = address_of(SERVICE, operation.id)
    return OperationOut.of(SERVICE, operation, [])


@router.get("/{rubric_id}/rehearsals", responses=problem_responses(404))
async def list_rehearsals(rubric_id: UUID, session: Session, _: BureauReader) -> RehearsalList:
    """The edition's rehearsals, newest first, with what would change in all."""
    rubric = await find_rubric(session, rubric_id)
    return RehearsalList(items=await rehearsals_of(session, rubric))


@router.get("/{rubric_id}/rehearsals/{rehearsal_id}/centres", responses=problem_responses(404))
async def list_rehearsed_centres(
    rubric_id: UUID,
    rehearsal_id: UUID,
    session: Session,
    _: BureauReader,
    wanted: Annotated[RehearsedFilter, Query()],
) -> Page[RehearsedCentreOut]:
    """Each centre's score and grade by both rubrics, indicator by indicator."""
    rehearsal = await find_rehearsal(session, rubric_id, rehearsal_id)
    keys: list[SortKey] = [RehearsedCentre.evaluation_id]
    query = rehearsed_centres(rehearsal.id, wanted)
    return await paginate(session, query, keys=keys, params=wanted, item=RehearsedCentreOut.of)


@router.post("/{rubric_id}/submit", responses=_STEP)
async def submit_rubric(
    rubric_id: UUID,
    session: Session,
    principal: Officer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> RubricFile:
    """Put a draft forward for approval."""
    rubric = await usecases.submit_rubric(session, principal, runtime.editions, rubric_id, if_match)
    return _answer(rubric, runtime, response)


@router.post("/{rubric_id}/return", responses=_STEP)
async def return_rubric(
    rubric_id: UUID,
    sent: RubricReason,
    session: Session,
    principal: Approver,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> RubricFile:
    """Send a submitted edition back as a draft."""
    rubric = await usecases.return_rubric(session, principal, rubric_id, sent.reason, if_match)
    return _answer(rubric, runtime, response)


@router.post("/{rubric_id}/discard", responses=_STEP)
async def discard_rubric(
    rubric_id: UUID,
    sent: RubricReason,
    session: Session,
    principal: Officer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> RubricFile:
    """Give up an edition that was not approved."""
    rubric = await usecases.discard_rubric(session, principal, rubric_id, sent.reason, if_match)
    return _answer(rubric, runtime, response)


@router.post("/{rubric_id}/approve", responses=_STEP)
async def approve_rubric(
    rubric_id: UUID,
    sent: RubricApproval,
    session: Session,
    principal: Approver,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> RubricFile:
    """Approve under a document; the edition never changes again."""
    rubric = await usecases.approve_rubric(session, principal, runtime.editions, rubric_id, sent, if_match)
    return _answer(rubric, runtime, response)
