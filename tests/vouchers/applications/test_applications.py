"""Applications: asked by the rules of an issue, reviewed by one, approved by another, who thereby issues (4.3-2)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest

from tests.vouchers.support import Caller, Firm, Town, approver, code_of, officer

pytestmark = pytest.mark.asyncio(loop_scope="session")

PATH = "/v1/voucher-applications"


@dataclass(frozen=True)
class Applying:
    """A firm in a listed centre and an open programme."""

    town: Town
    firm: Firm
    programme_id: str

    def body(self, amount: str = "1000.00", **more: Any) -> dict[str, Any]:
        return {"programme_id": self.programme_id, "amount": amount, "purpose": "商标注册代理", **more}

    async def apply(self, amount: str = "1000.00", **more: Any) -> dict[str, Any]:
        return await self.town.api.ok(self.firm.caller, PATH, self.body(amount, **more))

    async def reviewed(self, amount: str = "1000.00", **more: Any) -> dict[str, Any]:
        applied = await self.apply(amount)
        return await self.town.api.ok(officer(), f"{PATH}/{applied['id']}/review", more)


async def applying(town: Town, **terms: Any) -> Applying:
    firm = await town.registry.tenant(await town.registry.centre())
    return Applying(town, firm, await town.programme(**terms))


async def test_approval_issues_what_the_review_proposed(town: Town) -> None:
    case = await applying(town)
    reviewed = await case.reviewed("1000.00", granted="600.00", opinion="按实际需求核减")
    assert (reviewed["status"], reviewed["granted"]) == ("reviewed", "600.00")
    approved = await town.api.ok(approver(), f"{PATH}/{reviewed['id']}/approve")
    assert approved["status"] == "approved"
    shown = (await town.api.get(case.firm.caller, f"/v1/vouchers/{approved['voucher_id']}")).json()
    assert (shown["face_value"], shown["application_id"], shown["status"]) == ("600.00", approved["id"], "active")
    assert await town.events(approved["id"], "vouchers.application.approved.v1") == 1


async def test_all_that_wait_are_refused_when_their_programme_closes(town: Town) -> None:
    case = await applying(town)
    other = Applying(town, await town.registry.tenant(await town.registry.centre()), case.programme_id)
    waiting = [await case.apply("100.00"), await other.reviewed("200.00")]
    await town.api.ok(officer(), f"/v1/voucher-programmes/{case.programme_id}/close")
    for one, applicant in zip(waiting, (case, other), strict=True):
        shown = (await town.api.get(applicant.firm.caller, f"{PATH}/{one['id']}")).json()
        assert (shown["status"], shown["decided_on"]) == ("refused", "2019-06-03")
        assert await town.events(one["id"], "vouchers.application.refused.v1") == 1
    assert code_of(await town.api.post(approver(), f"{PATH}/{waiting[1]['id']}/approve")) == (409, "invalid-transition")


async def test_the_dry_run_names_every_rule_and_keeps_nothing(town: Town) -> None:
    case = await applying(town, enterprise_quota="500.00")
    asked = {"programme_id": case.programme_id, "amount": "600.00"}
    answer = await town.api.ok(case.firm.caller, f"{PATH}/eligibility", asked)
    assert await town.api.ok(case.firm.caller, f"{PATH}/eligibility", {**asked, "purpose": "检测设备"}) == answer
    failed = [result["message"] for result in answer["decision"]["results"] if not result["passed"]]
    assert (answer["eligible"], len(failed)) == (False, 1)
    assert code_of(await town.api.post(case.firm.caller, PATH, case.body("600.00"))) == (409, "voucher-quota-exceeded")
    assert (
        await town.one("SELECT count(*) FROM voucher_application WHERE programme_id = :id", id=case.programme_id) == 0
    )


async def test_nothing_is_committed_before_the_approval_which_asks_the_rules_again(town: Town) -> None:
    case = await applying(town, enterprise_quota="1000.00")
    reviewed = await case.reviewed("700.00")
    await town.voucher(case.programme_id, case.firm, "700.00")
    refused = await town.api.post(approver(), f"{PATH}/{reviewed['id']}/approve")
    assert code_of(refused) == (409, "voucher-quota-exceeded")
    shown = (await town.api.get(case.firm.caller, f"{PATH}/{reviewed['id']}")).json()
    assert shown["status"] == "reviewed"


async def test_who_reviewed_cannot_approve(town: Town) -> None:
    case = await applying(town)
    both = Caller(("division_officer", "division_approver"), division="540102")
    applied = await case.apply()
    await town.api.ok(both, f"{PATH}/{applied['id']}/review")
    assert code_of(await town.api.post(both, f"{PATH}/{applied['id']}/approve")) == (403, "four-eyes-required")


async def test_an_unreviewed_application_cannot_be_approved(town: Town) -> None:
    case = await applying(town)
    applied = await case.apply()
    assert code_of(await town.api.post(approver(), f"{PATH}/{applied['id']}/approve")) == (409, "invalid-transition")


async def test_the_review_cannot_propose_more_than_was_asked_for(town: Town) -> None:
    case = await applying(town)
    applied = await case.apply("100.00")
    answer = await town.api.post(officer(), f"{PATH}/{applied['id']}/review", {"granted": "100.01"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "granted"


async def test_a_second_one_for_the_same_waits_for_the_first(town: Town) -> None:
    case = await applying(town)
    first = await case.apply()
    assert code_of(await town.api.post(case.firm.caller, PATH, case.body())) == (409, "application-already-open")
    await town.api.ok(case.firm.caller, f"{PATH}/{first['id']}/withdraw")
    assert (await case.apply())["status"] == "submitted"


async def test_refusal_names_its_reason_and_ends_it(town: Town) -> None:
    case = await applying(town)
    applied = await case.apply()
    answer = await town.api.ok(officer(), f"{PATH}/{applied['id']}/refuse", {"answer": "用途不属于服务类别"})
    assert (answer["status"], answer["answer"]) == ("refused", "用途不属于服务类别")
    assert code_of(await town.api.post(officer(), f"{PATH}/{applied['id']}/review")) == (409, "invalid-transition")


async def test_two_approvals_at_once_issue_one_voucher(town: Town) -> None:
    case = await applying(town)
    reviewed = await case.reviewed()
    answers = await asyncio.gather(*(town.api.post(approver(), f"{PATH}/{reviewed['id']}/approve") for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409, 409]
    assert (
        await town.one("SELECT count(*) FROM voucher WHERE application_id = CAST(:id AS uuid)", id=reviewed["id"]) == 1
    )


async def test_others_do_not_see_it(town: Town) -> None:
    case = await applying(town)
    applied = await case.apply()
    other = await town.registry.enterprise()
    for caller in (other.caller, officer("540121")):
        assert (await town.api.get(caller, f"{PATH}/{applied['id']}")).status_code == 404
        assert (await town.api.get(caller, PATH, programme_id=case.programme_id)).json()["items"] == []
    assert (await town.api.post(officer("540121"), f"{PATH}/{applied['id']}/review")).status_code == 404


async def test_tasks_go_to_the_officer_and_then_to_the_approver(town: Town) -> None:
    case = await applying(town)
    applied = await case.apply()

    async def waits(caller: Caller, kind: str) -> bool:
        found = (await town.api.get(caller, "/v1/tasks", kind=kind, limit=200)).json()["items"]
        return applied["id"] in [task["subject_id"] for task in found]

    assert await waits(officer(), "voucher_application_to_review")
    assert not await waits(approver(), "voucher_application_to_approve")
    await town.api.ok(officer(), f"{PATH}/{applied['id']}/review")
    assert await waits(approver(), "voucher_application_to_approve")
