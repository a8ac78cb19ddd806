"""What the description says that one may send: operations, a plain request for each, and every place in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from hypothesis import HealthCheck, Phase, find, settings
from hypothesis.strategies import from_regex

Json = dict[str, Any]  # a piece of the description, or of a request, as JSON has it
Where = tuple[str | int, ...]

API_KEY: Final = "key"
"""How the description calls the way in of an API key."""
METHODS: Final = ("get", "post", "put", "patch", "delete")
JSON: Final = "application/json"
UUID: Final = "01a20a11-085e-7440-a21b-bffbdb554fa1"

_DEEPEST: Final = 6
_FORMATS: Final[Mapping[str, str]] = {
    "uuid": UUID,
    "date": "2019-06-14",
    "date-time": "2019-06-14T01:02:03Z",
    "time": "09:30:00",
    "email": "someone@example.org",
    "uri": "https://example.org/hook",
}
_QUICK = settings(
    max_examples=50, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)


@dataclass(frozen=True, slots=True)
class Place:
    """One field or parameter that takes something: `kind` is path, query, header or body."""

    kind: str
    name: str
    where: Where
    schema: Json


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path. `body` is the JSON that it takes, None where it takes none."""

    id: str
    method: str
    path: str
    roles: tuple[str, ...]
    parameters: tuple[Json, ...]
    body: Json | None
    forms: tuple[str, ...]
    by_key: bool
    """Whether an API key may call it."""
    public: bool
    """Whether one need not say who one is. Without roles and not public: whoever has signed in."""


class Description:
    """The merged document, read for its requests."""

    def __init__(self, document: Json) -> None:
        self._document = document

    def operations(self) -> Iterator[Operation]:
        for path, item in self._document["paths"].items():
            for method in METHODS:
                if method in item:
                    yield self._operation(path, method, item[method])

    def _operation(self, path: str, method: str, said: Json) -> Operation:
        content = self.resolved(said.get("requestBody", {})).get("content", {})
        parameters = tuple(self.resolved(parameter) for parameter in said.get("parameters", []))
        body = content.get(JSON, {}).get("schema")
        open_to = tuple(said.get("x-roles", ()))
        public = {} in said.get("security", ())
        by_key = any(API_KEY in way for way in said.get("security", ()))
        return Operation(
            said["operationId"], method.upper(), path, open_to, parameters, body, tuple(content), by_key, public
        )

    def resolved(self, schema: Json) -> Json:
        """What a reference stands for."""
        while "$ref" in schema:
            kind, name = schema["$ref"].split("/")[-2:]
            schema = self._document["components"][kind][name]
        return schema

    def choices(self, schema: Json) -> list[Json]:
        """The kinds of values that a schema takes, null left out."""
        schema = self.resolved(schema)
        several = schema.get("anyOf") or schema.get("oneOf")
        if several is None:
            return [] if schema.get("type") == "null" else [schema]
        return [choice for one in several for choice in self.choices(one)]

    def plain(self, schema: Json, depth: int = 0) -> Any:
        """A value that the schema takes, with nothing in it that need not be there below the sixth level."""
        kinds = self.choices(schema)
        if not kinds:
            return None
        schema = kinds[0]
        for key in ("examples", "enum"):
            if schema.get(key):
                return schema[key][0]
        if "const" in schema:
            return schema["const"]
        match schema.get("type", "object"):
            case "string":
                return _text(schema)
            case "integer" | "number":
                return _number(schema)
            case "boolean":
                return True
            case "array":
                few = max(schema.get("minItems", 0), 1 if depth < _DEEPEST else 0)
                return [self.plain(schema.get("items", {}), depth + 1) for _ in range(few)]
        fields = schema.get("properties", {})
        needed = set(schema.get("required", ()))
        wanted = (name for name in fields if name in needed or depth < _DEEPEST)
        return {name: self.plain(fields[name], depth + 1) for name in wanted}

    def places(self, operation: Operation) -> Iterator[Place]:
        """Every parameter, and every field of the body at every level."""
        for parameter in operation.parameters:
            yield Place(parameter["in"], parameter["name"], (), parameter.get("schema", {}))
        if operation.body is not None:
            yield from self._fields(operation.body, (), 0)

    def _fields(self, schema: Json, where: Where, depth: int) -> Iterator[Place]:
        for kind in self.choices(schema)[:1]:
            if "properties" in kind and depth < _DEEPEST:
                for name, field in kind["properties"].items():
                    yield from self._fields(field, (*where, name), depth + 1)
            elif kind.get("type") == "array" and "items" in kind and depth < _DEEPEST:
                yield Place("body", ".".join(map(str, where)), where, schema)
                yield from self._fields(kind["items"], (*where, 0), depth + 1)
            else:
                yield Place("body", ".".join(map(str, where)), where, schema)

    def objects(self, schema: Json, value: Any, where: Where = ()) -> Iterator[Where]:
        """Where a plain body of the schema has objects whose fields are all named there, itself included."""
        kinds = self.choices(schema)
        if not kinds:
            return
        if isinstance(value, dict):
            fields = kinds[0].get("properties", {})
            if kinds[0].get("additionalProperties") is False:
                yield where
            for name, inner in value.items():
                if name in fields:
                    yield from self.objects(fields[name], inner, (*where, name))
        elif isinstance(value, list):
            for number, inner in enumerate(value):
                yield from self.objects(kinds[0].get("items", {}), inner, (*where, number))


def replaced(body: Any, where: Where, value: object) -> Any:
    """The body with another value at one place; what is missing on the way there is made."""
    if not where:
        return value
    name, rest = where[0], where[1:]
    if isinstance(name, int):
        items = list(body) if isinstance(body, list) and body else [None]
        items[name] = replaced(items[name], rest, value)
        return items
    fields = dict(body) if isinstance(body, dict) else {}
    fields[name] = replaced(fields.get(name), rest, value)
    return fields


def _text(schema: Json) -> str:
    if schema.get("format") in _FORMATS:
        return _FORMATS[schema["format"]]
    if "pattern" in schema:
        return _matching(schema["pattern"])
    return "虚构" * max(1, (schema.get("minLength", 0) + 1) // 2) if schema.get("maxLength", 2) > 1 else "甲"


@cache
def _matching(pattern: str) -> str:
    found: str = find(from_regex(pattern, fullmatch=True), lambda text: text.isprintable(), settings=_QUICK)
    return found


def _number(schema: Json) -> int | float:
    least = schema.get("minimum", schema.get("exclusiveMinimum", 0) + (1 if "exclusiveMinimum" in schema else 0))
    most = schema.get("maximum", schema.get("exclusiveMaximum", least))
    chosen = min(max(least, 1), most) if most >= least else least
    return int(chosen) if schema["type"] == "integer" else float(chosen)
