"""What was published stays readable: today's models against stored samples of every event of every producer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from shared.asyncapi import build_asyncapi
from shared.events.types import Audience, EventData, EventType
from tests.contracts.sampling import FOLDER, Json, all_types, fields_of, make, missing_fields, names_in, read, stored

TYPES = {event_type.name: event_type for event_type in all_types()}
SAMPLES = sorted(FOLDER.glob("*.json"))


def type_of(sample: Path) -> str:
    """`registry.centre.listed.v1.2.json` is a sample of `registry.centre.listed.v1`."""
    return ".".join(sample.name.split(".")[:4])


@pytest.mark.parametrize("event_type", TYPES.values(), ids=TYPES)
def test_each_contract_has_a_sample_with_each_of_its_fields(event_type: EventType[Any]) -> None:
    assert missing_fields(event_type) == set(), "run `python -m tests.contracts.sampling` and commit what it writes"


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
def test_todays_model_reads_what_was_published_and_loses_nothing(sample: Path) -> None:
    event_type = TYPES.get(type_of(sample))
    assert event_type is not None, "a published type was removed"
    written = read(sample)
    data = event_type.data.model_validate(written)
    again = data.model_dump(mode="json")
    assert set(names_in(written)) <= set(names_in(again)), "a published field was removed"
    assert _only(written, again) == written, "a published field means something else now"


def _only(wanted: object, found: object) -> object:
    """What was found, without the fields that were added since."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        return {name: _only(value, found[name]) for name, value in wanted.items() if name in found}
    if isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        return [_only(one, other) for one, other in zip(wanted, found, strict=True)]
    return found


class Published(EventData):
    name: str
    area: int


class GainedOptional(Published):
    tag: str | None = None


class GainedRequired(Published):
    tag: str


class Lost(EventData):
    name: str


class Changed(EventData):
    name: str
    area: str


def test_the_proof_itself_sees_what_breaks_a_contract() -> None:
    sample: Json = {"name": "双创中心", "area": 100}
    assert GainedOptional.model_validate(sample).tag is None
    with pytest.raises(ValidationError):
        GainedRequired.model_validate(sample)
    assert set(names_in(sample)) - set(names_in(Lost.model_validate(sample).model_dump())) == {"area"}
    with pytest.raises(ValidationError):
        Changed.model_validate(sample)


def test_fields_within_fields_are_named() -> None:
    class Outer(EventData):
        inner: tuple[Published, ...]
        by_name: dict[str, Published | None]

    assert set(fields_of(Outer)) == {
        "inner",
        "inner.name",
        "inner.area",
        "by_name",
    }


def test_samples_are_made_the_same_each_time() -> None:
    event_type = TYPES["registry.centre.listed.v1"]
    assert make(event_type) == make(event_type)
    assert len(stored(event_type.name)) >= 1


def test_models_forget_nothing_silently() -> None:
    """Readers ignore unknown fields: that is how contracts grow. So every model of a contract must derive from one."""
    for event_type in TYPES.values():
        assert issubclass(event_type.data, EventData)
        assert issubclass(event_type.data, BaseModel)


def test_every_event_that_leaves_the_suite_is_described() -> None:
    described = build_asyncapi()["components"]
    assert isinstance(described, dict)
    messages = described["messages"]
    assert isinstance(messages, dict)
    outside = {name for name, event_type in TYPES.items() if event_type.audience is not Audience.INTERNAL}
    assert set(messages) == outside


def references(value: object) -> Iterator[str]:
    """Every `$ref` anywhere below."""
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for below in value.values():
            yield from references(below)
    elif isinstance(value, list):
        for below in value:
            yield from references(below)


def test_the_description_is_asyncapi_3_and_refers_to_nothing_that_is_not_there() -> None:
    description = build_asyncapi()
    assert str(description["asyncapi"]).startswith("3.")
    assert {"info", "channels", "operations", "components"} <= set(description)
    found = set(references(description))
    assert found
    for reference in found:
        place: object = description
        for part in reference.removeprefix("#/").split("/"):
            assert isinstance(place, dict), reference
            place = place[part.replace("~1", "/").replace("~0", "~")]
