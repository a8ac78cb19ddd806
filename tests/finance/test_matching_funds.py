"""Matching funds of a division over HTTP: budget, approval, revision, payments, reversals (5.1-2)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text

from shared.db import Database
from shared.events.contracts import evaluation as ev
from shared.ids import uuid7
from tests.finance.matching import PATH, Office, enterprise, events_of, forget, payment, tenancy
from tests.finance.support import TODAY, Desk, Json, delist, deliver, list_centre, reminder

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def office(desk: Desk, db: Database) -> Office:
    await forget(db)
    return Office(desk)


async def balances(db: Database, fund: Json) -> dict[str, Decimal]:
    """The division's accounts of the year."""
    query = text(
        "SELECT account, sum(amount) AS total FROM posting JOIN journal_entry ON journal_entry.id = entry_id"
        " WHERE case_id = CAST(:id AS uuid) GROUP BY account"
    )
    async with db.transaction() as session:
        return {row.account: row.total for row in await session.execute(query, {"id": fund["id"]})}


def code_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_a_budget_counts_once_a_second_person_approves_it(office: Office, db: Database) -> None:
    fund = await office.recorded("100000.00")
    assert (fund["no"][:8], fund["status"], fund["budget"]) == ("MF-2019-", "recorded", "0.00")
    assert (fund["pending_amount"], fund["pending_document_no"]) == ("100000.00", "财发〔2019〕1号")
    centre = await list_centre(db)
    assert code_of(await office.spend(fund, "1.00", centre_id=centre)) == (409, "invalid-transition")
    path = f"{PATH}/{fund['id']}/approve"
    own = await office.approver(path, account="division_officer-540102")
    assert code_of(own) == (403, "four-eyes-required")
    approved = (await office.approver(path)).json()
    assert (approved["status"], approved["budget"], approved["remaining"]) == ("approved", "100000.00", "100000.00")
    assert (approved["pending_amount"], approved["revisions"][0]["decided_by"]) == (None, "division_approver-540102")
    assert code_of(await office.approver(path)) == (409, "invalid-transition")
    assert await balances(db, fund) == {
        "matching.budget": Decimal("100000.00"),
        "matching.authority": Decimal("-100000.00"),
    }


async def test_a_year_of_a_division_exists_once(office: Office) -> None:
    await office.recorded()
    again = await office.officer(PATH, {"year": 2019, "document_no": "财发〔2019〕9号", "amount": "1.00"})
    assert code_of(again) == (409, "matching-fund-exists")
    elsewhere = Office(office.desk, "540121")
    await elsewhere.recorded()
    await office.recorded(year=2020)


async def test_a_budget_is_revised_forward_and_keeps_its_history(office: Office, db: Database) -> None:
    fund = await office.approved("100.00", recorded_on="2019-04-01")
    revise = f"{PATH}/{fund['id']}/revise"
    used = {"document_no": "财发〔2019〕1号", "amount": "200.00"}
    assert code_of(await office.officer(revise, used)) == (409, "matching-fund-document-used")
    earlier = {"document_no": "财发〔2019〕2号", "amount": "200.00", "recorded_on": "2019-05-05"}
    assert code_of(await office.officer(revise, earlier)) == (409, "step-before-earlier-step")
    raised = (await office.officer(revise, {"document_no": "财发〔2019〕2号", "amount": "200.00"})).json()
    assert (raised["budget"], raised["pending_amount"]) == ("100.00", "200.00")
    second = {"document_no": "财发〔2019〕3号", "amount": "1.00"}
    assert code_of(await office.officer(revise, second)) == (409, "matching-fund-pending")
    assert (await office.approver(f"{PATH}/{fund['id']}/approve")).json()["budget"] == "200.00"
    await office.spent(fund, "150.00", centre_id=await list_centre(db))
    low = {"document_no": "财发〔2019〕4号", "amount": "149.99"}
    assert code_of(await office.officer(revise, low)) == (409, "matching-fund-below-spent")
    assert (await office.officer(revise, {**low, "amount": "150.00"})).status_code == 200
    lowered = (await office.approver(f"{PATH}/{fund['id']}/approve")).json()
    assert (lowered["budget"], lowered["remaining"]) == ("150.00", "0.00")
    assert [(r["revision"], r["amount"], r["status"]) for r in lowered["revisions"]] == [
        (1, "100.00", "approved"),
        (2, "200.00", "approved"),
        (3, "150.00", "approved"),
    ]
    more = await office.spend(fund, "0.01", centre_id=await list_centre(db))
    assert code_of(more) == (409, "matching-fund-ceiling-exceeded")
    assert await balances(db, fund) == {
        "matching.authority": Decimal("-150.00"),
        "matching.budget": Decimal("0.00"),
        "matching.expenditure": Decimal("150.00"),
    }


