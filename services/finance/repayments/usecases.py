"""A repayment's way: prepared, approved, countersigned, paid; four people (2.3-5, 3.1-4)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.appropriations.commitments import GRANTS, Claim, repay_budget
from services.finance.centres import Centre, read_centre
from services.finance.grants import states as grant_states
from services.finance.grants.cases import Step, day_of, record
from services.finance.grants.models import Grant
from services.finance.grants.rules import decide_centre_listed, decide_four_eyes
from services.finance.grants.schemas import MoneyDecision, StepRequest
from services.finance.journal.entries import Move, Movement, post_many
from services.finance.papers import require_papers
from services.finance.payments.rules import decide_standing
from services.finance.payments.standing import Standing, ask_standing
from services.finance.repayments import states
from services.finance.repayments.models import Repayment
from services.finance.repayments.opening import tell
from services.finance.repayments.queries import find
from services.finance.repayments.rules import decide_repayable
from services.finance.repayments.schemas import RepaymentPayment, Return
from shared.errors import invalid_transition
from shared.events.contracts.finance import (
    GrantRepaid,
    RepaymentApproved,
    RepaymentCountersigned,
    RepaymentPaid,
    RepaymentPrepared,
    RepaymentReturned,
    RepaymentState,
)
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.peers import PeerClient
from shared.policy.decision import Decision, combine
from shared.policy.edition import Edition
from shared.refusals import require_passed


@dataclass(frozen=True, slots=True)
class Case:
    """A locked repayment with its grant and centre, under the grant's edition."""

    repayment: Repayment
    grant: Grant
    centre: Centre
    edition: Edition


async def prepare(session: AsyncSession, repayment_id: UUID, sent: StepRequest, *, step: Step) -> Repayment:
    """An officer has compared amount and payee with the recovery. Raises 409 `repayment-recovery-gone`."""
    case = await _open(session, repayment_id, step, states.DUE)
    repayment = case.repayment
    day = day_of(step, sent.decided_on, not_before=repayment.opened_on)
    decision = _decide(case, step)
    repayment.status, repayment.reason_code = states.PREPARED, None
    repayment.prepared_on, repayment.prepared_by = day, step.principal.account_id
    await _record(session, RepaymentPrepared, repayment, EventContext.of(step.principal, day), decision)
    return repayment


async def approve(session: AsyncSession, repayment_id: UUID, sent: MoneyDecision, *, step: Step) -> Repayment:
    """Another person approves. Raises 403 `four-eyes-required`, 409 `repayment-recovery-gone`, as `require_papers`."""
    case = await _open(session, repayment_id, step, states.PREPARED)
    repayment = case.repayment
    day = day_of(step, sent.decided_on, not_before=repayment.prepared_on)
    papers = require_papers(case.edition, "repayment.approved", sent, clause="3.1-4")
    decision = combine(_decide(case, step), papers)
    repayment.status = states.APPROVED
    repayment.approved_on, repayment.approved_by = day, step.principal.account_id
    await _record(session, RepaymentApproved, repayment, EventContext.of(step.principal, day), decision)
    return repayment


async def countersign(session: AsyncSession, repayment_id: UUID, sent: MoneyDecision, *, step: Step) -> Repayment:
    """One of the bureaus that answer for grants signs, as for every payment of theirs (3.1-4). Raises as `approve`."""
    case = await _open(session, repayment_id, step, states.APPROVED)
    repayment = case.repayment
    day = day_of(step, sent.decided_on, not_before=repayment.approved_on)
    papers = require_papers(case.edition, "repayment.countersigned", sent, clause="3.1-4")
    decision = combine(_decide(case, step), papers)
    repayment.status = states.COUNTERSIGNED
    repayment.countersigned_on, repayment.countersigned_by = day, step.principal.account_id
    await _record(session, RepaymentCountersigned, repayment, EventContext.of(step.principal, day), decision)
    return repayment


async def send_back(session: AsyncSession, repayment_id: UUID, sent: Return, *, step: Step) -> Repayment:
    """To be prepared again: no signature stays. Raises 403 `four-eyes-required` to whoever signed it."""
    case = await _open(session, repayment_id, step, *states.SIGNED)
    repayment = case.repayment
    last = repayment.countersigned_on or repayment.approved_on or repayment.prepared_on
    day = day_of(step, sent.decided_on, not_before=last)
    decision = _decide_another_person(case, step)
    repayment.status, repayment.reason_code = states.DUE, sent.reason_code
    repayment.prepared_on = repayment.approved_on = repayment.countersigned_on = None
    repayment.prepared_by = repayment.approved_by = repayment.countersigned_by = None
    await _record(session, RepaymentReturned, repayment, EventContext.of(step.principal, day), decision)
    return repayment


