"""Who may mark whom, who is drawn, and what several marks come to (2.3-2)."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest

from services.evaluation.experts.rules import (
    Interests,
    Place,
    agree,
    allot,
    decide_free_of_conflict,
    decide_mark_in_time,
    mark_due,
    may_mark,
)
from shared.policy.edition import load_editions

EDITION = load_editions(None).get("lhasa-2019")
CENTRE, OTHER = UUID(int=1), UUID(int=2)


def _place(number: int = 1, slot: int = 1, centre: UUID = CENTRE, operator: str = "OPERATOR") -> Place:
    operators = frozenset((operator, "LATER-OPERATOR"))
    return Place(UUID(int=100 + number), f"EV-2019-{number:04d}", centre, operators, "filing_sample", 1, slot)


def _expert(
    number: int, org: str | None = None, centres: frozenset[UUID] = frozenset(), orgs: frozenset[str] = frozenset()
) -> Interests:
    return Interests(UUID(int=1000 + number), f"account-{number}", org, centres, orgs)


@pytest.mark.parametrize(
    ("expert", "refused"),
    [
        pytest.param(_expert(1), None, id="nothing-declared"),
        pytest.param(_expert(1, org="ELSEWHERE"), None, id="works-elsewhere"),
        pytest.param(_expert(1, org="OPERATOR"), "expert-same-organisation", id="works-for-the-operator"),
        pytest.param(_expert(1, org="LATER-OPERATOR"), "expert-same-organisation", id="works-for-the-later-operator"),
        pytest.param(_expert(1, centres=frozenset({CENTRE})), "expert-conflict-declared", id="mentor-of-the-centre"),
        pytest.param(_expert(1, centres=frozenset({OTHER})), None, id="mentor-of-another-centre"),
        pytest.param(_expert(1, orgs=frozenset({"OPERATOR"})), "expert-conflict-declared", id="worked-there-before"),
        pytest.param(_expert(1, orgs=frozenset({"ELSEWHERE"})), None, id="worked-elsewhere-before"),
    ],
)
def test_who_has_an_interest_in_a_centre_does_not_mark_it(expert: Interests, refused: str | None) -> None:
    decision = decide_free_of_conflict(EDITION, expert, _place())
    assert (decision.passed, may_mark(expert, _place())) == (refused is None, refused is None)
    if refused is not None:
        assert (decision.failures[0].message, decision.failures[0].clause) == (refused, "2.3-2")


MARKS = [
    pytest.param([], "waiting", None, None, id="none-yet"),
    pytest.param(["80"], "waiting", None, None, id="one-of-two"),
    pytest.param(["80", "60.01"], "agreed", "70.01", "19.99", id="below-the-limit-rounded-half-up"),
    pytest.param(["60", "80"], "agreed", "70.00", "20", id="at-the-limit"),
    pytest.param(["80", "59.99"], "third", None, "20.01", id="above-the-limit"),
    pytest.param([None, None], "agreed", None, "0", id="nothing-to-check-for-either"),
    pytest.param([None, "80"], "third", None, None, id="nothing-to-check-for-one"),
    pytest.param(["100", "0", "30"], "agreed", "30.00", "100", id="median-of-three"),
    pytest.param(["100", "0", "100"], "agreed", "100.00", "100", id="third-sides-with-one"),
    pytest.param([None, "80", None], "agreed", None, None, id="two-of-three-had-nothing"),
    pytest.param([None, "80", "61"], "agreed", "70.50", None, id="one-of-three-had-nothing"),
]


@pytest.mark.parametrize(("marks", "state", "mark", "spread"), MARKS)
def test_marks_agree_or_call_a_third(marks: list[str | None], state: str, mark: str | None, spread: str | None) -> None:
    found = agree(EDITION, [None if given is None else Decimal(given) for given in marks], 2)
    assert found.state == state
    assert found.mark == (None if mark is None else Decimal(mark))
    assert found.spread == (None if spread is None else Decimal(spread))


@pytest.mark.parametrize(
    ("day", "passed"),
    [
        pytest.param(date(2020, 2, 27), True, id="day-before"),
        pytest.param(date(2020, 2, 28), True, id="last-day"),
        pytest.param(date(2020, 2, 29), False, id="day-after"),
    ],
)
def test_a_mark_is_taken_up_to_the_last_day(day: date, passed: bool) -> None:
    assert decide_mark_in_time(EDITION, date(2020, 2, 28), day).passed is passed


def test_who_is_assigned_late_has_the_editions_days_over_the_spring_festival() -> None:
    assert mark_due(EDITION, date(2021, 2, 5), date(2021, 2, 1)) == date(2021, 2, 7)
    assert mark_due(EDITION, date(2021, 6, 30), date(2021, 2, 1)) == date(2021, 6, 30)


def test_a_draw_is_the_same_for_the_same_seed_and_another_for_another() -> None:
    places = [_place(number, slot) for number in range(1, 21) for slot in (1, 2)]
    experts = [_expert(number) for number in range(1, 8)]

    def names(seed: str, among: list[Interests]) -> list[str]:
        return [expert.account_id for _, expert in allot(seed, places, among, {}, {})[0]]

    first = names("2020-seed", experts)
    assert names("2020-seed", list(reversed(experts))) == first
    assert names("another", experts) != first


def test_a_draw_is_even_and_never_gives_one_expert_both_places() -> None:
    places = [_place(number, slot) for number in range(1, 36) for slot in (1, 2)]
    drawn, left = allot("seed", places, [_expert(number) for number in range(1, 8)], {}, {})
    assert left == []
    assert set(Counter(expert.id for _, expert in drawn).values()) == {10}
    assert len({(place.evaluation_id, expert.id) for place, expert in drawn}) == 70


def test_a_draw_counts_what_experts_have_to_mark_already() -> None:
    experts = [_expert(1), _expert(2), _expert(3)]
    drawn, _ = allot("seed", [_place(number) for number in range(1, 4)], experts, {experts[0].id: 5}, {})
    assert experts[0].id not in {expert.id for _, expert in drawn}


def test_places_that_nobody_free_of_conflict_is_left_for_stay_open() -> None:
    experts = [_expert(1, org="OPERATOR"), _expert(2), _expert(3)]
    places = [_place(1, 1), _place(1, 2), _place(2, 1, OTHER, "ELSEWHERE"), _place(2, 2, OTHER, "ELSEWHERE")]
    drawn, left = allot("seed", places, experts, {}, {places[0].marked: {experts[1].id}})
    assert [place.slot for place in left] == [2]
    assert [expert.account_id for place, expert in drawn if place.evaluation_no == "EV-2019-0001"] == ["account-3"]
    assert len(drawn) == 3
