"""Applying for a grant over HTTP: what is accepted, what is refused and why."""

from __future__ import annotations

import asyncio
import re
from datetime import date
from typing import Any

import pytest

from shared.db import Database
from shared.ids import uuid7
from tests.finance.support import OTHER_OPERATOR, Desk, application, delist, list_centre, publish_result

Changes = dict[str, Any]

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_an_application_is_recorded_with_its_rules_and_its_ceiling(desk: Desk, db: Database) -> None:
    centre = await list_centre(db)
    answer = await desk.post("operator", "/v1/grants", application(centre, "200000.00"))
    assert answer.status_code == 201
    grant = answer.json()
    assert re.fullmatch(r"GR-2019-[0-9]{4}", grant["no"])
    assert grant["status"] == "applied"
    assert grant["edition"] == "lhasa-2019"
    assert answer.headers["ETag"] == '"1"'
    assert answer.headers["Location"] == f"/v1/grants/{grant['id']}"
    assert grant["ceiling"] == {"committed": "0.00", "limit": "200000.00", "remaining": "200000.00"}
    assert {"policy.in_force", "grants.purpose", "grants.centre_year_ceiling"} <= {
        result["rule"] for result in grant["decision"]["results"]
    }


@pytest.mark.parametrize(
    ("tier", "change", "code"),
    [
        ("standard", {"amount": "200000.01"}, "grant-amount-above-cap"),
        ("standard", {"purpose": "cooperation"}, "grant-purpose-not-allowed"),
        ("standard", {"fiscal_year": 2018}, "grant-year-not-open"),
        ("standard", {"fiscal_year": 2020}, "grant-year-not-open"),
        ("specialised", {"purpose": "research_capacity"}, "grant-evidence-missing"),
        ("national", {"purpose": "cooperation"}, "grant-evidence-missing"),
    ],
)
async def test_a_refused_application_names_the_rule(
    desk: Desk, db: Database, tier: str, change: Changes, code: str
) -> None:
    centre = await list_centre(db, tier=tier)
    answer = await desk.post("operator", "/v1/grants", application(centre, **change))
    assert answer.status_code == 409
    problem = answer.json()
    assert problem["code"] == code
    assert problem["clauses"]
    assert any(not result["passed"] and result["text"] for result in problem["decision"]["results"])


@pytest.mark.parametrize(
    ("tier", "purpose", "evidence"),
    [
        ("specialised", "research_capacity", {"assets": [{"name": "光谱仪", "quantity": 1, "amount": "90000.00"}]}),
        (
            "national",
            "cooperation",
            {"partners": [{"name": "北京某加速器", "kind": "incubation", "link": "合作协议 2019-7"}]},
        ),
    ],
)
async def test_higher_tiers_apply_with_their_evidence(
    desk: Desk, db: Database, tier: str, purpose: str, evidence: Changes
) -> None:
    centre = await list_centre(db, tier=tier)
    grant = await desk.applied(centre, purpose=purpose, **evidence)
    assert grant["purpose"] == purpose
    name = next(iter(evidence))
    assert grant["evidence"][name] == evidence[name]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount": "100000.001"}, "amount"),
        ({"amount": 100000}, "amount"),
        ({"amount": "0.00"}, "amount"),
        ({"amount": "-1.00"}, "amount"),
        ({"amount": "1e5"}, "amount"),
        ({"amount": "１００００.00"}, "amount"),
        ({"plan": []}, "plan"),
        ({"plan": [{"purpose": "operations", "description": "x", "amount": "99999.99"}]}, "body"),
        ({"bonus": "1.00"}, "bonus"),
        ({"fiscal_year": "soon"}, "fiscal_year"),
        ({"centre_id": "42"}, "centre_id"),
    ],
)
async def test_a_faulty_payload_is_422_and_names_the_field(
    desk: Desk, db: Database, change: Changes, field: str
) -> None:
    centre = await list_centre(db)
    answer = await desk.post("operator", "/v1/grants", {**application(centre), **change})
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


@pytest.mark.parametrize(
    ("applied_on", "status"),
    [
        (date(2018, 12, 31), 409),
        (date(2019, 1, 1), 201),
        (date(2020, 12, 31), 201),
    ],
)
async def test_the_policy_must_be_in_force_on_the_day_of_application(
    desk: Desk, db: Database, applied_on: date, status: int
) -> None:
    centre = await list_centre(db)
    desk.today = date(2021, 2, 1)
    sent = application(centre, fiscal_year=max(applied_on.year, 2019), applied_on=applied_on.isoformat())
    answer = await desk.post("science_officer", "/v1/grants", sent)
    assert answer.status_code == status
    if status == 409:
        assert answer.json()["code"] == "policy-not-in-force"
        assert answer.json()["clauses"] == ["6-1"]
    else:
        assert answer.json()["edition"] == "lhasa-2019"


