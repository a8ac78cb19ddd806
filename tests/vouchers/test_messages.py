"""Whatever a rule or a use case says has a text in both languages."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from services.vouchers.main import definition
from shared.http.messages import Messages

SERVICE = Path(definition.messages).parent
CODE = re.compile(r"[a-z]+(-[a-z]+)+")
ENDINGS = (
    "voucher-quota",
    "voucher-city-quota",
    "voucher-budget",
    "guidance-percent",
    "guidance-quota",
    "guidance-share",
    "guidance-first-free",
)
"""Completed by the rule: kept or exceeded."""


def spoken() -> Iterator[str]:
    """Every literal of rules, use cases and claims that has the form of a message's code."""
    for path in SERVICE.rglob("*.py"):
        if path.stem not in ("rules", "usecases", "claims", "counter", "policy"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value):
                yield node.value


def test_every_code_has_a_text() -> None:
    messages = Messages.load(definition.messages)
    codes = set(spoken())
    assert {"voucher-expired", "provider-already-applied", "document-already-claimed", "voucher-in-use"} <= codes
    completed = {f"{code}-{ending}" for code in ENDINGS for ending in ("kept", "exceeded")}
    assert [code for code in sorted((codes - set(ENDINGS)) | completed) if code not in messages] == []
