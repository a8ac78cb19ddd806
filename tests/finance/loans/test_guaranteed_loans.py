"""A guaranteed loan from the dry run to the contract, and every way in which it stops (3.2-3)."""

from __future__ import annotations

import asyncio
from datetime import date

import pytest

from shared.db import Database
from tests.finance.loans.lending import (
    PATH,
    Counter,
    application,
    booked,
    ceilings,
    contract,
    done,
    events_of,
    firm,
    refusal_letter,
    refused,
)
from tests.finance.matching import enterprise as merged_record, tenancy
from tests.finance.support import delist, list_centre

pytestmark = pytest.mark.asyncio(loop_scope="session")


def rules_of(decision: dict[str, object]) -> dict[str, bool]:
    results = decision["results"]
    assert isinstance(results, list)
    return {result["rule"]: result["passed"] for result in results}


async def test_from_the_application_to_the_contract(counter: Counter, db: Database) -> None:
    borrower = await firm(db)
    loan = await counter.guaranteed(borrower, "500000.00")
    assert loan["no"].startswith("LN-2019-")
    assert (loan["status"], loan["guarantor"], loan["centre_id"]) == ("submitted", True, str(borrower.centre_id))
    assert rules_of(loan["eligibility"]) == {
        "loans.applicant": True,
        "loans.tenor": True,
        "loans.in_centre": True,
        "loans.bank_refusal": True,
        "loans.guaranteed_cap": True,
    }
    loan = done(
        await counter.step("guarantor", loan, "guarantor-accept", {"amount": "400000.00", "refusal_seen": True})
    )
    assert (loan["status"], loan["approved"], loan["committed"]) == ("guarantor_accepted", "400000.00", "400000.00")
    loan = done(await counter.bank(f"{PATH}/{loan['id']}/bank-accept", {"amount": "350000.00"}))
    assert (loan["status"], loan["approved"], loan["committed"]) == ("bank_accepted", "350000.00", "350000.00")
    signed = await counter.bank(f"{PATH}/{loan['id']}/contract", contract("300000.00"))
    loan = done(signed)
    assert signed.headers["ETag"] == f'"{loan["version"]}"'
    assert (loan["status"], loan["contracted"], loan["committed"]) == ("contracted", "300000.00", "300000.00")
    assert (loan["rate"], loan["outstanding"]) == ("4.3500", "0.00")
    assert await ceilings(db, borrower.code) == {("loans.guaranteed", borrower.code): "300000.00"}
    assert await booked(db, borrower.code) == "300000.00"
    told = await events_of(db, loan)
    assert [name.split(".")[2] for name, _ in told] == [
        "drafted",
        "submitted",
        "guarantor_accepted",
        "bank_accepted",
        "contracted",
    ]
    assert told[-1][1]["contracted"] == "300000.00"


async def test_dry_run_says_every_rule_and_stores_nothing(counter: Counter, db: Database) -> None:
    borrower = await firm(db, seated=False)
    body = {"product": "guaranteed", "amount": "2000000.01", "tenor_months": 37}
    found = done(await counter.enterprise(borrower.code, f"{PATH}/eligibility", body))
    assert not found["passed"]
    failed = [result for result in found["decision"]["results"] if not result["passed"]]
    assert [result["message"] for result in failed] == [
        "loan-tenor-too-long",
        "loan-not-in-centre",
        "loan-refusal-missing",
        "loan-cap-exceeded",
    ]
    assert all(result["clause"] == "3.2-3" and result["text"] for result in failed)
    mine = done(await counter.enterprise(borrower.code, PATH, method="GET"))
    assert mine["items"] == []


async def test_a_rule_that_is_not_met_leaves_the_draft(counter: Counter, db: Database) -> None:
    borrower = await firm(db)
    loan = done(await counter.enterprise(borrower.code, PATH, application("guaranteed")), 201)
    assert loan["status"] == "draft"
    found = refused(
        await counter.enterprise(borrower.code, f"{PATH}/{loan['id']}/submit", {}), 409, "loan-refusal-missing"
    )
    assert len(found["decision"]["results"]) == 5
    version = f'"{loan["version"]}"'
    terms = {name: value for name, value in application("guaranteed").items() if name != "product"}
    terms["refusal"] = refusal_letter()
    path = f"{PATH}/{loan['id']}"
    refused(await counter.enterprise(borrower.code, path, terms, method="PATCH"), 428, "precondition-required")
    headers = {"If-Match": version}
    amended = done(await counter.enterprise(borrower.code, path, terms, method="PATCH", headers=headers))
    assert amended["refusal"]["source"] == "document"
    refused(
        await counter.enterprise(borrower.code, path, terms, method="PATCH", headers=headers),
        412,
        "precondition-failed",
    )
    assert done(await counter.enterprise(borrower.code, f"{path}/submit", {}))["status"] == "submitted"
    refused(await counter.enterprise(borrower.code, f"{path}/submit", {}), 409, "invalid-transition")