async def test_the_day_after_the_policy_belongs_to_its_successor(desk: Desk, db: Database) -> None:
    centre = await list_centre(db)
    desk.today = date(2021, 1, 1)
    grant = await desk.applied(centre, fiscal_year=2021)
    assert grant["edition"] == "lhasa-demo-2021"
    late = await desk.post("operator", "/v1/grants", application(centre, fiscal_year=2020))
    assert late.json()["code"] == "grant-year-not-open"


async def test_only_bureaus_enter_past_days_and_nobody_the_future(desk: Desk, db: Database) -> None:
    centre = await list_centre(db)
    for person, day, code in (
        ("operator", "2019-05-05", "effective-date-not-allowed"),
        ("industry_officer", "2019-05-07", "effective-date-in-future"),
    ):
        answer = await desk.post(person, "/v1/grants", application(centre, applied_on=day))
        assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_a_centre_that_is_not_listed_gets_nothing(desk: Desk, db: Database) -> None:
    draft = await list_centre(db, status="draft", version=1)
    gone = await list_centre(db)
    await delist(db, gone)
    for centre in (draft, gone):
        answer = await desk.post("operator", "/v1/grants", application(centre))
        assert (answer.status_code, answer.json()["code"]) == (409, "grant-centre-not-listed")


async def test_an_operator_applies_for_its_own_centres_only(desk: Desk, db: Database) -> None:
    centre = await list_centre(db, operator_code=OTHER_OPERATOR)
    answer = await desk.post("operator", "/v1/grants", application(centre))
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


async def test_an_unknown_centre_is_waited_for_and_then_said_to_be_unknown(desk: Desk) -> None:
    started = asyncio.get_running_loop().time()
    answer = await desk.post("operator", "/v1/grants", application(uuid7()))
    assert (answer.status_code, answer.json()["code"]) == (409, "reference-not-yet-known")
    assert answer.headers["Retry-After"] == "1"
    assert asyncio.get_running_loop().time() - started >= 1.0


async def test_a_centre_that_becomes_known_while_waiting_is_accepted(desk: Desk, db: Database) -> None:
    centre = uuid7()
    waiting = asyncio.create_task(desk.post("operator", "/v1/grants", application(centre)))
    await asyncio.sleep(0.3)
    await list_centre(db, centre_id=centre)
    assert (await waiting).status_code == 201


async def test_a_failed_centres_application_is_held_at_once(desk: Desk, db: Database) -> None:
    centre = await list_centre(db)
    await publish_result(db, centre, 2018, "fail")
    grant = await desk.applied(centre)
    assert (grant["status"], grant["held_from"], grant["version"]) == ("held", "applied", 2)
    assert [(result["year"], result["grade"]) for result in grant["results"]] == [(2018, "fail")]


async def test_the_dry_run_answers_with_the_same_rules_and_records_nothing(desk: Desk, db: Database) -> None:
    centre = await list_centre(db)
    passing = await desk.post("operator", "/v1/grants/eligibility", application(centre))
    failing = await desk.post("operator", "/v1/grants/eligibility", application(centre, "250000.00"))
    assert (passing.status_code, passing.json()["passed"]) == (200, True)
    assert [result["message"] for result in failing.json()["results"] if not result["passed"]] == [
        "grant-amount-above-cap"
    ]
    assert (await desk.get("operator", "/v1/grants", centre_id=str(centre))).json()["items"] == []
    applied = await desk.applied(centre)
    answered = passing.json()
    assert answered == applied["decision"]
    texts = [result["text"] for result in answered["results"]]
    assert all(texts)
    assert "{" not in "".join(texts)
    refused = [result["text"] for result in failing.json()["results"] if not result["passed"]]
    assert "200000.00" in refused[0]


async def test_the_dry_run_before_the_policy_says_so(desk: Desk, db: Database) -> None:
    centre = await list_centre(db)
    desk.today = date(2018, 12, 31)
    answer = await desk.post("operator", "/v1/grants/eligibility", application(centre))
    assert [result["message"] for result in answer.json()["results"]] == ["policy-not-in-force"]


async def test_grants_are_listed_by_number_and_filter_in_stable_pages(desk: Desk, db: Database) -> None:
    centre = await list_centre(db)
    numbers = [(await desk.applied(centre, "1000.00"))["no"] for _ in range(5)]
    found = await desk.get("auditor", "/v1/grants", no=numbers[2])
    assert [item["no"] for item in found.json()["items"]] == [numbers[2]]
    page = (await desk.get("auditor", "/v1/grants", limit=2, sort="no", centre_id=str(centre))).json()
    last = {"limit": 200, "sort": "no", "centre_id": str(centre), "cursor": page["next"]}
    rest = (await desk.get("auditor", "/v1/grants", **last)).json()
    assert [item["no"] for item in page["items"] + rest["items"]] == numbers
    assert (await desk.get("auditor", "/v1/grants", status="paid", centre_id=str(centre))).json()["items"] == []
    assert (await desk.get("auditor", "/v1/grants", colour="red")).status_code == 422
