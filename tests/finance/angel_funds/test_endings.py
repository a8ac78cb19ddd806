"""How a fund ends, how its committee changes, and what capital costs that comes in after losses or gains (3.2-2)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text

from shared.db import Database
from tests.finance.angel_funds.test_investments import code_of, entries_of, tenant
from tests.finance.angel_funds.test_money_back import budget_of, withdrawal
from tests.finance.angel_funds.world import CHECKLIST, PATH, Bureau, firm_code, slip, subscription
from tests.finance.support import Desk, Json, delist, list_centre

pytestmark = pytest.mark.asyncio(loop_scope="session")
LATER = {"today": date(2020, 5, 7)}


@pytest_asyncio.fixture(loop_scope="session")
async def bureau(desk: Desk) -> Bureau:
    return Bureau(desk)


def resolution(fund: Json, *supporters: int, cause: str = "investors_resolved") -> Json:
    named = [fund["investors"][number]["id"] for number in supporters or range(len(fund["investors"]))]
    return {"cause": cause, "minutes_no": "决议〔2019〕1号", "supporters": named}


async def wound_up(bureau: Bureau, fund: Json) -> None:
    await bureau.done(fund, "winding-up", resolution(fund))


async def liquidation(bureau: Bureau, fund: Json) -> Json:
    answer = await bureau.get("auditor", f"{PATH}/{fund['id']}/liquidation")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def figures(shown: Json, *names: str) -> list[list[str]]:
    return [[one[name] for name in names] for one in shown["investors"]]


async def test_a_fund_that_lost_money_ends_with_its_deficiency_and_the_citys_part_goes_back(
    bureau: Bureau, db: Database
) -> None:
    """Of 100.00, 40.00 are written off and 10.00 are costs: 15.00 of the city's 30.00 come back, 15.00 are missing."""
    centre = await list_centre(db)
    fund = await bureau.full(centre, "30.00", "33.33", "36.67")
    investment = await bureau.invested(fund, await tenant(db, centre), "40.00")
    await wound_up(bureau, fund)
    early = await bureau.send("officer", f"{PATH}/{fund['id']}/final-distribution", {"document_no": "x"})
    assert code_of(early) == (409, "angel-fund-still-invested")
    await bureau.moved(investment, "write-offs", {"cost": "40.00", "reason": "停止经营"})
    tasks = (await bureau.get("officer", "/v1/tasks", kind="angel_fund_to_end")).json()["items"]
    assert fund["no"] in [task["no"] for task in tasks]
    order = await bureau.done(fund, "final-distribution", {"costs": "10.00"})
    assert (order["amount"], order["due"]) == ("50.00", "15.00")
    ended = await bureau.statement(fund)
    assert [ended[name] for name in ("cash", "paid_in", "subscribed", "losses", "borne", "agrees")] == [
        *("0.00", "0.00", "0.00", "50.00", "50.00"),
        True,
    ]
    shown = await liquidation(bureau, fund)
    assert figures(shown, "capital", "share", "deficiency") == [
        ["33.33", "16.67", "16.66"],
        ["36.67", "18.33", "18.34"],
        ["30.00", "15.00", "15.00"],
    ]
    assert [shown[name] for name in ("status", "final", "distributed", "deficiency", "due", "received")] == [
        *("terminated", True, "50.00", "50.00", "15.00", "0.00")
    ]
    answer = await bureau.receive(fund, order)
    assert (answer.status_code, answer.json()["returned"]) == (200, "15.00")
    assert await budget_of(db, fund) == (Decimal("30.00"), Decimal("15.00"))
    assert (await liquidation(bureau, fund))["received"] == "15.00"
    booked = await entries_of(db, fund)
    held = ("cash", "capital", "municipal_capital", "investments", "subscribed", "municipal_subscribed")
    assert {name: booked[f"fund.{name}"] for name in held} == dict.fromkeys(held, Decimal("0.00"))