@pytest.mark.parametrize(
    ("refused_on", "code"),
    [("2018-11-06", None), ("2018-11-05", "loan-refusal-too-old"), ("2019-05-06", None)],
)
async def test_refusal_evidence_is_six_months_old_to_the_day(
    counter: Counter, db: Database, refused_on: str, code: str | None
) -> None:
    borrower = await firm(db)
    body = application("guaranteed", refusal=refusal_letter(date.fromisoformat(refused_on)), submit=True)
    answer = await counter.enterprise(borrower.code, PATH, body)
    if code is None:
        assert done(answer, 201)["status"] == "submitted"
    else:
        refused(answer, 409, code)


async def test_the_banks_own_word_is_evidence_and_needs_no_letter(counter: Counter, db: Database) -> None:
    borrower, other = await firm(db), await firm(db)
    body = {"enterprise_code": borrower.code, "refused_on": "2019-05-01", "reason_code": "no_collateral"}
    evidence = done(await counter.bank(f"{PATH}/refusals", body), 201)
    assert (evidence["bank"], evidence["source"]) == ("CCB", "bank")
    refused(await counter.bank(f"{PATH}/refusals", body | {"bank": "PSBC"}), 403, "forbidden")
    refused(
        await counter.send("finance_officer", "POST", f"{PATH}/refusals", body | {"bank": "PSBC"}),
        409,
        "loan-refusal-document-missing",
    )
    loan = done(await counter.enterprise(borrower.code, PATH, application("guaranteed", submit=True)), 201)
    assert loan["refusal"]["id"] == evidence["id"]
    assert done(await counter.step("guarantor", loan, "guarantor-accept"))["status"] == "guarantor_accepted"
    stolen = application("guaranteed", refusal_id=evidence["id"], submit=True)
    refused(await counter.enterprise(other.code, PATH, stolen), 404, "not-found")
    listed = done(await counter.bank(f"{PATH}/refusals", method="GET", bank="PSBC"))
    assert evidence["id"] not in [item["id"] for item in listed["items"]]


async def test_the_guarantor_compares_the_borrowers_letter(counter: Counter, db: Database) -> None:
    loan = await counter.guaranteed(await firm(db))
    refused(await counter.step("guarantor", loan, "guarantor-accept", {}), 409, "loan-refusal-unseen")
    refused(await counter.step("finance_officer", loan, "review", {}), 409, "invalid-transition")
    assert await ceilings(db, loan["enterprise_code"]) == {}


async def test_a_borrower_without_a_listed_centre_gets_no_further_but_contracts_stay(
    counter: Counter, db: Database
) -> None:
    pending, accepted, signed = await firm(db), await firm(db), await firm(db)
    loans = [
        await counter.guaranteed(pending),
        await counter.accepted(accepted),
        await counter.contracted(signed),
    ]
    for borrower in (pending, accepted, signed):
        await delist(db, borrower.centre_id)
    body = {"refusal_seen": True}
    refused(await counter.step("guarantor", loans[0], "guarantor-accept", body), 409, "loan-centre-not-listed")
    refused(await counter.bank(f"{PATH}/{loans[1]['id']}/bank-accept", {}), 409, "loan-centre-not-listed")
    kept = done(await counter.bank(f"{PATH}/{loans[2]['id']}", method="GET"))
    assert (kept["status"], kept["delisted_on"], kept["committed"]) == ("contracted", "2021-03-01", "500000.00")
    assert (await events_of(db, loans[2]))[-1][0] == "finance.loan.delisting_marked.v1"
    found = done(await counter.send("finance_officer", "GET", PATH, delisted="true", enterprise_code=pending.code))
    assert [item["id"] for item in found["items"]] == [loans[0]["id"]]
    refusal = done(await counter.step("guarantor", loans[0], "refuse", {"reason_code": "not_in_centre"}))
    assert (refusal["status"], refusal["reason_code"]) == ("refused", "not_in_centre")