async def test_a_refused_amount_leaves_what_was_approved(office: Office) -> None:
    fund = await office.recorded("100.00")
    base = f"{PATH}/{fund['id']}"
    refused = (await office.approver(f"{base}/refuse", {"reason_code": "wrong_amount"})).json()
    assert (refused["status"], refused["reason_code"], refused["pending_amount"]) == ("refused", "wrong_amount", None)
    again = {"document_no": "财发〔2019〕1号", "amount": "120.00"}
    assert (await office.officer(f"{base}/revise", again)).json()["status"] == "recorded"
    assert (await office.approver(f"{base}/approve")).json()["budget"] == "120.00"
    await office.officer(f"{base}/revise", {"document_no": "财发〔2019〕2号", "amount": "1.00"})
    kept = (await office.approver(f"{base}/refuse", {"reason_code": "other"})).json()
    assert (kept["status"], kept["budget"], kept["document_no"]) == ("approved", "120.00", "财发〔2019〕1号")


async def test_a_payment_takes_from_the_budget_and_is_never_more_than_is_left(office: Office, db: Database) -> None:
    fund, centre = await office.approved("100.00"), await list_centre(db)
    line = await office.spent(fund, "99.99", centre_id=centre)
    assert (line["line"], line["kind"], line["purpose"], line["centre_id"]) == (
        1,
        "spending",
        "operations",
        str(centre),
    )
    over = await office.spend(fund, "0.02", centre_id=centre)
    assert code_of(over) == (409, "matching-fund-ceiling-exceeded")
    assert "0.01" in over.json()["detail"]
    await office.spent(fund, "0.01", centre_id=centre)
    assert (await office.read(fund))["remaining"] == "0.00"
    assert await balances(db, fund) == {
        "matching.authority": Decimal("-100.00"),
        "matching.budget": Decimal("0.00"),
        "matching.expenditure": Decimal("100.00"),
    }
    entry = await office.desk.get("treasury_officer", f"/v1/journal-entries/{line['journal_entry_id']}")
    assert {posting["subject"] for posting in entry.json()["postings"]} == {"540102"}
    found = await office.desk.get("treasury_officer", "/v1/journal-entries", division="540102", kind="matching_spent")
    assert line["journal_entry_id"] in {item["id"] for item in found.json()["items"]}


async def test_money_moves_only_with_a_key_and_once(office: Office, db: Database) -> None:
    fund, centre = await office.approved("100.00"), await list_centre(db)
    body = payment("40.00", centre_id=centre)
    path = f"{PATH}/{fund['id']}/spending"
    without = await office.officer(path, body, key=None)
    assert code_of(without) == (400, "idempotency-key-required")
    first = await office.officer(path, body, key="once")
    twin = await office.officer(path, body, key="once")
    assert (first.status_code, twin.json()["id"]) == (201, first.json()["id"])
    other_key = await office.officer(path, body)
    assert code_of(other_key) == (409, "matching-fund-voucher-counted")
    assert (await office.read(fund))["waiting"] == "40.00"
    confirm = f"{path}/{first.json()['id']}/confirm"
    assert code_of(await office.approver(confirm, key=None)) == (400, "idempotency-key-required")
    assert (await office.approver(confirm)).json()["status"] == "confirmed"
    reverse = f"{path}/{first.json()['id']}/reverse"
    taken = {"reason_code": "duplicate", "voucher_no": "记-红-1"}
    assert code_of(await office.approver(reverse, taken, key=None)) == (400, "idempotency-key-required")


async def test_a_payment_counts_once_a_second_person_has_confirmed_it(office: Office, db: Database) -> None:
    fund, centre = await office.approved("100.00"), await list_centre(db)
    line = (await office.spend(fund, "60.00", centre_id=centre)).json()
    assert (line["status"], line["journal_entry_id"], line["decided_by"]) == ("recorded", None, None)
    held = await office.read(fund)
    assert (held["spent"], held["waiting"], held["remaining"]) == ("0.00", "60.00", "40.00")
    assert code_of(await office.spend(fund, "40.01", centre_id=centre)) == (409, "matching-fund-ceiling-exceeded")
    assert "matching.expenditure" not in await balances(db, fund)
    reverse = {"reason_code": "duplicate", "voucher_no": "记-红-7"}
    assert code_of(await office.confirm(fund, line, "reverse", reverse)) == (409, "invalid-transition")
    own = await office.confirm(fund, line, account="division_officer-540102")
    assert code_of(own) == (403, "four-eyes-required")
    confirmed = (await office.confirm(fund, line)).json()
    assert (confirmed["status"], confirmed["decided_by"]) == ("confirmed", "division_approver-2-540102")
    assert code_of(await office.confirm(fund, line)) == (409, "invalid-transition")
    counted = await office.read(fund)
    assert (counted["spent"], counted["waiting"], counted["remaining"]) == ("60.00", "0.00", "40.00")
    assert (await balances(db, fund))["matching.expenditure"] == Decimal("60.00")


