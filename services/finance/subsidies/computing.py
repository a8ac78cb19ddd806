"""Which loans are due what for a quarter, and by what earlier quarters are wrong (3.2-4, 3.2-5)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.loans.models import Loan
from services.finance.servicing.access import SERVED
from services.finance.subsidies import states
from services.finance.subsidies.histories import Known, know
from services.finance.subsidies.interest import quarter_days, to_json
from services.finance.subsidies.models import SubsidyLine
from services.finance.subsidies.rules import decide_line
from shared.money import ZERO
from shared.policy.decision import Decision
from shared.policy.edition import Editions

Key = tuple[int, int]
"""Year and quarter."""


@dataclass(frozen=True, slots=True)
class Computed:
    """A line to be: `amount` is what the quarter comes to less what its earlier lines gave."""

    loan: Loan
    year: int
    quarter: int
    sequence: int
    entitled: Decimal
    amount: Decimal
    calculation: dict[str, JsonValue]
    decision: Decision


@dataclass(slots=True)
class Given:
    """What lines have given for a loan's quarter, those that wait included."""

    amount: Decimal = ZERO
    next: int = 0
    """The sequence of the next line: after the last one that counts, also where one before it was refused."""


async def compute(
    session: AsyncSession, editions: Editions, department: str, year: int, quarter: int
) -> list[Computed]:
    """The quarter of every loan of the department, and every earlier quarter since its first day out that its lines do
    not fit, or that has none."""
    loans = await _loans(session, editions, department, year, quarter)
    known = await know(session, loans, editions)
    given = await _given(session, [loan.id for loan in loans])
    found: list[Computed] = []
    for loan in loans:
        mine = given[loan.id]
        assert loan.disbursed_on is not None, loan.no
        for key in _quarters(loan.disbursed_on, (year, quarter)):
            line = _computed(known, loan, key, mine.get(key, Given()))
            if line is not None:
                found.append(line)
    return found


async def changed_line(session: AsyncSession, editions: Editions, lines: Sequence[SubsidyLine]) -> str | None:
    """The loan of the first line whose quarter comes to something else by now; None if all are as computed."""
    ids = {line.loan_id for line in lines}
    loans = list(await session.scalars(select(Loan).where(Loan.id.in_(ids))))
    known = await know(session, loans, editions)
    for line in lines:
        if known.entitled(line.loan_id, line.year, line.quarter).amount != line.entitled:
            return line.loan_no
    return None


def _quarters(first: date, last: Key) -> Iterator[Key]:
    """From the first day's quarter to the last one."""
    key = (first.year, (first.month + 2) // 3)
    while key <= last:
        yield key
        key = (key[0], key[1] + 1) if key[1] < 4 else (key[0] + 1, 1)


def _computed(known: Known, loan: Loan, key: Key, before: Given) -> Computed | None:
    year, quarter = key
    entitled = known.entitled(loan.id, year, quarter)
    amount = entitled.amount - before.amount
    if not amount:
        return None
    edition = known.editions[loan.id]
    graduate = known.histories[loan.id].kind == states.GRADUATE
    return Computed(
        loan=loan,
        year=year,
        quarter=quarter,
        sequence=before.next,
        entitled=entitled.amount,
        amount=amount,
        calculation=to_json(entitled),
        decision=decide_line(edition, entitled, graduate=graduate, before=before.amount, amount=amount),
    )


async def _loans(session: AsyncSession, editions: Editions, department: str, year: int, quarter: int) -> list[Loan]:
    """Loans with money out by the quarter's end, of products that the loan's own edition subsidises."""
    _, last = quarter_days(year, quarter)
    subsidised = [(edition.id, product) for edition in editions for product in edition.subsidy_terms.products]
    query = select(Loan).where(
        Loan.livemode,
        Loan.department == department,
        Loan.status.in_(SERVED),
        Loan.disbursed_on <= last,
        tuple_(Loan.edition, Loan.product).in_(subsidised),
    )
    return list(await session.scalars(query.order_by(Loan.no)))


async def _given(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, dict[Key, Given]]:
    found: dict[UUID, dict[Key, Given]] = defaultdict(dict)
    line = SubsidyLine
    query = select(line.loan_id, line.year, line.quarter, line.sequence, line.amount).where(
        line.loan_id.in_(ids), line.status != states.REFUSED
    )
    for row in await session.execute(query):
        one = found[row.loan_id].setdefault((row.year, row.quarter), Given())
        one.amount += row.amount
        one.next = max(one.next, row.sequence + 1)
    return found
