"""Changes of an open programme: two people, forward only, never below what is issued (4.3-3)."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

import pytest

from tests.vouchers.support import (
    AUDITOR,
    OTHER_DIVISION,
    PUBLIC,
    SCIENCE_OFFICER,
    Caller,
    Town,
    approver,
    code_of,
    officer,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")

PROGRAMMES = "/v1/voucher-programmes"
PATH = "/v1/voucher-amendments"
TOMORROW = date(2019, 6, 4)


async def draft(town: Town, programme: str, changes: dict[str, Any], **more: Any) -> dict[str, Any]:
    body = {"changes": changes, "reason": "预算追加", **more}
    return await town.api.ok(officer(), f"{PROGRAMMES}/{programme}/amendments", body)


async def amend(town: Town, programme: str, changes: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A change, drafted and approved by two people."""
    drafted = await draft(town, programme, changes, **more)
    return await town.api.ok(approver(), f"{PATH}/{drafted['id']}/approve")


async def shown(town: Town, programme: str, today: date | None = None) -> dict[str, Any]:
    answer: dict[str, Any] = (await town.api.get(PUBLIC, f"{PROGRAMMES}/{programme}", today=today)).json()
    return answer


async def test_a_change_counts_from_its_day_and_what_was_issued_before_keeps_its_terms(town: Town) -> None:
    programme = await town.programme(subsidy_percent="40.00", valid_months=12)
    firm = await town.registry.tenant(await town.registry.centre())
    before = await town.voucher(programme, firm, "100.00")
    approved = await amend(
        town, programme, {"subsidy_percent": "60.00", "valid_months": 6}, effective_from="2019-06-04"
    )
    assert (approved["status"], approved["effective_from"]) == ("approved", "2019-06-04")
    assert (await town.voucher(programme, firm, "100.00"))["subsidy_percent"] == "40.00"
    assert (await shown(town, programme))["subsidy_percent"] == "40.00"
    later = await town.api.ok(
        officer(),
        "/v1/vouchers",
        {"programme_id": programme, "enterprise_id": str(firm.id), "face_value": "100.00"},
        today=TOMORROW,
    )
    assert (later["subsidy_percent"], later["valid_until"]) == ("60.00", "2019-12-04")
    now = await shown(town, programme, TOMORROW)
    assert (now["subsidy_percent"], now["valid_months"], now["terms_from"]) == ("60.00", 6, "2019-06-04")
    kept = (await town.api.get(officer(), f"/v1/vouchers/{before['id']}")).json()
    assert (kept["subsidy_percent"], kept["valid_until"]) == ("40.00", "2020-06-03")
    backdated = await town.api.ok(
        officer(),
        "/v1/vouchers",
        {
            "programme_id": programme,
            "enterprise_id": str(firm.id),
            "face_value": "100.00",
            "issued_on": "2019-06-03",
        },
        today=TOMORROW,
    )
    assert backdated["subsidy_percent"] == "40.00"


async def test_all_terms_that_ever_held_are_on_show(town: Town) -> None:
    programme = await town.programme(budget="1000.00")
    first = await amend(town, programme, {"budget": "2000.00"})
    await amend(town, programme, {"budget": "3000.00"}, effective_from="2019-07-01")
    terms = (await town.api.get(PUBLIC, f"{PROGRAMMES}/{programme}/terms")).json()["items"]
    assert [(item["effective_from"], item["budget"]) for item in terms] == [
        ("2019-07-01", "3000.00"),
        ("2019-06-03", "2000.00"),
        ("2019-03-19", "1000.00"),
    ]
    assert [item["amendment_id"] for item in terms][1:] == [first["id"], None]
    assert await town.events(first["id"], "vouchers.amendment.drafted.v1") == 1
    assert await town.events(first["id"], "vouchers.amendment.approved.v1") == 1
    assert await town.events(programme, "vouchers.programme.amended.v1") == 2


@pytest.mark.parametrize(("budget", "code"), [("100.00", None), ("99.99", "amendment-below-issued")])
async def test_a_budget_is_lowered_to_what_is_issued_and_no_further(town: Town, budget: str, code: str | None) -> None:
    programme = await town.programme(budget="1000.00")
    firm = await town.registry.tenant(await town.registry.centre())
    await town.voucher(programme, firm, "100.00")
    path = f"{PROGRAMMES}/{programme}/amendments"
    answer = await town.api.post(officer(), path, {"changes": {"budget": budget}, "reason": "调减"})
    if code is not None:
        assert code_of(answer) == (409, code)
        assert "100.00" in answer.json()["detail"]
        return
    await town.api.ok(approver(), f"{PATH}/{answer.json()['id']}/approve")
    body = {"programme_id": programme, "enterprise_id": str(firm.id), "face_value": "0.01"}
    assert code_of(await town.api.post(officer(), "/v1/vouchers", body)) == (409, "voucher-budget-exceeded")