async def test_a_refused_payment_frees_its_amount_and_its_voucher(office: Office, db: Database) -> None:
    fund, centre = await office.approved("100.00"), await list_centre(db)
    line = (await office.spend(fund, "100.00", centre_id=centre, voucher_no="记-F1")).json()
    lower = {"document_no": "财发〔2019〕2号", "amount": "99.99"}
    assert code_of(await office.officer(f"{PATH}/{fund['id']}/revise", lower)) == (409, "matching-fund-below-spent")
    why = {"reason_code": "not_paid"}
    own = await office.confirm(fund, line, "refuse", why, account="division_officer-540102")
    assert code_of(own) == (403, "four-eyes-required")
    refused = (await office.confirm(fund, line, "refuse", why)).json()
    assert (refused["status"], refused["refusal_reason"], refused["journal_entry_id"]) == ("refused", "not_paid", None)
    assert code_of(await office.confirm(fund, line)) == (409, "invalid-transition")
    assert (await office.read(fund))["remaining"] == "100.00"
    await office.spent(fund, "100.00", centre_id=centre, voucher_no="记-F1")


async def test_a_recorded_payment_waits_for_another_approver_of_its_division(office: Office, db: Database) -> None:
    fund, centre = await office.approved("100.00"), await list_centre(db)
    line = (await office.spend(fund, "1.00", centre_id=centre)).json()

    async def waiting(account: str, division: str) -> list[str]:
        kind = {"kind": "matching_payment_to_confirm"}
        answer = await office.send("division_approver", "GET", "/v1/tasks", account=account, division=division, **kind)
        return [task["subject_id"] for task in answer.json()["items"]]

    assert await waiting("another", "540102") == [fund["id"]]
    assert await waiting("division_officer-540102", "540102") == []
    assert await waiting("another", "540121") == []
    await office.confirm(fund, line)
    assert await waiting("another", "540102") == []


async def test_a_reversal_is_a_linked_line_by_two_other_persons(office: Office, db: Database) -> None:
    fund, centre = await office.approved("100.00"), await list_centre(db)
    line = await office.spent(fund, "100.00", centre_id=centre, voucher_no="记-R1")
    path = f"{PATH}/{fund['id']}/spending/{line['id']}/reverse"
    body = {"reason_code": "wrong_recipient", "voucher_no": "记-红-2"}
    own = await office.approver(path, body, account="division_officer-540102")
    assert code_of(own) == (403, "four-eyes-required")
    back = (await office.approver(path, body)).json()
    assert (back["kind"], back["reverses_id"], back["amount"]) == ("reversal", line["id"], "100.00")
    assert code_of(await office.approver(path, body)) == (409, "matching-fund-line-reversed")
    of_reversal = f"{PATH}/{fund['id']}/spending/{back['id']}/reverse"
    assert code_of(await office.approver(of_reversal, body)) == (409, "matching-fund-line-reversed")
    assert (back["status"], back["journal_entry_id"]) == ("recorded", None)
    assert (await office.read(fund))["spent"] == "100.00", "nothing is taken back by one person"
    for account in ("division_approver-540102", "division_officer-540102"):
        assert code_of(await office.confirm(fund, back, account=account)) == (403, "four-eyes-required")
    back = (await office.confirm(fund, back)).json()
    assert (back["status"], back["decided_by"]) == ("confirmed", "division_approver-2-540102")
    assert code_of(await office.approver(path, body)) == (409, "matching-fund-line-reversed")
    assert (await office.read(fund))["remaining"] == "100.00"
    again = await office.spent(fund, "100.00", centre_id=centre, voucher_no="记-R1")
    assert again["line"] == 3
    assert (await balances(db, fund))["matching.expenditure"] == Decimal("100.00")
    async with db.transaction() as session:
        reversing = text("SELECT reverses_id FROM journal_entry WHERE id = CAST(:id AS uuid)")
        named = await session.scalar(reversing, {"id": back["journal_entry_id"]})
    assert str(named) == line["journal_entry_id"]


