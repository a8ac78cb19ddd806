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
    decide_refunded,
    decide_report,
)
from services.finance.alliance_support.schemas import (
    ReportAcceptance,
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
    `alliance-purpose-unknown`, `alliance-spent-above-paid`."""
    support, edition = await open_support(session, step, states.PAID)
    require_lead(edition, support.alliance, step.principal, "officer")
    spent = sum((line.amount for line in sent.lines), ZERO)
    purposes = [line.purpose for line in sent.lines]
    tested = decide_report(edition, support.alliance, purposes=purposes, spent=spent, paid=support.paid)
    decision = require_passed(tested)
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


async def accept_report(session: AsyncSession, sent: ReportAcceptance, *, step: Step) -> AllianceSupport:
    """The case is closed: what was used is spent, the rest was refunded. Raises 403, 404, 412, 409
    `alliance-refund-missing`."""
    support, edition = await open_support(session, step, states.REPORTED)
    require_lead(edition, support.alliance, step.principal, "approver")
    four_eyes = _require_other_than_reporter(edition, support, step)
    spent = sum((Decimal(str(line["amount"])) for line in support.report_lines), ZERO)
    unspent = support.paid - spent
    back = decide_refunded(edition, support.alliance, unspent=unspent, reference=sent.refund_reference)
    decision = require_passed(combine(four_eyes, back))
    day = day_of(step, sent.decided_on, support.reported_on)
    support.status, support.ended_on = states.CLOSED, day
    support.spent, support.refunded = spent, unspent
    support.report_accepted_by, support.refund_reference = step.principal.account_id, sent.refund_reference
    context = EventContext.of(step.principal, day)
    await record(session, contracts.SupportClosed, support, context, decision)
    moves = [(Movement.ALLIANCE_SPENT, spent), (Movement.ALLIANCE_REFUNDED, unspent)]
    await enter(session, [(movement, amount) for movement, amount in moves if amount], support, context)
    if unspent and support.fiscal_year is not None:
        await return_budget(
            session,
            programme=ALLIANCE_SUPPORT,
            year=support.fiscal_year,
            amount=unspent,
            case=Claim.of(support),
            context=context,
        )
    return support


def _require_other_than_reporter(edition: Edition, support: AllianceSupport, step: Step) -> Decision:
    handled_by = {"reported": support.reported_by}
    actor = step.principal.account_id
    return require_passed(decide_four_eyes(edition, support.alliance, actor, handled_by), 403)
