"""The city's counters: the lists behind them say the same."""

from __future__ import annotations

from datetime import date
from urllib.parse import parse_qsl

import pytest
from httpx import Response

from tests.registry.activities.support import submitted, verified
from tests.registry.support import Caller, Json, Registry, expect
from tests.registry.test_files_read import rows

pytestmark = pytest.mark.asyncio(loop_scope="session")

COUNTERS = "/v1/coverage/ecosystem"
ON = date(2019, 12, 31)


async def _counters(registry: Registry) -> list[Json]:
    auditor = registry.caller("auditor", today=ON)
    counters: list[Json] = expect(await auditor.get(COUNTERS), 200)["counters"]
    return counters


async def _follow(caller: Caller, link: str) -> Response:
    path, _, query = link.partition("?")
    return await caller.get(path, **dict(parse_qsl(query)))


def _of(counters: list[Json], area: str, item: str, word: str | None = None) -> int:
    found = [one["count"] for one in counters if (one["area"], one["item"], one["word"]) == (area, item, word)]
    (count,) = found
    return int(count)


async def test_every_counter_leads_to_a_list_that_its_reader_may_read(registry: Registry) -> None:
    auditor = registry.caller("auditor", today=ON)
    for counter in await _counters(registry):
        answer = await _follow(auditor, counter["list"])
        assert answer.status_code == 200, (counter["list"], answer.text)


async def test_a_counter_says_how_many_its_list_has(registry: Registry) -> None:
    before = await _counters(registry)
    counted = await verified(registry, level="municipal")
    await submitted(registry)
    after = await _counters(registry)
    for place, more in (
        (("activities", "by_level", "municipal"), 1),
        (("activities", "by_level", "centre"), 0),
        (("activities", "unverified", "submitted"), 1),
        (("activities", "attendance", None), counted["heads"]),
    ):
        assert _of(after, *place) - _of(before, *place) == more
    auditor = registry.caller("auditor", today=ON)
    municipal = next(one for one in after if (one["item"], one["word"]) == ("by_level", "municipal"))
    assert len(expect(await _follow(auditor, municipal["list"]), 200)["items"]) == municipal["count"]


async def test_what_the_policy_names_is_set_against_its_number(registry: Registry) -> None:
    against = {(one["item"], one["word"]): one for one in await _counters(registry) if one["target"] is not None}
    targets = {key: int(one["target"]) for key, one in against.items()}
    assert targets == {
        ("graduate_team", None): 50,
        ("firms_paired", "beijing"): 50,
        ("firms_paired", "jiangsu"): 50,
        ("firms_paired", "lhasa"): 100,
    }
    assert all(one["missing"] == max(0, int(one["target"]) - one["count"]) for one in against.values())


async def test_the_counters_are_a_table_too(registry: Registry) -> None:
    table = rows(await registry.auditor.export(f"{COUNTERS}?values=codes", "text/csv"))
    assert len(table) == len(expect(await registry.auditor.get(COUNTERS), 200)["counters"])
    assert any("graduate_team" in row.values() for row in table)


async def test_a_day_to_come_is_refused(registry: Registry) -> None:
    auditor = registry.caller("auditor", today=ON)
    answer = await auditor.get(COUNTERS, on="2020-01-01")
    assert answer.status_code == 422
