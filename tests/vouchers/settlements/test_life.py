"""A batch from collection to its end, as an office works it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tests.vouchers.settlements.office import PAID_ON, PERIOD, Office
from tests.vouchers.support import AUDITOR, PUBLIC, code_of

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_month_is_collected_checked_announced_approved_paid_and_closed(office: Office) -> None:
    standing, other = await office.holder(), await office.holder()
    await office.sold(standing, "1000.00", "300.01")
    await office.sold(other, "99.99")
    batch = await office.drafted()
    assert (batch["status"], batch["line_count"], batch["total"]) == ("draft", 3, "700.01")
    checked = await office.inspected(batch)
    assert (checked["status"], checked["sample_size"]) == ("checking", 1)
    notice = await office.ok(office.officer, f"/{batch['id']}/notice")
    assert (notice["last_day"], notice["first_decision_day"]) == ("2019-06-11", "2019-06-12")  # 7 June is a holiday
    payees = await office.get(f"/v1/settlements/{batch['id']}/notice/payees", PUBLIC)
    assert sorted(payee["total"] for payee in payees["items"]) == ["50.00", "650.01"]
    day = date(2019, 6, 12)
    early = await office.post(office.approver, f"/{batch['id']}/approve", today=date(2019, 6, 11))
    assert code_of(early) == (409, "notice-running")
    approved = await office.ok(office.approver, f"/{batch['id']}/approve", today=day)
    assert approved["decision"]["passed"] is True
    filed = await office.ok(office.payer, f"/{batch['id']}/payment-file", today=day)
    assert (filed["count"], filed["total"]) == (2, "700.01")
    orders, control = await office.orders(filed["settlement"])
    assert {order["number"] for order in orders} == {"6217001234567890123"}
    assert control == {"total_count": "2", "total_amount": "700.01", "file_digest": filed["digest"]}
    read = await office.ok(
        office.payer, f"/{batch['id']}/results", await office.answer(filed["settlement"]), today=PAID_ON
    )
    assert (read["paid"], read["waiting"], read["settlement"]["paid_total"]) == (2, 0, "700.01")
    closed = await office.ok(office.payer, f"/{batch['id']}/close", today=PAID_ON)
    assert closed["status"] == "closed"
    assert await office.balances() == {
        "programme_subsidy": Decimal("700.01"),
        "provider_payable": Decimal("0.00"),
        "issuer_bank": Decimal("-700.01"),
    }
    for line in await office.lines(batch):
        assert (line["status"], await office.payments_of(line["redemption_id"])) == ("paid", 1)
    again = await office.post(office.officer, "", {"period": PERIOD}, today=PAID_ON)
    assert code_of(again) == (409, "settlement-empty")


async def test_who_checked_does_not_approve_and_neither_of_them_pays(office: Office) -> None:
    await office.sold(await office.holder(), "1000.00")
    batch = await office.drafted()
    await office.inspected(batch)
    path, day = f"/{batch['id']}", date(2019, 6, 12)
    await office.ok(office.officer, f"{path}/notice")
    both = office.approver.__class__(("division_officer", "division_approver"), office.officer.account_id)
    both = both.__class__(both.roles, both.account_id, division=office.division)
    assert code_of(await office.post(both, f"{path}/approve", today=day)) == (403, "four-eyes-required")
    await office.ok(office.approver, f"{path}/approve", today=day)
    for caller in (office.officer, office.approver):
        assert code_of(await office.post(caller, f"{path}/payment-file", today=day)) == (403, "four-eyes-required")
    await office.ok(office.payer, f"{path}/payment-file", today=day)
    again = await office.post(office.payer, f"{path}/payment-file", today=day)
    assert code_of(again) == (409, "invalid-transition")


async def test_what_the_bank_refuses_is_paid_by_the_next_batch_once(office: Office) -> None:
    first, second = await office.holder(), await office.holder()
    [one] = await office.sold(first, "100.00")
    [two] = await office.sold(second, "200.00")
    batch = (await office.filed())["settlement"]
    orders, _ = await office.orders(batch)
    answer = await office.answer(batch, outcomes=["paid", "rejected"])
    read = await office.ok(office.payer, f"/{batch['id']}/results", answer, today=PAID_ON)
    assert (read["paid"], read["refused"]) == (1, 1)
    await office.ok(office.payer, f"/{batch['id']}/close", today=PAID_ON)
    later = await office.paid("2019-07", start=date(2019, 7, 1), settled_on=date(2019, 7, 20))
    refused = {"50.00": one, "100.00": two}[orders[1]["amount"]]
    [line] = await office.lines(later)
    assert (line["redemption_id"], line["status"]) == (refused["id"], "paid")
    for use in (one, two):
        assert await office.payments_of(use["id"]) == 1
    assert (await office.balances())["provider_payable"] == 0


async def test_money_that_comes_back_from_the_providers_bank_is_owed_and_paid_again(office: Office) -> None:
    [use] = await office.sold(await office.holder(), "100.00")
    batch = await office.paid()
    back = await office.answer(batch, outcomes=["returned"], settled_on=date(2019, 6, 25))
    await office.ok(office.payer, f"/{batch['id']}/results", back, today=date(2019, 6, 25))
    assert await office.balances() == {
        "programme_subsidy": Decimal("50.00"),
        "provider_payable": Decimal("-50.00"),
        "issuer_bank": Decimal("0.00"),
    }
    await office.ok(office.payer, f"/{batch['id']}/close", today=date(2019, 6, 25))
    await office.paid("2019-07", start=date(2019, 7, 1), settled_on=date(2019, 7, 20))
    assert await office.payments_of(use["id"]) == 2
    assert await office.balances() == {
        "programme_subsidy": Decimal("50.00"),
        "provider_payable": Decimal("0.00"),
        "issuer_bank": Decimal("-50.00"),
    }


async def test_a_cancelled_batch_gives_its_lines_back(office: Office) -> None:
    await office.sold(await office.holder(), "100.00")
    batch = await office.drafted()
    running = await office.post(office.officer, "", {"period": PERIOD})
    assert code_of(running) == (409, "settlement-running")
    cancelled = await office.ok(office.officer, f"/{batch['id']}/cancel", {"reason": "月份填错"})
    assert (cancelled["status"], cancelled["line_count"]) == ("cancelled", 0)
    assert (await office.drafted())["line_count"] == 1


async def test_another_divisions_batch_is_not_found_and_a_provider_sees_its_own_lines(office: Office) -> None:
    standing, other = await office.holder(), await office.holder()
    await office.sold(standing, "100.00")
    await office.sold(other, "200.00")
    batch = await office.drafted()
    stranger = Office(office.town, "LIUWU")
    path = f"/v1/settlements/{batch['id']}"
    for caller in (stranger.officer, (await office.seller()).caller):
        assert (await office.town.api.get(caller, path)).status_code == 404
    assert code_of(await office.post(stranger.officer, f"/{batch['id']}/check"))[0] == 404
    lines = await office.get(f"{path}/lines", standing.seller.caller)
    assert [line["amount"] for line in lines["items"]] == ["50.00"]
    assert (await office.get(path, standing.seller.caller))["drafted_by"] is None
    assert len((await office.get(f"{path}/lines", AUDITOR))["items"]) == 2
