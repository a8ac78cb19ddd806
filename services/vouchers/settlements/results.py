"""The bank's answer: verified as a whole, then carried out as a whole; and the end of a batch (4.3-4).

Locks: vouchers and redemptions of what is kept back, the redemptions of the lines (shared), the batch, recoveries.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import func, or_, select, union
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.access import own_division
from services.vouchers.recoveries import states as recovering
from services.vouchers.recoveries.models import Recovery
from services.vouchers.recoveries.restoring import lock_uses
from services.vouchers.redemptions.models import Redemption
from services.vouchers.settlements import lines, states
from services.vouchers.settlements.answers import answer_faults
from services.vouchers.settlements.cases import Case, Step, open_case
from services.vouchers.settlements.invoices import claim_back_paid_meanwhile
from services.vouchers.settlements.models import (
    Settlement,
    SettlementLine,
    SettlementOffset,
    SettlementPayment,
    SettlementResult,
)
from services.vouchers.settlements.paid import refuse, settle, take_back, tell_read
from services.vouchers.settlements.schemas import ResultControl, ResultIn
from shared.errors import DomainError
from shared.events.contracts import vouchers as vc
from shared.http.validation import PayloadInvalid
from shared.ids import uuid7
from shared.money import ZERO

_MOST_FAULTS = 100


@dataclass(frozen=True, slots=True)
class Answer:
    """What the bank sent, as a file or as JSON."""

    format: str
    results: Sequence[ResultIn]
    control: ResultControl
    sha256: str
    file_name: str | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """What came of it; `repeated` where the same answer had been read before and nothing was done."""

    settlement: Settlement
    paid: int
    refused: int
    waiting: int
    repeated: bool


def digest_of(results: Sequence[ResultIn], control: ResultControl) -> str:
    """What makes two answers sent as JSON the same."""
    text = "\n".join(one.model_dump_json() for one in (*results, control))
    return hashlib.sha256(text.encode()).hexdigest()


async def read_results(session: AsyncSession, *, step: Step, answer: Answer) -> Read:
    """Carry the bank's answer out: paid, or back to the queue. Everything in it fits, or nothing of it is done.

    The same answer again, and the same outcome of a payment again, change nothing. Raises 409
    `settlement-results-other-file`, 422 `settlement-results-totals-wrong`, and PayloadInvalid naming each line that
    does not fit.
    """
    await _lock_before(session, step)
    case = await open_case(session, step, states.PAYING, states.CLOSED)
    settlement = case.settlement
    before = select(SettlementResult.id).where(
        SettlementResult.settlement_id == settlement.id, SettlementResult.sha256 == answer.sha256
    )
    if await session.scalar(before) is not None:
        return await _read(session, settlement, repeated=True)
    _require_sound(settlement, answer)
    payments = await _payments(session, settlement)
    faults = answer_faults(answer.results, payments, settlement, await _claimed(session, settlement), case.principal)
    if faults:
        raise PayloadInvalid(*faults[:_MOST_FAULTS])
    paid = await _carry_out(session, case, answer.results, payments)
    today = case.principal.today
    context = case.context(today)
    await claim_back_paid_meanwhile(session, paid, context, editions=step.editions)
    session.add(
        SettlementResult(
            id=uuid7(),
            settlement_id=settlement.id,
            sha256=answer.sha256,
            format=answer.format,
            file_name=answer.file_name,
            result_count=len(answer.results),
            total=answer.control.amount,
            read_by=case.principal.account_id,
            read_on=today,
        )
    )
    await tell_read(session, settlement, context)
    return await _read(session, settlement, repeated=False)


def _require_sound(settlement: Settlement, answer: Answer) -> None:
    """The answer is to this batch's file, and its control totals are what its lines come to."""
    control = answer.control
    if control.file_digest != settlement.file_digest:
        other = {"no": settlement.no, "expected": settlement.file_digest}
        raise DomainError("settlement-results-other-file", 409, params=other, clauses=["4.3-4"])
    count, amount = len(answer.results), sum((one.amount for one in answer.results), ZERO)
    if (control.count, control.amount) != (count, amount):
        params = {"count": count, "amount": amount, "said_count": control.count, "said_amount": control.amount}
        raise DomainError("settlement-results-totals-wrong", 422, params=params, clauses=["4.3-4"])


