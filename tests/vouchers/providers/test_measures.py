"""Suspension and removal: notice of intent, statement, decision by another, remedies, lifting (4.3-4)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.vouchers.providers.support import BODY, PATH, Case, admitted, applied
from tests.vouchers.support import (
    AUDITOR,
    PUBLIC,
    SCIENCE_APPROVER,
    SCIENCE_OFFICER,
    Caller,
    Standing,
    Town,
    code_of,
    fresh_code,
    officer,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")

INTENT = {"kind": "suspension", "ground": "fraud", "reasons": "多笔服务与发票不符。"}
STATED = date(2019, 6, 4)
DECISION = {"document_no": "拉科发〔2019〕33号"}


async def selling(case: Case) -> Standing:
    standing = await case.town.standing("1000.00", valid_months=24)
    return Standing(case.town, standing.centre_id, standing.firm, case.seller, standing.voucher_id, standing.code)


async def proposed(case: Case, *, holds: str = "honoured", **more: Any) -> dict[str, Any]:
    """A measure that waits for a decision: the provider has stated its view at once."""
    until = more.pop("suspended_until", None)
    measure = await case.ok(SCIENCE_OFFICER, "measures", {**INTENT, **more})
    step = f"measures/{measure['id']}"
    await case.ok(case.caller, f"{step}/statement", {"text": "服务均已完成。"})
    return await case.ok(SCIENCE_OFFICER, f"{step}/propose", {"holds": holds, "suspended_until": until})


async def decided(case: Case, **more: Any) -> dict[str, Any]:
    measure = await proposed(case, **more)
    return await case.ok(SCIENCE_APPROVER, f"measures/{measure['id']}/decide", DECISION)


async def test_a_provider_sells_until_the_decision_and_not_after_it(town: Town) -> None:
    case = await admitted(town)
    standing = await selling(case)
    measure = await case.ok(SCIENCE_OFFICER, "measures", INTENT)
    assert (measure["status"], measure["statement_until"]) == ("intended", "2019-06-11")
    due = (await town.api.get(case.caller, "/v1/tasks", kind="provider_statement_due")).json()["items"]
    assert [(task["no"], task["due_on"]) for task in due] == [(measure["no"], "2019-06-11")]
    assert (await standing.at_counter("10.00")).status_code == 201
    step = f"measures/{measure['id']}"
    holds = {"holds": "honoured"}
    early = await case.post(SCIENCE_OFFICER, f"{step}/propose", holds, on=date(2019, 6, 11))
    assert code_of(early) == (409, "statement-term-running")
    await case.ok(SCIENCE_OFFICER, f"{step}/propose", holds, on=date(2019, 6, 12))
    assert (await standing.at_counter("10.00", today=date(2019, 6, 12))).status_code == 201
    own = await case.post(SCIENCE_OFFICER, f"{step}/decide", DECISION, on=date(2019, 6, 12))
    assert own.status_code == 403
    shown = await case.ok(SCIENCE_APPROVER, f"{step}/decide", DECISION, on=date(2019, 6, 12))
    assert shown["remedies"] == {"reconsideration_until": "2019-08-12", "litigation_until": "2019-12-12"}
    assert (await case.shown())["status"] == "suspended"
    refused = await standing.at_counter("10.00", today=date(2019, 6, 12))
    assert code_of(refused) == (409, "provider-suspended")
    assert await town.events(case.id, "vouchers.provider.suspended.v1") == 1


async def test_who_intended_or_proposed_does_not_decide(town: Town) -> None:
    case = await admitted(town)
    both = Caller(("science_officer", "science_approver"))
    measure = await case.ok(both, "measures", INTENT)
    step = f"measures/{measure['id']}"
    await case.ok(case.caller, f"{step}/statement", {"text": "无异议。"})
    await case.ok(SCIENCE_OFFICER, f"{step}/propose", {"holds": "honoured"})
    assert code_of(await case.post(both, f"{step}/decide", DECISION)) == (403, "four-eyes-required")
    await case.ok(SCIENCE_APPROVER, f"{step}/decide", DECISION)
    await case.ok(both, f"{step}/propose-lifting", {"ground": "remedied"})
    assert code_of(await case.post(both, f"{step}/lift")) == (403, "four-eyes-required")
    await case.ok(SCIENCE_APPROVER, f"{step}/lift")
    assert (await case.shown())["status"] == "admitted"


@pytest.mark.parametrize("holds", ["honoured", "released"])
async def test_open_holds_are_honoured_or_released_as_decided_and_delivered_ones_always_honoured(
    town: Town, holds: str
) -> None:
    case = await admitted(town)
    standing = await selling(case)
    held, delivered = await standing.hold("100.00"), await standing.hold("200.00")
    assert (await standing.step(case.caller, delivered["id"], "deliver")).status_code == 200
    shown = await decided(case, holds=holds)
    if holds == "released":
        assert (shown["released_ids"], shown["honoured_ids"]) == ([held["id"]], [delivered["id"]])
        assert await standing.parts() == ("900.00", "100.00", "0.00")
        told = (await town.api.get(standing.firm.caller, f"/v1/redemptions/{held['id']}")).json()
        assert (told["status"], told["reason_code"]) == ("released", "provider_suspended")
        assert await town.events(held["id"], "vouchers.redemption.released.v1") == 1
    else:
        assert (shown["released_ids"], sorted(shown["honoured_ids"])) == ([], sorted([held["id"], delivered["id"]]))
        found = await town.api.get(standing.firm.caller, "/v1/tasks", kind="held_at_stopped_provider")
        assert [task["subject_id"] for task in found.json()["items"]] == [held["id"]]
        assert (await standing.step(case.caller, held["id"], "deliver")).status_code == 200
    assert (await standing.step(standing.firm.caller, delivered["id"], "redeem")).status_code == 200


async def test_a_statement_is_made_once_in_time_by_the_provider_or_from_a_paper(town: Town) -> None:
    case, other = await admitted(town), await admitted(town)
    measure = await case.ok(SCIENCE_OFFICER, "measures", INTENT)
    statement, text = f"measures/{measure['id']}/statement", {"text": "服务均已完成。"}
    assert code_of(await case.post(other.caller, statement, text)) == (404, "not-found")
    late = await case.post(case.caller, statement, text, on=date(2019, 6, 12))
    assert code_of(late) == (409, "statement-too-late")
    paper = {**text, "received_on": "2019-06-11"}
    assert (await case.ok(SCIENCE_OFFICER, statement, paper, on=date(2019, 6, 14)))["stated_on"] == "2019-06-11"
    assert code_of(await case.post(case.caller, statement, text)) == (409, "statement-made-already")
    identity = {"text": "负责人身份证 110101199003077758"}
    assert (await case.post(case.caller, statement, identity)).status_code == 422


async def test_a_suspension_for_a_time_ends_by_itself_and_once(town: Town) -> None:
    case = await admitted(town)
    standing = await selling(case)
    shown = await decided(case, suspended_until="2019-07-31")
    assert (await case.shown())["suspended_until"] == "2019-07-31"
    last = await standing.at_counter("10.00", today=date(2019, 7, 31))
    assert code_of(last) == (409, "provider-suspended")
    await town.api.ok(SCIENCE_OFFICER, f"{PATH}/expire", today=date(2019, 7, 31))
    assert (await case.shown())["status"] == "suspended"
    for _ in range(2):
        await town.api.ok(SCIENCE_OFFICER, f"{PATH}/expire", today=date(2019, 8, 1))
    assert (await case.shown())["status"] == "admitted"
    assert (await standing.at_counter("10.00", today=date(2019, 8, 1))).status_code == 201
    lifted = (await town.api.get(case.caller, f"{case.path}/measures/{shown['id']}")).json()
    assert (lifted["status"], lifted["lifted_on"]) == ("lifted", "2019-08-01")
    assert await town.events(case.id, "vouchers.provider.reinstated.v1") == 1


async def test_a_removal_ends_the_admission_and_falls_with_the_court(town: Town) -> None:
    case = await admitted(town)
    standing = await selling(case)
    shown = await decided(case, kind="removal", ground="false_declaration")
    after = await case.shown()
    assert (after["status"], after["ended_on"], after["reason_code"]) == ("removed", "2019-06-03", "false_declaration")
    assert (await town.api.get(PUBLIC, case.path)).json()["status"] == "removed"
    assert code_of(await standing.at_counter("10.00")) == (409, "provider-not-admitted")
    step = f"measures/{shown['id']}"
    lift = f"{step}/propose-lifting"
    assert code_of(await case.post(SCIENCE_OFFICER, lift, {"ground": "remedied"})) == (
        409,
        "removal-lifted-by-annulment",
    )
    annulled = {"ground": "annulled_by_court"}
    assert code_of(await case.post(SCIENCE_OFFICER, lift, annulled)) == (409, "lifting-needs-document")
    await case.ok(SCIENCE_OFFICER, lift, {**annulled, "document_no": "（2019）藏01行初5号"})
    await case.ok(SCIENCE_APPROVER, f"{step}/lift")
    assert (await case.shown())["status"] == "admitted"
    assert (await standing.at_counter("10.00")).status_code == 201


async def test_a_removed_provider_that_applied_anew_is_not_reinstated_beside_it(town: Town) -> None:
    case = await admitted(town)
    shown = await decided(case, kind="removal")
    anew = date(2020, 6, 4)
    again = await applied(town, code=case.caller.org, on=anew)
    step = f"measures/{shown['id']}"
    await case.ok(SCIENCE_OFFICER, f"{step}/propose-lifting", {"ground": "own_motion"}, on=anew)
    assert code_of(await case.post(SCIENCE_APPROVER, f"{step}/lift", on=anew)) == (409, "provider-already-applied")
    await again.ok(again.caller, "withdraw", on=anew)
    assert (await case.ok(SCIENCE_APPROVER, f"{step}/lift", on=anew))["status"] == "lifted"


async def test_who_was_removed_waits_a_year_and_who_expired_not_a_day(town: Town) -> None:
    case = await admitted(town)
    await decided(case, kind="removal")
    body = {**BODY, "legal_representative_ref": "person-removed"}
    early = await town.api.post(case.caller, PATH, body, today=date(2020, 6, 3))
    assert code_of(early) == (409, "provider-removed-lately")
    assert "2020-06-03" in early.json()["detail"]
    assert (await town.api.post(case.caller, PATH, body, today=date(2020, 6, 4))).status_code == 201
    other = await admitted(town)
    over = date(2021, 6, 4)
    await town.api.ok(SCIENCE_OFFICER, f"{PATH}/expire", today=over)
    assert (await other.shown())["status"] == "expired"
    assert (await town.api.post(other.caller, PATH, body, today=over)).status_code == 201


async def test_another_representative_of_an_admitted_provider_counts_once_two_officers_record_the_same(
    town: Town,
) -> None:
    case = await admitted(town)
    colleague, verb = Caller(("science_officer",)), "record-representative"
    of_provider = "SELECT legal_representative_ref FROM provider WHERE id = CAST(:id AS uuid)"
    before = await town.one(of_provider, id=case.id)
    await case.ok(SCIENCE_OFFICER, verb, {"legal_representative_ref": "person-new"})
    assert await town.one(of_provider, id=case.id) == before
    again = await case.post(SCIENCE_OFFICER, verb, {"legal_representative_ref": "person-new"})
    assert code_of(again) == (403, "four-eyes-required")
    await case.ok(colleague, verb, {"legal_representative_ref": "person-other"})
    await case.ok(SCIENCE_OFFICER, verb, {"legal_representative_ref": "person-other"})
    assert await town.one(of_provider, id=case.id) == "person-other"
    assert await town.events(case.id, "vouchers.provider.representative_noted.v1") == 2


async def test_a_provider_does_not_leave_while_a_measure_is_under_way(town: Town) -> None:
    case = await admitted(town)
    measure = await case.ok(SCIENCE_OFFICER, "measures", INTENT)
    refused = await case.post(case.caller, "withdraw", {"reason_code": "closed_down"})
    assert code_of(refused) == (409, "measure-running")
    assert measure["no"] in refused.json()["detail"]
    await case.ok(SCIENCE_OFFICER, f"measures/{measure['id']}/drop", {"reason_code": "not_proven"})
    assert (await case.ok(case.caller, "withdraw", {"reason_code": "closed_down"}))["status"] == "withdrawn"


async def test_a_measure_that_is_dropped_changes_nothing_and_one_runs_at_a_time(town: Town) -> None:
    case = await admitted(town)
    measure = await case.ok(SCIENCE_OFFICER, "measures", INTENT)
    assert code_of(await case.post(SCIENCE_OFFICER, "measures", INTENT)) == (409, "measure-running")
    await case.ok(SCIENCE_APPROVER, f"measures/{measure['id']}/drop", {"reason_code": "not_proven"})
    assert (await case.shown())["status"] == "admitted"
    assert (await case.ok(SCIENCE_OFFICER, "measures", INTENT))["status"] == "intended"


async def test_a_failed_review_is_a_ground_only_where_it_was_confirmed(town: Town) -> None:
    case = await admitted(town)
    day = date(2020, 6, 3)
    review = await case.ok(SCIENCE_OFFICER, "reviews", {"outcome": "fail", "findings": "无人在岗"}, on=day)
    ground = {**INTENT, "ground": "review_failed", "review_id": review["id"]}
    unconfirmed = await case.post(SCIENCE_OFFICER, "measures", ground, on=day)
    assert (unconfirmed.status_code, unconfirmed.json()["errors"][0]["field"]) == (422, "review_id")
    await case.ok(SCIENCE_APPROVER, f"reviews/{review['id']}/confirm", on=day)
    assert (await case.shown())["status"] == "admitted"
    assert (await case.ok(SCIENCE_OFFICER, "measures", ground, on=day))["review_id"] == review["id"]


async def test_measures_are_read_by_those_concerned(town: Town) -> None:
    case = await admitted(town)
    measure = await case.ok(SCIENCE_OFFICER, "measures", INTENT)
    path = f"{case.path}/measures/{measure['id']}"
    for caller in (case.caller, SCIENCE_APPROVER, officer(), AUDITOR):
        assert (await town.api.get(caller, path)).status_code == 200
    assert (await town.api.get(Caller(("provider",), org=fresh_code()), path)).status_code == 404
