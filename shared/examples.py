"""Made-up values that a JSON schema accepts, the same each time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic import JsonValue

_BY_FORMAT: Final[dict[str, str]] = {
    "date": "2019-03-18",
    "date-time": "2019-03-18T02:30:00Z",
    "time": "09:30:00",
    "decimal": "200000.00",
    "uuid": "0190a000-0000-7000-8000-000000000003",
}
_PLAIN: Final[dict[str, JsonValue]] = {"integer": 1, "boolean": True, "null": None}
_NAMED: Final = "#/$defs/"


def example_of(schema: Mapping[str, JsonValue], named: JsonValue, name: str = "text") -> JsonValue:
    """A value with every field set. `named` has the schemas that `$ref` names; a text without a format says `name`.

    Raises ValueError for a schema that says something else than the models of events do.
    """
    if not schema:
        return name
    match schema:
        case {"$ref": str(reference)}:
            assert isinstance(named, dict), "definitions are an object"
            found = named[reference.removeprefix(_NAMED)]
            assert isinstance(found, dict), "a schema is an object"
            return example_of(found, named, name)
        case {"const": value} | {"enum": [value, *_]}:
            return value
        case {"anyOf": [dict(first), *_]} | {"allOf": [dict(first), *_]}:
            return example_of(first, named, name)
        case {"type": "array" | "object"}:
            return _several(schema, named, name)
        case {"type": "string", "format": str(form)}:
            return _BY_FORMAT[form]
        case {"type": "string"}:
            return name
        case {"type": str(kind)} if kind in _PLAIN:
            return _PLAIN[kind]
    raise ValueError(f"no example for {dict(schema)!r}")


def _several(schema: Mapping[str, JsonValue], named: JsonValue, name: str) -> JsonValue:
    match schema:
        case {"items": dict(items)}:
            return [example_of(items, named, name)]
        case {"prefixItems": list(items)}:
            return [example_of(item, named, name) for item in items if isinstance(item, dict)]
        case {"properties": dict(fields)}:
            return {field: example_of(of, named, field) for field, of in fields.items() if isinstance(of, dict)}
        case {"additionalProperties": dict(values)}:
            return {name: example_of(values, named, name)}
    return {} if schema["type"] == "object" else []
