"""What banks report: each step under a reference of the bank's own, counted once however often it is sent (3.2-1).

A reference that is known answers with the step it stands for, if the content is the same; so a bank that has lost an
answer may send the step again, under whatever Idempotency-Key. A step that comes before the one it rests on is refused
and changes nothing: sent again later, it counts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.referrals import states
from services.finance.referrals.access import own_bank
from services.finance.referrals.models import Referral, ReferralStep
from services.finance.referrals.queries import lock
from services.finance.referrals.recording import tell
from services.finance.referrals.rules import (
    decide_closing,
    decide_disbursement,
    decide_in_time,
    decide_offer,
    decide_repayment,
    decide_reversal,
    decide_value_day,
    examined_by,
)
from services.finance.referrals.schemas import MoneyIn, OfferIn, RefuseIn, RepayIn, ReverseIn, StepIn
from shared.auth.principal import Principal
from shared.db import constraint_of
from shared.errors import DomainError, invalid_transition, not_found
from shared.events.contracts.finance.banking import (
    ReferralAccepted,
    ReferralClosed,
    ReferralDisbursed,
    ReferralOffered,
    ReferralRefused,
    ReferralRepaid,
    ReferralReversed,
    ReferralState,
    ReferralWithdrawn,
)
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.ids import uuid7
from shared.money import ZERO
from shared.policy.decision import Decision, combine
from shared.policy.edition import Edition, Editions
from shared.refusals import require_passed

REPAID: Final = "repaid"
CANCELLED: Final = "bank_cancelled"
_CONTENT: Final = ("kind", "amount", "interest", "rate", "tenor_months", "until", "reason_code", "value_on")


@dataclass(frozen=True, slots=True)
class Report:
    """A bank's report about one referral."""

    referral_id: UUID
    principal: Principal
    editions: Editions
    if_match: str | None = None


@dataclass(frozen=True, slots=True)
class Reported:
    """The step, its referral's number, and the reference of the step that it takes back."""

    step: ReferralStep
    referral_no: str
    reverses: str | None = None


_Change = Callable[[Referral, Edition, ReferralStep], Decision]


async def accept(session: AsyncSession, sent: StepIn, *, report: Report) -> Reported:
    """The bank examines the referral. Raises 404, 409 `invalid-transition`, `referral-answered-late`,
    `bank-reference-used`."""

    def change(referral: Referral, edition: Edition, step: ReferralStep) -> Decision:
        _require(referral, [states.SENT])
        in_time = _in_time(edition, referral, step.value_on)
        referral.status, referral.accepted_on = states.ACCEPTED, step.value_on
        referral.expires_on = examined_by(edition, step.value_on)
        referral.answered_on = referral.answered_on or step.value_on
        return in_time

    return await _take(session, report, _step(states.ACCEPT, sent, report), ReferralAccepted, change)


async def refuse(session: AsyncSession, sent: RefuseIn, *, report: Report) -> Reported:
    """The bank will not lend, at once or after examining: evidence for a guaranteed loan (3.2-3). Raises as
    `accept`."""

    def change(referral: Referral, edition: Edition, step: ReferralStep) -> Decision:
        _require(referral, [states.SENT, states.ACCEPTED])
        decision = _in_time(edition, referral, step.value_on)
        referral.status, referral.refused_on = states.REFUSED, step.value_on
        referral.refusal_reason, referral.ended_on = sent.reason_code, step.value_on
        referral.answered_on = referral.answered_on or step.value_on
        return decision

    return await _take(session, report, _step(states.REFUSE, sent, report), ReferralRefused, change)


async def offer(session: AsyncSession, sent: OfferIn, *, report: Report) -> Reported:
    """What the bank would lend; the enterprise answers until `until`. Raises as `accept`, and 409
    `referral-offer-above-request`, `referral-offer-until-past`."""

    def change(referral: Referral, edition: Edition, step: ReferralStep) -> Decision:
        _require(referral, [states.ACCEPTED])
        fits = decide_offer(
            edition, requested=referral.amount, offered=sent.amount, day=step.value_on, until=sent.until
        )
        fits = combine(_in_time(edition, referral, step.value_on), require_passed(fits))
        referral.status, referral.offered_on, referral.offer_until = states.OFFERED, step.value_on, sent.until
        referral.offered_amount, referral.offered_rate = sent.amount, sent.rate
        referral.offered_tenor_months = sent.tenor_months
        return fits

    return await _take(session, report, _step(states.OFFER, sent, report), ReferralOffered, change)


