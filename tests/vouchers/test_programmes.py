"""Programmes: each county and park its own, opened by a second person (4.3-3, 4.3-4)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.vouchers.support import (
    AUDITOR,
    OTHER_DIVISION,
    PUBLIC,
    SCIENCE_OFFICER,
    Caller,
    Town,
    approver,
    code_of,
    officer,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")

PATH = "/v1/voucher-programmes"
BODY = {"kind": "startup", "year": 2019, "budget": "500000.00"}


async def test_a_draft_takes_what_it_leaves_out_from_the_edition(town: Town) -> None:
    drafted = await town.api.ok(officer(), PATH, BODY)
    assert (drafted["status"], drafted["issued"], drafted["edition"]) == ("draft", "0.00", "lhasa-2019")
    assert (drafted["subsidy_percent"], drafted["enterprise_quota"]) == ("50.00", "100000.00")
    assert (drafted["valid_months"], drafted["startup_months"], len(drafted["categories"])) == (12, 60, 8)
    assert await town.events(drafted["id"], "vouchers.programme.drafted.v1") == 1


async def test_whoever_drafted_a_programme_cannot_open_it(town: Town) -> None:
    both = Caller(("division_officer", "division_approver"), division="540102")
    drafted = await town.api.ok(both, PATH, BODY)
    assert code_of(await town.api.post(both, f"{PATH}/{drafted['id']}/open")) == (403, "four-eyes-required")
    opened = await town.api.post(approver(), f"{PATH}/{drafted['id']}/open")
    assert (opened.json()["status"], opened.json()["opened_on"], opened.headers["ETag"]) == (
        "open",
        "2019-06-03",
        '"2"',
    )


async def test_steps_go_forward_only_and_name_the_states_they_start_from(town: Town) -> None:
    programme = await town.programme()
    again = await town.api.post(approver(), f"{PATH}/{programme}/open", headers={"Accept-Language": "en"})
    assert code_of(again) == (409, "invalid-transition")
    assert "draft" in again.json()["detail"]
    closed = await town.api.ok(officer(), f"{PATH}/{programme}/close")
    assert closed["status"] == "closed"
    assert code_of(await town.api.post(officer(), f"{PATH}/{programme}/close")) == (409, "invalid-transition")


async def test_a_stale_if_match_is_refused(town: Town) -> None:
    drafted = await town.api.ok(officer(), PATH, BODY)
    path = f"{PATH}/{drafted['id']}/open"
    assert code_of(await town.api.post(approver(), path, headers={"If-Match": '"7"'})) == (412, "precondition-failed")
    assert (await town.api.post(approver(), path, headers={"If-Match": '"1"'})).status_code == 200


@pytest.mark.parametrize(
    "caller", [approver(), SCIENCE_OFFICER, AUDITOR, Caller(("admin",)), Caller(("enterprise",), org="x")]
)
async def test_only_officers_of_a_division_draft(town: Town, caller: Caller) -> None:
    assert code_of(await town.api.post(caller, PATH, BODY)) == (403, "forbidden")


async def test_nobody_drafts_or_opens_for_another_division(town: Town) -> None:
    foreign = {**BODY, "issuer_division": OTHER_DIVISION}
    assert code_of(await town.api.post(officer(), PATH, foreign)) == (403, "forbidden")
    drafted = await town.api.ok(officer(), PATH, BODY)
    answer = await town.api.post(approver(OTHER_DIVISION), f"{PATH}/{drafted['id']}/open")
    assert code_of(answer) == (404, "not-found")


async def test_drafts_are_seen_by_their_issuer_and_the_citys_bureaus_only(town: Town) -> None:
    drafted = await town.api.ok(officer(), PATH, BODY)
    path = f"{PATH}/{drafted['id']}"
    for caller, status in [
        (officer(), 200),
        (SCIENCE_OFFICER, 200),
        (AUDITOR, 200),
        (officer(OTHER_DIVISION), 404),
        (PUBLIC, 404),
    ]:
        assert (await town.api.get(caller, path)).status_code == status
        listed = (await town.api.get(caller, PATH, no=drafted["no"])).json()["items"]
        assert len(listed) == (status == 200)
    await town.api.ok(approver(), f"{path}/open")
    assert (await town.api.get(PUBLIC, path)).status_code == 200


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"kind": "lottery"}, "kind"),
        ({"categories": ["massage"]}, "categories"),
        ({"subsidy_percent": "100.01"}, "subsidy_percent"),
        ({"subsidy_percent": "0"}, "subsidy_percent"),
        ({"subsidy_percent": 50}, "subsidy_percent"),
        ({"budget": "1e6"}, "budget"),
        ({"budget": "0.00"}, "budget"),
        ({"budget": "1.005"}, "budget"),
        ({"valid_months": 0}, "valid_months"),
        ({"surprise": True}, "surprise"),
    ],
)
async def test_a_value_that_cannot_be_meant_is_refused_by_field(
    town: Town, changed: dict[str, object], field: str
) -> None:
    response = await town.api.post(officer(), PATH, {**BODY, **changed})
    assert code_of(response) == (422, "validation-failed")
    assert [error["field"] for error in response.json()["errors"]] == [field]


async def test_an_issuer_adds_categories_that_others_cannot_take(town: Town) -> None:
    own = {"code": "tibetan_translation", "title_zh": "藏语翻译", "title_en": "Tibetan translation"}
    drafted = await town.api.ok(officer(), PATH, {**BODY, "own_categories": [own]})
    assert "tibetan_translation" in drafted["categories"]
    again = {**BODY, "categories": ["tibetan_translation"]}
    assert (await town.api.ok(officer(), PATH, again))["categories"] == ["tibetan_translation"]
    assert (await town.api.post(officer(OTHER_DIVISION), PATH, again)).status_code == 422
    taken = await town.api.post(officer(OTHER_DIVISION), PATH, {**BODY, "own_categories": [own]})
    assert code_of(taken) == (409, "category-word-taken")
    common = {**own, "code": "exhibition"}
    refused = await town.api.post(officer(), PATH, {**BODY, "own_categories": [common]})
    assert code_of(refused) == (409, "category-word-taken")
    assert refused.json()["clauses"] == ["4.3-2"]


async def test_the_catalogue_shows_the_policys_categories_and_the_issuers_own(town: Town) -> None:
    own = {"code": "yak_wool_design", "title_zh": "牦牛绒设计", "title_en": "Yak wool design"}
    await town.api.ok(officer(OTHER_DIVISION), PATH, {**BODY, "own_categories": [own]})
    path = "/v1/service-categories"
    found = {item["code"]: item["issuer_division"] for item in (await town.api.get(PUBLIC, path)).json()["items"]}
    assert found["yak_wool_design"] == OTHER_DIVISION
    assert found["talent_training"] is None
    mine = (await town.api.get(PUBLIC, path, issuer_division="540102")).json()["items"]
    assert "yak_wool_design" not in [item["code"] for item in mine]
    first = (await town.api.get(PUBLIC, path, limit=3)).json()
    rest = (await town.api.get(PUBLIC, path, cursor=first["next"], limit=200)).json()["items"]
    assert [item["code"] for item in first["items"] + rest] == sorted(found)


@pytest.mark.parametrize(
    ("day", "status"),
    [(date(2018, 12, 31), 409), (date(2019, 1, 1), 201), (date(2020, 12, 31), 201), (date(2021, 1, 1), 201)],
)
async def test_a_programme_needs_an_edition_in_force(town: Town, day: date, status: int) -> None:
    response = await town.api.post(officer(), PATH, {**BODY, "year": day.year}, today=day)
    assert response.status_code == status, response.text
    if status == 409:
        assert response.json()["code"] == "policy-not-in-force"


async def test_dates_may_lie_in_the_past_but_not_in_the_future_or_before_the_step_they_follow(town: Town) -> None:
    drafted = await town.api.ok(officer(), PATH, {**BODY, "drafted_on": "2019-05-02"})
    path = f"{PATH}/{drafted['id']}/open"
    early = await town.api.post(approver(), path, {"decided_on": "2019-05-01"})
    assert code_of(early) == (422, "date-before-earlier-step")
    late = await town.api.post(approver(), path, {"decided_on": "2019-06-04"})
    assert code_of(late) == (422, "effective-date-in-future")
    assert (await town.api.ok(approver(), path, {"decided_on": "2019-05-02"}))["opened_on"] == "2019-05-02"


async def test_a_division_that_the_edition_does_not_know_cannot_issue(town: Town) -> None:
    assert code_of(await town.api.post(officer("110101"), PATH, BODY)) == (409, "issuer-unknown")


async def test_the_list_is_filtered_and_paged(town: Town) -> None:
    ids = {(await town.api.ok(officer("540127"), PATH, BODY))["id"] for _ in range(3)}
    query: dict[str, Any] = {
        "issuer_division": "540127",
        "kind": "startup",
        "year": 2019,
        "status": "draft",
        "limit": 2,
    }
    first = await town.api.get(officer("540127"), PATH, **query)
    assert 'rel="next"' in first.headers["Link"]
    rest = await town.api.get(officer("540127"), PATH, **query, cursor=first.json()["next"])
    assert {item["id"] for item in first.json()["items"] + rest.json()["items"]} == ids
    assert (await town.api.get(PUBLIC, PATH, colour="red")).status_code == 422
