"""Whose loans somebody sees: parties their own, departments theirs, banks from the approval on (3.2-3 to 3.2-5)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from services.finance.referrals.models import Referral
from shared.db import Database
from shared.ids import uuid7
from tests.finance.loans.lending import (
    PATH,
    Counter,
    Firm,
    application,
    ceilings,
    contract,
    done,
    firm,
    founder_of_project,
    know_banks,
    refusal_letter,
    refused,
)
from tests.finance.loans.matrix import MATRIX
from tests.finance.support import Json

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_somebody_elses_loan_is_404(counter: Counter, db: Database) -> None:
    own, other = await firm(db), await firm(db)
    loan = await counter.accepted(own)
    foreign: list[tuple[str, Json]] = [
        ("enterprise", {"org": other.code}),
        ("founder", {"person_ref": "P-OTHER"}),
        ("bank", {"bank": "PSBC"}),
        ("bank", {"bank": None}),
        ("enterprise", {"org": None}),
        ("hr_officer", {}),
    ]
    bodies: dict[str, object] = {
        "": None,
        "/withdraw": {},
        "/submit": {},
        "/hires": {"staff": 1, "hires": []},
        "/bank-accept": {},
        "/contract": contract("1.00"),
        "/review": {},
        "/refuse": {"reason_code": "other"},
    }
    for role, claims in foreign:
        for path, body in bodies.items():
            method = "GET" if body is None else "POST"
            if role not in MATRIX[f"{method} {PATH}/{{loan_id}}{path}"]:
                continue
            answer = await counter.send(role, method, f"{PATH}/{loan['id']}{path}", body, **claims)
            assert (role, path, answer.status_code) == (role, path, 404)
        listed = await counter.send(role, "GET", PATH, **claims)
        assert loan["id"] not in [item["id"] for item in listed.json()["items"]]


async def test_banks_see_their_own_from_the_approval_on(counter: Counter, db: Database) -> None:
    loan = await counter.guaranteed(await firm(db))
    path = f"{PATH}/{loan['id']}"
    assert (await counter.bank(path, method="GET")).status_code == 404
    done(await counter.step("guarantor", loan, "guarantor-accept", {"refusal_seen": True}))
    assert (await counter.bank(path, method="GET")).status_code == 200
    assert (await counter.bank(path, method="GET", bank="PSBC")).status_code == 404
    assert (await counter.bank(f"{path}/bank-accept", {}, bank="PSBC")).status_code == 404


async def test_drafts_are_their_authors_alone(counter: Counter, db: Database) -> None:
    borrower = await firm(db)
    loan = done(await counter.enterprise(borrower.code, PATH, application("guaranteed")), 201)
    for role in ("finance_officer", "auditor", "guarantor"):
        assert (await counter.send(role, "GET", f"{PATH}/{loan['id']}")).status_code == 404
    paper = done(
        await counter.send("finance_officer", "POST", PATH, application("guaranteed", enterprise_code=borrower.code)),
        201,
    )
    done(await counter.send("finance_officer", "GET", f"{PATH}/{paper['id']}"))
    assert (await counter.send("finance_officer", "GET", f"{PATH}/{paper['id']}", account="x")).status_code == 404


async def test_a_party_borrows_for_nobody_else(counter: Counter, db: Database) -> None:
    own, other = await firm(db), await firm(db)
    body = application("guaranteed", enterprise_code=other.code)
    refused(await counter.enterprise(own.code, PATH, body), 404, "not-found")
    refused(await counter.enterprise(own.code, f"{PATH}/eligibility", _tried(body)), 404, "not-found")
    ref = await founder_of_project(db)
    refused(await counter.founder(ref, PATH, application("graduate", person_ref="P-OTHER")), 404, "not-found")
    refused(await counter.founder(ref, PATH, application("guaranteed", enterprise_code=other.code)), 404, "not-found")


def _tried(body: Json) -> Json:
    return {name: value for name, value in body.items() if name not in ("bank", "purpose")}


async def test_a_refused_referral_is_evidence_in_one_call(counter: Counter, db: Database) -> None:
    borrower, other = await firm(db), await firm(db)
    referral_id = await _referral(db, borrower, refused_on=date(2019, 4, 20))
    body = application("guaranteed", referral_id=str(referral_id), submit=True)
    loan = done(await counter.enterprise(borrower.code, PATH, body), 201)
    evidence = loan["refusal"]
    assert (loan["status"], evidence["source"], evidence["bank"]) == ("submitted", "referral", "CCB")
    assert (evidence["refused_on"], evidence["referral_id"]) == ("2019-04-20", str(referral_id))
    assert done(await counter.step("guarantor", loan, "guarantor-accept"))["status"] == "guarantor_accepted"
    found = refused(await counter.enterprise(borrower.code, PATH, body), 409, "loan-referral-in-use")
    assert loan["no"] in found["detail"]
    done(await counter.enterprise(borrower.code, f"{PATH}/{loan['id']}/withdraw", {}))
    again = done(await counter.enterprise(borrower.code, PATH, body), 201)
    assert again["refusal"]["id"] == evidence["id"]
    refused(await counter.enterprise(other.code, PATH, body), 404, "not-found")
    waiting = await _referral(db, other, refused_on=None)
    body = application("guaranteed", referral_id=str(waiting), submit=True)
    refused(await counter.enterprise(other.code, PATH, body), 409, "loan-referral-not-refused")


async def _referral(db: Database, borrower: Firm, *, refused_on: date | None) -> Any:
    row = Referral(
        id=uuid7(),
        no=f"RF-2019-{uuid7().hex[-8:]}",
        edition="lhasa-2019",
        batch_id=uuid7(),
        enterprise_id=borrower.id,
        enterprise_code=borrower.code,
        bank="CCB",
        amount=1,
        tenor_months=12,
        purpose="流动资金",
        facts={},
        decision={},
        status="refused" if refused_on else "sent",
        channel="enterprise",
        prepared_by="a",
        prepared_on=date(2019, 4, 1),
        sent_by="a",
        sent_on=date(2019, 4, 1),
        answer_due_on=date(2019, 4, 15),
        expires_on=date(2019, 5, 1),
        refused_on=refused_on,
        refusal_reason="no_collateral" if refused_on else None,
    )
    async with db.transaction() as session:
        session.add(row)
    return row.id


async def test_test_credentials_meet_test_loans_only(counter: Counter, db: Database) -> None:
    await know_banks(db)
    borrower = await firm(db)
    live = await counter.accepted(borrower, "2000000.00")
    body = application("guaranteed", "2000000.00", refusal=refusal_letter(), submit=True)
    tried = done(await counter.enterprise(borrower.code, PATH, body, livemode=False), 201)
    assert tried["livemode"] is False
    refused(await counter.step("guarantor", tried, "guarantor-accept", {"refusal_seen": True}), 404, "not-found")
    step = {"refusal_seen": True}
    done(await counter.step("guarantor", tried, "guarantor-accept", step, livemode=False))
    assert (await counter.bank(f"{PATH}/{live['id']}", method="GET", livemode=False)).status_code == 404
    assert (await counter.bank(f"{PATH}/{tried['id']}", method="GET")).status_code == 404
    listed = done(await counter.enterprise(borrower.code, PATH, method="GET", livemode=False))
    assert [item["id"] for item in listed["items"]] == [tried["id"]]
    assert await ceilings(db, borrower.code) == {("loans.guaranteed", borrower.code): "2000000.00"}


async def test_tasks_reach_who_may_act(counter: Counter, db: Database) -> None:
    loan = await counter.guaranteed(await firm(db))

    async def waiting(role: str, **claims: Any) -> list[str]:
        answer = done(await counter.send(role, "GET", "/v1/tasks", **claims))
        return [task["kind"] for task in answer["items"] if task["no"] == loan["no"]]

    assert await waiting("guarantor") == ["loan_to_guarantee"]
    assert await waiting("finance_officer") == []
    done(await counter.step("guarantor", loan, "guarantor-accept", {"refusal_seen": True}))
    assert await waiting("guarantor") == []
    assert await waiting("bank", bank="CCB") == ["loan_to_accept"]
    assert await waiting("bank", bank="PSBC") == []
    done(await counter.bank(f"{PATH}/{loan['id']}/bank-accept", {}))
    assert await waiting("bank", bank="CCB") == ["loan_to_sign"]


async def test_lists_are_filtered_sorted_and_files(counter: Counter, db: Database) -> None:
    borrower = await firm(db)
    first, second = await counter.guaranteed(borrower, "1.00"), await counter.guaranteed(borrower, "2.00")
    found = done(
        await counter.send("finance_officer", "GET", PATH, enterprise_code=borrower.code, sort="no", status="submitted")
    )
    assert [item["id"] for item in found["items"]] == [first["id"], second["id"]]
    assert done(await counter.send("finance_officer", "GET", PATH, no=second["no"]))["items"][0]["id"] == second["id"]
    assert (await counter.send("finance_officer", "GET", PATH, products="x")).status_code == 422
    headers = counter.desk.headers("admin", roles=("finance_officer",), account_id="f")
    params = {"enterprise_code": borrower.code}
    answer = await counter.desk.client.get(PATH, params=params, headers=headers | {"Accept": "text/csv"})
    assert answer.status_code == 200
    assert first["no"] in answer.text
    assert "Guaranteed loan" in answer.text


async def test_the_guarantor_reads_papers_of_what_it_guarantees(counter: Counter, db: Database) -> None:
    backed, other = await counter.accepted(await firm(db)), await counter.checked(await founder_of_project(db))
    done(await counter.send("guarantor", "GET", f"{PATH}/{backed['id']}/documents"))
    refused(await counter.send("guarantor", "GET", f"{PATH}/{other['id']}/documents"), 403, "forbidden")
    done(await counter.send("hr_officer", "GET", f"{PATH}/{other['id']}/documents"))
