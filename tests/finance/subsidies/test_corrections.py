"""Corrections over several statements: refusals in between, late first reports, and where recovered money goes."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import delete, select, text, update

from services.finance.loans.models import Loan
from services.finance.subsidies.models import SubsidyLine, SubsidyStatement
from shared.db import Database
from tests.finance.serving import SUBSIDIES, Counter, done, new_reference, refused, signed
from tests.finance.subsidies.test_statements import DAY, DRAWN, body_of, lent
from tests.finance.support import Desk, Json

pytestmark = pytest.mark.asyncio(loop_scope="session")

WHY = {"reason_code": "figures_changed"}


@pytest_asyncio.fixture(loop_scope="session")
async def counter(desk: Desk, db: Database) -> Counter:
    """Every test has the quarters to itself."""
    async with db.transaction() as session:
        await session.execute(delete(SubsidyLine))
        await session.execute(delete(SubsidyStatement))
        await session.execute(update(Loan).values(department="none"))
    return Counter(desk)


async def refuse(counter: Counter, statement: Json, role: str = "finance_approver") -> None:
    done(await counter.send(role, "POST", f"{SUBSIDIES}/{statement['id']}/refuse", WHY))


async def test_a_statement_that_is_corrected_since_is_not_refused_before_the_correction(
    counter: Counter, db: Database
) -> None:
    loan = await lent(counter, db)
    first = await counter.approved(await counter.statement(2019, 2))
    await counter.paid(loan, "180000.00", on=date(2019, 5, 16), early=True)
    second = await counter.statement(2019, 3)
    answer = await counter.send("finance_approver", "POST", f"{SUBSIDIES}/{first['id']}/refuse", WHY)
    assert refused(answer) == (409, "subsidy-corrected-since")
    assert loan.no in answer.json()["detail"]
    await refuse(counter, second)
    await refuse(counter, first)
    anew = await counter.statement(2019, 3)
    found = [(line["quarter"], line["sequence"], line["amount"]) for line in await counter.lines(anew)]
    assert sorted(found) == [(2, 0, "1465.40"), (3, 0, "991.30")]


async def test_a_line_follows_the_last_that_counts_also_where_one_before_it_does_not(
    counter: Counter, db: Database
) -> None:
    """Somebody refused the first statement while the second was being computed."""
    loan = await lent(counter, db)
    first = await counter.approved(await counter.statement(2019, 2))
    await counter.paid(loan, "180000.00", on=date(2019, 5, 16), early=True)
    second = await counter.statement(2019, 3)
    async with db.transaction() as session:
        lines = update(SubsidyLine).where(SubsidyLine.statement_id == UUID(first["id"]))
        await session.execute(lines.values(status="refused"))
    await counter.settled(second)
    third = await counter.statement(2019, 2)
    (line,) = await counter.lines(third)
    assert (line["sequence"], line["kind"], line["amount"]) == (2, "correction", "1961.05")  # 1,465.40 + 495.65


async def test_a_loan_reported_after_its_quarter_is_subsidised_for_it(counter: Counter, db: Database) -> None:
    """Paid out on 1 April, reported when the second quarter is done with."""
    await lent(counter, db)
    late = await signed(db, "360000.00", contracted_on=DAY, maturity_on=date(2021, 4, 1))
    await counter.settled(await counter.statement(2019, 2))
    await counter.drawn(late, "360000.00", DRAWN, every_months=12)
    statement = await counter.statement(2019, 4)
    mine = [line for line in await counter.lines(statement) if line["loan_id"] == str(late.id)]
    found = sorted((line["quarter"], line["kind"], line["amount"]) for line in mine)
    assert [(quarter, kind) for quarter, kind, _ in found] == [(2, "regular"), (3, "regular"), (4, "regular")]
    assert found[0][2] == "1961.05"
    await counter.settled(statement)
    nothing = await counter.send("finance_officer", "POST", SUBSIDIES, body_of(2019, 2))
    assert refused(nothing) == (409, "subsidy-nothing-due")


async def test_a_loan_has_lines_from_the_quarter_of_its_first_day_on(counter: Counter, db: Database) -> None:
    """Paid out on the last day of March: one day of the first quarter."""
    loan = await signed(db, "360000.00", contracted_on=DAY, maturity_on=date(2021, 4, 1))
    await counter.drawn(loan, "360000.00", date(2019, 3, 31), every_months=12)
    statement = await counter.statement(2019, 2)
    found = {(line["quarter"], line["amount"]) for line in await counter.lines(statement)}
    assert found == {(1, "21.55"), (2, "1961.05")}


async def test_recovered_money_goes_back_to_the_statement_whose_line_paid_it(counter: Counter, db: Database) -> None:
    """The quarter was paid by two statements; the second one's line is small, its total is large. What comes back in
    two steps takes the small line once."""
    loan = await lent(counter, db)
    early = await counter.paid(loan, "180000.00", on=date(2019, 5, 16), early=True)
    first = await counter.settled(await counter.statement(2019, 2))
    body = {"bank_reference": new_reference("CZ"), "reversed_on": "2019-05-20", "reason_code": "wrong_loan"}
    done(await counter.banker(f"{loan.path}/payments/{early['id']}/reverse", body), 201)
    second = await counter.settled(await counter.statement(2019, 3))
    amounts = {line["quarter"]: Decimal(line["amount"]) for line in await counter.lines(second)}
    small = amounts[2]
    assert small < amounts[3], "its total would let the small line give more than it paid"
    given = Decimal(0)
    for principal in ("180000.00", "90000.00"):
        await counter.paid(loan, principal, on=date(2019, 5, 16), early=True)
        third = await counter.settled_corrections(2019, 2)
        (line,) = await counter.lines(third)
        given -= Decimal(line["amount"])
        path = f"{SUBSIDIES}/lines/{line['id']}/recover"
        done(await counter.send("treasury_officer", "POST", path, {"reference": new_reference("SH")}))
    returned = {}
    for name, statement in (("first", first), ("second", second)):
        query = text("SELECT returned FROM budget_commitment WHERE case_id = :id")
        async with db.transaction() as session:
            returned[name] = await session.scalar(query, {"id": UUID(statement["id"])})
    assert returned == {"first": given - small, "second": small}
    async with db.transaction() as session:
        paid = select(SubsidyLine.recovered).where(SubsidyLine.statement_id == UUID(second["id"]))
        assert sorted(await session.scalars(paid)) == [Decimal(0), small]
