"""Writes into a description what `shared.http.limits` holds every request to, where a field says nothing narrower."""

from __future__ import annotations

from typing import Any, Final

from shared.http.limits import LEAST, MAX_ITEMS, MAX_TEXT, MOST

_SHORT: Final = frozenset({"uuid", "date", "date-time", "time", "binary"})
_METHODS: Final = ("get", "post", "put", "patch", "delete")
_INNER: Final = ("anyOf", "oneOf", "allOf", "prefixItems")

Json = dict[str, Any]  # a piece of the document


def set_limits(document: Json) -> None:
    """Give every text, list, object and whole number that one may send its largest size."""
    seen: set[int] = set()
    for item in document["paths"].values():
        for operation in (item[method] for method in _METHODS if method in item):
            for parameter in operation.get("parameters", ()):
                _limit(document, parameter.get("schema", {}), seen)
            for content in operation.get("requestBody", {}).get("content", {}).values():
                _limit(document, content.get("schema", {}), seen)


def _limit(document: Json, schema: Json, seen: set[int]) -> None:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    if id(schema) in seen:
        return
    seen.add(id(schema))
    _set(schema)
    more = schema.get("additionalProperties")
    inner = [*schema.get("properties", {}).values(), *(one for key in _INNER for one in schema.get(key, ()))]
    inner += [one for one in (schema.get("items"), more) if isinstance(one, dict)]
    for one in inner:
        _limit(document, one, seen)


def _set(schema: Json) -> None:
    kind = schema.get("type")
    if "enum" in schema or "const" in schema:
        return
    if kind == "string" and schema.get("format") not in _SHORT:
        schema.setdefault("maxLength", MAX_TEXT)
    elif kind == "array":
        schema.setdefault("maxItems", MAX_ITEMS)
    elif kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        schema.setdefault("maxProperties", MAX_ITEMS)
    elif kind == "integer" and not schema.keys() & {"maximum", "exclusiveMaximum"}:
        schema["maximum"] = MOST
        if not schema.keys() & {"minimum", "exclusiveMinimum"}:
            schema["minimum"] = LEAST
