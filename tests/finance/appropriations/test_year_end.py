"""The end of a budget year: what is carried, what is released, and what a case finds afterwards."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text

from shared.db import Database
from tests.finance.appropriations.treasury import PATH, YEAR_END, Treasury, agrees, document, forget
from tests.finance.support import Desk, Json, delist, list_centre

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(autouse=True, loop_scope="session")
async def none_before(db: Database) -> None:
    await forget(db)


async def line_of(desk: Desk, year: int, programme: str = "grants") -> Json:
    (line,) = (await desk.get("auditor", PATH, programme=programme, year=year)).json()["items"]
    return dict(line)


async def pay(desk: Desk, grant: Json, day: date = YEAR_END) -> Any:
    key = desk.new_key()
    path = f"/v1/grants/{grant['id']}/disburse"
    return await desk.post("treasury_approver", path, key=key, claims={"today": day})


async def test_before_the_year_is_over_nothing_is_closed(treasury: Treasury) -> None:
    line = await treasury.line("grants", "100.00")
    body = {"document_no": document(), "carry_over": "0.00", "unpaid": "carry"}
    answer = await treasury.post("treasury_officer", f"/{line['id']}/close", body, today=date(2019, 12, 30))
    assert (answer.status_code, answer.json()["code"]) == (409, "appropriation-year-not-over")


async def test_what_is_free_is_carried_over_to_the_cent_and_no_further(
    desk: Desk, db: Database, treasury: Treasury
) -> None:
    line = await treasury.line("grants", "150000.00")
    await desk.paid(await list_centre(db), "100000.00")
    body = {"document_no": document(), "carry_over": "50000.01", "unpaid": "carry"}
    answer = await treasury.post("treasury_officer", f"/{line['id']}/close", body, today=YEAR_END)
    assert (answer.status_code, answer.json()["code"]) == (409, "appropriation-carry-over-above-free")
    await treasury.closed(line, "50000.00")
    carried = await line_of(desk, 2020)
    assert (carried["status"], carried["budget"], carried["granted"]) == ("approved", "50000.00", "0.00")
    await agrees(db, await treasury.read(line))
    await agrees(db, carried)
    raised = await treasury.revised(carried, "7.00", today=YEAR_END)
    assert (raised["budget"], raised["carried_in"]) == ("50007.00", "50000.00")


async def test_it_joins_what_the_next_year_has_already(desk: Desk, db: Database, treasury: Treasury) -> None:
    line = await treasury.line("grants", "100.00")
    await treasury.line("grants", "1000.00", 2020)
    await treasury.closed(line, "60.00")
    assert (await line_of(desk, 2020))["budget"] == "1060.00"
    closed = await treasury.read(line)
    assert (closed["carried_out"], closed["lapsed"], closed["budget"]) == ("60.00", "40.00", "0.00")
    await agrees(db, await line_of(desk, 2020))


async def test_nothing_carried_opens_no_line(desk: Desk, treasury: Treasury) -> None:
    await treasury.closed(await treasury.line("grants", "100.00"))
    assert (await desk.get("auditor", PATH, year=2020)).json()["items"] == []


async def test_each_unpaid_case_goes_on_or_ends_as_decided(desk: Desk, db: Database, treasury: Treasury) -> None:
    line = await treasury.line("grants", "100000.00")
    goes_on = await desk.countersigned(await list_centre(db), "30000.00")
    ends = await desk.countersigned(await list_centre(db), "20000.00")
    closed = await treasury.closed(line, "5.00", release_cases=[ends["id"]])
    (closing,) = closed["closings"]
    assert (closing["carried_unpaid"], closing["lapsed"]) == ("30000.00", "69995.00")
    carried = await line_of(desk, 2020)
    assert (carried["budget"], carried["committed"], carried["free"]) == ("30005.00", "30000.00", "5.00")
    await agrees(db, carried)
    await agrees(db, await treasury.read(line))

    answer = await pay(desk, ends)
    assert (answer.status_code, answer.json()["code"]) == (409, "appropriation-exhausted")
    await treasury.revised(carried, "20000.00", today=YEAR_END)
    assert (await pay(desk, ends)).status_code == 200, "it finds budget in the year of payment"
    assert (await pay(desk, goes_on)).status_code == 200
    carried = await line_of(desk, 2020)
    assert (carried["paid"], carried["free"]) == ("50000.00", "5.00")
    await agrees(db, carried)
    await desk.step(
        "treasury_officer", ends, "refund", {"amount": "1.00"}, key=desk.new_key(), claims={"today": YEAR_END}
    )
    assert (await line_of(desk, 2020))["returned"] == "1.00"
    await agrees(db, await line_of(desk, 2020))


async def test_all_unpaid_ones_may_be_released(desk: Desk, db: Database, treasury: Treasury) -> None:
    line = await treasury.line("grants", "30000.00")
    grant = await desk.countersigned(await list_centre(db), "30000.00")
    closed = await treasury.closed(line, "30000.00", unpaid="release")
    assert (closed["committed"], closed["carried_out"]) == ("0.00", "30000.00")
    await agrees(db, closed)
    assert (await pay(desk, grant)).status_code == 200, "out of what was carried over"
    assert (await line_of(desk, 2020))["free"] == "0.00"


async def test_a_case_that_ends_after_the_year_gives_back_to_the_line_that_bears_it(
    desk: Desk, db: Database, treasury: Treasury
) -> None:
    line = await treasury.line("grants", "90000.00")
    centre = await list_centre(db)
    carried, released = await desk.countersigned(centre, "30000.00"), await desk.countersigned(centre, "20000.00")
    await treasury.closed(line, release_cases=[released["id"]])
    await delist(db, centre)
    after = await line_of(desk, 2020)
    assert (after["budget"], after["committed"], after["free"]) == ("30000.00", "0.00", "30000.00")
    await agrees(db, after)
    for grant in (carried, released):
        assert (await desk.get("auditor", f"/v1/grants/{grant['id']}")).json()["status"] == "cancelled"
    async with db.transaction() as session:
        query = "SELECT count(*) FROM posting WHERE account = 'budget.free' AND subject = 'grants' AND period = '2020'"
        assert await session.scalar(text(query)) > 0


async def test_a_case_open_at_the_end_of_its_year_is_approved_out_of_the_open_one(
    desk: Desk, db: Database, treasury: Treasury
) -> None:
    line = await treasury.line("grants", "30000.00")
    centre = await list_centre(db)
    grant, above = await desk.reviewed(centre, "20000.00"), await desk.reviewed(centre, "10000.01")
    await treasury.closed(line)
    path, body = f"/v1/grants/{grant['id']}/approve", {"amount": "20000.00"}
    day = {"today": date(2020, 1, 6)}
    refused = await desk.post("science_approver", path, body, claims=day)
    assert (refused.status_code, refused.json()["code"]) == (409, "appropriation-closed")
    await treasury.line("grants", "30000.00", 2020)
    assert (await desk.post("science_approver", path, body, claims=day)).status_code == 200
    refused = await desk.post(
        "science_approver", f"/v1/grants/{above['id']}/approve", {"amount": "10000.01"}, claims=day
    )
    assert (refused.status_code, refused.json()["code"]) == (409, "appropriation-exhausted")
    after = await line_of(desk, 2020)
    assert (after["committed"], after["free"]) == ("20000.00", "10000.00")
    await agrees(db, after)
    await agrees(db, await treasury.read(line))
    await desk.step("industry_approver", grant, "countersign", claims=day)
    assert (await pay(desk, grant, date(2020, 1, 7))).status_code == 200
    assert (await line_of(desk, 2020))["paid"] == "20000.00"
    await agrees(db, await line_of(desk, 2020))


async def test_what_was_paid_meanwhile_is_not_carried(desk: Desk, db: Database, treasury: Treasury) -> None:
    line = await treasury.line("grants", "30000.00")
    grant = await desk.countersigned(await list_centre(db), "30000.00")
    body = {"document_no": document(), "carry_over": "0.00", "unpaid": "carry"}
    await treasury.must("treasury_officer", f"/{line['id']}/close", body, today=YEAR_END)
    assert (await pay(desk, grant)).status_code == 200
    closed = await treasury.must("treasury_approver", f"/{line['id']}/approve-closing", today=YEAR_END)
    assert (closed["budget"], closed["paid"], closed["carried_out"]) == ("30000.00", "30000.00", "0.00")
    await agrees(db, closed)


async def test_a_closed_line_is_not_touched_any_more(desk: Desk, treasury: Treasury) -> None:
    line, other = await treasury.line("grants", "10.00"), await treasury.line("angel_fund", "10.00")
    closed = await treasury.closed(line)
    body: Json = {"document_no": document(), "amount": "1.00"}
    answer = await treasury.post("treasury_officer", f"/{line['id']}/revise", body)
    assert answer.json()["code"] == "invalid-transition"
    move = {"year": 2019, "from_programme": "angel_fund", "to_programme": "grants", "reason": "x", **body}
    answer = await treasury.post("treasury_officer", "/transfers", move)
    assert answer.json()["code"] == "appropriation-closed"
    assert other["free"] == "10.00"
    assert closed["closed_on"] == YEAR_END.isoformat()


async def test_a_closing_names_cases_that_the_line_has(desk: Desk, db: Database, treasury: Treasury) -> None:
    line = await treasury.line("grants", "10000.00")
    paid = await desk.paid(await list_centre(db), "1000.00")
    body = {"document_no": document(), "carry_over": "0.00", "unpaid": "carry", "release_cases": [paid["id"]]}
    answer = await treasury.post("treasury_officer", f"/{line['id']}/close", body, today=YEAR_END)
    assert (answer.status_code, answer.json()["code"]) == (409, "appropriation-case-not-committed")


async def test_a_refused_closing_leaves_the_year_open(desk: Desk, db: Database, treasury: Treasury) -> None:
    line = await treasury.line("grants", "1000.00")
    body = {"document_no": document(), "carry_over": "0.00", "unpaid": "carry"}
    await treasury.must("treasury_officer", f"/{line['id']}/close", body, today=YEAR_END)
    refused = {"reason_code": "wrong_amount"}
    shown = await treasury.must("treasury_approver", f"/{line['id']}/refuse-closing", refused, today=YEAR_END)
    assert (shown["status"], shown["closings"][0]["status"]) == ("approved", "refused")
    assert (await desk.approved(await list_centre(db), "1000.00"))["status"] == "approved"
