"""Examples of the requests that programs are written for first: `examples.json`, by method and path."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from pydantic import JsonValue

FILE: Final = Path(__file__).with_name("examples.json")


@cache
def examples() -> Mapping[str, Mapping[str, JsonValue]]:
    """`POST /v1/grants` → a body that the route takes."""
    read: dict[str, dict[str, JsonValue]] = json.loads(FILE.read_text("utf-8"))
    return read


def give_examples(paths: Mapping[str, JsonValue]) -> None:
    """Put each example to the body of its operation, in place."""
    for name, value in examples().items():
        method, path = name.split(" ")
        item = paths.get(path)
        operation = item.get(method.lower()) if isinstance(item, dict) else None
        body = operation.get("requestBody") if isinstance(operation, dict) else None
        content = body.get("content") if isinstance(body, dict) else None
        for form in (content if isinstance(content, dict) else {}).values():
            assert isinstance(form, dict)
            form["example"] = dict(value)
