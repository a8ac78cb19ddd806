"""Payments that are taken back, and changes of schedule that may not forgive what was behind (3.2-3 to 3.2-5)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import text

from services.finance.loans import commitments
from services.finance.loans.models import Loan
from services.finance.loans.states import EQUAL_PRINCIPAL, GRADUATE, GUARANTEED
from services.finance.subsidies.histories import know
from services.finance.subsidies.interest import ARREARS
from shared.db import Database
from tests.finance.serving import (
    Counter,
    Signed,
    balances,
    done,
    editions,
    held,
    new_reference,
    payment,
    refused,
    signed,
)
from tests.finance.support import Desk, Json

pytestmark = pytest.mark.asyncio(loop_scope="session")

DAY = date(2019, 3, 15)
EARLY = date(2019, 4, 14)
LAST = date(2020, 3, 16)


@pytest.fixture
def counter(desk: Desk) -> Counter:
    return Counter(desk)


async def take_back(counter: Counter, loan: Signed, line: Json, on: date) -> Json:
    body = {"bank_reference": new_reference("CZ"), "reversed_on": on.isoformat(), "reason_code": "bounced"}
    return done(await counter.banker(f"{loan.path}/payments/{line['id']}/reverse", body), 201)


async def plan(counter: Counter, loan: Signed, revision: int | None = None) -> list[tuple[str, str, str]]:
    asked = {"revision": revision} if revision else {}
    shown = done(await counter.send("bank", "GET", f"{loan.path}/schedule", **asked))
    return [(row["due_on"], row["principal"], row["interest"]) for row in shown["instalments"]]


async def behind_in(db: Database, loan: Signed, quarter: int) -> int:
    """Days in arrears of a quarter of 2019, which are not subsidised."""
    async with db.transaction() as session:
        known = await know(session, [await session.get_one(Loan, loan.id)], editions())
    stretches = known.entitled(loan.id, 2019, quarter).stretches
    return sum(each.days for each in stretches if each.excluded == ARREARS)


async def test_an_early_payment_that_bounced_leaves_nobody_behind(counter: Counter, db: Database) -> None:
    loan = await signed(db, "50000.00", product=GRADUATE, kind=EQUAL_PRINCIPAL)
    await counter.drawn(loan, "50000.00", DAY)
    first = await plan(counter, loan)
    line = await counter.paid(loan, "20000.00", on=EARLY, early=True)
    assert await plan(counter, loan) != first
    await take_back(counter, loan, line, date(2019, 4, 17))
    assert await plan(counter, loan) == first
    assert (await counter.standing(loan, date(2019, 6, 17), "hr_officer"))["arrears"]["days"] == 0
    behind = (await counter.standing(loan, date(2019, 6, 18), "hr_officer"))["arrears"]
    assert (behind["days"], behind["since"]) == (1, "2019-06-17")
    assert await behind_in(db, loan, 2) == 13, "18 to 30 June; no day before"


async def test_changes_after_the_early_payment_are_calculated_anew(counter: Counter, db: Database) -> None:
    """The same reports without the payment end in the same plan."""
    plans = []
    for pays in (True, False):
        loan = await signed(db, kind=EQUAL_PRINCIPAL)
        await counter.drawn(loan, "100000.00", DAY)
        line = await counter.paid(loan, "40000.00", on=EARLY, early=True) if pays else None
        await counter.paid(loan, "20000.00", on=date(2019, 5, 5), early=True)
        more = {"agreed_on": "2019-05-06", "matures_on": "2020-09-15", "reason": "疫情"}
        body = {**more, "bank_reference": new_reference("ZQ")}
        done(await counter.banker(f"{loan.path}/extensions", body), 201)
        if line is not None:
            await take_back(counter, loan, line, date(2019, 5, 7))
        plans.append(await plan(counter, loan))
        assert (await counter.standing(loan, date(2019, 6, 17)))["arrears"]["days"] == 0
    assert plans[0] == plans[1]


async def test_the_last_payment_may_bounce(counter: Counter, db: Database) -> None:
    loan = await signed(db, product=GUARANTEED)
    guarantee = await counter.guaranteed(loan)
    await counter.drawn(loan, "100000.00", DAY)
    line = await counter.paid(loan, "100000.00", on=LAST)
    path = f"/v1/loans/guarantees/{guarantee['id']}"
    assert (await counter.standing(loan))["status"] == "closed"
    assert done(await counter.send("guarantor", "GET", path))["status"] == "released"
    late = await counter.paid(loan, interest="12.50", on=date(2020, 3, 17))
    assert (await counter.standing(loan))["status"] == "closed", "interest comes later"
    await take_back(counter, loan, late, date(2020, 3, 18))
    assert (await counter.standing(loan))["status"] == "closed", "no principal is owed for it"
    await take_back(counter, loan, line, date(2020, 3, 18))
    standing = await counter.standing(loan)
    assert (standing["status"], standing["closed_on"], standing["outstanding"]) == ("repaying", None, "100000.00")
    assert await held(db, "loans.guaranteed", loan.borrower) == Decimal("100000.00")
    again = done(await counter.send("guarantor", "GET", path))
    assert (again["status"], again["liability"]) == ("issued", guarantee["liability"])
    assert await held(db, "guarantees.borrower", loan.borrower) == Decimal(guarantee["liability"])
    await counter.paid(loan, "100000.00", on=date(2020, 3, 20))
    assert (await counter.standing(loan))["status"] == "closed"
    assert await held(db, "guarantees.borrower", loan.borrower) == Decimal(0)
    assert await balances(db, programme="loans", subject=loan.borrower) == {}


async def test_a_closed_loan_that_is_owed_again_holds_what_it_may_draw(counter: Counter, db: Database) -> None:
    loan = await signed(db)
    await counter.drawn(loan, "30000.00", DAY)
    line = await counter.paid(loan, "30000.00", on=date(2019, 6, 17))
    done(await counter.banker(f"{loan.path}/close"))
    await take_back(counter, loan, line, date(2019, 6, 20))
    assert await held(db, "loans.small_micro", loan.borrower) == Decimal("100000.00")
    await counter.drawn(loan, "70000.00", date(2019, 7, 1))
    assert (await counter.standing(loan))["outstanding"] == "100000.00"


async def test_a_debt_comes_back_above_a_cap_that_was_used_meanwhile(counter: Counter, db: Database) -> None:
    edition = editions().get("lhasa-2019")
    cap = edition.loans.products["small_micro_startup"].cap.value
    first = await signed(db, str(cap))
    await counter.drawn(first, str(cap), DAY)
    line = await counter.paid(first, "40000.00", on=date(2019, 6, 17))
    second = await again(db, first, Decimal("40000.00"))
    assert second, "the cap was free"
    reversal = await take_back(counter, first, line, date(2019, 6, 20))
    assert reversal["decision"]["passed"] is False
    assert (await counter.standing(first))["outstanding"] == f"{cap:.2f}"
    assert await held(db, "loans.small_micro", first.borrower) == cap + Decimal("40000.00")
    assert not await again(db, first, Decimal("0.01"), keep=False)
    asked = {"kind": "loan_above_cap", "limit": 200}
    listed = done(await counter.send("finance_officer", "GET", "/v1/tasks", **asked))["items"]
    assert [task["subject_id"] for task in listed] == [str(first.id)]
    await counter.paid(first, "40000.00", on=date(2019, 6, 21))
    assert done(await counter.send("finance_officer", "GET", "/v1/tasks", **asked))["items"] == []
    assert not await again(db, first, Decimal("0.01"), keep=False), "at the cap, whatever the row's limit is"
    await counter.paid(first, "0.01", on=date(2019, 6, 21))
    assert await again(db, first, Decimal("0.01"), keep=False)


async def again(db: Database, loan: Signed, amount: Decimal, *, keep: bool = True) -> bool:
    """Whether the borrower's next approval passes."""
    async with db.transaction() as session:
        found = await session.get_one(Loan, loan.id)
        committed = found.committed
        decision = await commitments.commit(session, editions().get("lhasa-2019"), found, amount)
        found.committed = committed
        if not keep:
            await session.rollback()
    return decision.passed


