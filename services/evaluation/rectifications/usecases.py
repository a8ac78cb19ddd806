"""Ordering a rectification and the steps until it is accepted; nothing here changes a grade."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.evaluations.models import Evaluation, ScoreSheet
from services.evaluation.rectifications import rules
from services.evaluation.rectifications.evidence import items_without
from services.evaluation.rectifications.models import Rectification, RectificationInspection, RectificationItem
from services.evaluation.rectifications.proposals import items_of, proposed_items
from services.evaluation.rectifications.queries import find_order, last_findings
from services.evaluation.rectifications.schemas import (
    Acceptance,
    EvidenceSubmission,
    Inspection,
    ItemsPatch,
    Rejection,
    Service,
)
from services.evaluation.rectifications.telling import keep_step, tell
from services.evaluation.refusals import require_known, require_status
from services.evaluation.rubrics.pinning import pinned_edition
from shared.auth.principal import Principal
from shared.clock import effective_date
from shared.errors import DomainError, four_eyes_required, not_found
from shared.events.contracts import evaluation as ec
from shared.events.outbox import EventContext
from shared.http.etag import honour_match
from shared.ids import next_case_no, uuid7
from shared.policy.edition import Editions


@dataclass(frozen=True, slots=True)
class Caller:
    """Who takes the step, under which version of the order, and the editions to read it by."""

    session: AsyncSession
    principal: Principal
    editions: Editions
    if_match: str | None

    async def hold(self, order_id: UUID) -> Rectification:
        """The order, locked, in the version that the caller knows. Raises 404, 412."""
        order = await find_order(self.session, self.principal, order_id, lock=True)
        honour_match(self.if_match, order.version)
        return order

    def day(self, sent: date | None, *earlier: date | None) -> date:
        """The step's day, not before those before it. Raises 422, 409 `date-before-step`."""
        day = effective_date(self.principal, sent)
        earliest = max((one for one in earlier if one is not None), default=day)
        if day < earliest:
            raise DomainError("date-before-step", 409, params={"day": day, "earliest": earliest})
        return day

    def keep(self, order: Rectification, step: str, day: date, details: dict[str, JsonValue]) -> None:
        """The caller's step with the order."""
        keep_step(self.session, order, step, self.principal.account_id, day, details)

    def on(self, day: date) -> EventContext:
        """The step for the event log."""
        return EventContext.of(self.principal, day)


async def order_rectification(
    session: AsyncSession, editions: Editions, evaluation: Evaluation, ordered_on: date, context: EventContext
) -> Rectification:
    """2.3-4: a failed centre puts things right within a term that runs from the service of this order. Its items are
    proposed from the score sheet."""
    edition = editions.get(evaluation.edition)
    order = Rectification(
        id=uuid7(),
        no=await next_case_no(session, "RC", ordered_on.year),
        version=0,
        centre_id=evaluation.centre_id,
        evaluation_id=evaluation.id,
        year=evaluation.year,
        edition=edition.id,
        status=rules.ORDERED,
        ordered_on=ordered_on,
        due_on=rules.due_day(edition, ordered_on).day,
        extensions=0,
    )
    session.add(order)
    await session.flush()
    session.add_all(await proposed_items(session, editions, evaluation, order.id))
    await tell(session, ec.RectificationOrdered, order, context)
    return order


async def amend_items(caller: Caller, order_id: UUID, sent: ItemsPatch) -> Rectification:
    """Change what is to be put right, before the order is served. Raises 409 `rectification-served`, 422 for an
    indicator that the rubric does not have."""
    order = await caller.hold(order_id)
    require_status(order.status, (rules.ORDERED,))
    _require_unserved(order)
    evaluation = await caller.session.get_one(Evaluation, order.evaluation_id)
    edition = await pinned_edition(
        caller.session, caller.editions, order.edition, await _rubric_of(caller.session, evaluation), evaluation.year
    )
    named = [item.indicator for item in sent.items if item.indicator is not None]
    require_known("indicator", named, [indicator.id for indicator in edition.rubric.indicators])
    before = (await items_of(caller.session, [order.id]))[order.id]
    kept: list[JsonValue] = [
        {"indicator": item.indicator, "finding": item.finding, "requirement": item.requirement} for item in before
    ]
    await caller.session.execute(delete(RectificationItem).where(RectificationItem.rectification_id == order.id))
    caller.session.add_all(
        RectificationItem(rectification_id=order.id, ordinal=ordinal, status="open", **item.model_dump())
        for ordinal, item in enumerate(sent.items, 1)
    )
    caller.keep(order, "amended", caller.principal.today, {"before": kept})
    await tell(caller.session, ec.RectificationAmended, order, caller.on(caller.principal.today))
    return order


