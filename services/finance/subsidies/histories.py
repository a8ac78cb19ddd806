"""What the subsidy of loans is computed from, read for many loans at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.loans.models import Loan
from services.finance.servicing import states as servicing_states
from services.finance.servicing.arrears import Due, Paid
from services.finance.servicing.models import (
    LoanDrawdown,
    LoanExtension,
    LoanInstalment,
    LoanPayment,
    LoanSchedule,
)
from services.finance.subsidies.interest import Entitlement, History, Schedule, entitlement
from services.finance.subsidies.models import PrimeRate
from services.finance.subsidies.rules import decide_prime_rate
from services.finance.subsidies.states import CONFIRMED, FIRM
from shared.policy.edition import Edition, Editions
from shared.refusals import require_passed


@dataclass(frozen=True, slots=True)
class Known:
    """Loans with their histories and the prime rates on record."""

    histories: Mapping[UUID, History]
    editions: Mapping[UUID, Edition]
    rates: Sequence[tuple[date, Decimal]]

    def entitled(self, loan_id: UUID, year: int, quarter: int) -> Entitlement:
        """What a loan's quarter comes to now. Raises 409 `subsidy-prime-rate-missing`."""
        history, edition = self.histories[loan_id], self.editions[loan_id]
        rate = None
        if history.kind == FIRM:
            on, rate = _rate_on(self.rates, history.contracted_on)
            require_passed(decide_prime_rate(edition, contracted_on=history.contracted_on, effective_on=on))
        return entitlement(edition, history, year, quarter, rate)


async def know(session: AsyncSession, loans: Sequence[Loan], editions: Editions) -> Known:
    """Everything about the loans in five statements."""
    ids = [loan.id for loan in loans]
    drawn = await _drawn(session, ids)
    paid = await _paid(session, ids)
    schedules = await _schedules(session, ids)
    matured = await _first_maturities(session, ids)
    pinned = {loan.id: editions.get(loan.edition) for loan in loans}
    histories = {}
    for loan in loans:
        terms = pinned[loan.id].subsidy_terms
        assert loan.contracted_on is not None, loan.no
        assert loan.maturity_on is not None, loan.no
        assert loan.rate is not None, loan.no
        histories[loan.id] = History(
            kind=terms.products[loan.product].value,
            contracted_on=loan.contracted_on,
            matures_on=matured.get(loan.id, loan.maturity_on),
            rate=loan.rate,
            drawn=drawn[loan.id],
            paid=paid[loan.id],
            schedules=schedules[loan.id],
            stops_on=None if terms.paid_after_delisting.value else loan.delisted_on,
        )
    rates = await session.execute(
        select(PrimeRate.effective_on, PrimeRate.rate)
        .where(PrimeRate.status == CONFIRMED)
        .order_by(PrimeRate.effective_on)
    )
    return Known(histories, pinned, [(row.effective_on, row.rate) for row in rates])


def _rate_on(rates: Sequence[tuple[date, Decimal]], day: date) -> tuple[date | None, Decimal | None]:
    found = [each for each in rates if each[0] <= day]
    return found[-1] if found else (None, None)


async def _drawn(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, list[tuple[date, Decimal]]]:
    found: dict[UUID, list[tuple[date, Decimal]]] = defaultdict(list)
    query = select(LoanDrawdown.loan_id, LoanDrawdown.drawn_on, LoanDrawdown.amount)
    for row in await session.execute(query.where(LoanDrawdown.loan_id.in_(ids))):
        found[row.loan_id].append((row.drawn_on, row.amount))
    return found


async def _paid(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, list[Paid]]:
    found: dict[UUID, list[Paid]] = defaultdict(list)
    query = select(LoanPayment.loan_id, LoanPayment.paid_on, LoanPayment.principal, LoanPayment.interest).where(
        LoanPayment.loan_id.in_(ids),
        LoanPayment.kind != servicing_states.REVERSAL,
        LoanPayment.reversed_on.is_(None),
    )
    for row in await session.execute(query):
        found[row.loan_id].append(Paid(row.paid_on, row.principal, row.interest))
    return found


async def _schedules(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, list[Schedule]]:
    """Every revision with the day from which it holds: a day's arrears are judged by the schedule of that day. One that
    was calculated anew, after a payment was taken back, stands in the place of the first."""
    place = func.coalesce(LoanSchedule.recalculates, LoanSchedule.revision)
    query = (
        select(
            LoanSchedule.loan_id,
            LoanSchedule.revision,
            place.label("place"),
            LoanSchedule.basis,
            LoanSchedule.changed_on,
            LoanSchedule.reported_on,
            LoanInstalment.due_on,
            LoanInstalment.principal,
            LoanInstalment.interest,
        )
        .join(
            LoanInstalment,
            and_(LoanInstalment.loan_id == LoanSchedule.loan_id, LoanInstalment.revision == LoanSchedule.revision),
        )
        .where(LoanSchedule.loan_id.in_(ids))
        .order_by(LoanSchedule.loan_id, LoanSchedule.revision, LoanInstalment.no)
    )
    counted: dict[tuple[UUID, int], tuple[int, list[Due], Schedule]] = {}
    for row in await session.execute(query):
        key = (row.loan_id, row.place)
        if key not in counted or counted[key][0] != row.revision:
            due: list[Due] = []
            forgives = row.reported_on if row.basis in servicing_states.AGREED else row.changed_on
            counted[key] = (row.revision, due, Schedule(row.changed_on, due, forgives))
        counted[key][1].append(Due(row.due_on, row.principal, row.interest))
    found: dict[UUID, list[Schedule]] = defaultdict(list)
    for loan_id, where in sorted(counted):
        found[loan_id].append(counted[loan_id, where][2])
    return found


async def _first_maturities(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, date]:
    """The contract's own maturity of loans that were extended since."""
    query = select(LoanExtension.loan_id, LoanExtension.matured_on).where(
        LoanExtension.loan_id.in_(ids), LoanExtension.line == 1
    )
    return {row.loan_id: row.matured_on for row in await session.execute(query)}
