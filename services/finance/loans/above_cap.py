"""Debts above their caps: a payment was taken back, or records were merged, after they were used (3.2-3 to 3.2-5).

What counts is what counts at an approval: all codes of merged enterprises together, and for a graduate in a joint group
the group's total too.
"""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import (
    CTE,
    ColumnElement,
    Text,
    and_,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute

from services.finance.ceilings.models import LOAN_JOINT, ceiling
from services.finance.loans.commitments import KINDS
from services.finance.loans.models import JointMember, Loan
from services.finance.loans.states import GRADUATE, GRADUATE_JOINT
from services.finance.projections import known_enterprise
from services.finance.servicing.access import visible
from services.finance.servicing.models import LoanPayment
from shared.tasks import Asked, Statement


def debts_above_cap(asked: Asked) -> Statement:
    """Loans with principal owed whose borrower or joint group is above the cap of the loan's edition; since the payment
    that was taken back, or else the contract."""
    period = case((Loan.livemode, "all"), else_="test")
    merged = _survivors()
    totals = _totals(merged)
    mine = and_(
        totals.c.kind == case(KINDS, value=Loan.product),
        totals.c.period == period,
        totals.c.whose == func.coalesce(cast(Loan.group_id, Text), merged.c.survivor, Loan.borrower),
    )
    member = and_(
        Loan.product == GRADUATE, JointMember.livemode == Loan.livemode, JointMember.person_ref == Loan.borrower
    )
    group = ceiling.alias("of_group").c
    of_group = and_(group.kind == LOAN_JOINT, group.period == period, group.subject == cast(JointMember.group_id, Text))
    above = or_(totals.c.held > _cap(asked, Loan.product), group.committed > _cap(asked, literal(GRADUATE_JOINT)))
    back = select(func.min(LoanPayment.paid_on)).where(
        LoanPayment.loan_id == Loan.id, LoanPayment.over_cap.is_not(None)
    )
    return (
        select(Loan.id, Loan.id, Loan.no, func.coalesce(back.scalar_subquery(), Loan.contracted_on), null())
        .outerjoin(merged, merged.c.code == Loan.borrower)
        .outerjoin(totals, mine)
        .outerjoin(JointMember, member)
        .outerjoin(group.committed.table, of_group)
        .where(visible(asked.principal), Loan.outstanding > 0, above)
    )


def _survivors() -> CTE:
    """The code of each merged record with that of the record which goes on at the end; few records are merged."""
    table = known_enterprise.c
    start = select(table.code, table.merged_into_id.label("at")).where(table.merged_into_id.is_not(None))
    climb = start.cte("climb", recursive=True)
    climb = climb.union(
        select(climb.c.code, table.merged_into_id).where(table.id == climb.c.at, table.merged_into_id.is_not(None))
    )
    last = select(climb.c.code, func.min(table.code).label("survivor")).where(
        table.id == climb.c.at, table.merged_into_id.is_(None), table.code != climb.c.code
    )
    return last.group_by(climb.c.code).cte("survivors")


def _totals(merged: CTE) -> CTE:
    """What each borrower holds of its caps, under the code that goes on."""
    whose = func.coalesce(merged.c.survivor, ceiling.c.subject)
    held = func.sum(ceiling.c.committed).label("held")
    query = (
        select(ceiling.c.kind, ceiling.c.period, whose.label("whose"), held)
        .outerjoin(merged, merged.c.code == ceiling.c.subject)
        .where(ceiling.c.kind.in_(KINDS.values()), ceiling.c.committed > 0)
    )
    return query.group_by(ceiling.c.kind, ceiling.c.period, whose).cte("totals")


def _cap(asked: Asked, product: ColumnElement[str] | InstrumentedAttribute[str]) -> ColumnElement[Decimal]:
    """Of the edition that the loan is pinned to."""
    caps = [
        (and_(Loan.edition == edition.id, product == name), terms.cap.value)
        for edition in asked.editions
        for name, terms in edition.loans.products.items()
    ]
    return case(*caps)
