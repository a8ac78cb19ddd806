"""The city's guidance: two people of the science bureau, and what programmes make of it (4.3-4).

Each test takes a year of its own: guidance counts for all programmes of a year.
"""

from __future__ import annotations

from datetime import date
from itertools import count
from typing import Any

import pytest

from tests.vouchers.support import (
    AUDITOR,
    PUBLIC,
    SCIENCE_APPROVER,
    SCIENCE_OFFICER,
    Caller,
    Town,
    approver,
    code_of,
    officer,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")

PATH = "/v1/voucher-guidance"
PROGRAMMES = "/v1/voucher-programmes"
_years = count(2040)


def body(year: int, **limits: Any) -> dict[str, Any]:
    return {"year": year, "document_no": "拉科发〔2019〕20号", "max_percent": "50.00", **limits}


async def guide(town: Town, year: int, **limits: Any) -> dict[str, Any]:
    drafted = await town.api.ok(SCIENCE_OFFICER, PATH, body(year, **limits))
    return await town.api.ok(SCIENCE_APPROVER, f"{PATH}/{drafted['id']}/approve")


def programme(year: int, **terms: Any) -> dict[str, Any]:
    return {"kind": "innovation", "year": year, "budget": "1000000.00", **terms}


async def test_guidance_is_drafted_by_one_and_approved_by_another(town: Town) -> None:
    year = next(_years)
    both = Caller(("science_officer", "science_approver"))
    drafted = await town.api.ok(both, PATH, body(year))
    path = f"{PATH}/{drafted['id']}"
    assert code_of(await town.api.post(both, f"{path}/approve")) == (403, "four-eyes-required")
    approved = await town.api.post(SCIENCE_APPROVER, f"{path}/approve")
    assert (approved.json()["status"], approved.json()["effective_from"]) == ("approved", "2019-06-03")
    assert approved.headers["ETag"] == '"2"'
    assert await town.events(drafted["id"], "vouchers.guidance.approved.v1") == 1
    again = await town.api.post(SCIENCE_APPROVER, f"{path}/approve")
    assert code_of(again) == (409, "invalid-transition")


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"subsidy_percent": "50.00"}, None),
        ({"subsidy_percent": "50.01"}, "guidance-percent-exceeded"),
        ({"category_terms": {"exhibition": {"percent": "50.01"}}}, "guidance-percent-exceeded"),
        ({"enterprise_quota": "60000.00"}, None),
        ({"enterprise_quota": "60000.01"}, "guidance-quota-exceeded"),
        ({"enterprise_quota": "60000.00", "budget": "600000.00"}, None),
        ({"enterprise_quota": "60000.00", "budget": "599999.99"}, "guidance-share-exceeded"),
        ({"first_voucher_free": True}, "guidance-first-free-exceeded"),
    ],
)
async def test_what_is_drafted_from_then_on_is_tested(town: Town, terms: dict[str, Any], code: str | None) -> None:
    year = next(_years)
    await guide(
        town,
        year,
        max_enterprise_quota="60000.00",
        max_quota_share_percent="10.00",
        first_voucher_free_allowed=False,
    )
    answer = await town.api.post(officer(), PROGRAMMES, programme(year, **{"enterprise_quota": "1000.00", **terms}))
    if code is None:
        assert answer.status_code == 201, answer.text
        return
    assert code_of(answer) == (409, code)
    assert answer.json()["clauses"] == ["4.3-4"]


async def test_a_draft_from_before_is_tested_again_when_it_is_opened(town: Town) -> None:
    year = next(_years)
    drafted = await town.api.ok(officer(), PROGRAMMES, programme(year, subsidy_percent="80.00"))
    await guide(town, year)
    path = f"{PROGRAMMES}/{drafted['id']}/open"
    assert code_of(await town.api.post(approver(), path)) == (409, "guidance-percent-exceeded")
    paper = {"decided_on": "2019-06-03"}
    answer = await town.api.post(approver(), path, paper, today=date(2019, 6, 10))
    assert code_of(answer) == (409, "guidance-percent-exceeded")