async def _rubric_of(session: AsyncSession, evaluation: Evaluation) -> UUID | None:
    sheet = None if evaluation.sheet_id is None else await session.get(ScoreSheet, evaluation.sheet_id)
    return None if sheet is None else sheet.rubric_id


def _require_unserved(order: Rectification) -> None:
    if order.served_on is not None:
        raise DomainError("rectification-served", 409, params={"no": order.no, "served_on": order.served_on})


async def serve_order(caller: Caller, order_id: UUID, sent: Service) -> Rectification:
    """Record that the order was served (送达): its items are fixed, and the term runs from that day (2.3-4)."""
    order = await caller.hold(order_id)
    require_status(order.status, (rules.ORDERED,))
    _require_unserved(order)
    edition = caller.editions.get(order.edition)
    require_known("method", [sent.method], edition.procedure.service_methods)
    day = caller.day(sent.served_on, order.ordered_on)
    order.served_on, order.served_by = day, caller.principal.account_id
    order.service_method, order.document_no = sent.method, sent.document_no
    order.due_on = rules.due_day(edition, day).day
    details: dict[str, JsonValue] = {
        "method": sent.method,
        "recipient_role": sent.recipient_role,
        "document_no": sent.document_no,
        "due_on": order.due_on.isoformat(),
    }
    caller.keep(order, "served", day, details)
    await tell(caller.session, ec.RectificationServed, order, caller.on(day))
    return order


async def submit_report(caller: Caller, order_id: UUID, sent: EvidenceSubmission) -> Rectification:
    """The centre reports that it has put things right, also after the term; overdue is overdue all the same.

    Raises 409 `rectification-not-served`, `rectification-evidence-missing`.
    """
    order = await caller.hold(order_id)
    require_status(order.status, rules.SUBMITTABLE)
    require_served(order)
    if not sent.evidence and (missing := await items_without(caller.session, order.id)):
        raise DomainError("rectification-evidence-missing", 409, params={"items": missing})
    day = caller.day(None, order.served_on)
    order.status = rules.SUBMITTED
    order.submitted_on, order.submitted_by = day, caller.principal.account_id
    order.inspected_on = order.inspected_by = order.decided_by = None
    caller.keep(order, rules.SUBMITTED, day, {"evidence": list(sent.evidence)})
    await tell(caller.session, ec.RectificationSubmitted, order, caller.on(day))
    return order


def require_served(order: Rectification) -> None:
    """Raises 409 `rectification-not-served`."""
    if order.served_on is None:
        raise DomainError("rectification-not-served", 409, params={"no": order.no})


