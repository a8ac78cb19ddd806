"""`/v1/rectifications`: orders to put things right after a failed year (2.3-4)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from services.evaluation.access import Approver, CaseReader, Officer, Operator
from services.evaluation.rectifications import evidence, extensions, usecases
from services.evaluation.rectifications.models import Rectification
from services.evaluation.rectifications.queries import find_order, history_of, orders_for, show_evidence
from services.evaluation.rectifications.schemas import (
    Acceptance,
    EvidenceSubmission,
    ExtensionGrant,
    ExtensionOut,
    ExtensionRefusal,
    ExtensionRequest,
    Inspection,
    ItemEvidenceOut,
    ItemsPatch,
    NewItemEvidence,
    RectificationFilter,
    RectificationHistory,
    RectificationOut,
    Rejection,
    Service,
)
from services.evaluation.rectifications.usecases import Caller
from shared.auth.principal import Principal
from shared.db import Session
from shared.http.etag import IfMatch, require_match, set_etag
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/rectifications", tags=["rectifications"], route_class=ServiceRoute)

_STEP = problem_responses(404, 409, 412)


def _answer(order: Rectification, principal: Principal, response: Response) -> RectificationOut:
    set_etag(response, order.version)
    return RectificationOut.of(order, principal.today)


@router.get("")
async def list_orders(
    session: Session, principal: CaseReader, wanted: Annotated[RectificationFilter, Query()]
) -> Page[RectificationOut]:
    """Orders of the caller's scope, newest first."""

    def item(order: Rectification) -> RectificationOut:
        return RectificationOut.of(order, principal.today)

    keys = [Rectification.id.desc()]
    return await paginate(session, orders_for(principal, wanted), keys=keys, params=wanted, item=item)


@router.get("/{order_id}", responses=problem_responses(404))
async def read_order(
    order_id: UUID, session: Session, principal: CaseReader, runtime: RuntimeDep, response: Response
) -> RectificationHistory:
    """One order with its items, their evidence, and everything found and decided."""
    order = await find_order(session, principal, order_id)
    return await history_of(session, order, _answer(order, principal, response), runtime.editions)


@router.patch("/{order_id}", responses=problem_responses(404, 409, 412, 428))
async def amend_items(
    order_id: UUID,
    sent: ItemsPatch,
    session: Session,
    principal: Officer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> RectificationOut:
    """Change the items before the order is served; needs `If-Match`."""
    order = await find_order(session, principal, order_id, lock=True)
    require_match(if_match, order.version)
    caller = Caller(session, principal, runtime.editions, if_match)
    return _answer(await usecases.amend_items(caller, order_id, sent), principal, response)


@router.post("/{order_id}/serve", responses=_STEP)
async def serve_order(
    order_id: UUID,
    sent: Service,
    session: Session,
    principal: Officer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> RectificationOut:
    """Record the service of the order: the term begins, the items are fixed."""
    caller = Caller(session, principal, runtime.editions, if_match)
    return _answer(await usecases.serve_order(caller, order_id, sent), principal, response)


@router.post("/{order_id}/evidence", status_code=201, responses=problem_responses(404, 409))
async def file_evidence(
    order_id: UUID, sent: NewItemEvidence, session: Session, principal: Operator
) -> ItemEvidenceOut:
    """Give a document of `/documents` for an item."""
    return await show_evidence(session, await evidence.file_evidence(session, principal, order_id, sent))


@router.post("/{order_id}/evidence/{evidence_id}/withdraw", responses=problem_responses(404, 409))
async def withdraw_evidence(
    order_id: UUID, evidence_id: UUID, session: Session, principal: Operator, response: Response
) -> RectificationOut:
    """Take a document back from an item, before the report."""
    order = await evidence.withdraw_evidence(session, principal, order_id, evidence_id)
    return _answer(order, principal, response)


@router.post("/{order_id}/submit", responses=_STEP)
async def submit_report(
    order_id: UUID,
    sent: EvidenceSubmission,
    session: Session,
    principal: Operator,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> RectificationOut:
    """Report that everything is put right."""
    caller = Caller(session, principal, runtime.editions, if_match)
    return _answer(await usecases.submit_report(caller, order_id, sent), principal, response)


@router.post("/{order_id}/inspect", responses=_STEP)
async def record_inspection(
    order_id: UUID,
    sent: Inspection,
    session: Session,
    principal: Officer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> RectificationOut:
    """Record an inspection on site, item by item."""
    caller = Caller(session, principal, runtime.editions, if_match)
    return _answer(await usecases.record_inspection(caller, order_id, sent), principal, response)


@router.post("/{order_id}/accept", responses=_STEP)
async def accept_rectification(
    order_id: UUID,
    sent: Acceptance,
    session: Session,
    principal: Officer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> RectificationOut:
    """Accept the rectification after its inspection; the grade stays."""
    caller = Caller(session, principal, runtime.editions, if_match)
    return _answer(await usecases.accept_rectification(caller, order_id, sent), principal, response)


@router.post("/{order_id}/reject", responses=_STEP)
async def reject_rectification(
    order_id: UUID,
    sent: Rejection,
    session: Session,
    principal: Officer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> RectificationOut:
    """Reject the report with a reason and what remains to be done."""
    caller = Caller(session, principal, runtime.editions, if_match)
    return _answer(await usecases.reject_rectification(caller, order_id, sent), principal, response)


@router.post("/{order_id}/extensions", status_code=201, responses=_STEP)
async def request_extension(
    order_id: UUID,
    sent: ExtensionRequest,
    session: Session,
    principal: Operator,
    runtime: RuntimeDep,
    if_match: IfMatch = None,
) -> ExtensionOut:
    """Ask for more time, by the term's last day."""
    caller = Caller(session, principal, runtime.editions, if_match)
    return ExtensionOut.model_validate(await extensions.request_extension(caller, order_id, sent))


@router.post("/{order_id}/extensions/{extension_id}/grant", responses=_STEP)
async def grant_extension(
    order_id: UUID,
    extension_id: UUID,
    sent: ExtensionGrant,
    session: Session,
    principal: Approver,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> RectificationOut:
    """Give more time, of the edition's length."""
    caller = Caller(session, principal, runtime.editions, if_match)
    return _answer(await extensions.grant_extension(caller, order_id, extension_id, sent), principal, response)


@router.post("/{order_id}/extensions/{extension_id}/refuse", responses=_STEP)
async def refuse_extension(
    order_id: UUID,
    extension_id: UUID,
    sent: ExtensionRefusal,
    session: Session,
    principal: Approver,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> RectificationOut:
    """Give no more time."""
    caller = Caller(session, principal, runtime.editions, if_match)
    return _answer(await extensions.refuse_extension(caller, order_id, extension_id, sent), principal, response)
