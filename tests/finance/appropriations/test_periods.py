"""Closing the books: nothing lies in a closed period, corrections name it, and the books balance."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio
from httpx import Response
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.journal.accounts import Account
from shared.db import Database, constraint_of
from shared.ids import uuid7
from tests.finance.appropriating import appropriate
from tests.finance.support import ACCOUNTS, Desk, Json, delist, list_centre

pytestmark = pytest.mark.asyncio(loop_scope="session")

PATH = "/v1/journal-entries"
LATER = date(2019, 7, 1)


@pytest_asyncio.fixture(autouse=True, loop_scope="session")
async def all_open(db: Database) -> None:
    await appropriate(db)
    async with db.transaction() as session:
        await session.execute(text("DELETE FROM journal_period"))


async def send(desk: Desk, person: str, path: str, body: object = None, today: date = LATER, **more: Any) -> Response:
    claims = more.pop("claims", {}) | {"today": today}
    return await desk.post(person, f"{PATH}/periods{path}", body, claims=claims, **more)


async def must(desk: Desk, person: str, path: str, body: object = None, today: date = LATER) -> Json:
    answer = await send(desk, person, path, body, today)
    assert answer.status_code in (200, 201), answer.text
    return dict(answer.json())


async def closed(desk: Desk, year: int, month: int | None = None, today: date = LATER) -> Json:
    period = await must(desk, "treasury_officer", "", {"year": year, "month": month}, today)
    return await must(desk, "treasury_approver", f"/{period['id']}/close", None, today)


async def entries_of(desk: Desk, grant: Json) -> list[Json]:
    return list((await desk.get("auditor", PATH, case_no=grant["no"])).json()["items"])


async def test_a_period_is_proposed_by_one_and_closed_by_another(desk: Desk, db: Database) -> None:
    await desk.paid(await list_centre(db), "1000.00")
    period = await must(desk, "treasury_officer", "", {"year": 2019, "month": 5})
    assert (period["label"], period["starts_on"], period["ends_on"]) == ("2019-05", "2019-05-01", "2019-05-31")
    both = {"roles": ("treasury_officer", "treasury_approver"), "account_id": ACCOUNTS["treasury_officer"]}
    answer = await send(desk, "treasury_officer", f"/{period['id']}/close", claims=both)
    assert (answer.status_code, answer.json()["code"]) == (403, "four-eyes-required")
    tasks = (await desk.get("treasury_approver", "/v1/tasks")).json()["items"]
    assert "journal_period_to_close" in {task["kind"] for task in tasks}
    period = await must(desk, "treasury_approver", f"/{period['id']}/close")
    assert period["status"] == "closed"
    assert (period["entries"], Decimal(period["turnover"])) >= (4, Decimal(4000))
    answer = await send(desk, "treasury_officer", "", {"year": 2019, "month": 5})
    assert answer.json()["code"] == "journal-period-exists"


@pytest.mark.parametrize(("today", "status"), [(date(2019, 5, 31), 409), (date(2019, 6, 1), 201)])
async def test_a_month_is_closed_when_it_is_over(desk: Desk, today: date, status: int) -> None:
    answer = await send(desk, "treasury_officer", "", {"year": 2019, "month": 5}, today)
    assert answer.status_code == status
    if status == 409:
        assert answer.json()["code"] == "journal-period-not-over"


async def test_what_is_true_for_a_closed_month_is_booked_in_the_next_and_names_it(desk: Desk, db: Database) -> None:
    grant = await desk.countersigned(await list_centre(db), "1000.00")
    await closed(desk, 2019, 5)
    paid = await desk.step("treasury_approver", grant, "disburse", key="pay")
    assert paid["paid_on"] == "2019-05-06", "the case keeps its day"
    entries = {entry["kind"]: entry for entry in await entries_of(desk, grant)}
    for kind in ("grant_paid", "budget_paid"):
        entry = entries[kind]
        days = (entry["effective_on"], entry["occurred_on"], entry["closed_period"])
        assert days == ("2019-06-01", "2019-05-06", "2019-05")
    assert entries["grant_committed"]["occurred_on"] is None


async def test_months_and_a_year_that_are_closed_are_passed_over(desk: Desk, db: Database) -> None:
    grant = await desk.countersigned(await list_centre(db), "1000.00")
    later = date(2020, 3, 2)
    await closed(desk, 2019, 5, later)
    await closed(desk, 2019, None, later)
    await closed(desk, 2020, 1, later)
    await desk.step("treasury_approver", grant, "disburse", key="pay")
    entry = next(entry for entry in await entries_of(desk, grant) if entry["kind"] == "grant_paid")
    assert (entry["effective_on"], entry["closed_period"]) == ("2020-02-01", "2019-05")


async def test_a_delisting_published_in_a_closed_period_is_booked_all_the_same(desk: Desk, db: Database) -> None:
    """2.3-5: a command never stands still because of the books."""
    centre = await list_centre(db)
    grant, spent = await desk.approved(centre, "1000.00"), await desk.paid(centre, "2000.00")
    await closed(desk, 2021, 3, date(2021, 4, 1))
    await delist(db, centre)
    kinds = {entry["kind"]: entry for case in (grant, spent) for entry in await entries_of(desk, case)}
    for kind in ("grant_released", "budget_released", "grant_recovery_opened"):
        assert (kinds[kind]["effective_on"], kinds[kind]["occurred_on"]) == ("2021-04-01", "2021-03-01")


@pytest.mark.parametrize("day", ["2019-05-01", "2019-05-31"])
async def test_the_database_refuses_an_entry_in_a_closed_period(desk: Desk, db: Database, day: str) -> None:
    await closed(desk, 2019, 5)

    async def write(session: AsyncSession) -> None:
        entry = """
            INSERT INTO journal_entry (id, kind, case_id, case_no, case_version, effective_on, actor, recorded_at)
            VALUES (:id, 'grant_paid', :id, 'GR-2019-9999', 1, :day, 'test', now())
        """
        await session.execute(text(entry), {"id": uuid7(), "day": date.fromisoformat(day)})

    with pytest.raises(DBAPIError) as refused:
        await db.run(write)
    assert constraint_of(refused.value) == "journal_entry_period_open"


async def test_a_period_is_opened_again_by_two_with_a_reason(desk: Desk, db: Database) -> None:
    period = await closed(desk, 2019, 5)
    answer = await send(desk, "treasury_officer", f"/{period['id']}/propose-reopening", {})
    assert answer.status_code == 422
    reason = {"reason": "漏记一笔拨付"}
    await must(desk, "treasury_officer", f"/{period['id']}/propose-reopening", reason)
    grant = await desk.approved(await list_centre(db), "1000.00")
    assert {entry["closed_period"] for entry in await entries_of(desk, grant)} == {"2019-05"}, "still closed"
    both = {"roles": ("treasury_officer", "treasury_approver"), "account_id": ACCOUNTS["treasury_officer"]}
    answer = await send(desk, "treasury_officer", f"/{period['id']}/reopen", claims=both)
    assert answer.json()["code"] == "four-eyes-required"
    await must(desk, "treasury_approver", f"/{period['id']}/refuse-reopening")
    await must(desk, "treasury_officer", f"/{period['id']}/propose-reopening", reason)
    period = await must(desk, "treasury_approver", f"/{period['id']}/reopen")
    assert (period["status"], period["reopening_reason"]) == ("reopened", "漏记一笔拨付")
    grant = await desk.approved(await list_centre(db), "1000.00")
    assert {entry["closed_period"] for entry in await entries_of(desk, grant)} == {None}
    again = await closed(desk, 2019, 5)
    assert again["no"] != period["no"], "closed anew, on record as a closing of its own"


async def test_a_month_of_a_closed_year_opens_with_the_year_first(desk: Desk) -> None:
    later = date(2020, 3, 2)
    month = await closed(desk, 2019, 5, later)
    year = await closed(desk, 2019, None, later)
    reason = {"reason": "补记"}
    answer = await send(desk, "treasury_officer", f"/{month['id']}/propose-reopening", reason, later)
    assert answer.json()["code"] == "journal-period-within-closed"
    answer = await send(desk, "treasury_officer", "", {"year": 2019, "month": 6}, later)
    assert answer.json()["code"] == "journal-period-exists"
    await must(desk, "treasury_officer", f"/{year['id']}/propose-reopening", reason, later)
    await must(desk, "treasury_approver", f"/{year['id']}/reopen", None, later)
    await must(desk, "treasury_officer", f"/{month['id']}/propose-reopening", reason, later)


async def test_a_refused_closing_may_be_proposed_again(desk: Desk) -> None:
    period = await must(desk, "treasury_officer", "", {"year": 2019, "month": 5})
    refusal = {"reason_code": "entries_missing"}
    period = await must(desk, "treasury_approver", f"/{period['id']}/refuse", refusal)
    assert (period["status"], period["reason_code"]) == ("refused", "entries_missing")
    answer = await send(desk, "treasury_approver", f"/{period['id']}/close")
    assert answer.json()["code"] == "invalid-transition"
    assert (await closed(desk, 2019, 5))["status"] == "closed"


async def test_no_entry_slips_past_a_closing_that_it_races(desk: Desk, db: Database) -> None:
    """Eight approvals of a day in May while May is closed: what the closing counted is what lies in May for good."""
    grants = await asyncio.gather(*[desk.reviewed(await list_centre(db), "10.00") for _ in range(8)])
    period = await must(desk, "treasury_officer", "", {"year": 2019, "month": 5})
    path = "/v1/grants/{}/approve"
    *answers, closing = await asyncio.gather(
        *(desk.post("science_approver", path.format(grant["id"]), {"amount": "10.00"}) for grant in grants),
        send(desk, "treasury_approver", f"/{period['id']}/close"),
    )
    assert Counter(answer.status_code for answer in answers) == {200: 8}
    async with db.transaction() as session:
        query = "SELECT count(*) FROM journal_entry WHERE effective_on BETWEEN '2019-05-01' AND '2019-05-31'"
        assert await session.scalar(text(query)) == closing.json()["entries"]


async def test_the_trial_balance_sums_to_zero_and_follows_the_periods(desk: Desk, db: Database) -> None:
    centre = await list_centre(db, owner_division="540104")
    grant = await desk.paid(centre, "1000.00")
    await desk.step("treasury_officer", grant, "refund", {"amount": "250.00"}, key="r", claims={"today": LATER})

    async def balance(**wanted: Any) -> Json:
        return dict((await desk.get("treasury_officer", f"{PATH}/trial-balance", **wanted)).json())

    whole = await balance(year=2019)
    assert (whole["totals"]["opening"], whole["totals"]["closing"]) == ("0.00", "0.00")
    assert whole["totals"]["debit"] == whole["totals"]["credit"]
    may = await balance(year=2019, month=5, programme="grants", division="540104")
    (line,) = [line for line in may["lines"] if line["account"] == "grants.advance"]
    assert [line[name] for name in ("opening", "debit", "credit", "closing")] == ["0.00", "1000.00", "0.00", "1000.00"]
    july = await balance(year=2019, month=7, division="540104", by="subject")
    (line,) = [line for line in july["lines"] if line["account"] == "grants.advance"]
    assert (line["opening"], line["credit"], line["closing"]) == ("1000.00", "250.00", "750.00")
    assert (line["subject"], line["subject_name"], line["period"]) == (str(centre), "测试双创中心", "2019")
    assert july["totals"]["closing"] == "0.00"
    for programme in ("budget", "grants", "matching"):
        assert (await balance(year=2019, programme=programme))["totals"]["closing"] == "0.00"


async def test_the_ledger_is_a_file_with_control_totals(desk: Desk, db: Database) -> None:
    centre = await list_centre(db)
    await desk.paid(centre, "1000.00")
    headers = desk.headers("treasury_officer") | {"Accept": "text/csv"}
    path = f"{PATH}/ledger?year=2019&subject={centre}&limit=1"
    lines = (await desk.client.get(path, headers=headers)).text.splitlines()
    assert len(lines) == 1 + 4 + 1
    assert "Debit (yuan)" in lines[0]
    assert lines[-1].startswith("Total,")
    assert "2000.00,2000.00" in lines[-1]
    page = (await desk.get("auditor", f"{PATH}/ledger", year=2019, subject=str(centre))).json()
    assert page["totals"] == {"line": 4, "debit": "2000.00", "credit": "2000.00"}
    assert {line["account_title"] for line in page["items"] if line["account"] == "grants.advance"} == {
        "Grants: advances to be accounted for"
    }
    balance = await desk.client.get(f"{PATH}/trial-balance?year=2019", headers=headers)
    assert balance.text.splitlines()[-1].startswith("Total,")


async def test_the_chart_is_listed_by_programme(desk: Desk) -> None:
    page = (await desk.get("auditor", f"{PATH}/accounts", programme="grants")).json()["items"]
    assert {row["code"] for row in page} == {account for account in Account if account.startswith("grants.")}
    assert (page[0]["title_zh"], page[0]["normal"]) == ("专项资金核定来源", "credit")


ROLES = ("treasury_officer", "treasury_approver", "auditor", "science_officer", "admin", "public")
YEAR: Json = {"year": 2019}


@pytest.mark.parametrize("role", ROLES)
async def test_who_may_read_and_close_the_books(desk: Desk, role: str) -> None:
    period = await must(desk, "treasury_officer", "", {"year": 2019, "month": 5})
    claims = {"roles": (role,), "account_id": "0190a000-0000-7000-8000-0000000000ff"}
    reads = role.startswith("treasury") or role == "auditor"
    for path, wanted in (("", {}), ("/accounts", {}), ("/trial-balance", YEAR), ("/ledger", YEAR), ("/periods", {})):
        answer = await desk.get("admin", f"{PATH}{path}", claims=claims, **wanted)
        assert answer.status_code == (200 if reads else 403), path
    for path, body, allowed in (
        ("", {}, "treasury_officer"),
        (f"/{period['id']}/propose-reopening", {}, "treasury_officer"),
        (f"/{period['id']}/reopen", None, "treasury_approver"),
        (f"/{period['id']}/refuse-reopening", None, "treasury_approver"),
        (f"/{period['id']}/refuse", {}, "treasury_approver"),
        (f"/{period['id']}/close", None, "treasury_approver"),
    ):
        answer = await send(desk, "admin", path, body, claims=claims)
        assert (answer.status_code != 403) is (role == allowed), path
