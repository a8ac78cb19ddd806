"""What a value may be where its field says nothing narrower: the same for every field of every route.

Pydantic reads generously: `true` as 1, 0 as a day in 1970, `1_0` and full-width digits as numbers. Here a JSON value
has its own type or none, and a number or a day written as text has one spelling. Nothing is without an end.
"""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Annotated, Final

from pydantic import AwareDatetime, BaseModel, BeforeValidator, PlainValidator, WrapValidator
from pydantic.fields import FieldInfo

MAX_TEXT: Final = 20_000
"""Characters: longer than any statement that somebody writes into a field."""
MAX_ITEMS: Final = 10_000
"""Of a list, and names of an object: as many as the largest import has rows."""
LEAST: Final = -(2**31)
MOST: Final = 2**31 - 1
"""Whole numbers fit into PostgreSQL's integer."""

_OWN: Final = (BeforeValidator, PlainValidator, WrapValidator)
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{1,40})?")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}.*", re.DOTALL)
_HOUR: Final = re.compile(r"[0-9]{2}:[0-9]{2}.*", re.DOTALL)
_SPELT: Final[Mapping[type, tuple[re.Pattern[str], str]]] = {
    int: (_NUMBER, "int_parsing"),
    float: (_NUMBER, "float_parsing"),
    Decimal: (_NUMBER, "decimal_parsing"),
    date: (_DAY, "date_parsing"),
    datetime: (_DAY, "datetime_parsing"),
    time: (_HOUR, "time_parsing"),
}
_JSON: Final[Mapping[type, tuple[tuple[type, ...], str]]] = {
    bool: ((bool,), "bool_type"),
    int: ((int, float), "int_type"),
    float: ((int, float), "float_type"),
    Decimal: ((int, float, str, Decimal), "decimal_type"),
    date: ((str,), "date_type"),
    datetime: ((str,), "datetime_type"),
    time: ((str,), "time_type"),
}


Where = tuple[str | int, ...]
Metadata = Sequence[object]
_Part = tuple[object, object, Where, Metadata]


@dataclass(frozen=True, slots=True)
class Excess:
    """What is wrong in one place: the way there, a type of fault as pydantic names it, and the limit."""

    where: Where
    kind: str
    limits: tuple[tuple[str, int], ...] = ()


def json_faults(annotation: object, value: object, where: Where = (), metadata: Metadata = ()) -> Iterator[Excess]:
    """Where a parsed JSON body holds another type than it should: a text for a number, a number for a day."""
    if value is None or _judges_itself(metadata):
        return
    kind, inside = _opened(annotation)
    if kind is typing.Union:
        yield from _fewest(list(json_faults(one, value, where, metadata)) for one in inside if one is not type(None))
    elif isinstance(kind, type) and kind in _JSON:
        taken, fault = _JSON[kind]
        if not isinstance(value, taken) or (isinstance(value, bool) and kind is not bool):
            yield Excess(where, fault)
    elif kind is Annotated:
        yield from json_faults(inside[0], value, where, _flat(inside[1:]))
    else:
        for part in _parts(kind, inside, value, where):
            yield from json_faults(*part)


def excess(annotation: object, value: object, where: Where = (), metadata: Metadata = ()) -> Iterator[Excess]:
    """Where one field's value is larger than anything may be, or a number or day is spelt in another way than ours.

    Models inside are not entered: they look after their own fields.
    """
    if isinstance(value, str | list | dict) and (limit := _too_long(value)):
        yield limit(where)
        return
    if value is None or _judges_itself(metadata):
        return
    kind, inside = _opened(annotation)
    if kind is typing.Union:
        yield from _fewest(list(excess(one, value, where, metadata)) for one in inside if one is not type(None))
    elif isinstance(kind, type) and kind in _SPELT:
        yield from _plain_excess(kind, value, metadata, where)
    elif kind is Annotated:
        yield from excess(inside[0], value, where, (*metadata, *_flat(inside[1:])))
    elif kind is not BaseModel:
        for part in _parts(kind, inside, value, where):
            yield from excess(*part)


def _flat(metadata: Metadata) -> Metadata:
    """With what a `Field(...)` says in place of the field itself."""
    return [part for one in metadata for part in (one.metadata if isinstance(one, FieldInfo) else (one,))]


def _fewest(several: Iterable[list[Excess]]) -> list[Excess]:
    """Of the kinds that a value may be, what is wrong with it as the first: nothing if it may be any one of them."""
    first: list[Excess] | None = None
    for faults in several:
        if not faults:
            return []
        first = first or faults
    return first or []


def _parts(kind: object, inside: Metadata, value: object, where: Where) -> Iterator[_Part]:
    """What a list, an object or a model is made of."""
    if kind is list and isinstance(value, list):
        for number, item in enumerate(value):
            yield inside[0], item, (*where, number), ()
    elif kind is dict and isinstance(value, Mapping):
        for key, item in value.items():
            yield inside[0], item, (*where, str(key)), ()
    elif kind is BaseModel and isinstance(value, Mapping):
        model = typing.cast("type[BaseModel]", inside[0])
        for name, field in model.model_fields.items():
            for key in {name, field.alias or name} & value.keys():
                yield field.annotation, value[key], (*where, key), field.metadata


def _too_long(value: str | list[object] | dict[str, object]) -> Callable[[Where], Excess] | None:
    limit, kind = (MAX_TEXT, "string_too_long") if isinstance(value, str) else (MAX_ITEMS, "too_long")
    if len(value) <= limit:
        return None
    return lambda where: Excess(where, kind, (("max_length", limit),))


def _plain_excess(kind: type, value: object, metadata: Metadata, where: Where) -> Iterator[Excess]:
    if isinstance(value, str):
        pattern, fault = _SPELT[kind]
        if not pattern.fullmatch(value.strip()):
            yield Excess(where, fault)
            return
    if kind is int and not _bounded(metadata):
        number = _whole(value)
        if number is not None and number > MOST:
            yield Excess(where, "less_than_equal", (("le", MOST),))
        elif number is not None and number < LEAST:
            yield Excess(where, "greater_than_equal", (("ge", LEAST),))


def _whole(value: object) -> float | None:
    if isinstance(value, str):
        return float(value)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _bounded(metadata: Metadata) -> bool:
    return any(getattr(one, name, None) is not None for one in metadata for name in ("le", "lt"))


def _judges_itself(metadata: Metadata) -> bool:
    """Whether the field reads its value on its own, as money does."""
    return any(isinstance(one, _OWN) for one in metadata)


def _opened(annotation: object) -> tuple[object, tuple[object, ...]]:
    """The kind of an annotation (Annotated, Union, list, dict, BaseModel or a plain type) and what is in it."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Annotated:
        return Annotated, (arguments[0], *arguments[1:])
    if origin in (typing.Union, types.UnionType):
        return typing.Union, arguments
    if isinstance(origin, type) and issubclass(origin, Mapping) and len(arguments) == 2:
        return dict, (arguments[1],)
    if isinstance(origin, type) and issubclass(origin, Sequence | set | frozenset) and arguments:
        return list, (arguments[0],)
    if annotation is AwareDatetime:
        return datetime, ()
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return BaseModel, (annotation,)
    return (annotation, ()) if isinstance(annotation, type) else (None, ())
