"""`/v1/rectifications/{id}/notice.docx`: the order as a paper, to be served."""

from __future__ import annotations

from pathlib import Path
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Response

from services.evaluation.access import CaseReader
from services.evaluation.rectifications.papers.facts import order_facts
from services.evaluation.rectifications.queries import find_order
from shared.db import Session
from shared.errors import DomainError
from shared.files.papers import DOCX, PaperTemplateError, paper_answer, template_for
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/rectifications", tags=["rectifications"], route_class=ServiceRoute)

_TEMPLATE: Final = Path(__file__).with_name("notice.docx")
_FILES = problem_responses(404, 409) | {200: {"content": {DOCX: {}}, "description": "The order."}}


@router.get("/{order_id}/notice.docx", response_class=Response, responses=_FILES)
async def read_notice(order_id: UUID, session: Session, principal: CaseReader, runtime: RuntimeDep) -> Response:
    """The order (限期整改通知书) with its items, in Chinese; what is not known before service is left blank."""
    order = await find_order(session, principal, order_id)
    edition = runtime.editions.get(order.edition)
    facts = await order_facts(session, edition, order)
    editions = (edition.id, edition.extends)
    template = template_for("rectification-notice", _TEMPLATE, editions, runtime.settings.policy_dir)
    try:
        return await paper_answer(template, facts, f"限期整改通知书-{order.no}.docx")
    except PaperTemplateError as error:
        params = {"template": template.name, "error": str(error)}
        raise DomainError("paper-template-unusable", 409, params=params) from error
