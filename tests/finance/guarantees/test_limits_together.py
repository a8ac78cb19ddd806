"""The guarantor's limits over all codes of a borrower, over related parties, and after facts that came later; and loans
that wait for a guarantee after a move (3.2-3, 条例 683 号)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import select, text, update

from services.finance.loans.models import Loan
from services.finance.loans.states import GRADUATE, GRADUATE_JOINT, GUARANTEED
from services.finance.projections import known_enterprise, known_holding
from shared.db import Database
from shared.ids import uuid7
from tests.finance.guarantees.test_guarantees import DAY, draft_of
from tests.finance.matching import tenancy
from tests.finance.serving import GUARANTEES, Counter, Signed, done, refused, signed
from tests.finance.support import Desk, Json, delist, list_centre

pytestmark = pytest.mark.asyncio(loop_scope="session")

ROW = text(
    "INSERT INTO ceiling (kind, subject, period, limit_amount, committed)"
    " VALUES ('guarantees.borrower', :subject, 'all', :held, :held)"
    " ON CONFLICT (kind, subject, period) DO UPDATE SET committed = :held, limit_amount = :held"
)
SHARE = Decimal("80000.00")
"""Of a loan of 100,000."""
ONE, CIRCLE = Decimal("10000000.00"), Decimal("15000000.00")


@pytest.fixture
def counter(desk: Desk) -> Counter:
    return Counter(desk)


async def hold(db: Database, subject: str, amount: Decimal) -> None:
    async with db.transaction() as session:
        await session.execute(ROW, {"subject": subject, "held": amount})


async def record(db: Database, code: str, **values: object) -> UUID:
    """The registry's record of that code, with these facts."""
    table = known_enterprise
    async with db.transaction() as session:
        found = await session.scalar(select(table.c.id).where(table.c.code == code))
        if found is None:
            found = uuid7()
            await session.execute(table.insert().values(id=found, version=1, code=code, division="540102"))
        if values:
            await session.execute(update(table).where(table.c.id == found).values(**values))
    return UUID(str(found))


async def merged(db: Database, code: str, into: str) -> None:
    await record(db, code, merged_into_id=await record(db, into))


async def drafted(counter: Counter, loan: Signed) -> Json:
    return done(await counter.guarantor(GUARANTEES, draft_of(loan)), 201)


@pytest.mark.parametrize(("over", "code"), [("0.00", None), ("0.01", "guarantee-borrower-limit-exceeded")])
async def test_the_codes_of_a_merged_borrower_count_together(
    counter: Counter, db: Database, over: str, code: str | None
) -> None:
    loan = await signed(db, product=GUARANTEED)
    gone, last = f"M-{loan.no}", f"N-{loan.no}"
    await merged(db, gone, last)
    await merged(db, loan.borrower, last)
    await hold(db, gone, ONE - SHARE + Decimal(over))
    answer = await counter.guarantor(GUARANTEES, draft_of(loan))
    if code is not None:
        assert refused(answer) == (409, code)
        return
    limits = done(await counter.send("guarantor", "GET", f"{GUARANTEES}/{done(answer, 201)['id']}/limits"))
    assert limits["borrower"] == {"committed": "10000000.00", "limit": "10000000.00", "remaining": "0.00"}


async def related_by_representative(db: Database, loan: Signed, other: str) -> None:
    for code in (loan.borrower, other):
        await record(db, code, legal_representative_ref=f"P-{loan.no}")


async def related_by_holding(db: Database, loan: Signed, other: str) -> None:
    await hold_share(db, other, loan.borrower, "25")


async def related_as_the_representative(db: Database, loan: Signed, other: str) -> None:
    await record(db, loan.borrower, legal_representative_ref=other)


async def hold_share(db: Database, holder: str, held: str, percent: str) -> None:
    row = {"id": uuid7(), "version": 1, "holder_code": holder, "held_code": held, "percent": Decimal(percent)}
    async with db.transaction() as session:
        await session.execute(known_holding.insert().values(**row, valid_from=date(2019, 1, 1)))


@pytest.mark.parametrize(("over", "code"), [("0.00", None), ("0.01", "guarantee-related-limit-exceeded")])
@pytest.mark.parametrize(
    "relate",
    [related_by_representative, related_by_holding, related_as_the_representative],
    ids=lambda one: one.__name__,
)
async def test_a_borrower_and_its_related_parties_have_a_limit_of_fifteen_percent(
    counter: Counter, db: Database, relate: object, over: str, code: str | None
) -> None:
    loan = await signed(db, product=GUARANTEED)
    other = f"R-{loan.no}"
    assert callable(relate)
    await relate(db, loan, other)
    await hold(db, other, CIRCLE - SHARE + Decimal(over))
    answer = await counter.guarantor(GUARANTEES, draft_of(loan))
    if code is not None:
        assert refused(answer) == (409, code)
        assert "15000000" in answer.json()["detail"]
        return
    limits = done(await counter.send("guarantor", "GET", f"{GUARANTEES}/{done(answer, 201)['id']}/limits"))
    assert limits["related"] == {"committed": "15000000.00", "limit": "15000000.00", "remaining": "0.00"}


