"""Two processes of finance and many approvals of one borrower: caps are met exactly (3.2-3, 3.2-5)."""

from __future__ import annotations

import asyncio
from collections import Counter as Tally
from decimal import Decimal
from uuid import UUID

import httpx
import pytest
from sqlalchemy import insert, text

from services.finance.loans.models import BankRefusal, Loan, LoanPartner
from shared.db import Database
from shared.ids import uuid7
from tests.finance.loans.lending import (
    DAY,
    PATH,
    Counter,
    Firm,
    booked,
    ceilings,
    done,
    firm,
    founder_of_project,
    know_banks,
    person,
)
from tests.finance.support import Desk, Json, delist

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow]

MANY = 100


async def stored(
    db: Database,
    count: int,
    amount: str,
    *,
    product: str,
    borrower: Firm | None = None,
    person_ref: str | None = None,
    status: str = "submitted",
    partners: tuple[str, ...] = (),
) -> list[Json]:
    """Applications as they lie on the desk, written at once: applying a hundred times is not what is measured."""
    guaranteed = product == "guaranteed"
    key = borrower.code if guaranteed and borrower else str(person_ref)
    refusal = {
        "id": uuid7(),
        "borrower": key,
        "bank": "PSBC",
        "refused_on": DAY,
        "reason_code": "x",
        "source": "bank",
        "recorded_by": "b",
        "livemode": True,
    }
    common = {
        "version": 1,
        "livemode": True,
        "product": product,
        "edition": "lhasa-2019",
        "status": status,
        "department": "finance" if guaranteed else "hr",
        "guarantor": guaranteed,
        "borrower": key,
        "enterprise_id": borrower.id if borrower else None,
        "enterprise_code": borrower.code if borrower else None,
        "person_ref": person_ref,
        "bank": "CCB",
        "purpose": "流动资金",
        "requested": Decimal(amount),
        "tenor_months": 12,
        "refusal_id": refusal["id"],
        "created_by": "applicant",
        "submitted_by": "applicant",
        "submitted_on": DAY,
        "reviewed_by": None if guaranteed else "hr_officer-1",
        "reviewed_on": None if guaranteed else DAY,
    }
    rows = [{**common, "id": uuid7(), "no": f"LN-2019-{uuid7().hex[-10:]}"} for _ in range(count)]
    if person_ref is not None:
        async with db.transaction() as session:
            found = await session.scalar(
                text("SELECT project_id FROM known_person_link WHERE ref = :ref"), {"ref": person_ref}
            )
        for row in rows:
            row["project_id"] = found
    async with db.transaction() as session:
        await session.execute(insert(BankRefusal).values(refusal))
        await session.execute(insert(Loan).values(rows))
        lines = [
            {"loan_id": row["id"], "person_ref": ref, "position": position}
            for row in rows
            for position, ref in enumerate(partners, start=1)
        ]
        if lines:
            await session.execute(insert(LoanPartner).values(lines))
    return [{"id": str(row["id"])} for row in rows]


async def patiently(counter: Counter, role: str, loan: Json, verb: str) -> httpx.Response:
    """A step, sent again with its key while the process has no connection left (503), as a client does."""
    key, answer = uuid7().hex, None
    for _ in range(40):
        answer = await counter.step(role, loan, verb, {}, key=key)
        if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
            return answer
        await asyncio.sleep(0.5)
    assert answer is not None
    return answer


async def held(db: Database, borrower: str) -> Decimal:
    """What the loans say."""
    query = text("SELECT coalesce(sum(committed), 0) FROM loan WHERE borrower = :borrower")
    async with db.transaction() as session:
        return Decimal(await session.scalar(query, {"borrower": borrower}))


async def test_a_hundred_parallel_acceptances_meet_the_cap_exactly(desks: list[Desk], db: Database) -> None:
    """100 × 30,000 yuan against 2,000,000: 66 fit and leave 20,000 that one of 20,000 takes."""
    await know_banks(db)
    counters, borrower = [Counter(desk) for desk in desks], await firm(db)
    loans = await stored(db, MANY, "30000.00", product="guaranteed", borrower=borrower)

    async def accept(number: int, loan: Json) -> httpx.Response:
        return await patiently(counters[number % 2], "guarantor", loan, "guarantor-accept")

    answers = await asyncio.gather(*(accept(number, loan) for number, loan in enumerate(loans)))
    assert Tally(answer.status_code for answer in answers) == {200: 66, 409: 34}
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"loan-cap-exceeded"}
    [over] = await stored(db, 1, "20000.01", product="guaranteed", borrower=borrower)
    [rest] = await stored(db, 1, "20000.00", product="guaranteed", borrower=borrower)
    assert (await accept(0, over)).status_code == 409
    assert (await accept(1, rest)).status_code == 200
    assert await ceilings(db, borrower.code) == {("loans.guaranteed", borrower.code): "2000000.00"}
    assert await held(db, borrower.code) == Decimal("2000000.00")
    assert await booked(db, borrower.code) == "2000000.00"


