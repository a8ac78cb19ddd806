"""Licences and penalties: what they bar, and from which day (4.3-2)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.vouchers.providers.support import APPLIED_ON, Case, admitted, applied, colleague
from tests.vouchers.support import (
    AUDITOR,
    PUBLIC,
    SCIENCE_APPROVER,
    SCIENCE_OFFICER,
    TODAY,
    Caller,
    Standing,
    Town,
    code_of,
    fresh_code,
    officer,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")

PENALTIES = "/v1/provider-penalties"


def penalty(code: str, decided_on: date) -> dict[str, str]:
    return {
        "code": code,
        "decided_on": decided_on.isoformat(),
        "document_no": f"拉市监罚〔2018〕{code[-5:]}号",
        "authority": "拉萨市市场监督管理局",
        "matter": "出具虚假检测报告",
    }


async def selling(case: Case) -> Standing:
    """A voucher ready to be used at that provider."""
    standing = await case.town.standing("1000.00", valid_months=24)
    return Standing(case.town, standing.centre_id, standing.firm, case.seller, standing.voucher_id, standing.code)


async def test_a_penalty_within_two_years_stops_review_notice_and_admission(town: Town) -> None:
    case = await (await applied(town)).announced()
    recorded = await town.api.ok(SCIENCE_OFFICER, PENALTIES, penalty(case.caller.org or "", date(2017, 6, 3)))
    assert recorded["bars_until"] == "2019-06-03"
    refused = await case.post(SCIENCE_APPROVER, "admit")
    assert code_of(refused) == (409, "provider-penalty-on-record")
    assert "2019-06-03" in refused.json()["detail"]
    again = await applied(town)
    await town.api.ok(SCIENCE_OFFICER, PENALTIES, penalty(again.caller.org or "", date(2017, 6, 3)))
    assert code_of(await again.post(SCIENCE_OFFICER, "review", on=APPLIED_ON)) == (409, "provider-penalty-on-record")
    assert (await case.ok(SCIENCE_APPROVER, "admit", on=TODAY + timedelta(days=1)))["status"] == "admitted"


async def test_an_annulled_penalty_bars_no_more_and_is_annulled_by_another(town: Town) -> None:
    case = await (await applied(town)).announced()
    body = penalty(case.caller.org or "", date(2018, 6, 3))
    recorded = await town.api.ok(SCIENCE_OFFICER, PENALTIES, body)
    assert code_of(await town.api.post(SCIENCE_OFFICER, PENALTIES, body)) == (409, "penalty-already-recorded")
    path, fell = f"{PENALTIES}/{recorded['id']}/annul", {"document_no": "拉行复〔2019〕3号"}
    assert code_of(await town.api.post(SCIENCE_OFFICER, path, fell)) == (403, "four-eyes-required")
    assert (await town.api.ok(SCIENCE_APPROVER, path, fell))["bars_until"] is None
    assert (await case.ok(SCIENCE_APPROVER, "admit"))["status"] == "admitted"


async def test_a_provider_sees_its_own_penalties_only(town: Town) -> None:
    code = fresh_code()
    recorded = await town.api.ok(SCIENCE_OFFICER, PENALTIES, penalty(code, date(2019, 1, 7)))
    own, other = Caller(("provider",), org=code), Caller(("provider",), org=fresh_code())
    path = f"{PENALTIES}/{recorded['id']}"
    assert (await town.api.get(own, path)).status_code == 200
    assert (await town.api.get(other, path)).status_code == 404
    assert (await town.api.get(AUDITOR, path)).status_code == 200
    assert len((await town.api.get(own, PENALTIES)).json()["items"]) == 1
    assert (await town.api.get(other, PENALTIES)).json()["items"] == []


async def test_a_penalty_of_the_future_is_refused(town: Town) -> None:
    body = penalty(fresh_code(), TODAY + timedelta(days=1))
    assert (await town.api.post(SCIENCE_OFFICER, PENALTIES, body)).status_code == 422


async def test_a_licence_sells_on_its_last_day_and_not_on_the_next(town: Town) -> None:
    case = await admitted(town)
    await case.licence(valid_to="2019-06-10")
    standing = await selling(case)
    assert (await standing.at_counter("10.00", today=date(2019, 6, 10))).status_code == 201
    late = await standing.at_counter("10.00", today=date(2019, 6, 11))
    assert code_of(late) == (409, "provider-licence-expired")
    found = (await town.api.get(case.caller, "/v1/tasks", kind="provider_licence_ending")).json()["items"]
    assert [(task["no"], task["due_on"]) for task in found] == [((await case.shown())["no"], "2019-06-10")]
    lapsed = await town.api.get(SCIENCE_OFFICER, "/v1/tasks", kind="provider_licence_lapsed", today=date(2019, 6, 11))
    assert case.id in {task["subject_id"] for task in lapsed.json()["items"]}


async def test_a_new_licence_takes_the_place_of_the_old_without_a_gap(town: Town) -> None:
    case = await admitted(town)
    old = await case.licence(valid_to="2019-06-10")
    new = await case.licence(verified=False, valid_from="2019-06-11", valid_to="2021-06-10", replaces_id=old["id"])
    assert (await town.api.get(case.caller, "/v1/tasks", kind="provider_licence_ending")).json()["items"] == []
    await case.ok(SCIENCE_OFFICER, f"licences/{new['id']}/verify")
    shown = (await town.api.get(case.caller, f"{case.path}/licences")).json()["items"]
    assert {found["id"]: found["status"] for found in shown} == {old["id"]: "ended", new["id"]: "verified"}
    assert (await case.shown())["licensed_until"] == "2021-06-10"


async def test_a_licence_that_begins_later_is_not_verified_before(town: Town) -> None:
    case = await admitted(town)
    later = await case.licence(verified=False, valid_from="2019-06-04")
    verify = f"licences/{later['id']}/verify"
    assert code_of(await case.post(SCIENCE_OFFICER, verify)) == (409, "licence-not-yet-valid")
    assert (await case.ok(SCIENCE_OFFICER, verify, on=date(2019, 6, 4)))["status"] == "verified"


async def test_a_licence_that_was_struck_out_bars_no_more(town: Town) -> None:
    case = await admitted(town)
    licence = await case.licence(valid_to="2019-06-02")
    standing = await selling(case)
    assert code_of(await standing.at_counter("10.00")) == (409, "provider-licence-expired")
    await case.ok(SCIENCE_OFFICER, f"licences/{licence['id']}/end", {"reason_code": "no_longer_needed"})
    assert (await standing.at_counter("10.00")).status_code == 201


async def test_a_licence_needs_a_document_of_the_same_provider(town: Town) -> None:
    case, other = await applied(town), await applied(town)
    body = {"kind": "资质认定", "number": "1", "issuing_body": "省局", "valid_from": "2018-01-01"}
    missing = await case.post(case.caller, "licences", body)
    assert (missing.status_code, missing.json()["errors"][0]["field"]) == (422, "document_id")
    theirs = await case.post(case.caller, "licences", {**body, "document_id": await other.document()})
    assert code_of(theirs) == (404, "not-found")
    assert (await other.post(case.caller, "licences", body)).status_code == 404


async def test_a_rejected_licence_may_be_shown_again(town: Town) -> None:
    case = await applied(town)
    first = await case.licence(verified=False, number="A-1")
    same = {"kind": first["kind"], "number": "A-1", "issuing_body": "省厅", "valid_from": "2018-01-01"}
    again = {**same, "document_id": first["document_id"]}
    assert code_of(await case.post(case.caller, "licences", again)) == (409, "licence-already-submitted")
    await case.ok(SCIENCE_OFFICER, f"licences/{first['id']}/reject", {"reason_code": "unreadable"})
    assert (await case.ok(case.caller, "licences", again))["status"] == "submitted"
    assert (await case.shown())["licensed_until"] is None


async def test_licences_are_read_by_those_concerned(town: Town) -> None:
    case = await admitted(town)
    await case.licence()
    for caller in (case.caller, colleague(case.caller), SCIENCE_OFFICER, officer(), AUDITOR):
        assert (await town.api.get(caller, f"{case.path}/licences")).status_code == 200
    stranger = Caller(("provider",), org=fresh_code())
    assert (await town.api.get(stranger, f"{case.path}/licences")).status_code == 404
    assert (await town.api.get(stranger, f"{case.path}/documents")).status_code == 404
    assert (await town.api.get(PUBLIC, f"{case.path}/licences")).status_code in (401, 403)
