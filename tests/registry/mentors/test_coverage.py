"""4.8-1: the team of 50, and mentors at every centre, on any day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.registry.mentors.support import MENTORS, appointed, as_mentor, at_centre, hr, proposed
from tests.registry.support import ANNOUNCED, DAY, Json, Registry, expect, refused

pytestmark = pytest.mark.asyncio(loop_scope="session")

ONE = timedelta(days=1)
LATE = DAY + timedelta(days=60)
UNCOVERED = f"{MENTORS}/uncovered-centres"


async def uncovered(registry: Registry, day: date) -> list[str]:
    items = expect(await hr(registry, on=LATE).get(UNCOVERED, as_of=day), 200)["items"]
    return sorted(one["centre_id"] for one in items)


async def counters(registry: Registry, day: date) -> Json:
    return expect(await hr(registry, on=LATE).get(f"{MENTORS}/counters", as_of=day), 200)


async def test_listed_centres_without_an_appointed_mentor_are_listed(registry: Registry) -> None:
    covered, bare = await registry.listed(), await registry.listed()
    await registry.draft()
    mentor = await appointed(registry)
    await at_centre(registry, mentor, covered)
    await proposed(registry, name="次仁", graduate_team=False)
    assert await uncovered(registry, DAY) == [bare["id"]]
    assert await uncovered(registry, DAY - ONE) == sorted([covered["id"], bare["id"]])
    assert await uncovered(registry, ANNOUNCED - ONE) == []
    counted = await counters(registry, DAY)
    assert (counted["centres_listed"], counted["centres_covered"]) == (2, 1)
    assert (counted["graduate_team"], counted["mentors"], counted["team_size"]) == (1, 1, 50)
    refused(await hr(registry).get(UNCOVERED, as_of=DAY + ONE), 422, "validation-failed")


async def test_centre_is_covered_through_the_last_day_of_its_only_mentor(registry: Registry) -> None:
    centre = await registry.listed()
    mentor = await appointed(registry)
    await at_centre(registry, mentor, centre)
    last = DAY + timedelta(days=20)
    expect(await as_mentor(registry, mentor, on=last).post(f"{MENTORS}/{mentor['id']}/resign"), 200)
    assert await uncovered(registry, last) == []
    assert await uncovered(registry, last + ONE) == [centre["id"]]
    item = expect(await hr(registry, on=LATE).get(UNCOVERED), 200)["items"][0]
    assert item["last_covered_on"] == last.isoformat()


async def test_division_reads_its_own_centres(registry: Registry) -> None:
    centre = await registry.listed()
    for division, count in (("540102", 1), ("540121", 0)):
        caller = registry.caller("division_officer", division=division)
        found = expect(await caller.get(UNCOVERED), 200)["items"]
        assert [one["centre_id"] for one in found] == [centre["id"]] * count
        assert expect(await caller.get(f"{MENTORS}/counters"), 200)["centres_listed"] == count


async def test_team_counts_those_marked_for_it(registry: Registry) -> None:
    first = await appointed(registry)
    await appointed(registry, name="次仁", graduate_team=False)
    counted = await counters(registry, DAY)
    assert (counted["graduate_team"], counted["mentors"]) == (1, 2)
    path = f"{MENTORS}/{first['id']}"
    expect(await hr(registry).patch(path, {"graduate_team": False}, f'"{first["version"]}"'), 200)
    assert (await counters(registry, DAY))["graduate_team"] == 0
