"""What an approval holds of the centre's yearly ceiling, and giving it back (3.1-4)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.appropriations.commitments import GRANTS, Claim, Release, commit_budget, release_budgets
from services.finance.ceilings.models import CENTRE_YEAR, CENTRE_YEAR_PURPOSE, ceiling
from services.finance.grants.models import Grant
from services.finance.grants.rules import Moved, decide_ceiling, total_limit
from services.finance.journal.entries import Move, Movement, post
from shared.ceilings import commit_amount, release_amount
from shared.events.outbox import EventContext
from shared.policy.decision import Decision, combine
from shared.policy.edition import Edition
from shared.refusals import require_passed

KINDS: Final = (CENTRE_YEAR, CENTRE_YEAR_PURPOSE)
"""Always taken in this order."""


def subject_of(kind: str, centre_id: UUID, purpose: str) -> str:
    """The ceiling's subject: the centre, or the centre and the purpose."""
    return str(centre_id) if kind == CENTRE_YEAR else f"{centre_id}/{purpose}"


async def commit_grant(
    session: AsyncSession, edition: Edition, grant: Grant, amount: Decimal, context: EventContext
) -> Decision:
    """Commit the amount under the centre's ceiling of the year, under that of the purpose, and out of the year's budget
    line, just before the grant's event is appended.

    Raises 409 `grant-ceiling-exceeded`, `appropriation-missing`, `appropriation-closed`, `appropriation-exhausted`.
    """
    total = total_limit(edition, grant.tier, await _stored_limit(session, grant))
    earmarked = edition.grants.increment_earmarked_for_new_purpose.value
    limits = {CENTRE_YEAR: total, CENTRE_YEAR_PURPOSE: grant.cap if earmarked else total}
    decisions: list[Decision] = []
    for kind in KINDS:
        move = await commit_amount(
            session,
            ceiling,
            kind=kind,
            subject=subject_of(kind, grant.centre_id, grant.purpose),
            period=str(grant.fiscal_year),
            amount=amount,
            limit=limits[kind],
        )
        scope = "all" if kind == CENTRE_YEAR else grant.purpose
        moved = Moved(move.ok, amount, move.committed, move.limit)
        decisions.append(require_passed(decide_ceiling(edition, grant.tier, scope, moved)))
    budget = await commit_budget(
        session,
        edition,
        programme=GRANTS,
        year=grant.fiscal_year,
        amount=amount,
        case=Claim.before(grant),
        context=context,
    )
    return combine(*decisions, budget)


async def release_ceilings(
    session: AsyncSession, *, centre_id: UUID, purpose: str, fiscal_year: int, amount: Decimal
) -> None:
    """Give back to both ceilings what was committed."""
    for kind in KINDS:
        subject, period = subject_of(kind, centre_id, purpose), str(fiscal_year)
        move = await release_amount(session, ceiling, kind=kind, subject=subject, period=period, amount=amount)
        assert move.ok, f"{kind} {subject} {period}: {amount} is released, {move.committed} was committed"


async def release_grant(session: AsyncSession, grant: Grant, context: EventContext) -> None:
    """Give back what a grant that ends unpaid had committed, after its event was appended."""
    if grant.approved is None:
        return
    day, actor = context.effective_on, context.actor
    await release_ceilings(
        session,
        centre_id=grant.centre_id,
        purpose=grant.purpose,
        fiscal_year=grant.fiscal_year,
        amount=grant.approved,
    )
    await release_budgets(session, given_back([Move(Movement.RELEASED, grant, grant.approved, day, actor)]))
    await post(session, Movement.RELEASED, grant, grant.approved, context)


def given_back(moves: Sequence[Move]) -> list[Release]:
    """What the budget line gets back by these movements of grants that end unpaid."""
    return [
        Release(GRANTS, move.grant.fiscal_year, move.amount, Claim.of(move.grant), move.effective_on, move.actor)
        for move in moves
        if move.movement is Movement.RELEASED
    ]


async def _stored_limit(session: AsyncSession, grant: Grant) -> Decimal | None:
    key = {"kind": CENTRE_YEAR, "subject": str(grant.centre_id), "period": str(grant.fiscal_year)}
    return await session.scalar(select(ceiling.c.limit_amount).filter_by(**key))
