"""Earmarking: planned off purpose is refused, made off purpose is a finding, an invoice counts once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from shared.db import Database
from tests.finance.support import OTHER_OPERATOR, SELLER, Desk, list_centre, spending

pytestmark = pytest.mark.asyncio(loop_scope="session")


def planned(amount: str, **other: Any) -> dict[str, Any]:
    return {"status": "planned", "purpose": "operations", "description": "房租", "amount": amount, **other}


async def current(desk: Desk, grant: dict[str, Any]) -> dict[str, Any]:
    return dict((await desk.get("auditor", f"/v1/grants/{grant['id']}")).json())


async def test_eligible_spending_lowers_the_balance(desk: Desk, db: Database) -> None:
    grant = await desk.paid(await list_centre(db), "100000.00")
    line = await desk.spend(grant, "30000.00")
    assert line.status_code == 201
    assert line.headers["ETag"] == '"6"'
    assert (line.json()["line"], line.json()["eligible"]) == (1, True)
    after = await current(desk, grant)
    assert (after["spent"], after["balance"], after["version"]) == ("30000.00", "70000.00", 6)


async def test_a_planned_payment_off_purpose_is_refused(desk: Desk, db: Database) -> None:
    grant = await desk.paid(await list_centre(db))
    path = f"/v1/grants/{grant['id']}/spending"
    answer = await desk.post("operator", path, planned("100.00", purpose="research_capacity"))
    assert (answer.status_code, answer.json()["code"]) == (409, "spending-off-purpose")
    assert answer.json()["clauses"] == ["3.1-4"]
    assert (await desk.get("operator", path)).json()["items"] == []


async def test_money_spent_off_purpose_is_recorded_and_opens_a_finding(desk: Desk, db: Database) -> None:
    centre = await list_centre(db)
    grant = await desk.paid(centre, "100000.00")
    line = await desk.spend(grant, "5000.00", purpose="banquets")
    assert (line.status_code, line.json()["eligible"]) == (201, False)
    after = await current(desk, grant)
    assert (after["spent"], after["ineligible"], after["balance"]) == ("0.00", "5000.00", "100000.00")
    findings = (await desk.get("operator", "/v1/findings", centre_id=str(centre))).json()["items"]
    assert [(f["no"], f["status"], f["amount"], f["spending_line_id"]) for f in findings] == [
        (findings[0]["no"], "open", "5000.00", line.json()["id"])
    ]
    assert findings[0]["no"].startswith("FD-2019-")
    one = await desk.get("auditor", f"/v1/findings/{findings[0]['id']}")
    assert one.json()["decision"]["results"][0]["rule"] == "grants.finding"
    journal = "/v1/journal-entries"
    entries = (await desk.get("auditor", journal, case_id=grant["id"], programme="grants")).json()["items"]
    assert [entry["kind"] for entry in entries] == ["grant_committed", "grant_paid"]


async def test_diverted_money_cannot_be_spent_again_and_must_come_back(desk: Desk, db: Database) -> None:
    grant = await desk.paid(await list_centre(db), "1000.00")
    await desk.spend(grant, "300.00", purpose="banquets")
    above = await desk.spend(grant, "700.01")
    assert (above.status_code, above.json()["code"]) == (409, "spending-above-balance")
    assert (await desk.spend(grant, "700.00")).status_code == 201
    assert (await desk.post("science_officer", f"/v1/grants/{grant['id']}/close")).status_code == 409
    await desk.step("treasury_officer", grant, "refund", {"amount": "300.00"}, key="back")
    assert (await desk.step("science_officer", grant, "close"))["status"] == "closed"


async def test_a_planned_payment_is_made_with_its_documents(desk: Desk, db: Database) -> None:
    grant = await desk.paid(await list_centre(db), "1000.00")
    path = f"/v1/grants/{grant['id']}/spending"
    plan = (await desk.post("operator", path, planned("400.00"))).json()
    assert (await current(desk, grant))["spent"] == "0.00"
    documents = {"voucher_no": "记-0031", "invoice": spending("1.00")["invoice"]}
    made = await desk.post("operator", f"{path}/{plan['id']}/make", documents)
    assert (made.status_code, made.json()["status"], made.json()["spent_on"]) == (200, "made", "2019-05-06")
    assert (await current(desk, grant))["spent"] == "400.00"
    twice = await desk.post("operator", f"{path}/{plan['id']}/make", documents)
    assert (twice.status_code, twice.json()["code"]) == (409, "invalid-transition")


@pytest.mark.parametrize(
    "invoice",
    [
        {"code": "5400191130", "number": "99000001", "seller_code": SELLER},
        {"number": "19542000000000000017", "seller_code": SELLER},
    ],
)
async def test_an_invoice_counts_once_also_in_another_centres_grant(
    desk: Desk, db: Database, invoice: dict[str, str]
) -> None:
    first, second = await desk.paid(await list_centre(db)), await desk.paid(await list_centre(db))
    assert (await desk.spend(first, "10.00", invoice=invoice)).status_code == 201
    for grant in (first, second):
        answer = await desk.spend(grant, "20.00", invoice=invoice)
        assert (answer.status_code, answer.json()["code"]) == (409, "invoice-already-counted")
        assert answer.json()["clauses"] == ["4.3-2"]
    assert (await current(desk, second))["spent"] == "0.00"


async def test_one_invoice_at_the_same_moment_counts_once(desk: Desk, db: Database) -> None:
    grants = [await desk.paid(await list_centre(db)) for _ in range(4)]
    answers = await asyncio.gather(*(desk.spend(grant, "10.00", number="77777777") for grant in grants))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert {answer.json().get("code") for answer in answers} == {None, "invoice-already-counted"}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"invoice": None}, "body"),
        ({"voucher_no": None}, "body"),
        ({"status": "planned"}, "body"),
        ({"invoice": {"number": "00000001", "seller_code": SELLER}}, "invoice"),
        ({"invoice": {"code": "5400191130", "number": "1" * 20, "seller_code": SELLER}}, "invoice"),
        ({"invoice": {"code": "5400191130", "number": "00000001", "seller_code": "9" * 18}}, "invoice.seller_code"),
        ({"spent_on": "soon"}, "spent_on"),
    ],
)
async def test_documents_are_checked(desk: Desk, db: Database, change: dict[str, Any], field: str) -> None:
    grant = await desk.paid(await list_centre(db))
    answer = await desk.post("operator", f"/v1/grants/{grant['id']}/spending", {**spending("10.00"), **change})
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_spending_lies_between_the_payment_and_today(desk: Desk, db: Database) -> None:
    grant = await desk.paid(await list_centre(db))
    before = await desk.spend(grant, "10.00", spent_on="2019-05-05")
    assert (before.status_code, before.json()["code"]) == (409, "spending-before-payment")
    after = await desk.spend(grant, "10.00", spent_on="2019-05-07")
    assert (after.status_code, after.json()["code"]) == (422, "effective-date-in-future")


async def test_only_paid_grants_are_spent_and_only_by_their_own_operator(desk: Desk, db: Database) -> None:
    unpaid = await desk.countersigned(await list_centre(db))
    assert (await desk.spend(unpaid, "10.00")).json()["code"] == "invalid-transition"
    grant = await desk.paid(await list_centre(db))
    path = f"/v1/grants/{grant['id']}/spending"
    foreign = await desk.post("operator", path, spending("10.00"), claims={"org": OTHER_OPERATOR})
    assert foreign.status_code == 404
    assert (await desk.get("operator", path, claims={"org": OTHER_OPERATOR})).status_code == 404


async def test_lines_are_listed_by_status_and_eligibility(desk: Desk, db: Database) -> None:
    grant = await desk.paid(await list_centre(db))
    path = f"/v1/grants/{grant['id']}/spending"
    await desk.spend(grant, "10.00")
    await desk.spend(grant, "20.00", purpose="banquets")
    await desk.post("operator", path, planned("30.00"))
    assert [item["line"] for item in (await desk.get("operator", path)).json()["items"]] == [1, 2, 3]
    assert [item["line"] for item in (await desk.get("operator", path, status="planned")).json()["items"]] == [3]
    assert [item["line"] for item in (await desk.get("operator", path, eligible="false")).json()["items"]] == [2]
