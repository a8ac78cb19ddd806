"""Budget lines entered, approved, revised, refused; transfers; and who may."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text

from shared.db import Database
from tests.finance.appropriations.treasury import PATH, YEAR_END, Treasury, agrees, document, forget, transfer
from tests.finance.support import ACCOUNTS, Desk, Json, list_centre

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(autouse=True, loop_scope="session")
async def none_before(db: Database) -> None:
    await forget(db)


async def test_a_line_counts_once_a_second_person_approved_it(desk: Desk, db: Database, treasury: Treasury) -> None:
    line = await treasury.recorded("grants", "1000.00")
    assert (line["status"], line["budget"], line["pending_amount"]) == ("recorded", "0.00", "1000.00")
    line = await treasury.must("treasury_approver", f"/{line['id']}/approve")
    assert (line["status"], line["budget"], line["free"]) == ("approved", "1000.00", "1000.00")
    assert line["revisions"][0]["decision"]["passed"] is True
    entry = await desk.get("auditor", f"/v1/journal-entries/{line['revisions'][0]['journal_entry_id']}")
    assert [(p["account"], p["subject"], p["amount"]) for p in entry.json()["postings"]] == [
        ("budget.free", "grants", "1000.00"),
        ("budget.authority", "grants", "-1000.00"),
    ]
    events = "SELECT type FROM event_log WHERE aggregate_id = :id ORDER BY aggregate_version"
    async with db.transaction() as session:
        told = [row.type for row in await session.execute(text(events), {"id": line["id"]})]
    assert told == ["finance.appropriation.recorded.v1", "finance.appropriation.approved.v1"]


async def test_a_programme_s_year_exists_once(treasury: Treasury) -> None:
    await treasury.line("grants", "1000.00")
    body = {"programme": "grants", "year": 2019, "document_no": document(), "amount": "1.00"}
    answer = await treasury.post("treasury_officer", "", body)
    assert (answer.status_code, answer.json()["code"]) == (409, "appropriation-exists")
    answers = await asyncio.gather(
        *(treasury.post("treasury_officer", "", {**body, "programme": "angel_fund"}) for _ in range(5))
    )
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 4}


async def test_it_is_revised_up_and_down_but_never_below_what_is_committed(
    desk: Desk, db: Database, treasury: Treasury
) -> None:
    line = await treasury.line("grants", "120000.00")
    grant = await desk.approved(await list_centre(db), "100000.00")
    body = {"document_no": document(), "amount": "99999.99"}
    answer = await treasury.post("treasury_officer", f"/{line['id']}/revise", body)
    assert (answer.status_code, answer.json()["code"]) == (409, "appropriation-below-committed")
    line = await treasury.revised(line, "100000.00")
    assert (line["budget"], line["free"], line["revision"]) == ("100000.00", "0.00", 2)
    await agrees(db, await treasury.read(line))
    pending = await treasury.proposed(line, "200000.00")
    assert (pending["budget"], pending["pending_amount"]) == ("100000.00", "200000.00")
    again = {"document_no": document(), "amount": "1.00"}
    answer = await treasury.post("treasury_officer", f"/{line['id']}/revise", again)
    assert answer.json()["code"] == "appropriation-pending"
    refused = await treasury.must("treasury_approver", f"/{line['id']}/refuse", {"reason_code": "wrong_amount"})
    assert (refused["status"], refused["budget"]) == ("approved", "100000.00")
    await desk.step("industry_approver", grant, "refuse", {"reason_code": "other"})
    assert (await treasury.revised(line, "0.00"))["free"] == "0.00"
    await agrees(db, await treasury.read(line))


async def test_what_was_proposed_is_tested_again_when_it_is_approved(
    desk: Desk, db: Database, treasury: Treasury
) -> None:
    """A grant approved meanwhile keeps its money."""
    line = await treasury.line("grants", "120000.00")
    await treasury.proposed(line, "50000.00")
    await desk.approved(await list_centre(db), "50000.01")
    answer = await treasury.post("treasury_approver", f"/{line['id']}/approve")
    assert (answer.status_code, answer.json()["code"]) == (409, "appropriation-below-committed")


async def test_a_transfer_moves_both_lines_at_once_and_keeps_the_total(
    desk: Desk, db: Database, treasury: Treasury
) -> None:
    source, target = await treasury.line("angel_fund", "1000.00"), await treasury.line("grants", "10.00")
    moved = await treasury.transfer(source, target, "999.99")
    assert (await treasury.read(target))["budget"] == "10.00", "nothing moves by a proposal"
    moved = await treasury.must("treasury_approver", f"/transfers/{moved['id']}/approve")
    assert moved["status"] == "approved"
    source, target = await treasury.read(source), await treasury.read(target)
    assert (source["budget"], source["transferred"]) == ("0.01", "-999.99")
    assert (target["budget"], target["transferred"]) == ("1009.99", "999.99")
    entry = (await desk.get("auditor", f"/v1/journal-entries/{moved['journal_entry_id']}")).json()
    assert [(p["subject"], p["amount"]) for p in entry["postings"]] == [("grants", "999.99"), ("angel_fund", "-999.99")]
    assert (entry["case_no"], entry["case_version"]) == (moved["no"], moved["version"])
    answer = await treasury.post("treasury_approver", f"/transfers/{moved['id']}/approve")
    assert answer.json()["code"] == "invalid-transition", "once"


async def test_a_transfer_leaves_what_is_committed(desk: Desk, db: Database, treasury: Treasury) -> None:
    source, target = await treasury.line("grants", "100000.00"), await treasury.line("angel_fund", "1.00")
    first = await treasury.transfer(source, target, "50000.00")
    await desk.approved(await list_centre(db), "50000.01")
    answer = await treasury.post("treasury_officer", "/transfers", transfer(source, target, "50000.00"))
    assert answer.json()["code"] == "appropriation-below-committed"
    answer = await treasury.post("treasury_approver", f"/transfers/{first['id']}/approve")
    assert answer.json()["code"] == "appropriation-below-committed"
    await treasury.must("treasury_approver", f"/transfers/{first['id']}/refuse", {"reason_code": "wrong_amount"})
    assert (await treasury.read(source))["budget"] == "100000.00"
    await agrees(db, await treasury.read(source))


async def test_a_transfer_needs_two_open_lines(treasury: Treasury) -> None:
    source = await treasury.line("grants", "100.00")
    ghost = {"year": 2019, "programme": "angel_fund"}
    answer = await treasury.post("treasury_officer", "/transfers", transfer(source, ghost, "1.00"))
    assert answer.json()["code"] == "appropriation-missing"
    target = await treasury.recorded("angel_fund", "100.00")
    answer = await treasury.post("treasury_officer", "/transfers", transfer(source, target, "1.00"))
    assert answer.json()["code"] == "appropriation-missing"
    answer = await treasury.post("treasury_officer", "/transfers", transfer(source, source, "1.00"))
    assert answer.status_code == 422


BOTH = {"roles": ("treasury_officer", "treasury_approver", "admin"), "account_id": ACCOUNTS["treasury_officer"]}


@pytest.mark.parametrize("verb", ["approve", "refuse", "approve-closing", "refuse-closing"])
async def test_nobody_decides_what_they_proposed_whatever_their_roles(treasury: Treasury, verb: str) -> None:
    line = await treasury.recorded("grants", "100.00")
    if verb.endswith("closing"):
        line = await treasury.must("treasury_approver", f"/{line['id']}/approve")
        body = {"document_no": document(), "carry_over": "0.00", "unpaid": "carry"}
        await treasury.must("treasury_officer", f"/{line['id']}/close", body, today=YEAR_END)
    sent: Json = {"reason_code": "other"} if verb.startswith("refuse") else {}
    answer = await treasury.post("treasury_officer", f"/{line['id']}/{verb}", sent, claims=BOTH, today=YEAR_END)
    assert (answer.status_code, answer.json()["code"]) == (403, "four-eyes-required")


@pytest.mark.parametrize("verb", ["approve", "refuse"])
async def test_nobody_decides_a_transfer_they_proposed(treasury: Treasury, verb: str) -> None:
    source, target = await treasury.line("grants", "100.00"), await treasury.line("angel_fund", "1.00")
    moved = await treasury.transfer(source, target, "1.00")
    sent: Json = {"reason_code": "other"} if verb == "refuse" else {}
    answer = await treasury.post("treasury_officer", f"/transfers/{moved['id']}/{verb}", sent, claims=BOTH)
    assert (answer.status_code, answer.json()["code"]) == (403, "four-eyes-required")


READERS = {"science_officer", "industry_approver", "treasury_officer", "treasury_approver", "auditor"}
READERS |= {"finance_officer", "finance_approver", "hr_officer", "education_approver"}
OTHERS = ("centre_operator", "enterprise", "bank", "guarantor", "division_officer", "expert", "admin", "public")
OFFICER, APPROVER = {"treasury_officer"}, {"treasury_approver"}


@pytest.mark.parametrize("role", [*sorted(READERS), *OTHERS])
async def test_who_may_do_what(desk: Desk, treasury: Treasury, role: str) -> None:
    line = await treasury.line("grants", "100.00")
    target = await treasury.line("angel_fund", "100.00")
    moved = await treasury.transfer(line, target, "1.00")
    claims = {"roles": (role,), "account_id": "0190a000-0000-7000-8000-0000000000ff"}

    async def status(method: str, path: str, body: object = None) -> int:
        if method == "GET":
            return (await desk.get("admin", f"{PATH}{path}", claims=claims)).status_code
        return (await desk.post("admin", f"{PATH}{path}", body, claims=claims)).status_code

    for path in ("", "/transfers", f"/{line['id']}", f"/{line['id']}/commitments", f"/transfers/{moved['id']}"):
        assert await status("GET", path) == (200 if role in READERS else 403), path
    refusal: Json = {"reason_code": "other"}
    steps: list[tuple[str, Any, set[str]]] = [
        ("", {}, OFFICER),
        ("/transfers", {}, OFFICER),
        (f"/{line['id']}/revise", {}, OFFICER),
        (f"/{line['id']}/close", {}, OFFICER),
        (f"/{line['id']}/approve", None, APPROVER),
        (f"/{line['id']}/refuse", refusal, APPROVER),
        (f"/{line['id']}/approve-closing", None, APPROVER),
        (f"/{line['id']}/refuse-closing", refusal, APPROVER),
        (f"/transfers/{moved['id']}/refuse", refusal, APPROVER),
        (f"/transfers/{moved['id']}/approve", None, APPROVER),
    ]
    for path, body, allowed in steps:
        assert (await status("POST", path, body) != 403) is (role in allowed), path


async def test_money_needs_a_key_and_the_version_that_was_seen(desk: Desk, treasury: Treasury) -> None:
    line = await treasury.recorded("grants", "100.00")
    answer = await treasury.post("treasury_approver", f"/{line['id']}/approve", key=None)
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency-key-required")
    answer = await treasury.post("treasury_approver", f"/{line['id']}/approve", headers={"If-Match": '"9"'})
    assert answer.status_code == 412
    answer = await desk.get("auditor", f"{PATH}/{line['id']}")
    assert answer.headers["ETag"] == '"1"'


async def test_waiting_things_are_the_approver_s_tasks(desk: Desk, treasury: Treasury) -> None:
    line, other = await treasury.line("grants", "100.00"), await treasury.line("angel_fund", "100.00")
    await treasury.transfer(line, other, "1.00")
    await treasury.proposed(line, "200.00")
    body = {"document_no": document(), "carry_over": "0.00", "unpaid": "carry"}
    await treasury.must("treasury_officer", f"/{other['id']}/close", body, today=YEAR_END)
    tasks = (await desk.get("treasury_approver", "/v1/tasks")).json()["items"]
    kinds = {task["kind"] for task in tasks}
    assert {
        "appropriation_to_approve",
        "appropriation_closing_to_approve",
        "appropriation_transfer_to_approve",
    } <= kinds
    own = await desk.get("treasury_officer", "/v1/tasks", claims=BOTH)
    assert not {task["kind"] for task in own.json()["items"]} & {kind for kind in kinds if "appropriation" in kind}


async def test_the_lines_are_filtered_and_are_a_file(desk: Desk, treasury: Treasury) -> None:
    await treasury.line("grants", "100.00")
    await treasury.recorded("angel_fund", "50.00")
    lines = (await desk.get("auditor", PATH, pending="true")).json()["items"]
    assert [line["programme"] for line in lines] == ["angel_fund"]
    assert (await desk.get("auditor", PATH, programme="gifts")).status_code == 422
    headers = desk.headers("auditor") | {"Accept": "text/csv", "Accept-Language": "zh"}
    answer = await desk.client.get(PATH, headers=headers)
    assert "双创中心专项资金" in answer.text
    assert "可用指标（元）" in answer.text
