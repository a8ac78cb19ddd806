"""Delisting cases over HTTP: opened, taken through the procedure, published, confirmed, dropped (2.3-5)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from services.evaluation.delistings.watchdog import remind_late
from shared.events.contracts import finance as fc
from shared.events.contracts import registry as rc
from shared.events.contracts import vouchers as vc
from tests.evaluation.support import Centre, Desk, Json
from tests.support.tokens import bearer, service_token

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANNOUNCED = date(2021, 1, 28)
DAYS = (date(2021, 1, 29), date(2021, 2, 20), date(2021, 2, 22), date(2021, 2, 24), date(2021, 2, 25))
SIGNED = date(2021, 2, 26)
PUBLISHED = date(2021, 3, 1)
NOTICE = {"method": "direct", "recipient_role": "legal_representative", "document_no": "虚构告〔2021〕1号"}


async def _second_year(desk: Desk, centres: int = 1) -> tuple[Json, list[Centre]]:
    """Centres that failed 2019 for good and fail 2020 so far: 2020 is announced."""
    made = [await desk.centre() for _ in range(centres)]
    first = await desk.scored(2019, date(2020, 2, 3), marks=False)
    await desk.announce(first["id"], date(2020, 2, 4))
    await desk.sign(first["id"], date(2020, 2, 12))
    await desk.publish(first["id"], date(2020, 2, 12))
    second = await desk.scored(2020, date(2021, 1, 25), marks=False)
    await desk.announce(second["id"], ANNOUNCED)
    return second, made


async def _published(desk: Desk) -> tuple[Centre, Json]:
    """A delisting in force that nobody has confirmed yet."""
    cycle, (centre,) = await _second_year(desk)
    case = await desk.case_of(centre)
    await desk.procedure(case["id"], DAYS)
    await desk.sign(cycle["id"], SIGNED)
    await desk.publish(cycle["id"], PUBLISHED)
    return centre, await desk.case_of(centre)


async def _standing(desk: Desk, centre: Centre) -> Json:
    token = service_token(desk.keys, "finance", "evaluation")
    response = await desk.client.get(f"/internal/centres/{centre.id}/standing", headers=bearer(token))
    answer: Json = response.json()
    return answer


async def _registry_confirms(desk: Desk, centre: Centre, case: Json, titles_left: int = 0) -> None:
    centre.version += 1
    data = rc.CentreDelistedData.model_validate(
        {
            **centre.state,
            "status": "delisted",
            "delisted_on": PUBLISHED,
            "case_id": case["id"],
            "decision_no": case["decision_no"],
            "published_on": PUBLISHED,
            "ban_id": uuid4(),
            "revoked_qualification_ids": (),
            "refused_application_ids": (),
            "relocated_tenancy_ids": (),
            "active_municipal_titles_left": titles_left,
        }
    )
    await desk.feed(rc.CentreDelisted, centre.id, centre.version, data, PUBLISHED)


async def _finance_confirms(desk: Desk, centre: Centre, case: Json, version: int = 1) -> None:
    data = fc.DelistingAppliedData(
        case_id=UUID(case["id"]),
        centre_id=centre.id,
        cancelled_grant_ids=(),
        recovery_grant_ids=(),
        released=Decimal("80000.00"),
        recovery_due=Decimal("0.00"),
        effective_on=PUBLISHED,
    )
    await desk.feed(fc.DelistingApplied, data.case_id, version, data, PUBLISHED)


async def _vouchers_confirm(desk: Desk, centre: Centre, case: Json) -> None:
    data = vc.DelistingAppliedData(
        case_id=UUID(case["id"]),
        centre_id=centre.id,
        stopped_voucher_ids=(),
        released_redemption_ids=(),
        honoured_redemption_ids=(),
        effective_on=PUBLISHED,
    )
    await desk.feed(vc.DelistingApplied, data.case_id, 1, data, PUBLISHED)


async def test_a_preliminary_second_fail_opens_a_case_against_the_operator_of_31_december(desk: Desk) -> None:
    centre = await desk.centre()
    first_operator = centre.operator_code
    await desk.amend(centre, date(2020, 12, 31), operator_code="91540100MA6T0000X1", operator_name="接手公司")
    last_operator = centre.operator_code
    await desk.amend(centre, date(2021, 1, 1), operator_code="91540100MA6T0000X2", operator_name="再接手公司")
    first = await desk.scored(2019, date(2020, 2, 3), marks=False)
    await desk.announce(first["id"], date(2020, 2, 4))
    assert (await desk.caller("auditor").read("/v1/delistings"))["items"] == []
    await desk.sign(first["id"], date(2020, 2, 12))
    await desk.publish(first["id"], date(2020, 2, 12))
    second = await desk.scored(2020, date(2021, 1, 25), marks=False)
    assert (await desk.caller("auditor").read("/v1/delistings"))["items"] == []
    await desk.announce(second["id"], ANNOUNCED)
    case = await desk.case_of(centre)
    assert (case["operator_code"], case["operator_barred"]) == (last_operator, True)
    assert first_operator != last_operator
    assert case["no"].startswith("DL-2021-")
    assert case["steps"][0]["rules"] == ["delisting.consecutive_failures", "delisting.operator_of_record"]
    assert case["steps"][0]["clauses"] == ["2.3-5", "2.3-6"]


async def test_each_step_comes_in_its_order_and_its_term(desk: Desk) -> None:
    cycle, (centre,) = await _second_year(desk)
    case = await desk.case_of(centre)
    path = f"/v1/delistings/{case['id']}"
    officer = desk.caller("science_officer", today=DAYS[0])
    operator = desk.operator(centre, DAYS[0])
    assert await officer.refused(f"{path}/statement", {"waived": True}) == "invalid-transition"
    assert await officer.refused(f"{path}/notice-of-intent", {**NOTICE, "method": "pigeon"}, 422)
    before = {**NOTICE, "served_on": "2021-01-27"}
    assert await officer.refused(f"{path}/notice-of-intent", before) == "date-before-step"
    served = await officer.ok(f"{path}/notice-of-intent", NOTICE)
    assert (served["statement_due_on"], served["hearing_request_due_on"]) == ("2021-02-05", "2021-02-05")
    assert await officer.refused(f"{path}/notice-of-intent", NOTICE) == "invalid-transition"
    assert await officer.on(date(2021, 2, 5)).refused(f"{path}/statement", {"waived": True}) == "statement-term-running"
    assert await operator.refused(f"{path}/statement", {"waived": True}, 403) == "forbidden"
    dated = {"document_no": "陈述1", "received_on": "2021-01-29"}
    assert await operator.refused(f"{path}/statement", dated, 422) == "effective-date-not-allowed"
    late = operator.on(date(2021, 2, 8))
    assert await late.refused(f"{path}/statement", {"document_no": "陈述1"}) == "statement-term-over"
    await operator.on(date(2021, 2, 5)).ok(f"{path}/statement", {"document_no": "陈述1"})
    review = {"document_no": "审1"}
    assert await officer.on(date(2021, 2, 5)).refused(f"{path}/legal-review", review) == "hearing-term-running"
    assert await late.refused(f"{path}/hearing-request", {"document_no": "听1"}) == "hearing-term-over"
    assert await officer.on(DAYS[2]).refused(f"{path}/hearing", {"minutes_no": "笔录1"}) == "hearing-not-requested"
    insufficient = {**review, "outcome": "insufficient"}
    again = await officer.on(DAYS[2]).ok(f"{path}/legal-review", insufficient)
    assert again["status"] == "statement"
    await officer.on(DAYS[2]).ok(f"{path}/legal-review", review)
    approver, other = desk.caller("science_approver", today=DAYS[3]), desk.caller("industry_approver", today=DAYS[4])
    assert await other.refused(f"{path}/countersign") == "invalid-transition"
    hands = desk.caller("science_officer", "science_approver", today=DAYS[3])
    assert await hands.refused(f"{path}/decision", {"document_no": "摘1"}, 403) == "four-eyes-required"
    decided = await approver.ok(f"{path}/decision", {"document_no": "摘1"})
    assert (decided["decision_no"], decided["decided_bureau"]) == ("摘1", "science")
    colleague = desk.caller("science_approver", today=DAYS[4], account="0190a000-0000-7000-8000-00000000000c")
    assert await colleague.refused(f"{path}/countersign") == "countersignature-by-other-bureau"
    assert (await desk.case_of(centre))["missing_steps"] == ["countersignature"]
    await other.ok(f"{path}/countersign")
    shown = await desk.case_of(centre)
    assert shown["missing_steps"] == []
    assert [(step["step"], step["outcome"]) for step in shown["steps"]] == [
        ("opened", None),
        ("notice_of_intent", "served"),
        ("statement", "received"),
        ("legal_review", "insufficient"),
        ("legal_review", "sufficient"),
        ("decision", "decided"),
        ("countersignature", "countersigned"),
    ]
    assert await officer.on(SIGNED).refused(f"{path}/service-record", {**NOTICE, "document_no": "x"}, 422)
    assert cycle["status"] == "scored"


async def test_a_hearing_asked_for_in_time_must_be_held_or_withdrawn(desk: Desk) -> None:
    _, (centre,) = await _second_year(desk)
    path = f"/v1/delistings/{(await desk.case_of(centre))['id']}"
    officer, operator = desk.caller("science_officer", today=DAYS[0]), desk.operator(centre, date(2021, 2, 5))
    await officer.ok(f"{path}/notice-of-intent", NOTICE)
    requested = await operator.ok(f"{path}/hearing-request", {"document_no": "听1"})
    assert (requested["status"], requested["hearing_requested"]) == ("notice_of_intent", True)
    assert await operator.refused(f"{path}/hearing-request", {"document_no": "听1"}) == "invalid-transition"
    await operator.ok(f"{path}/statement", {"document_no": "陈述1"})
    later = officer.on(DAYS[2])
    assert await later.refused(f"{path}/legal-review", {"document_no": "审1"}) == "hearing-outstanding"
    await later.ok(f"{path}/hearing", {"minutes_no": "笔录1"})
    await later.ok(f"{path}/legal-review", {"document_no": "审1"})


async def test_a_case_is_seen_by_the_bureaus_the_division_and_its_operator_only(desk: Desk) -> None:
    _, (centre,) = await _second_year(desk)
    path = f"/v1/delistings/{(await desk.case_of(centre))['id']}"
    assert (await desk.operator(centre, ANNOUNCED).get(path)).status_code == 200
    assert (await desk.caller("division_officer", division="540102").get(path)).status_code == 200
    assert (await desk.caller("division_officer", division="540121").get(path)).status_code == 404
    assert (await desk.caller("centre_operator", org="X").get(path)).status_code == 404
    assert (await desk.caller("public", account="anonymous").get(path)).status_code == 401


async def test_publication_leaves_out_a_centre_whose_procedure_is_incomplete_and_only_that_one(desk: Desk) -> None:
    cycle, (ready, waiting) = await _second_year(desk, 2)
    await desk.procedure((await desk.case_of(ready))["id"], DAYS)
    await desk.sign(cycle["id"], SIGNED)
    operation = await desk.publish(cycle["id"], PUBLISHED)
    assert (operation["status"], operation["done"], operation["total"]) == ("done", 2, 2)
    assert operation["result"] == {"cycle_id": cycle["id"], "complete": False, "left_out": 1}
    (problem,) = operation["errors"]
    assert (problem["centre_id"], problem["status"], problem["code"]) == (
        str(waiting.id),
        409,
        "prior-procedure-incomplete",
    )
    assert problem["params"]["missing"][0] == "notice_of_intent"
    assert problem["clauses"] == ["2.3-5"]
    assert (await desk.evaluation_of(ready, 2020))["status"] == "published"
    left = await desk.evaluation_of(waiting, 2020)
    assert (left["status"], left["published_on"]) == ("scored", None)
    assert (await _standing(desk, waiting))["standing"] == "good"
    assert (await desk.caller("auditor").read("/v1/circulars", year=2020))["items"] == []

    approver = desk.caller("science_approver", today=date(2021, 3, 5))
    single = f"/v1/evaluations/{left['id']}/publish"
    assert await approver.refused(single) == "prior-procedure-incomplete"
    again = await desk.publish(cycle["id"], date(2021, 3, 2))
    assert (again["id"] != operation["id"], len(again["errors"]), again["total"]) == (True, 1, 1)
    days = [PUBLISHED + timedelta(days=number) for number in (0, 14, 15, 16, 17)]
    await desk.procedure((await desk.case_of(waiting))["id"], days)
    done = await approver.on(date(2021, 3, 19)).ok(single)
    assert (done["published_on"], done["document_no"]) == ("2021-03-19", f"虚构发〔2021〕{cycle['id'][-8:]}号")
    assert (await _standing(desk, waiting))["standing"] == "delisting_decided"
    circular = (await desk.caller("auditor").read("/v1/circulars", year=2020))["items"][0]
    assert circular["issued_on"] == "2021-03-19"
    shown = await desk.caller("auditor").read(f"/v1/circulars/{circular['id']}")
    assert len(shown["lines"]) == 2
    finished = await desk.caller("auditor").read(f"/v1/evaluation-cycles/{cycle['id']}")
    assert (finished["status"], finished["published_on"]) == ("published", "2021-03-01")


async def test_a_published_delisting_turns_the_standing_at_once_and_stops_reports(desk: Desk) -> None:
    centre, case = await _published(desk)
    assert await _standing(desk, centre) == {
        "centre_id": str(centre.id),
        "standing": "delisting_decided",
        "case_id": case["id"],
    }
    unknown = Centre(uuid4(), "X")
    assert (await _standing(desk, unknown))["standing"] == "good"
    body = {"centre_id": str(centre.id), "year": 2020, "quarter": 4}
    assert await desk.operator(centre, PUBLISHED).refused("/v1/quarterly-reports", body) == "centre-not-listed"
    user = desk.caller("science_officer")
    assert (await user.get(f"/internal/centres/{centre.id}/standing")).status_code == 403


async def test_the_decision_tells_participants_everything_they_need(desk: Desk) -> None:
    centre, case = await _published(desk)
    assert (await desk.events(case["id"]))[-1] == "evaluation.delisting.decided.v1"
    query = (
        "SELECT (data::jsonb ->> 'ban_years')::int * 10 + jsonb_array_length(data::jsonb -> 'participants')"
        " FROM event_log WHERE type = 'evaluation.delisting.decided.v1' AND aggregate_id = :id"
    )
    assert await desk.count(query, id=UUID(case["id"])) == 33
    assert case["completed_at"] is None
    assert case["steps"][-1]["after_publication_ms"] is not None
    assert "ban.period" in case["steps"][-1]["rules"]
    assert str(centre.id) == case["centre_id"]


async def test_a_case_is_complete_when_every_service_confirmed_and_no_title_is_left(desk: Desk) -> None:
    centre, case = await _published(desk)
    await _registry_confirms(desk, centre, case, titles_left=1)
    await _finance_confirms(desk, centre, case)
    await _vouchers_confirm(desk, centre, case)
    waiting = await desk.case_of(centre)
    registry = next(found for found in waiting["participants"] if found["service"] == "registry")
    assert (waiting["status"], registry["confirmed"]) == ("published", False)
    assert registry["problem"] == "active-municipal-titles-left"
    await _registry_confirms(desk, centre, case)
    done = await desk.case_of(centre)
    assert (done["status"], done["completed_after_ms"] >= 0) == ("completed", True)
    assert all(found["confirmed_after_ms"] >= 0 for found in done["participants"])
    finance = next(found for found in done["participants"] if found["service"] == "finance")
    assert finance["details"]["released"] == "80000.00"
    await _finance_confirms(desk, centre, case, version=2)
    assert (await desk.events(case["id"]))[-1] == "evaluation.delisting.completed.v1"
    assert (await _standing(desk, centre))["standing"] == "delisting_decided"


async def test_the_registrys_titles_are_expected_in_the_case(desk: Desk) -> None:
    cycle, (centre,) = await _second_year(desk)
    expected = uuid4()
    for title, kind, level, status in (
        (expected, "maker_space", "municipal", "active"),
        (uuid4(), "tech_incubator", "regional", "active"),
        (uuid4(), "commerce_cluster", "municipal", "revoked"),
    ):
        data = rc.QualificationState(
            id=title,
            no="QA-2019-0001",
            application_id=uuid4(),
            centre_id=centre.id,
            operator_code=centre.operator_code,
            kind=kind,
            level=level,
            status=status,
            applied_on=date(2019, 5, 1),
            granted_on=date(2019, 6, 1),
            revoked_on=None,
            reason_code=None,
            case_id=None,
        )
        await desk.feed(rc.QualificationGranted, title, 1, data)
    case = await desk.case_of(centre)
    await desk.procedure(case["id"], DAYS)
    await desk.sign(cycle["id"], SIGNED)
    await desk.publish(cycle["id"], PUBLISHED)
    assert (await desk.case_of(centre))["expected_title_ids"] == [str(expected)]


async def test_the_watchdog_reminds_only_those_who_are_late_and_waits_longer_each_time(desk: Desk) -> None:
    centre, case = await _published(desk)
    await _finance_confirms(desk, centre, case)
    assert await remind_late(desk.runtime, timedelta(hours=1)) == 0
    assert await remind_late(desk.runtime, timedelta(0)) == 1
    query = "SELECT jsonb_array_length(data::jsonb -> 'late') FROM event_log WHERE type LIKE '%reminded%'"
    assert await desk.count(query) == 2
    assert (await desk.case_of(centre))["reminders"] == 1
    assert await remind_late(desk.runtime, timedelta(hours=1)) == 1
    assert await remind_late(desk.runtime, timedelta(0)) == 0  # the second reminder bought it two hours
    await _vouchers_confirm(desk, centre, case)
    await _registry_confirms(desk, centre, case)
    assert (await desk.case_of(centre))["status"] == "completed"
    assert await remind_late(desk.runtime, timedelta(0)) == 0


async def test_a_confirmation_of_an_unknown_case_is_ignored(desk: Desk) -> None:
    centre = await desk.centre()
    await _finance_confirms(desk, centre, {"id": str(uuid4())})
    assert await desk.count("SELECT count(*) FROM delisting_participant") == 0


async def test_a_second_fail_that_does_not_become_final_drops_its_case(desk: Desk) -> None:
    cycle, (centre,) = await _second_year(desk)
    case = await desk.case_of(centre)
    evaluation = await desk.evaluation_of(centre, 2020)
    path = f"/v1/evaluations/{evaluation['id']}/exemptions"
    officer = desk.caller("industry_officer", today=ANNOUNCED)
    body = {"reason": "government_closure", "document_no": "文1"}
    assert await officer.refused(path, body) == "exemption-minutes-missing"
    exemption = await officer.ok(path, {**body, "minutes_no": "纪要1"}, 201)
    step = f"{path}/{exemption['id']}"
    await desk.caller("science_approver", today=ANNOUNCED).ok(f"{step}/approve")
    await desk.caller("industry_approver", today=ANNOUNCED).ok(f"{step}/countersign")
    dropped = await desk.case_of(centre)
    assert (dropped["id"], dropped["status"], dropped["missing_steps"]) == (case["id"], "dropped", [])
    assert (await desk.events(case["id"]))[-1] == "evaluation.delisting.dropped.v1"
    notice = f"/v1/delistings/{case['id']}/notice-of-intent"
    assert await desk.caller("science_officer", today=ANNOUNCED).refused(notice, NOTICE) == "invalid-transition"
    await desk.sign(cycle["id"], SIGNED)
    await desk.publish(cycle["id"], PUBLISHED)
    assert (await desk.evaluation_of(centre, 2020))["grade"] == "exempt"
    assert (await _standing(desk, centre))["standing"] == "good"


async def test_a_year_published_late_completes_the_run_and_waits_for_its_own_procedure(desk: Desk) -> None:
    """2020 is published before 2019: the fail of 2019 is then the one that delists, for both years."""
    centre = await desk.centre()
    second = await desk.scored(2020, date(2021, 1, 18), marks=False)
    await desk.announce(second["id"], date(2021, 1, 19))
    first = await desk.scored(2019, date(2021, 1, 20), marks=False)
    await desk.announce(first["id"], date(2021, 1, 21))
    assert (await desk.caller("auditor").read("/v1/delistings"))["items"] == []
    await desk.sign(second["id"], date(2021, 1, 27))
    await desk.publish(second["id"], date(2021, 1, 27))
    case = await desk.case_of(centre)
    assert (case["first_failed_year"], case["second_failed_year"]) == (2019, 2020)
    assert case["evaluation_id"] == (await desk.evaluation_of(centre, 2019))["id"]
    await desk.sign(first["id"], date(2021, 1, 29))
    waiting = await desk.publish(first["id"], date(2021, 1, 29))
    assert [problem["code"] for problem in waiting["errors"]] == ["prior-procedure-incomplete"]
    await desk.procedure(case["id"], DAYS)
    done = await desk.publish(first["id"], PUBLISHED)
    assert done["result"]["complete"] is True
    assert (await desk.evaluation_of(centre, 2019))["consecutive_fails"] == 2
    assert (await desk.case_of(centre))["status"] == "published"


async def test_service_of_the_decision_is_recorded_after_publication_and_starts_the_remedies(desk: Desk) -> None:
    _, case = await _published(desk)
    path = f"/v1/delistings/{case['id']}/service-record"
    officer = desk.caller("science_officer", today=date(2021, 3, 3))
    served = {"method": "direct", "recipient_role": "legal_representative"}
    assert await officer.refused(path, {**served, "served_on": "2021-02-24"}) == "date-before-step"
    shown = await officer.ok(path, served)
    assert (shown["reconsideration_until"], shown["litigation_until"]) == ("2021-05-06", "2021-09-03")
    assert shown["status"] == "published"
    assert await officer.refused(path, served) == "invalid-transition"