async def standing_of_payee(session: AsyncSession, peers: PeerClient, repayment_id: UUID, *, step: Step) -> Standing:
    """How the centre stands, asked while nothing is locked: whether the reversal still holds.

    Raises 409 `invalid-transition` without asking, 503 `standing-unknown`.
    """
    repayment = await find(session, repayment_id, principal=step.principal)
    if repayment.status != states.COUNTERSIGNED:
        raise invalid_transition(repayment.status, [states.COUNTERSIGNED])
    return await ask_standing(peers, repayment.centre_id, correlation_id=step.principal.correlation_id)


async def pay(
    session: AsyncSession, repayment_id: UUID, sent: RepaymentPayment, standing: Standing, *, step: Step
) -> Repayment:
    """Pay it out, once, in the order of checks and locks that `payments.standing` tells. The money is an advance of
    the centre's again: a grant that was closed is open until it is accounted for anew.

    Raises 409 `centre-not-in-good-standing`, `grant-centre-not-listed`, `repayment-recovery-gone`, 403
    `four-eyes-required`.
    """
    case = await _open(session, repayment_id, step, states.COUNTERSIGNED)
    repayment, grant = case.repayment, case.grant
    day = day_of(step, sent.paid_on, not_before=repayment.countersigned_on)
    asked = require_passed(decide_standing(case.edition, evaluation=standing.evaluation, registry=standing.registry))
    listed = require_passed(decide_centre_listed(case.edition, case.centre.listed))
    decision = combine(asked, listed, _decide(case, step))
    grant.repaid += repayment.amount
    grant.recovery_due -= repayment.amount
    grant.status, grant.ended_on, grant.ended_by = grant_states.PAID, None, None
    context = EventContext.of(step.principal, day)
    await record(session, GrantRepaid, grant, context, decision)
    move = Move(
        Movement.REPAID,
        grant,
        repayment.amount,
        day,
        context.actor,
        counterparty=repayment.payee_code,
        reverses_id=repayment.recovery_entry_id,
    )
    await repay_budget(
        session,
        programme=GRANTS,
        year=grant.fiscal_year,
        amount=repayment.amount,
        case=Claim.of(grant),
        context=context,
    )
    (entry_id,) = await post_many(session, [move])
    repayment.status, repayment.document_no, repayment.journal_entry_id = states.PAID, sent.document_no, entry_id
    repayment.paid_on, repayment.paid_by = day, step.principal.account_id
    await _record(session, RepaymentPaid, repayment, context, decision)
    return repayment


async def _open(session: AsyncSession, repayment_id: UUID, step: Step, *from_states: str) -> Case:
    """Lock centre, grant and repayment, in this order. Raises 404, 412 and 409 `invalid-transition`."""
    found = await find(session, repayment_id, principal=step.principal)
    centre = await read_centre(session, found.centre_id, lock=True)
    anew = {"populate_existing": True}
    locked = select(Grant).where(Grant.id == found.grant_id).with_for_update()
    grant = (await session.scalars(locked, execution_options=anew)).one()
    mine = select(Repayment).where(Repayment.id == repayment_id).with_for_update()
    repayment = (await session.scalars(mine, execution_options=anew)).one()
    honour_match(step.if_match, repayment.version)
    if repayment.status not in from_states:
        raise invalid_transition(repayment.status, from_states)
    return Case(repayment, grant, centre, step.editions.get(repayment.edition))


def _decide(case: Case, step: Step) -> Decision:
    """What every step towards payment needs: the recovery, and another person."""
    repayment, grant = case.repayment, case.grant
    repayable = decide_repayable(
        case.edition,
        same_case=grant.delisting_case_id == repayment.delisting_case_id,
        amount=repayment.amount,
        held=grant.held_back,
    )
    return combine(require_passed(repayable), _decide_another_person(case, step))


def _decide_another_person(case: Case, step: Step) -> Decision:
    repayment = case.repayment
    handled_by = {
        "prepared": repayment.prepared_by,
        "approved": repayment.approved_by,
        "countersigned": repayment.countersigned_by,
    }
    return require_passed(decide_four_eyes(case.edition, step.principal.account_id, handled_by), 403)


async def _record(
    session: AsyncSession,
    event_type: EventType[RepaymentState],
    repayment: Repayment,
    context: EventContext,
    decision: Decision,
) -> None:
    taken = event_type.name.split(".")[2]
    repayment.decisions = [*repayment.decisions, {"step": taken, "decision": decision.to_json()}]
    await tell(session, event_type, repayment, context, decision.rules)
