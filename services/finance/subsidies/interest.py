"""A quarter's subsidised interest of one loan, day by day (3.2-4, 3.2-5). Pure: no database, no clock.

A day counts with the principal owed at its end, so the day of payment out counts and that of payment back does not. The
exact sum is rounded once, half up, to the fen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Final

from pydantic import JsonValue

from services.finance.servicing.arrears import Due, Paid, days_in_arrears
from services.finance.servicing.schedule import to_fen
from services.finance.subsidies.states import GRADUATE
from shared.calendar import add_months, add_years
from shared.money import ZERO
from shared.policy.edition import Edition

ARREARS: Final = "arrears"
EXTENSION: Final = "extension"
OVER: Final = "years_over"
DELISTED: Final = "centre_delisted"
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Schedule:
    """A revision of the schedule: from the day on it takes the place of those before. Days in arrears before
    `forgives_from` stay so."""

    changed_on: date
    due: Sequence[Due]
    forgives_from: date | None = None


@dataclass(frozen=True, slots=True)
class History:
    """What is known of a loan. `rate` is the contract's, percent a year; `matures_on` the contract's maturity, before
    any extension; `drawn` and `paid` principal by day, negative where a payment was taken back."""

    kind: str
    contracted_on: date
    matures_on: date
    rate: Decimal
    drawn: Sequence[tuple[date, Decimal]]
    paid: Sequence[Paid]
    schedules: Sequence[Schedule]
    stops_on: date | None = None
    """Where a delisting ends subsidies by the edition: the first day without."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days from `first` to `last`, both inclusive, with the same principal; `excluded` says why they give nothing."""

    first: date
    last: date
    principal: Decimal
    excluded: str | None

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


@dataclass(frozen=True, slots=True)
class Entitlement:
    """`percent` is the yearly rate that is subsidised, `prime_rate` the one it was taken from."""

    amount: Decimal
    percent: Decimal
    prime_rate: Decimal | None
    stretches: tuple[Stretch, ...]


def quarter_days(year: int, quarter: int) -> tuple[date, date]:
    """First and last day."""
    first = date(year, 3 * quarter - 2, 1)
    return first, add_months(first, 3) - _DAY


def subsidised_percent(edition: Edition, history: History, prime_rate: Decimal | None) -> Decimal:
    """3.2-4, 3.2-5: the part of the yearly rate that is paid. Raises ValueError for a firm without a prime rate."""
    rules, terms = edition.subsidy, edition.subsidy_terms
    if history.kind == GRADUATE:
        return history.rate * rules.graduate_percent.value / 100
    if prime_rate is None:
        raise ValueError("a firm's subsidy needs the prime rate of its contract's day")
    if history.contracted_on >= rules.firm_margin_from.value:
        margin = Decimal(rules.firm_margin_basis_points.value) / 100
        return max(history.rate - max(prime_rate - margin, Decimal(0)), Decimal(0))
    share = prime_rate * rules.firm_percent_of_prime_rate.value / 100
    return min(share, history.rate) if terms.capped_by_interest.value else share


def entitlement(edition: Edition, history: History, year: int, quarter: int, prime_rate: Decimal | None) -> Entitlement:
    """What the quarter comes to, as the loan's history is known now."""
    percent = subsidised_percent(edition, history, prime_rate)
    stretches = tuple(_stretches(edition, history, *quarter_days(year, quarter)))
    weighted = sum((each.principal * each.days for each in stretches if each.excluded is None), Decimal(0))
    amount = to_fen(weighted * percent / 100 / edition.subsidy_terms.days_a_year.value)
    return Entitlement(amount, percent, prime_rate, stretches)


def to_json(given: Entitlement) -> dict[str, JsonValue]:
    """The calculation as it is stored and shown."""
    return {
        "percent": f"{given.percent:f}",
        "prime_rate": None if given.prime_rate is None else f"{given.prime_rate:f}",
        "days": sum(each.days for each in given.stretches if each.excluded is None),
        "excluded_days": sum(each.days for each in given.stretches if each.excluded is not None),
        "stretches": [
            {
                "first": each.first.isoformat(),
                "last": each.last.isoformat(),
                "days": each.days,
                "principal": f"{each.principal:f}",
                "excluded": each.excluded,
            }
            for each in given.stretches
        ],
    }


def subsidy_ends_on(edition: Edition, history: History) -> date | None:
    """The first day that is not subsidised any more, by the years since the first payment out."""
    if not history.drawn:
        return None
    graduate = history.kind == GRADUATE
    years = edition.subsidy.graduate_years if graduate else edition.subsidy_terms.firm_years
    return add_years(min(day for day, _ in history.drawn), years.value)


def _stretches(edition: Edition, history: History, first: date, last: date) -> Iterator[Stretch]:
    end = subsidy_ends_on(edition, history)
    if end is None:
        return
    excluded = frozenset(edition.subsidy.excluded.value)
    behind = _behind(history, first, last) if ARREARS in excluded else set()
    changes = _changes(history)
    balance = sum((change for day, change in changes.items() if day < first), ZERO)

    def standing() -> Iterator[tuple[date, Decimal, str | None]]:
        owed = balance
        for number in range((last - first).days + 1):
            day = first + timedelta(days=number)
            owed += changes.get(day, ZERO)
            reason = None
            if day >= end:
                reason = OVER
            elif history.stops_on is not None and day >= history.stops_on:
                reason = DELISTED
            elif day >= history.matures_on and EXTENSION in excluded:
                reason = EXTENSION
            elif day in behind:
                reason = ARREARS
            yield day, owed, reason

    for (principal, reason), days in groupby(standing(), key=lambda each: (each[1], each[2])):
        if principal > 0:
            run = [day for day, _, _ in days]
            yield Stretch(run[0], run[-1], principal, reason)


def _behind(history: History, first: date, last: date) -> set[date]:
    """Days in arrears, each by the schedule that held on it; a later one does not forgive what was behind before, nor
    what was behind when it was reported."""
    held: list[Schedule] = []
    found: set[date] = set()
    for schedule in history.schedules:
        begin = max(first, schedule.changed_on)
        end = min(last, (schedule.forgives_from or schedule.changed_on) - _DAY)
        if begin <= end:
            found |= _in_arrears(held, begin, end, history.paid)
        held = [each for each in held if each.changed_on < schedule.changed_on]
        held.append(schedule)
    return found | _in_arrears(held, first, last, history.paid)


def _in_arrears(held: Sequence[Schedule], first: date, last: date, paid: Sequence[Paid]) -> set[date]:
    """By schedules of which each holds from its day to the next one's."""
    ends = [*(each.changed_on - _DAY for each in held[1:]), last]
    found: set[date] = set()
    for schedule, end in zip(held, ends, strict=False):
        begin, until = max(first, schedule.changed_on), min(last, end)
        if begin <= until:
            found |= days_in_arrears(begin, until, schedule.due, paid)
    return found


def _changes(history: History) -> Mapping[date, Decimal]:
    changes: dict[date, Decimal] = {}
    for day, amount in history.drawn:
        changes[day] = changes.get(day, ZERO) + amount
    for payment in history.paid:
        changes[payment.paid_on] = changes.get(payment.paid_on, ZERO) - payment.principal
    return changes