async def test_a_guarantors_full_limit_does_not_lose_a_debt(counter: Counter, db: Database) -> None:
    """Its limits are full to the cent meanwhile: the liability comes back above, and nothing new is guaranteed."""
    loan = await signed(db, product=GUARANTEED)
    guarantee = await counter.guaranteed(loan)
    await counter.drawn(loan, "100000.00", DAY)
    line = await counter.paid(loan, "40000.00", on=date(2019, 6, 17))
    path = f"/v1/loans/guarantees/{guarantee['id']}"
    limits = done(await counter.send("guarantor", "GET", f"{path}/limits"))
    fill = text(
        "UPDATE ceiling SET committed = :limit, limit_amount = :limit WHERE kind = 'guarantees.borrower'"
        " AND subject = :subject"
    )
    full = Decimal(limits["borrower"]["limit"])
    async with db.transaction() as session:
        await session.execute(fill, {"limit": full, "subject": loan.borrower})
    await take_back(counter, loan, line, date(2019, 6, 20))
    again = done(await counter.send("guarantor", "GET", path))
    assert again["liability"] == guarantee["liability"]
    assert await held(db, "guarantees.borrower", loan.borrower) > full
    limits = done(await counter.send("guarantor", "GET", f"{path}/limits"))["borrower"]
    assert (limits["limit"], limits["remaining"]) == (f"{full:.2f}", "0.00")


