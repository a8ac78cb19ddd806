"""What the guarantor's limits hold for a loan: its share of what the borrower owes or may still draw (3.2-3)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.ceilings.models import GUARANTEE_BORROWER, GUARANTEE_TOTAL, ceiling
from services.finance.guarantees.models import Guarantee
from services.finance.guarantees.rules import (
    borrower_limit,
    decide_borrower_limit,
    decide_total_limit,
    guaranteed_share,
    total_limit,
)
from services.finance.guarantees.states import ISSUED, RELEASED
from services.finance.guarantees.telling import enter, tell
from services.finance.journal.entries import Movement
from services.finance.loans.models import Loan
from shared.ceilings import commit_amount, release_amount
from shared.events.contracts.finance.guarantees import GuaranteeReduced, GuaranteeReleased, GuaranteeRestored
from shared.events.outbox import EventContext
from shared.money import ZERO
from shared.policy.decision import Decision, combine
from shared.policy.edition import Edition
from shared.refusals import require_passed


async def commit_liability(session: AsyncSession, edition: Edition, guarantee: Guarantee, amount: Decimal) -> Decision:
    """Take the amount out of both limits. Raises 409 `guarantee-borrower-limit-exceeded`,
    `guarantee-total-limit-exceeded`."""
    limit = borrower_limit(edition)
    move = await commit_amount(session, ceiling, **_borrower(guarantee), amount=amount, limit=limit)
    one = require_passed(
        decide_borrower_limit(edition, fits=move.ok, amount=amount, committed=move.committed, limit=move.limit)
    )
    move = await commit_amount(session, ceiling, **_total(guarantee), amount=amount, limit=total_limit(edition))
    every = require_passed(
        decide_total_limit(edition, fits=move.ok, amount=amount, committed=move.committed, limit=move.limit)
    )
    guarantee.liability += amount
    return combine(one, every)


async def release_liability(session: AsyncSession, guarantee: Guarantee, amount: Decimal) -> None:
    """Give back what the guarantor is not liable for any more."""
    for key in (_borrower(guarantee), _total(guarantee)):
        move = await release_amount(session, ceiling, **key, amount=amount)
        assert move.ok, f"{guarantee.no}: {amount} is given back, {move.committed} was held"
    guarantee.liability -= amount


async def follow_debt(
    session: AsyncSession, edition: Edition, loan: Loan, guarantee: Guarantee | None, context: EventContext
) -> None:
    """After the loan's own event: the liability is what it should be now, and nothing once the loan is closed. Raises
    as `commit_liability` where a payment that is taken back finds the limits full."""
    if guarantee is None or guarantee.status != ISSUED:
        return
    closed = loan.closed_on is not None
    covered = ZERO if closed else guarantee.amount - (loan.disbursed - loan.outstanding)
    change = guaranteed_share(covered, guarantee.share_percent) - guarantee.liability
    if change > 0:
        await commit_liability(session, edition, guarantee, change)
        await tell(session, GuaranteeRestored, guarantee, context)
        await enter(session, guarantee, Movement.GUARANTEE_RESTORED, change, context)
    elif change < 0 or closed:
        if change:
            await release_liability(session, guarantee, -change)
        if closed:
            guarantee.status, guarantee.released_on = RELEASED, context.effective_on
        await tell(session, GuaranteeReleased if closed else GuaranteeReduced, guarantee, context)
        await enter(session, guarantee, Movement.GUARANTEE_REDUCED, -change, context)


def _borrower(guarantee: Guarantee) -> Mapping[str, str]:
    return {"kind": GUARANTEE_BORROWER, "subject": guarantee.borrower, "period": _period(guarantee)}


def _total(guarantee: Guarantee) -> Mapping[str, str]:
    return {"kind": GUARANTEE_TOTAL, "subject": "all", "period": _period(guarantee)}


def _period(guarantee: Guarantee) -> str:
    return "all" if guarantee.livemode else "test"
