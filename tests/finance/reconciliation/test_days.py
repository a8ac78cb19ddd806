"""A bank's day: filed once, compared with ours, resolved by a person (3.2-1)."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal
from itertools import count

import pytest
import pytest_asyncio
from httpx import Response

from shared.db import Database
from shared.ids import uuid7
from tests.finance.banking import RECONCILIATIONS, REFERRALS, Street, firm, new_reference
from tests.finance.support import Desk, Json

pytestmark = pytest.mark.asyncio(loop_scope="session")

_banks = count(1)


@pytest_asyncio.fixture(loop_scope="session")
async def street(desk: Desk) -> Street:
    return Street(desk)


@pytest_asyncio.fixture(loop_scope="session")
async def bank(street: Street) -> AsyncIterator[str]:
    """A bank that nobody else has business with."""
    code = f"B{next(_banks):03d}"
    body = {"code": code, "name": "测试银行", "office": "对公部", "channels": ["offline"]}
    made = await street.ok("finance_officer", "/v1/banks", body, status=201)
    await street.ok("finance_approver", f"/v1/banks/{made['id']}/approve")
    yield code


async def paid_out(street: Street, db: Database, bank: str) -> tuple[Json, list[Json]]:
    """A referral with 100.00 paid out and 40.00 repaid on the day; and the lines that the bank has for it."""
    referral = await street.agreed(await firm(db), "100.00", bank)
    out = await street.step(referral, "disburse", bank, amount="100.00", value_on="2019-05-06")
    back = await street.step(referral, "repay", bank, amount="40.00", value_on="2019-05-06")
    return referral, [
        line("disbursement", out["reference"], referral["no"], "100.00"),
        line("repayment", back["reference"], referral["no"], "40.00"),
    ]


def line(kind: str, reference: str, case_no: str, amount: str) -> Json:
    return {"kind": kind, "reference": reference, "case_no": case_no, "amount": amount}


def day(lines: list[Json], outstanding: str = "60.00", **other: object) -> Json:
    def total(kind: str) -> str:
        amount = sum((Decimal(one["amount"]) for one in lines if one["kind"] == kind), Decimal("0.00"))
        return f"{amount:.2f}"

    control = {
        "count": len(lines),
        "disbursed": total("disbursement"),
        "repaid": total("repayment"),
        "outstanding": outstanding,
    }
    return {"day": "2019-05-06", "lines": lines, "control": control, **other}


async def test_a_day_that_agrees(street: Street, db: Database, bank: str) -> None:
    _, lines = await paid_out(street, db, bank)
    filed = await street.ok("bank", RECONCILIATIONS, day(lines), status=201, bank=bank)
    assert (filed["status"], filed["differences"], filed["our_outstanding"]) == ("agreed", 0, "60.00")
    again = await street.ok("bank", RECONCILIATIONS, day(lines), status=201, bank=bank)
    assert again["id"] == filed["id"], "the same day again is the same day"


async def test_our_own_statement_sent_back_as_a_file_agrees(street: Street, db: Database, bank: str) -> None:
    await paid_out(street, db, bank)
    for form in ("csv", "xlsx"):
        got = await street.send("bank", "GET", f"{RECONCILIATIONS}/statement", bank=bank, day="2019-05-06", format=form)
        assert got.status_code == 200
        filed = await upload(street, bank, got.content, f"day.{form}", replace="true")
        assert filed.status_code == 201, filed.text
        assert (filed.json()["status"], filed.json()["format"]) == ("agreed", form)
    rows = list(csv.reader(io.StringIO((await statement(street, bank)).decode("utf-8-sig"))))
    assert rows[0] == ["kind", "reference", "case_no", "amount"]
    assert rows[-1] == ["total_outstanding", "", "", "60.00"]


async def statement(street: Street, bank: str) -> bytes:
    wanted = {"day": "2019-05-06", "format": "csv"}
    return (await street.send("bank", "GET", f"{RECONCILIATIONS}/statement", bank=bank, **wanted)).content


async def upload(street: Street, bank: str, content: bytes, name: str, **params: str) -> Response:
    headers = street.desk.headers(
        "admin", roles=("bank",), bank=bank, account_id=f"bank-{bank}", today=street.today, org=None
    )
    return await street.desk.client.post(
        f"{RECONCILIATIONS}/file",
        params={"day": "2019-05-06", **params},
        files={"file": (name, content)},
        headers=headers | {"Idempotency-Key": str(uuid7())},
    )


async def test_differences_are_tasks_until_a_person_resolves_them(street: Street, db: Database, bank: str) -> None:
    referral, lines = await paid_out(street, db, bank)
    lines[1]["amount"] = "40.01"
    extra = line("repayment", new_reference(bank), referral["no"], "5.00")
    filed = await street.ok("bank", RECONCILIATIONS, day([*lines, extra], "54.99"), status=201, bank=bank)
    kinds = {one["kind"]: one for one in filed["found"]}
    assert filed["status"] == "differing"
    assert set(kinds) == {"amount_differs", "missing_here", "outstanding_differs"}
    for role, more in (("bank", {"bank": bank}), ("finance_officer", {})):
        tasks = await street.get(role, "/v1/tasks", kind="reconciliation_differs", limit=200, **more)
        assert filed["no"] in {task["no"] for task in tasks["items"]}
    path = f"{RECONCILIATIONS}/{filed['id']}"
    body = {"outcome": "file_wrong", "reason": "银行更正"}
    own = await street.send(
        "bank", "POST", f"{path}/differences/{kinds['missing_here']['id']}/resolve", body, bank=bank
    )
    assert own.status_code == 403, "the bank does not resolve its own differences"
    for one in kinds.values():
        filed = await street.ok("finance_officer", f"{path}/differences/{one['id']}/resolve", body)
    assert (filed["status"], filed["open_differences"]) == ("resolved", 0)
    twice = await street.send("finance_officer", "POST", f"{path}/differences/{one['id']}/resolve", body)
    assert twice.json()["code"] == "invalid-transition"


async def test_what_the_bank_reports_late_is_gone_at_the_next_comparison(
    street: Street, db: Database, bank: str
) -> None:
    referral, lines = await paid_out(street, db, bank)
    reference = new_reference(bank)
    late = line("repayment", reference, referral["no"], "10.00")
    filed = await street.ok("bank", RECONCILIATIONS, day([*lines, late], "50.00"), status=201, bank=bank)
    assert filed["open_differences"] == 2
    await street.step(referral, "repay", bank, amount="10.00", value_on="2019-05-06", reference=reference)
    checked = await street.ok("bank", f"{RECONCILIATIONS}/{filed['id']}/recheck", bank=bank)
    assert (checked["status"], {one["status"] for one in checked["found"]}) == ("resolved", {"gone"})


async def test_a_day_is_filed_once_and_a_replacement_keeps_the_first(street: Street, db: Database, bank: str) -> None:
    _, lines = await paid_out(street, db, bank)
    first = await street.ok("bank", RECONCILIATIONS, day(lines[:1], "100.00"), status=201, bank=bank)
    assert first["status"] == "differing"
    second = await street.send("bank", "POST", RECONCILIATIONS, day(lines), bank=bank)
    assert (second.status_code, second.json()["code"]) == (409, "reconciliation-day-filed")
    replaced = await street.ok("bank", RECONCILIATIONS, day(lines, replace=True), status=201, bank=bank)
    assert (replaced["revision"], replaced["status"]) == (2, "agreed")
    assert [one["id"] for one in replaced["earlier"]] == [first["id"]]
    kept = await street.get("bank", f"{RECONCILIATIONS}/{first['id']}", bank=bank)
    assert kept["status"] == "replaced"
    assert len((await street.get("bank", f"{RECONCILIATIONS}/{first['id']}/lines", bank=bank))["items"]) == 1
    listed = (await street.get("bank", RECONCILIATIONS, bank=bank))["items"]
    assert [one["id"] for one in listed] == [replaced["id"]]


async def test_a_file_whose_totals_do_not_add_up_is_refused_whole(street: Street, db: Database, bank: str) -> None:
    _, lines = await paid_out(street, db, bank)
    body = day(lines)
    body["control"]["disbursed"] = "100.01"
    answer = await street.send("bank", "POST", RECONCILIATIONS, body, bank=bank)
    assert (answer.status_code, answer.json()["code"]) == (422, "reconciliation-totals-wrong")
    assert "disbursed=100.00" in answer.json()["detail"]
    assert (await street.get("bank", RECONCILIATIONS, bank=bank))["items"] == []


async def test_a_bad_file_says_which_row_and_column(street: Street, bank: str) -> None:
    text = "kind,reference,case_no,amount\nlent,C-1,RF-2019-0001,1.00\ndisbursement,C-2,RF-2019-0001,1.001\n"
    answer = await upload(street, bank, text.encode(), "day.csv")
    assert answer.status_code == 422
    assert {error["field"] for error in answer.json()["errors"]} == {"rows.2.kind", "rows.3.amount"}
    no_totals = "kind,reference,case_no,amount\ndisbursement,C-2,RF-2019-0001,1.00\n"
    answer = await upload(street, bank, no_totals.encode(), "day.csv")
    assert "total_outstanding" in {error["field"] for error in answer.json()["errors"]}


async def test_the_template_can_be_filled_in(street: Street, bank: str) -> None:
    got = await street.send("bank", "GET", f"{RECONCILIATIONS}/template", bank=bank)
    assert got.status_code == 200
    assert got.content[:2] == b"PK"


async def test_a_reversal_counts_on_its_own_day(street: Street, db: Database, bank: str) -> None:
    referral, _ = await paid_out(street, db, bank)
    steps = (await street.get("finance_officer", f"{REFERRALS}/{referral['id']}"))["steps"]
    later = Street(street.desk, today=date(2019, 5, 7))
    await later.step(
        referral,
        "reverse",
        bank,
        reverses=steps[-1]["reference"],
        reason_code="returned",
        value_on="2019-05-07",
    )
    for on, kinds, outstanding, repaid in (
        ("2019-05-06", ["disbursement", "repayment"], "60.00", "40.00"),
        ("2019-05-07", ["repayment_reversal"], "100.00", "-40.00"),
    ):
        told = await later.get("bank", f"{RECONCILIATIONS}/statement", bank=bank, day=on)
        assert [one["kind"] for one in told["lines"]] == kinds
        assert (told["control"]["outstanding"], told["control"]["repaid"]) == (outstanding, repaid)


async def test_a_bank_sees_its_own_days_only(street: Street, db: Database, bank: str) -> None:
    _, lines = await paid_out(street, db, bank)
    filed = await street.ok("bank", RECONCILIATIONS, day(lines), status=201, bank=bank)
    path = f"{RECONCILIATIONS}/{filed['id']}"
    assert (await street.send("bank", "GET", path, bank="PSBC")).status_code == 404
    assert (await street.send("bank", "POST", f"{path}/recheck", bank="PSBC")).status_code == 404
    assert (await street.send("bank", "GET", path, bank=bank, livemode=False)).status_code == 404
    assert (await street.get("bank", RECONCILIATIONS, bank="PSBC"))["items"] == []
    other = await street.send("bank", "GET", f"{RECONCILIATIONS}/statement", bank="PSBC", day="2019-05-06")
    assert other.json()["lines"] == []
    assert (await street.get("auditor", path))["no"] == filed["no"]
    trial = await street.ok("bank", RECONCILIATIONS, day([], "0.00"), status=201, bank=bank, livemode=False)
    assert (trial["livemode"], trial["status"]) == (False, "agreed"), "a test day counts test rows only"