async def test_what_was_issued_since_the_draft_is_counted_at_approval(town: Town) -> None:
    programme = await town.programme(budget="1000.00")
    firm = await town.registry.tenant(await town.registry.centre())
    drafted = await draft(town, programme, {"budget": "500.00"})
    await town.voucher(programme, firm, "500.01")
    refused = await town.api.post(approver(), f"{PATH}/{drafted['id']}/approve")
    assert code_of(refused) == (409, "amendment-below-issued")


async def test_a_budget_that_will_be_lower_is_not_issued_away_before_its_day(town: Town) -> None:
    programme = await town.programme(budget="1000.00")
    firm = await town.registry.tenant(await town.registry.centre())
    await amend(town, programme, {"budget": "300.00"}, effective_from="2019-12-01")
    body = {"programme_id": programme, "enterprise_id": str(firm.id), "face_value": "300.01"}
    assert code_of(await town.api.post(officer(), "/v1/vouchers", body)) == (409, "voucher-budget-exceeded")
    await town.voucher(programme, firm, "300.00")


async def test_approving_and_issuing_at_once_never_leave_more_issued_than_the_budget(town: Town) -> None:
    firm = await town.registry.tenant(await town.registry.centre())
    for _ in range(4):
        programme = await town.programme(budget="1000.00")
        drafted = await draft(town, programme, {"budget": "100.00"})
        body = {"programme_id": programme, "enterprise_id": str(firm.id), "face_value": "100.01"}
        answers = await asyncio.gather(
            town.api.post(approver(), f"{PATH}/{drafted['id']}/approve"),
            town.api.post(officer(), "/v1/vouchers", body),
        )
        assert sorted(answer.is_success for answer in answers) == [False, True]
        found = await shown(town, programme)
        assert float(found["issued"]) <= float(found["budget"])


async def test_whoever_drafted_a_change_cannot_approve_or_refuse_it(town: Town) -> None:
    programme = await town.programme()
    both = Caller(("division_officer", "division_approver"), division="540102")
    body = {"changes": {"budget": "2000000.00"}, "reason": "追加"}
    drafted = await town.api.ok(both, f"{PROGRAMMES}/{programme}/amendments", body)
    path = f"{PATH}/{drafted['id']}"
    assert code_of(await town.api.post(both, f"{path}/approve")) == (403, "four-eyes-required")
    assert code_of(await town.api.post(both, f"{path}/refuse", {"reason": "x"})) == (403, "four-eyes-required")
    refused = await town.api.ok(approver(), f"{path}/refuse", {"reason": "预算不足"})
    assert (refused["status"], refused["refusal"]) == ("refused", "预算不足")
    assert code_of(await town.api.post(approver(), f"{path}/approve")) == (409, "invalid-transition")
    assert (await shown(town, programme))["budget"] == "1000000.00"


async def test_one_change_waits_at_a_time_and_a_cancelled_one_makes_room(town: Town) -> None:
    programme = await town.programme()
    first = await draft(town, programme, {"budget": "2000000.00"})
    body = {"changes": {"budget": "3000000.00"}, "reason": "追加"}
    path = f"{PROGRAMMES}/{programme}/amendments"
    assert code_of(await town.api.post(officer(), path, body)) == (409, "amendment-draft-exists")
    stale = await town.api.post(officer(), f"{PATH}/{first['id']}/cancel", headers={"If-Match": '"9"'})
    assert code_of(stale) == (412, "precondition-failed")
    assert (await town.api.ok(officer(), f"{PATH}/{first['id']}/cancel"))["status"] == "cancelled"
    await town.api.ok(officer(), path, body)


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        ({"changes": {}, "reason": "x"}, 422, "validation-failed"),
        ({"changes": {"budget": None}, "reason": "x"}, 422, "validation-failed"),
        ({"changes": {"budget": "1000000.00"}, "reason": "x"}, 409, "amendment-changes-nothing"),
        ({"changes": {"kind": "startup"}, "reason": "x"}, 422, "validation-failed"),
        ({"changes": {"categories": ["massage"]}, "reason": "x"}, 422, "validation-failed"),
        ({"changes": {"category_terms": {"massage": {"cap": "1.00"}}}, "reason": "x"}, 422, "validation-failed"),
        ({"changes": {"category_terms": {"exhibition": {}}}, "reason": "x"}, 422, "validation-failed"),
        ({"changes": {"eligible_sizes": ["tiny"]}, "reason": "x"}, 422, "validation-failed"),
        ({"changes": {"budget": "2.00"}, "reason": ""}, 422, "validation-failed"),
        ({"changes": {"budget": "2.00"}, "reason": "x", "effective_from": "2019-06-02"}, 409, "amendment-in-the-past"),
        ({"changes": {"budget": "2.00"}, "reason": "x", "drafted_on": "2019-03-18"}, 422, "date-before-earlier-step"),
    ],
)
async def test_a_change_that_cannot_be_meant_is_refused(
    town: Town, sent: dict[str, Any], status: int, code: str
) -> None:
    programme = await town.programme()
    answer = await town.api.post(officer(), f"{PROGRAMMES}/{programme}/amendments", sent)
    assert code_of(answer) == (status, code), answer.text


