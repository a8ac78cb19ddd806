"""Repayment schedules: what is due when, to the fen.

Interest of a period is outstanding principal x annual rate x months / 12, rounded half up. Equal instalments are
rounded to the fen, and the last instalment takes the rest. Pure: no database, no clock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, localcontext
from typing import Final

from services.finance.loans.states import BULLET, EQUAL_INSTALMENT, EQUAL_PRINCIPAL
from shared.calendar import add_months, roll_forward
from shared.money import ZERO

_DAY: Final = timedelta(days=1)
_FEN: Final = Decimal("0.01")
_DIGITS: Final = 50


@dataclass(frozen=True, slots=True)
class Terms:
    """What a plan is computed from; `rate` is percent a year. The first period begins on `starts_on`, the plan ends on
    `matures_on`; between them an instalment is due every `every_months` months, counted from `anchor`, the first day of
    the loan, where that is another."""

    principal: Decimal
    rate: Decimal
    starts_on: date
    matures_on: date
    method: str
    every_months: int
    roll_holidays: bool = True
    anchor: date | None = None

    @property
    def counted_from(self) -> date:
        return self.anchor or self.starts_on


@dataclass(frozen=True, slots=True)
class Instalment:
    """`nominal_on` is the day by the contract, `due_on` the working day on which it is due."""

    no: int
    nominal_on: date
    due_on: date
    principal: Decimal
    interest: Decimal

    @property
    def total(self) -> Decimal:
        return self.principal + self.interest


def to_fen(amount: Decimal) -> Decimal:
    """Half up, as banks and the treasury round."""
    return amount.quantize(_FEN, rounding=ROUND_HALF_UP)


def plan(terms: Terms, *, first_no: int = 1) -> list[Instalment]:
    """The instalments, whose principal adds up to the loan's. Raises ValueError for terms that make no plan."""
    if terms.principal <= 0 or terms.matures_on <= terms.starts_on or terms.every_months < 1 or terms.rate < 0:
        raise ValueError("a plan needs principal, a later maturity and a positive interval")
    days = _days(terms)
    with localcontext() as context:
        context.prec = _DIGITS
        parts = _PARTS[terms.method](terms, days)
    return [
        Instalment(first_no + index, day, _due(day, terms), principal, interest)
        for index, (day, (principal, interest)) in enumerate(zip(days, parts, strict=True))
    ]


def _days(terms: Terms) -> list[date]:
    """Every interval counted from the anchor, so that a 31st comes back after a February; the last is maturity."""
    days, step = [], 1
    while (day := add_months(terms.counted_from, step * terms.every_months)) < terms.matures_on:
        if day > terms.starts_on:
            days.append(day)
        step += 1
    return [*days, terms.matures_on]


def _due(day: date, terms: Terms) -> date:
    return roll_forward(day).day if terms.roll_holidays else day


def _fractions(terms: Terms, days: Sequence[date]) -> list[Decimal]:
    """Parts of a year from one instalment to the next: whole intervals as twelfths, an odd one in days of 360."""
    fractions, begin = [], terms.starts_on
    for day in days:
        whole = _is_mark(terms, begin) and day == _next_mark(terms, begin)
        fractions.append(Decimal(terms.every_months) / 12 if whole else Decimal((day - begin).days) / 360)
        begin = day
    return fractions


def _is_mark(terms: Terms, day: date) -> bool:
    return day == terms.counted_from or _next_mark(terms, day - _DAY) == day


def _next_mark(terms: Terms, day: date) -> date:
    """The first interval's end after the day."""
    months = (day.year - terms.counted_from.year) * 12 + day.month - terms.counted_from.month
    step = max(months // terms.every_months, 0)
    while (mark := add_months(terms.counted_from, step * terms.every_months)) <= day:
        step += 1
    return mark


_Part = tuple[Decimal, Decimal]


def _equal_principal(terms: Terms, days: Sequence[date]) -> list[_Part]:
    each = (terms.principal / len(days)).quantize(_FEN, rounding=ROUND_DOWN)
    shares = [each] * (len(days) - 1) + [terms.principal - each * (len(days) - 1)]
    return _with_interest(terms, days, shares)


def _bullet(terms: Terms, days: Sequence[date]) -> list[_Part]:
    return _with_interest(terms, days, [ZERO] * (len(days) - 1) + [terms.principal])


def _with_interest(terms: Terms, days: Sequence[date], shares: Sequence[Decimal]) -> list[_Part]:
    left, parts = terms.principal, []
    for share, fraction in zip(shares, _fractions(terms, days), strict=True):
        parts.append((share, to_fen(left * terms.rate / 100 * fraction)))
        left -= share
    return parts


def _equal_instalments(terms: Terms, days: Sequence[date]) -> list[_Part]:
    fractions = _fractions(terms, days)
    if not terms.rate:
        return _equal_principal(terms, days)
    discount, annuity = Decimal(1), Decimal(0)
    for fraction in fractions:
        discount /= 1 + terms.rate / 100 * fraction
        annuity += discount
    each = to_fen(terms.principal / annuity)
    left, parts = terms.principal, []
    for fraction in fractions[:-1]:
        interest = to_fen(left * terms.rate / 100 * fraction)
        share = min(max(each - interest, ZERO), left)
        parts.append((share, interest))
        left -= share
    parts.append((left, to_fen(left * terms.rate / 100 * fractions[-1])))
    return parts


_PARTS: Final[Mapping[str, Callable[[Terms, Sequence[date]], list[_Part]]]] = {
    EQUAL_PRINCIPAL: _equal_principal,
    EQUAL_INSTALMENT: _equal_instalments,
    BULLET: _bullet,
}
