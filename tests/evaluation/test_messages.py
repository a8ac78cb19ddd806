"""Every code that the service can answer has its texts in both languages, and no text is without a code."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from services.evaluation import main
from services.evaluation.reports import import_router, intake, texts
from shared.http.messages import COMMON, Messages
from shared.policy import rules as shared_rules

SOURCE = Path(main.__file__).parent
_NAMES = {"message", "failing"}
_FINDERS = {"checks.py"}
"""Modules that yield what they find: the text's code, its parameters, the limit."""


def _codes(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            named = isinstance(node.func, ast.Name) and node.func.id == "DomainError"
            yield from _texts(node.args[0]) if named and node.args else ()
            for keyword in node.keywords:
                yield from _texts(keyword.value) if keyword.arg == "message" else ()
        if isinstance(node, ast.Yield) and isinstance(node.value, ast.Tuple) and path.name in _FINDERS:
            yield from _texts(node.value.elts[0])
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id in _NAMES:
            yield from _texts(node.value)


def _texts(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _texts(node.body)
        yield from _texts(node.orelse)


OF_REPORTS = {
    *texts.FAULTS.values(),
    *texts.TO_EXPLAIN.values(),
    texts.RECORDED_TO_EXPLAIN,
    *intake.REFUSALS,
    import_router.REFUSED,
}
USED = {code for path in SOURCE.rglob("*.py") for code in _codes(path)} | {"prior-procedure-incomplete"} | OF_REPORTS
OF_SHARED_RULES = set(_codes(Path(str(shared_rules.__file__))))


def test_every_code_has_its_texts() -> None:
    known = Messages.load(main.definition.messages)
    assert {code for code in USED if code not in known} == set()


def test_no_text_is_left_over() -> None:
    own = set(tomllib.loads(main.definition.messages.read_text(encoding="utf-8"))) - {"terms", "fields"}
    common = set(tomllib.loads(COMMON.read_text(encoding="utf-8")))
    assert own - USED - OF_SHARED_RULES - common == set()


def test_a_count_reads_right_whatever_it_is() -> None:
    """No "1 objections": the number comes after what it counts."""
    counted = re.compile(r"\{(count|consecutive_fails|records)\} [a-z]")
    texts = tomllib.loads(main.definition.messages.read_text(encoding="utf-8"))
    wrong = {code for code, text in texts.items() if "detail" in text and counted.search(text["detail"]["en"])}
    assert wrong == set()


def test_what_is_not_found_is_named_in_words() -> None:
    calls = (node for path in SOURCE.rglob("*.py") for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    kinds = {
        text
        for node in calls
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "not_found"
        for text in _texts(node.args[0])
    }
    messages = Messages.load(main.definition.messages)
    assert {kind for kind in kinds if not (messages.term(f"kind.{kind}", "en") or messages.term(kind, "en"))} == set()
    assert "service" not in messages.text("not-found", "en", {"kind": "evaluation"}).detail
