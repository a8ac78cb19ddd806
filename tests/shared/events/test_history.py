"""Changes out of states, and the state of a day out of changes, by the day they take effect."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from pydantic import JsonValue

from shared.events.history import Change, Entry, Logged, entries_of, exists_since, first_day_in, state_as_of
from shared.events.types import EventData

THING = UUID(int=7)


def event(version: int, effective_on: str, **data: JsonValue) -> Logged:
    return Logged(
        version=version,
        id=uuid4(),
        type="registry.thing.changed.v1",
        recorded_at=datetime(2020, 1, version, tzinfo=UTC),
        effective_on=date.fromisoformat(effective_on),
        actor="somebody",
        attributes={"rules": "a.rule,b.rule", "policyedition": "lhasa-2019", "actorrole": "bureau"},
        data=data,
    )


def fields(entries: list[Entry], day: str) -> dict[str, JsonValue] | None:
    state = state_as_of(entries, date.fromisoformat(day))
    return dict(state.fields) if state else None


def test_an_entry_names_only_what_changed() -> None:
    first, second, third = entries_of(
        [
            event(1, "2019-03-01", name="旧", status="draft", listed_on=None),
            event(2, "2019-03-02", name="新", status="draft", listed_on=None),
            event(3, "2019-03-03", name="新", status="draft", listed_on=None),
        ]
    )
    assert first.changes["name"] == Change(None, "旧")
    assert first.changes["listed_on"] == Change(None, None)
    assert dict(second.changes) == {"name": Change("旧", "新")}
    assert dict(third.changes) == {}
    assert second.rules == ("a.rule", "b.rule")
    assert (second.edition, second.actor_role) == ("lhasa-2019", "bureau")


def test_a_field_that_an_event_does_not_carry_stays_as_it_was() -> None:
    entries = entries_of(
        [
            event(1, "2019-03-01", name="甲"),
            event(2, "2019-03-02", name="甲", case="c-1"),
            event(3, "2019-03-03", name="乙"),
        ]
    )
    assert dict(entries[2].changes) == {"name": Change("甲", "乙")}
    assert fields(entries, "2019-03-03") == {"name": "乙", "case": "c-1"}


def test_hashes_of_remarks_are_no_change() -> None:
    entries = entries_of([event(1, "2019-03-01", name="甲", remark_hash="x"), event(2, "2019-03-02", name="甲")])
    assert "remark_hash" not in entries[0].changes


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ({"status": "returned", "reason_code": "incomplete", "name": "甲"}, "incomplete"),
        ({"status": "draft", "reason_code": None, "name": "乙"}, None),
    ],
)
def test_the_reason_belongs_to_the_event_that_gave_it(data: dict[str, JsonValue], reason: str | None) -> None:
    start = event(1, "2019-03-01", status="draft", reason_code=None, name="甲")
    assert entries_of([start, event(2, "2019-03-02", **data)])[1].reason_code == reason


def test_a_later_change_of_the_name_does_not_repeat_the_reason() -> None:
    entries = entries_of(
        [
            event(1, "2019-03-01", status="returned", reason_code="incomplete", name="甲"),
            event(2, "2019-03-02", status="returned", reason_code="incomplete", name="乙"),
        ]
    )
    assert entries[1].reason_code is None


def test_a_revocation_proposed_before_still_has_its_reason() -> None:
    entries = entries_of(
        [
            event(1, "2019-03-01", status="active", reason_code="fraud"),
            event(2, "2019-03-02", status="revoked", reason_code="fraud"),
        ]
    )
    assert entries[1].reason_code == "fraud"


CASE = entries_of(
    [
        event(1, "2019-03-01", status="draft", tier="standard", area=100),
        event(2, "2019-05-01", status="listed", tier="standard", area=100),
        event(3, "2019-09-01", status="listed", tier="specialised", area=100),
        # Typed in last: the area had been another one since April.
        event(4, "2019-04-01", status="listed", tier="specialised", area=80),
    ]
)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2019-02-28", None),
        ("2019-03-01", ("draft", "standard", 100)),
        ("2019-03-31", ("draft", "standard", 100)),
        ("2019-04-01", ("draft", "standard", 80)),
        ("2019-04-30", ("draft", "standard", 80)),
        ("2019-05-01", ("listed", "standard", 80)),
        ("2019-08-31", ("listed", "standard", 80)),
        ("2019-09-01", ("listed", "specialised", 80)),
        ("2030-01-01", ("listed", "specialised", 80)),
    ],
)
def test_a_correction_counts_from_the_day_it_takes_effect_and_takes_nothing_else_along(
    day: str, expected: tuple[str, str, int] | None
) -> None:
    state = fields(CASE, day)
    assert (state and (state["status"], state["tier"], state["area"])) == expected


def test_what_took_effect_later_stands_against_an_earlier_correction_recorded_after_it() -> None:
    entries = entries_of(
        [
            event(1, "2019-01-01", name="甲"),
            event(2, "2019-06-01", name="丙"),
            event(3, "2019-03-01", name="乙"),
        ]
    )
    assert [fields(entries, day) for day in ("2019-02-28", "2019-03-01", "2019-05-31", "2019-06-01")] == [
        {"name": "甲"},
        {"name": "乙"},
        {"name": "乙"},
        {"name": "丙"},
    ]


def test_two_changes_of_one_day_count_in_the_order_they_were_recorded() -> None:
    entries = entries_of([event(1, "2019-01-01", name="甲"), event(2, "2019-01-01", name="乙")])
    assert fields(entries, "2019-01-01") == {"name": "乙"}


def test_a_thing_registered_after_its_first_step_is_there_from_that_step_on() -> None:
    entries = entries_of([event(1, "2019-06-03", status="draft"), event(2, "2019-03-01", status="submitted")])
    assert exists_since(entries) == date(2019, 3, 1)
    assert fields(entries, "2019-02-28") is None
    assert fields(entries, "2019-03-01") == {"status": "submitted"}
    assert fields(entries, "2019-06-03") == {"status": "submitted"}


def test_the_state_names_the_last_change_that_counts() -> None:
    state = state_as_of(CASE, date(2019, 4, 15))
    assert state is not None
    assert (state.version, state.effective_on) == (4, date(2019, 4, 1))


def test_first_day_in_a_status() -> None:
    assert first_day_in(CASE, ["listed"]) == date(2019, 5, 1)
    assert first_day_in(CASE, ["delisted"]) is None
    assert first_day_in([], ["listed"]) is None


def test_nothing_happened_nothing_was() -> None:
    assert state_as_of([], date(2019, 1, 1)) is None


def test_an_event_beside_the_state_shows_its_own_fields_and_changes_none() -> None:
    permit = replace(event(2, "2019-02-01", name="食品经营许可证", reason_code="late"), type="registry.thing.permit.v1")
    states = {"registry.thing.changed.v1"}
    entries = entries_of([event(1, "2019-03-01", name="甲"), permit, event(3, "2019-03-02", name="甲")], states)
    assert dict(entries[1].changes) == {}
    assert dict(entries[1].fields) == {"name": "食品经营许可证", "reason_code": "late"}
    assert entries[1].reason_code == "late"
    assert dict(entries[2].changes) == {}
    assert exists_since(entries) == date(2019, 3, 1)
    assert fields(entries, "2019-02-28") is None
    state = state_as_of(entries, date(2019, 3, 1))
    assert state is not None
    assert (state.version, dict(state.fields)) == (1, {"name": "甲"})
    assert first_day_in(entries, ["listed"]) is None


class Paid(EventData):
    amount: Decimal
    on: date


def test_values_are_compared_as_what_they_mean() -> None:
    models = {"registry.thing.changed.v1": Paid}
    told = [
        event(1, "2020-01-01", amount="2000", on="2020-01-01"),
        event(2, "2020-01-02", amount="2000.00", on="2020-01-01"),
        event(3, "2020-01-03", amount="2000.01", on="2020-01-01"),
    ]
    assert [set(entry.changes) for entry in entries_of(told, None, models)] == [{"amount", "on"}, set(), {"amount"}]
    assert [set(entry.changes) for entry in entries_of(told)] == [{"amount", "on"}, {"amount"}, {"amount"}]


def test_what_no_model_reads_is_compared_as_it_was_written() -> None:
    told = [event(1, "2020-01-01", amount="much", on="x"), event(2, "2020-01-02", amount="much", on="y")]
    entries = entries_of(told, None, {"registry.thing.changed.v1": Paid})
    assert [set(entry.changes) for entry in entries] == [{"amount", "on"}, {"on"}]
