"""Where the public guarantee fund pays, a bureau approves and the treasury pays and receives (3.2-4, 3.2-5)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import text

from services.finance.loans.states import GRADUATE, GUARANTEED, SMALL_MICRO
from shared.db import Database
from tests.finance.serving import GUARANTEES, Counter, Signed, done, new_reference, refused, signed
from tests.finance.support import Desk, Json

pytestmark = pytest.mark.asyncio(loop_scope="session")

DAY = date(2019, 3, 15)
MONEY = {"paid_on": "2020-09-30", "reference": "ZF-public"}


@pytest.fixture
def counter(desk: Desk) -> Counter:
    return Counter(desk)


async def defaulted(counter: Counter, db: Database, product: str) -> tuple[Signed, Json]:
    loan = await signed(db, "50000.00", product=product)
    guarantee = await counter.guaranteed(loan)
    await counter.drawn(loan, "50000.00", DAY)
    return loan, guarantee


async def budget_of(db: Database, claim: Json) -> tuple[Decimal, ...]:
    query = text("SELECT committed, paid, returned FROM budget_commitment WHERE case_id = :id")
    async with db.transaction() as session:
        (row,) = (await session.execute(query, {"id": UUID(claim["id"])})).all()
        return tuple(row)


async def tasks_of(counter: Counter, role: str, kind: str) -> set[str]:
    found = done(await counter.send(role, "GET", "/v1/tasks", kind=kind, limit=200, account=f"{role}-9"))
    return {task["no"] for task in found["items"]}


@pytest.mark.parametrize(("product", "own", "other"), [(GRADUATE, "hr", "finance"), (SMALL_MICRO, "finance", "hr")])
async def test_the_department_approves_and_the_treasury_pays(
    counter: Counter, db: Database, product: str, own: str, other: str
) -> None:
    _, guarantee = await defaulted(counter, db, product)
    claim = await counter.claimed(guarantee)
    base = f"{GUARANTEES}/claims/{claim['id']}"
    done(await counter.guarantor(f"{base}/accept"))
    approve, pay, money = f"{base}/approve", f"{base}/pay", {**MONEY, "reference": f"ZF-{claim['no']}"}
    assert refused(await counter.guarantor(approve, account="guarantor-2")) == (403, "forbidden")
    assert (await counter.send(f"{other}_approver", "POST", approve)).status_code in (403, 404)
    assert (await counter.send(f"{own}_officer", "POST", approve)).status_code == 403
    accepter = await counter.send(f"{own}_approver", "POST", approve, account="guarantor-1")
    assert refused(accepter) == (403, "four-eyes-required")
    assert claim["no"] in await tasks_of(counter, f"{own}_approver", "public_claim_to_approve")
    assert claim["no"] not in await tasks_of(counter, f"{other}_approver", "public_claim_to_approve")
    assert claim["no"] not in await tasks_of(counter, "guarantor", "claim_to_approve")
    done(await counter.send(f"{own}_approver", "POST", approve))
    assert await budget_of(db, claim) == (Decimal("40000.00"), Decimal(0), Decimal(0))
    assert refused(await counter.guarantor(pay, money, account="guarantor-3")) == (403, "forbidden")
    approver = await counter.send("treasury_officer", "POST", pay, money, account=f"{own}_approver-1")
    assert refused(approver) == (403, "four-eyes-required")
    assert claim["no"] in await tasks_of(counter, "treasury_officer", "public_claim_to_pay")
    assert claim["no"] not in await tasks_of(counter, "guarantor", "claim_to_pay")
    paid = done(await counter.send("treasury_officer", "POST", pay, money))
    assert (paid["status"], paid["paid_by"]) == ("paid", "treasury_officer-1")
    assert await budget_of(db, claim) == (Decimal("40000.00"), Decimal("40000.00"), Decimal(0))


async def test_the_companys_own_claims_stay_inside_the_company(counter: Counter, db: Database) -> None:
    _, guarantee = await defaulted(counter, db, GUARANTEED)
    claim = await counter.claimed(guarantee)
    base = f"{GUARANTEES}/claims/{claim['id']}"
    done(await counter.guarantor(f"{base}/accept"))
    assert (await counter.send("finance_approver", "POST", f"{base}/approve")).status_code in (403, 404)
    assert (await counter.send("finance_approver", "POST", f"{base}/refuse", {"reason_code": "other"})).status_code in (
        403,
        404,
    )
    done(await counter.guarantor(f"{base}/approve", account="guarantor-2"))
    assert refused(await counter.send("treasury_officer", "POST", f"{base}/pay", MONEY)) == (403, "forbidden")
    done(await counter.guarantor(f"{base}/pay", MONEY, account="guarantor-3"))


async def test_recovered_public_money_is_budget_again_once_the_treasury_confirms_it(
    counter: Counter, db: Database
) -> None:
    _, guarantee = await defaulted(counter, db, GRADUATE)
    claim = await counter.called(guarantee)
    path = f"{GUARANTEES}/{guarantee['id']}"
    lines = []
    for amount in ("1000.01", "48999.99"):
        body = {"amount": amount, "received_on": "2020-09-30", "reference": new_reference("ZC")}
        lines.append(done(await counter.guarantor(f"{path}/recoveries", body), 201))
    assert [line["budget_share"] for line in lines] == ["800.00", "39200.00"], "what waits is not shared out again"
    assert (await budget_of(db, claim))[2] == 0, "nothing is back before the treasury says so"
    confirm, body = f"{path}/recoveries/{lines[0]['id']}/confirm", {"reference": "TH-1"}
    assert (await counter.guarantor(confirm, body)).status_code == 403
    own = await counter.send("treasury_officer", "POST", confirm, body, account="guarantor-1")
    assert refused(own) == (403, "four-eyes-required")
    early = await counter.send("treasury_officer", "POST", confirm, {**body, "returned_on": "2020-09-29"})
    assert refused(early) == (409, "step-before-earlier-step")
    assert guarantee["no"] in await tasks_of(counter, "treasury_officer", "guarantee_return_to_confirm")
    back = done(await counter.send("treasury_officer", "POST", confirm, body))
    assert (back["returned_by"], back["return_reference"]) == ("treasury_officer-1", "TH-1")
    assert (await budget_of(db, claim))[2] == Decimal("800.00")
    again = await counter.send("treasury_approver", "POST", confirm, body)
    assert refused(again) == (409, "guarantee-nothing-to-return")
    last = f"{path}/recoveries/{lines[1]['id']}/confirm"
    done(await counter.send("treasury_officer", "POST", last, {"reference": "TH-2"}))
    assert (await budget_of(db, claim))[2] == Decimal("40000.00")
    shown = done(await counter.send("guarantor", "GET", path))
    assert (shown["status"], shown["budget_returned"], shown["budget_paid"]) == ("released", "40000.00", "40000.00")
    assert guarantee["no"] not in await tasks_of(counter, "treasury_officer", "guarantee_return_to_confirm")


async def test_what_the_company_recovers_for_itself_is_not_the_treasurys(counter: Counter, db: Database) -> None:
    _, guarantee = await defaulted(counter, db, GUARANTEED)
    await counter.called(guarantee)
    path = f"{GUARANTEES}/{guarantee['id']}/recoveries"
    body = {"amount": "100.00", "received_on": "2020-09-30", "reference": new_reference("ZC")}
    line = done(await counter.guarantor(path, body), 201)
    answer = await counter.send("treasury_officer", "POST", f"{path}/{line['id']}/confirm", {"reference": "TH-3"})
    assert refused(answer) == (409, "guarantee-nothing-to-return")


async def test_what_the_public_fund_bore_is_written_off_by_the_department(counter: Counter, db: Database) -> None:
    _, guarantee = await defaulted(counter, db, GRADUATE)
    await counter.called(guarantee)
    path = f"{GUARANTEES}/{guarantee['id']}"
    done(await counter.guarantor(f"{path}/propose-write-off", {"reason": "破产终结", "document_no": "破1号"}))
    assert refused(await counter.guarantor(f"{path}/write-off", account="guarantor-2")) == (403, "forbidden")
    assert guarantee["no"] in await tasks_of(counter, "hr_approver", "public_write_off_to_approve")
    written = done(await counter.send("hr_approver", "POST", f"{path}/write-off"))
    assert (written["status"], written["write_off_approved_by"]) == ("written_off", "hr_approver-1")
