"""Grants take their year's budget line: committed, released, paid, come back; and what the end of the year does."""

from __future__ import annotations

import pytest

from shared.db import Database
from tests.finance.appropriations.treasury import PATH, YEAR_END, Treasury, agrees
from tests.finance.support import Desk, delist, list_centre

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_grant_s_way_through_its_budget_line(desk: Desk, db: Database, treasury: Treasury) -> None:
    """Nothing without a line; then to the cent; then back; then the year ends."""
    centre, other = await list_centre(db), await list_centre(db)
    grant = await desk.reviewed(centre, "100000.00")
    answer = await desk.post("science_approver", f"/v1/grants/{grant['id']}/approve", {"amount": "100000.00"})
    assert (answer.status_code, answer.json()["code"]) == (409, "appropriation-missing")

    line = await treasury.line("grants", "149999.99")
    await desk.step("science_approver", grant, "approve", {"amount": "100000.00"})
    second = await desk.reviewed(other, "50000.00")
    answer = await desk.post("science_approver", f"/v1/grants/{second['id']}/approve", {"amount": "50000.00"})
    assert (answer.status_code, answer.json()["code"]) == (409, "appropriation-exhausted")
    assert "49999.99" in answer.json()["detail"]
    await treasury.revised(line, "150000.00")
    await desk.step("science_approver", second, "approve", {"amount": "50000.00"})
    shown = await treasury.read(line)
    assert (shown["committed"], shown["paid"], shown["free"]) == ("150000.00", "0.00", "0.00")
    await agrees(db, shown)

    await desk.step("industry_approver", grant, "countersign")
    await desk.step("treasury_approver", grant, "disburse", key="pay")
    await desk.step("treasury_officer", grant, "refund", {"amount": "400.01"}, key="back")
    shown = await treasury.read(line)
    assert (shown["committed"], shown["paid"], shown["returned"]) == ("150000.00", "100000.00", "400.01")
    assert shown["free"] == "0.00", "what came back is the treasury's"
    await agrees(db, shown)

    await desk.step("industry_approver", second, "refuse", {"reason_code": "other"})
    shown = await treasury.read(line)
    assert (shown["committed"], shown["free"]) == ("100000.00", "50000.00")
    await agrees(db, shown)

    third = await desk.countersigned(other, "30000.00")
    closed = await treasury.closed(line, "15000.00")
    assert (closed["status"], closed["budget"], closed["committed"]) == ("closed", "100000.00", "100000.00")
    assert (closed["carried_out"], closed["lapsed"]) == ("45000.00", "5000.00")
    await agrees(db, closed)
    (next_line,) = (await desk.get("auditor", PATH, year=2020)).json()["items"]
    assert (next_line["budget"], next_line["committed"], next_line["free"]) == ("45000.00", "30000.00", "15000.00")
    await agrees(db, next_line)

    late = await desk.reviewed(other, "1000.00")
    answer = await desk.post("science_approver", f"/v1/grants/{late['id']}/approve", {"amount": "1000.00"})
    assert (answer.status_code, answer.json()["code"]) == (409, "appropriation-closed")
    await desk.step("treasury_approver", third, "disburse", key="pay3", claims={"today": YEAR_END})
    shown = await treasury.read(next_line)
    assert (shown["paid"], shown["free"]) == ("30000.00", "15000.00")
    await agrees(db, shown)
    kinds = {
        entry["kind"]: entry["postings"][0]["period"]
        for entry in (await desk.get("auditor", "/v1/journal-entries", case_no=third["no"])).json()["items"]
    }
    assert kinds["budget_committed"] == "2019"
    assert kinds["budget_paid"] == "2020"
    page = (await desk.get("finance_officer", f"{PATH}/{next_line['id']}/commitments")).json()["items"]
    assert [(row["case_no"], row["year"], row["paid"]) for row in page] == [(third["no"], 2019, "30000.00")]

    await delist(db, centre)
    assert (await treasury.read(line))["committed"] == "100000.00", "paid money is recovered, not released"
