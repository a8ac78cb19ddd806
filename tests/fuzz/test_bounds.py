"""Everything that one may send has an end, and says so."""

from collections.abc import Iterator
from typing import Any, cast

from tests.contracts.api.described import description
from tests.fuzz.described import Description, Json

SHORT = {"uuid", "date", "date-time", "time", "binary"}


def _endless(read: Description, schema: Json, where: str, seen: set[str]) -> Iterator[str]:
    if "$ref" in schema:
        where = schema["$ref"].rsplit("/", 1)[1]
        if where in seen:
            return
        seen.add(where)
    for kind in read.choices(schema):
        if lacking := _lacking(kind):
            yield f"{where}: {lacking}"
        for name, inner in kind.get("properties", {}).items():
            yield from _endless(read, inner, f"{where}.{name}", seen)
        for key in ("items", "additionalProperties"):
            if isinstance(kind.get(key), dict):
                yield from _endless(read, kind[key], f"{where}[]", seen)


def _lacking(kind: Json) -> str | None:
    """What has no end."""
    if "enum" in kind or "const" in kind:
        return None
    match kind.get("type"):
        case "string" if kind.get("format") not in SHORT and "maxLength" not in kind:
            return "a text"
        case "integer" if not kind.keys() & {"maximum", "exclusiveMaximum"}:
            return "a number"
        case "array" if "maxItems" not in kind:
            return "a list"
    return None


def test_every_text_number_and_list_that_is_sent_has_a_largest_size() -> None:
    document = cast("dict[str, Any]", description())
    read, seen = Description(document), set[str]()
    found: list[str] = []
    for operation in read.operations():
        for parameter in operation.parameters:
            found += _endless(read, parameter.get("schema", {}), f"{operation.id} {parameter['name']}", seen)
        if operation.body is not None:
            found += _endless(read, operation.body, operation.id, seen)
    assert found == []


def test_every_operation_says_who_may_call_it_and_how() -> None:
    """Which ways in there are, or none for what is open to nobody in particular: an operation without is forgotten."""
    document = cast("dict[str, Any]", description())
    without = [
        f"{method} {path}"
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in ("get", "post", "put", "patch", "delete") and "security" not in operation
    ]
    assert without == []
