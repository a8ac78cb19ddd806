"""What the tests of a grant's year share."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from shared.db import Database
from tests.finance.support import OTHER_OPERATOR, Desk, Json, delist, list_centre

FIGURES = ("received", "spent", "ineligible", "refunded", "recovered", "balance")
ASSETS = [{"name": "检测仪", "quantity": 2, "amount": "100000.00"}]


async def paid_for_research(desk: Desk, db: Database, amount: str = "100000.00") -> Json:
    """A paid grant that buys equipment."""
    centre_id = await list_centre(db, tier="specialised")
    return await desk.paid(centre_id, amount, purpose="research_capacity", assets=ASSETS)


async def figures_of(desk: Desk, grant: Json, year: int) -> Json:
    """What the books have by the end of the year."""
    answer = await desk.get("operator", f"/v1/grants/{grant['id']}/use-reports/figures", year=year)
    assert answer.status_code == 200, answer.text
    return {name: answer.json()[name] for name in FIGURES}


async def report_on(desk: Desk, grant: Json, year: int, person: str = "operator", **other: Any) -> Json:
    """A report with the books' figures; what else is sent replaces them."""
    body = {"year": year, "figures": await figures_of(desk, grant, year), "statement": "专款专用", **other}
    answer = await desk.post(person, f"/v1/grants/{grant['id']}/use-reports", body)
    return {"http": answer.status_code, **answer.json()}


async def in_recovery(desk: Desk, db: Database, spent: str = "60000.00", **other: Any) -> tuple[Json, UUID]:
    """A grant of 10 万元 of a delisted centre: what was not spent is to be recovered. Also the case."""
    centre_id = await list_centre(db, **other)
    grant = await desk.paid(centre_id)
    assert (await desk.spend(grant, spent)).status_code == 201
    case_id = await delist(db, centre_id)
    desk.today = date(2021, 3, 10)
    return (await desk.get("auditor", f"/v1/grants/{grant['id']}")).json(), case_id


def contract(amount: str = "10000.00", **other: Any) -> Json:
    return {
        "contract_no": "HT-2019-001",
        "counterparty_code": OTHER_OPERATOR,
        "description": "设备安装尾款",
        "signed_on": "2020-11-02",
        "amount": amount,
        **other,
    }
