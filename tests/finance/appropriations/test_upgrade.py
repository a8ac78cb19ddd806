"""Grants of before there were budget lines: the upgrade gives each year a line of exactly what is committed."""

from __future__ import annotations

from importlib import import_module

import pytest
from sqlalchemy import text

from shared.db import Database
from tests.finance.appropriating import appropriate
from tests.finance.appropriations.treasury import PATH, Treasury, agrees, forget
from tests.finance.support import Desk, delist, list_centre

pytestmark = pytest.mark.asyncio(loop_scope="session")

STATEMENTS = ("_COMMITMENTS", "_LINES", "_REVISIONS", "_CEILINGS", "_COUNTERS", "_ENTRIES")


async def test_an_upgrade_opens_lines_of_what_is_committed(desk: Desk, db: Database, treasury: Treasury) -> None:
    await appropriate(db)
    centre, leaving = await list_centre(db), await list_centre(db)
    await desk.approved(centre, "10000.00")
    signed = await desk.countersigned(centre, "20000.00")
    paid = await desk.paid(centre, "30000.00")
    await desk.step("treasury_officer", paid, "refund", {"amount": "500.00"}, key="back")
    await desk.reviewed(centre, "40000.00")
    lost, taken = await desk.approved(leaving, "50000.00"), await desk.paid(leaving, "60000.00")
    await delist(db, leaving)
    await desk.step("treasury_officer", taken, "recover", {"amount": "7000.00"}, key="recovered")
    migration = import_module("services.finance.migrations.versions.0007_appropriations")
    await forget(db)
    async with db.transaction() as session:
        await session.execute(text("DELETE FROM case_counter WHERE prefix = 'AP'"))
        for name in STATEMENTS:
            await session.execute(text(getattr(migration, name).replace("::", r"\:\:")))

    (line,) = (await desk.get("auditor", PATH)).json()["items"]
    assert (line["no"], line["programme"], line["year"], line["document_no"]) == (
        "AP-2019-0001",
        "grants",
        2019,
        "期初",
    )
    figures = [line[name] for name in ("budget", "committed", "paid", "returned", "free")]
    assert figures == ["120000.00", "120000.00", "90000.00", "7500.00", "0.00"]
    await agrees(db, line)
    held = (await desk.get("auditor", f"{PATH}/{line['id']}/commitments")).json()["items"]
    assert lost["no"] not in {row["case_no"] for row in held}

    answer = await desk.reviewed(centre, "1000.00")
    refused = await desk.post("science_approver", f"/v1/grants/{answer['id']}/approve", {"amount": "1000.00"})
    assert refused.json()["code"] == "appropriation-exhausted", "the treasury enters the year's budget first"
    await treasury.revised(line, "500000.00")
    await desk.step("science_approver", answer, "approve", {"amount": "1000.00"})
    await desk.step("treasury_approver", signed, "disburse", key="pay")
    shown = await treasury.read(line)
    assert (shown["committed"], shown["paid"]) == ("121000.00", "110000.00")
    await agrees(db, shown)
    assert (await treasury.recorded("grants", "1.00", 2020))["no"] == "AP-2020-0001"