async def test_a_refused_reversal_leaves_the_payment_and_another_may_follow(office: Office, db: Database) -> None:
    fund, centre = await office.approved("100.00"), await list_centre(db)
    line = await office.spent(fund, "100.00", centre_id=centre)
    path = f"{PATH}/{fund['id']}/spending/{line['id']}/reverse"
    back = (await office.officer(path, {"reason_code": "other", "voucher_no": "记-红-11"}, account="second")).json()
    refused = (await office.confirm(fund, back, "refuse", {"reason_code": "other"})).json()
    assert (refused["status"], refused["reverses_id"]) == ("refused", line["id"])
    held = await office.read(fund)
    assert (held["spent"], held["waiting"], held["remaining"]) == ("100.00", "0.00", "0.00")
    await office.taken_back(fund, line)
    assert (await office.read(fund))["remaining"] == "100.00"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"purpose": "banquets"}, 409, "matching-fund-purpose-unknown"),
        ({"spent_on": "2019-05-05"}, 409, "matching-fund-day-outside"),
        ({"spent_on": "2019-05-07"}, 422, "effective-date-in-future"),
        ({"amount": "0.00"}, 422, "validation-failed"),
        ({"amount": "-1.00"}, 422, "validation-failed"),
        ({"centre_id": None}, 422, "validation-failed"),
        ({"enterprise_code": "91540102MA6T00001X"}, 422, "validation-failed"),
    ],
)
async def test_a_payment_is_refused_with_what_to_do(
    office: Office, db: Database, body: Json, status: int, code: str
) -> None:
    fund = await office.approved()
    sent = payment("10.00", centre_id=await list_centre(db)) | body
    answer = await office.officer(f"{PATH}/{fund['id']}/spending", sent)
    assert code_of(answer) == (status, code)
    assert (await office.read(fund))["spent"] == "0.00"


async def test_a_delisted_centre_receives_nothing_more(office: Office, db: Database) -> None:
    fund, centre = await office.approved(), await list_centre(db)
    await office.spent(fund, "10.00", centre_id=centre)
    await delist(db, centre)
    refused = await office.spend(fund, "10.00", centre_id=centre)
    assert code_of(refused) == (409, "matching-fund-centre-not-listed")
    assert (await office.read(fund))["spent"] == "10.00"


async def test_a_delisting_that_only_evaluation_has_told_of_stops_payments_too(office: Office, db: Database) -> None:
    fund, centre = await office.approved(), await list_centre(db)
    await deliver(db, ev.DelistingReminded, reminder(centre, uuid7()))
    refused = await office.spend(fund, "10.00", centre_id=centre)
    assert code_of(refused) == (409, "matching-fund-centre-not-listed")


async def test_a_centre_of_another_division_is_not_found_and_a_parks_is_its_districts(
    office: Office, db: Database
) -> None:
    fund = await office.approved()
    foreign = await list_centre(db, owner_division="540121", site_division="540121")
    assert (await office.spend(fund, "1.00", centre_id=foreign)).status_code == 404
    hosted = await list_centre(db, owner_division="540121", site_division="540102")
    await office.spent(fund, "1.00", centre_id=hosted)
    await office.spent(fund, "1.00", centre_id=await list_centre(db, owner_division="540173", site_division="540173"))
    unknown = await office.spend(fund, "1.00", centre_id=uuid7())
    assert code_of(unknown) == (409, "reference-not-yet-known")


async def test_enterprises_of_the_division_are_paid_by_code_and_merged_ones_by_the_survivors(
    office: Office, db: Database
) -> None:
    fund = await office.approved()
    old_id, old = await enterprise(db)
    await office.spent(fund, "1.00", enterprise_code=old)
    survivor_id, survivor = await enterprise(db)
    await enterprise(db, enterprise_id=old_id, code=old, merged_into_id=survivor_id, version=2)
    refused = await office.spend(fund, "1.00", enterprise_code=old)
    assert code_of(refused) == (409, "matching-fund-recipient-merged")
    assert survivor in refused.json()["detail"]
    await office.spent(fund, "1.00", enterprise_code=survivor)
    away_id, away = await enterprise(db, division="540121")
    assert (await office.spend(fund, "1.00", enterprise_code=away)).status_code == 404
    await tenancy(db, away_id, await list_centre(db), ended_on=TODAY - timedelta(days=1))
    assert (await office.spend(fund, "1.00", enterprise_code=away)).status_code == 404
    await tenancy(db, away_id, await list_centre(db))
    await office.spent(fund, "1.00", enterprise_code=away)


async def test_who_approved_the_budget_does_not_spend_it(office: Office, db: Database) -> None:
    fund, centre = await office.approved(), await list_centre(db)
    own = await office.spend(fund, "1.00", centre_id=centre, account="division_approver-540102")
    assert code_of(own) == (403, "four-eyes-required")


