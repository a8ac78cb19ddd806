"""A recovery that was entered by mistake: taken back by two people, with linked lines and entries (3.2-3)."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import text

from services.finance.loans.states import GRADUATE, GUARANTEED
from services.finance.reconciliation.movements import movements_of, outstanding_of
from shared.db import Database
from tests.finance.guarantees.test_guarantees import defaulted
from tests.finance.serving import GUARANTEES, TODAY, Counter, balances, done, events_of, held, new_reference, refused
from tests.finance.support import Desk, Json

pytestmark = pytest.mark.asyncio(loop_scope="session")

WHY = {"reason_code": "wrong_amount", "document_no": "拉担更〔2020〕1号"}


@pytest.fixture
def counter(desk: Desk) -> Counter:
    return Counter(desk)


async def recovered(counter: Counter, guarantee: Json, amount: str, reference: str | None = None) -> Json:
    body = {"amount": amount, "received_on": "2020-09-30", "reference": reference or new_reference("ZC")}
    return done(await counter.guarantor(f"{GUARANTEES}/{guarantee['id']}/recoveries", body), 201)


def address(guarantee: Json, line: Json) -> str:
    return f"{GUARANTEES}/{guarantee['id']}/recoveries/{line['id']}"


async def taken_back(counter: Counter, guarantee: Json, line: Json) -> Json:
    done(await counter.guarantor(f"{address(guarantee, line)}/propose-reversal", WHY))
    return done(await counter.guarantor(f"{address(guarantee, line)}/reverse", account="guarantor-2"))


async def shown(counter: Counter, guarantee: Json) -> Json:
    return done(await counter.send("guarantor", "GET", f"{GUARANTEES}/{guarantee['id']}"))


async def test_a_wrong_recovery_is_taken_back_by_another_person_with_linked_entries(
    counter: Counter, db: Database
) -> None:
    loan, guarantee = await defaulted(counter, db)
    await counter.called(guarantee)
    before = [await balances(db, programme=name, subject=loan.borrower) for name in ("loans", "guarantee")]
    line = await recovered(counter, guarantee, "33.33", "HK-33")
    path = address(guarantee, line)
    unproposed = await counter.guarantor(f"{path}/reverse", account="guarantor-2")
    assert refused(unproposed) == (409, "guarantee-reversal-not-proposed")
    proposed = done(await counter.guarantor(f"{path}/propose-reversal", WHY, account="guarantor-3"))
    assert (proposed["reversal_proposed_by"], proposed["reversed_on"]) == ("guarantor-3", None)
    for hand in ("guarantor-1", "guarantor-3"):
        assert refused(await counter.guarantor(f"{path}/reverse", account=hand)) == (403, "four-eyes-required")
    back = done(await counter.guarantor(f"{path}/reverse", account="guarantor-2"))
    assert (back["reversed_by"], back["reversed_on"]) == ("guarantor-2", TODAY.isoformat())
    again = await counter.guarantor(f"{path}/reverse", account="guarantor-2")
    assert refused(again) == (409, "guarantee-recovery-reversed")
    assert ((await shown(counter, guarantee))["recovered"], (await counter.standing(loan))["outstanding"]) == (
        "0.00",
        "100000.00",
    )
    assert await held(db, "loans.guaranteed", loan.borrower) == Decimal("100000.00")
    after = [await balances(db, programme=name, subject=loan.borrower) for name in ("loans", "guarantee")]
    assert after == before
    pairs = text(
        "SELECT count(*) FROM journal_entry AS back JOIN journal_entry AS first ON first.id = back.reverses_id"
        " WHERE back.kind IN ('guarantee_recovery_reversed', 'loan_repayment_reversed')"
        " AND first.kind IN ('guarantee_recovered', 'loan_repaid') AND back.case_no IN (:loan, :guarantee)"
    )
    async with db.transaction() as session:
        assert await session.scalar(pairs, {"loan": loan.no, "guarantee": guarantee["no"]}) == 2
    right = await recovered(counter, guarantee, "333.30", "HK-33")
    assert (right["amount"], right["line"]) == ("333.30", 2)
    assert (await counter.standing(loan))["outstanding"] == "99666.70"


async def test_a_loan_that_the_recovery_had_closed_is_open_again(counter: Counter, db: Database) -> None:
    loan, guarantee = await defaulted(counter, db)
    await counter.called(guarantee)
    line = await recovered(counter, guarantee, "100000.00")
    assert (await shown(counter, guarantee))["status"] == "released"
    await taken_back(counter, guarantee, line)
    assert ((await shown(counter, guarantee))["status"], (await counter.standing(loan))["status"]) == (
        "called",
        "in_recovery",
    )
    assert await held(db, "loans.guaranteed", loan.borrower) == Decimal("100000.00")
    await recovered(counter, guarantee, "100000.00")
    assert (await counter.standing(loan))["status"] == "closed"
    assert await balances(db, programme="guarantee", subject=loan.borrower) == {}


async def test_a_debt_that_was_written_off_is_recovered_whole_and_taken_back(counter: Counter, db: Database) -> None:
    loan, guarantee = await defaulted(counter, db)
    base = f"{GUARANTEES}/{guarantee['id']}"
    await counter.called(guarantee)
    done(await counter.guarantor(f"{base}/propose-write-off", {"reason": "破产", "document_no": "破1号"}))
    done(await counter.guarantor(f"{base}/write-off", account="guarantor-2"))
    line = await recovered(counter, guarantee, "100000.00")
    assert (await shown(counter, guarantee))["status"] == "released"
    await taken_back(counter, guarantee, line)
    assert (await shown(counter, guarantee))["status"] == "written_off"
    books = await balances(db, programme="guarantee", subject=loan.borrower)
    assert books == {"guarantee.cash": Decimal("-80000.00"), "guarantee.loss": Decimal("80000.00")}


async def test_the_public_funds_part_is_shared_anew_and_what_the_treasury_has_goes_out_again(
    counter: Counter, db: Database
) -> None:
    _, guarantee = await defaulted(counter, db, "50000.00", product=GRADUATE)
    await counter.called(guarantee)
    wrong = await recovered(counter, guarantee, "50000.00")
    assert wrong["budget_share"] == "40000.00"
    await taken_back(counter, guarantee, wrong)
    confirm = {"reference": "TH-9"}
    late = await counter.send("treasury_officer", "POST", f"{address(guarantee, wrong)}/confirm", confirm)
    assert refused(late) == (409, "guarantee-nothing-to-return")
    line = await recovered(counter, guarantee, "1000.00")
    assert line["budget_share"] == "800.00"
    done(await counter.send("treasury_officer", "POST", f"{address(guarantee, line)}/confirm", confirm))
    path = address(guarantee, line)
    done(await counter.guarantor(f"{path}/propose-reversal", WHY, account="guarantor-2"))
    own = await counter.guarantor(f"{path}/reverse", account="guarantor-3")
    assert refused(own) == (403, "guarantee-recovery-returned"), "the treasury's money is not the guarantor's to move"
    both = {"account": "treasury_officer-1"}
    confirmer = await counter.send("treasury_approver", "POST", f"{path}/reverse", **both)
    assert refused(confirmer) == (403, "four-eyes-required")
    assert await returned_of(db, guarantee) == Decimal("800.00")
    done(await counter.send("treasury_approver", "POST", f"{path}/reverse"))
    assert await returned_of(db, guarantee) == Decimal(0)
    shown_now = await shown(counter, guarantee)
    assert (shown_now["budget_returned"], shown_now["recovered"]) == ("0.00", "0.00")
    again = await counter.send("treasury_approver", "POST", f"{path}/reverse")
    assert refused(again) == (409, "guarantee-recovery-reversed")
    right = await recovered(counter, guarantee, "1000.00")
    done(await counter.send("treasury_officer", "POST", f"{address(guarantee, right)}/confirm", {"reference": "TH-10"}))
    assert await returned_of(db, guarantee) == Decimal("800.00")


async def returned_of(db: Database, guarantee: Json) -> Decimal:
    """What came back to the budget line of the guarantee's claim, by the line and by its books."""
    query = text(
        "SELECT returned, (SELECT sum(amount) FROM posting JOIN journal_entry AS entry ON entry.id = entry_id"
        " WHERE account = 'budget.returned' AND entry.case_id = claim.id) AS booked FROM budget_commitment"
        " JOIN guarantee_claim AS claim ON claim.id = case_id WHERE claim.guarantee_id = CAST(:id AS uuid)"
    )
    async with db.transaction() as session:
        row = (await session.execute(query, {"id": guarantee["id"]})).one()
    assert row.returned == row.booked
    return Decimal(row.returned)


