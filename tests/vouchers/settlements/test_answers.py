"""The bank's answer: a file that does not fit changes nothing; statements are the journal."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal

import pytest

from tests.vouchers.settlements.office import PAID_ON, PERIOD, Office
from tests.vouchers.support import AUDITOR, code_of

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_an_answer_that_does_not_fit_is_refused_line_by_line_and_changes_nothing(office: Office) -> None:
    uses = await office.sold(await office.holder(), "100.00")
    uses += await office.sold(await office.holder(), "200.00")
    batch = (await office.filed())["settlement"]
    path, good = f"/{batch['id']}/results", await office.answer(batch)
    before = await office.get(f"/v1/settlements/{batch['id']}")
    other = {**good, "control": {**good["control"], "file_digest": "0" * 64}}
    assert code_of(await office.post(office.payer, path, other, today=PAID_ON)) == (
        409,
        "settlement-results-other-file",
    )
    short = {**good, "control": {**good["control"], "amount": "149.99"}}
    refused = await office.post(office.payer, path, short, today=PAID_ON)
    assert code_of(refused) == (422, "settlement-results-totals-wrong")
    first, second = good["results"]
    cases = {
        "results.2.reference": [first, {**second, "reference": first["reference"]}],
        "results.1.reference": [{**first, "reference": "ST-2019-9999-0001"}, second],
        "results.1.bank_reference": [{**first, "bank_reference": None}, second],
        "results.2.settled_on": [first, {**second, "settled_on": "2019-06-21"}],
        "results.2.outcome": [first, {**second, "outcome": "returned", "reason": "退汇"}],
        "results.2.reason": [first, {**second, "outcome": "rejected", "bank_reference": None}],
    }
    for field, results in cases.items():
        answer = await office.post(office.payer, path, {**good, "results": results}, today=PAID_ON)
        assert answer.status_code == 422, answer.text
        assert field in [error["field"] for error in answer.json()["errors"]]
    assert await office.get(f"/v1/settlements/{batch['id']}") == before
    for use in uses:
        assert await office.payments_of(use["id"]) == 0


async def test_our_file_with_the_outcomes_filled_in_is_an_answer_and_counts_once(office: Office) -> None:
    [use] = await office.sold(await office.holder(), "100.00")
    batch = (await office.filed())["settlement"]
    orders, control = await office.orders(batch)
    text = io.StringIO()
    fields = [*orders[0], "outcome", "settled_on", "bank_reference"]
    writer = csv.DictWriter(text, fields)
    writer.writeheader()
    for order in orders:
        writer.writerow({**order, "outcome": "已付", "settled_on": "2019-06-20", "bank_reference": "CCB1"})
    for kind, value in control.items():
        writer.writerow({"kind": kind, "control": value})
    api, path = office.town.api, f"/v1/settlements/{batch['id']}/results/file"
    read = []
    for key in ("a", "b"):
        headers = {**api.headers(office.payer, PAID_ON), "Idempotency-Key": f"{key}-{batch['id']}"}
        files = {"file": ("results.csv", text.getvalue().encode("utf-8-sig"), "text/csv")}
        answer = await api.client.post(path, files=files, headers=headers)
        assert answer.status_code == 200, answer.text
        read.append(answer.json())
    assert [one["repeated"] for one in read] == [False, True]
    assert await office.payments_of(use["id"]) == 1


async def test_statements_of_provider_and_issuer_are_what_the_journal_says(office: Office) -> None:
    standing = await office.holder()
    await office.sold(standing, "100.00", "33.33")
    await office.sold(await office.holder(), "200.00")
    await office.paid()
    statement = await office.get("/v1/settlements/statements", standing.seller.caller, period=PERIOD)
    assert (statement["opening_payable"], statement["closing_payable"]) == ("0.00", "0.00")
    assert sorted(line["payable"] for line in statement["lines"]) == ["-16.67", "-50.00", "16.67", "50.00"]
    issuer = await office.get("/v1/settlements/statements/issuer", period=PERIOD)
    assert (issuer["bank"], issuer["totals"]["captured"], issuer["totals"]["paid"]) == ("166.67", "166.67", "166.67")
    balances = await office.balances()
    assert Decimal(issuer["totals"]["closing_payable"]) == -balances["provider_payable"]
    assert Decimal(issuer["bank"]) == -balances["issuer_bank"]
    entries = await office.get("/v1/voucher-journal", AUDITOR, issuer_division=office.division)
    assert sorted(entry["kind"] for entry in entries["items"]) == ["capture"] * 3 + ["payment"] * 3
    sums = await office.town.rows("SELECT entry_id FROM posting GROUP BY entry_id HAVING sum(amount) <> 0")
    assert sums == []


async def test_a_void_invoice_takes_its_line_out_and_what_was_paid_is_claimed_back_and_kept_back(
    office: Office,
) -> None:
    standing = await office.holder()
    [unpaid] = await office.sold(standing, "50.00")
    batch = await office.drafted()
    body = {"redemption_id": unpaid["id"], "kind": "cancelled", "note": "税务查验为作废发票"}
    await office.ok(office.officer, "/void-invoices", body)
    [line] = await office.lines(batch)
    assert (line["status"], line["reason_code"]) == ("barred", "invoice_invalid")
    await office.ok(office.officer, f"/{batch['id']}/cancel", {"reason": "无明细"})
    [use] = await office.sold(standing, "100.00")
    paid = await office.paid()
    await office.ok(office.payer, f"/{paid['id']}/close", today=PAID_ON)
    june, july = date(2019, 6, 21), date(2019, 7, 1)
    body = {"redemption_id": use["id"], "kind": "red_lettered", "note": "发票已红冲"}
    await office.ok(office.officer, "/void-invoices", body, today=june)
    [claim] = (await office.get("/v1/voucher-recoveries"))["items"]
    assert (claim["amount"], claim["status"], claim["statement_until"]) == ("50.00", "opened", "2019-06-28")
    api, path = office.town.api, f"/v1/voucher-recoveries/{claim['id']}"
    decision = {"due": "50.00", "grounds": "发票无效"}
    early = await api.post(office.approver, f"{path}/decision", decision, today=june)
    assert code_of(early) == (409, "recovery-statement-term-runs")
    await api.ok(standing.seller.caller, f"{path}/statement", {"text": "认可"}, today=june)
    decided = await api.ok(office.approver, f"{path}/decision", decision, today=june)
    terms = [decided[f"{name}_until"] for name in ("repay", "reconsideration", "litigation")]
    assert terms == ["2019-07-22", "2019-08-20", "2019-12-23"]  # 21 July and 21 December fall on a weekend
    repaid = {"amount": "20.00", "reference": "SLIP-1"}
    await api.ok(office.officer, f"{path}/repayment", repaid, today=june)
    twice = await api.post(office.officer, f"{path}/repayment", repaid, today=june)
    assert code_of(twice) == (409, "recovery-slip-counted")
    await api.ok(standing.seller.caller, f"{path}/agree-to-offset", today=june)
    await office.sold(standing, "200.00")
    filed = await office.filed("2019-07", start=july)
    assert filed["total"] == "70.00"
    await office.ok(
        office.payer,
        f"/{filed['settlement']['id']}/results",
        await office.answer(filed["settlement"], settled_on=date(2019, 7, 20)),
        today=date(2019, 7, 20),
    )
    done = await office.get(path)
    assert (done["status"], done["repaid"], done["withheld"], done["outstanding"]) == (
        "settled",
        "20.00",
        "30.00",
        "0.00",
    )
    balances = await office.balances()
    assert balances["provider_receivable"] == 0
    assert balances["issuer_bank"] == Decimal("-100.00")
    assert balances["programme_recovered"] == Decimal("-50.00")


async def test_what_cannot_be_got_back_is_given_up_by_two_people(office: Office) -> None:
    [use] = await office.sold(await office.holder(), "100.00")
    await office.paid()
    api, day = office.town.api, date(2019, 7, 1)
    body = {"redemption_id": use["id"], "amount": "50.01", "reason_code": "fraud", "facts": "虚构服务"}
    above = await api.post(office.officer, "/v1/voucher-recoveries", body, today=PAID_ON)
    assert code_of(above) == (409, "recovery-above-paid")
    claim = await api.ok(office.officer, "/v1/voucher-recoveries", {**body, "amount": "50.00"}, today=PAID_ON)
    path = f"/v1/voucher-recoveries/{claim['id']}"
    await api.ok(office.approver, f"{path}/decision", {"due": "50.00", "grounds": "查实"}, today=day)
    await api.ok(office.officer, f"{path}/write-off", {"reason": "机构已注销"}, today=day)
    both = type(office.officer)(("division_approver",), office.officer.account_id, division=office.division)
    outcome = {"outcome": "approved"}
    assert code_of(await api.post(both, f"{path}/write-off/decision", outcome, today=day)) == (
        403,
        "four-eyes-required",
    )
    ended = await api.ok(office.approver, f"{path}/write-off/decision", outcome, today=day)
    assert (ended["status"], ended["written_off"]) == ("written_off", "50.00")
    assert (await office.balances())["programme_written_off"] == Decimal("50.00")
