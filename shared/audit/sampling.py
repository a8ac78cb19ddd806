"""Drawing samples so that anybody who has the population and the seed can draw them again, by hand if need be.

The order of a draw is that of SHA-256(seed, ':', id), compared as hexadecimal texts; nothing else is random.

- `simple_random`: the first `size` items of that order.
- `stratified`: places in proportion to the strata's numbers of items (largest remainder; a stratum with items has one
  place at least while there are enough), then the first of that order in each stratum.
- `monetary_unit`: systematic selection with probability proportional to amount. In that order amounts are laid end to
  end in fen; interval = total / size (exact fraction); the first point is SHA-256(seed, ':start') as an integer modulo
  the interval, rounded down, and every interval from there is a point. The item that a point falls into is drawn; one
  as large as the interval is certain, and says how often it was hit. What is not above zero cannot be hit.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final, Literal

Method = Literal["simple_random", "stratified", "monetary_unit"]

FEN: Final = 100


@dataclass(frozen=True, slots=True)
class Item:
    """One member of a population; `amount` in yuan, None where it has none."""

    id: str
    stratum: str = ""
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Drawn:
    """An item of the sample; `place` is its place in the draw's order, `hits` how many points fell into it."""

    item: Item
    place: int
    order: str
    hits: int = 1


def order_of(seed: str, item_id: str) -> str:
    """By what items are ordered."""
    return hashlib.sha256(f"{seed}:{item_id}".encode()).hexdigest()


def digest_of(population: Iterable[Item]) -> str:
    """SHA-256 over the population's lines `id,stratum,amount` in the order of the ids: two draws from the same one show
    the same digest."""
    digest = hashlib.sha256()
    for item in sorted(population, key=lambda item: item.id):
        amount = "" if item.amount is None else f"{item.amount:.2f}"
        digest.update(f"{item.id},{item.stratum},{amount}\n".encode())
    return digest.hexdigest()


def draw(population: Sequence[Item], method: Method, size: int, seed: str) -> list[Drawn]:
    """The sample, in the order of the draw. A population smaller than `size` is drawn whole (by amount: what has one).

    Raises ValueError for a size below one, or ids that occur twice.
    """
    if size < 1:
        raise ValueError("a sample has one item at least")
    if len({item.id for item in population}) < len(population):
        raise ValueError("an id occurs twice in the population")
    ordered = sorted(((order_of(seed, item.id), item) for item in population), key=lambda pair: (pair[0], pair[1].id))
    ranked = [Drawn(item, place, order) for place, (order, item) in enumerate(ordered, start=1)]
    if method == "simple_random":
        return ranked[:size]
    if method == "stratified":
        return _stratified(ranked, size)
    return _monetary(ranked, size, seed)


def shares(strata: Mapping[str, int], size: int) -> dict[str, int]:
    """Places of each stratum, by its number of items."""
    total = sum(strata.values())
    size = min(size, total)
    if total == 0:
        return {}
    names = sorted(strata)
    if size < len(names):
        biggest = sorted(names, key=lambda name: (-strata[name], name))[:size]
        return {name: int(name in biggest) for name in names}
    exact = {name: Fraction(strata[name] * size, total) for name in names}
    places = {name: max(1, int(exact[name])) for name in names}
    while sum(places.values()) < size:
        open_names = [name for name in names if places[name] < strata[name]]
        best = min(open_names, key=lambda name: (-(exact[name] - places[name]), name))
        places[best] += 1
    while sum(places.values()) > size:
        worst = min((n for n in names if places[n] > 1), key=lambda name: (exact[name] - places[name], name))
        places[worst] -= 1
    return places


def _stratified(ranked: Sequence[Drawn], size: int) -> list[Drawn]:
    counts: dict[str, int] = {}
    for one in ranked:
        counts[one.item.stratum] = counts.get(one.item.stratum, 0) + 1
    left = shares(counts, size)
    sample = []
    for one in ranked:
        if left[one.item.stratum] > 0:
            left[one.item.stratum] -= 1
            sample.append(one)
    return sample


def _monetary(ranked: Sequence[Drawn], size: int, seed: str) -> list[Drawn]:
    valued = [
        (one, int(one.item.amount * FEN)) for one in ranked if one.item.amount is not None and one.item.amount > 0
    ]
    total = sum(fen for _, fen in valued)
    if total == 0:
        return []
    interval = Fraction(total, size)
    point = Fraction(int(hashlib.sha256(f"{seed}:start".encode()).hexdigest(), 16) % max(1, int(interval)))
    sample, reached = [], 0
    for one, fen in valued:
        reached += fen
        hits = 0
        while point < reached:
            hits += 1
            point += interval
        if hits:
            sample.append(Drawn(one.item, one.place, one.order, hits))
    return sample