async def test_gains_beyond_the_capital_are_revenue_and_what_was_distributed_is_no_deficiency(
    bureau: Bureau, db: Database
) -> None:
    centre = await list_centre(db)
    fund = await bureau.full(centre, "30.00", "70.00")
    investment = await bureau.invested(fund, await tenant(db, centre), "60.00")
    await bureau.moved(investment, "exits", {"cost": "60.00", "proceeds": "260.00", "bank_slip_no": slip()})
    await wound_up(bureau, fund)
    order = await bureau.done(fund, "final-distribution", {})
    assert (order["amount"], order["due"]) == ("40.00", "12.00")
    shown = await liquidation(bureau, fund)
    assert figures(shown, "proceeds", "share", "deficiency") == [
        ["182.00", "28.00", "0.00"],
        ["78.00", "12.00", "0.00"],
    ]
    assert (await bureau.statement(fund))["agrees"] is True


async def test_a_resolution_needs_two_thirds_of_the_capital(bureau: Bureau, db: Database) -> None:
    fund = await bureau.full(await list_centre(db), "30.00", "33.33", "36.67")
    path = f"{PATH}/{fund['id']}/winding-up"
    short = await bureau.send("officer", path, {"document_no": "x", **resolution(fund, 0, 2)})
    assert code_of(short) == (409, "angel-fund-winding-up-short")
    twice = {"document_no": "x", **resolution(fund, 0, 0)}
    assert (await bureau.send("officer", path, twice)).status_code == 422
    stranger = {"document_no": "x", **resolution(fund), "supporters": [fund["id"]]}
    assert (await bureau.send("officer", path, stranger)).status_code == 404
    order = await bureau.ok("officer", path, {"document_no": "x", **resolution(fund, 1, 2, cause="term_ended")})
    assert (await bureau.read(fund))["status"] == "active", "a second person has to confirm it"
    own = {"roles": ("finance_approver",), "account_id": "officer"}
    assert code_of(await bureau.confirm(fund, order, claims=own)) == (403, "four-eyes-required")
    assert (await bureau.confirm(fund, order)).status_code == 200
    read = await bureau.read(fund)
    assert (read["status"], read["winding_up_cause"], read["wound_up_on"]) == (
        "liquidating",
        "term_ended",
        "2019-05-06",
    )


async def test_nothing_new_begins_in_a_fund_that_is_wound_up(bureau: Bureau, db: Database) -> None:
    """What was open ends, the budget of an approved municipal payment is free again."""
    centre = await list_centre(db)
    fund = await bureau.closed(centre, "30.00", "70.00")
    await bureau.called(fund, "70.00", "30.00")
    other, municipal = fund["investors"]
    await bureau.paid_in(fund, other, "70.00")
    waiting = await bureau.prepared(fund, "payments", {"investor_id": municipal["id"], "amount": "30.00"})
    assert (await bureau.confirm(fund, waiting)).json()["status"] == "approved"
    code = await tenant(db, centre)
    proposed = await bureau.proposed(fund, code, "10.00")
    await wound_up(bureau, fund)
    gone = (await bureau.get("auditor", f"{PATH}/{fund['id']}/orders/{waiting['id']}")).json()
    assert (gone["status"], gone["reason_code"]) == ("cancelled", "wound_up")
    ended = (await bureau.get("auditor", f"{PATH}/investments/{proposed['id']}")).json()
    assert (ended["status"], ended["reason_code"]) == ("cancelled", "wound_up")
    query = text("SELECT sum(committed) FROM budget_commitment WHERE case_id = CAST(:id AS uuid)")
    async with db.transaction() as session:
        assert await session.scalar(query, {"id": fund["id"]}) == 0
    money = {"investor_id": other["id"], "amount": "1.00", "document_no": "x", "bank_slip_no": slip()}
    new: list[tuple[str, Json]] = [
        ("closings", {"document_no": "x", "subscriptions": [subscription("1.00")]}),
        ("payments", money),
        ("withdrawals", {"document_no": "x", **withdrawal(other, "1.00")}),
        ("investments", {"enterprise_code": code, "amount": "1.00", "checklist": CHECKLIST}),
        ("committee", {"document_no": "x", "leaving": [1], "joining": [seat()]}),
        ("winding-up", {"document_no": "x", **resolution(fund)}),
    ]
    for kind, body in new:
        assert code_of(await bureau.send("officer", f"{PATH}/{fund['id']}/{kind}", body)) == (409, "invalid-transition")


