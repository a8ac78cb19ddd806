"""Samples are drawn as documented: again by anybody, in proportion to strata, and in proportion to money."""

import hashlib
from collections import Counter
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from shared.audit.sampling import Item, digest_of, draw, order_of, shares

TWENTY = [Item(f"id-{number:02}", "ab"[number % 2], Decimal(number * 100)) for number in range(20)]


def test_the_order_is_that_of_sha256_of_seed_and_id() -> None:
    by_hand = sorted(TWENTY, key=lambda item: hashlib.sha256(f"2019:{item.id}".encode()).hexdigest())
    drawn = draw(TWENTY, "simple_random", 5, "2019")
    assert [one.item for one in drawn] == by_hand[:5]
    assert [one.place for one in drawn] == [1, 2, 3, 4, 5]
    assert drawn[0].order == order_of("2019", drawn[0].item.id)


def test_the_same_seed_draws_the_same_whatever_the_order_of_the_population() -> None:
    for method in ("simple_random", "stratified", "monetary_unit"):
        assert draw(TWENTY, method, 7, "s") == draw(TWENTY[::-1], method, 7, "s")
    assert digest_of(TWENTY) == digest_of(TWENTY[::-1])
    assert draw(TWENTY, "simple_random", 7, "s") != draw(TWENTY, "simple_random", 7, "t")


@pytest.mark.parametrize(
    ("strata", "size", "places"),
    [
        ({"a": 90, "b": 10}, 10, {"a": 9, "b": 1}),
        ({"a": 98, "b": 1, "c": 1}, 10, {"a": 8, "b": 1, "c": 1}),
        ({"a": 5, "b": 3, "c": 2}, 4, {"a": 2, "b": 1, "c": 1}),
        ({"a": 5, "b": 3, "c": 2}, 2, {"a": 1, "b": 1, "c": 0}),
        ({"a": 2, "b": 1}, 50, {"a": 2, "b": 1}),
        ({}, 5, {}),
    ],
)
def test_places_are_in_proportion_and_every_stratum_is_seen(
    strata: dict[str, int], size: int, places: dict[str, int]
) -> None:
    assert shares(strata, size) == places


@given(st.dictionaries(st.text("abcdef", min_size=1, max_size=2), st.integers(1, 400), max_size=8), st.integers(1, 500))
def test_no_stratum_gives_more_than_it_has_and_all_places_are_given(strata: dict[str, int], size: int) -> None:
    places = shares(strata, size)
    assert sum(places.values()) == min(size, sum(strata.values()))
    assert all(0 <= places[name] <= strata[name] for name in places)


def test_an_item_as_large_as_the_interval_is_certain() -> None:
    population = [*TWENTY, Item("big", "a", Decimal(19000))]
    for seed in map(str, range(50)):
        assert "big" in {one.item.id for one in draw(population, "monetary_unit", 2, seed)}


@given(
    st.lists(st.integers(-500, 100_000), min_size=1, max_size=40),
    st.integers(1, 30),
    st.text("abc123", min_size=1, max_size=8),
)
def test_points_are_as_many_as_asked_for_and_fall_only_on_money(fens: list[int], size: int, seed: str) -> None:
    population = [Item(str(number), "", Decimal(fen) / 100) for number, fen in enumerate(fens)]
    drawn = draw(population, "monetary_unit", size, seed)
    if sum(fen for fen in fens if fen > 0) >= size:
        assert sum(one.hits for one in drawn) == size
    assert all(one.item.amount is not None and one.item.amount > 0 for one in drawn)


def test_monetary_units_hit_in_proportion_to_amount() -> None:
    population = [Item("small", "", Decimal(100)), Item("large", "", Decimal(900))]
    hits = Counter(draw(population, "monetary_unit", 1, str(seed))[0].item.id for seed in range(2000))
    assert 1700 < hits["large"] < 1900


def test_an_id_twice_or_no_size_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        draw([TWENTY[0], TWENTY[0]], "simple_random", 1, "s")
    with pytest.raises(ValueError, match="at least"):
        draw(TWENTY, "simple_random", 0, "s")


def test_a_population_smaller_than_the_sample_is_drawn_whole() -> None:
    assert len(draw(TWENTY, "simple_random", 50, "s")) == 20
    assert len(draw(TWENTY, "stratified", 50, "s")) == 20
    assert draw([], "monetary_unit", 5, "s") == []
