"""What of a description a program depends on: no words, no examples, one line an operation and one a schema."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

METHODS = frozenset({"get", "put", "post", "delete", "patch"})
SCHEMAS = "#/components/schemas/"
_WORDS = frozenset({"title", "description", "example", "examples", "default", "deprecated", "discriminator"})
_NAMED = frozenset({"properties", "$defs"})

Json = dict[str, Any]  # schemas of any form


@dataclass(slots=True)
class Digest:
    """Operations by `GET /v1/grants`, schemas by name, and the announcements that are history by now."""

    operations: dict[str, Json] = field(default_factory=dict)
    schemas: dict[str, Json] = field(default_factory=dict)
    announced: list[str] = field(default_factory=list)

    def lines(self) -> str:
        """One JSON array a line, in a fixed order, so that a change reads well among others."""
        rows = [
            *(["announced", text, True] for text in sorted(self.announced)),
            *(["operation", name, self.operations[name]] for name in sorted(self.operations)),
            *(["schema", name, self.schemas[name]] for name in sorted(self.schemas)),
        ]
        return "".join(
            json.dumps(row, ensure_ascii=False, separators=(",", ":"), sort_keys=True) + "\n" for row in rows
        )

    @classmethod
    def read(cls, text: str) -> Digest:
        """Of `lines`."""
        made = cls()
        for line in text.splitlines():
            kind, name, value = json.loads(line)
            if kind == "announced":
                made.announced.append(name)
            elif kind == "operation":
                made.operations[name] = value
            else:
                made.schemas[name] = value
        return made

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Digest:
        """Of a merged description."""
        components = document["components"]
        made = cls(schemas={name: _bare(schema) for name, schema in components["schemas"].items()})
        for path, item in document["paths"].items():
            for method in METHODS & set(item):
                made.operations[f"{method.upper()} {path}"] = _operation(item[method], components["parameters"])
        return made


def _operation(operation: Mapping[str, Any], shared: Mapping[str, Any]) -> Json:
    ways = {name for way in operation["security"] for name in (way or {"nobody": []})}
    made: Json = {
        "id": operation["operationId"],
        "ways": sorted(ways - {"password"}),
        "parameters": {},
        "answers": {
            status: _content(answer.get("content", {}))
            for status, answer in operation["responses"].items()
            if status.startswith("2")
        },
    }
    if "x-roles" in operation:
        made["roles"] = sorted(operation["x-roles"])
    for parameter in operation.get("parameters", []):
        told = shared[parameter["$ref"].rsplit("/", 1)[1]] if "$ref" in parameter else parameter
        made["parameters"][f"{told['in']} {told['name']}"] = [told.get("required", False), _bare(told["schema"])]
    if "requestBody" in operation:
        body = operation["requestBody"]
        made["body"] = [body.get("required", False), _content(body["content"])]
    return made


def _content(content: Mapping[str, Any]) -> Json:
    return {form: _bare(told.get("schema", {})) for form, told in content.items()}


def _bare(value: Any, *, named: bool = False) -> Any:
    """A schema without its words; `named` says that the keys are names of fields."""
    if isinstance(value, list):
        return [_bare(item) for item in value]
    if not isinstance(value, dict):
        return value.removeprefix(SCHEMAS) if isinstance(value, str) else value
    return {
        key: _bare(item, named=key in _NAMED and not named) for key, item in value.items() if named or key not in _WORDS
    }