async def _lock_before(session: AsyncSession, step: Step) -> None:
    """Uses whose recoveries the payments keep something back for, and the lines' own: both come before the batch."""
    mine = select(Settlement.id).where(
        Settlement.id == step.settlement_id, Settlement.issuer_division == own_division(step.principal)
    )
    if await session.scalar(mine) is None:
        return
    payments = select(SettlementPayment.id).where(SettlementPayment.settlement_id == step.settlement_id)
    kept_back = (
        select(Recovery.redemption_id)
        .join(SettlementOffset, SettlementOffset.recovery_id == Recovery.id)
        .where(SettlementOffset.payment_id.in_(payments), SettlementOffset.status != states.FREED)
    )
    await lock_uses(session, (await session.scalars(kept_back)).all())
    uses = select(SettlementLine.redemption_id).where(
        SettlementLine.settlement_id == step.settlement_id,
        SettlementLine.status.in_((states.INCLUDED, states.PAID)),
    )
    shared = select(Redemption.id).where(Redemption.id.in_(uses)).order_by(Redemption.id)
    await session.execute(shared.with_for_update(key_share=True, read=True))


async def _payments(session: AsyncSession, settlement: Settlement) -> dict[str, SettlementPayment]:
    query = select(SettlementPayment).where(SettlementPayment.settlement_id == settlement.id)
    rows = await session.scalars(query.execution_options(populate_existing=True))
    return {payment.reference: payment for payment in rows}


async def _claimed(session: AsyncSession, settlement: Settlement) -> set[UUID]:
    """Payments of which something is claimed back, or that kept back a part of what was given up since: their money is
    not simply owed again."""
    moved = or_(Recovery.status != recovering.DROPPED, Recovery.reversed)
    claimed = (
        select(SettlementLine.payment_id)
        .join(Recovery, Recovery.redemption_id == SettlementLine.redemption_id)
        .where(SettlementLine.settlement_id == settlement.id, SettlementLine.status == states.PAID, moved)
    )
    given_up = (
        select(SettlementOffset.payment_id)
        .join(SettlementPayment, SettlementPayment.id == SettlementOffset.payment_id)
        .join(Recovery, Recovery.id == SettlementOffset.recovery_id)
        .where(SettlementPayment.settlement_id == settlement.id, Recovery.status == recovering.WRITTEN_OFF)
    )
    return {found for found in await session.scalars(union(claimed, given_up)) if found is not None}


async def _carry_out(
    session: AsyncSession, case: Case, results: Sequence[ResultIn], payments: dict[str, SettlementPayment]
) -> list[UUID]:
    """What is paid, by day; then what is not. A payment that has the same outcome already is left alone. Returns the
    payments that are made by this answer."""
    settlement = case.settlement
    by_day: defaultdict[date, list[tuple[SettlementPayment, str | None]]] = defaultdict(list)
    for one in results:
        payment = payments[one.reference]
        if payment.status == one.outcome:
            continue
        if one.outcome == states.PAID:
            by_day[one.settled_on].append((payment, one.bank_reference))
    for day, made in sorted(by_day.items()):
        await settle(
            session,
            settlement,
            [payment for payment, _ in made],
            day=day,
            context=case.context(day),
            bank_references=[reference for _, reference in made],
        )
    for one in results:
        payment = payments[one.reference]
        if payment.status == one.outcome or one.outcome == states.PAID:
            continue
        context, reason = case.context(one.settled_on), one.reason or ""
        if one.outcome == states.RETURNED:
            await take_back(session, settlement, payment, day=one.settled_on, reason=reason, context=context)
        else:
            await refuse(
                session,
                settlement,
                payment,
                outcome=one.outcome,
                day=one.settled_on,
                reason=reason,
                context=context,
            )
    return [payment.id for made in by_day.values() for payment, _ in made]


async def _read(session: AsyncSession, settlement: Settlement, *, repeated: bool) -> Read:
    await session.flush()
    paid, refused, waiting = await tally(session, settlement.id)
    return Read(settlement, paid, refused, waiting, repeated)


async def tally(session: AsyncSession, settlement_id: UUID) -> tuple[int, int, int]:
    """Payments that are made, that are not, and that the bank has not answered."""
    payment = SettlementPayment
    query = select(
        func.count().filter(payment.status == states.PAID),
        func.count().filter(payment.status.in_((states.REJECTED, states.ERROR, states.RETURNED))),
        func.count().filter(payment.status == states.ISSUED),
    ).where(payment.settlement_id == settlement_id)
    paid, refused, waiting = (await session.execute(query)).one()
    return paid, refused, waiting


async def close(session: AsyncSession, *, step: Step, closed_on: date | None) -> Settlement:
    """End a batch whose payments the bank has all answered. Raises 409 `settlement-results-open`."""
    case = await open_case(session, step, states.PAYING)
    settlement = case.settlement
    _, _, waiting = await tally(session, settlement.id)
    if waiting:
        raise DomainError("settlement-results-open", 409, params={"waiting": waiting}, clauses=["4.3-4"])
    day = case.day(closed_on, settlement.filed_on)
    settlement.status, settlement.closed_by, settlement.closed_on = states.CLOSED, step.principal.account_id, day
    await lines.tell(session, vc.SettlementClosed, settlement, case.context(day), ("vouchers.settlement_payment",))
    return settlement
