"""A fund over HTTP: registration, closings, calls, payments, the share at every change, breaches (3.2-2)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import pytest_asyncio

from shared.db import Database
from tests.finance.angel_funds.world import PATH, Bureau, fund_body, slip, subscription
from tests.finance.support import Desk, list_centre

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def bureau(desk: Desk) -> Bureau:
    return Bureau(desk)


def code_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def inputs_of(answer: Any, rule: str = "angel_fund.share") -> dict[str, Any]:
    failed = [r for r in answer.json()["decision"]["results"] if not r["passed"] and r["rule"] == rule]
    return dict(failed[0]["inputs"])


async def test_a_fund_is_approved_by_another_person(bureau: Bureau, db: Database) -> None:
    centre = await list_centre(db)
    fund = await bureau.registered(centre)
    assert (fund["no"][:8], fund["status"], len(fund["seats"])) == ("AF-2019-", "registered", 3)
    path = f"{PATH}/{fund['id']}/approve"
    own = await bureau.send("officer", path, claims={"roles": ("finance_officer", "finance_approver")})
    assert code_of(own) == (403, "four-eyes-required")
    assert (await bureau.send("admin", path)).status_code == 403
    assert (await bureau.ok("approver", path))["status"] == "active"
    assert code_of(await bureau.send("approver", path)) == (409, "invalid-transition")
    assert code_of(await bureau.send("officer", PATH, fund_body(centre))) == (409, "angel-fund-exists")


async def test_a_refused_fund_leaves_room_for_another(bureau: Bureau, db: Database) -> None:
    centre = await list_centre(db)
    fund = await bureau.registered(centre)
    await bureau.ok("approver", f"{PATH}/{fund['id']}/refuse", {"reason_code": "not_eligible"})
    other = await bureau.active(centre)
    assert (other["status"], (await bureau.read(fund))["status"]) == ("active", "refused")
    assert (other["id"] != fund["id"], other["centre_id"]) == (True, fund["centre_id"])


@pytest.mark.parametrize(
    ("municipal", "others", "admissible"),
    [
        ("3000000.00", ("7000000.00",), None),
        ("3000000.01", ("7000000.00",), "3000000.00"),
        ("0.42", ("0.99",), "0.42"),
        ("0.43", ("0.99",), "0.42"),
        ("0.01", (), "0.00"),
    ],
)
async def test_subscribed_share_at_the_cent(
    bureau: Bureau, db: Database, municipal: str, others: tuple[str, ...], admissible: str | None
) -> None:
    """All subscriptions of a closing count together, so that 30.00 % is reached at once and not a cent more."""
    fund = await bureau.active(await list_centre(db))
    lines = [subscription(municipal, municipal=True), *(subscription(amount) for amount in others)]
    order = await bureau.prepared(fund, "closings", {"subscriptions": lines})
    answer = await bureau.confirm(fund, order)
    share = 100 * float(municipal) / (float(municipal) + sum(map(float, others)))
    if share <= 30.0:
        assert answer.status_code == 200, answer.text
        assert (await bureau.read(fund))["municipal_subscribed"] == municipal
    else:
        assert code_of(answer) == (409, "angel-fund-share-exceeded")
        assert inputs_of(answer)["admissible"] == admissible
        assert (await bureau.read(fund))["investors"] == []


async def test_paid_in_share_is_tested_by_itself(bureau: Bureau, db: Database) -> None:
    """Subscribed 30.00 %, but the others have paid 6,999,999.99 of 7,000,000.00."""
    fund = await bureau.closed(await list_centre(db), "3000000.00", "7000000.00")
    await bureau.called(fund, "7000000.00", "3000000.00")
    other, municipal = fund["investors"]
    early = await bureau.paid_in(fund, municipal, "0.01")
    assert code_of(early) == (409, "angel-fund-share-exceeded")
    waiting = (await bureau.get("auditor", f"{PATH}/{fund['id']}/orders", status="prepared")).json()["items"]
    await bureau.ok(
        "approver", f"{PATH}/{fund['id']}/orders/{waiting[0]['id']}/refuse", {"reason_code": "not_eligible"}
    )
    assert (await bureau.paid_in(fund, other, "6999999.99")).status_code == 200
    assert (await bureau.read(fund))["admissible_payment"] == "2999999.99"
    above = await bureau.paid_in(fund, municipal, "3000000.00")
    assert code_of(above) == (409, "angel-fund-share-exceeded")
    assert inputs_of(above)["admissible"] == "2999999.99"
    waiting = (await bureau.get("auditor", f"{PATH}/{fund['id']}/orders", status="prepared")).json()["items"]
    await bureau.ok(
        "approver", f"{PATH}/{fund['id']}/orders/{waiting[0]['id']}/refuse", {"reason_code": "wrong_amount"}
    )
    assert (await bureau.paid_in(fund, municipal, "2999999.99")).status_code == 200
    assert (await bureau.paid_in(fund, other, "0.01")).status_code == 200
    assert (await bureau.paid_in(fund, municipal, "0.01")).status_code == 200
    read = await bureau.read(fund)
    assert (read["paid_in"], read["municipal_paid_in"], read["cash"]) == ("10000000.00", "3000000.00", "10000000.00")
    assert (await bureau.statement(fund))["agrees"] is True


async def test_nobody_pays_more_than_was_called(bureau: Bureau, db: Database) -> None:
    fund = await bureau.closed(await list_centre(db), "30.00", "70.00")
    await bureau.called(fund, "50.00", "0.00")
    other = fund["investors"][0]
    assert code_of(await bureau.paid_in(fund, other, "50.01")) == (409, "angel-fund-above-open-amount")
    assert (await bureau.paid_in(fund, other, "50.00")).status_code == 200
    body = {"document_no": "催〔2019〕2号", "due_on": "2019-07-01"}
    above = [{"investor_id": other["id"], "amount": "20.01"}]
    answer = await bureau.send("officer", f"{PATH}/{fund['id']}/calls", {**body, "lines": above})
    assert code_of(answer) == (409, "angel-fund-above-open-amount")


async def test_a_withdrawal_at_30_percent_is_a_breach_and_a_new_investor_cures_it(bureau: Bureau, db: Database) -> None:
    fund = await bureau.full(await list_centre(db), "30.00", "60.00", "10.00")
    leaving = fund["investors"][1]
    body = {"investor_id": leaving["id"], "subscribed": "0.01", "paid_in": "0.01", "bank_slip_no": slip()}
    await bureau.done(fund, "withdrawals", body)
    breached = await bureau.read(fund)
    assert (breached["breached_on"], breached["admissible_payment"]) == ("2019-05-06", "0.00")
    (breach,) = (await bureau.get("auditor", f"{PATH}/{fund['id']}/breaches")).json()
    assert (breach["bases"], breach["cured_on"]) == (["subscribed", "paid_in"], None)
    tasks = (await bureau.get("officer", "/v1/tasks", kind="angel_fund_breach_to_cure")).json()["items"]
    assert fund["no"] in [task["no"] for task in tasks]
    municipal = next(investor for investor in breached["investors"] if investor["municipal"])
    stopped = await bureau.paid_in(fund, municipal, "0.01")
    assert stopped.json()["code"] in ("angel-fund-above-open-amount", "angel-fund-breached")
    await bureau.done(fund, "closings", {"subscriptions": [subscription("0.01")]})
    still = (await bureau.get("auditor", f"{PATH}/{fund['id']}/breaches")).json()
    assert (still[0]["bases"], still[0]["cured_on"]) == (["paid_in"], None)
    new = (await bureau.read(fund))["investors"][-1]
    await bureau.done(fund, "calls", {"due_on": "2019-06-30", "lines": [{"investor_id": new["id"], "amount": "0.01"}]})
    assert (await bureau.paid_in(fund, new, "0.01")).status_code == 200
    assert (await bureau.read(fund))["breached_on"] is None
    (breach,) = (await bureau.get("auditor", f"{PATH}/{fund['id']}/breaches")).json()
    assert breach["cured_on"] == "2019-05-06"
    assert (await bureau.statement(fund))["agrees"] is True


async def test_an_open_breach_stops_a_municipal_payment_on_its_way(bureau: Bureau, db: Database) -> None:
    fund = await bureau.closed(await list_centre(db), "30.00", "70.00")
    await bureau.called(fund, "70.00", "30.00")
    other, municipal = fund["investors"]
    assert (await bureau.paid_in(fund, other, "60.00")).status_code == 200
    order = await bureau.prepared(fund, "payments", {"investor_id": municipal["id"], "amount": "10.00"})
    assert (await bureau.confirm(fund, order)).json()["status"] == "approved"
    await bureau.done(fund, "defaults", {"investor_id": other["id"], "amount": "10.00"})
    assert code_of(await bureau.pay(fund, order)) == (409, "angel-fund-breached")
    refused = await bureau.ok(
        "treasury", f"{PATH}/{fund['id']}/orders/{order['id']}/refuse", {"reason_code": "not_eligible"}
    )
    assert refused["status"] == "refused"
    lowered = {"investor_id": municipal["id"], "amount": "4.29"}
    await bureau.done(fund, "defaults", lowered)
    assert (await bureau.read(fund))["breached_on"] is None


async def test_a_municipal_payment_takes_three_people_and_a_centre_in_good_standing(
    bureau: Bureau, db: Database, standings: Any
) -> None:
    fund = await bureau.closed(await list_centre(db), "30.00", "70.00")
    await bureau.called(fund, "70.00", "30.00")
    other, municipal = fund["investors"]
    await bureau.paid_in(fund, other, "70.00")
    order = await bureau.prepared(fund, "payments", {"investor_id": municipal["id"], "amount": "30.00"})
    second = {"document_no": "x", "investor_id": municipal["id"], "amount": "1.00"}
    pending = await bureau.send("officer", f"{PATH}/{fund['id']}/payments", second)
    assert code_of(pending) == (409, "angel-fund-payment-pending")
    own = {"roles": ("finance_approver",)}
    assert code_of(await bureau.confirm(fund, order, "officer", claims=own)) == (403, "four-eyes-required")
    assert code_of(await bureau.pay(fund, order)) == (409, "invalid-transition")
    assert (await bureau.confirm(fund, order)).status_code == 200
    treasurer = {"roles": ("treasury_officer",)}
    assert code_of(await bureau.pay(fund, order, "approver", claims=treasurer)) == (403, "four-eyes-required")
    standings.answers["evaluation"] = "delisting_decided"
    assert code_of(await bureau.pay(fund, order)) == (409, "centre-not-in-good-standing")
    standings.answers["evaluation"] = 500
    assert code_of(await bureau.pay(fund, order)) == (503, "standing-unknown")
    standings.reset()
    first = await bureau.pay(fund, order, key="once")
    again = await bureau.pay(fund, order, key="once")
    assert (first.status_code, again.status_code) in ((200, 200), (200, 422))
    assert code_of(await bureau.pay(fund, order)) == (409, "invalid-transition")
    assert (await bureau.read(fund))["municipal_paid_in"] == "30.00"


async def test_an_early_exit_needs_cost_and_interest(bureau: Bureau, db: Database) -> None:
    """30,000.00 for a year at 4.35 %: 31,305.00, and not a cent less."""
    fund = await bureau.full(await list_centre(db), "30000.00", "70000.00")
    other, _ = fund["investors"]
    later = {"today": date(2020, 5, 5)}
    sale = {"document_no": "转让〔2020〕1号", "buyer_id": other["id"], "amount": "30000.00"}
    path = f"{PATH}/{fund['id']}/municipal-sales"
    low = await bureau.send("officer", path, {**sale, "price": "31304.99"}, claims=later)
    assert code_of(low) == (409, "angel-fund-price-below-cost")
    order = await bureau.ok("officer", path, {**sale, "price": "31305.00"}, claims=later)
    assert (await bureau.confirm(fund, order, claims=later)).status_code == 200
    read = await bureau.read(fund)
    assert (read["municipal_paid_in"], read["paid_in"], read["subscribed"]) == ("0.00", "100000.00", "100000.00")
    assert read["investors"][0]["paid_in"] == "100000.00"
    assert (await bureau.statement(fund))["agrees"] is True
