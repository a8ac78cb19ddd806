"""The brand series: who leads them, their years, and what came of each (4.5-3)."""

from __future__ import annotations

from datetime import date

import pytest

from tests.registry.activities.support import (
    ACTIVITIES,
    AFTER,
    SERIES,
    as_one,
    events_of,
    on,
    planned,
    submitted,
    verified,
)
from tests.registry.support import Caller, Json, Registry, expect, refused

pytestmark = pytest.mark.asyncio(loop_scope="session")

YEAR = {
    "year": 2019,
    "title": "第三届中国创翼大赛拉萨赛区",
    "alliance": "maker_spaces",
    "planned_from": "2019-03-01",
    "planned_until": "2019-10-31",
}


async def brand(registry: Registry, code: str) -> Json:
    found = expect(await registry.public.get(SERIES, code=code), 200)["items"]
    assert len(found) == 1
    page: Json = found[0]
    return page


async def opened(registry: Registry, code: str, by: Caller, **changes: object) -> Json:
    series = await brand(registry, code)
    return expect(await by.post(f"{SERIES}/{series['id']}/years", {**YEAR, **changes}), 201)


def path_of(year: Json) -> str:
    return f"{SERIES}/{year['series_id']}/years/{year['id']}"


async def test_everybody_reads_the_eight_brands_and_who_leads_them(registry: Registry) -> None:
    items = expect(await registry.public.get(SERIES), 200)["items"]
    assert {item["code"]: item["lead"] for item in items} == {
        "chuangyi": "hr",
        "youth": "youth_league",
        "science": "science",
        "forum": "industry",
        "salon": "industry",
        "peking_university_camp": "LIUWU",
        "policy_on_campus": "hr",
        "job_fair": "hr",
    }
    assert {item["clause"] for item in items} == {"4.5-3"}
    again = expect(await registry.public.get(SERIES), 200)["items"]
    assert [item["id"] for item in again] == [item["id"] for item in items]


@pytest.mark.parametrize(
    ("code", "role", "scope", "status"),
    [
        ("chuangyi", "hr_officer", {}, 201),
        ("chuangyi", "office_officer", {}, 201),
        ("chuangyi", "science_officer", {}, 403),
        ("youth", "hr_officer", {}, 403),
        ("youth", "office_officer", {}, 201),
        ("peking_university_camp", "division_officer", {"division": "LIUWU"}, 201),
        ("peking_university_camp", "division_officer", {"division": "540102"}, 403),
        ("forum", "industry_officer", {}, 201),
    ],
    ids=str,
)
async def test_a_year_is_announced_by_whoever_leads_the_brand(
    registry: Registry, code: str, role: str, scope: dict[str, str], status: int
) -> None:
    series = await brand(registry, code)
    answer = await as_one(registry, role, scope).post(f"{SERIES}/{series['id']}/years", YEAR)
    if status == 403:
        refused(answer, 403, "series-led-by-another")
    else:
        assert expect(answer, 201)["lead"] == series["lead"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"planned_until": "2019-02-28"}, "planned_until"),
        ({"planned_until": "2020-01-01"}, "planned_until"),
        ({"planned_from": "2018-12-31"}, "planned_from"),
        ({"alliance": "axis"}, "alliance"),
        ({"alliance": None}, "alliance"),
    ],
    ids=str,
)
async def test_a_year_that_cannot_be_is_refused(registry: Registry, changes: dict[str, object], field: str) -> None:
    series = await brand(registry, "chuangyi")
    answer = await registry.caller("hr_officer").post(f"{SERIES}/{series['id']}/years", {**YEAR, **changes})
    assert [error["field"] for error in refused(answer, 422, "validation-failed")["errors"]] == [field]


async def test_a_year_is_announced_once_unless_it_was_cancelled(registry: Registry) -> None:
    hr = registry.caller("hr_officer")
    year = await opened(registry, "chuangyi", hr)
    series = f"{SERIES}/{year['series_id']}/years"
    refused(await hr.post(series, YEAR), 409, "series-year-known")
    expect(await hr.post(f"{path_of(year)}/cancel", {"reason_code": "public_health"}), 200)
    expect(await hr.post(series, YEAR), 201)
    assert await events_of(registry, year) == ["opened", "cancelled"]
    listed = expect(await registry.public.get(series), 200)["items"]
    assert [item["status"] for item in listed] == ["open", "cancelled"]


async def test_an_activity_takes_the_alliance_of_its_brands_year(registry: Registry) -> None:
    await opened(registry, "chuangyi", registry.caller("hr_officer"))
    centre = await registry.listed()
    joined = await planned(registry, centre=centre, series="chuangyi", level="municipal")
    assert (joined["alliance"], joined["lead"]) == ("maker_spaces", "hr")
    own = await planned(registry, centre=centre, series="chuangyi", level="municipal", alliance="sci")
    assert own["alliance"] == "sci"
    next_year = on(date(2020, 3, 3))
    other = await planned(registry, centre=centre, series="chuangyi", level="municipal", **next_year)
    assert other["alliance"] is None


async def test_the_page_tells_what_came_of_each_year(registry: Registry) -> None:
    hr = registry.caller("hr_officer")
    await opened(registry, "chuangyi", hr)
    centre = await registry.listed()
    led = {"series": "chuangyi", "level": "municipal"}
    await verified(registry, centre=centre, heads=120, **led)
    await submitted(registry, centre=centre, place="柳梧会展中心", **led)
    await planned(registry, centre=centre, **led)
    await planned(registry, centre=centre, **led, **on(date(2020, 3, 3)))
    years = (await brand(registry, "chuangyi"))["years"]
    assert [(year["year"], year["status"]) for year in years] == [(2020, None), (2019, "open")]
    told = {name: years[1][name] for name in ("planned", "held", "verified", "heads", "cancelled", "winners")}
    assert told == {"planned": 1, "held": 1, "verified": 1, "heads": 120, "cancelled": 0, "winners": 0}


async def test_a_year_is_closed_when_all_its_activities_are_decided_on(registry: Registry) -> None:
    hr = registry.caller("hr_officer", today=AFTER)
    year = await opened(registry, "chuangyi", hr)
    activity = await submitted(registry, series="chuangyi", level="municipal")
    summary = {"document_no": "拉人社发〔2019〕88号"}
    refused(await hr.post(f"{path_of(year)}/close", summary), 409, "series-year-unfinished")
    office = registry.caller("office_officer", today=AFTER)
    expect(await office.post(f"{ACTIVITIES}/{activity['id']}/verify"), 200)
    refused(await hr.post(f"{path_of(year)}/cancel", {"reason_code": "weather"}), 409, "series-year-unfinished")
    refused(await registry.second_officer.post(f"{path_of(year)}/close", summary), 403, "series-led-by-another")
    closed = expect(await hr.post(f"{path_of(year)}/close", summary), 200)
    assert (closed["status"], closed["closed_on"]) == ("closed", str(AFTER))
    refused(await hr.post(f"{path_of(year)}/close", summary), 409, "invalid-transition")
    centre = activity["centre_id"]
    body = {
        "title": "迟来的一场", "organiser_kind": "centre", "centre_id": centre, "series": "chuangyi",
        "level": "municipal", "audiences": ["founders"], "place": "路演厅", **on(date(2019, 6, 2)),
    }  # fmt: skip
    refused(await registry.operator.post(ACTIVITIES, body), 409, "series-year-closed")
    history = expect(await registry.auditor.get(f"{path_of(year)}/history"), 200)["items"]
    assert [entry["type"].split(".")[2] for entry in history] == ["opened", "closed"]
