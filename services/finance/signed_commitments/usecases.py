"""A signed commitment's way: filed, reviewed, decided by a third person, paid from what was to be recovered (2.3-5)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.delisting.models import DelistingCarriedOut
from services.finance.grants import states as grant_states
from services.finance.grants.cases import Case, Step, day_of, open_case, record
from services.finance.grants.models import Grant
from services.finance.grants.rules import decide_four_eyes
from services.finance.journal.entries import Movement, post
from services.finance.signed_commitments import states
from services.finance.signed_commitments.models import CONTRACT_ONCE, SignedCommitment
from services.finance.signed_commitments.queries import find_commitment, promised
from services.finance.signed_commitments.rules import (
    decide_honoured,
    decide_proposed,
    decide_settled,
    decide_signed_before,
)
from services.finance.signed_commitments.schemas import (
    CommitmentHonouring,
    CommitmentIn,
    CommitmentRefusal,
    CommitmentReview,
    CommitmentSettlement,
)
from services.finance.spending.usecases import add_line, announce_claim, charge_line
from shared.db import constraint_of
from shared.errors import DomainError, invalid_transition
from shared.events import outbox
from shared.events.contracts.finance import GrantSpendingRecorded
from shared.events.contracts.finance.grant_years import (
    CommitmentFiled,
    CommitmentHonoured,
    CommitmentLapsed,
    CommitmentRefused,
    CommitmentReviewed,
    CommitmentSettled,
    CommitmentState,
)
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.ids import next_case_no, uuid7
from shared.policy.decision import Decision, combine
from shared.refusals import require_passed


@dataclass(frozen=True, slots=True)
class _Opened:
    """A locked commitment with its grant."""

    case: Case
    commitment: SignedCommitment


async def file_commitment(session: AsyncSession, sent: CommitmentIn, *, step: Step) -> SignedCommitment:
    """The operator brings a contract forward that was signed before the delisting.

    Raises 409 `commitment-not-signed-before`, `commitment-filed-already`, `invalid-transition` for a grant of which
    nothing is to be recovered.
    """
    case = await open_case(session, step, grant_states.IN_RECOVERY)
    grant = case.grant
    assert grant.delisting_case_id is not None, "a recovery has its delisting"
    assert grant.paid_on is not None, "what is recovered was paid"
    delisting = await session.get_one(DelistingCarriedOut, grant.delisting_case_id)
    day = day_of(step, sent.filed_on, not_before=delisting.effective_on)
    decision = decide_signed_before(
        case.edition, signed_on=sent.signed_on, delisted_on=delisting.effective_on, paid_on=grant.paid_on
    )
    require_passed(decision)
    commitment = SignedCommitment(
        id=uuid7(),
        version=0,
        no=await next_case_no(session, "SC", day.year),
        grant_id=grant.id,
        centre_id=grant.centre_id,
        fiscal_year=grant.fiscal_year,
        edition=grant.edition,
        delisting_case_id=grant.delisting_case_id,
        status=states.FILED,
        decisions=[],
        filed_by=step.principal.account_id,
        **sent.model_dump(exclude={"filed_on"}),
        filed_on=day,
    )
    session.add(commitment)
    await _flush_once(session)
    await _record(session, CommitmentFiled, commitment, EventContext.of(step.principal, day), decision)
    return commitment


async def review_commitment(
    session: AsyncSession, commitment_id: UUID, sent: CommitmentReview, *, step: Step
) -> SignedCommitment:
    """An officer proposes what to honour. Raises 403 `four-eyes-required`, 409 `commitment-above-contract`."""
    opened = await _open(session, commitment_id, step, states.FILED)
    commitment = opened.commitment
    day = day_of(step, sent.decided_on, not_before=commitment.filed_on)
    within = decide_proposed(opened.case.edition, proposed=sent.proposed, amount=commitment.amount)
    decision = combine(_decide_another_person(opened, step), require_passed(within))
    commitment.status, commitment.proposed = states.REVIEWED, sent.proposed
    commitment.reviewed_on, commitment.reviewed_by = day, step.principal.account_id
    await _record(session, CommitmentReviewed, commitment, EventContext.of(step.principal, day), decision)
    return commitment


async def honour_commitment(
    session: AsyncSession, commitment_id: UUID, sent: CommitmentHonouring, *, step: Step
) -> SignedCommitment:
    """A third person decides that it may be paid, out of what is still to be recovered.

    Raises 403 `four-eyes-required`, 409 `commitment-above-contract`, `commitment-above-outstanding`.
    """
    opened = await _open(session, commitment_id, step, states.REVIEWED)
    commitment, edition = opened.commitment, opened.case.edition
    day = day_of(step, sent.decided_on, not_before=commitment.reviewed_on)
    within = require_passed(decide_proposed(edition, proposed=sent.honoured, amount=commitment.amount))
    before = await promised(session, commitment.grant_id)
    outstanding = _outstanding(opened.case.grant)
    there = decide_honoured(edition, amount=sent.honoured, outstanding=outstanding, promised=before)
    decision = combine(_decide_another_person(opened, step), within, require_passed(there))
    commitment.status, commitment.honoured = states.HONOURED, sent.honoured
    commitment.decided_on, commitment.decided_by = day, step.principal.account_id
    commitment.document_no = sent.document_no
    await _record(session, CommitmentHonoured, commitment, EventContext.of(step.principal, day), decision)
    return commitment


async def refuse_commitment(
    session: AsyncSession, commitment_id: UUID, sent: CommitmentRefusal, *, step: Step
) -> SignedCommitment:
    """A third person decides that it may not be paid; of one that was honoured, that the unpaid rest is promised no
    longer and may be recovered. Raises 403 `four-eyes-required`."""
    opened = await _open(session, commitment_id, step, states.REVIEWED, states.HONOURED)
    commitment = opened.commitment
    day = day_of(step, sent.decided_on, not_before=commitment.decided_on or commitment.reviewed_on)
    decision = _decide_another_person(opened, step)
    commitment.reason_code = sent.reason_code
    if commitment.status == states.HONOURED:
        commitment.status, commitment.ended_on = states.LAPSED, day
        commitment.ended_by = step.principal.account_id
        await _record(session, CommitmentLapsed, commitment, EventContext.of(step.principal, day), decision)
        return commitment
    commitment.status = states.REFUSED
    commitment.decided_on, commitment.decided_by = day, step.principal.account_id
    commitment.document_no = sent.document_no
    await _record(session, CommitmentRefused, commitment, EventContext.of(step.principal, day), decision)
    return commitment


async def settle_commitment(
    session: AsyncSession, commitment_id: UUID, sent: CommitmentSettlement, *, step: Step
) -> SignedCommitment:
    """An honoured contract was paid, as somebody confirms who neither filed nor reviewed it: the money counts as spent
    on purpose and is no longer to be recovered.

    Raises 403 `four-eyes-required`, 409 `commitment-above-honoured`, `spending-above-balance`,
    `invoice-already-counted`, `document-claims-exceeded`.
    """
    opened = await _open(session, commitment_id, step, states.HONOURED)
    commitment, grant, edition = opened.commitment, opened.case.grant, opened.case.edition
    another = _decide_another_person(opened, step)
    outstanding = _outstanding(grant)
    within = decide_settled(edition, amount=sent.amount, unsettled=commitment.unsettled, outstanding=outstanding)
    require_passed(within)
    context = EventContext.of(step.principal)
    about = {"purpose": grant.purpose, "description": commitment.description}
    line = await add_line(session, opened.case, step, amount=sent.amount, **about)
    decision = combine(another, within, await charge_line(session, opened.case, line, sent, step))
    grant.spent += sent.amount
    grant.recovery_due -= sent.amount
    if grant.recovery_due == 0:
        grant.status = grant_states.PAID
    await record(session, GrantSpendingRecorded, grant, context, decision, keep=False)
    await announce_claim(session, line, context, edition)
    await post(session, Movement.RECOVERY_CLOSED, grant, sent.amount, context)
    await post(session, Movement.SPENT, grant, sent.amount, context)
    commitment.settled += sent.amount
    if commitment.unsettled == 0:
        commitment.status = states.SETTLED
    await _record(session, CommitmentSettled, commitment, context, decision)
    return commitment


def _outstanding(grant: Grant) -> Decimal:
    return grant.recovery_due - grant.held_back


async def _open(session: AsyncSession, commitment_id: UUID, step: Step, *from_states: str) -> _Opened:
    """Lock centre, grant and commitment, in this order. Raises 404, 412 and 409 `invalid-transition`."""
    found = await find_commitment(session, commitment_id, principal=step.principal)
    own = Step(found.grant_id, step.principal, step.editions)
    case = await open_case(session, own, grant_states.IN_RECOVERY)
    commitment = await session.get_one(SignedCommitment, commitment_id, with_for_update=True, populate_existing=True)
    honour_match(step.if_match, commitment.version)
    if commitment.status not in from_states:
        raise invalid_transition(commitment.status, from_states)
    return _Opened(case, commitment)


def _decide_another_person(opened: _Opened, step: Step) -> Decision:
    """Four eyes (3.1-4). Raises 403 `four-eyes-required`."""
    commitment = opened.commitment
    handled_by = {"filed": commitment.filed_by, "reviewed": commitment.reviewed_by}
    return require_passed(decide_four_eyes(opened.case.edition, step.principal.account_id, handled_by), 403)


async def _flush_once(session: AsyncSession) -> None:
    try:
        await session.flush()
    except IntegrityError as error:
        if constraint_of(error) != CONTRACT_ONCE:
            raise
        raise DomainError("commitment-filed-already", 409) from error


async def _record(
    session: AsyncSession,
    event_type: EventType[CommitmentState],
    commitment: SignedCommitment,
    context: EventContext,
    decision: Decision,
) -> None:
    taken = event_type.name.split(".")[2]
    commitment.decisions = [*commitment.decisions, {"step": taken, "decision": decision.to_json()}]
    state = CommitmentState.model_validate(commitment, from_attributes=True)
    rules, edition = decision.rules, commitment.edition
    await outbox.append(session, event_type, commitment, state, context=context, rules=rules, edition=edition)
