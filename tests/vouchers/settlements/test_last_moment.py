"""What may still happen to a batch between its check and its payment, and nobody gets around (4.3-2, 4.3-4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from tests.vouchers.settlements.office import PAID_ON, Json, Office
from tests.vouchers.support import Caller, code_of, fresh_invoice
from tests.vouchers.test_claims import granted

pytestmark = pytest.mark.asyncio(loop_scope="session")

JULY = date(2019, 7, 1)


async def test_an_invoice_of_10000_backs_vouchers_and_a_grant_together_up_to_the_last_moment(office: Office) -> None:
    """5,000 of two uses and 5,000 of a grant are paid; a fen more, claimed after the approval, stops the payment."""
    standing = await office.holder()
    invoice = fresh_invoice()
    uses = await office.sold(standing, "6000.00", invoice={**invoice, "amount": "10000.00"})
    uses += await office.sold(standing, "4000.00", invoice={**invoice, "amount": "10000.00"})
    [other] = await office.sold(await office.holder(), "100.00")
    await granted(office.town, standing.seller.code, invoice["number"], "5000.00", "10000.00")
    batch = await office.approved()
    assert (batch["line_count"], batch["total"]) == (3, "5050.00")
    await granted(office.town, standing.seller.code, invoice["number"], "0.01", "10000.00")
    day = date.fromisoformat(batch["approved_on"])
    late = await office.post(office.payer, f"/{batch['id']}/payment-file", today=day)
    assert code_of(late) == (409, "settlement-lines-fail")
    assert await office.orders_made(batch) == 0
    await office.ok(office.officer, f"/{batch['id']}/check", today=day)
    filed = await office.ok(office.payer, f"/{batch['id']}/payment-file", today=day)
    assert filed["total"] == "50.00"
    lines = {line["redemption_id"]: (line["status"], line["reason_code"]) for line in await office.lines(batch)}
    barred = ("barred", "claims_exceeded")
    assert lines == {uses[0]["id"]: barred, uses[1]["id"]: barred, other["id"]: ("included", None)}


async def test_an_amount_that_nobody_had_stated_is_the_one_that_was_stated_later(office: Office) -> None:
    standing, invoice = await office.holder(), fresh_invoice()
    await office.sold(standing, "5000.00", invoice=invoice)
    await office.sold(standing, "9000.00", invoice={**invoice, "amount": "20000.00"})
    batch = await office.drafted()
    checked = await office.ok(office.officer, f"/{batch['id']}/check")
    assert (checked["line_count"], checked["total"]) == (2, "7000.00")


async def test_a_sampled_line_that_leaves_uninspected_is_inspected_in_its_next_batch(office: Office) -> None:
    [use] = await office.sold(await office.holder(), "100.00")
    batch = await office.drafted()
    for step in ("check", "sample"):
        await office.ok(office.officer, f"/{batch['id']}/{step}")
    await office.ok(office.officer, f"/{batch['id']}/cancel", {"reason": "换一个编号重抽"})
    await office.sold(await office.holder(), *["10.00"] * 20)
    again = await office.drafted()
    flagged = [line for line in await office.lines(again) if line["flagged"]]
    assert [line["redemption_id"] for line in flagged] == [use["id"]]
    await office.inspected(again)
    await office.ok(office.officer, f"/{again['id']}/cancel", {"reason": "重新汇总"})
    third = await office.drafted()
    assert use["id"] not in [line["redemption_id"] for line in await office.lines(third) if line["flagged"]]


async def test_what_was_barred_stays_barred_when_a_part_of_it_is_reversed(office: Office) -> None:
    standing = await office.holder()
    [use] = await office.sold(standing, "100.00")
    batch = await office.drafted()
    await office.ok(office.officer, f"/{batch['id']}/check")
    [line] = await office.lines(batch)
    body = {"line_id": line["id"], "outcome": "failed", "findings": "无服务成果", "fraud_suspected": True}
    await office.ok(office.officer, f"/{batch['id']}/inspections", body)
    await office.reversed(use, "10.00")
    [line] = await office.lines(batch)
    assert (line["status"], line["amount"]) == ("barred", "40.00")
    await office.ok(office.officer, f"/{batch['id']}/cancel", {"reason": "无明细"})
    assert code_of(await office.post(office.officer, "", {"period": "2019-06"})) == (409, "settlement-empty")
    await office.reversed(use, "40.00")
    assert (await office.lines(batch))[0]["status"] == "reversed"


async def test_what_is_left_of_a_use_reversed_in_part_is_collected_again_and_once(office: Office) -> None:
    [use] = await office.sold(await office.holder(), "100.00")
    batch = await office.drafted()
    await office.reversed(use, "10.00")
    again = await office.ok(office.officer, f"/{batch['id']}/collect")
    assert (again["line_count"], again["total"]) == (1, "40.00")
    for _ in range(2):
        same = await office.ok(office.officer, f"/{batch['id']}/collect")
        assert (same["line_count"], same["total"]) == (1, "40.00")


async def test_who_checked_again_after_the_notice_does_not_approve(office: Office) -> None:
    await office.sold(await office.holder(), "100.00")
    batch = await office.drafted()
    await office.inspected(batch)
    notice = await office.ok(office.officer, f"/{batch['id']}/notice")
    day = date.fromisoformat(notice["first_decision_day"])
    both = Caller(("division_officer", "division_approver"), account_id="wears-two-hats", division=office.division)
    await office.ok(both, f"/{batch['id']}/check", today=day)
    refused = await office.post(both, f"/{batch['id']}/approve", today=day)
    assert code_of(refused) == (403, "four-eyes-required")
    await office.ok(office.approver, f"/{batch['id']}/approve", today=day)


async def test_a_provider_cannot_ask_which_of_its_lines_are_inspected(office: Office) -> None:
    standing = await office.holder()
    await office.sold(standing, "100.00")
    batch = await office.drafted()
    path = f"/v1/settlements/{batch['id']}/lines"
    get, seller = office.town.api.get, standing.seller.caller
    for answer in (
        await get(seller, path, sampled="true"),
        await get(seller, path, flagged="false"),
        await get(seller, path, inspection="passed"),
    ):
        assert answer.status_code == 403, answer.text


async def test_what_was_decided_of_a_void_invoice_is_not_claimed_anew_by_the_next_answer(office: Office) -> None:
    standing = await office.holder()
    [use] = await office.sold(standing, "100.00")
    await office.sold(await office.holder(), "100.00")
    filed = (await office.filed())["settlement"]
    orders, _ = await office.orders(filed)
    lines = {line["payment_reference"]: line["redemption_id"] for line in await office.lines(filed)}
    mine = [number for number, order in enumerate(orders) if lines[order["reference"]] == use["id"]]
    body = {"redemption_id": use["id"], "kind": "red_lettered", "note": "发票已红冲"}
    await office.ok(office.officer, "/void-invoices", body, today=PAID_ON)
    first = await office.answer(filed, only=mine)
    await office.ok(office.payer, f"/{filed['id']}/results", first, today=PAID_ON)
    [claim] = (await office.get("/v1/voucher-recoveries"))["items"]
    path = f"/v1/voucher-recoveries/{claim['id']}"
    decision = {"due": "0.00", "grounds": "发票红冲登记有误"}
    await office.town.api.ok(office.approver, f"{path}/decision", decision, today=JULY)
    second = await office.answer(filed, only=[1 - mine[0]])
    await office.ok(office.payer, f"/{filed['id']}/results", second, today=JULY)
    assert [one["status"] for one in (await office.get("/v1/voucher-recoveries"))["items"]] == ["dropped"]


async def recovered(office: Office, claim: Json, due: str, *, day: date = JULY) -> Json:
    path = f"/v1/voucher-recoveries/{claim['id']}/decision"
    return await office.town.api.ok(office.approver_2, path, {"due": due, "grounds": "查实"}, today=day)


async def test_reversals_and_an_officers_claim_on_one_payment_leave_nothing_owed_to_the_provider(
    office: Office,
) -> None:
    [use] = await office.sold(await office.holder(), "100.00")
    await office.paid()
    for amount in ("20.00", "15.00"):
        await office.reversed(use, amount, today=PAID_ON)
    body = {"redemption_id": use["id"], "amount": "15.00", "reason_code": "overpaid", "facts": "多计价款"}
    await office.town.api.ok(office.officer, "/v1/voucher-recoveries", body, today=PAID_ON)
    for claim in (await office.get("/v1/voucher-recoveries"))["items"]:
        await recovered(office, claim, claim["amount"])
    assert await office.balances() == {
        "programme_subsidy": Decimal("15.00"),
        "programme_recovered": Decimal("-15.00"),
        "provider_payable": Decimal("0.00"),
        "provider_receivable": Decimal("50.00"),
        "issuer_bank": Decimal("-50.00"),
    }


async def test_what_was_given_up_and_comes_all_the_same_is_booked_and_the_vouchers_again(office: Office) -> None:
    standing = await office.holder("1000.00")
    [use] = await office.sold(standing, "100.00")
    await office.paid()
    await office.reversed(use, "50.00", today=PAID_ON)
    [claim] = (await office.get("/v1/voucher-recoveries"))["items"]
    await recovered(office, claim, "50.00")
    api, path = office.town.api, f"/v1/voucher-recoveries/{claim['id']}"
    await api.ok(office.officer, f"{path}/write-off", {"reason": "机构已注销"}, today=JULY)
    await api.ok(office.approver, f"{path}/write-off/decision", {"outcome": "approved"}, today=JULY)
    assert await standing.parts() == ("950.00", "0.00", "50.00")
    late = {"amount": "30.00", "reference": "SLIP-LATE"}
    done = await api.ok(office.officer, f"{path}/repayment", late, today=JULY)
    assert (done["status"], done["repaid"], done["written_off"]) == ("written_off", "30.00", "20.00")
    above = await api.post(office.officer, f"{path}/repayment", {**late, "amount": "20.01"}, today=JULY)
    assert code_of(above) == (409, "recovery-above-outstanding")
    assert await standing.parts() == ("980.00", "0.00", "20.00")
    balances = await office.balances()
    assert (balances["programme_written_off"], balances["issuer_bank"]) == (Decimal("20.00"), Decimal("-20.00"))
    assert balances["provider_receivable"] == 0


async def test_a_provider_that_is_admitted_anew_has_what_it_owes_kept_back(office: Office) -> None:
    standing = await office.holder()
    [use] = await office.sold(standing, "100.00")
    await office.paid()
    await office.reversed(use, "50.00", today=PAID_ON)
    [claim] = (await office.get("/v1/voucher-recoveries"))["items"]
    await recovered(office, claim, "50.00")
    await office.town.api.ok(
        standing.seller.caller, f"/v1/voucher-recoveries/{claim['id']}/agree-to-offset", today=JULY
    )
    ended = "UPDATE provider SET status = 'expired', ended_on = '2019-06-30' WHERE id = CAST(:id AS uuid) RETURNING id"
    await office.town.one(ended, id=standing.seller.id)
    anew = await office.seller(code=standing.seller.code)
    await office.sold(replace(standing, seller=anew), "300.00")
    filed = await office.filed("2019-07", start=JULY)
    assert filed["total"] == "100.00"


async def test_a_payment_that_kept_a_part_back_may_come_back_and_is_owed_whole_again(office: Office) -> None:
    standing = await office.holder()
    [first] = await office.sold(standing, "100.00")
    await office.paid()
    await office.reversed(first, "50.00", today=PAID_ON)
    [claim] = (await office.get("/v1/voucher-recoveries"))["items"]
    await recovered(office, claim, "50.00")
    path = f"/v1/voucher-recoveries/{claim['id']}"
    await office.town.api.ok(standing.seller.caller, f"{path}/agree-to-offset", today=JULY)
    await office.sold(standing, "300.00")
    paid_on, back_on = date(2019, 7, 20), date(2019, 7, 25)
    batch = await office.paid("2019-07", start=JULY, settled_on=paid_on)
    assert (await office.get(path))["status"] == "settled"
    spent = await standing.parts()
    back = await office.answer(batch, outcomes=["returned"], settled_on=back_on)
    await office.ok(office.payer, f"/{batch['id']}/results", back, today=back_on)
    owed = await office.get(path)
    assert (owed["status"], owed["withheld"], owed["outstanding"]) == ("decided", "0.00", "50.00")
    assert [one["kind"] for one in owed["movements"]] == ["offset", "offset_returned"]
    balances = await office.balances()
    assert balances["provider_payable"] == Decimal("-150.00")
    assert (balances["provider_receivable"], balances["issuer_bank"]) == (Decimal("50.00"), Decimal("-50.00"))
    statement = await office.get("/v1/settlements/statements/issuer", period="2019-07")
    assert statement["totals"]["kept_back"] == "0.00"
    await office.ok(office.payer, f"/{batch['id']}/close", today=back_on)
    august = await office.paid("2019-08", start=date(2019, 8, 1), settled_on=date(2019, 8, 20))
    assert august["paid_total"] == "150.00"
    balances = await office.balances()
    assert balances["provider_payable"] == balances["provider_receivable"] == 0
    assert balances["issuer_bank"] == Decimal("-150.00")
    assert await standing.parts() == spent, "what the voucher has again it has once"
