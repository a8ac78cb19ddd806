"""Whose loans somebody sees after the contract, and the lock every step begins with.

Locks: the loan, its guarantee, then the caps of loans, the guarantor's limits, budget lines and counters.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.guarantees import states as guarantee_states
from services.finance.guarantees.models import Guarantee
from services.finance.loans import queries as loan_queries, states as loan_states
from services.finance.loans.models import Loan
from shared.auth import roles as r
from shared.auth.principal import Principal
from shared.errors import DomainError, forbidden, invalid_transition, not_found
from shared.http.etag import honour_match
from shared.livemode import of_mode
from shared.policy.edition import Edition, Editions

TREASURY: Final = (r.TREASURY_OFFICER, r.TREASURY_APPROVER)
"""Pays subsidies and compensation, and so sees every loan that is served."""
READERS: Final = (*loan_queries.READERS, *TREASURY)
SERVED: Final = (*loan_states.SIGNED, loan_states.CLOSED)
"""From the contract on a loan is served."""


@dataclass(frozen=True, slots=True)
class Step:
    """Who takes a step, on which loan, knowing which version, under which editions."""

    loan_id: UUID
    principal: Principal
    editions: Editions
    if_match: str | None = None

    @property
    def bank(self) -> str:
        """Raises 403 for a bank's account without one."""
        if not self.principal.bank:
            raise forbidden()
        return self.principal.bank


@dataclass(frozen=True, slots=True)
class Case:
    """A locked loan with its guarantee, under the edition that it is pinned to."""

    loan: Loan
    guarantee: Guarantee | None
    edition: Edition

    @property
    def guarantor_paid(self) -> bool:
        return self.guarantee is not None and self.guarantee.paid > 0


def visible(principal: Principal) -> ColumnElement[bool]:
    """Which loans the caller sees from the contract on: those whose application it sees, and the treasury all."""
    scope = loan_queries.visible(principal)
    if principal.has(*TREASURY):
        scope = or_(scope, of_mode(Loan, principal))
    return and_(scope, Loan.status.in_(SERVED))


async def find_loan(session: AsyncSession, loan_id: UUID, principal: Principal) -> Loan:
    """A loan that the caller sees. Raises 404."""
    loan = await session.scalar(select(Loan).where(Loan.id == loan_id, visible(principal)))
    if loan is None:
        raise not_found("loan")
    return loan


async def open_loan(session: AsyncSession, step: Step, *from_states: str) -> Case:
    """Lock the loan and its guarantee. Raises 404, 412 and 409 `invalid-transition`."""
    query = select(Loan).where(Loan.id == step.loan_id, visible(step.principal)).with_for_update(of=Loan)
    loan = await session.scalar(query, execution_options={"populate_existing": True})
    if loan is None:
        raise not_found("loan")
    honour_match(step.if_match, loan.version)
    if from_states and loan.status not in from_states:
        raise invalid_transition(loan.status, from_states)
    return Case(loan, await lock_guarantee(session, loan.id), step.editions.get(loan.edition))


async def lock_guarantee(session: AsyncSession, loan_id: UUID) -> Guarantee | None:
    """The guarantee of a locked loan, unless it was cancelled."""
    query = select(Guarantee).where(Guarantee.loan_id == loan_id, Guarantee.status != guarantee_states.CANCELLED)
    return await session.scalar(query.with_for_update(), execution_options={"populate_existing": True})


def day_of_fact(principal: Principal, day: date) -> date:
    """The day on which something happened outside, as a bank or the guarantor reports it. Raises 422
    `effective-date-in-future`."""
    if day > principal.today:
        raise DomainError(
            "effective-date-in-future", 422, params={"sent": day.isoformat(), "today": principal.today.isoformat()}
        )
    return day
