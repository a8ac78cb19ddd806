"""`/v1/evaluations/{id}/score-sheet.docx`: the score with its formulas, clauses and records, to print and to serve."""

from __future__ import annotations

from pathlib import Path
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Response
from starlette.requests import Request

from services.evaluation.access import ScoreReader
from services.evaluation.evaluations.models import ScoreSheet
from services.evaluation.evaluations.papers.facts import sheet_facts
from services.evaluation.evaluations.queries import find_concerned
from shared.db import Session
from shared.errors import DomainError
from shared.files.papers import DOCX, PaperTemplateError, paper_answer, template_for
from shared.http.decisions import DecisionText
from shared.http.problems import Problems, problem_responses
from shared.http.route import ServiceRoute
from shared.policy.decision import Decision
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/evaluations", tags=["evaluations"], route_class=ServiceRoute)

_TEMPLATE: Final = Path(__file__).with_name("score-sheet.docx")
_FILES = problem_responses(404, 409) | {200: {"content": {DOCX: {}}, "description": "The score sheet."}}


@router.get("/{evaluation_id}/score-sheet.docx", response_class=Response, responses=_FILES)
async def read_score_sheet(
    evaluation_id: UUID, request: Request, session: Session, principal: ScoreReader, runtime: RuntimeDep
) -> Response:
    """The newest score sheet as a paper, in Chinese; for those concerned."""
    evaluation = await find_concerned(session, principal, evaluation_id)
    if evaluation.sheet_id is None:
        raise DomainError("not-scored-yet", 409, params={"no": evaluation.no})
    sheet = await session.get_one(ScoreSheet, evaluation.sheet_id)
    problems: Problems = request.app.state.problems
    decided = evaluation.decision
    told = None if decided is None else problems.explained(Decision.from_json(decided), "zh")
    explained = None if told is None else DecisionText.model_validate(told)
    facts = await sheet_facts(session, runtime.editions, evaluation, sheet, explained)
    edition = runtime.editions.get(sheet.edition)
    editions = (edition.id, edition.extends)
    template = template_for("score-sheet", _TEMPLATE, editions, runtime.settings.policy_dir)
    try:
        return await paper_answer(template, facts, f"评分表-{evaluation.no}.docx")
    except PaperTemplateError as error:
        params = {"template": template.name, "error": str(error)}
        raise DomainError("paper-template-unusable", 409, params=params) from error
