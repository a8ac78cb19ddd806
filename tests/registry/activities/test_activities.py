"""An activity from plan to verification, and who may do what to it (4.5-1)."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

import pytest

from tests.registry.activities.support import (
    ACTIVITIES,
    AFTER,
    JPEG,
    PDF,
    activity_body,
    as_one,
    events_of,
    held,
    on,
    photographed,
    planned,
    submitted,
    verified,
)
from tests.registry.support import DAY, STRANGER, Registry, expect, refused

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_an_activity_is_planned_held_reported_and_verified(registry: Registry) -> None:
    activity = await verified(registry)
    assert activity["no"].startswith("AC-2019-")
    assert (activity["status"], activity["counts_for"], activity["verified_on"]) == ("verified", 2019, str(AFTER))
    assert activity["decision"]["passed"] is True
    assert await events_of(registry, activity) == ["planned", "held", "submitted", "verified"]
    history = expect(await registry.operator.get(f"{ACTIVITIES}/{activity['id']}/history"), 200)["items"]
    assert [entry["type"].split(".")[2] for entry in history] == ["planned", "held", "submitted", "verified"]
    assert history[3]["rules"] == ["activities.verification", "activities.four_eyes"]


async def test_the_year_is_that_of_the_first_day_in_the_city(registry: Registry) -> None:
    centre = await registry.listed()
    times = {"starts_at": "2019-12-31T22:00:00+08:00", "ends_at": "2020-01-01T00:30:00+08:00"}
    activity = await verified(registry, centre=centre, **times)
    assert (activity["held_on"], activity["ended_on"], activity["counts_for"]) == ("2019-12-31", "2020-01-01", 2019)


async def test_nothing_is_reported_before_the_day_is_over(registry: Registry) -> None:
    activity = await planned(registry)
    path = f"{ACTIVITIES}/{activity['id']}"
    early = registry.operator.on(DAY - timedelta(days=1))
    refused(await early.post(f"{path}/hold", {"heads": 5}), 409, "activity-still-running")
    expect(await registry.operator.post(f"{path}/hold", {"heads": 5}), 200)
    photo = await photographed(registry.operator, activity)
    body = {"photo_ids": [photo]}
    refused(await registry.operator.post(f"{path}/submit", body), 409, "activity-day-not-over")
    expect(await registry.operator.on(AFTER).post(f"{path}/submit", body), 200)


async def test_the_check_names_every_rule_and_records_nothing(registry: Registry) -> None:
    activity = await held(registry, heads=0, series="salon", level="municipal")
    path = f"{ACTIVITIES}/{activity['id']}"
    checked = expect(await registry.operator.on(AFTER).post(f"{path}/eligibility"), 200)
    assert (checked["ready"], checked["last_day"], checked["day"]) == (False, "2019-07-03", str(AFTER))
    failed = [rule["message"] for rule in checked["decision"]["results"] if not rule["passed"]]
    assert failed == ["activity-attendance-missing", "activity-photographs-missing", "activity-alliance-missing"]
    assert all(rule["text"] for rule in checked["decision"]["results"])
    assert expect(await registry.operator.get(path), 200)["version"] == activity["version"]
    refused(await registry.operator.on(AFTER).post(f"{path}/submit"), 409, "activity-attendance-missing")


async def test_after_the_window_an_officer_reports_it_with_a_reason(registry: Registry) -> None:
    activity = await held(registry)
    path, late = f"{ACTIVITIES}/{activity['id']}", date(2019, 7, 4)
    photo = await photographed(registry.operator, activity)
    body = {"photo_ids": [photo], "late_reason": "papers_came_late"}
    refused(await registry.operator.on(late).post(f"{path}/submit", body), 409, "activity-late")
    unknown = {**body, "late_reason": "was_asleep"}
    refused(await registry.officer.on(late).post(f"{path}/submit", unknown), 422, "validation-failed")
    refused(await registry.officer.on(late).post(f"{path}/submit", {"photo_ids": [photo]}), 409, "activity-late")
    found = expect(await registry.officer.on(late).post(f"{path}/submit", body), 200)
    assert (found["late_reason"], found["submitted_on"]) == ("papers_came_late", str(late))
    refused(await registry.officer.on(late).post(f"{path}/verify"), 403, "four-eyes-required")
    expect(await registry.second_officer.on(late).post(f"{path}/verify"), 200)


async def test_a_paper_that_came_in_time_is_entered_with_its_day(registry: Registry) -> None:
    activity = await held(registry)
    photo = await photographed(registry.operator, activity)
    body = {"photo_ids": [photo], "submitted_on": "2019-07-03"}
    found = expect(await registry.officer.on(date(2019, 8, 1)).post(f"{ACTIVITIES}/{activity['id']}/submit", body), 200)
    assert (found["submitted_on"], found["late_reason"]) == ("2019-07-03", None)


async def test_only_photographs_of_the_activity_show_it(registry: Registry) -> None:
    centre = await registry.listed()
    activity, other = await held(registry, centre=centre), await planned(registry, centre=centre)
    path, operator = f"{ACTIVITIES}/{activity['id']}/submit", registry.operator.on(AFTER)
    paper = await photographed(operator, activity, PDF)
    for wrong, fault in ((paper, "not_a_photograph"), (await photographed(operator, other), "unknown_document")):
        answer = refused(await operator.post(path, {"photo_ids": [wrong]}), 422, "validation-failed")
        assert [error["field"] for error in answer["errors"]] == ["photo_ids"], fault
    photo = await photographed(operator, activity)
    refused(await operator.post(path, {"photo_ids": [photo, photo]}), 422, "validation-failed")
    assert (await operator.delete(f"{ACTIVITIES}/{activity['id']}/documents/{photo}")).status_code == 204
    refused(await operator.post(path, {"photo_ids": [photo]}), 422, "validation-failed")


async def test_a_photograph_taken_off_the_shelf_shows_nothing_any_more(registry: Registry) -> None:
    activity = await held(registry)
    path, operator = f"{ACTIVITIES}/{activity['id']}", registry.operator.on(AFTER)
    photo = await photographed(operator, activity)
    tag = f'"{activity["version"]}"'
    expect(await operator.patch(path, {"photo_ids": [photo]}, tag), 200)
    assert (await operator.delete(f"{path}/documents/{photo}")).status_code == 204
    refused(await operator.post(f"{path}/submit"), 409, "activity-photographs-missing")


async def test_a_photograph_shows_one_activity_and_once(registry: Registry) -> None:
    centre = await registry.listed()
    first, second = await held(registry, centre=centre), await held(registry, centre=centre, **on(DAY, place="别处"))
    operator = registry.operator.on(AFTER)
    photo = await photographed(operator, first, JPEG)
    expect(await operator.post(f"{ACTIVITIES}/{first['id']}/submit", {"photo_ids": [photo]}), 200)
    path = f"{ACTIVITIES}/{second['id']}"
    same = [await photographed(operator, second, JPEG) for _ in range(2)]
    answer = refused(await operator.post(f"{path}/submit", {"photo_ids": same}), 409, "activity-photographs-missing")
    failed = [rule for rule in answer["decision"]["results"] if not rule["passed"]]
    assert failed[0]["inputs"] == {"photographs": 0, "elsewhere": 1}
    own = await photographed(operator, second)
    expect(await operator.post(f"{path}/submit", {"photo_ids": [*same, own]}), 200)


async def test_the_same_hours_in_the_same_place_are_one_activity(registry: Registry) -> None:
    centre = await registry.listed()
    first = await submitted(registry, centre=centre)
    again = await held(registry, centre=centre, title="项目路演", **on(DAY, place="城关双创中心 二楼路演厅"))
    path, operator = f"{ACTIVITIES}/{again['id']}", registry.operator.on(AFTER)
    body = {"photo_ids": [await photographed(operator, again)]}
    told = refused(await operator.post(f"{path}/submit", body), 409, "activity-recorded-already")
    assert first["no"] in told["detail"]
    evening = {"starts_at": "2019-06-03T17:00", "ends_at": "2019-06-03T19:00"}
    expect(await operator.patch(path, evening, f'"{again["version"]}"'), 200)
    expect(await operator.post(f"{path}/submit", body), 200)
    await submitted(registry)  # another centre's part in the same hours and place


async def test_two_reports_of_one_activity_at_the_same_moment_are_one(registry: Registry) -> None:
    centre = await registry.listed()
    both = [await held(registry, centre=centre) for _ in range(2)]
    operator = registry.operator.on(AFTER)
    photos = [await photographed(operator, activity) for activity in both]
    answers = await asyncio.gather(
        *(
            operator.post(f"{ACTIVITIES}/{activity['id']}/submit", {"photo_ids": [photo]})
            for activity, photo in zip(both, photos, strict=True)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_a_lead_bureau_does_not_verify_what_its_alliance_holds(registry: Registry) -> None:
    body = {name: value for name, value in activity_body(None).items() if name != "centre_id"}
    lead = registry.caller("industry_officer", account="industry-1", today=AFTER)
    sent = {**body, "organiser_kind": "alliance", "alliance": "maker_spaces"}
    activity = expect(await lead.post(ACTIVITIES, sent), 201)
    path = f"{ACTIVITIES}/{activity['id']}"
    expect(await lead.post(f"{path}/hold", {"heads": 12}), 200)
    expect(await lead.post(f"{path}/submit", {"photo_ids": [await photographed(lead, activity)]}), 200)
    colleague = registry.caller("industry_approver", account="industry-2", today=AFTER)
    refused(await colleague.post(f"{path}/verify"), 403, "activity-verifier-other")
    expect(await registry.caller("science_officer", today=AFTER).post(f"{path}/verify"), 200)


async def test_a_division_does_not_verify_the_camp_at_a_centre_that_it_owns(registry: Registry) -> None:
    led = {"series": "peking_university_camp", "alliance": "maker_spaces", "level": "municipal"}
    centre = await registry.listed(owner_division="LIUWU")
    activity = await submitted(registry, centre=centre, **led)
    liuwu = registry.caller("division_approver", division="LIUWU", today=AFTER)
    refused(await liuwu.post(f"{ACTIVITIES}/{activity['id']}/verify"), 403, "activity-verifier-other")


async def test_a_reported_activity_keeps_its_documents(registry: Registry) -> None:
    activity = await submitted(registry)
    photo = activity["photo_ids"][0]
    path = f"{ACTIVITIES}/{activity['id']}/documents/{photo}"
    refused(await registry.operator.delete(path), 409, "document-kept")


async def test_returned_corrected_and_reported_again(registry: Registry) -> None:
    activity = await submitted(registry)
    path = f"{ACTIVITIES}/{activity['id']}"
    officer = registry.officer.on(AFTER)
    refused(await officer.post(f"{path}/return", {"reason_code": "too_pretty"}), 422, "validation-failed")
    body = {"reason_code": "figures_do_not_fit", "remark": "签到表为 40 人"}
    returned = expect(await officer.post(f"{path}/return", body), 200)
    assert (returned["status"], returned["submitted_on"]) == ("returned", None)
    assert expect(await registry.operator.get(path), 200)["remark"] == "签到表为 40 人"
    operator = registry.operator.on(AFTER)
    amended = expect(await operator.patch(path, {"heads": 40}, f'"{returned["version"]}"'), 200)
    assert amended["heads"] == 40
    expect(await operator.post(f"{path}/submit"), 200)
    expect(await officer.post(f"{path}/verify"), 200)
    assert await events_of(registry, activity) == [
        "planned", "held", "submitted", "returned", "amended", "submitted", "verified",
    ]  # fmt: skip


async def test_a_report_sent_back_after_the_window_is_still_its_organiser_s(registry: Registry) -> None:
    activity = await submitted(registry)
    path, late = f"{ACTIVITIES}/{activity['id']}", date(2019, 9, 2)
    expect(await registry.officer.on(late).post(f"{path}/return", {"reason_code": "incomplete"}), 200)
    found = expect(await registry.operator.on(late).post(f"{path}/submit"), 200)
    assert (found["status"], found["submitted_on"], found["late_reason"]) == ("submitted", str(late), None)


async def test_a_verification_is_withdrawn_and_the_activity_counts_no_more(registry: Registry) -> None:
    activity = await verified(registry)
    path, office = f"{ACTIVITIES}/{activity['id']}", registry.caller("office_approver", today=AFTER)
    second = registry.caller("office_officer", today=AFTER)
    refused(await office.post(f"{path}/withdraw-verification", {"reason_code": "no_mood"}), 422, "validation-failed")
    noted = expect(await office.post(f"{path}/withdraw-verification", {"reason_code": "inspection"}), 200)
    assert (noted["status"], noted["withdrawal_reason"]) == ("verified", "inspection")
    again = await office.post(f"{path}/withdraw-verification", {"reason_code": "inspection"})
    refused(again, 403, "four-eyes-required")
    tasks = expect(await second.get("/v1/tasks"), 200)["items"]
    assert "activity_withdrawal_to_decide" in [task["kind"] for task in tasks if task["subject_id"] == noted["id"]]
    found = expect(await second.post(f"{path}/withdraw-verification", {"reason_code": "inspection"}), 200)
    assert (found["status"], found["counts_for"], found["verified_on"]) == ("submitted", None, None)
    assert found["reason_code"] == "inspection"
    expect(await office.post(f"{path}/reject", {"reason_code": "falsified"}), 200)
    refused(await office.post(f"{path}/verify"), 409, "invalid-transition")
    assert (await events_of(registry, activity))[-2:] == ["verification_withdrawn", "rejected"]


@pytest.mark.parametrize(
    ("level", "series", "role", "status"),
    [
        ("centre", None, "science_officer", 200),
        ("centre", None, "industry_approver", 200),
        ("centre", None, "office_officer", 200),
        ("centre", None, "hr_officer", 403),
        ("division", None, "science_officer", 200),
        ("municipal", None, "science_officer", 403),
        ("municipal", None, "office_officer", 200),
        ("municipal", "chuangyi", "hr_approver", 200),
        ("municipal", "chuangyi", "science_officer", 403),
        ("regional", "science", "science_approver", 200),
        ("national", "youth", "office_approver", 200),
        ("national", "youth", "education_officer", 403),
    ],
    ids=str,
)
async def test_who_verifies_depends_on_level_and_series(
    registry: Registry, level: str, series: str | None, role: str, status: int
) -> None:
    alliance = "maker_spaces" if series else None
    activity = await submitted(registry, level=level, series=series, alliance=alliance)
    answer = await registry.caller(role, today=AFTER).post(f"{ACTIVITIES}/{activity['id']}/verify")
    if status == 403:
        refused(answer, 403, "activity-verifier-other")
    else:
        expect(answer, status)


async def test_the_new_area_verifies_the_camp_that_it_leads_but_never_its_own(registry: Registry) -> None:
    led = {"series": "peking_university_camp", "alliance": "maker_spaces", "level": "municipal"}
    activity = await submitted(registry, **led)
    liuwu = registry.caller("division_approver", division="LIUWU", today=AFTER)
    expect(await liuwu.post(f"{ACTIVITIES}/{activity['id']}/verify"), 200)
    other = registry.caller("division_approver", division="540103", today=AFTER)
    refused(await other.post(f"{ACTIVITIES}/{activity['id']}/verify"), 404, "not-found")
    own = registry.caller("division_officer", division="LIUWU", account="liuwu-1")
    body = activity_body(None, organiser_kind="division", division="LIUWU", place="柳梧新区会展中心", **led)
    mine = expect(await own.post(ACTIVITIES, body), 201)
    path = f"{ACTIVITIES}/{mine['id']}"
    expect(await own.on(AFTER).post(f"{path}/hold", {"heads": 30}), 200)
    photo = await photographed(own.on(AFTER), mine)
    expect(await own.on(AFTER).post(f"{path}/submit", {"photo_ids": [photo]}), 200)
    refused(await liuwu.post(f"{path}/verify"), 403, "activity-verifier-other")
    expect(await registry.caller("office_officer", today=AFTER).post(f"{path}/verify"), 200)


async def test_whoever_changed_a_record_does_not_verify_it(registry: Registry) -> None:
    activity = await held(registry)
    path = f"{ACTIVITIES}/{activity['id']}"
    officer = registry.officer.on(AFTER)
    expect(await officer.patch(path, {"heads": 41}, f'"{activity["version"]}"'), 200)
    photo = await photographed(registry.operator, activity)
    expect(await registry.operator.on(AFTER).post(f"{path}/submit", {"photo_ids": [photo]}), 200)
    refused(await officer.post(f"{path}/verify"), 403, "four-eyes-required")
    refused(await officer.post(f"{path}/reject", {"reason_code": "not_held"}), 403, "four-eyes-required")


@pytest.mark.parametrize(
    ("organiser", "role", "scope", "status"),
    [
        ({"organiser_kind": "division", "division": "540103"}, "division_officer", {"division": "540103"}, 201),
        ({"organiser_kind": "division", "division": "540103"}, "division_officer", {"division": "540102"}, 403),
        ({"organiser_kind": "division", "division": "540172"}, "division_officer", {"division": "540172"}, 201),
        ({"organiser_kind": "division", "division": "540103"}, "office_officer", {}, 201),
        ({"organiser_kind": "bureau", "department": "hr"}, "hr_officer", {}, 201),
        ({"organiser_kind": "bureau", "department": "hr"}, "education_officer", {}, 403),
        ({"organiser_kind": "bureau", "department": "nobody"}, "hr_officer", {}, 422),
        ({"organiser_kind": "alliance", "alliance": "sci"}, "education_officer", {}, 201),
        ({"organiser_kind": "alliance", "alliance": "sci"}, "hr_officer", {}, 403),
        ({"organiser_kind": "alliance"}, "education_officer", {}, 422),
        ({"organiser_kind": "bureau", "department": "hr", "division": "540102"}, "hr_officer", {}, 422),
        ({"organiser_kind": "circus", "department": "hr"}, "hr_officer", {}, 422),
    ],
    ids=str,
)
async def test_everybody_enters_activities_of_its_own(
    registry: Registry, organiser: dict[str, str], role: str, scope: dict[str, str], status: int
) -> None:
    body = {name: value for name, value in activity_body(None).items() if name != "centre_id"}
    expect(await as_one(registry, role, scope).post(ACTIVITIES, {**body, **organiser}), status)


async def test_a_strangers_centre_and_activity_are_not_there(registry: Registry) -> None:
    centre = await registry.listed()
    activity = await planned(registry, centre=centre)
    stranger, path = registry.stranger, f"{ACTIVITIES}/{activity['id']}"
    refused(await stranger.post(ACTIVITIES, activity_body(centre["id"])), 404, "not-found")
    refused(await stranger.get(path), 404, "not-found")
    refused(await stranger.get(f"{path}/clashes"), 404, "not-found")
    refused(await stranger.patch(path, {"title": "我的"}, '"1"'), 404, "not-found")
    refused(await stranger.post(f"{path}/eligibility"), 404, "not-found")
    assert expect(await stranger.get(ACTIVITIES), 200)["items"] == []
    other = registry.caller("division_officer", division="540103")
    refused(await other.get(path), 404, "not-found")
    refused(await registry.caller("hr_officer").post(f"{path}/hold", {"heads": 3}), 404, "not-found")


async def test_a_centre_that_is_not_on_the_list_plans_nothing(registry: Registry) -> None:
    draft = await registry.draft()
    refused(await registry.operator.post(ACTIVITIES, activity_body(draft["id"])), 409, "invalid-transition")


async def test_an_activity_before_the_listing_is_not_reported(registry: Registry) -> None:
    centre = await registry.listed()
    early = date.fromisoformat(centre["listed_on"]) - timedelta(days=1)
    activity = await held(registry, centre=centre, **on(early))
    path, operator = f"{ACTIVITIES}/{activity['id']}/submit", registry.operator.on(early + timedelta(days=2))
    photo = await photographed(operator, activity)
    refused(await operator.post(path, {"photo_ids": [photo]}), 409, "activity-centre-not-listed")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"level": "galactic"}, "level"),
        ({"series": "opera"}, "series"),
        ({"organiser_role": "guest"}, "organiser_role"),
        ({"audiences": ["founders", "cats"]}, "audiences"),
        ({"audiences": ["founders", "founders"]}, "audiences"),
        ({"audiences": []}, "audiences"),
        ({"alliance": "axis"}, "alliance"),
        ({"ends_at": "2019-06-03T14:30:00+08:00"}, "ends_at"),
        ({"ends_at": "2019-07-04T14:30:00+08:00"}, "ends_at"),
        ({"starts_at": 1559543400}, "starts_at"),
        ({"title": "报名电话 13800138000"}, "title"),
        ({"heads": 5}, "heads"),
    ],
    ids=str,
)
async def test_what_cannot_be_is_refused_field_by_field(
    registry: Registry, changes: dict[str, object], field: str
) -> None:
    centre = await registry.listed()
    answer = await registry.operator.post(ACTIVITIES, activity_body(centre["id"], **changes))
    assert [error["field"].split(".")[0] for error in refused(answer, 422, "validation-failed")["errors"]] == [field]


async def test_thirty_one_days_are_one_activity(registry: Registry) -> None:
    activity = await planned(registry, ends_at="2019-07-03T14:30:00+08:00")
    assert activity["ended_on"] == "2019-07-03"


async def test_a_planned_activity_has_no_figures_and_a_held_one_no_future(registry: Registry) -> None:
    activity = await planned(registry)
    path, tag = f"{ACTIVITIES}/{activity['id']}", f'"{activity["version"]}"'
    refused(await registry.operator.patch(path, {"heads": 9}, tag), 409, "invalid-transition")
    refused(await registry.operator.patch(path, {"title": None}, tag), 422, "validation-failed")
    refused(await registry.operator.patch(path, {"title": "新名"}), 428, "precondition-required")
    refused(await registry.operator.patch(path, {"title": "新名"}, '"77"'), 412, "precondition-failed")
    same = expect(await registry.operator.patch(path, {"title": activity["title"]}, tag), 200)
    assert same["version"] == activity["version"]
    found = expect(await registry.operator.post(f"{path}/hold", {"heads": 9, "spend": "1200.50"}), 200)
    assert found["spend"] == "1200.50"
    later = {"ends_at": "2019-06-04T10:00:00+08:00"}
    refused(await registry.operator.patch(path, later, f'"{found["version"]}"'), 422, "validation-failed")


async def test_only_what_was_not_held_is_cancelled(registry: Registry) -> None:
    centre = await registry.listed()
    activity, done = await planned(registry, centre=centre), await held(registry, centre=centre)
    body = {"reason_code": "weather"}
    found = expect(await registry.operator.post(f"{ACTIVITIES}/{activity['id']}/cancel", body), 200)
    assert (found["status"], found["cancelled_on"]) == ("cancelled", str(DAY))
    refused(await registry.operator.post(f"{ACTIVITIES}/{done['id']}/cancel", body), 409, "invalid-transition")


async def test_lists_are_narrowed_and_sorted(registry: Registry) -> None:
    centre = await registry.listed()
    first = await planned(registry, centre=centre, **on(date(2019, 6, 20)), level="municipal")
    second = await planned(registry, centre=centre, **on(date(2019, 6, 10)), audiences=["students", "public"])

    async def ids(**params: object) -> list[str]:
        return [item["id"] for item in expect(await registry.auditor.get(ACTIVITIES, **params), 200)["items"]]

    assert await ids(sort="starts") == [second["id"], first["id"]]
    assert await ids(sort="-recorded") == [second["id"], first["id"]]
    assert await ids(level="municipal") == [first["id"]]
    assert await ids(audience="public") == [second["id"]]
    assert await ids(since="2019-06-11") == [first["id"]]
    assert await ids(until="2019-06-10") == [second["id"]]
    assert await ids(no=first["no"]) == [first["id"]]
    refused(await registry.auditor.get(ACTIVITIES, audience="cats"), 422, "validation-failed")
    table = (await registry.auditor.export(ACTIVITIES, "text/csv")).text
    assert "创业沙龙（第十二期）" in table
    assert STRANGER not in table
