"""Schedules that follow from the money that banks report: tranches and early payments (3.2-3 to 3.2-5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.servicing import states
from services.finance.servicing.access import Case
from services.finance.servicing.models import LoanDrawdown, LoanPayment
from services.finance.servicing.replanning import replan
from services.finance.servicing.scheduling import (
    drawdowns_of,
    instalments_of,
    last_schedule,
    payments_of,
    plan_drawdowns,
    running_since,
    standing_on,
    terms_of,
    write_schedule,
)


async def plan_tranche(
    session: AsyncSession, case: Case, drawdown: LoanDrawdown, every_months: int | None, today: date
) -> None:
    """The schedule with the tranche in it: all tranches by their days as long as nothing else shaped it, else from the
    last change on. Where a plan ended before the tranche, the loan runs to its maturity again."""
    loan = case.loan
    last = await last_schedule(session, loan.id)
    drawdowns = await drawdowns_of(session, loan.id)
    anchor = drawdowns[0].drawn_on
    terms = terms_of(case.edition, loan, last, starts_on=anchor, anchor=anchor)
    if every_months:
        terms = replace(terms, every_months=every_months)
    payments = await payments_of(session, loan.id)
    day = drawdown.drawn_on
    if last is None or last.basis == states.DRAWDOWN:
        instalments = plan_drawdowns(drawdowns, payments, terms)
    else:
        day = max(day, last.changed_on)
        before = await instalments_of(session, loan.id, last.revision)
        terms = replace(terms, starts_on=running_since(before, day, anchor))
        if day >= terms.matures_on:
            assert loan.maturity_on is not None, loan.no
            terms = replace(terms, matures_on=loan.maturity_on)
        instalments = replan(standing_on(day, before, payments, loan.disbursed), terms, day)
    basis = states.DRAWDOWN if last is None or last.basis == states.DRAWDOWN else last.basis
    await write_schedule(
        session,
        loan,
        instalments,
        basis=basis,
        terms=terms,
        changed_on=day,
        reported_on=today,
        actor=drawdown.recorded_by,
    )


async def plan_early(session: AsyncSession, case: Case, payment: LoanPayment, today: date) -> None:
    """The schedule for what is left after a payment ahead of it."""
    loan = case.loan
    last = await last_schedule(session, loan.id)
    assert last is not None, loan.no
    before = await instalments_of(session, loan.id, last.revision)
    anchor = (await drawdowns_of(session, loan.id))[0].drawn_on
    day = max(payment.paid_on, last.changed_on)
    since = running_since(before, day, anchor)
    terms = terms_of(case.edition, loan, last, starts_on=since, anchor=anchor)
    if day >= terms.matures_on:
        return
    standing = standing_on(day, before, await payments_of(session, loan.id), loan.disbursed)
    instalments = replan(standing, terms, day)
    await write_schedule(
        session,
        loan,
        instalments,
        basis=states.EARLY,
        terms=terms,
        changed_on=day,
        reported_on=today,
        actor=payment.recorded_by,
    )
