"""Calls of a year: drafted by an officer, published by another person, binding on applications (3.1-4)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from httpx import Response

from shared.db import Database
from tests.finance.support import OPERATOR, Desk, Json, application, list_centre

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANONYMOUS = {"roles": ("public",), "account_id": "anonymous"}


def call(**other: Any) -> Json:
    window = {"opens_on": "2019-05-06", "closes_on": "2019-05-24"}
    return {"fiscal_year": 2019, "document_no": "拉科发〔2019〕8号", "tiers": ["specialised"], **window, **other}


async def drafted(desk: Desk, **other: Any) -> Json:
    answer = await desk.post("science_officer", "/v1/grants/calls", call(**other))
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def publish(desk: Desk, drafted: Json, person: str = "industry_approver") -> Response:
    return await desk.post(person, f"/v1/grants/calls/{drafted['id']}/publish")


async def test_a_published_calls_window_binds_and_the_application_names_it(desk: Desk, db: Database) -> None:
    desk.today = date(2019, 4, 22)
    published = (await publish(desk, await drafted(desk, tiers=["standard"]))).json()
    assert (published["status"], published["purposes"]) == ("published", ["operations"])
    centre_id = await list_centre(db)
    for day, status in (
        (date(2019, 5, 5), 409),
        (date(2019, 5, 6), 201),
        (date(2019, 5, 24), 201),
        (date(2019, 5, 25), 409),
    ):
        desk.today = day
        answer = await desk.post("operator", "/v1/grants", application(centre_id))
        assert answer.status_code == status, answer.text
        if status == 201:
            assert answer.json()["call_id"] == published["id"]
        else:
            assert answer.json()["code"] == "grant-call-not-open"
            dry = (await desk.post("operator", "/v1/grants/eligibility", application(centre_id))).json()
            assert dry["passed"] is False


async def test_a_tier_that_no_call_of_the_year_names_waits(desk: Desk, db: Database) -> None:
    await publish(desk, await drafted(desk, opens_on="2019-02-11", closes_on="2019-02-22"))
    centre_id = await list_centre(db, tier="national")
    partners = [{"name": "某某孵化器", "kind": "incubation", "link": "合作协议1号"}]
    body = application(centre_id, purpose="cooperation", partners=partners)
    refused = await desk.post("operator", "/v1/grants", body)
    assert (refused.status_code, refused.json()["code"]) == (409, "grant-call-not-for-tier")


async def test_another_years_call_is_not_found_for_an_application(desk: Desk, db: Database) -> None:
    centre_id = await list_centre(db)
    body = application(centre_id, call_id="0190a000-0000-7000-8000-00000000ffff")
    assert (await desk.post("operator", "/v1/grants", body)).status_code == 404


async def test_two_calls_of_a_year_never_overlap_for_a_tier(desk: Desk) -> None:
    first, last_day, day_after, other_tier = [
        await drafted(desk, fiscal_year=2020, opens_on=opens, closes_on=closes, tiers=tiers)
        for opens, closes, tiers in (
            ("2020-05-06", "2020-05-24", ["standard", "specialised"]),
            ("2020-05-24", "2020-06-12", ["standard"]),
            ("2020-05-25", "2020-06-12", ["standard"]),
            ("2020-05-06", "2020-05-24", ["national"]),
        )
    ]
    assert (await publish(desk, first)).status_code == 200
    overlapping = await publish(desk, last_day)
    assert (overlapping.status_code, overlapping.json()["code"]) == (409, "grant-call-overlaps")
    assert (await publish(desk, day_after)).status_code == 200
    assert (await publish(desk, other_tier)).status_code == 200


async def test_who_drafted_a_call_neither_publishes_nor_refuses_it(desk: Desk) -> None:
    made = await drafted(desk, fiscal_year=2020, opens_on="2020-09-01", closes_on="2020-09-30")
    both = {"roles": ("science_officer", "science_approver")}
    path = f"/v1/grants/calls/{made['id']}"
    own = await desk.post("science_officer", f"{path}/publish", claims=both)
    assert (own.status_code, own.json()["code"]) == (403, "four-eyes-required")
    refusal = {"reason_code": "window_unsuitable"}
    assert (await desk.post("science_officer", f"{path}/refuse", refusal, claims=both)).status_code == 403
    assert (await desk.post("science_approver", f"{path}/refuse", refusal)).json()["status"] == "refused"
    assert (await publish(desk, made)).json()["code"] == "invalid-transition"


async def test_drafts_are_the_bureaus_and_published_calls_are_public_without_names(desk: Desk) -> None:
    made = await drafted(desk, fiscal_year=2020, opens_on="2020-10-09", closes_on="2020-10-30")
    path = f"/v1/grants/calls/{made['id']}"
    assert (await desk.get("operator", path, claims={"org": OPERATOR})).status_code == 404
    assert (await desk.get("operator", path, claims=ANONYMOUS)).status_code == 404
    await publish(desk, made)
    seen = (await desk.get("operator", path, claims=ANONYMOUS)).json()
    assert (seen["status"], seen["drafted_by"], seen["decided_by"]) == ("published", None, None)
    listed = await desk.get("operator", "/v1/grants/calls", claims=ANONYMOUS, open_on="2020-10-30")
    assert [item["no"] for item in listed.json()["items"]] == [made["no"]]
    none = await desk.get("operator", "/v1/grants/calls", claims=ANONYMOUS, open_on="2020-10-31")
    assert none.json()["items"] == []


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"closes_on": "2019-05-05"}, 422),
        ({"tiers": []}, 422),
        ({"tiers": ["standard", "standard"]}, 422),
        ({"tiers": ["unknown"]}, 422),
        ({"fiscal_year": 2021}, 409),
        ({"opens_on": "2018-12-31"}, 409),
    ],
)
async def test_a_faulty_call_is_refused(desk: Desk, change: Json, status: int) -> None:
    assert (await desk.post("science_officer", "/v1/grants/calls", call(**change))).status_code == status
