"""Stay, lift and reversal over HTTP: four eyes, standing at once, expected against done, watched (2.3-5)."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from uuid import uuid4

import pytest

from services.evaluation.delistings.watchdog import remind_late
from tests.evaluation.cases import (
    PUBLISHED,
    finance_confirms,
    published,
    registry_confirms,
    standing,
    vouchers_confirm,
)
from tests.evaluation.delistings.orders import (
    LIFTED,
    REVERSED,
    STAYED,
    approved,
    finance_follows,
    order,
    progress,
    recorded,
    registry_follows,
    vouchers_follow,
)
from tests.evaluation.support import Desk

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_an_order_takes_effect_once_another_person_of_the_other_bureau_approves(desk: Desk) -> None:
    centre, case = await published(desk)
    path = f"/v1/delistings/{case['id']}"
    found = await recorded(desk, case, "stay")
    assert (found["status"], found["ordinal"], found["effective_on"]) == ("proposed", 1, STAYED.isoformat())
    assert (await standing(desk, centre))["standing"] == "delisting_decided"
    again = await desk.caller("industry_officer", today=STAYED).refused(f"{path}/stay", order(STAYED))
    assert again == "remedy-pending"
    approve = f"{path}/remedies/{found['id']}/approve"
    same = desk.caller("science_officer", "industry_approver", today=STAYED, account=found["recorded_by"])
    assert await same.refused(approve, status=403) == "four-eyes-required"
    own = desk.caller("science_approver", today=STAYED)
    assert await own.refused(approve) == "countersignature-by-other-bureau"
    early = desk.caller("industry_approver", today=STAYED).refused(approve, {"decided_on": "2021-03-31"})
    assert await early == "date-before-step"
    shown = await desk.caller("industry_approver", today=STAYED).ok(approve)
    assert (shown["stayed_on"], shown["in_effect"], shown["status"]) == (STAYED.isoformat(), False, "published")
    # The first year's fail was never put right: that is all that stands against the centre now.
    assert (await standing(desk, centre))["standing"] == "rectification_open"
    twice = desk.caller("industry_approver", today=STAYED).refused(approve)
    assert await twice == "invalid-transition"


async def test_reports_are_taken_again_while_a_stay_lasts_and_refused_after_its_lift(desk: Desk) -> None:
    centre, case = await published(desk)
    body = {"centre_id": str(centre.id), "year": 2021, "quarter": 1}
    await approved(desk, case, "stay")
    assert (await desk.operator(centre, STAYED).post("/v1/quarterly-reports", body)).status_code == 201
    await approved(desk, case, "lift")
    body["quarter"] = 2
    assert await desk.operator(centre, LIFTED).refused("/v1/quarterly-reports", body) == "centre-not-listed"
    assert (await standing(desk, centre))["standing"] == "delisting_decided"
    shown = await desk.case_of(centre)
    assert (shown["stayed_on"], shown["in_effect"]) == (None, True)
    assert [step["step"] for step in shown["steps"]][-2:] == ["remedy_proposed", "lifted"]


async def test_an_order_that_does_not_fit_or_comes_too_early_names_what_is_possible(desk: Desk) -> None:
    _, case = await published(desk)
    path = f"/v1/delistings/{case['id']}"
    officer = desk.caller("science_officer", today=STAYED)
    assert await officer.refused(f"{path}/lift", order(STAYED)) == "remedy-does-not-fit"
    response = await officer.post(f"{path}/stay", order(STAYED, effective_on="2021-02-28"))
    assert (response.status_code, response.json()["code"]) == (409, "remedy-too-early")
    assert "2021-03-01" in response.json()["detail"]
    future = {"ordered_on": "2021-04-02"}
    assert await officer.refused(f"{path}/stay", order(STAYED, **future), 422) == "effective-date-in-future"
    assert await officer.refused(f"{path}/stay", {**order(STAYED), "ground": "annulled_result"}, 422)
    assert (await officer.post(f"/v1/delistings/{uuid4()}/stay", order(STAYED))).status_code == 404


async def test_a_rejected_order_changes_nothing_and_another_may_be_recorded(desk: Desk) -> None:
    centre, case = await published(desk)
    found = await recorded(desk, case, "reverse", STAYED)
    reject = f"/v1/delistings/{case['id']}/remedies/{found['id']}/reject"
    approver = desk.caller("industry_approver", today=STAYED)
    await approver.ok(reject, {"reason_code": "document_not_authentic"})
    assert (await standing(desk, centre))["standing"] == "delisting_decided"
    await approved(desk, case, "reverse")
    statuses = [one["status"] for one in await progress(desk, case)]
    assert statuses == ["rejected", "ordered"]
    waiting = await desk.caller("industry_approver", today=REVERSED).read("/v1/delistings/remedies", status="ordered")
    assert [one["case_id"] for one in waiting["items"]] == [case["id"]]


async def test_an_order_is_complete_when_everybody_followed_and_every_revoked_title_is_accounted_for(
    desk: Desk,
) -> None:
    centre, case = await published(desk)
    revoked, lapsed = uuid4(), uuid4()
    await registry_confirms(desk, centre, case, revoked=[revoked, lapsed])
    stay = await approved(desk, case, "stay")
    await finance_follows(desk, centre, case, stay)
    await vouchers_follow(desk, centre, case, stay)
    await registry_follows(desk, centre, case, stay, restored=[revoked])
    (shown,) = await progress(desk, case)
    assert (shown["status"], shown["expected_title_ids"]) == ("ordered", [str(revoked), str(lapsed)])
    registry = next(found for found in shown["participants"] if found["service"] == "registry")
    assert (registry["confirmed"], registry["problem"]) == (False, "expected-titles-not-restored")
    assert shown["missing_title_ids"] == [str(lapsed)]
    await registry_follows(desk, centre, case, stay, restored=[revoked], lapsed=[lapsed])
    (shown,) = await progress(desk, case)
    assert (shown["status"], shown["missing_title_ids"]) == ("completed", [])
    assert shown["completed_after_ms"] >= 0
    assert (await desk.events(case["id"]))[-1] == "evaluation.delisting.remedy_completed.v1"
    before = len(await desk.events(case["id"]))
    await finance_follows(desk, centre, case, stay, version=2)
    assert len(await desk.events(case["id"])) == before


async def test_a_lift_counts_only_when_no_title_is_left(desk: Desk) -> None:
    centre, case = await published(desk)
    await approved(desk, case, "stay")
    lift = await approved(desk, case, "lift")
    await registry_follows(desk, centre, case, lift, left=1)
    registry = next(one for one in (await progress(desk, case))[1]["participants"] if one["service"] == "registry")
    assert registry["problem"] == "active-municipal-titles-left"
    await registry_follows(desk, centre, case, lift)
    registry = next(one for one in (await progress(desk, case))[1]["participants"] if one["service"] == "registry")
    assert (registry["confirmed"], registry["problem"]) == (True, None)


async def test_the_watchdog_reminds_of_the_order_and_not_of_the_decision_that_it_suspends(desk: Desk) -> None:
    centre, case = await published(desk)
    stay = await approved(desk, case, "stay")
    await finance_follows(desk, centre, case, stay)
    assert await remind_late(desk.runtime, timedelta(hours=1)) == 0
    assert await remind_late(desk.runtime, timedelta(0)) == 1
    kinds = await desk.events(case["id"], "%reminded%")
    assert kinds == ["evaluation.delisting.remedy_reminded.v1"]
    late = "SELECT jsonb_array_length(data::jsonb -> 'late') FROM event_log WHERE type LIKE '%remedy_reminded%'"
    assert await desk.count(late) == 2
    carried = "SELECT jsonb_array_length(data::jsonb -> 'remedies') FROM event_log WHERE type LIKE '%remedy_reminded%'"
    assert await desk.count(carried) == 1
    await registry_follows(desk, centre, case, stay)
    await vouchers_follow(desk, centre, case, stay)
    assert await remind_late(desk.runtime, timedelta(0)) == 0
    for confirms in (registry_confirms, finance_confirms, vouchers_confirm):
        await confirms(desk, centre, case)
    assert (await desk.case_of(centre))["status"] == "completed"


async def test_a_reversal_frees_the_centre_for_good_and_leaves_the_fail_to_be_put_right(desk: Desk) -> None:
    centre, case = await published(desk)
    await approved(desk, case, "reverse")
    shown = await desk.case_of(centre)
    assert (shown["status"], shown["reversed_on"], shown["in_effect"]) == ("reversed", REVERSED.isoformat(), False)
    answer = await standing(desk, centre)
    assert (answer["standing"], answer["case_id"]) == ("rectification_open", None)
    assert (await desk.evaluation_of(centre, 2020))["rectification_id"] is not None
    officer = desk.caller("science_officer", today=REVERSED)
    for verb in ("stay", "lift", "reverse"):
        assert await officer.refused(f"/v1/delistings/{case['id']}/{verb}", order(REVERSED)) == "invalid-transition"
    for confirms in (registry_confirms, finance_confirms, vouchers_confirm):
        await confirms(desk, centre, case)
    assert (await desk.case_of(centre))["status"] == "reversed"


async def test_two_approvals_at_once_put_one_order_into_effect_once(desk: Desk) -> None:
    _, case = await published(desk)
    found = await recorded(desk, case, "stay")
    path = f"/v1/delistings/{case['id']}/remedies/{found['id']}/approve"
    people = [desk.caller("industry_approver", today=STAYED, account=f"approver-{n}") for n in range(2)]
    answers = await asyncio.gather(*(person.post(path) for person in people))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert (await desk.events(case["id"], "%stayed%")) == ["evaluation.delisting.stayed.v1"]


async def test_two_of_a_kind_recorded_at_once_leave_one_proposal(desk: Desk) -> None:
    _, case = await published(desk)
    officers = [desk.caller(f"{bureau}_officer", today=STAYED) for bureau in ("science", "industry")]
    path = f"/v1/delistings/{case['id']}/stay"
    answers = await asyncio.gather(*(officer.post(path, order(STAYED)) for officer in officers))
    assert sorted(answer.status_code for answer in answers) == [201, 409]


async def test_a_confirmation_of_an_order_that_nobody_knows_is_ignored(desk: Desk) -> None:
    centre, case = await published(desk)
    stray = {"id": str(uuid4()), "kind": "stay", "effective_on": STAYED.isoformat()}
    await registry_follows(desk, centre, case, stray)
    assert await progress(desk, case) == []


async def test_the_timeline_has_every_step_with_its_document_its_rule_and_whom_it_waits_for(desk: Desk) -> None:
    centre, case = await published(desk)
    await registry_confirms(desk, centre, case)
    service = {"method": "direct", "recipient_role": "legal_representative", "served_on": "2021-03-05"}
    await desk.caller("science_officer", today=STAYED).ok(f"/v1/delistings/{case['id']}/service-record", service)
    stay = await approved(desk, case, "stay")
    await finance_follows(desk, centre, case, stay)
    shown = await desk.operator(centre, STAYED).read(f"/v1/delistings/{case['id']}/timeline")
    steps = [(entry["kind"], entry["step"]) for entry in shown["entries"]]
    assert steps[0] == ("step", "opened")
    for wanted in (("step", "decided"), ("confirmation", "confirmed"), ("order", "stayed")):
        assert wanted in steps
    assert steps[-1] == ("order_confirmation", "confirmed")
    notice = next(entry for entry in shown["entries"] if entry["step"] == "notice_of_intent")
    assert (notice["document_no"], notice["actor_role"]) == ("虚构告〔2021〕1号", "bureau")
    assert "delisting.prior_procedure" in notice["rules"]
    assert notice["clauses"] == ["2.3-5"]
    stayed = next(entry for entry in shown["entries"] if entry["step"] == "stayed")
    assert stayed["document_no"] == stay["document_no"]
    terms = {term["term"]: term["last_day"] for term in shown["terms"]}
    assert (terms["reconsideration"], terms["litigation"]) == ("2021-05-06", "2021-09-06")
    assert shown["waiting_for"] == [f"{stay['no']}:registry", f"{stay['no']}:vouchers"]
    assert [entry["at"] for entry in shown["entries"]] == sorted(entry["at"] for entry in shown["entries"])
    stranger = desk.caller("centre_operator", today=date(2021, 4, 1), org="91540100000000000X")
    assert (await stranger.get(f"/v1/delistings/{case['id']}/timeline")).status_code == 404
    assert PUBLISHED < STAYED


async def test_orders_are_followed_in_the_order_in_which_they_took_effect(desk: Desk) -> None:
    """A reversal is recorded first; until it is approved the delisting is stayed: the reversal is the last word."""
    centre, case = await published(desk)
    reversal = await recorded(desk, case, "reverse", LIFTED)
    stay = await approved(desk, case, "stay", LIFTED, effective_on=STAYED.isoformat())
    approver = desk.caller("industry_approver", today=LIFTED)
    await approver.ok(f"/v1/delistings/{case['id']}/remedies/{reversal['id']}/approve")
    told = "SELECT count(*) FROM event_log WHERE type = 'evaluation.delisting.reversed.v1'"
    last = (
        " AND data::jsonb -> 'remedies' -> 0 ->> 'id' = :stay AND data::jsonb -> 'remedies' -> 1 ->> 'id' = :reversal"
    )
    assert await desk.count(told + last, stay=stay["id"], reversal=reversal["id"]) == 1
    assert [(one["kind"], one["ordinal"]) for one in await progress(desk, case)] == [("stay", 2), ("reversal", 3)]
    assert (await desk.case_of(centre))["status"] == "reversed"
