"""The term of an admission: expiry, renewal, withdrawal, yearly review (4.3-2)."""

from __future__ import annotations

from datetime import date

import pytest

from tests.vouchers.providers.support import PATH, Case, admitted, applied, colleague
from tests.vouchers.support import (
    PUBLIC,
    SCIENCE_APPROVER,
    SCIENCE_OFFICER,
    Caller,
    Standing,
    Town,
    code_of,
    fresh_code,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")

LAST_DAY = date(2021, 6, 2)
AFTER = date(2021, 6, 3)
RENEWABLE = date(2021, 3, 4)


async def selling(case: Case) -> Standing:
    standing = await case.town.standing("1000.00", valid_months=36)
    return Standing(case.town, standing.centre_id, standing.firm, case.seller, standing.voucher_id, standing.code)


async def test_an_admission_sells_on_its_last_day_and_not_on_the_next_whoever_runs_the_expiry(town: Town) -> None:
    case = await admitted(town)
    assert (await case.shown())["admitted_until"] == LAST_DAY.isoformat()
    standing = await selling(case)
    assert (await standing.at_counter("10.00", today=LAST_DAY)).status_code == 201
    late = await standing.at_counter("10.00", today=AFTER)
    assert code_of(late) == (409, "provider-admission-expired")
    await town.api.ok(SCIENCE_OFFICER, f"{PATH}/expire", today=LAST_DAY)
    assert (await case.shown())["status"] == "admitted"
    await town.api.ok(SCIENCE_OFFICER, f"{PATH}/expire", today=AFTER)
    await town.api.ok(SCIENCE_OFFICER, f"{PATH}/expire", today=AFTER)
    shown = await case.shown()
    assert (shown["status"], shown["ended_on"]) == ("expired", LAST_DAY.isoformat())
    assert code_of(await standing.at_counter("10.00", today=AFTER)) == (409, "provider-admission-expired")
    assert await town.events(case.id, "vouchers.provider.expired.v1") == 1


async def test_whoever_expired_may_apply_again_and_sells_under_the_new_admission(town: Town) -> None:
    case = await admitted(town)
    await town.api.ok(SCIENCE_OFFICER, f"{PATH}/expire", today=AFTER)
    again = await applied(town, code=case.caller.org, on=AFTER)
    await again.announced(on=AFTER)
    await again.ok(SCIENCE_APPROVER, "admit", on=date(2021, 7, 1))
    standing = await selling(again)
    assert (await standing.at_counter("10.00", today=date(2021, 7, 1))).status_code == 201
    other = await standing.at_counter("10.00", today=date(2021, 7, 1), more={"category": "exhibition"})
    assert code_of(other) == (409, "provider-not-in-category")


async def test_a_renewal_is_asked_for_in_its_window_and_granted_by_a_second_person(town: Town) -> None:
    case = await admitted(town)
    early = await case.post(case.caller, "renewals", {"declares_no_penalty": True}, on=date(2021, 3, 3))
    assert code_of(early) == (409, "renewal-too-early")
    assert "2021-03-04" in early.json()["detail"]
    found = (await town.api.get(case.caller, "/v1/tasks", kind="provider_admission_ending", today=RENEWABLE)).json()
    assert [task["due_on"] for task in found["items"]] == [LAST_DAY.isoformat()]
    asked = await case.ok(case.caller, "renewals", {"declares_no_penalty": True}, on=RENEWABLE)
    assert code_of(await case.post(case.caller, "renewals", {}, on=RENEWABLE)) == (409, "renewal-already-requested")
    step = f"renewals/{asked['id']}"
    both = Caller(("science_officer", "science_approver"))
    await case.ok(both, f"{step}/review", on=RENEWABLE)
    assert code_of(await case.post(both, f"{step}/approve", on=RENEWABLE)) == (403, "four-eyes-required")
    granted = await case.ok(SCIENCE_APPROVER, f"{step}/approve", on=RENEWABLE)
    assert (granted["status"], granted["admitted_until"]) == ("approved", "2023-06-02")
    assert granted["decision"]["passed"]
    assert (await case.shown())["admitted_until"] == "2023-06-02"


async def test_a_renewal_without_a_declaration_is_not_reviewed_and_may_be_refused_or_withdrawn(town: Town) -> None:
    case = await admitted(town)
    asked = await case.ok(case.caller, "renewals", {}, on=RENEWABLE)
    review = await case.post(SCIENCE_OFFICER, f"renewals/{asked['id']}/review", on=RENEWABLE)
    assert code_of(review) == (409, "provider-declaration-missing")
    refused = await case.ok(
        SCIENCE_OFFICER, f"renewals/{asked['id']}/refuse", {"reason_code": "not_qualified"}, on=RENEWABLE
    )
    assert refused["status"] == "refused"
    again = await case.ok(case.caller, "renewals", {"declares_no_penalty": True}, on=RENEWABLE)
    assert (await case.ok(case.caller, f"renewals/{again['id']}/withdraw", on=RENEWABLE))["status"] == "withdrawn"
    assert (await case.shown())["admitted_until"] == LAST_DAY.isoformat()


async def test_other_categories_may_be_asked_for_at_any_time_and_leave_the_term(town: Town) -> None:
    case = await admitted(town)
    wanted = {"categories": ["legal_protection", "ip_protection"], "declares_no_penalty": True}
    asked = await case.ok(case.caller, "renewals", wanted)
    await case.ok(SCIENCE_OFFICER, f"renewals/{asked['id']}/review")
    await case.ok(SCIENCE_APPROVER, f"renewals/{asked['id']}/approve")
    shown = await case.shown()
    assert shown["categories"] == ["legal_protection", "ip_protection"]
    assert shown["admitted_until"] == LAST_DAY.isoformat()


async def test_a_provider_that_withdraws_sells_no_more_and_carries_out_what_was_held(town: Town) -> None:
    case = await admitted(town)
    standing = await selling(case)
    held = await standing.hold("100.00")
    shown = await case.ok(case.caller, "withdraw", {"reason_code": "closed_down"})
    assert (shown["status"], shown["reason_code"]) == ("withdrawn", "closed_down")
    assert code_of(await standing.at_counter("10.00")) == (409, "provider-not-admitted")
    waiting = (await town.api.get(standing.firm.caller, "/v1/tasks", kind="held_at_stopped_provider")).json()["items"]
    assert [task["subject_id"] for task in waiting] == [held["id"]]
    assert (await standing.step(case.caller, held["id"], "deliver")).status_code == 200
    assert (await standing.step(standing.firm.caller, held["id"], "redeem")).status_code == 200
    assert (await town.api.get(PUBLIC, case.path)).status_code == 404


async def test_an_application_is_corrected_by_its_own_provider_until_the_review(town: Town) -> None:
    case = await applied(town, declares_no_penalty=False)
    headers = {**town.api.headers(case.caller), "If-Match": '"1"'}
    change = {"declares_no_penalty": True, "name": "雪域律师事务所"}
    amended = await town.api.client.patch(case.path, json=change, headers=headers)
    assert amended.status_code == 200, amended.text
    assert (amended.json()["name"], amended.json()["declared_on"]) == ("雪域律师事务所", "2019-06-03")
    stale = await town.api.client.patch(case.path, json=change, headers=headers)
    assert stale.status_code == 412
    stranger = {**town.api.headers(Caller(("provider",), org=fresh_code())), "If-Match": '"2"'}
    assert (await town.api.client.patch(case.path, json=change, headers=stranger)).status_code == 404
    await case.ok(SCIENCE_OFFICER, "review")
    late = {**town.api.headers(case.caller), "If-Match": '"3"'}
    assert code_of(await town.api.client.patch(case.path, json=change, headers=late)) == (409, "invalid-transition")


async def test_the_yearly_review_is_confirmed_by_another_and_the_next_is_due_a_year_later(town: Town) -> None:
    case = await admitted(town)
    body = {"outcome": "pass", "findings": "服务记录齐全"}
    early = await case.post(SCIENCE_OFFICER, "reviews", body, on=date(2020, 4, 3))
    assert code_of(early) == (409, "review-too-early")
    day = date(2020, 4, 4)
    due = (await town.api.get(SCIENCE_OFFICER, "/v1/tasks", kind="provider_review_due", today=day, limit=200)).json()
    assert case.id in {task["subject_id"] for task in due["items"]}
    both = Caller(("science_officer", "science_approver"))
    first = await case.ok(both, "reviews", body, on=day)
    assert code_of(await case.post(SCIENCE_OFFICER, "reviews", body, on=day)) == (409, "review-already-proposed")
    step = f"reviews/{first['id']}"
    assert code_of(await case.post(both, f"{step}/confirm", on=day)) == (403, "four-eyes-required")
    assert (await case.ok(SCIENCE_APPROVER, f"{step}/return", {"remark": "请补充抽查记录"}, on=day))[
        "status"
    ] == "returned"
    second = await case.ok(SCIENCE_OFFICER, "reviews", body, on=day)
    await case.ok(SCIENCE_APPROVER, f"reviews/{second['id']}/confirm", on=day)
    assert (await case.shown())["review_due_on"] == "2021-06-03"


async def test_notice_comes_before_admission_and_an_upheld_objection_ends_it(town: Town) -> None:
    case = await applied(town)
    await case.ok(SCIENCE_OFFICER, "review")
    assert code_of(await case.post(SCIENCE_APPROVER, "admit")) == (409, "notice-missing")
    notice = await case.ok(SCIENCE_OFFICER, "notice")
    assert (notice["last_day"], notice["first_decision_day"]) == ("2019-06-11", "2019-06-12")
    assert (await town.api.get(PUBLIC, f"{case.path}/notice")).status_code == 200
    last, first = date(2019, 6, 11), date(2019, 6, 12)
    assert code_of(await case.post(SCIENCE_APPROVER, "admit", on=last)) == (409, "notice-running")
    rival = Caller(("provider",), org=fresh_code())
    objection = {"signatory": "次仁", "text": "该机构无执业场所。"}
    raised = await case.ok(rival, "notice/objections", objection, on=last)
    assert code_of(await case.post(SCIENCE_APPROVER, "admit", on=first)) == (409, "objection-unanswered")
    answer = f"notice/objections/{raised['id']}/answer"
    await case.ok(SCIENCE_OFFICER, answer, {"outcome": "dismissed", "text": "经核实有场所。"}, on=first)
    assert (await case.ok(SCIENCE_APPROVER, "admit", on=first))["admitted_on"] == "2019-06-12"


async def test_the_register_is_public_and_tells_who_sells(town: Town) -> None:
    case = await admitted(town, name=f"虚构公证处{fresh_code()}")
    name = (await case.shown())["name"]
    for query in ({"name": name}, {"selling_on": "2021-06-02", "name": name}, {"sort": "rating", "name": name}):
        listed = (await town.api.get(PUBLIC, PATH, **query)).json()["items"]
        assert [found["id"] for found in listed] == [case.id]
    assert (await town.api.get(PUBLIC, PATH, selling_on="2021-06-03", name=name)).json()["items"] == []
    assert (await town.api.get(PUBLIC, f"{case.path}/file")).status_code in (401, 403)
    file = (await town.api.get(colleague(case.caller), f"{case.path}/file")).json()
    assert file["decision"]["passed"]