async def test_after_the_end_the_centre_may_have_another_fund(bureau: Bureau, db: Database) -> None:
    centre = await list_centre(db)
    fund = await bureau.full(centre, "30.00", "70.00")
    assert (await bureau.send("officer", PATH, {**_body(centre)})).json()["code"] == "angel-fund-exists"
    await wound_up(bureau, fund)
    await bureau.done(fund, "final-distribution", {})
    await bureau.active(centre)
    await delist(db, centre)
    assert (await bureau.read(fund))["stopped_on"] is None, "the fund that has ended is left alone"


async def test_debts_that_nothing_is_there_for_leave_nothing_to_distribute(bureau: Bureau, db: Database) -> None:
    fund = await bureau.full(await list_centre(db), "30.00", "70.00")
    await wound_up(bureau, fund)
    order = await bureau.done(fund, "final-distribution", {"costs": "100.00", "unpaid_debts": "20.00"})
    assert (order["amount"], order["due"]) == ("0.00", "0.00")
    shown = await liquidation(bureau, fund)
    assert (shown["deficiency"], shown["unpaid_debts"]) == ("100.00", "20.00")
    assert figures(shown, "share", "deficiency") == [["0.00", "70.00"], ["0.00", "30.00"]]


async def test_before_the_end_it_is_a_forecast_at_cost(bureau: Bureau, db: Database) -> None:
    centre = await list_centre(db)
    fund = await bureau.full(centre, "30.00", "70.00")
    await bureau.invested(fund, await tenant(db, centre), "60.00")
    shown = await liquidation(bureau, fund)
    assert (shown["final"], shown["distributed"], shown["deficiency"]) == (False, "100.00", "0.00")


def _body(centre: object, **other: Any) -> Json:
    seats = [seat() for _ in range(3)]
    named = {"name": "第二只子基金", "manager_code": firm_code(), "document_no": "x"}
    return {"centre_id": str(centre), "seats": seats, **named, **other}


def seat(role: str = "expert") -> Json:
    return {"role": role, "organisation_code": firm_code()}


async def test_a_committee_changes_from_a_day_on_and_votes_stay_whose_they_were(bureau: Bureau, db: Database) -> None:
    centre = await list_centre(db)
    fund = await bureau.full(centre, "30.00", "70.00")
    before = await bureau.proposed(fund, await tenant(db, centre), "10.00")
    after = await bureau.proposed(fund, await tenant(db, centre), "10.00")
    change = {"leaving": [1], "joining": [seat(), seat()]}
    order = await bureau.ok("officer", f"{PATH}/{fund['id']}/committee", {"document_no": "x", **change}, claims=LATER)
    assert (await bureau.confirm(fund, order, claims=LATER)).status_code == 200
    seats = {one["seat"]: (one["joined_on"], one["left_on"]) for one in (await bureau.read(fund))["seats"]}
    assert seats == {
        1: ("2019-05-06", "2020-05-07"),
        2: ("2019-05-06", None),
        3: ("2019-05-06", None),
        4: ("2020-05-07", None),
        5: ("2020-05-07", None),
    }

    async def vote(investment: Json, day: str, *numbers: int) -> Any:
        path = f"{PATH}/{fund['id']}/investments/{investment['id']}/vote"
        ballots = [{"seat": number, "vote": "for"} for number in numbers]
        body = {"minutes_no": "x", "ballots": ballots, "decided_on": day}
        return await bureau.send("officer_2", path, body, claims=LATER)

    assert (await vote(before, "2020-05-06", 1, 2, 4)).status_code == 422, "seat 4 joined a day later"
    assert (await vote(before, "2020-05-06", 1, 2)).json()["status"] == "voted", "two of the three of that day"
    assert (await vote(after, "2020-05-07", 1, 2, 3)).status_code == 422, "seat 1 was left that day"
    short = (await vote(after, "2020-05-07", 2, 4)).json()
    assert (short["status"], short["reason_code"]) == ("refused", "voted_down"), "two of the four of that day"


async def test_who_leaves_has_to_sit_there(bureau: Bureau, db: Database) -> None:
    fund = await bureau.active(await list_centre(db))
    path = f"{PATH}/{fund['id']}/committee"
    for body, code in (
        ({"leaving": [9], "joining": [seat()]}, "angel-fund-seat-not-held"),
        ({"leaving": [1]}, "angel-fund-committee-size"),
    ):
        assert code_of(await bureau.send("officer", path, {"document_no": "x", **body})) == (409, code)
    assert (await bureau.send("officer", path, {"document_no": "x"})).status_code == 422
    unknown = {"document_no": "x", "joining": [seat("chairman")]}
    assert (await bureau.send("officer", path, unknown)).status_code == 422


