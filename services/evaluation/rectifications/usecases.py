"""Ordering a rectification and what is done about it; nothing here changes a grade."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.evaluations.models import Evaluation
from services.evaluation.rectifications.models import Rectification, RectificationStep
from services.evaluation.rectifications.queries import find_order
from services.evaluation.rectifications.rules import DECIDABLE, SUBMITTABLE, due_day
from services.evaluation.refusals import require_status
from shared.auth.principal import Principal
from shared.clock import effective_date
from shared.errors import DomainError, four_eyes_required
from shared.events import outbox
from shared.events.contracts import evaluation as ec
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.ids import next_case_no, uuid7
from shared.policy.edition import Edition

_RULES = ("evaluation.rectification", "evaluation.rectification_term")


async def order_rectification(
    session: AsyncSession, edition: Edition, evaluation: Evaluation, ordered_on: date, context: EventContext
) -> Rectification:
    """2.3-4: a failed centre puts things right within the term, which runs from publication."""
    order = Rectification(
        id=uuid7(),
        no=await next_case_no(session, "RC", ordered_on.year),
        version=0,
        centre_id=evaluation.centre_id,
        evaluation_id=evaluation.id,
        year=evaluation.year,
        edition=edition.id,
        status="ordered",
        ordered_on=ordered_on,
        due_on=due_day(edition, ordered_on).day,
    )
    session.add(order)
    await _tell(session, ec.RectificationOrdered, order, context)
    return order


async def submit_evidence(
    session: AsyncSession, principal: Principal, order_id: UUID, evidence: Sequence[str], if_match: str | None
) -> Rectification:
    """The centre hands in its evidence, also after the term; overdue is overdue all the same."""
    order = await find_order(session, principal, order_id, lock=True)
    honour_match(if_match, order.version)
    require_status(order.status, SUBMITTABLE)
    order.status = "submitted"
    order.submitted_on, order.submitted_by = principal.today, principal.account_id
    order.decided_by = None
    _record(session, order, principal, principal.today, {"evidence": list(evidence)})
    await _tell(session, ec.RectificationSubmitted, order, EventContext.of(principal))
    return order


async def accept_rectification(
    session: AsyncSession,
    principal: Principal,
    order_id: UUID,
    document_no: str,
    accepted_on: date | None,
    if_match: str | None,
) -> Rectification:
    """An inspection found things put right: the task is closed, held grants are released."""
    order, day = await _for_decision(session, principal, order_id, accepted_on, if_match)
    order.status, order.accepted_on = "accepted", day
    _record(session, order, principal, day, {"document_no": document_no})
    await _tell(session, ec.RectificationAccepted, order, EventContext.of(principal, day))
    return order


async def reject_rectification(
    session: AsyncSession,
    principal: Principal,
    order_id: UUID,
    reason: str,
    rejected_on: date | None,
    if_match: str | None,
) -> Rectification:
    """The evidence does not do; the centre may hand in more, the term is not extended."""
    order, day = await _for_decision(session, principal, order_id, rejected_on, if_match)
    order.status = "rejected"
    _record(session, order, principal, day, {"reason": reason})
    await _tell(session, ec.RectificationRejected, order, EventContext.of(principal, day))
    return order


async def _for_decision(
    session: AsyncSession, principal: Principal, order_id: UUID, sent: date | None, if_match: str | None
) -> tuple[Rectification, date]:
    order = await find_order(session, principal, order_id, lock=True)
    honour_match(if_match, order.version)
    require_status(order.status, DECIDABLE)
    if order.submitted_by == principal.account_id:
        raise four_eyes_required()
    day = effective_date(principal, sent)
    if order.submitted_on is not None and day < order.submitted_on:
        raise DomainError("date-before-step", 409, params={"day": day, "earliest": order.submitted_on})
    order.decided_by = principal.account_id
    return order, day


def _record(
    session: AsyncSession, order: Rectification, principal: Principal, day: date, details: dict[str, JsonValue]
) -> None:
    session.add(
        RectificationStep(
            rectification_id=order.id,
            step=order.status,
            taken_on=day,
            actor=principal.account_id,
            details=details,
        )
    )


async def _tell(
    session: AsyncSession,
    event_type: EventType[ec.RectificationState],
    order: Rectification,
    context: EventContext,
) -> None:
    data = ec.RectificationState(
        id=order.id,
        no=order.no,
        centre_id=order.centre_id,
        evaluation_id=order.evaluation_id,
        year=order.year,
        status=order.status,
        ordered_on=order.ordered_on,
        due_on=order.due_on,
        accepted_on=order.accepted_on,
    )
    await outbox.append(session, event_type, order, data, context=context, rules=_RULES, edition=order.edition)