async def disburse(session: AsyncSession, sent: MoneyIn, *, report: Report) -> Reported:
    """The bank has paid out, whole or in part. Raises 404, 409 `invalid-transition`, `referral-disbursed-above-offer`,
    `referral-value-day`, `bank-reference-used`."""

    def change(referral: Referral, edition: Edition, step: ReferralStep) -> Decision:
        _require(referral, [states.AGREED, states.DISBURSED, states.REPAYING])
        offered, agreed_on = referral.offered_amount or ZERO, referral.agreed_on or step.value_on
        fits = combine(
            decide_value_day(edition, value_on=sent.value_on, today=report.principal.today, not_before=agreed_on),
            decide_disbursement(edition, amount=sent.amount, disbursed=referral.disbursed, offered=offered),
        )
        require_passed(fits)
        referral.disbursed += sent.amount
        referral.disbursed_on = min(referral.disbursed_on or sent.value_on, sent.value_on)
        referral.status = states.REPAYING if referral.repaid else states.DISBURSED
        return fits

    return await _take(session, report, _step(states.DISBURSE, sent, report), ReferralDisbursed, change)


async def repay(session: AsyncSession, sent: RepayIn, *, report: Report) -> Reported:
    """The bank has received principal. Raises 404, 409 `invalid-transition`, `referral-repaid-above-outstanding`,
    `referral-value-day`, `bank-reference-used`."""

    def change(referral: Referral, edition: Edition, step: ReferralStep) -> Decision:
        _require(referral, [states.DISBURSED, states.REPAYING])
        first = referral.disbursed_on or step.value_on
        fits = combine(
            decide_value_day(edition, value_on=sent.value_on, today=report.principal.today, not_before=first),
            decide_repayment(edition, amount=sent.amount, outstanding=referral.outstanding),
        )
        require_passed(fits)
        referral.repaid += sent.amount
        referral.status = states.REPAYING
        return fits

    return await _take(session, report, _step(states.REPAY, sent, report), ReferralRepaid, change)


async def close(session: AsyncSession, sent: StepIn, *, report: Report) -> Reported:
    """Nothing is owed any more. Raises 404, 409 `invalid-transition`, `referral-still-owed`, `bank-reference-used`."""

    def change(referral: Referral, edition: Edition, step: ReferralStep) -> Decision:
        _require(referral, [states.DISBURSED, states.REPAYING])
        fits = require_passed(decide_closing(edition, outstanding=referral.outstanding))
        referral.status, referral.ended_on, referral.reason_code = states.CLOSED, step.value_on, REPAID
        return fits

    return await _take(session, report, _step(states.CLOSE, sent, report), ReferralClosed, change)


async def cancel(session: AsyncSession, sent: RefuseIn, *, report: Report) -> Reported:
    """The bank does not pay out what was agreed, for a reason of its refusals. Raises 404, 409 `invalid-transition`
    once it has paid, `bank-reference-used`."""

    def change(referral: Referral, edition: Edition, step: ReferralStep) -> Decision:
        _require(referral, [states.AGREED])
        fits = require_passed(decide_closing(edition, outstanding=referral.outstanding))
        referral.status, referral.ended_on, referral.reason_code = states.WITHDRAWN, step.value_on, CANCELLED
        return fits

    return await _take(session, report, _step(states.CANCEL, sent, report), ReferralWithdrawn, change)


