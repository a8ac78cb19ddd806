"""The payments that make up the municipal share, first in, first out (3.2-2)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Lot:
    """Of one payment what is still held: its day and cost in yuan."""

    paid_on: date
    cost: Decimal


def after(lots: Iterable[Lot], gone: Decimal) -> list[Lot]:
    """The lots without the first `gone` yuan of them."""
    left: list[Lot] = []
    for lot in lots:
        part = min(gone, lot.cost)
        gone -= part
        if lot.cost > part:
            left.append(Lot(lot.paid_on, lot.cost - part))
    return left


def first_of(lots: Iterable[Lot], amount: Decimal) -> list[Lot]:
    """The first `amount` yuan of the lots."""
    taken: list[Lot] = []
    for lot in lots:
        part = min(amount, lot.cost)
        if part:
            taken.append(Lot(lot.paid_on, part))
        amount -= part
    return taken


def across_years(paid: Sequence[tuple[int, Decimal]], before: Decimal, received: Decimal) -> list[tuple[int, Decimal]]:
    """`received` over what was paid in these years, after `before` of it has come back."""
    parts: list[tuple[int, Decimal]] = []
    for year, amount in paid:
        gone = min(before, amount)
        before -= gone
        part = min(received, amount - gone)
        received -= part
        if part:
            parts.append((year, part))
    return parts
