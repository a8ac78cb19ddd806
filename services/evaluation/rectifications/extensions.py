"""One extension of a rectification's term: asked for by the centre in time, decided by an approver (2.3-4)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from services.evaluation.rectifications import rules
from services.evaluation.rectifications.models import Rectification, RectificationExtension
from services.evaluation.rectifications.schemas import ExtensionGrant, ExtensionRefusal, ExtensionRequest
from services.evaluation.rectifications.telling import tell
from services.evaluation.rectifications.usecases import Caller, require_served
from services.evaluation.refusals import require_passed, require_status
from shared.errors import DomainError, four_eyes_required, not_found
from shared.events.contracts import evaluation as ec
from shared.policy.decision import Decision

REQUESTED = "requested"


async def request_extension(caller: Caller, order_id: UUID, sent: ExtensionRequest) -> RectificationExtension:
    """Ask for more time by the term's last day; until it is decided the order does not count as overdue.

    Raises 409 `rectification-not-served`, `extension-pending`, `extension-used-up`, `extension-term-over`.
    """
    order = await caller.hold(order_id)
    require_status(order.status, rules.OPEN)
    require_served(order)
    if order.extension_requested_on is not None:
        raise DomainError("extension-pending", 409, params={"requested_on": order.extension_requested_on})
    today = caller.principal.today
    decision = require_passed(_decide(caller, order, today))
    extension = RectificationExtension(
        rectification_id=order.id,
        status=REQUESTED,
        reason_code=sent.reason_code,
        statement=sent.statement,
        requested_on=today,
        requested_by=caller.principal.account_id,
        due_before=order.due_on,
        decision=decision.to_json(),
    )
    caller.session.add(extension)
    order.extension_requested_on = today
    caller.keep(order, "extension_requested", today, {"reason_code": sent.reason_code})
    await tell(caller.session, ec.RectificationExtensionRequested, order, caller.on(today))
    return extension


async def grant_extension(caller: Caller, order_id: UUID, extension_id: UUID, sent: ExtensionGrant) -> Rectification:
    """Give more time, of the edition's length from the term's last day. Raises 403 `four-eyes-required`."""
    order, extension = await _open(caller, order_id, extension_id)
    day = _decided(caller, extension, sent.decided_on)
    extension.decision = require_passed(_decide(caller, order, extension.requested_on)).to_json()
    order.due_on = rules.extended_day(caller.editions.get(order.edition), order.due_on).day
    order.extensions += 1
    order.extension_requested_on = None
    extension.status, extension.due_on = "granted", order.due_on
    caller.keep(order, "extended", day, {"due_on": order.due_on.isoformat()})
    await tell(caller.session, ec.RectificationExtended, order, caller.on(day))
    return order


async def refuse_extension(caller: Caller, order_id: UUID, extension_id: UUID, sent: ExtensionRefusal) -> Rectification:
    """Give no more time; the term ends when it ends. Raises 403 `four-eyes-required`."""
    order, extension = await _open(caller, order_id, extension_id)
    day = _decided(caller, extension, sent.decided_on)
    order.extension_requested_on = None
    extension.status, extension.answer = "refused", sent.answer
    caller.keep(order, "extension_refused", day, {"answer": sent.answer})
    await tell(caller.session, ec.RectificationExtensionRefused, order, caller.on(day))
    return order


async def _open(caller: Caller, order_id: UUID, extension_id: UUID) -> tuple[Rectification, RectificationExtension]:
    order = await caller.hold(order_id)
    extension = await caller.session.get(RectificationExtension, extension_id, populate_existing=True)
    if extension is None or extension.rectification_id != order.id:
        raise not_found("rectification_extension")
    require_status(extension.status, (REQUESTED,))
    require_status(order.status, rules.OPEN)
    return order, extension


def _decided(caller: Caller, extension: RectificationExtension, sent: date | None) -> date:
    if extension.requested_by == caller.principal.account_id:
        raise four_eyes_required()
    day = caller.day(sent, extension.requested_on)
    extension.decided_on, extension.decided_by = day, caller.principal.account_id
    return day


def _decide(caller: Caller, order: Rectification, requested_on: date) -> Decision:
    edition = caller.editions.get(order.edition)
    return rules.decide_extension(edition, order.extensions, order.due_on, requested_on)
