"""Stored samples of every event's data, so that a contract grows by addition only.

A sample is written once and never changed: it stands for the events in the logs of cities. `<type>.json` is the first;
a type that has gained fields since gets `<type>.2.json` and so on, with those fields in it. `python -m
tests.contracts.sampling` writes what is missing and touches nothing else.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, get_origin

from polyfactory.factories.pydantic_factory import ModelFactory
from pydantic import BaseModel

from shared.events.contracts import PRODUCERS, event_types
from shared.events.types import EventType

FOLDER = Path(__file__).with_name("samples")
SEED = 2019

Json = dict[str, Any]


def all_types() -> list[EventType[Any]]:
    """Every event type of every producer."""
    return [event_type for producer in PRODUCERS for event_type in event_types(producer)]


def stored(name: str) -> list[Path]:
    """The samples of a type, oldest first."""
    numbered = FOLDER.glob(f"{name}.*.json")
    return [path for path in (FOLDER / f"{name}.json",) if path.exists()] + sorted(numbered, key=_number)


def read(path: Path) -> Json:
    """One sample's data."""
    sample: Json = json.loads(path.read_text(encoding="utf-8"))
    return sample


def fields_of(data: type[BaseModel], seen: frozenset[type[BaseModel]] = frozenset()) -> Iterator[str]:
    """Every field of a model, those of models within it by their dotted names."""
    for name, field in data.model_fields.items():
        yield name
        for inner in _models_in(field.annotation):
            if inner not in seen:
                yield from (f"{name}.{below}" for below in fields_of(inner, seen | {inner}))


def names_in(sample: object, prefix: str = "") -> Iterator[str]:
    """Every field that a sample has, likewise; the items of lists count as one."""
    if isinstance(sample, dict):
        for name, value in sample.items():
            yield f"{prefix}{name}"
            yield from names_in(value, f"{prefix}{name}.")
    elif isinstance(sample, list):
        for item in sample:
            yield from names_in(item, prefix)


def missing_fields(event_type: EventType[Any]) -> set[str]:
    """Fields of the contract that no stored sample has."""
    known = {name for path in stored(event_type.name) for name in names_in(read(path))}
    return set(fields_of(event_type.data)) - known


def make(event_type: EventType[Any]) -> Json:
    """Data with every field set, the same each time."""

    class Factory(ModelFactory[BaseModel]):
        __model__ = event_type.data
        __random_seed__ = SEED
        __allow_none_optionals__ = False
        __randomize_collection_length__ = False

        @classmethod
        def get_provider_map(cls) -> dict[Any, Any]:
            return {**super().get_provider_map(), Decimal: cls._amount}

        @classmethod
        def _amount(cls) -> str:
            """Amounts come as text, with two decimals."""
            return f"{cls.__random__.randint(1, 10_000_000)}.{cls.__random__.randint(0, 99):02}"

    made: Json = Factory.build().model_dump(mode="json")
    return made


def _models_in(annotation: object) -> Iterator[type[BaseModel]]:
    """Models in a field's type; not those that are the values of a dictionary, whose keys are data."""
    if get_origin(annotation) in (dict, Mapping):
        return
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in getattr(annotation, "__args__", ()):
        yield from _models_in(argument)


def _number(path: Path) -> int:
    return int(path.name.removesuffix(".json").rsplit(".", 1)[1])


def write_missing() -> list[Path]:
    """Add the samples that are missing; their paths."""
    FOLDER.mkdir(exist_ok=True)
    written = []
    for event_type in all_types():
        if missing_fields(event_type):
            count = len(stored(event_type.name))
            path = FOLDER / (f"{event_type.name}.{count + 1}.json" if count else f"{event_type.name}.json")
            text = json.dumps(make(event_type), ensure_ascii=False, indent=2)
            path.write_text(text + "\n", encoding="utf-8")
            written.append(path)
    return written


if __name__ == "__main__":
    for new in write_missing():
        sys.stdout.write(f"{new.name}\n")
