"""`/v1/delistings/{id}/papers/{kind}.docx`: the case's papers, filled from what is recorded."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal, TypeAlias
from uuid import UUID

from fastapi import APIRouter, Response

from services.evaluation.access import CaseReader
from services.evaluation.delistings import rules
from services.evaluation.delistings.models import DelistingCase
from services.evaluation.delistings.papers.facts import facts_of
from services.evaluation.delistings.queries import find_case, taken_so_far
from shared.db import Session
from shared.errors import DomainError
from shared.files.papers import DOCX, PaperTemplateError, paper_answer, template_for
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/delistings", tags=["delistings"], route_class=ServiceRoute)

Kind: TypeAlias = Literal["notice-of-intent", "decision", "service-record"]

_NAMES: Final[dict[str, str]] = {
    "notice-of-intent": "拟摘牌告知书",
    "decision": "摘牌决定书",
    "service-record": "送达回证",
}
_AFTER: Final[dict[str, str]] = {"decision": rules.DECISION}
"""Papers that say what somebody has decided: only once it is."""

_TOLD_WITH: Final[dict[str, str]] = {"notice-of-intent": rules.NOTICE, "decision": rules.DECISION}
"""The step that a paper was given with: it says what was known then, whenever it is printed."""

_FILES = problem_responses(404, 409) | {200: {"content": {DOCX: {}}, "description": "The paper."}}


@router.get("/{case_id}/papers/{kind}.docx", response_class=Response, responses=_FILES)
async def read_paper(
    case_id: UUID, kind: Kind, session: Session, principal: CaseReader, runtime: RuntimeDep
) -> Response:
    """The paper with what is recorded so far; what is not known yet is left blank to be written in."""
    case = await find_case(session, principal, case_id)
    step = _AFTER.get(kind)
    if step is not None and step not in (await taken_so_far(session, case)).steps:
        raise DomainError("paper-not-yet-possible", 409, params={"status": case.status, "step": step})
    edition = runtime.editions.get(case.edition)
    bundled = Path(__file__).with_name(f"{kind}.docx")
    template = template_for(f"delisting-{kind}", bundled, (edition.id, edition.extends), runtime.settings.policy_dir)
    facts = await facts_of(session, case, edition, _TOLD_WITH.get(kind))
    try:
        return await paper_answer(template, facts, _file_name(case, kind))
    except PaperTemplateError as error:
        params = {"template": template.name, "error": str(error)}
        raise DomainError("paper-template-unusable", 409, params=params) from error


def _file_name(case: DelistingCase, kind: str) -> str:
    return f"{_NAMES[kind]}-{case.no}.docx"
