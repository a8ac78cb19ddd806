"""Loans of borrowers whose centre leaves the list: marked, not ended; an order takes the mark off (2.3-5)."""

from __future__ import annotations

from datetime import date

import pytest

from shared.db import Database
from shared.events.contracts import registry as rg
from tests.finance.loans.lending import PATH, Counter, done, events_of, firm, refused
from tests.finance.matching import tenancy
from tests.finance.support import centre_state, delist, deliver, list_centre, received
from tests.finance.test_delisting_orders import REVERSED, follow, relist
from tests.support.delisting_orders import Orders

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_reversal_takes_the_mark_off_and_the_loan_goes_on(counter: Counter, db: Database) -> None:
    borrower = await firm(db)
    loan, ended = await counter.guaranteed(borrower), await counter.guaranteed(borrower)
    done(await counter.enterprise(borrower.code, f"{PATH}/{ended['id']}/withdraw", {}))
    case = await delist(db, borrower.centre_id)
    path = f"{PATH}/{loan['id']}"
    assert done(await counter.enterprise(borrower.code, path, method="GET"))["delisted_on"] == "2021-03-01"
    unmarked = done(await counter.enterprise(borrower.code, f"{PATH}/{ended['id']}", method="GET"))
    assert unmarked["delisted_on"] is None
    await follow(db, Orders(case, borrower.centre_id), "reversal", REVERSED)
    await relist(db, borrower.centre_id, 10)
    assert done(await counter.enterprise(borrower.code, path, method="GET"))["delisted_on"] is None
    done(await counter.step("guarantor", loan, "guarantor-accept", {"refusal_seen": True}))
    told = [(name.split(".")[2], data["delisted_on"]) for name, data in await events_of(db, loan)]
    assert told[-3:] == [
        ("delisting_marked", "2021-03-01"),
        ("delisting_marked", None),
        ("guarantor_accepted", None),
    ]


async def test_a_borrower_that_moved_to_a_listed_centre_goes_on_and_is_marked_with_that_one(
    counter: Counter, db: Database
) -> None:
    borrower = await firm(db)
    loan = await counter.guaranteed(borrower)
    path = f"{PATH}/{loan['id']}"
    await delist(db, borrower.centre_id)
    assert done(await counter.enterprise(borrower.code, path, method="GET"))["delisted_on"] == "2021-03-01"
    moved = await list_centre(db)
    await tenancy(db, borrower.id, moved)
    done(await counter.step("guarantor", loan, "guarantor-accept", {"refusal_seen": True}))
    shown = done(await counter.enterprise(borrower.code, path, method="GET"))
    assert (shown["centre_id"], shown["delisted_on"]) == (str(moved), None)
    await delist(db, moved)
    assert done(await counter.enterprise(borrower.code, path, method="GET"))["delisted_on"] == "2021-03-01"


async def test_a_centre_that_leaves_at_its_own_request_marks_loans_too(counter: Counter, db: Database) -> None:
    borrower = await firm(db)
    loan = await counter.guaranteed(borrower)
    state = centre_state(borrower.centre_id, status="withdrawn")
    await deliver(db, rg.CentreWithdrawn, received(rg.CentreWithdrawn, state, borrower.centre_id, 9, date(2019, 5, 2)))
    shown = done(await counter.enterprise(borrower.code, f"{PATH}/{loan['id']}", method="GET"))
    assert shown["delisted_on"] == "2019-05-02"
    step = {"refusal_seen": True}
    refused(await counter.step("guarantor", loan, "guarantor-accept", step), 409, "loan-centre-not-listed")