async def record_inspection(caller: Caller, order_id: UUID, sent: Inspection) -> Rectification:
    """What an officer found on site, item by item; repeated, the newest counts.

    Raises 403 `four-eyes-required` for who handed the report in, 404 for another order's item, 409
    `rectification-findings-missing`.
    """
    order = await caller.hold(order_id)
    require_status(order.status, rules.INSPECTABLE)
    _refuse_hand(caller, order.submitted_by)
    day = caller.day(sent.inspected_on, order.submitted_on, order.inspected_on)
    items = (await items_of(caller.session, [order.id]))[order.id]
    findings = {finding.item_id: finding.outcome for finding in sent.findings}
    _require_own(items, list(findings))
    missing = rules.without_finding([item.id for item in items if item.status == "open"], findings)
    if missing:
        numbers = [item.ordinal for item in items if item.id in missing]
        raise DomainError("rectification-findings-missing", 409, params={"items": numbers})
    order.status, order.inspected_on, order.inspected_by = rules.INSPECTED, day, caller.principal.account_id
    told: list[JsonValue] = [finding.model_dump(mode="json") for finding in sent.findings]
    caller.session.add(
        RectificationInspection(
            rectification_id=order.id,
            record_no=sent.record_no,
            inspected_on=day,
            inspected_by=caller.principal.account_id,
            units=sent.units,
            findings=told,
        )
    )
    caller.keep(order, rules.INSPECTED, day, {"record_no": sent.record_no})
    await tell(caller.session, ec.RectificationInspected, order, caller.on(day))
    return order


async def accept_rectification(caller: Caller, order_id: UUID, sent: Acceptance) -> Rectification:
    """Everything was found put right, and another person accepts it: the task is closed, held grants are released.

    Raises 409 `rectification-not-remedied` while the last inspection says otherwise, 403 `four-eyes-required`.
    """
    order = await caller.hold(order_id)
    require_status(order.status, rules.ACCEPTABLE)
    _refuse_hand(caller, order.submitted_by, order.inspected_by)
    day = caller.day(sent.accepted_on, order.submitted_on, order.inspected_on)
    items = (await items_of(caller.session, [order.id]))[order.id]
    found = await last_findings(caller.session, order.id)
    left = [item.ordinal for item in items if item.status == "open" and found.get(item.id) != rules.REMEDIED]
    if left or rules.NOT_REMEDIED in found.values():
        left = left or [item.ordinal for item in items if found.get(item.id) == rules.NOT_REMEDIED]
        raise DomainError("rectification-not-remedied", 409, params={"items": left})
    for item in items:
        item.status = rules.REMEDIED
    order.status, order.accepted_on, order.decided_by = rules.ACCEPTED, day, caller.principal.account_id
    late = rules.is_overdue(rules.INSPECTED, order.due_on, day)
    caller.keep(order, rules.ACCEPTED, day, {"document_no": sent.document_no, "late": late})
    await tell(caller.session, ec.RectificationAccepted, order, caller.on(day))
    return order


async def reject_rectification(caller: Caller, order_id: UUID, sent: Rejection) -> Rectification:
    """It does not do, and the centre is told what remains; it may report again, the term is not extended.

    What the inspection found put right need not be shown again, unless it is named as remaining.
    """
    order = await caller.hold(order_id)
    require_status(order.status, rules.REJECTABLE)
    _refuse_hand(caller, order.submitted_by, order.inspected_by)
    day = caller.day(sent.rejected_on, order.submitted_on, order.inspected_on)
    items = (await items_of(caller.session, [order.id]))[order.id]
    named = {one.item_id: one.requirement for one in sent.remaining}
    _require_own(items, list(named))
    found = await last_findings(caller.session, order.id) if order.status == rules.INSPECTED else {}
    for item in items:
        outcome = rules.NOT_REMEDIED if item.id in named else found.get(item.id)
        if outcome is not None:
            item.status = rules.REMEDIED if outcome == rules.REMEDIED else "open"
    remaining: list[JsonValue] = [
        {"item_id": str(item.id), "ordinal": item.ordinal, "requirement": named.get(item.id, item.requirement)}
        for item in items
        if item.status == "open"
    ]
    order.status, order.decided_by = rules.REJECTED, caller.principal.account_id
    caller.keep(order, rules.REJECTED, day, {"reason": sent.reason, "remaining": remaining})
    await tell(caller.session, ec.RectificationRejected, order, caller.on(day))
    return order


def _refuse_hand(caller: Caller, *hands: str | None) -> None:
    if caller.principal.account_id in hands:
        raise four_eyes_required()


def _require_own(items: list[RectificationItem], named: list[UUID]) -> None:
    if set(named) - {item.id for item in items}:
        raise not_found("rectification_item")
