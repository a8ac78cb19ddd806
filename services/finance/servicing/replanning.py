"""Another schedule for what is left, while what was due before stays as it was. Pure: no database, no clock.

The principal of a schedule always adds up to what was paid out: instalments of the past, what was paid ahead of them,
and the plan for the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from services.finance.servicing.arrears import Due, Paid, arrears_on
from services.finance.servicing.schedule import Instalment, Terms, plan, to_fen
from shared.money import ZERO


@dataclass(frozen=True, slots=True)
class Standing:
    """A loan on the day its schedule changes: the instalments so far, the money received, and what was paid out."""

    instalments: Sequence[Instalment]
    principal_paid: Decimal
    interest_paid: Decimal
    disbursed: Decimal

    @property
    def owed(self) -> Decimal:
        return self.disbursed - self.principal_paid


def past(instalments: Sequence[Instalment], changed_on: date) -> list[Instalment]:
    """What was due by the contract on or before the day, numbered from one."""
    before = [each for each in instalments if each.nominal_on <= changed_on]
    return [replace(each, no=number) for number, each in enumerate(before, start=1)]


def replan(standing: Standing, terms: Terms, changed_on: date) -> list[Instalment]:
    """The old instalments up to the day, then the rest under `terms`, of which the principal is computed here.

    The period that runs on the day keeps its end; its interest is corrected for the days before the change.
    """
    kept = past(standing.instalments, changed_on)
    ahead = max(standing.principal_paid - sum((each.principal for each in kept), ZERO), ZERO)
    ahead_interest = max(standing.interest_paid - sum((each.interest for each in kept), ZERO), ZERO)
    if ahead or ahead_interest:
        kept.append(Instalment(len(kept) + 1, changed_on, changed_on, ahead, ahead_interest))
    left = standing.disbursed - sum((each.principal for each in kept), ZERO)
    if left <= 0:
        return kept
    coming = plan(replace(terms, principal=left), first_no=len(kept) + 1)
    return [*kept, *_corrected(coming, standing, terms, changed_on, left, ahead_interest)]


def capitalise(standing: Standing, terms: Terms, changed_on: date) -> list[Instalment]:
    """Restructured: what was due and not paid is part of the new plan, so that the old instalments are as met."""
    met = Instalment(1, changed_on, changed_on, standing.principal_paid, standing.interest_paid)
    kept = [met] if met.total else []
    if standing.owed <= 0:
        return kept
    return [*kept, *plan(replace(terms, principal=standing.owed, starts_on=changed_on), first_no=len(kept) + 1)]


def given(
    standing: Standing, rows: Sequence[tuple[date, date, Decimal, Decimal]], changed_on: date
) -> tuple[list[Instalment], Decimal]:
    """A bank's own plan for what is left (day by the contract, day due, principal, interest), and what it has to add
    up to."""
    kept = past(standing.instalments, changed_on)
    ahead = max(standing.principal_paid - sum((each.principal for each in kept), ZERO), ZERO)
    ahead_interest = max(standing.interest_paid - sum((each.interest for each in kept), ZERO), ZERO)
    if ahead or ahead_interest:
        kept.append(Instalment(len(kept) + 1, changed_on, changed_on, ahead, ahead_interest))
    left = standing.disbursed - sum((each.principal for each in kept), ZERO)
    new = [Instalment(len(kept) + number, *row) for number, row in enumerate(rows, start=1)]
    return [*kept, *new], left


def open_since(instalments: Sequence[Instalment], payments: Sequence[Paid]) -> date | None:
    """The due day of the oldest instalment that the money received does not meet, due or not."""
    due = [Due(each.due_on, each.principal, each.interest) for each in instalments]
    return arrears_on(date.max, due, payments).since


def _corrected(
    coming: list[Instalment],
    standing: Standing,
    terms: Terms,
    changed_on: date,
    left: Decimal,
    ahead_interest: Decimal,
) -> list[Instalment]:
    days = (changed_on - terms.starts_on).days
    before = sum((each.principal for each in standing.instalments if each.nominal_on > changed_on), ZERO)
    correction = to_fen((before - left) * terms.rate / 100 * days / 360) if days > 0 else ZERO
    first, *others = coming
    interest = max(first.interest + correction - ahead_interest, ZERO)
    return [replace(first, interest=interest), *others]
