"""Whose matching funds somebody reads and keeps: the own division's, and what each step leaves in the log (5.1-2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pytest
import pytest_asyncio
from fastapi.routing import APIRoute
from sqlalchemy import text

from services.finance.main import definition
from shared.db import Database
from tests.finance.matching import PATH, Office, events_of, forget, payment
from tests.finance.support import Desk, list_centre

pytestmark = pytest.mark.asyncio(loop_scope="session")

STEPS: Final[Mapping[str, str]] = {
    "POST /v1/matching-funds": "recorded",
    "POST /v1/matching-funds/{fund_id}/revise": "revised",
    "POST /v1/matching-funds/{fund_id}/approve": "approved",
    "POST /v1/matching-funds/{fund_id}/refuse": "refused",
    "POST /v1/matching-funds/{fund_id}/spending": "spending_recorded",
    "POST /v1/matching-funds/{fund_id}/spending/{line_id}/confirm": "spent",
    "POST /v1/matching-funds/{fund_id}/spending/{line_id}/refuse": "spending_refused",
    "POST /v1/matching-funds/{fund_id}/spending/{line_id}/reverse": "spending_reversed",
}


@pytest_asyncio.fixture(loop_scope="session")
async def office(desk: Desk, db: Database) -> Office:
    await forget(db)
    return Office(desk)


async def test_each_way_to_change_matching_funds_is_in_the_table() -> None:
    routes = {
        f"{method} {route.path}"
        for router in definition.routers
        for route in router.routes
        if isinstance(route, APIRoute) and route.path.startswith(PATH)
        for method in route.methods or ()
        if method != "GET"
    }
    assert routes == set(STEPS)


async def test_each_step_leaves_its_event_with_who_and_when(office: Office, db: Database) -> None:
    fund = await office.approved("100.00", recorded_on="2019-05-02")
    base = f"{PATH}/{fund['id']}"
    centre = await list_centre(db)
    line = await office.spent(fund, "10.00", centre_id=centre)
    wrong = (await office.spend(fund, "10.00", centre_id=centre)).json()
    await office.confirm(fund, wrong, "refuse", {"reason_code": "not_paid"})
    await office.taken_back(fund, line)
    await office.officer(f"{base}/revise", {"document_no": "财发〔2019〕2号", "amount": "1.00"})
    await office.approver(f"{base}/refuse", {"reason_code": "other"})
    told = [name.removeprefix("finance.matching_fund.").removesuffix(".v1") for name, _ in await events_of(db, fund)]
    assert told == [
        "recorded",
        "approved",
        "spending_recorded",
        "spent",
        "spending_recorded",
        "spending_refused",
        "spending_recorded",
        "spending_reversed",
        "revised",
        "refused",
    ]
    assert set(told) == set(STEPS.values())
    query = text(
        "SELECT actor, effective_on::text, attributes LIKE '%matching_funds.%' FROM event_log"
        " WHERE aggregate_id = CAST(:id AS uuid) ORDER BY aggregate_version"
    )
    async with db.transaction() as session:
        logged = [tuple(row) for row in await session.execute(query, {"id": fund["id"]})]
    officer, approver, second = "division_officer-540102", "division_approver-540102", "division_approver-2-540102"
    assert logged == [
        (officer, "2019-05-02", True),
        (approver, "2019-05-06", True),
        (officer, "2019-05-06", True),
        (second, "2019-05-06", True),
        (officer, "2019-05-06", True),
        (second, "2019-05-06", True),
        (approver, "2019-05-06", True),
        (second, "2019-05-06", True),
        (officer, "2019-05-06", True),
        (approver, "2019-05-06", True),
    ]


@pytest.mark.parametrize("division", ["540121", "540173", None])
async def test_another_divisions_funds_are_404_for_reading_and_writing(
    office: Office, db: Database, division: str | None
) -> None:
    fund = await office.approved()
    line = await office.spent(fund, "1.00", centre_id=await list_centre(db))
    base = f"{PATH}/{fund['id']}"
    foreign = {"division": division, "account": "somebody"}
    for path in (base, f"{base}/spending"):
        assert (await office.send("division_officer", "GET", path, **foreign)).status_code == 404
    for path in (PATH, f"{PATH}/spending"):
        assert (await office.send("division_approver", "GET", path, **foreign)).json()["items"] == []
    body = payment("1.00", centre_id=await list_centre(db))
    reversal = {"reason_code": "other", "voucher_no": "x"}
    refused = 404 if division else 403
    steps = (
        ("division_officer", f"{base}/revise", {"document_no": "x", "amount": "1.00"}, refused),
        ("division_approver", f"{base}/approve", None, refused),
        ("division_approver", f"{base}/refuse", {"reason_code": "other"}, refused),
        ("division_officer", f"{base}/spending", body, 404),
        ("division_approver", f"{base}/spending/{line['id']}/confirm", None, refused),
        ("division_approver", f"{base}/spending/{line['id']}/refuse", {"reason_code": "other"}, refused),
        ("division_approver", f"{base}/spending/{line['id']}/reverse", reversal, refused),
    )
    for role, path, sent, status in steps:
        answer = await office.send(role, "POST", path, sent, **foreign)
        assert (path, answer.status_code) == (path, status)
    assert (await office.read(fund))["spent"] == "1.00"


async def test_an_account_without_a_division_records_nothing(office: Office) -> None:
    body = {"year": 2019, "document_no": "x", "amount": "1.00"}
    answer = await office.officer(PATH, body, division=None)
    assert answer.status_code == 403
    elsewhere = await office.officer(PATH, {**body, "division": "540121"})
    assert (elsewhere.status_code, elsewhere.json()["errors"][0]["field"]) == (422, "division")