async def test_refusals_and_withdrawals_give_back_what_was_held(counter: Counter, db: Database) -> None:
    borrower = await firm(db)
    first, second = await counter.accepted(borrower, "700000.00"), await counter.bank_accepted(borrower, "600000.00")
    assert await ceilings(db, borrower.code) == {("loans.guaranteed", borrower.code): "1300000.00"}
    refused(await counter.step("guarantor", first, "refuse", {"reason_code": "other"}), 403, "forbidden")
    answer = await counter.bank(f"{PATH}/{first['id']}/refuse", {"reason_code": "insufficient_collateral"})
    assert done(answer)["committed"] == "0.00"
    ended = done(await counter.enterprise(borrower.code, f"{PATH}/{second['id']}/withdraw", {}))
    assert (ended["status"], ended["committed"]) == ("withdrawn", "0.00")
    assert await ceilings(db, borrower.code) == {}
    assert await booked(db, borrower.code) == "0.00"
    refused(await counter.enterprise(borrower.code, f"{PATH}/{second['id']}/withdraw", {}), 409, "invalid-transition")


async def test_cap_counts_what_is_approved_and_unpaid(counter: Counter, db: Database) -> None:
    borrower = await firm(db)
    await counter.accepted(borrower, "1500000.00")
    pending = await counter.guaranteed(borrower, "500000.00")
    refused(
        await counter.enterprise(
            borrower.code, PATH, application("guaranteed", "500000.01", refusal=refusal_letter(), submit=True)
        ),
        409,
        "loan-cap-exceeded",
    )
    await counter.accepted(borrower, "0.01")
    found = refused(
        await counter.step("guarantor", pending, "guarantor-accept", {"refusal_seen": True}), 409, "loan-cap-exceeded"
    )
    cap = next(result for result in found["decision"]["results"] if result["rule"] == "loans.guaranteed_cap")
    assert cap["inputs"]["remaining"] == "499999.99"
    body = {"refusal_seen": True, "amount": "499999.99"}
    assert done(await counter.step("guarantor", pending, "guarantor-accept", body))["approved"] == "499999.99"
    above = {"refusal_seen": True, "amount": "500000.01"}
    other = await counter.guaranteed(await firm(db), "500000.00")
    refused(await counter.step("guarantor", other, "guarantor-accept", above), 409, "loan-amount-above-earlier")


async def test_after_a_merger_both_codes_count_together(counter: Counter, db: Database) -> None:
    absorbed, survivor = await firm(db), await firm(db)
    await counter.accepted(absorbed, "1500000.00")
    await merged_record(db, enterprise_id=absorbed.id, code=absorbed.code, merged_into_id=survivor.id, version=2)
    body = application("guaranteed", "500000.01", refusal=refusal_letter(), submit=True)
    refused(await counter.enterprise(survivor.code, PATH, body), 409, "loan-cap-exceeded")
    refused(await counter.enterprise(absorbed.code, PATH, body), 409, "loan-enterprise-merged")
    await counter.accepted(survivor, "500000.00")
    seen = done(await counter.enterprise(survivor.code, PATH, method="GET"))
    assert len(seen["items"]) == 2


async def test_contract_numbers_and_days_are_checked(counter: Counter, db: Database) -> None:
    first, second = await counter.bank_accepted(await firm(db)), await counter.bank_accepted(await firm(db))
    wanted = contract("500000.00")
    path = f"{PATH}/{second['id']}/contract"
    done(await counter.bank(f"{PATH}/{first['id']}/contract", wanted))
    refused(await counter.bank(path, wanted), 409, "loan-contract-used")
    refused(await counter.bank(path, contract("500000.01")), 409, "loan-amount-above-earlier")
    refused(await counter.bank(path, contract("500000.00", start_on="2019-05-05")), 409, "loan-contract-days")
    refused(await counter.bank(path, contract("500000.00", maturity_on="2020-05-07")), 409, "loan-contract-days")
    assert done(await counter.bank(path, contract("500000.00", maturity_on="2020-05-06")))["status"] == "contracted"


async def test_the_contract_counts_from_the_day_it_was_signed(counter: Counter, db: Database) -> None:
    body = application("guaranteed", refusal=refusal_letter(), submit=True)
    loan = done(await counter.enterprise((await firm(db)).code, PATH, body, today=date(2019, 5, 1)), 201)
    path = f"{PATH}/{loan['id']}"
    seen = {"refusal_seen": True}
    done(await counter.step("guarantor", loan, "guarantor-accept", seen, today=date(2019, 5, 2)))
    early = await counter.bank(f"{path}/bank-accept", {"decided_on": "2019-05-01"})
    refused(early, 409, "step-before-earlier-step")
    late = await counter.bank(f"{path}/bank-accept", {"decided_on": "2019-05-07"})
    refused(late, 422, "effective-date-in-future")
    assert done(await counter.bank(f"{path}/bank-accept", {"decided_on": "2019-05-02"}))["accepted_on"] == "2019-05-02"
    terms = {"start_on": "2019-05-03", "maturity_on": "2020-05-03"}
    future = await counter.bank(f"{path}/contract", contract("100000.00", signed_on="2019-05-07", **terms))
    refused(future, 422, "effective-date-in-future")
    before = await counter.bank(f"{path}/contract", contract("100000.00", signed_on="2019-05-01", **terms))
    refused(before, 409, "loan-signed-too-early")
    signed = done(await counter.bank(f"{path}/contract", contract("100000.00", signed_on="2019-05-02", **terms)))
    assert (signed["status"], signed["contracted_on"]) == ("contracted", "2019-05-02")


