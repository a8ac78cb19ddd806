"""Each way to change a fund, a reward or a support leaves its event, with who did it and by which rules (3.2-2, 3.3-2,
4.6-3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import pytest
import pytest_asyncio
from fastapi.routing import APIRoute
from sqlalchemy import text

from services.finance.main import definition
from shared.db import Database
from shared.events.contracts import event_types
from tests.finance.angel_funds.world import PATH, Bureau, slip, subscription
from tests.finance.financing_rewards.world import Bureau as Rewards, firm
from tests.finance.matching import enterprise, tenancy
from tests.finance.support import Desk, Json, list_centre

pytestmark = pytest.mark.asyncio(loop_scope="session")

_FUND: Final = "/v1/angel-funds/{fund_id}"
_INVESTMENT: Final = f"{_FUND}/investments/{{investment_id}}"
_REWARD: Final = "/v1/financing-rewards/{reward_id}"
_SUPPORT: Final = "/v1/alliance-support/{support_id}"
PREPARED: Final = "angel_fund.order_prepared"
STEPS: Final[Mapping[str, str]] = {
    "/v1/angel-funds": "angel_fund.registered",
    f"{_FUND}/approve": "angel_fund.approved",
    f"{_FUND}/refuse": "angel_fund.refused",
    f"{_FUND}/closings": PREPARED,
    f"{_FUND}/calls": PREPARED,
    f"{_FUND}/payments": PREPARED,
    f"{_FUND}/defaults": PREPARED,
    f"{_FUND}/withdrawals": PREPARED,
    f"{_FUND}/municipal-sales": PREPARED,
    f"{_FUND}/committee": PREPARED,
    f"{_FUND}/winding-up": PREPARED,
    f"{_FUND}/final-distribution": PREPARED,
    f"{_FUND}/orders/{{order_id}}/confirm": "angel_fund.order_approved",
    f"{_FUND}/orders/{{order_id}}/refuse": "angel_fund.order_refused",
    f"{_FUND}/orders/{{order_id}}/pay": "angel_fund.paid_in",
    f"{_FUND}/orders/{{order_id}}/receive": "angel_fund.municipal_money_received",
    f"{_FUND}/investments": "angel_fund.investment_proposed",
    f"{_INVESTMENT}/vote": "angel_fund.investment_voted",
    f"{_INVESTMENT}/approve": "angel_fund.investment_approved",
    f"{_INVESTMENT}/refuse": "angel_fund.investment_refused",
    f"{_INVESTMENT}/tranches": PREPARED,
    f"{_INVESTMENT}/valuations": PREPARED,
    f"{_INVESTMENT}/exits": PREPARED,
    f"{_INVESTMENT}/write-offs": PREPARED,
    "/v1/financing-rewards": "financing_reward.applied",
    f"{_REWARD}/review": "financing_reward.reviewed",
    f"{_REWARD}/approve": "financing_reward.approved",
    f"{_REWARD}/second-approve": "financing_reward.second_approved",
    f"{_REWARD}/countersign": "financing_reward.countersigned",
    f"{_REWARD}/refuse": "financing_reward.refused",
    f"{_REWARD}/pay": "financing_reward.paid",
    f"{_REWARD}/recheck": "financing_reward.rechecked",
    f"{_REWARD}/confirm-recheck": "financing_reward.closed",
    f"{_REWARD}/reject-recheck": "financing_reward.recheck_rejected",
    f"{_REWARD}/recover": "financing_reward.recovered",
    "/v1/alliance-support": "alliance_support.applied",
    f"{_SUPPORT}/review": "alliance_support.reviewed",
    f"{_SUPPORT}/approve": "alliance_support.approved",
    f"{_SUPPORT}/refuse": "alliance_support.refused",
    f"{_SUPPORT}/pay": "alliance_support.paid",
    f"{_SUPPORT}/report": "alliance_support.reported",
    f"{_SUPPORT}/return-report": "alliance_support.report_returned",
    f"{_SUPPORT}/confirm-refund": "alliance_support.refunded",
    f"{_SUPPORT}/accept-report": "alliance_support.closed",
}
PREFIXES: Final = ("/v1/angel-funds", "/v1/financing-rewards", "/v1/alliance-support")
NO_EVENT_OF_THEIRS: Final = ("/eligibility", "/notice", "/documents")


async def test_each_way_to_change_something_is_in_the_table_with_its_event() -> None:
    routes = {
        route.path
        for router in definition.routers
        for route in router.routes
        if isinstance(route, APIRoute) and route.path.startswith(PREFIXES) and "POST" in (route.methods or ())
        if not any(part in route.path for part in NO_EVENT_OF_THEIRS)
    }
    assert routes == set(STEPS)
    known = {event_type.name for event_type in event_types("finance")}
    assert {f"finance.{event}.v1" for event in STEPS.values()} <= known


async def told(db: Database, case: Json) -> list[tuple[str, str, bool]]:
    query = text(
        "SELECT type, actor, attributes LIKE '%rules%' AS cited FROM event_log"
        " WHERE aggregate_id = CAST(:id AS uuid) ORDER BY aggregate_version"
    )
    async with db.transaction() as session:
        rows = (await session.execute(query, {"id": str(UUID(case["id"]))})).all()
    return [(row.type.split(".")[2], row.actor, row.cited) for row in rows]


@pytest_asyncio.fixture(loop_scope="session")
async def bureau(desk: Desk) -> Bureau:
    return Bureau(desk)


async def test_a_funds_history(bureau: Bureau, db: Database) -> None:
    centre = await list_centre(db)
    fund = await bureau.full(centre, "30.00", "70.00")
    record, code = await enterprise(db)
    await tenancy(db, record, centre)
    investment = await bureau.invested(fund, code, "10.00")
    await bureau.moved(investment, "exits", {"cost": "10.00", "proceeds": "11.00", "bank_slip_no": slip()})
    order = await bureau.prepared(fund, "closings", {"subscriptions": [subscription("1.00")]})
    await bureau.ok("approver", f"{PATH}/{fund['id']}/orders/{order['id']}/refuse", {"reason_code": "other"})
    history = await told(db, fund)
    assert [(step, actor) for step, actor, _ in history] == [
        ("registered", "officer"),
        ("approved", "approver"),
        ("order_prepared", "officer"),
        ("closing_held", "approver"),
        ("order_prepared", "officer"),
        ("called", "approver"),
        ("order_prepared", "officer"),
        ("paid_in", "approver"),
        ("order_prepared", "officer"),
        ("order_approved", "approver"),
        ("paid_in", "treasury"),
        ("investment_proposed", "officer"),
        ("investment_voted", "officer_2"),
        ("investment_approved", "approver"),
        ("order_prepared", "officer"),
        ("tranche_paid", "approver_2"),
        ("order_prepared", "officer"),
        ("exited", "approver_2"),
        ("order_prepared", "officer"),
        ("order_refused", "approver"),
    ]
    assert all(cited for _, _, cited in history)


async def test_a_rewards_history(desk: Desk, db: Database) -> None:
    reward = await Rewards(desk).paid(await firm(db))
    steps = [(step, actor) for step, actor, _ in await told(db, reward)]
    assert steps == [
        ("applied", "enterprise"),
        ("reviewed", "officer"),
        ("approved", "approver"),
        ("paid", "treasury"),
    ]


@pytest.mark.parametrize("stale", ["approve", "refuse"])
async def test_if_match_is_honoured(bureau: Bureau, db: Database, stale: str) -> None:
    fund = await bureau.registered(await list_centre(db))
    body: Any = {"reason_code": "other"} if stale == "refuse" else None
    path = f"{PATH}/{fund['id']}/{stale}"
    answer = await bureau.send("approver", path, body, headers={"If-Match": '"0"'})
    assert answer.status_code == 412
    assert (await bureau.send("approver", path, body, headers={"If-Match": '"1"'})).status_code == 200


async def test_money_needs_an_idempotency_key(bureau: Bureau, db: Database) -> None:
    fund = await bureau.active(await list_centre(db))
    body = {"document_no": "x", "subscriptions": [subscription("1.00")]}
    answer = await bureau.send("officer", f"{PATH}/{fund['id']}/closings", body, key=None)
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency-key-required")
