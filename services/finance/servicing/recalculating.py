"""The schedule after a payment was taken back: every change since is calculated anew without it (3.2-3 to 3.2-5).

What a payment lowered ahead of the schedule is owed again in the instalments that it lowered, and not on the day on
which it was paid: else the borrower would be behind from that day on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.servicing import states
from services.finance.servicing.access import Case
from services.finance.servicing.arrears import Paid
from services.finance.servicing.models import LoanDrawdown, LoanPayment, LoanSchedule
from services.finance.servicing.replanning import Standing, capitalise, given, past, replan
from services.finance.servicing.schedule import Instalment, Terms
from services.finance.servicing.scheduling import (
    drawdowns_of,
    instalments_of,
    payments_of,
    plan_drawdowns,
    running_since,
    schedules_of,
    standing_on,
    terms_of,
    write_schedule,
)
from shared.money import ZERO


@dataclass(frozen=True, slots=True)
class _Facts:
    """Money as it is known now, without what was taken back."""

    drawdowns: Sequence[LoanDrawdown]
    payments: Sequence[Paid]

    @property
    def anchor(self) -> date:
        return self.drawdowns[0].drawn_on


async def recalculate(session: AsyncSession, case: Case, reversed_payment: LoanPayment, actor: str) -> None:
    """Write the revisions that the payment had shaped once more, each from its own day on."""
    loan = case.loan
    await session.flush()
    facts = _Facts(await drawdowns_of(session, loan.id), await payments_of(session, loan.id))
    before: list[Instalment] = []
    owed_before, changed = ZERO, False
    for schedule in await schedules_of(session, loan.id):
        stored = await instalments_of(session, loan.id, schedule.revision)
        terms = terms_of(case.edition, loan, schedule, starts_on=facts.anchor, anchor=facts.anchor)
        shaped = changed or schedule.changed_on >= reversed_payment.paid_on
        tranche = schedule.principal != owed_before
        now = _again(schedule, before, stored, facts, terms, tranche=tranche) if shaped else stored
        changed = changed or now != stored
        if changed:
            await write_schedule(
                session,
                loan,
                now,
                basis=schedule.basis,
                terms=terms,
                changed_on=schedule.changed_on,
                reported_on=schedule.reported_on,
                actor=actor,
                reason=schedule.reason,
                recalculates=schedule.recalculates or schedule.revision,
            )
        before, owed_before = now, schedule.principal


def _again(
    schedule: LoanSchedule,
    before: Sequence[Instalment],
    stored: Sequence[Instalment],
    facts: _Facts,
    terms: Terms,
    *,
    tranche: bool,
) -> list[Instalment]:
    """The revision as it would have been; `terms` are its own, `before` is what held until then."""
    day = schedule.changed_on
    if schedule.basis == states.DRAWDOWN:
        return plan_drawdowns(_by_then(facts.drawdowns, schedule.principal), facts.payments, terms)
    standing = standing_on(day, before, facts.payments, schedule.principal)
    if schedule.basis == states.RESTRUCTURED and not tranche:
        return capitalise(standing, replace(terms, starts_on=day, anchor=day), day)
    if schedule.basis == states.BANK_PLAN and not tranche:
        return _given_again(standing, stored, day)
    if schedule.basis == states.EARLY and not tranche and not _ahead(standing, day):
        return list(before)
    return replan(standing, replace(terms, starts_on=running_since(before, day, facts.anchor)), day)


def _by_then(drawdowns: Sequence[LoanDrawdown], drawn: Decimal) -> list[LoanDrawdown]:
    """The tranches that were reported when so much was paid out, by their days."""
    total, lines = ZERO, set()
    for drawdown in sorted(drawdowns, key=lambda each: each.line):
        if total < drawn:
            lines.add(drawdown.line)
        total += drawdown.amount
    return [drawdown for drawdown in drawdowns if drawdown.line in lines]


def _given_again(standing: Standing, stored: Sequence[Instalment], day: date) -> list[Instalment]:
    """The bank's own instalments; what they do not add up to any more falls due with the last of them."""
    rows = [(each.nominal_on, each.due_on, each.principal, each.interest) for each in stored if each.nominal_on > day]
    _, left = given(standing, rows, day)
    missing = left - sum((row[2] for row in rows), ZERO)
    for place in range(len(rows) - 1, -1, -1):
        nominal_on, due_on, principal, interest = rows[place]
        moved = max(principal + missing, ZERO)
        rows[place], missing = (nominal_on, due_on, moved, interest), missing - (moved - principal)
    return given(standing, rows, day)[0]


def _ahead(standing: Standing, day: date) -> bool:
    """Whether more was paid by the day than was due."""
    kept = past(standing.instalments, day)
    principal = sum((each.principal for each in kept), ZERO)
    return standing.principal_paid > principal or standing.interest_paid > sum((each.interest for each in kept), ZERO)
