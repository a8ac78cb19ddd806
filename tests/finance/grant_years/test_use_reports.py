"""Use reports: figures as the books have them, accepted by another person, and needed before the next grant (3.1-4)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from services.finance.grants.models import Grant
from services.finance.journal.entries import Account, Movement
from services.finance.journal.models import JournalEntry, Posting
from services.finance.use_reports.queries import figures_at
from shared.db import Database
from tests.finance.grant_years.support import report_on
from tests.finance.support import OTHER_OPERATOR, Desk, Json, application, list_centre
from tests.support.identifiers import make_uscc

pytestmark = pytest.mark.asyncio(loop_scope="session")

INDICATORS = [
    {"name": "新增入驻", "target": "10 家", "actual": "9 家", "weight": "60", "score": "54"},
    {"name": "服务满意度", "target": "90%", "actual": "92%", "weight": "40", "score": "36"},
]


async def half_spent(desk: Desk, db: Database, **other: Any) -> Json:
    desk.today = date(2019, 5, 6)
    grant = await desk.paid(await list_centre(db, **other))
    assert (await desk.spend(grant, "50000.00")).status_code == 201
    assert (await desk.spend(grant, "1000.00", purpose="cooperation")).status_code == 201
    await desk.step("treasury_officer", grant, "refund", {"amount": "9000.00"})
    return grant


async def test_a_report_agrees_with_the_books_and_has_its_self_review(desk: Desk, db: Database) -> None:
    grant = await half_spent(desk, db)
    assert (await report_on(desk, grant, 2019))["code"] == "use-report-too-early"
    desk.today = date(2020, 1, 6)
    report = await report_on(desk, grant, 2019, indicators=INDICATORS)
    assert report["http"] == 201, report
    figures = [report[name] for name in ("received", "spent", "ineligible", "refunded", "balance")]
    assert figures == ["100000.00", "50000.00", "1000.00", "9000.00", "41000.00"]
    assert (report["score"], report["band"], report["late"]) == ("90.00", "excellent", False)


async def test_figures_that_differ_are_refused_with_the_books(desk: Desk, db: Database) -> None:
    grant = await half_spent(desk, db)
    desk.today = date(2020, 1, 6)
    wrong = {
        "received": "100000.00",
        "spent": "51000.00",
        "ineligible": "0.00",
        "refunded": "9000.00",
        "recovered": "0.00",
        "balance": "40000.00",
    }
    refused = await report_on(desk, grant, 2019, figures=wrong)
    assert (refused["http"], refused["code"]) == (409, "use-report-figures-differ")
    assert "50000.00" in refused["detail"]


async def test_a_report_is_accepted_or_returned_by_another_person(desk: Desk, db: Database) -> None:
    grant = await half_spent(desk, db)
    desk.today = date(2020, 1, 6)
    report = await report_on(desk, grant, 2019, "science_officer")
    path = f"/v1/grants/use-reports/{report['id']}"
    own = await desk.post("science_officer", f"{path}/accept")
    assert (own.status_code, own.json()["code"]) == (403, "four-eyes-required")
    assert (await report_on(desk, grant, 2019))["code"] == "use-report-handed-in"
    returned = await desk.post("industry_officer", f"{path}/return", {"reason_code": "statement_incomplete"})
    assert (returned.status_code, returned.json()["status"]) == (200, "returned")
    again = await report_on(desk, grant, 2019, statement="补充说明")
    assert (again["http"], again["id"], again["submission"]) == (201, report["id"], 2)
    accepted = await desk.post("industry_officer", f"{path}/accept")
    assert (accepted.status_code, accepted.json()["status"]) == (200, "accepted")
    assert (await desk.post("industry_officer", f"{path}/accept")).json()["code"] == "invalid-transition"


async def test_a_report_whose_books_moved_is_not_accepted(desk: Desk, db: Database) -> None:
    grant = await half_spent(desk, db)
    desk.today = date(2020, 1, 6)
    report = await report_on(desk, grant, 2019)
    assert (await desk.spend(grant, "10.00", spent_on="2019-12-30")).status_code == 201
    refused = await desk.post("science_officer", f"/v1/grants/use-reports/{report['id']}/accept")
    assert (refused.status_code, refused.json()["code"]) == (409, "use-report-figures-differ")
    assert all(figure in refused.json()["detail"] for figure in ("'spent'", "50000.00", "50010.00"))


@pytest.mark.parametrize(("day", "late"), [(date(2020, 3, 31), False), (date(2020, 4, 1), True)])
async def test_a_report_after_the_due_day_is_taken_and_flagged(desk: Desk, db: Database, day: date, late: bool) -> None:
    grant = await half_spent(desk, db)
    desk.today = day
    report = await report_on(desk, grant, 2019)
    assert (report["http"], report["late"], report["due_on"]) == (201, late, "2020-03-31")
    listed = (await desk.get("auditor", "/v1/grants/use-reports", grant_id=grant["id"], late=late)).json()["items"]
    assert [item["id"] for item in listed] == [report["id"]]


async def test_an_applicant_with_an_unreported_past_grant_is_refused_until_it_reports(desk: Desk, db: Database) -> None:
    desk.org = make_uscc(7001)
    grant = await half_spent(desk, db, operator_code=desk.org)
    body = application(grant["centre_id"]) | {"fiscal_year": 2020}
    desk.today = date(2020, 3, 31)
    assert (await desk.post("operator", "/v1/grants/eligibility", body)).json()["passed"] is True
    desk.today = date(2020, 4, 1)
    refused = await desk.post("operator", "/v1/grants", body)
    assert (refused.status_code, refused.json()["code"]) == (409, "grant-unreported")
    rule = next(result for result in refused.json()["decision"]["results"] if result["rule"] == "grants.unreported")
    assert (rule["clause"], rule["inputs"]["grant"], rule["inputs"]["year"]) == ("3.1-4", grant["no"], 2019)
    report = await report_on(desk, grant, 2019)
    answer = await desk.post(
        "science_officer", f"/v1/grants/use-reports/{report['id']}/return", {"reason_code": "other"}
    )
    assert answer.status_code == 200
    assert (await desk.post("operator", "/v1/grants", body)).json()["code"] == "grant-unreported"
    await report_on(desk, grant, 2019)
    assert (await desk.post("operator", "/v1/grants", body)).status_code == 201


async def test_a_grant_unreported_at_one_centre_keeps_the_operators_others_waiting(desk: Desk, db: Database) -> None:
    desk.org = make_uscc(7002)
    grant = await half_spent(desk, db, operator_code=desk.org)
    other = await list_centre(db, operator_code=desk.org)
    desk.today = date(2020, 3, 31)
    in_time = await desk.reviewed(other, fiscal_year=2020)
    approval = {"amount": "100000.00"}
    desk.today = date(2020, 4, 1)
    refused = await desk.post("operator", "/v1/grants", application(other, fiscal_year=2020))
    assert (refused.status_code, refused.json()["code"]) == (409, "grant-unreported")
    path = f"/v1/grants/{in_time['id']}/approve"
    late = await desk.post("science_approver", path, approval)
    assert (late.status_code, late.json()["code"]) == (409, "grant-unreported")
    assert (await report_on(desk, grant, 2019))["http"] == 201
    assert (await desk.post("science_approver", path, approval)).status_code == 200


@pytest.mark.parametrize(("spent_on", "code"), [("2019-12-31", "spending-year-reported"), ("2020-01-01", None)])
async def test_nothing_is_spent_in_a_year_whose_report_is_accepted_until_it_is_returned(
    desk: Desk, db: Database, spent_on: str, code: str | None
) -> None:
    grant = await half_spent(desk, db)
    desk.today = date(2020, 1, 6)
    report = await report_on(desk, grant, 2019)
    path = f"/v1/grants/use-reports/{report['id']}"
    assert (await desk.post("science_officer", f"{path}/accept")).status_code == 200
    answer = await desk.spend(grant, "10.00", spent_on=spent_on)
    assert answer.json().get("code") == code
    if code:
        assert report["no"] in answer.json()["detail"]
        returned = await desk.post("industry_officer", f"{path}/return", {"reason_code": "other"})
        assert (returned.status_code, returned.json()["status"]) == (200, "returned")
        assert (await desk.spend(grant, "10.00", spent_on=spent_on)).status_code == 201
        assert (await report_on(desk, grant, 2019))["spent"] == "50010.00"


@pytest.mark.parametrize(("until", "refunded"), [(date(2019, 12, 30), 9000), (date(2019, 12, 31), 9010)])
async def test_money_back_counts_on_its_day_even_where_its_period_was_closed(
    desk: Desk, db: Database, until: date, refunded: int
) -> None:
    grant = await half_spent(desk, db)
    async with db.transaction() as session:
        case = await session.get_one(Grant, UUID(grant["id"]))
        session.add(_refund_booked_later(case))
        await session.flush()
        assert (await figures_at(session, case, until)).refunded == refunded


def _refund_booked_later(grant: Grant) -> JournalEntry:
    """Ten yuan that came back on the last day of a year that was closed, booked in February."""
    key = {"subject": str(grant.centre_id), "period": str(grant.fiscal_year)}
    return JournalEntry(
        kind=Movement.REFUNDED,
        case_id=grant.id,
        case_no=grant.no,
        case_version=grant.version + 1,
        effective_on=date(2020, 2, 3),
        occurred_on=date(2019, 12, 31),
        closed_period="2019-12",
        actor="test",
        postings=[
            Posting(line=1, account=Account.AUTHORITY, amount=Decimal(10), **key),
            Posting(line=2, account=Account.ADVANCE, amount=Decimal(-10), **key),
        ],
    )


async def test_another_operators_reports_are_not_found(desk: Desk, db: Database) -> None:
    grant = await half_spent(desk, db)
    desk.today = date(2020, 1, 6)
    report = await report_on(desk, grant, 2019)
    foreign = {"org": OTHER_OPERATOR}
    assert (await desk.get("operator", f"/v1/grants/use-reports/{report['id']}", claims=foreign)).status_code == 404
    path = f"/v1/grants/{grant['id']}/use-reports"
    assert (await desk.post("operator", path, {}, claims=foreign)).status_code in (404, 422)
    assert (await desk.get("operator", f"{path}/figures", claims=foreign, year=2019)).status_code == 404
