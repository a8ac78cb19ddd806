"""Shares of a fund in exact fractions: never a rounded percentage (3.2-2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Final, TypeVar

from shared.money import ZERO

K = TypeVar("K")

MOST: Final = Decimal("9999999999999999.99")
_FEN: Final = Fraction(1, 100)
_DAYS: Final = 365


def within(part: Decimal, total: Decimal, percent: Decimal) -> bool:
    """Whether `part` is at most `percent` of `total`; nothing of nothing is."""
    return 100 * Fraction(part) <= Fraction(percent) * Fraction(total)


def admissible(part: Decimal, total: Decimal, percent: Decimal) -> Decimal:
    """The most that can be added to the part, and so to the total, before it is above `percent`; to the fen, down.

    Nothing can be more than all of it: at 100 per cent any amount of the columns' range is admissible."""
    if percent >= 100:
        return MOST
    room = (Fraction(percent) * Fraction(total) - 100 * Fraction(part)) / (100 - Fraction(percent))
    return Decimal(max(room, Fraction(0)) // _FEN) / 100 + ZERO


def distribute(amount: Decimal, weights: Sequence[tuple[K, Decimal]]) -> Mapping[K, Decimal]:
    """The amount by weight, to the fen: the sum is exact, and the fens left go to the largest remainders, the first of
    equals first. Raises ValueError where nothing weighs anything."""
    total = sum((Fraction(weight) for _, weight in weights), Fraction(0))
    if not total:
        raise ValueError("nobody has a share")
    exact = {key: Fraction(amount) * Fraction(weight) / total / _FEN for key, weight in weights}
    fens = {key: share // 1 for key, share in exact.items()}
    left = int(Fraction(amount) / _FEN - sum(fens.values()))
    for key in sorted(exact, key=lambda key: exact[key] - fens[key], reverse=True)[:left]:
        fens[key] += 1
    return {key: Decimal(number) / 100 + ZERO for key, number in fens.items()}


def floor_share(part: Decimal, total: Decimal, whole: Decimal) -> Decimal:
    """What `part` of `total` is of the whole; to the hundredth, down: the rest stays with those who stay. Nothing of
    nothing."""
    if not total:
        return ZERO
    return Decimal(Fraction(part) * Fraction(whole) / Fraction(total) // _FEN) / 100 + ZERO


def units_for(amount: Decimal, units: Decimal, net_value: Decimal) -> Decimal:
    """The units that an amount buys of a fund which has `units` and is worth `net_value`, to the hundredth, down; the
    first ones at one yuan each. None where the units that there are have no value."""
    return floor_share(amount, net_value, units) if units else amount


def cost_with_interest(cost: Decimal, percent: Decimal, days: int) -> Decimal:
    """Cost and simple interest at `percent` a year of 365 days, half up to the fen."""
    interest = Fraction(cost) * Fraction(percent) * days / (100 * _DAYS)
    exact = Decimal(interest.numerator) / Decimal(interest.denominator)
    return cost + exact.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def is_majority(votes_for: int, base: int, numerator: int, denominator: int) -> bool:
    """At least the fraction of the base, in integers; nobody decides nothing."""
    return base > 0 and denominator * votes_for >= numerator * base