async def test_a_change_does_not_reach_back_behind_another(counter: Counter, db: Database) -> None:
    loan = await signed(db)
    await counter.drawn(loan, "100000.00", DAY)
    path = f"{loan.path}/schedule"
    terms = {"changed_on": "2019-06-10", "reason": "重组", "matures_on": "2020-03-15"}
    done(await counter.banker(path, terms), 201)
    back = {**terms, "changed_on": "2019-06-09"}
    assert refused(await counter.banker(path, back)) == (409, "step-before-earlier-step")
    more = {"agreed_on": "2019-06-09", "matures_on": "2020-09-15", "reason": "x", "bank_reference": new_reference("Z")}
    assert refused(await counter.banker(f"{loan.path}/extensions", more)) == (409, "step-before-earlier-step")
    done(await counter.banker(path, terms), 201)


async def test_a_later_maturity_counts_as_an_extension_by_whichever_way(counter: Counter, db: Database) -> None:
    loan = await signed(db)
    await counter.drawn(loan, "100000.00", DAY)
    path = f"{loan.path}/schedule"
    terms = {"changed_on": "2019-06-10", "reason": "重组", "matures_on": "2021-03-16"}
    assert refused(await counter.banker(path, terms)) == (409, "loan-extension-too-long")
    rows = [{"nominal_on": "2020-03-15", "due_on": "2021-03-16", "principal": "100000.00", "interest": "0.00"}]
    own = {"changed_on": "2019-06-10", "reason": "x", "instalments": rows}
    assert refused(await counter.banker(path, own)) == (409, "loan-extension-too-long")
    done(await counter.banker(path, {**terms, "matures_on": "2021-03-15"}), 201)
    standing = await counter.standing(loan)
    assert (standing["maturity_on"], len(standing["extensions"])) == ("2021-03-15", 1)
    more = {"agreed_on": "2019-07-01", "matures_on": "2021-03-16", "reason": "x", "bank_reference": new_reference("Z")}
    assert refused(await counter.banker(f"{loan.path}/extensions", more)) == (409, "loan-extended-before")


async def test_a_new_plan_forgives_no_day_before_it_was_reported(counter: Counter, db: Database) -> None:
    loan = await signed(db, "50000.00", product=GRADUATE)
    await counter.drawn(loan, "50000.00", DAY)
    terms = {"changed_on": "2019-06-15", "reason": "重组", "matures_on": "2020-03-15"}
    done(await counter.banker(f"{loan.path}/schedule", terms, today=date(2019, 6, 25)), 201)
    assert await behind_in(db, loan, 2) == 7, "18 to 24 June were behind when the plan was reported"


async def test_a_tranche_after_a_plan_that_ended_runs_to_the_maturity(counter: Counter, db: Database) -> None:
    loan = await signed(db)
    await counter.drawn(loan, "50000.00", DAY)
    rows = [{"nominal_on": "2019-09-15", "principal": "50000.00", "interest": "1087.50"}]
    own = {"changed_on": "2019-04-01", "reason": "x", "instalments": rows}
    done(await counter.banker(f"{loan.path}/schedule", own), 201)
    await counter.drawn(loan, "10000.00", date(2019, 9, 15))
    assert (await plan(counter, loan))[-1][:2] == ("2020-03-16", "10000.00")


async def test_a_payment_without_principal_is_no_reason_to_open_a_closed_loan(counter: Counter, db: Database) -> None:
    loan = await signed(db)
    await counter.drawn(loan, "100000.00", DAY)
    await counter.paid(loan, "100000.00", on=LAST)
    principal = payment("0.01", on=date(2020, 3, 17))
    assert refused(await counter.banker(f"{loan.path}/payments", principal)) == (409, "invalid-transition")