async def test_joint_and_own_loans_at_once_never_pass_the_joint_total(desks: list[Desk], db: Database) -> None:
    """Two partners' own loans (30 × 50,000) race with joint ones (30 × 100,000) of the same two."""
    counters = [Counter(desk) for desk in desks]
    first, second = await founder_of_project(db), await founder_of_project(db)
    work: list[Json] = []
    for _ in range(30):
        work += await stored(
            db, 1, "100000.00", product="graduate_joint", person_ref=first, status="reviewed", partners=(first, second)
        )
    for ref in (first, second):
        work += await stored(db, 15, "50000.00", product="graduate", person_ref=ref, status="reviewed")

    async def approve(number: int, loan: Json) -> httpx.Response:
        return await patiently(counters[number % 2], "hr_approver", loan, "approve")

    answers = await asyncio.gather(*(approve(number, loan) for number, loan in enumerate(work)))
    assert {answer.status_code for answer in answers} == {200, 409}
    groups = {answer.json()["group_id"] for answer in answers if answer.status_code == 200} - {None}
    assert len(groups) == 1
    total = await held(db, first) + await held(db, second)
    found = await ceilings(db, *groups, first, second)
    assert found[("loans.joint", groups.pop())] == f"{total:.2f}"
    assert Decimal("1950000.00") <= total <= Decimal("2000000.00")
    for ref in (first, second):
        assert Decimal(found.get(("loans.graduate", ref), "0")) <= Decimal("500000.00")


async def test_one_person_forms_one_group_however_many_ask(desks: list[Desk], db: Database) -> None:
    counters, shared = [Counter(desk) for desk in desks], await person(db)
    leads = [await founder_of_project(db) for _ in range(8)]
    loans = [
        (
            await stored(
                db, 1, "1000.00", product="graduate_joint", person_ref=lead, status="reviewed", partners=(lead, shared)
            )
        )[0]
        for lead in leads
    ]
    steps = (patiently(counters[n % 2], "hr_approver", loan, "approve") for n, loan in enumerate(loans))
    answers = await asyncio.gather(*steps)
    assert Tally(answer.status_code for answer in answers) == {200: 1, 409: 7}
    codes = {answer.json()["code"] for answer in answers if answer.status_code == 409}
    assert codes == {"loan-partner-in-another-group"}


async def test_one_key_sent_ten_times_accepts_once(desks: list[Desk], db: Database) -> None:
    counters, borrower = [Counter(desk) for desk in desks], await firm(db)
    [loan] = await stored(db, 1, "70000.00", product="guaranteed", borrower=borrower)
    path = f"{PATH}/{loan['id']}/guarantor-accept"
    sends = [counters[0].send("guarantor", "POST", path, {}, key="ten-times") for _ in range(10)]
    statuses = Tally(answer.status_code for answer in await asyncio.gather(*sends))
    assert set(statuses) <= {200, 409}
    assert statuses[200] >= 1
    assert await held(db, borrower.code) == Decimal("70000.00")


async def test_no_acceptance_follows_the_delisting_that_it_races(desks: list[Desk], db: Database) -> None:
    counters, borrower = [Counter(desk) for desk in desks], await firm(db)
    loans = await stored(db, 20, "1.00", product="guaranteed", borrower=borrower)
    async with db.transaction() as session:
        await session.execute(
            text("UPDATE loan SET centre_id = :centre WHERE borrower = :code"),
            {"centre": borrower.centre_id, "code": borrower.code},
        )
    steps = [patiently(counters[n % 2], "guarantor", loan, "guarantor-accept") for n, loan in enumerate(loans)]
    answers, _ = await asyncio.gather(asyncio.gather(*steps), delist(db, borrower.centre_id))
    accepted = sum(answer.status_code == 200 for answer in answers)
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert await held(db, borrower.code) == Decimal(accepted)
    ids = [UUID(loan["id"]) for loan in loans]
    async with db.transaction() as session:
        marked = await session.scalar(
            text("SELECT count(*) FROM loan WHERE id = ANY(:ids) AND delisted_on IS NOT NULL"), {"ids": ids}
        )
    assert marked == len(loans)
    [late] = await stored(db, 1, "1.00", product="guaranteed", borrower=borrower)
    answer = await counters[0].step("guarantor", late, "guarantor-accept", {})
    assert (answer.status_code, answer.json()["code"]) == (409, "loan-centre-not-listed")
    assert done(await counters[0].send("finance_officer", "GET", PATH, delisted="true"))["items"]
