"""What a value may be where its field says nothing narrower."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

import pytest
from pydantic import AwareDatetime, BaseModel, Field, ValidationError

from shared.http.limits import LEAST, MAX_ITEMS, MAX_TEXT, MOST, excess, json_faults
from shared.http.schemas import Request
from shared.money import Money


class Inner(BaseModel):
    count: int
    on: date | None = None


class Outer(BaseModel):
    inner: Inner
    several: Annotated[list[Inner], Field(default_factory=list)]
    rates: Annotated[dict[str, Decimal], Field(default_factory=dict)]
    flag: bool = False
    amount: Money | None = None
    either: int | str | None = None


class Asked(Request):
    text: str | None = None
    number: int | None = None
    large: Annotated[int, Field(le=10**12)] | None = None
    rate: Decimal | None = None
    day: date | None = None
    at: datetime | None = None
    names: Annotated[list[str], Field(default_factory=list)]


@pytest.mark.parametrize(
    ("value", "where"),
    [
        ({"inner": {"count": "7"}}, ("inner", "count")),
        ({"inner": {"count": True}}, ("inner", "count")),
        ({"inner": {"count": 1, "on": 0}}, ("inner", "on")),
        ({"inner": {"count": 1}, "several": [{"count": 1}, {"count": "1"}]}, ("several", 1, "count")),
        ({"inner": {"count": 1}, "rates": {"a": True}}, ("rates", "a")),
        ({"inner": {"count": 1}, "flag": "yes"}, ("flag",)),
        ({"inner": {"count": 1}, "flag": 1}, ("flag",)),
    ],
)
def test_a_json_value_of_another_type_is_named_by_its_place(value: object, where: tuple[str | int, ...]) -> None:
    assert [fault.where for fault in json_faults(Outer, value)] == [where]


@pytest.mark.parametrize(
    "value",
    [
        {"inner": {"count": 7, "on": "2019-06-14"}, "rates": {"a": "0.5", "b": 1}, "flag": True, "amount": "1.00"},
        {"inner": {"count": 7, "on": None}, "either": "7"},
        {"inner": {"count": 7.0}, "either": 7},
        {"inner": 7, "several": "no list"},
        [1, 2],
    ],
)
def test_what_is_right_or_said_better_elsewhere_passes(value: object) -> None:
    assert list(json_faults(Outer, value)) == []


@pytest.mark.parametrize(
    "sent",
    [
        {"text": "x" * (MAX_TEXT + 1)},
        {"number": MOST + 1},
        {"number": LEAST - 1},
        {"number": str(2**63)},
        {"number": "\uff17"},
        {"number": "1_0"},
        {"rate": "\uff17"},
        {"rate": "1_0"},
        {"rate": "1e400"},
        {"rate": "NaN"},
        {"day": "1560470400"},
        {"at": "1560470400"},
        {"names": ["x"] * (MAX_ITEMS + 1)},
        {"names": ["x" * (MAX_TEXT + 1)]},
    ],
)
def test_beyond_what_anything_may_be_or_spelt_otherwise_is_refused(sent: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Asked.model_validate(sent)


@pytest.mark.parametrize(
    "sent",
    [
        {"text": "x" * MAX_TEXT},
        {"number": MOST},
        {"number": LEAST},
        {"number": "7"},
        {"large": 10**12},
        {"rate": "-0.50"},
        {"rate": Decimal("1E+2")},
        {"day": "2019-06-14"},
        {"day": date(2019, 6, 14)},
        {"at": "2019-06-14T01:02:03Z"},
        {"names": ["x"] * MAX_ITEMS},
    ],
)
def test_up_to_there_it_is_taken(sent: dict[str, object]) -> None:
    Asked.model_validate(sent)


def test_a_field_that_reads_its_value_itself_is_left_to_it() -> None:
    assert list(excess(Money, "\uff17")) == []


@pytest.mark.parametrize("value", [0, 1560470400, 1e-400, True])
def test_a_number_is_no_instant_also_where_it_needs_a_time_zone(value: object) -> None:
    assert [fault.kind for fault in json_faults(AwareDatetime | None, value)] == ["datetime_type"]


def test_an_instant_with_a_time_zone_is_spelt_as_any_other() -> None:
    assert list(json_faults(AwareDatetime, "2019-06-14T01:02:03Z")) == []
    assert list(excess(AwareDatetime, "2019-06-14T01:02:03Z")) == []
    assert [fault.kind for fault in excess(AwareDatetime, "1560470400")] == ["datetime_parsing"]
