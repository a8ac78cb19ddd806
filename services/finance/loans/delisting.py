"""What it means for loans that a centre leaves the list (2.3-5): pending ones get no further, contracts stay.

No loan is ended: a borrower that moves to another listed centre may go on. The mark tells whoever handles the loan.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import Uuid, case, func, literal, null, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.loans.cases import state_of
from services.finance.loans.models import Loan, LoanPartner
from services.finance.loans.states import PENDING, SIGNED
from shared.events import outbox
from shared.events.contracts.finance.loans import LoanDelistingMarked
from shared.events.outbox import EventContext

MARKED_BY: Final = ("loans.in_centre",)


@dataclass(frozen=True, slots=True)
class Mark:
    """Since when the centre is off the list, by which case (None: at its own request), and the event that told."""

    delisted_on: date
    case_id: UUID | None
    context: EventContext


async def mark(session: AsyncSession, marks: Mapping[UUID, Mark]) -> None:
    """Mark the open loans of all these centres in one statement. The centres are locked by the caller."""
    if not marks:
        return
    days = case({centre: one.delisted_on for centre, one in marks.items()}, value=Loan.centre_id)
    cases = case({centre: literal(one.case_id, Uuid) for centre, one in marks.items()}, value=Loan.centre_id)
    statement = (
        update(Loan)
        .where(Loan.centre_id.in_(marks), Loan.status.in_((*PENDING, *SIGNED)), Loan.delisted_on.is_(None))
        .values(delisted_on=days, delisting_case_id=cases, version=Loan.version + 1, updated_at=func.now())
        .returning(Loan.id)
    )
    changed = (await session.scalars(statement, execution_options={"synchronize_session": False})).all()
    await _announce(session, changed, {centre: one.context for centre, one in marks.items()})


async def clear(session: AsyncSession, contexts: Mapping[UUID, EventContext]) -> None:
    """Take the marks of delistings back that have no effect any more; by case."""
    if not contexts:
        return
    marked = Loan.delisting_case_id.in_(contexts)
    before = await session.execute(select(Loan.id, Loan.delisting_case_id).where(marked))
    by_loan = {row.id: contexts[row.delisting_case_id] for row in before}
    statement = (
        update(Loan)
        .where(marked)
        .values(delisted_on=null(), delisting_case_id=null(), version=Loan.version + 1, updated_at=func.now())
        .returning(Loan.id)
    )
    changed = (await session.scalars(statement, execution_options={"synchronize_session": False})).all()
    for loan_id in changed:
        await _announce(session, [loan_id], {None: by_loan[loan_id]})


async def _announce(
    session: AsyncSession, loan_ids: Sequence[UUID], contexts: Mapping[UUID | None, EventContext]
) -> None:
    if not loan_ids:
        return
    query = select(Loan).where(Loan.id.in_(loan_ids)).order_by(Loan.no)
    loans = (await session.scalars(query, execution_options={"populate_existing": True})).all()
    partners: dict[UUID, list[str]] = {}
    order = select(LoanPartner).where(LoanPartner.loan_id.in_(loan_ids)).order_by(LoanPartner.position)
    for partner in await session.scalars(order):
        partners.setdefault(partner.loan_id, []).append(partner.person_ref)
    for centre_id, context in contexts.items():
        events = [
            (loan.id, loan.version, state_of(loan, partners.get(loan.id, [])))
            for loan in loans
            if centre_id is None or loan.centre_id == centre_id
        ]
        if events:
            await outbox.append_many(session, LoanDelistingMarked, events, context=context, rules=MARKED_BY)