async def test_the_banks_day_knows_neither_the_recovery_nor_its_reversal_as_its_own(
    counter: Counter, db: Database
) -> None:
    loan, guarantee = await defaulted(counter, db)
    await counter.called(guarantee)
    async with db.transaction() as session:
        owed = await outstanding_of(session, "CCB", TODAY, livemode=True)
    line = await recovered(counter, guarantee, "100.00")
    await taken_back(counter, guarantee, line)
    async with db.transaction() as session:
        assert await outstanding_of(session, "CCB", TODAY, livemode=True) == owed
        assert loan.no not in {
            movement.case_no for movement in await movements_of(session, "CCB", TODAY, livemode=True)
        }


async def test_who_waits_and_what_is_told(counter: Counter, db: Database) -> None:
    loan, guarantee = await defaulted(counter, db, product=GUARANTEED)
    await counter.called(guarantee)
    line = await recovered(counter, guarantee, "10.00")
    done(await counter.guarantor(f"{address(guarantee, line)}/propose-reversal", WHY, account="guarantor-3"))

    async def finds(account: str) -> bool:
        asked = {"kind": "recovery_to_reverse", "limit": 200}
        tasks = done(await counter.send("guarantor", "GET", "/v1/tasks", account=account, **asked))["items"]
        return guarantee["no"] in {task["no"] for task in tasks}

    assert [await finds(account) for account in ("guarantor-1", "guarantor-2", "guarantor-3")] == [False, True, False]
    done(await counter.guarantor(f"{address(guarantee, line)}/reverse", account="guarantor-2"))
    assert not await finds("guarantor-2")
    told = [name for name, _ in await events_of(db, guarantee["id"])]
    assert told[-3:] == [
        "guarantee.recovered",
        "guarantee.recovery_reversal_proposed",
        "guarantee.recovery_reversed",
    ]
    assert (await events_of(db, str(loan.id)))[-1][0] == "loan.payment_reversed"