async def test_lists_and_files_by_division_and_year(office: Office, db: Database) -> None:
    fund = await office.approved("50.00")
    await office.recorded(year=2020)
    other = Office(office.desk, "540121")
    away = await other.approved("70.00")
    centre = await list_centre(db)
    await office.spent(fund, "5.00", centre_id=centre, purpose="premises")
    await other.spent(away, "7.00", centre_id=await list_centre(db, owner_division="540121"))
    read = office.desk.get
    everything = (await read("treasury_officer", PATH)).json()["items"]
    assert [(item["division"], item["year"]) for item in everything] == [
        ("540102", 2020),
        ("540102", 2019),
        ("540121", 2019),
    ]
    waiting = (await read("finance_approver", PATH, pending="true")).json()["items"]
    assert [(item["division"], item["year"]) for item in waiting] == [("540102", 2020)]
    chosen = (await read("auditor", PATH, division="540121", year=2019)).json()["items"]
    assert [(item["budget"], item["spent"], item["remaining"]) for item in chosen] == [("70.00", "7.00", "63.00")]
    lines = (await read("science_officer", f"{PATH}/spending", division="540102", year=2019)).json()["items"]
    assert [(item["fund_no"], item["amount"], item["purpose"]) for item in lines] == [(fund["no"], "5.00", "premises")]
    assert (await read("auditor", f"{PATH}/spending", spent_from="2019-05-07")).json()["items"] == []
    of_fund = await office.send("division_officer", "GET", f"{PATH}/{fund['id']}/spending")
    assert [item["line"] for item in of_fund.json()["items"]] == [1]
    headers = office.desk.headers("auditor") | {"Accept": "text/csv"}
    for path in (PATH, f"{PATH}/spending"):
        file = await office.desk.client.get(path, headers=headers)
        assert file.headers["Content-Type"].startswith("text/csv"), file.text
        assert fund["no"] in file.text


async def test_each_event_has_the_whole_state(office: Office, db: Database) -> None:
    fund = await office.approved("100.00")
    line = await office.spent(fund, "30.00", centre_id=await list_centre(db))
    await office.taken_back(fund, line)
    told = await events_of(db, fund)
    assert [name.removeprefix("finance.matching_fund.") for name, _ in told] == [
        "recorded.v1",
        "approved.v1",
        "spending_recorded.v1",
        "spent.v1",
        "spending_recorded.v1",
        "spending_reversed.v1",
    ]
    figures = [(data["budget"], data["spent"], data["remaining"]) for _, data in told]
    assert figures == [
        ("0.00", "0.00", "0.00"),
        ("100.00", "0.00", "100.00"),
        ("100.00", "0.00", "70.00"),
        ("100.00", "30.00", "70.00"),
        ("100.00", "30.00", "70.00"),
        ("100.00", "0.00", "100.00"),
    ]
    assert (told[3][1]["line_id"], told[5][1]["reverses_id"]) == (line["id"], line["id"])


async def test_a_paper_of_an_earlier_day_may_come_late(office: Office) -> None:
    fund = await office.recorded(recorded_on="2019-04-01")
    late = await office.approver(f"{PATH}/{fund['id']}/approve", {"decided_on": "2019-03-31"})
    assert code_of(late) == (409, "step-before-earlier-step")
    approved = (await office.approver(f"{PATH}/{fund['id']}/approve", {"decided_on": "2019-04-02"})).json()
    assert approved["approved_on"] == "2019-04-02"
    ahead = await office.officer(
        PATH, {"year": 2020, "document_no": "x", "amount": "1.00", "recorded_on": str(TODAY + timedelta(days=1))}
    )
    assert code_of(ahead) == (422, "effective-date-in-future")


async def test_after_the_policys_end_no_budget_is_opened_but_money_of_its_years_is_accounted_for(
    office: Office, db: Database
) -> None:
    fund, centre = await office.approved(year=2019), await list_centre(db)
    late = date(2031, 1, 5)
    opened = await office.officer(PATH, {"year": 2030, "document_no": "x", "amount": "1.00"}, today=late)
    assert code_of(opened) == (409, "policy-not-in-force")
    await office.spent(fund, "1.00", centre_id=centre, spent_on="2019-12-30", today=late)


async def test_a_stale_page_changes_nothing(office: Office) -> None:
    fund = await office.recorded()
    stale = await office.approver(f"{PATH}/{fund['id']}/approve", headers={"If-Match": '"0"'})
    assert code_of(stale) == (412, "precondition-failed")