async def test_a_draft_whose_day_has_passed_is_not_approved(town: Town) -> None:
    programme = await town.programme()
    drafted = await draft(town, programme, {"budget": "2000000.00"}, effective_from="2019-06-04")
    late = await town.api.post(approver(), f"{PATH}/{drafted['id']}/approve", today=date(2019, 6, 5))
    assert code_of(late) == (409, "amendment-in-the-past")
    paper = {"decided_on": "2019-06-04"}
    backdated = await town.api.post(approver(), f"{PATH}/{drafted['id']}/approve", paper, today=date(2019, 6, 5))
    assert code_of(backdated) == (409, "amendment-in-the-past")


async def test_category_terms_and_sizes_change_and_go_with_their_category(town: Town) -> None:
    own = {"ip_protection": {"percent": "80.00", "cap": "20000.00"}, "exhibition": {"cap": "3000.00"}}
    programme = await town.programme(category_terms=own, eligible_sizes=["small", "micro"], first_voucher_free=True)
    found = await shown(town, programme)
    assert found["category_terms"] == {
        "ip_protection": {"percent": "80.00", "cap": "20000.00"},
        "exhibition": {"percent": None, "cap": "3000.00"},
    }
    assert (found["eligible_sizes"], found["first_voucher_free"]) == (["small", "micro"], True)
    changes = {"categories": ["ip_protection", "legal_protection"], "eligible_sizes": None, "first_voucher_free": False}
    await amend(town, programme, changes)
    found = await shown(town, programme)
    assert found["category_terms"] == {"ip_protection": {"percent": "80.00", "cap": "20000.00"}}
    assert (found["eligible_sizes"], found["first_voucher_free"]) == (None, False)


async def test_only_an_open_programme_is_changed_and_closing_takes_the_draft_along(town: Town) -> None:
    body: dict[str, Any] = {"changes": {"budget": "2000000.00"}, "reason": "追加"}
    unopened = await town.programme(opened=False)
    answer = await town.api.post(officer(), f"{PROGRAMMES}/{unopened}/amendments", body)
    assert code_of(answer) == (409, "invalid-transition")
    programme = await town.programme()
    drafted = await draft(town, programme, body["changes"])
    await town.api.ok(officer(), f"{PROGRAMMES}/{programme}/close")
    found = (await town.api.get(officer(), f"{PATH}/{drafted['id']}")).json()
    assert found["status"] == "cancelled"
    assert await town.events(drafted["id"], "vouchers.amendment.cancelled.v1") == 1


async def test_changes_concern_their_issuer_the_bureaus_and_the_auditor(town: Town) -> None:
    programme = await town.programme()
    drafted = await draft(town, programme, {"budget": "2000000.00"})
    path = f"{PATH}/{drafted['id']}"
    for caller, status in [
        (officer(), 200),
        (SCIENCE_OFFICER, 200),
        (AUDITOR, 200),
        (officer(OTHER_DIVISION), 404),
        (PUBLIC, 401),
    ]:
        assert (await town.api.get(caller, path)).status_code == status
    for caller in (officer(), SCIENCE_OFFICER, officer(OTHER_DIVISION)):
        listed = (await town.api.get(caller, PATH, programme_id=programme)).json()["items"]
        assert len(listed) == (caller.division != OTHER_DIVISION)
    foreign = f"{PROGRAMMES}/{programme}/amendments"
    body = {"changes": {"budget": "2.00"}, "reason": "x"}
    assert code_of(await town.api.post(officer(OTHER_DIVISION), foreign, body)) == (404, "not-found")
    assert code_of(await town.api.post(approver(OTHER_DIVISION), f"{path}/approve")) == (404, "not-found")
