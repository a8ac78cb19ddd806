"""The report on the use of an alliance's support, and its acceptance (4.6-3, 4.7-3)."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.alliance_support import states
from services.finance.alliance_support.cases import (
    Step,
    day_of,
    enter,
    open_support,
    record,
    require_lead,
)
from services.finance.alliance_support.models import AllianceSupport
from services.finance.alliance_support.rules import (
    decide_four_eyes,
    decide_refund,
    decide_refunded,
    decide_report,
)
from services.finance.alliance_support.schemas import (
    RefundConfirmation,
    UseReportIn,
)
from services.finance.appropriations.commitments import (
    ALLIANCE_SUPPORT,
    Claim,
    return_budget,
)
from services.finance.grants.schemas import StepRequest
from services.finance.journal.entries import Movement
from shared.events.contracts.finance import financing_support as contracts
from shared.events.outbox import EventContext
from shared.money import ZERO
from shared.policy.decision import Decision, combine
from shared.policy.edition import Edition
from shared.refusals import require_passed


async def report_use(session: AsyncSession, sent: UseReportIn, *, step: Step) -> AllianceSupport:
    """An officer of the bureau enters what the money was used for. Raises 403, 404, 412, 409
    `alliance-purpose-unknown`, `alliance-spent-above-paid` for more than what is left after a refund."""
    support, edition = await open_support(session, step, states.PAID)
    require_lead(edition, support.alliance, step.principal, "officer")
    hands = {"refund_confirmed": support.refund_confirmed_by}
    four_eyes = require_passed(decide_four_eyes(edition, support.alliance, step.principal.account_id, hands), 403)
    spent = sum((line.amount for line in sent.lines), ZERO)
    purposes = [line.purpose for line in sent.lines]
    left = support.paid - support.refunded
    tested = decide_report(edition, support.alliance, purposes=purposes, spent=spent, paid=left)
    decision = require_passed(combine(four_eyes, tested))
    day = day_of(step, sent.decided_on, support.paid_on)
    support.status, support.report_document_no = states.REPORTED, sent.document_no
    support.report_lines = [line.model_dump(mode="json") for line in sent.lines]
    support.reported_by, support.reported_on = step.principal.account_id, day
    await record(session, contracts.SupportReported, support, EventContext.of(step.principal, day), decision)
    return support


async def return_report(session: AsyncSession, sent: StepRequest, *, step: Step) -> AllianceSupport:
    """The report is to be made again. Raises 403, 404, 412."""
    support, edition = await open_support(session, step, states.REPORTED)
    require_lead(edition, support.alliance, step.principal, "approver")
    four_eyes = _require_other_than_reporter(edition, support, step)
    day = day_of(step, sent.decided_on, support.reported_on)
    support.status, support.report_lines = states.PAID, []
    support.report_document_no = support.reported_by = support.reported_on = None
    await record(session, contracts.SupportReportReturned, support, EventContext.of(step.principal, day), four_eyes)
    return support


async def confirm_refund(session: AsyncSession, sent: RefundConfirmation, *, step: Step) -> AllianceSupport:
    """The treasury has what the report says was not used, whole. Raises 403 `four-eyes-required` to who reported,
    404, 412, 409 `alliance-nothing-to-refund`."""
    support, edition = await open_support(session, step, states.REPORTED)
    hands = {"reported": support.reported_by}
    four_eyes = require_passed(decide_four_eyes(edition, support.alliance, step.principal.account_id, hands), 403)
    spent = _reported(support)
    unspent = support.paid - support.refunded - spent
    figures = {"spent": spent, "refunded": support.refunded, "unspent": unspent}
    decision = combine(four_eyes, require_passed(decide_refund(edition, support.alliance, **figures)))
    day = day_of(step, sent.received_on, support.paid_on)
    support.refunded += unspent
    support.refund_reference, support.refund_confirmed_on = sent.reference, day
    support.refund_confirmed_by = step.principal.account_id
    context = EventContext.of(step.principal, day)
    await record(session, contracts.SupportRefunded, support, context, decision)
    await enter(session, [(Movement.ALLIANCE_REFUNDED, unspent)], support, context)
    assert support.fiscal_year is not None, "a paid support has its budget's year"
    await return_budget(
        session,
        programme=ALLIANCE_SUPPORT,
        year=support.fiscal_year,
        amount=unspent,
        case=Claim.of(support),
        context=context,
    )
    return support


async def accept_report(session: AsyncSession, sent: StepRequest, *, step: Step) -> AllianceSupport:
    """The case is closed: what was used is spent, the rest was refunded. Raises 403 `four-eyes-required` to who
    reported or confirmed the refund, 404, 412, 409 `alliance-refund-missing`."""
    support, edition = await open_support(session, step, states.REPORTED)
    require_lead(edition, support.alliance, step.principal, "approver")
    four_eyes = _require_other_than_reporter(edition, support, step)
    spent = _reported(support)
    unspent = support.paid - support.refunded - spent
    decision = require_passed(combine(four_eyes, decide_refunded(edition, support.alliance, unspent=unspent)))
    day = day_of(step, sent.decided_on, max(filter(None, (support.reported_on, support.refund_confirmed_on))))
    support.status, support.ended_on, support.spent = states.CLOSED, day, spent
    support.report_accepted_by = step.principal.account_id
    context = EventContext.of(step.principal, day)
    await record(session, contracts.SupportClosed, support, context, decision)
    if spent:
        await enter(session, [(Movement.ALLIANCE_SPENT, spent)], support, context)
    return support


def _reported(support: AllianceSupport) -> Decimal:
    return sum((Decimal(str(line["amount"])) for line in support.report_lines), ZERO)


def _require_other_than_reporter(edition: Edition, support: AllianceSupport, step: Step) -> Decision:
    handled_by = {"reported": support.reported_by, "refund_confirmed": support.refund_confirmed_by}
    actor = step.principal.account_id
    return require_passed(decide_four_eyes(edition, support.alliance, actor, handled_by), 403)
