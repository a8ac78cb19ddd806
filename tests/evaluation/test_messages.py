"""Every code that the service can answer has its texts in both languages, and no text is without a code."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

from services.evaluation import main
from shared.http.messages import COMMON, Messages
from shared.policy import rules as shared_rules

SOURCE = Path(main.__file__).parent
_NAMES = {"message", "failing"}


def _codes(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            named = isinstance(node.func, ast.Name) and node.func.id == "DomainError"
            yield from _texts(node.args[0]) if named and node.args else ()
            for keyword in node.keywords:
                yield from _texts(keyword.value) if keyword.arg == "message" else ()
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id in _NAMES:
            yield from _texts(node.value)


def _texts(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _texts(node.body)
        yield from _texts(node.orelse)


USED = {code for path in SOURCE.rglob("*.py") for code in _codes(path)} | {"prior-procedure-incomplete"}
OF_SHARED_RULES = set(_codes(Path(str(shared_rules.__file__))))


def test_every_code_has_its_texts() -> None:
    known = Messages.load(main.definition.messages)
    assert {code for code in USED if code not in known} == set()


def test_no_text_is_left_over() -> None:
    own = set(tomllib.loads(main.definition.messages.read_text(encoding="utf-8"))) - {"terms", "fields"}
    common = set(tomllib.loads(COMMON.read_text(encoding="utf-8")))
    assert own - USED - OF_SHARED_RULES - common == set()