async def test_a_holding_below_a_quarter_relates_nobody(counter: Counter, db: Database) -> None:
    loan = await signed(db, product=GUARANTEED)
    await hold_share(db, f"S-{loan.no}", loan.borrower, "24.9999")
    await hold(db, f"S-{loan.no}", CIRCLE)
    guarantee = await drafted(counter, loan)
    limits = done(await counter.send("guarantor", "GET", f"{GUARANTEES}/{guarantee['id']}/limits"))
    assert limits["related"]["committed"] == f"{SHARE:.2f}", "its own share and nobody else's"


async def above_limit(counter: Counter) -> dict[str, Json]:
    asked = {"kind": "guarantee_above_limit", "limit": 200}
    items = done(await counter.send("guarantor", "GET", "/v1/tasks", **asked))["items"]
    return {item["no"]: item for item in items}


async def test_a_merger_that_passes_the_limit_is_the_guarantors_task(counter: Counter, db: Database) -> None:
    loan = await signed(db, product=GUARANTEED)
    other = f"T-{loan.no}"
    guarantee = await drafted(counter, loan)
    await hold(db, other, ONE - SHARE)
    await merged(db, other, loan.borrower)
    assert guarantee["no"] not in await above_limit(counter), "at the limit"
    await hold(db, other, ONE - SHARE + Decimal("0.01"))
    task = (await above_limit(counter))[guarantee["no"]]
    assert "10,000,000.01" in task["todo_en"]
    assert task["subject_id"] == guarantee["id"]
    again = await signed(db, product=GUARANTEED)
    await merged(db, again.borrower, loan.borrower)
    assert refused(await counter.guarantor(GUARANTEES, draft_of(again))) == (409, "guarantee-borrower-limit-exceeded")


async def test_a_relation_that_passes_the_limit_is_too(counter: Counter, db: Database) -> None:
    loan = await signed(db, product=GUARANTEED)
    other = f"U-{loan.no}"
    guarantee = await drafted(counter, loan)
    await hold(db, other, CIRCLE - SHARE + Decimal("0.01"))
    assert guarantee["no"] not in await above_limit(counter)
    await related_by_representative(db, loan, other)
    assert guarantee["no"] in await above_limit(counter)


async def above_cap(counter: Counter, role: str = "finance_officer") -> set[str]:
    asked = {"kind": "loan_above_cap", "limit": 200}
    return {item["no"] for item in done(await counter.send(role, "GET", "/v1/tasks", **asked))["items"]}


async def test_debts_that_a_merger_brings_above_the_cap_are_the_bureaus_task(counter: Counter, db: Database) -> None:
    first, second = await signed(db, "3000000.00"), await signed(db, "0.01")
    for loan in (first, second):
        await counter.drawn(loan, "3000000.00" if loan is first else "0.01", DAY)
    assert not {first.no, second.no} & await above_cap(counter)
    await merged(db, second.borrower, first.borrower)
    assert {first.no, second.no} <= await above_cap(counter)
    await counter.paid(first, "0.01", on=date(2019, 6, 17))
    assert not {first.no, second.no} & await above_cap(counter)


async def test_a_graduates_own_debt_above_the_joint_cap_is_shown(counter: Counter, db: Database) -> None:
    joint = await signed(db, "1800000.00", product=GRADUATE_JOINT)
    own = await signed(db, "200000.00", product=GRADUATE, borrower=joint.borrower)
    await counter.drawn(joint, "1800000.00", DAY)
    await counter.drawn(own, "200000.00", DAY)
    assert not {joint.no, own.no} & await above_cap(counter, "hr_officer")
    more = text(
        "UPDATE ceiling SET committed = committed + 0.01, limit_amount = limit_amount + 0.01"
        " WHERE kind = 'loans.joint' AND subject = (SELECT group_id::text FROM loan WHERE id = :id)"
    )
    async with db.transaction() as session:
        await session.execute(more, {"id": joint.id})
    assert {joint.no, own.no} <= await above_cap(counter, "hr_officer")


async def test_a_marked_loan_waits_for_its_guarantee_again_once_the_borrower_has_moved(
    counter: Counter, db: Database
) -> None:
    loan = await signed(db, product=GUARANTEED)
    async with db.transaction() as session:
        enterprise_id = await session.scalar(select(Loan.enterprise_id).where(Loan.id == loan.id))
        await session.execute(update(Loan).where(Loan.id == loan.id).values(delisted_on=date(2020, 9, 1)))

    async def waits() -> bool:
        asked = {"kind": "guarantee_to_draft", "limit": 200}
        tasks = done(await counter.send("guarantor", "GET", "/v1/tasks", **asked))["items"]
        return loan.no in {task["no"] for task in tasks}

    assert not await waits()
    centre = await list_centre(db)
    await tenancy(db, UUID(str(enterprise_id)), centre)
    assert await waits()
    await delist(db, centre)
    assert not await waits()
