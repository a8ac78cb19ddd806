"""What the guarantor's limits hold for a loan: its share of what the borrower owes or may still draw (3.2-3)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.ceilings.models import GUARANTEE_BORROWER, GUARANTEE_TOTAL, ceiling
from services.finance.enterprises import family_codes, related_codes
from services.finance.guarantees.models import Guarantee
from services.finance.guarantees.rules import (
    borrower_limit,
    decide_borrower_limit,
    decide_related_limit,
    decide_total_limit,
    guaranteed_share,
    related_limit,
    total_limit,
)
from services.finance.guarantees.states import CANCELLED, DRAFTED, ISSUED, LOAN_CLOSED, RELEASED
from services.finance.guarantees.telling import enter, tell
from services.finance.journal.entries import Movement
from services.finance.loans.models import Loan
from shared.ceilings import commit_amount, release_amount
from shared.events.contracts.finance.guarantees import (
    GuaranteeCancelled,
    GuaranteeReduced,
    GuaranteeReleased,
    GuaranteeRestored,
)
from shared.events.outbox import EventContext
from shared.money import ZERO
from shared.policy.decision import Decision, combine
from shared.policy.edition import Edition
from shared.refusals import require_passed


async def commit_liability(
    session: AsyncSession, edition: Edition, guarantee: Guarantee, amount: Decimal, day: date
) -> Decision:
    """Take the amount out of the limits. Raises 409 `guarantee-borrower-limit-exceeded`,
    `guarantee-related-limit-exceeded`, `guarantee-total-limit-exceeded`."""
    return require_passed(await _commit(session, edition, guarantee, amount, day, forced=False))


async def restore_liability(
    session: AsyncSession, edition: Edition, guarantee: Guarantee, amount: Decimal, day: date
) -> Decision:
    """The guarantor is liable again for a debt that came back, above its limits if need be: the decision does not pass
    then, and nothing new is guaranteed until it is below them again."""
    return await _commit(session, edition, guarantee, amount, day, forced=True)


async def release_liability(session: AsyncSession, guarantee: Guarantee, amount: Decimal) -> None:
    """Give back what the guarantor is not liable for any more."""
    for key in (_total(guarantee), _borrower(guarantee)):
        move = await release_amount(session, ceiling, **key, amount=amount)
        assert move.ok, f"{guarantee.no}: {amount} is given back, {move.committed} was held"
    guarantee.liability -= amount


async def follow_debt(
    session: AsyncSession, edition: Edition, loan: Loan, guarantee: Guarantee | None, context: EventContext
) -> None:
    """After the loan's own event: the liability is what it should be now, and nothing once the loan is closed, when a
    draft is cancelled. Where the last payment is taken back the guarantee is in force again."""
    closed = loan.closed_on is not None
    if guarantee is not None and guarantee.status == DRAFTED and closed:
        await _cancel(session, guarantee, context)
    if guarantee is not None and guarantee.status == RELEASED and not closed and not guarantee.paid:
        guarantee.status, guarantee.released_on = ISSUED, None
    if guarantee is None or guarantee.status != ISSUED:
        return
    covered = ZERO if closed else guarantee.amount - (loan.disbursed - loan.outstanding)
    change = guaranteed_share(covered, guarantee.share_percent) - guarantee.liability
    if change > 0:
        decision = await restore_liability(session, edition, guarantee, change, context.effective_on)
        await tell(session, GuaranteeRestored, guarantee, context, decision)
        await enter(session, guarantee, Movement.GUARANTEE_RESTORED, change, context)
    elif change < 0 or closed:
        if change:
            await release_liability(session, guarantee, -change)
        if closed:
            guarantee.status, guarantee.released_on = RELEASED, context.effective_on
        await tell(session, GuaranteeReleased if closed else GuaranteeReduced, guarantee, context)
        await enter(session, guarantee, Movement.GUARANTEE_REDUCED, -change, context)


async def _cancel(session: AsyncSession, guarantee: Guarantee, context: EventContext) -> None:
    """A draft whose loan is closed holds nothing any more."""
    await release_liability(session, guarantee, guarantee.liability)
    guarantee.status, guarantee.reason_code = CANCELLED, LOAN_CLOSED
    guarantee.cancelled_by, guarantee.cancelled_on = context.actor, context.effective_on
    await tell(session, GuaranteeCancelled, guarantee, context)


async def _commit(
    session: AsyncSession, edition: Edition, guarantee: Guarantee, amount: Decimal, day: date, *, forced: bool
) -> Decision:
    """The total's row comes first: all that is guaranteed waits for it, so that what a borrower and those related to it
    hold together stays as it was read."""
    total = total_limit(edition)
    every_fits, every = await _take(session, _total(guarantee), amount, total, forced=forced)
    family = await family_codes(session, [guarantee.borrower])
    percent = edition.investing.reward.related_holding_percent.value
    related = await related_codes(session, family, day, percent=percent)
    held = await held_by(session, family, livemode=guarantee.livemode)
    around = held + await held_by(session, related, livemode=guarantee.livemode)
    one, circle = _within(held, amount, borrower_limit(edition)), _within(around, amount, related_limit(edition))
    decision = combine(
        decide_borrower_limit(edition, fits=one[0], amount=amount, committed=one[1], limit=borrower_limit(edition)),
        decide_related_limit(edition, fits=circle[0], amount=amount, committed=circle[1], limit=related_limit(edition)),
        decide_total_limit(edition, fits=every_fits, amount=amount, committed=every, limit=total),
    )
    if decision.passed or forced:
        await _take(session, _borrower(guarantee), amount, borrower_limit(edition), forced=True)
        guarantee.liability += amount
    return decision


async def held_by(session: AsyncSession, subjects: Collection[str], *, livemode: bool) -> Decimal:
    """What the guarantor is liable for towards all of them together."""
    mine = (ceiling.c.kind == GUARANTEE_BORROWER, ceiling.c.period == ("all" if livemode else "test"))
    query = select(func.coalesce(func.sum(ceiling.c.committed), ZERO))
    return Decimal(await session.scalar(query.where(*mine, ceiling.c.subject.in_(subjects))) or 0)


def _within(held: Decimal, amount: Decimal, limit: Decimal) -> tuple[bool, Decimal]:
    """Whether it fits, and what is held: with the amount where it fits, without it where it does not."""
    fits = held + amount <= limit
    return fits, held + amount if fits else held


async def _take(
    session: AsyncSession, key: Mapping[str, str], amount: Decimal, limit: Decimal, *, forced: bool
) -> tuple[bool, Decimal]:
    """The same for one row, which is moved where the amount fits, or is forced. A row's own limit may be higher than
    the edition's, where a debt came back."""
    move = await commit_amount(session, ceiling, **key, amount=amount, limit=limit)
    while forced and not move.ok:
        move = await commit_amount(session, ceiling, **key, amount=amount, limit=move.committed + amount)
    fits = move.ok and move.committed <= limit
    return fits, move.committed - amount if move.ok and not fits else move.committed


def _borrower(guarantee: Guarantee) -> Mapping[str, str]:
    return {"kind": GUARANTEE_BORROWER, "subject": guarantee.borrower, "period": _period(guarantee)}


def _total(guarantee: Guarantee) -> Mapping[str, str]:
    return {"kind": GUARANTEE_TOTAL, "subject": "all", "period": _period(guarantee)}


def _period(guarantee: Guarantee) -> str:
    return "all" if guarantee.livemode else "test"
