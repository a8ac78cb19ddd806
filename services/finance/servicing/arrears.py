"""How far a loan is behind on a day: payments meet the instalments in the order of their due days (3.2-3 to 3.2-5)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from shared.money import ZERO

CURRENT: Final = "current"
UP_TO_30: Final = "days_1_30"
UP_TO_90: Final = "days_31_90"
OVER_90: Final = "days_over_90"
CLASSES: Final = (CURRENT, UP_TO_30, UP_TO_90, OVER_90)

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Due:
    """An instalment of the schedule that holds."""

    due_on: date
    principal: Decimal
    interest: Decimal


@dataclass(frozen=True, slots=True)
class Paid:
    """Money that arrived on a day; negative where a payment was taken back."""

    paid_on: date
    principal: Decimal
    interest: Decimal


@dataclass(frozen=True, slots=True)
class Arrears:
    """What is due and unpaid at a day's end. `since` is the due day of the oldest unmet instalment."""

    principal: Decimal
    interest: Decimal
    since: date | None
    days: int


def arrears_on(day: date, due: Sequence[Due], paid: Iterable[Paid]) -> Arrears:
    """A day after the due day is the first day in arrears; money of a day counts for that day."""
    made = [payment for payment in paid if payment.paid_on <= day]
    principal = sum((payment.principal for payment in made), ZERO)
    interest = sum((payment.interest for payment in made), ZERO)
    since: date | None = None
    open_principal = open_interest = ZERO
    for instalment in sorted(due, key=lambda each: each.due_on):
        if instalment.due_on >= day:
            break
        principal, missing_principal = _meet(principal, instalment.principal)
        interest, missing_interest = _meet(interest, instalment.interest)
        if since is None and (missing_principal or missing_interest):
            since = instalment.due_on
        open_principal += missing_principal
        open_interest += missing_interest
    return Arrears(open_principal, open_interest, since, (day - since).days if since else 0)


def arrears_class(days: int, bounds: Sequence[int]) -> str:
    """The class of so many days in arrears; `bounds` are the last days of the two lower classes."""
    if days <= 0:
        return CURRENT
    return next((name for bound, name in zip(bounds, CLASSES[1:], strict=False) if days <= bound), OVER_90)


def days_in_arrears(first: date, last: date, due: Sequence[Due], paid: Sequence[Paid]) -> set[date]:
    """Every day from `first` to `last` at whose end the loan was in arrears.

    Standing changes only the day after a due day and on the day of a payment, so only those are computed.
    """
    marks = {first}
    marks |= {each.due_on + _DAY for each in due} | {payment.paid_on for payment in paid}
    turns = sorted(mark for mark in marks if first <= mark <= last)
    found: set[date] = set()
    for begin, end in zip(turns, [*turns[1:], last + _DAY], strict=True):
        if arrears_on(begin, due, paid).since is not None:
            found |= {begin + timedelta(days=n) for n in range((end - begin).days)}
    return found


def _meet(money: Decimal, owed: Decimal) -> tuple[Decimal, Decimal]:
    """What is left of the money, and what of the debt."""
    taken = min(max(money, ZERO), owed)
    return money - taken, owed - taken
