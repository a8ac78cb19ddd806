"""Contracts from before a delisting: reviewed case by case, paid from what was to be recovered, to the fen (2.3-5)."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from httpx import Response
from sqlalchemy import text

from shared.db import Database
from shared.events.contracts import evaluation as ev
from tests.finance.grant_years.support import contract, in_recovery
from tests.finance.support import OTHER_OPERATOR, Desk, Json, deliver, list_centre, spending
from tests.support.delisting_orders import Orders

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def file(desk: Desk, grant: Json, **other: Any) -> Response:
    return await desk.post("operator", f"/v1/grants/{grant['id']}/signed-commitments", contract(**other))


async def act(desk: Desk, person: str, commitment: Json, verb: str, json: Json) -> Response:
    return await desk.post(person, f"/v1/grants/signed-commitments/{commitment['id']}/{verb}", json)


async def honoured(desk: Desk, grant: Json, amount: str, **other: Any) -> Json:
    filed = await file(desk, grant, amount=amount, **other)
    assert filed.status_code == 201, filed.text
    await act(desk, "science_officer", filed.json(), "review", {"proposed": amount})
    answer = await act(desk, "science_approver", filed.json(), "honour", {"honoured": amount})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def settlement(amount: str) -> Json:
    paid = spending(amount)
    return {"amount": amount, "voucher_no": paid["voucher_no"], "invoice": paid["invoice"]}


async def test_an_honoured_contract_is_paid_out_of_what_was_to_be_recovered(desk: Desk, db: Database) -> None:
    grant, case_id = await in_recovery(desk, db)
    assert (grant["status"], grant["recovery_due"]) == ("in_recovery", "40000.00")
    commitment = await honoured(desk, grant, "10000.00", contract_no="A-1")
    assert commitment["delisting_case_id"] == str(case_id)
    above = await act(desk, "industry_officer", commitment, "settle", settlement("10000.01"))
    assert (above.status_code, above.json()["code"]) == (409, "commitment-above-honoured")
    part = await act(desk, "industry_officer", commitment, "settle", settlement("4000.00"))
    assert (part.status_code, part.json()["status"], part.json()["settled"]) == (200, "honoured", "4000.00")
    rest = await act(desk, "industry_officer", commitment, "settle", settlement("6000.00"))
    assert rest.json()["status"] == "settled"
    after = (await desk.get("auditor", f"/v1/grants/{grant['id']}")).json()
    assert (after["spent"], after["recovery_due"], after["balance"]) == ("70000.00", "30000.00", "30000.00")
    async with db.transaction() as session:
        query = text(
            "SELECT account, sum(amount) FROM posting JOIN journal_entry entry ON entry.id = entry_id"
            " WHERE case_id = CAST(:id AS uuid) GROUP BY account"
        )
        sums = {row[0]: str(row[1]) for row in await session.execute(query, {"id": grant["id"]})}
    assert (sums["grants.receivable"], sums["grants.expenditure"]) == ("30000.00", "70000.00")
    recovered = await desk.step("treasury_officer", after, "recover", {"amount": "30000.00"})
    assert (await desk.step("treasury_officer", recovered, "close"))["status"] == "closed"


async def test_a_recovery_that_contracts_use_up_leaves_a_grant_that_can_be_closed(desk: Desk, db: Database) -> None:
    grant, _ = await in_recovery(desk, db)
    commitment = await honoured(desk, grant, "40000.00", contract_no="B-1")
    assert (await act(desk, "industry_officer", commitment, "settle", settlement("40000.00"))).status_code == 200
    after = (await desk.get("auditor", f"/v1/grants/{grant['id']}")).json()
    assert (after["status"], after["recovery_due"], after["balance"]) == ("paid", "0.00", "0.00")
    assert (await desk.step("treasury_officer", after, "close"))["status"] == "closed"


async def test_promises_together_stay_within_what_is_to_be_recovered(desk: Desk, db: Database) -> None:
    grant, _ = await in_recovery(desk, db)
    await honoured(desk, grant, "30000.00", contract_no="C-1")
    second = (await file(desk, grant, amount="20000.00", contract_no="C-2")).json()
    await act(desk, "science_officer", second, "review", {"proposed": "20000.00"})
    refused = await act(desk, "science_approver", second, "honour", {"honoured": "10000.01"})
    assert (refused.status_code, refused.json()["code"]) == (409, "commitment-above-outstanding")
    assert (await act(desk, "science_approver", second, "honour", {"honoured": "10000.00"})).status_code == 200


async def test_a_third_person_decides_and_a_contract_is_filed_once(desk: Desk, db: Database) -> None:
    grant, _ = await in_recovery(desk, db)
    filed = (await file(desk, grant, contract_no="D-1")).json()
    again = await file(desk, grant, contract_no="D-1")
    assert (again.status_code, again.json()["code"]) == (409, "commitment-filed-already")
    await act(desk, "science_officer", filed, "review", {"proposed": "0.00"})
    path = f"/v1/grants/signed-commitments/{filed['id']}/refuse"
    refusal = {"reason_code": "can_be_cancelled"}
    own = await desk.post("science_officer", path, refusal, claims={"roles": ("science_approver",)})
    assert (own.status_code, own.json()["code"]) == (403, "four-eyes-required")
    assert (await desk.post("industry_approver", path, refusal)).json()["status"] == "refused"
    assert (await file(desk, grant, contract_no="D-1")).status_code == 201


async def test_contracts_of_the_delistings_day_or_later_are_not_considered(desk: Desk, db: Database) -> None:
    grant, _ = await in_recovery(desk, db)
    late = await file(desk, grant, contract_no="E-1", signed_on="2021-03-01")
    assert (late.status_code, late.json()["code"]) == (409, "commitment-not-signed-before")
    assert (await file(desk, grant, contract_no="E-1", signed_on="2021-02-28")).status_code == 201


async def test_only_a_grant_in_recovery_has_signed_commitments_and_others_do_not_see_them(
    desk: Desk, db: Database
) -> None:
    paid = await desk.paid(await list_centre(db))
    assert (await file(desk, paid)).json()["code"] == "invalid-transition"
    grant, _ = await in_recovery(desk, db)
    filed = (await file(desk, grant, contract_no="F-1")).json()
    foreign = await desk.get("operator", f"/v1/grants/signed-commitments/{filed['id']}", claims={"org": OTHER_OPERATOR})
    assert foreign.status_code == 404


async def test_the_operator_does_not_settle_and_neither_does_who_filed_or_reviewed(desk: Desk, db: Database) -> None:
    grant, _ = await in_recovery(desk, db)
    commitment = await honoured(desk, grant, "10000.00", contract_no="H-1")
    assert (await act(desk, "operator", commitment, "settle", settlement("100.00"))).status_code == 403
    reviewer = await act(desk, "science_officer", commitment, "settle", settlement("100.00"))
    assert (reviewer.status_code, reviewer.json()["code"]) == (403, "four-eyes-required")
    by_paper = await desk.post(
        "industry_officer", f"/v1/grants/{grant['id']}/signed-commitments", contract(contract_no="H-2")
    )
    await act(desk, "science_officer", by_paper.json(), "review", {"proposed": "10.00"})
    await act(desk, "science_approver", by_paper.json(), "honour", {"honoured": "10.00"})
    filer = await act(desk, "industry_officer", by_paper.json(), "settle", settlement("10.00"))
    assert (filer.status_code, filer.json()["code"]) == (403, "four-eyes-required")
    assert (await act(desk, "industry_approver", by_paper.json(), "settle", settlement("10.00"))).status_code == 200


async def recover(desk: Desk, grant: Json, amount: str) -> Response:
    return await desk.post("treasury_officer", f"/v1/grants/{grant['id']}/recover", {"amount": amount})


async def test_what_is_promised_to_contracts_is_not_recovered_to_the_cent(desk: Desk, db: Database) -> None:
    grant, _ = await in_recovery(desk, db)
    commitment = await honoured(desk, grant, "10000.00", contract_no="I-1")
    above = await recover(desk, grant, "30000.01")
    assert (above.status_code, above.json()["code"]) == (409, "recovered-above-unpromised")
    assert "30000.00" in above.json()["detail"]
    assert (await recover(desk, grant, "30000.00")).status_code == 200
    paid = await act(desk, "industry_officer", commitment, "settle", settlement("4000.00"))
    assert paid.status_code == 200, paid.text
    assert (await recover(desk, grant, "0.01")).json()["code"] == "recovered-above-unpromised"
    withdrawn = await act(desk, "industry_approver", commitment, "refuse", {"reason_code": "no_performance"})
    assert (withdrawn.status_code, withdrawn.json()["status"], withdrawn.json()["settled"]) == (
        200,
        "lapsed",
        "4000.00",
    )
    assert (await recover(desk, grant, "6000.00")).status_code == 200


async def test_open_commitments_end_with_the_closing_of_the_grant(desk: Desk, db: Database) -> None:
    grant, _ = await in_recovery(desk, db)
    filed = (await file(desk, grant, contract_no="J-1")).json()
    await recover(desk, grant, "40000.00")
    after = (await desk.get("auditor", f"/v1/grants/{grant['id']}")).json()
    await desk.step("treasury_officer", after, "close")
    ended = (await desk.get("auditor", f"/v1/grants/signed-commitments/{filed['id']}")).json()
    assert (ended["status"], ended["reason_code"], ended["version"]) == ("lapsed", "grant_closed", 2)


async def test_open_commitments_end_with_the_reversal_of_the_delisting(desk: Desk, db: Database) -> None:
    grant, case_id = await in_recovery(desk, db)
    open_one = await honoured(desk, grant, "10000.00", contract_no="K-1")
    orders = Orders(case_id, UUID(grant["centre_id"]))
    await deliver(db, ev.DelistingReversed, orders.next("reversal", date(2021, 7, 1)))
    ended = (await desk.get("auditor", f"/v1/grants/signed-commitments/{open_one['id']}")).json()
    assert (ended["status"], ended["reason_code"]) == ("lapsed", "delisting_reversed")


async def test_two_settlements_at_once_never_pay_more_than_was_honoured(desk: Desk, db: Database) -> None:
    grant, _ = await in_recovery(desk, db)
    commitment = await honoured(desk, grant, "10000.00", contract_no="G-1")
    answers = await asyncio.gather(
        *(act(desk, "industry_officer", commitment, "settle", settlement("6000.00")) for _ in range(3))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    after = (await desk.get("auditor", f"/v1/grants/{grant['id']}")).json()
    assert (after["spent"], after["recovery_due"]) == ("66000.00", "34000.00")
