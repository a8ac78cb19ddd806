"""Quarterly reports over HTTP: whose, when, and what happens to each version."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest

from tests.evaluation.known import fresh_code
from tests.evaluation.support import Desk, full_form

pytestmark = pytest.mark.asyncio(loop_scope="session")

AFTER_Q1 = date(2019, 4, 8)
LATE = date(2019, 4, 16)


async def test_a_report_goes_from_draft_to_accepted_and_keeps_every_version(desk: Desk) -> None:
    centre = await desk.centre()
    operator, officer = desk.operator(centre, AFTER_Q1), desk.caller("science_officer", today=AFTER_Q1)
    body = {"centre_id": str(centre.id), "year": 2019, "quarter": 1}
    draft = await operator.ok("/v1/quarterly-reports", body, 201)
    assert (draft["status"], draft["due_on"], draft["revision"]) == ("draft", "2019-04-15", 0)
    assert draft["no"].startswith("QR-2019-")
    assert len(draft["missing"]) == 21
    path = f"/v1/quarterly-reports/{draft['id']}"

    assert (await operator.patch(path, {"form": {"jobs": 12}})).status_code == 428
    assert (await operator.patch(path, {"form": {"jobs": 12}}, '"0"')).status_code == 412
    edited = await operator.patch(path, {"form": full_form(jobs=12)}, f'"{draft["version"]}"')
    assert edited.json()["missing"] == []
    submitted = await operator.ok(f"{path}/submit")
    assert (submitted["status"], submitted["revision"], submitted["late"]) == ("submitted", 1, False)

    reasons = {"reasons": {"jobs": "implausible", "mentors": "unsupported"}}
    returned = await officer.ok(f"{path}/return", reasons)
    assert returned["status"] == "returned"
    corrected = await operator.patch(path, {"form": {"jobs": 20}}, f'"{returned["version"]}"')
    assert corrected.status_code == 200
    again = await operator.on(LATE).ok(f"{path}/submit")
    assert (again["revision"], again["late"]) == (2, False)
    accepted = await officer.on(LATE).ok(f"{path}/accept")
    assert (accepted["status"], accepted["accepted_on"]) == ("accepted", LATE.isoformat())

    versions = (await operator.read(f"{path}/revisions"))["items"]
    assert [(version["revision"], version["form"]["jobs"]) for version in versions] == [(1, 12), (2, 20)]
    assert versions[0]["returned"]["correction_due_on"] == "2019-04-15"
    assert versions[1]["returned"] is None
    assert [kind.split(".")[2] for kind in await desk.events(draft["id"])] == [
        "drafted",
        "edited",
        "submitted",
        "returned",
        "edited",
        "submitted",
        "accepted",
    ]


async def test_an_accepted_report_is_not_changed_any_more(desk: Desk) -> None:
    centre = await desk.centre()
    report = await desk.report(centre, 2019, 1, AFTER_Q1)
    path = f"/v1/quarterly-reports/{report['id']}"
    operator = desk.operator(centre, AFTER_Q1)
    problem = (await operator.patch(path, {"form": {"jobs": 1}}, f'"{report["version"]}"')).json()
    assert problem["code"] == "invalid-transition"
    assert "draft" in problem["detail"]
    assert await operator.refused(f"{path}/submit") == "invalid-transition"
    assert await desk.caller("industry_officer").refused(f"{path}/accept") == "invalid-transition"


async def test_lateness_is_counted_from_the_first_submission(desk: Desk) -> None:
    centre = await desk.centre()
    late = await desk.report(centre, 2019, 1, LATE)
    assert late["late"] is True
    waiting = await desk.operator(centre, date(2019, 7, 1)).ok(
        "/v1/quarterly-reports", {"centre_id": str(centre.id), "year": 2019, "quarter": 2}, 201
    )
    path = f"/v1/quarterly-reports/{waiting['id']}"
    assert (await desk.operator(centre, date(2019, 7, 15)).read(path))["late"] is False
    assert (await desk.operator(centre, date(2019, 7, 16)).read(path))["late"] is True


async def test_numbers_that_contradict_each_other_are_shown_in_the_draft_and_refused_at_submission(desk: Desk) -> None:
    centre = await desk.centre()
    operator = desk.operator(centre, AFTER_Q1)
    form = full_form(graduated=6, incubatees=0, enterprises_with_ip=0, jobs=0)
    body = {"centre_id": str(centre.id), "year": 2019, "quarter": 1, "form": form}
    draft = await operator.ok("/v1/quarterly-reports", body, 201)
    assert draft["checks"]["passed"] is False
    response = await operator.post(f"/v1/quarterly-reports/{draft['id']}/submit")
    problem = response.json()
    assert (response.status_code, problem["code"], problem["clauses"]) == (409, "report-inconsistent", ["2.3-2"])
    fields = [rule["inputs"]["field"] for rule in problem["decision"]["results"] if not rule["passed"]]
    assert fields == ["incubatees", "graduated"]


@pytest.mark.parametrize(
    ("year", "quarter", "today", "code"),
    [
        (2019, 1, date(2018, 12, 31), "quarter-not-begun"),
        (2018, 4, AFTER_Q1, "policy-not-in-force"),
        (2031, 1, date(2031, 1, 5), "policy-not-in-force"),
    ],
)
async def test_a_report_needs_a_quarter_that_has_begun_under_a_policy_in_force(
    desk: Desk, year: int, quarter: int, today: date, code: str
) -> None:
    centre = await desk.centre(listed_on=date(2018, 5, 2))
    body = {"centre_id": str(centre.id), "year": year, "quarter": quarter}
    assert await desk.operator(centre, today).refused("/v1/quarterly-reports", body) == code


async def test_a_report_is_submitted_only_after_its_quarter(desk: Desk) -> None:
    centre = await desk.centre()
    operator = desk.operator(centre, date(2019, 3, 31))
    body = {"centre_id": str(centre.id), "year": 2019, "quarter": 1, "form": full_form()}
    draft = await operator.ok("/v1/quarterly-reports", body, 201)
    assert await operator.refused(f"/v1/quarterly-reports/{draft['id']}/submit") == "quarter-not-over"
    await operator.on(date(2019, 4, 1)).ok(f"/v1/quarterly-reports/{draft['id']}/submit")


async def test_a_quarter_before_the_listing_has_no_report_and_a_quarter_has_only_one(desk: Desk) -> None:
    centre = await desk.centre(listed_on=date(2019, 4, 2))
    operator = desk.operator(centre, date(2019, 7, 3))
    body = {"centre_id": str(centre.id), "year": 2019}
    assert await operator.refused("/v1/quarterly-reports", {**body, "quarter": 1}) == "centre-not-listed-in-quarter"
    await operator.ok("/v1/quarterly-reports", {**body, "quarter": 2}, 201)
    assert await operator.refused("/v1/quarterly-reports", {**body, "quarter": 2}) == "report-exists"


async def test_only_a_listed_centres_own_operator_reports(desk: Desk) -> None:
    centre, draft = await desk.centre(), await desk.centre(status="draft", listed_on=None)
    stranger = desk.caller("centre_operator", today=AFTER_Q1, org=fresh_code())
    body = {"centre_id": str(centre.id), "year": 2019, "quarter": 1}
    assert await stranger.refused("/v1/quarterly-reports", body, 404) == "not-found"
    assert await desk.caller("science_officer").refused("/v1/quarterly-reports", body, 403) == "forbidden"
    other = {**body, "centre_id": str(draft.id)}
    assert await desk.operator(draft, AFTER_Q1).refused("/v1/quarterly-reports", other) == "centre-not-listed"
    unknown = {**body, "centre_id": str(uuid4())}
    assert await stranger.refused("/v1/quarterly-reports", unknown) == "reference-not-yet-known"


async def test_somebody_elses_report_is_not_found(desk: Desk) -> None:
    centre = await desk.centre(owner_division="540121", site_division="540102")
    report = await desk.report(centre, 2019, 1, AFTER_Q1, accept=False)
    path = f"/v1/quarterly-reports/{report['id']}"
    stranger = desk.caller("centre_operator", today=AFTER_Q1, org=fresh_code())
    assert (await stranger.get(path)).status_code == 404
    assert await stranger.refused(f"{path}/submit", status=404) == "not-found"
    assert (await stranger.read("/v1/quarterly-reports"))["items"] == []
    for division, seen in (("540121", 200), ("540102", 200), ("540103", 404)):
        assert (await desk.caller("division_officer", division=division).get(path)).status_code == seen
    assert (await desk.caller("auditor").get(path)).status_code == 200
    assert (await desk.caller("enterprise").get(path)).status_code == 403
    assert (await desk.caller("public", account="anonymous").get(path)).status_code == 401


async def test_reports_are_listed_by_their_natural_key(desk: Desk) -> None:
    centre = await desk.centre()
    first = await desk.report(centre, 2019, 1, AFTER_Q1)
    await desk.report(centre, 2019, 2, date(2019, 7, 20))
    auditor = desk.caller("auditor")
    found = await auditor.read("/v1/quarterly-reports", centre_id=centre.id, year=2019, quarter=1)
    assert [item["id"] for item in found["items"]] == [first["id"]]
    assert (await auditor.read("/v1/quarterly-reports", no=first["no"]))["items"][0]["id"] == first["id"]
    late = await auditor.read("/v1/quarterly-reports", late=True)
    assert [item["quarter"] for item in late["items"]] == [2]
    page = await auditor.read("/v1/quarterly-reports", limit=1)
    assert page["next"]
    rest = await auditor.read("/v1/quarterly-reports", limit=1, cursor=page["next"])
    assert [page["items"][0]["quarter"], rest["items"][0]["quarter"]] == [2, 1]
    assert (await auditor.get("/v1/quarterly-reports", unknown="x")).status_code == 422


@pytest.mark.parametrize(
    "form",
    [
        {"jobs": -1},
        {"jobs": "12"},
        {"jobs": 1.5},
        {"jobs": True},
        {"bank_loans": 100},
        {"bank_loans": "1e5"},
        {"bank_loans": "１００"},
        {"unknown": 1},
        {"events_by_level": {"galactic": 1}},
        {"events_by_level": {"municipal": -1}},
    ],
)
async def test_a_field_that_is_no_count_or_amount_is_refused(desk: Desk, form: dict[str, object]) -> None:
    centre = await desk.centre()
    body = {"centre_id": str(centre.id), "year": 2019, "quarter": 1, "form": form}
    assert await desk.operator(centre, AFTER_Q1).refused("/v1/quarterly-reports", body, 422) == "validation-failed"


async def test_a_return_names_known_fields_and_reasons_and_no_day_before_the_submission(desk: Desk) -> None:
    centre = await desk.centre()
    report = await desk.report(centre, 2019, 1, AFTER_Q1, accept=False)
    path, officer = f"/v1/quarterly-reports/{report['id']}/return", desk.caller("science_officer", today=LATE)
    assert await officer.refused(path, {"reasons": {}}, 422) == "validation-failed"
    assert await officer.refused(path, {"reasons": {"sunshine": "missing"}}, 422) == "validation-failed"
    assert await officer.refused(path, {"reasons": {"jobs": "ugly"}}, 422) == "validation-failed"
    early = {"reasons": {"jobs": "missing"}, "returned_on": "2019-04-07"}
    assert await officer.refused(path, early) == "date-before-step"
    future = {"reasons": {"jobs": "missing"}, "returned_on": "2019-04-17"}
    assert await officer.refused(path, future, 422) == "effective-date-in-future"


async def test_submitted_versions_cannot_be_changed_even_in_the_database(desk: Desk) -> None:
    centre = await desk.centre()
    await desk.report(centre, 2019, 1, AFTER_Q1)
    with pytest.raises(Exception, match=r"append-only|permission denied"):
        await desk.count("UPDATE report_revision SET filled = 0 RETURNING 1")
