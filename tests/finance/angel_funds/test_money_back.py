"""What leaves a fund: by the share of net assets, at the price for each payment, and back to the budget that paid
(3.2-2, 3.1-4)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text

from shared.db import Database
from tests.finance.angel_funds.test_investments import code_of, entries_of, tenant
from tests.finance.angel_funds.world import MUNICIPAL, PATH, Bureau, firm_code, slip, subscription
from tests.finance.matching import enterprise, tenancy
from tests.finance.support import TODAY, Desk, Json, list_centre

pytestmark = pytest.mark.asyncio(loop_scope="session")
NEXT_DAY = {"today": date(2019, 5, 7)}


@pytest_asyncio.fixture(loop_scope="session")
async def bureau(desk: Desk) -> Bureau:
    return Bureau(desk)


async def budget_of(db: Database, fund: Json) -> tuple[Decimal, Decimal]:
    query = text("SELECT sum(paid), sum(returned) FROM budget_commitment WHERE case_id = CAST(:id AS uuid)")
    async with db.transaction() as session:
        paid, returned = (await session.execute(query, {"id": fund["id"]})).one()
    return paid, returned


def withdrawal(investor: Json, amount: str) -> Json:
    return {"investor_id": investor["id"], "subscribed": amount, "paid_in": amount, "bank_slip_no": slip()}


async def test_who_withdraws_bears_its_part_of_the_losses(bureau: Bureau, db: Database) -> None:
    """Of 100.00 paid in 50.01 is written off: 33.33 of it are worth 16.66, and the other 16.67 are lost."""
    centre = await list_centre(db)
    fund = await bureau.full(centre, "30.00", "33.33", "36.67")
    investment = await bureau.invested(fund, await tenant(db, centre), "50.01")
    await bureau.moved(investment, "write-offs", {"cost": "50.01", "reason": "停止经营"})
    order = await bureau.done(fund, "withdrawals", withdrawal(fund["investors"][0], "33.33"))
    assert order["amount"] == "16.66"
    read = await bureau.statement(fund)
    assert (read["cash"], read["paid_in"], read["borne"], read["agrees"]) == ("33.33", "66.67", "16.67", True)
    last = [await bureau.done(fund, "withdrawals", withdrawal(i, i["paid_in"])) for i in fund["investors"][1:]]
    assert [order["amount"] for order in last] == ["18.33", "15.00"]
    ended = await bureau.statement(fund)
    assert (ended["cash"], ended["borne"], ended["agrees"]) == ("0.00", "50.01", True)
    assert (await entries_of(db, fund))["fund.borne"] == Decimal("-50.01")


async def test_a_withdrawal_is_refused_once_the_share_is_worth_less(bureau: Bureau, db: Database) -> None:
    centre = await list_centre(db)
    fund = await bureau.full(centre, "30.00", "70.00")
    investment = await bureau.invested(fund, await tenant(db, centre), "0.02")
    order = await bureau.prepared(fund, "withdrawals", withdrawal(fund["investors"][0], "70.00"))
    assert order["amount"] == "70.00"
    await bureau.moved(investment, "write-offs", {"cost": "0.02", "reason": "停止经营"})
    assert code_of(await bureau.confirm(fund, order)) == (409, "angel-fund-above-net-assets")


async def test_proceeds_go_back_to_the_budget_and_what_exceeds_it_is_revenue(bureau: Bureau, db: Database) -> None:
    """The city paid 30.00. Of a sale of 10.00 for 200.00 it gets 60.00: 30.00 return, 30.00 are revenue."""
    centre = await list_centre(db)
    fund = await bureau.full(centre, "30.00", "70.00")
    investment = await bureau.invested(fund, await tenant(db, centre), "10.00")
    order = await bureau.moved(investment, "exits", {"cost": "10.00", "proceeds": "200.00", "bank_slip_no": slip()})
    assert (order["due"], order["received_on"]) == ("60.00", None)
    tasks = (await bureau.get("treasury", "/v1/tasks", kind="angel_fund_money_to_receive")).json()["items"]
    assert fund["no"] in [task["no"] for task in tasks]
    assert (await bureau.receive(fund, order, "approver_2")).status_code == 403
    own = {"roles": ("treasury_officer",)}
    assert code_of(await bureau.receive(fund, order, "approver_2", claims=own)) == (403, "four-eyes-required")
    assert await budget_of(db, fund) == (Decimal("30.00"), Decimal("0.00"))
    answer = await bureau.receive(fund, order)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["returned"], answer.json()["received_by"]) == ("30.00", "treasury")
    assert code_of(await bureau.receive(fund, order)) == (409, "invalid-transition")
    assert await budget_of(db, fund) == (Decimal("30.00"), Decimal("30.00"))
    booked = await entries_of(db, fund)
    assert [booked[f"fund.treasury_{name}"] for name in ("due", "claim", "received", "revenue")] == [
        Decimal("0.00"),
        Decimal("-30.00"),
        Decimal("60.00"),
        Decimal("-30.00"),
    ]
    assert (await bureau.statement(fund))["agrees"] is True


async def test_a_sale_and_a_withdrawal_of_the_city_are_due_and_a_slip_stands_for_one(
    bureau: Bureau, db: Database
) -> None:
    fund = await bureau.full(await list_centre(db), "30.00", "70.00")
    other, municipal = fund["investors"]
    sale = {"buyer_id": other["id"], "amount": "10.00", "price": "15.00"}
    sold = await bureau.done(fund, "municipal-sales", sale)
    left = await bureau.done(fund, "withdrawals", withdrawal(municipal, "20.00"))
    private = await bureau.done(fund, "withdrawals", withdrawal(other, "10.00"))
    assert [order["due"] for order in (sold, left, private)] == ["15.00", "20.00", "0.00"]
    assert code_of(await bureau.receive(fund, private)) == (409, "invalid-transition")
    path = f"{PATH}/{fund['id']}/orders/{{}}/receive"
    same = {"bank_slip_no": slip()}
    assert (await bureau.ok("treasury", path.format(left["id"]), same))["returned"] == "20.00"
    again = await bureau.send("treasury", path.format(sold["id"]), same)
    assert code_of(again) == (409, "angel-fund-bank-slip-used")
    assert (await bureau.receive(fund, sold)).json()["returned"] == "10.00"
    assert await budget_of(db, fund) == (Decimal("30.00"), Decimal("30.00"))


async def test_a_later_payment_has_its_own_interest(bureau: Bureau, db: Database) -> None:
    """15,000.00 of 2019-05-06 for a year, 15,000.00 of 2020-05-05 for none: 15,652.50 and 15,000.00."""
    fund = await bureau.closed(await list_centre(db), "30000.00", "70000.00")
    await bureau.called(fund, "70000.00", "30000.00")
    other, municipal = fund["investors"]
    await bureau.paid_in(fund, other, "70000.00")
    await bureau.paid_in(fund, municipal, "15000.00")
    later = {"today": date(2020, 5, 5)}
    body = {"document_no": "x", "investor_id": municipal["id"], "amount": "15000.00"}
    order = await bureau.ok("officer", f"{PATH}/{fund['id']}/payments", body, claims=later)
    assert (await bureau.confirm(fund, order, claims=later)).status_code == 200
    assert (await bureau.pay(fund, order, claims=later)).status_code == 200
    path = f"{PATH}/{fund['id']}/municipal-sales"
    sale = {"document_no": "x", "buyer_id": other["id"], "amount": "20000.00"}
    low = await bureau.send("officer", path, {**sale, "price": "20652.49"}, claims=later)
    assert code_of(low) == (409, "angel-fund-price-below-cost")
    order = await bureau.ok("officer", path, {**sale, "price": "20652.50"}, claims=later)
    assert (await bureau.confirm(fund, order, claims=later)).status_code == 200
    rest = {**sale, "amount": "10000.00", "price": "10000.00"}
    assert (await bureau.send("officer", path, rest, claims=later)).status_code == 201


@pytest.mark.parametrize("said", [None, True])
async def test_the_municipal_fund_is_known_by_its_code(bureau: Bureau, db: Database, said: bool | None) -> None:
    fund = await bureau.active(await list_centre(db))
    line = {**subscription("0.01", municipal=True), **({} if said is None else {"municipal": said})}
    order = await bureau.prepared(fund, "closings", {"subscriptions": [line]})
    assert code_of(await bureau.confirm(fund, order)) == (409, "angel-fund-share-exceeded")


@pytest.mark.parametrize(("code", "said"), [(MUNICIPAL, False), (None, True)])
async def test_a_contradiction_is_refused(bureau: Bureau, db: Database, code: str | None, said: bool) -> None:
    fund = await bureau.active(await list_centre(db))
    line = {"code": code or firm_code(), "name": "出资人", "amount": "1.00", "municipal": said}
    body = {"document_no": "x", "subscriptions": [line]}
    answer = await bureau.send("officer", f"{PATH}/{fund['id']}/closings", body)
    assert answer.status_code == 422
    assert "contradicts it" in answer.text


@pytest.mark.parametrize(("slip_on", "booked"), [(None, "2019-05-07"), ("2019-05-06", "2019-05-06")])
async def test_a_tranche_counts_for_its_confirmation_or_its_slip(
    bureau: Bureau, db: Database, slip_on: str | None, booked: str
) -> None:
    centre = await list_centre(db)
    fund = await bureau.full(centre, "30.00", "70.00")
    investment = await bureau.approved(fund, await tenant(db, centre), "10.00")
    body: dict[str, Any] = {"amount": "10.00", "bank_slip_no": slip()}
    order = await bureau.on(investment, "tranches", {**body, **({"effective_on": slip_on} if slip_on else {})})
    done = await bureau.confirm(fund, order.json(), "approver_2", claims=NEXT_DAY)
    assert (done.status_code, done.json()["effective_on"]) == (200, booked)


async def test_a_tranche_is_refused_if_the_enterprise_left_before_its_confirmation(
    bureau: Bureau, db: Database
) -> None:
    centre = await list_centre(db)
    fund = await bureau.full(centre, "30.00", "70.00")
    investment = await bureau.approved(fund, await tenant(db, centre, ended_on=TODAY), "10.00")
    order = await bureau.on(investment, "tranches", {"amount": "10.00", "bank_slip_no": slip()})
    late = await bureau.confirm(fund, order.json(), "approver_2", claims=NEXT_DAY)
    assert code_of(late) == (409, "angel-fund-investee-not-tenanted")


async def test_who_proposed_does_not_record_the_vote_and_the_enterprise_does_not_read_it(
    bureau: Bureau, db: Database
) -> None:
    centre = await list_centre(db)
    fund = await bureau.full(centre, "30.00", "70.00")
    code = await tenant(db, centre)
    investment = await bureau.proposed(fund, code, "10.00")
    path = f"{PATH}/{fund['id']}/investments/{investment['id']}/vote"
    ballots = {"minutes_no": "x", "ballots": [{"seat": seat, "vote": "for"} for seat in (1, 2, 3)]}
    assert code_of(await bureau.send("officer", path, ballots)) == (403, "four-eyes-required")
    assert (await bureau.vote(investment, "for", "for", "for")).status_code == 200
    read = f"{PATH}/investments/{investment['id']}"
    inside = (await bureau.get("auditor", read)).json()
    assert (len(inside["votes"]), [step["step"] for step in inside["decisions"]]) == (3, ["proposed", "voted"])
    outside = (await bureau.get("enterprise", read, claims={"org": code})).json()
    assert (outside["votes"], [step["step"] for step in outside["decisions"]]) == ([], ["proposed"])


async def test_two_mergers_on_the_enterprise_still_sits_in_its_centre(bureau: Bureau, db: Database) -> None:
    """The record that was tenanted went into a second, and that into a third."""
    centre = await list_centre(db)
    fund = await bureau.full(centre, "30.00", "70.00")
    third, code = await enterprise(db)
    second, _ = await enterprise(db, merged_into_id=third)
    first, _ = await enterprise(db, merged_into_id=second)
    await tenancy(db, first, centre)
    assert (await bureau.proposed(fund, code, "10.00"))["status"] == "proposed"
