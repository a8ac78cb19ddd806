"""Reading and writing the schedule of a loan, and how far it is met."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.loans.models import Loan
from services.finance.servicing import states
from services.finance.servicing.arrears import Arrears, Due, Paid, arrears_on
from services.finance.servicing.models import (
    LoanDrawdown,
    LoanExtension,
    LoanInstalment,
    LoanPayment,
    LoanSchedule,
    LoanStanding,
)
from services.finance.servicing.replanning import Standing, open_since, replan
from services.finance.servicing.schedule import Instalment, Terms
from shared.money import ZERO
from shared.policy.edition import Edition


async def last_schedule(session: AsyncSession, loan_id: UUID) -> LoanSchedule | None:
    """The revision that holds; None before the first tranche."""
    query = select(LoanSchedule).where(LoanSchedule.loan_id == loan_id)
    return await session.scalar(query.order_by(LoanSchedule.revision.desc()).limit(1))


async def schedules_of(session: AsyncSession, loan_id: UUID) -> list[LoanSchedule]:
    """Every revision that counts, in order: one that was calculated anew counts in the place of the first."""
    query = select(LoanSchedule).where(LoanSchedule.loan_id == loan_id)
    places: dict[int, LoanSchedule] = {}
    for schedule in await session.scalars(query.order_by(LoanSchedule.revision)):
        places[schedule.recalculates or schedule.revision] = schedule
    return [places[place] for place in sorted(places)]


async def instalments_of(session: AsyncSession, loan_id: UUID, revision: int) -> list[Instalment]:
    """In the order in which they are due."""
    rows = await session.scalars(
        select(LoanInstalment)
        .where(LoanInstalment.loan_id == loan_id, LoanInstalment.revision == revision)
        .order_by(LoanInstalment.no)
    )
    return [Instalment(row.no, row.nominal_on, row.due_on, row.principal, row.interest) for row in rows]


async def payments_of(session: AsyncSession, loan_id: UUID) -> list[Paid]:
    """Money of the borrower by day. A payment that was taken back counts nowhere: it never arrived."""
    query = select(LoanPayment.paid_on, LoanPayment.principal, LoanPayment.interest).where(
        LoanPayment.loan_id == loan_id, LoanPayment.kind != states.REVERSAL, LoanPayment.reversed_on.is_(None)
    )
    return [Paid(row.paid_on, row.principal, row.interest) for row in await session.execute(query)]


async def drawdowns_of(session: AsyncSession, loan_id: UUID) -> list[LoanDrawdown]:
    """Tranches by the day on which the bank paid them out, in whatever order they were reported."""
    query = select(LoanDrawdown).where(LoanDrawdown.loan_id == loan_id)
    return list(await session.scalars(query.order_by(LoanDrawdown.drawn_on, LoanDrawdown.line)))


async def extensions_of(session: AsyncSession, loan_id: UUID) -> list[LoanExtension]:
    """The first one first."""
    query = select(LoanExtension).where(LoanExtension.loan_id == loan_id)
    return list(await session.scalars(query.order_by(LoanExtension.line)))


async def arrears_of(session: AsyncSession, loan_id: UUID, day: date) -> Arrears:
    """How far the loan is behind at the end of the day, by the schedule that holds now."""
    schedule = await last_schedule(session, loan_id)
    if schedule is None:
        return Arrears(ZERO, ZERO, None, 0)
    instalments = await instalments_of(session, loan_id, schedule.revision)
    due = [Due(each.due_on, each.principal, each.interest) for each in instalments]
    return arrears_on(day, due, await payments_of(session, loan_id))


def terms_of(edition: Edition, loan: Loan, last: LoanSchedule | None, *, starts_on: date, anchor: date) -> Terms:
    """What the contract says, or the schedule that holds, for a plan from a day on."""
    assert loan.rate is not None, loan.no
    assert loan.maturity_on is not None, loan.no
    assert loan.schedule_kind is not None, loan.no
    servicing = edition.loan_servicing
    return Terms(
        principal=ZERO,
        rate=last.rate if last else loan.rate,
        starts_on=starts_on,
        matures_on=last.matures_on if last else loan.maturity_on,
        method=last.method if last else loan.schedule_kind,
        every_months=last.every_months if last else servicing.instalment_months.value,
        roll_holidays=servicing.roll_holidays.value,
        anchor=anchor,
    )


def running_since(instalments: Sequence[Instalment], changed_on: date, anchor: date) -> date:
    """When the period began in which the day lies."""
    return max((each.nominal_on for each in instalments if each.nominal_on <= changed_on), default=anchor)


def plan_drawdowns(drawdowns: Sequence[LoanDrawdown], payments: Sequence[Paid], terms: Terms) -> list[Instalment]:
    """The schedule that all tranches together make, each from its own day, in whatever order they came."""
    anchor = drawdowns[0].drawn_on
    instalments: list[Instalment] = []
    disbursed = ZERO
    for drawdown in drawdowns:
        disbursed += drawdown.amount
        day = drawdown.drawn_on
        since = running_since(instalments, day, anchor)
        standing = standing_on(day, instalments, payments, disbursed)
        instalments = replan(standing, replace(terms, starts_on=since, anchor=anchor), day)
    return instalments


def standing_on(day: date, instalments: Sequence[Instalment], payments: Sequence[Paid], disbursed: Decimal) -> Standing:
    """The loan at the end of the day."""
    made = [payment for payment in payments if payment.paid_on <= day]
    principal = sum((payment.principal for payment in made), ZERO)
    interest = sum((payment.interest for payment in made), ZERO)
    return Standing(instalments, min(principal, disbursed), interest, disbursed)


async def write_schedule(
    session: AsyncSession,
    loan: Loan,
    instalments: Sequence[Instalment],
    *,
    basis: str,
    terms: Terms,
    changed_on: date,
    reported_on: date,
    actor: str,
    reason: str | None = None,
    recalculates: int | None = None,
) -> LoanSchedule:
    """Add a revision, which holds from here on."""
    last = await last_schedule(session, loan.id)
    schedule = LoanSchedule(
        loan_id=loan.id,
        revision=(last.revision if last else 0) + 1,
        basis=basis,
        method=terms.method,
        rate=terms.rate,
        every_months=terms.every_months,
        changed_on=changed_on,
        reported_on=reported_on,
        recalculates=recalculates,
        matures_on=terms.matures_on,
        principal=sum((each.principal for each in instalments), ZERO),
        reason=reason,
        recorded_by=actor,
    )
    session.add(schedule)
    await session.flush()
    key = {"loan_id": loan.id, "revision": schedule.revision}
    rows = [
        {**key, "no": each.no, "nominal_on": each.nominal_on, "due_on": each.due_on}
        | {"principal": each.principal, "interest": each.interest}
        for each in instalments
    ]
    await session.execute(insert(LoanInstalment), rows)
    return schedule


async def settle_standing(session: AsyncSession, loan: Loan) -> None:
    """Keep what the lists of arrears read, after any change of schedule or money."""
    schedule = await last_schedule(session, loan.id)
    if schedule is None:
        return
    await session.flush()
    instalments = await instalments_of(session, loan.id, schedule.revision)
    since = open_since(instalments, await payments_of(session, loan.id)) if loan.outstanding else None
    row = {"loan_id": loan.id, "revision": schedule.revision, "open_since": since}
    statement = upsert(LoanStanding).values(row)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["loan_id"], set_={"revision": schedule.revision, "open_since": since}
        )
    )