async def test_banks_see_no_other_banks_refusals_nor_what_else_is_owed(counter: Counter, db: Database) -> None:
    borrower = await firm(db)
    await counter.accepted(borrower, "400000.00")
    loan = await counter.accepted(borrower, "100000.00")
    path = f"{PATH}/{loan['id']}"
    hidden = {"refusal", "refusal_id", "eligibility", "check_decision", "hire_calculation", "hire_window"}
    hidden |= {"hire_window_by", "hire_window_on", "hire_window_reason"}
    for shown in (
        done(await counter.bank(path, method="GET")),
        done(await counter.bank(f"{path}/bank-accept", {})),
        done(await counter.bank(f"{path}/contract", contract("100000.00"))),
    ):
        assert {shown[name] for name in hidden} == {None}
        assert "400000.00" not in str(shown)
        assert "PSBC" not in str(shown)
    [listed] = done(await counter.bank(PATH, method="GET", no=loan["no"]))["items"]
    assert (listed["refusal_id"], listed["hire_window"]) == (None, None)
    assert done(await counter.enterprise(borrower.code, path, method="GET"))["refusal"]["bank"] == "PSBC"


async def test_a_key_sent_again_answers_the_same_and_another_body_is_refused(counter: Counter, db: Database) -> None:
    loan = await counter.guaranteed(await firm(db))
    path, body = f"{PATH}/{loan['id']}/guarantor-accept", {"refusal_seen": True}
    first = await counter.send("guarantor", "POST", path, body, key="once")
    again = await counter.send("guarantor", "POST", path, body, key="once")
    assert first.json() == again.json()
    other = await counter.send("guarantor", "POST", path, body | {"amount": "1.00"}, key="once")
    assert other.status_code == 422
    refused(await counter.send("guarantor", "POST", path, body, key=None), 400, "idempotency-key-required")


async def test_steps_honour_the_version_they_were_decided_on(counter: Counter, db: Database) -> None:
    loan = await counter.guaranteed(await firm(db))
    body = {"refusal_seen": True}
    stale = await counter.step("guarantor", loan, "guarantor-accept", body, headers={"If-Match": '"1"'})
    refused(stale, 412, "precondition-failed")
    fresh = {"If-Match": f'"{loan["version"]}"'}
    accepted = done(await counter.step("guarantor", loan, "guarantor-accept", body, headers=fresh))
    assert accepted["version"] == loan["version"] + 1


async def test_an_unknown_bank_is_refused(counter: Counter, db: Database) -> None:
    body = application("guaranteed", bank="XXB", refusal=refusal_letter())
    found = refused(await counter.enterprise((await firm(db)).code, PATH, body), 409, "loan-bank-unknown")
    assert "XXB" in found["detail"]


async def test_a_move_to_another_listed_centre_lets_it_go_on(counter: Counter, db: Database) -> None:
    borrower = await firm(db)
    loan = await counter.guaranteed(borrower)
    await delist(db, borrower.centre_id)
    await tenancy(db, borrower.id, await list_centre(db))
    assert done(await counter.step("guarantor", loan, "guarantor-accept", {"refusal_seen": True}))["approved"]


async def test_parallel_acceptances_of_one_process_stop_at_the_cap(counter: Counter, db: Database) -> None:
    """Eight times 300,000 yuan against 2,000,000: six fit."""
    borrower = await firm(db)
    loans = [await counter.guaranteed(borrower, "300000.00") for _ in range(8)]
    body = {"refusal_seen": True}
    answers = await asyncio.gather(*(counter.step("guarantor", loan, "guarantor-accept", body) for loan in loans))
    assert sorted(answer.status_code for answer in answers) == [200] * 6 + [409] * 2
    assert await ceilings(db, borrower.code) == {("loans.guaranteed", borrower.code): "1800000.00"}
    assert await booked(db, borrower.code) == "1800000.00"
