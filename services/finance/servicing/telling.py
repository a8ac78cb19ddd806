"""Events of a loan that is served, with the loan as it then stands."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.journal.entries import Booking, Movement, book
from services.finance.loans.commitments import partners_of
from services.finance.loans.models import Loan
from services.finance.servicing.models import LoanPayment
from shared.events import outbox
from shared.events.contracts.finance.loan_servicing import LoanPaymentState
from shared.events.contracts.finance.loans import LoanState
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.policy.decision import Decision

S = TypeVar("S", bound=LoanState)


async def tell(
    session: AsyncSession,
    event_type: EventType[S],
    loan: Loan,
    context: EventContext,
    decision: Decision | None = None,
    more: Mapping[str, object] | None = None,
) -> None:
    """Append the event; `more` is what its data has beside the loan's state."""
    own = {name: getattr(loan, name) for name in LoanState.model_fields if name != "partner_refs"}
    state = {**own, "partner_refs": tuple(await partners_of(session, loan.id)), **(more or {})}
    data = event_type.data.model_validate(state)
    rules = decision.rules if decision else ()
    await outbox.append(session, event_type, loan, data, context=context, rules=rules, edition=loan.edition)


def payment_state(payment: LoanPayment) -> dict[str, object]:
    """The line as the loan's event carries it."""
    names = LoanPaymentState.model_fields.keys() & {
        *("line", "kind", "principal", "interest", "penalty", "paid_on", "bank_reference", "reverses_id")
    }
    return {"payment_id": payment.id, **{name: getattr(payment, name) for name in names}}


async def enter(
    session: AsyncSession,
    movement: Movement,
    loan: Loan,
    amount: Decimal,
    context: EventContext,
    reverses: UUID | None = None,
) -> UUID | None:
    """The journal entry of the loan's last event; None without an amount, and for loans in test mode."""
    if not amount or not loan.livemode:
        return None
    entry = Booking(
        movement=movement,
        case_id=loan.id,
        case_no=loan.no,
        case_version=loan.version,
        subject=loan.borrower,
        period=str(context.effective_on.year),
        amount=amount,
        effective_on=context.effective_on,
        actor=context.actor,
        counterparty=loan.bank,
        reverses_id=reverses,
    )
    (entry_id,) = await book(session, [entry])
    return entry_id
