"""What a report repeats of a file, and what not."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from services.registry.imports import usecases
from services.registry.imports.worker import run_waiting
from services.registry.operations.models import OperationProblem
from shared.files.problems import shown
from shared.runtime import Runtime
from tests.registry.imports.files import as_csv
from tests.registry.imports.test_enterprises import FIELDS, PATH, row
from tests.registry.support import Registry, expect

NUMBER = "54010219900101123X"


@pytest.mark.parametrize(
    "value",
    [
        NUMBER,
        "540102900101123",
        "540102 19900101 123X",
        "540102-19900101-123X",
        "540102\u300019900101\u2013123x",
        "５４０１０２１９９００１０１１２３Ｘ",
        "5401\u200b0219900101123X",
        f"次仁（{NUMBER}）",
        f"ID{NUMBER}.",
        f"{NUMBER}9",
        ["a", NUMBER],
    ],
)
def test_what_may_be_an_identity_number_is_cut_however_it_is_written(value: object) -> None:
    said = shown("name", value)
    assert said is not None
    assert len(said) == 5
    assert "…" in said


@pytest.mark.parametrize("value", ["拉萨", "2019-06-01", "3200.00", "13989001234", "91540100MA6T1A2B3C"])
def test_other_values_are_repeated(value: str) -> None:
    assert shown("name", value) == value


def test_nothing_is_repeated_of_a_reference_to_a_person() -> None:
    assert shown("legal_representative_ref", "次仁") is None


@pytest.mark.asyncio(loop_scope="session")
async def test_no_identity_number_is_answered_or_kept(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    fields = [*FIELDS, "legal_representative_ref"]
    bad = row(registered_on=f"{NUMBER[:6]} {NUMBER[6:]}")
    file = as_csv([fields, [*bad, f"次仁 {NUMBER[:8]}-{NUMBER[8:]}"]])
    answer = await registry.officer.upload(PATH, file)
    problems = expect(answer, 422)["problems"]
    assert {problem["column"] for problem in problems} == {"registered_on", "legal_representative_ref"}
    monkeypatch.setattr(usecases, "AT_ONCE", 0)
    expect(await registry.officer.upload(PATH, file), 202)
    runtime: Runtime = registry.client._transport.app.state.runtime  # type: ignore[attr-defined]  # in-process
    await run_waiting(runtime)
    async with registry.db.transaction() as session:
        kept = list(await session.scalars(select(OperationProblem)))
    assert len(kept) == 2
    for text in (answer.text, *(json.dumps([found.value, found.params]) for found in kept)):
        assert NUMBER[8:] not in text
        assert NUMBER[6:] not in text
