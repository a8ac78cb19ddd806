"""`/v1/circulars/{id}/circular.docx` and its corrections' papers: public, like the circular itself."""

from __future__ import annotations

from pathlib import Path
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Response

from services.evaluation.access import Anyone
from services.evaluation.circulars.models import Circular
from services.evaluation.circulars.papers.facts import circular_facts, correction_facts
from services.evaluation.circulars.queries import corrections_of, find_circular, find_correction, lines_of
from services.evaluation.cycles.queries import edition_of
from shared.db import Session
from shared.errors import DomainError
from shared.files.papers import DOCX, PaperTemplateError, paper_answer, template_for
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.policy.edition import Edition
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/circulars", tags=["circulars"], route_class=ServiceRoute)

_HERE: Final = Path(__file__)
_FILES = problem_responses(404, 409) | {200: {"content": {DOCX: {}}, "description": "The paper."}}


@router.get("/{circular_id}/circular.docx", response_class=Response, responses=_FILES)
async def read_circular_paper(circular_id: UUID, session: Session, _: Anyone, runtime: RuntimeDep) -> Response:
    """The circular of the year as it was issued, with the corrections since, in Chinese."""
    circular, edition = await _find(session, circular_id, runtime)
    lines, corrections = await lines_of(session, circular.id), await corrections_of(session, circular.id)
    facts = circular_facts(edition, circular, lines, corrections)
    return await _paper("circular", edition, runtime, facts, f"通报-{circular.year}.docx")


@router.get("/{circular_id}/corrections/{correction_id}/notice.docx", response_class=Response, responses=_FILES)
async def read_correction_paper(
    circular_id: UUID, correction_id: UUID, session: Session, _: Anyone, runtime: RuntimeDep
) -> Response:
    """The notice that a line of the circular no longer holds."""
    circular, edition = await _find(session, circular_id, runtime)
    correction = await find_correction(session, circular_id, correction_id)
    lines = await lines_of(session, circular.id)
    line = next(line for line in lines if line.evaluation_id == correction.evaluation_id)
    facts = correction_facts(edition, circular, correction, line)
    return await _paper("correction", edition, runtime, facts, f"更正通告-{correction.no}.docx")


async def _find(session: Session, circular_id: UUID, runtime: RuntimeDep) -> tuple[Circular, Edition]:
    circular = await find_circular(session, circular_id)
    return circular, runtime.editions.get(await edition_of(session, circular.cycle_id))


async def _paper(
    name: str, edition: Edition, runtime: RuntimeDep, facts: dict[str, object], file_name: str
) -> Response:
    bundled, editions = _HERE.with_name(f"{name}.docx"), (edition.id, edition.extends)
    template = template_for(f"circular-{name}", bundled, editions, runtime.settings.policy_dir)
    try:
        return await paper_answer(template, facts, file_name)
    except PaperTemplateError as error:
        params = {"template": template.name, "error": str(error)}
        raise DomainError("paper-template-unusable", 409, params=params) from error