async def halved(bureau: Bureau, db: Database, pricing: str) -> Json:
    """100.00 are in, 50.00 of them invested, and worth nothing by the note; then an investor of 50.00 comes."""
    centre = await list_centre(db)
    fund = await bureau.active(centre, pricing=pricing)
    lines = [subscription("70.00"), subscription("30.00", municipal=True)]
    await bureau.done(fund, "closings", {"subscriptions": lines})
    fund = await bureau.read(fund)
    await bureau.called(fund, "70.00", "30.00")
    for investor in fund["investors"]:
        assert (await bureau.paid_in(fund, investor, investor["subscribed"])).status_code == 200
    investment = await bureau.invested(fund, await tenant(db, centre), "50.00")
    await bureau.moved(investment, "valuations", {"value": "0.00", "method": "清算价值"})
    await bureau.done(fund, "closings", {"subscriptions": [subscription("50.00")]})
    fund = await bureau.read(fund)
    await bureau.called(fund, "0.00", "0.00", "50.00")
    assert (await bureau.paid_in(fund, fund["investors"][2], "50.00")).status_code == 200
    return {**await bureau.read(fund), "investment": investment}


@pytest.mark.parametrize(
    ("pricing", "units", "unit_value", "shares"),
    [
        ("par", "50.00", "0.666667", ["46.67", "20.00", "33.33"]),
        ("net_value", "100.00", "0.500000", ["35.00", "15.00", "50.00"]),
    ],
)
async def test_who_pays_in_after_losses_pays_the_contracts_price(
    bureau: Bureau, db: Database, pricing: str, units: str, unit_value: str, shares: list[str]
) -> None:
    """At par the newcomer bears a third of losses that were there before; at net value none."""
    fund = await halved(bureau, db, pricing)
    assert (fund["investors"][2]["units"], fund["unit_value"]) == (units, unit_value)
    await bureau.moved(fund["investment"], "write-offs", {"cost": "50.00", "reason": "停止经营"})
    await wound_up(bureau, fund)
    await bureau.done(fund, "final-distribution", {})
    assert [share for (share,) in figures(await liquidation(bureau, fund), "share")] == shares
    assert (await bureau.statement(fund))["agrees"] is True


async def test_at_net_value_who_leaves_is_paid_by_the_notes_too(bureau: Bureau, db: Database) -> None:
    """The note says that 50.00 are worth 150.00: 10.00 of 100.00 paid in are worth 20.00, half of it a gain."""
    centre = await list_centre(db)
    fund = await bureau.active(centre, pricing="net_value")
    await bureau.done(fund, "closings", {"subscriptions": [subscription("100.00")]})
    fund = await bureau.read(fund)
    await bureau.called(fund, "100.00")
    await bureau.paid_in(fund, fund["investors"][0], "100.00")
    investment = await bureau.invested(fund, await tenant(db, centre), "50.00")
    await bureau.moved(investment, "valuations", {"value": "150.00", "method": "近期融资价格"})
    order = await bureau.done(fund, "withdrawals", withdrawal(fund["investors"][0], "10.00"))
    assert (order["amount"], order["units"]) == ("20.00", "10.00")
    read = await bureau.statement(fund)
    assert [read[name] for name in ("cash", "paid_in", "proceeds", "borne", "units", "agrees")] == [
        *("30.00", "90.00", "10.00", "0.00", "90.00"),
        True,
    ]


async def test_units_that_are_worth_nothing_have_no_price(bureau: Bureau, db: Database) -> None:
    centre = await list_centre(db)
    fund = await bureau.active(centre, pricing="net_value")
    await bureau.done(fund, "closings", {"subscriptions": [subscription("100.00")]})
    fund = await bureau.read(fund)
    await bureau.called(fund, "100.00")
    await bureau.paid_in(fund, fund["investors"][0], "60.00")
    investment = await bureau.invested(fund, await tenant(db, centre), "60.00")
    await bureau.moved(investment, "write-offs", {"cost": "60.00", "reason": "停止经营"})
    answer = await bureau.paid_in(fund, fund["investors"][0], "40.00")
    assert code_of(answer) == (409, "angel-fund-without-price")
