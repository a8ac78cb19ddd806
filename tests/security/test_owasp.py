"""The table of threats in `docs/security.md` names tests that exist, and some for each risk."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import Final

import pytest
from pydantic import ValidationError

from gateway.settings import GatewaySettings
from shared.settings import ServiceSettings
from tests.support.tokens import Keys

ROOT: Final = Path(__file__).parents[2]
GUIDE: Final = ROOT / "docs" / "security.md"
RISKS: Final = tuple(f"API{number}" for number in range(1, 11))
_NAMED: Final = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")


def sections() -> dict[str, str]:
    """The text of each risk."""
    parts = re.split(r"^### (API\d+) .*$", GUIDE.read_text("utf-8"), flags=re.MULTILINE)
    return {risk: text.partition("\n## ")[0] for risk, text in zip(parts[1::2], parts[2::2], strict=True)}


@cache
def collected(path: str) -> frozenset[str]:
    """The tests that pytest finds in a file, without importing it."""
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in tree.body if isinstance(node, functions) and node.name.startswith("test_"))


def test_every_risk_has_its_section_with_tests() -> None:
    found = sections()
    assert tuple(found) == RISKS
    assert [risk for risk, text in found.items() if len(_NAMED.findall(text)) < 5] == []


def test_every_named_test_exists() -> None:
    named = _NAMED.findall(GUIDE.read_text("utf-8"))
    missing = [path for path, _ in named if not (ROOT / path).is_file()]
    assert missing == []
    assert [f"{path}::{name}" for path, name in named if name and name not in collected(path)] == []
    assert len(named) > 80


@pytest.mark.parametrize(
    "given",
    [
        {"business_clock": "simulated"},
        {"rate_limits": "off"},
        {"second_factor": "optional"},
        {"gateway_keys_file": None},
    ],
    ids=str,
)
def test_production_refuses_what_is_for_trials(keys: Keys, given: dict[str, object]) -> None:
    fine = {
        "environment": "production",
        "database_url": "postgresql+asyncpg://nobody@127.0.0.1/none",
        "signing_key_file": keys.private("gateway"),
        "access_signing_key_file": keys.private("gateway"),
        "public_keys_dir": keys.public_dir,
        "gateway_keys_file": keys.gateway_keys,
    }
    assert isinstance(GatewaySettings.model_validate(fine), ServiceSettings)
    with pytest.raises(ValidationError):
        GatewaySettings.model_validate({**fine, **given})