async def reverse(session: AsyncSession, sent: ReverseIn, *, report: Report) -> Reported:
    """A step of money was reported wrongly and is taken back whole, by a step of its own; a referral that was closed on
    it is open again.

    Raises 404 for a reference that is no step of money on this referral, 409 `referral-step-reversed`,
    `referral-reversal-below-repaid`, `referral-value-day`, `invalid-transition`, `bank-reference-used`.
    """
    referral = await lock(session, report.referral_id, report.principal)
    wrong = await _by_reference(session, report.principal, sent.reverses)
    if wrong is None or wrong.referral_id != referral.id or wrong.kind not in (states.DISBURSE, states.REPAY):
        raise not_found("referral-step")
    step = _step(states.REVERSE, sent, report)
    step.amount, step.interest, step.reverses_id = wrong.amount, wrong.interest, wrong.id

    def change(referral: Referral, edition: Edition, step: ReferralStep) -> Decision:
        _require(referral, [states.DISBURSED, states.REPAYING, states.CLOSED])
        if wrong.reversed_on is not None:
            raise DomainError("referral-step-reversed", 409, params={"reference": wrong.reference}, clauses=["3.2-1"])
        amount = wrong.amount or ZERO
        disbursed = referral.disbursed - (amount if wrong.kind == states.DISBURSE else ZERO)
        repaid = referral.repaid - (amount if wrong.kind == states.REPAY else ZERO)
        fits = combine(
            decide_value_day(edition, value_on=sent.value_on, today=report.principal.today, not_before=wrong.value_on),
            decide_reversal(edition, disbursed_left=disbursed, repaid_left=repaid),
        )
        require_passed(fits)
        wrong.reversed_on = sent.value_on
        referral.disbursed, referral.repaid = disbursed, repaid
        referral.status = states.REPAYING if repaid else states.DISBURSED if disbursed else states.AGREED
        referral.ended_on = referral.reason_code = None
        if not disbursed:
            referral.disbursed_on = None
        return fits

    taken = await _take(session, report, step, ReferralReversed, change)
    return Reported(taken.step, taken.referral_no, wrong.reference)


def _step(kind: str, sent: StepIn, report: Report) -> ReferralStep:
    """The step as it was sent, before it is known whether it counts."""
    principal = report.principal
    given = sent.model_dump(exclude={"reverses"})
    return ReferralStep(
        id=uuid7(),
        referral_id=report.referral_id,
        kind=kind,
        livemode=principal.livemode,
        bank=own_bank(principal),
        recorded_by=principal.account_id,
        **{"value_on": principal.today, **given},
    )


async def _take(
    session: AsyncSession, report: Report, step: ReferralStep, event_type: EventType[ReferralState], change: _Change
) -> Reported:
    referral = await lock(session, report.referral_id, report.principal)
    known = await _by_reference(session, report.principal, step.reference)
    if known is not None:
        return Reported(_repeated(known, step), referral.no)
    honour_match(report.if_match, referral.version)
    edition = report.editions.get(referral.edition)
    decision = change(referral, edition, step)
    context = EventContext.of(report.principal, step.value_on)
    await session.flush()
    await tell(session, event_type, referral, context, decision.rules)
    step.step = await _next_step(session, referral)
    step.status_after, step.version_after = referral.status, referral.version
    step.disbursed_after, step.repaid_after = referral.disbursed, referral.repaid
    session.add(step)
    try:
        await session.flush()
    except IntegrityError as error:
        if constraint_of(error) != "uq_referral_step_reference":
            raise
        raise _reference_used(step.reference) from error
    return Reported(step, referral.no)


def _repeated(known: ReferralStep, step: ReferralStep) -> ReferralStep:
    """The step that the reference stands for, if it is this one again; the day of a step without money is the day on
    which it was first sent."""
    compared: Sequence[str] = _CONTENT if step.kind in states.MONEY_STEPS else _CONTENT[:-1]
    same = known.referral_id == step.referral_id and known.reverses_id == step.reverses_id
    if not same or any(getattr(known, name) != getattr(step, name) for name in compared):
        raise _reference_used(step.reference)
    return known


async def _by_reference(session: AsyncSession, principal: Principal, reference: str) -> ReferralStep | None:
    query = select(ReferralStep).where(
        ReferralStep.bank == own_bank(principal),
        ReferralStep.livemode.is_(principal.livemode),
        ReferralStep.reference == reference,
    )
    return (await session.scalars(query)).one_or_none()


async def _next_step(session: AsyncSession, referral: Referral) -> int:
    """The referral is locked, so no other step can take the number."""
    last = await session.scalar(select(func.max(ReferralStep.step)).where(ReferralStep.referral_id == referral.id))
    return (last or 0) + 1


def _in_time(edition: Edition, referral: Referral, day: date) -> Decision:
    decision = decide_in_time(edition, day=day, last_day=referral.expires_on, message="referral-answered-late")
    return require_passed(decision)


def _require(referral: Referral, allowed: Sequence[str]) -> None:
    if referral.status not in allowed:
        raise invalid_transition(referral.status, allowed)


def _reference_used(reference: str) -> DomainError:
    return DomainError("bank-reference-used", 409, params={"reference": reference}, clauses=["3.2-1"])
