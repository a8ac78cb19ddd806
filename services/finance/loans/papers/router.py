"""`/v1/loans/{id}/calculation-sheet.docx`: the hire ratio as a paper (3.2-4)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from services.finance.loans import queries
from services.finance.loans.papers.facts import sheet_facts
from shared.auth.principal import Principal, require
from shared.errors import DomainError
from shared.files.papers import DOCX, PaperTemplateError, paper_answer, template_for
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute, Session
from shared.runtime import RuntimeDep

SheetReader = Annotated[Principal, Depends(require(*queries.HIRE_READERS))]

router = APIRouter(prefix="/v1/loans", tags=["loans"], route_class=ServiceRoute)

_TEMPLATE: Final = Path(__file__).with_name("hire-ratio.docx")
_FILES = problem_responses(404, 409) | {200: {"content": {DOCX: {}}, "description": "The sheet."}}


@router.get("/{loan_id}/calculation-sheet.docx", response_class=Response, responses=_FILES)
async def read_sheet(session: Session, runtime: RuntimeDep, caller: SheetReader, loan_id: UUID) -> Response:
    """The calculation of the hire ratio (新招用人员占比核算表) by both readings of the year, in Chinese; without
    names, numbers and classes."""
    loan = await queries.find(session, loan_id, caller)
    calculation = loan.calculation
    if calculation is None:
        raise DomainError("loan-no-hires-needed", 409, clauses=["3.2-4"])
    edition = runtime.editions.get(loan.edition)
    facts = await sheet_facts(session, edition, loan, calculation)
    editions = (edition.id, edition.extends)
    template = template_for("loan-hire-ratio", _TEMPLATE, editions, runtime.settings.policy_dir)
    try:
        return await paper_answer(template, facts, f"新招用人员占比核算表-{loan.no}.docx")
    except PaperTemplateError as error:
        params = {"template": template.name, "error": str(error)}
        raise DomainError("paper-template-unusable", 409, params=params) from error