async def test_what_was_opened_before_stays_and_only_what_a_change_touches_is_tested(town: Town) -> None:
    year = next(_years)
    drafted = await town.api.ok(officer(), PROGRAMMES, programme(year, subsidy_percent="80.00"))
    await town.api.ok(approver(), f"{PROGRAMMES}/{drafted['id']}/open")
    await guide(town, year)
    path = f"{PROGRAMMES}/{drafted['id']}/amendments"
    higher = {"changes": {"subsidy_percent": "90.00"}, "reason": "x", "effective_from": "2019-06-04"}
    assert code_of(await town.api.post(officer(), path, higher)) == (409, "guidance-percent-exceeded")
    more = {"changes": {"budget": "2000000.00"}, "reason": "x", "effective_from": "2019-06-04"}
    assert (await town.api.post(officer(), path, more)).status_code == 201
    found = (await town.api.get(PUBLIC, f"{PROGRAMMES}/{drafted['id']}")).json()
    assert (found["subsidy_percent"], found["status"]) == ("80.00", "open")


async def test_later_guidance_takes_over_from_its_day_and_never_goes_back(town: Town) -> None:
    year = next(_years)
    await guide(town, year)
    same_day = await town.api.ok(SCIENCE_OFFICER, PATH, body(year, max_percent="70.00"))
    answer = await town.api.post(SCIENCE_APPROVER, f"{PATH}/{same_day['id']}/approve")
    assert code_of(answer) == (409, "guidance-not-forward")
    await town.api.ok(SCIENCE_OFFICER, f"{PATH}/{same_day['id']}/cancel")
    await guide(town, year, max_percent="70.00", effective_from="2019-07-01")
    wanted = programme(year, subsidy_percent="60.00")
    assert code_of(await town.api.post(officer(), PROGRAMMES, wanted)) == (409, "guidance-percent-exceeded")
    later = await town.api.post(officer(), PROGRAMMES, wanted, today=date(2019, 7, 1))
    assert later.status_code == 201, later.text
    for day, percent in [(date(2019, 6, 30), "50.00"), (date(2019, 7, 1), "70.00")]:
        found = (await town.api.get(PUBLIC, PATH, year=year, in_force_on=day)).json()["items"]
        assert [item["max_percent"] for item in found] == [percent]


async def test_one_draft_a_year_and_a_refused_one_makes_room(town: Town) -> None:
    year = next(_years)
    drafted = await town.api.ok(SCIENCE_OFFICER, PATH, body(year))
    assert code_of(await town.api.post(SCIENCE_OFFICER, PATH, body(year))) == (409, "guidance-draft-exists")
    path = f"{PATH}/{drafted['id']}/refuse"
    stale = await town.api.post(SCIENCE_APPROVER, path, {"reason": "文号有误"}, headers={"If-Match": '"7"'})
    assert code_of(stale) == (412, "precondition-failed")
    refused = await town.api.ok(SCIENCE_APPROVER, path, {"reason": "文号有误"})
    assert (refused["status"], refused["refusal"]) == ("refused", "文号有误")
    await town.api.ok(SCIENCE_OFFICER, PATH, body(year))
    assert (await town.api.post(officer(), PROGRAMMES, programme(year, subsidy_percent="90.00"))).status_code == 201


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"max_percent": None}, "body"),
        ({"max_percent": "100.01"}, "max_percent"),
        ({"max_enterprise_quota": "0.00"}, "max_enterprise_quota"),
        ({"recommended_categories": ["massage"]}, "recommended_categories"),
        ({"document_no": ""}, "document_no"),
    ],
)
async def test_guidance_that_cannot_be_meant_is_refused(town: Town, sent: dict[str, Any], field: str) -> None:
    answer = await town.api.post(SCIENCE_OFFICER, PATH, body(2039, **sent))
    assert code_of(answer) == (422, "validation-failed")
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_drafts_are_the_bureaus_and_what_is_approved_is_public(town: Town) -> None:
    drafted = await town.api.ok(SCIENCE_OFFICER, PATH, body(next(_years)))
    path = f"{PATH}/{drafted['id']}"
    for caller, status in [(SCIENCE_OFFICER, 200), (AUDITOR, 200), (officer(), 404), (PUBLIC, 404)]:
        assert (await town.api.get(caller, path)).status_code == status
    await town.api.ok(SCIENCE_APPROVER, f"{path}/approve")
    assert (await town.api.get(PUBLIC, path)).status_code == 200


@pytest.mark.parametrize("caller", [officer(), approver(), AUDITOR, SCIENCE_APPROVER, Caller(("industry_officer",))])
async def test_only_the_science_bureaus_officers_draft(town: Town, caller: Caller) -> None:
    assert code_of(await town.api.post(caller, PATH, body(2039))) == (403, "forbidden")
