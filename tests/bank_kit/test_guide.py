"""The guide's own program runs, and the guide's tables say what the code says."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.keys.usecases import Signing
from tests.bank_kit.conftest import DAY, Street

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "banks.md").read_text(encoding="utf-8")


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The guide's Python, told which day it is: the test's clock is simulated."""
    (source,) = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    ask = httpx.request

    def on_day(*words: Any, headers: dict[str, str], **more: Any) -> httpx.Response:
        return ask(*words, headers={**headers, "mengchuang-today": DAY}, **more)

    monkeypatch.setattr(httpx, "request", on_day)
    names: dict[str, Any] = {}
    exec(compile(source, "docs/banks.md", "exec"), names)  # noqa: S102  # it is ours
    return names


def test_the_program_signs_with_ed25519(street: Street, program: dict[str, Any]) -> None:
    key, pem = street.ed25519_key("GUIDE")
    step = program["first_steps"](program["Bank"](street.url, key, pem=pem), "GUIDE-1")
    assert (step["kind"], step["status"]) == ("accept", "accepted")


def test_the_program_signs_with_hmac(street: Street, program: dict[str, Any]) -> None:
    issued = street.key("GUIDEH", signing=Signing.of("required", "hmac-sha256", None))
    step = program["first_steps"](program["Bank"](street.url, issued.text, secret=issued.secret), "GUIDE-2")
    assert step["status"] == "accepted"


def _messages() -> Iterator[str]:
    for file in ("shared/messages.toml", "gateway/messages.toml", "services/finance/messages.toml"):
        yield from tomllib.loads((ROOT / file).read_text(encoding="utf-8"))


def test_every_code_of_the_table_is_one_there_is() -> None:
    table = GUIDE.split("### Codes a bank meets")[1].split("Programs decide")[0]
    codes = {
        code for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE) for code in re.findall(r"`([a-z-]+)`", row)
    }
    assert len(codes) > 20
    assert codes <= set(_messages())


def test_the_self_test_knows_nothing_of_the_system_from_inside() -> None:
    """A bank may run it that has the command and nothing else; it is not to pass because both sides share an error."""
    for file in (ROOT / "deploy" / "selftest").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for name in names:
                assert not re.match(r"(gateway|services|shared|tests|sqlalchemy|nats)\b", name), f"{file.name}: {name}"
