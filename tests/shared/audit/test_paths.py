"""Every address in an answer to the auditor is one that the auditor can read."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import services
from shared.files.router import _PREFIXES, address_of
from tests.contracts.api.described import documents

_GIVEN = re.compile(r'"(/v1/[^"]*)"')
_PART = re.compile(r"\{[^}]*\}")


def given(service: str) -> set[str]:
    """The addresses that the service's sources for the auditor write, with `{}` for an id."""
    folder = Path(services.__path__[0]) / service / "audit"
    found = {path for file in folder.glob("*.py") for path in _GIVEN.findall(file.read_text(encoding="utf-8"))}
    return {_PART.sub("{}", f"{path}{{}}" if path.endswith("/") else path) for path in found}


@pytest.mark.parametrize("service", ["registry", "evaluation", "finance", "vouchers"])
def test_every_address_in_an_answer_is_a_route_that_the_auditor_reads(service: str) -> None:
    described: Any = documents()[service]["paths"]
    readable: dict[str, set[str]] = {}
    for path, operations in described.items():
        roles = operations.get("get", {}).get("x-roles", [])
        if {"auditor", "public"} & set(roles):
            readable[_PART.sub("{}", path)] = {one["name"] for one in operations["get"].get("parameters", ())}
    assert given(service)
    for path in given(service):
        plain, _, query = path.partition("?")
        assert plain in readable, path
        assert not query or query.partition("=")[0] in readable[plain], path


@pytest.mark.parametrize("service", ["registry", "evaluation", "finance", "vouchers"])
def test_documents_are_found_under_the_address_of_their_kind_of_case(service: str) -> None:
    described: Any = documents()[service]["paths"]
    table = import_module(f"services.{service}.main").definition.metadata.tables["document"]
    kinds = [kind for of, kind in _PREFIXES if of is table]
    assert kinds
    for kind in kinds:
        assert f"{address_of(table, kind)}/{{subject_id}}/documents/{{document_id}}/content" in described
    assert address_of(table, "nothing") is None
