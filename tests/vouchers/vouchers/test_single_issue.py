"""A single issue: one person proposes it, another approves; until then nothing is bought with it (4.3-3)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.vouchers.support import OTHER_DIVISION, Caller, Firm, Town, approver, code_of, officer

pytestmark = pytest.mark.asyncio(loop_scope="session")

PATH = "/v1/vouchers"
BOTH = Caller(("division_officer", "division_approver"), division="540102")
ANSWER = {"answer": "与申请材料不符"}


async def firm_of(town: Town) -> Firm:
    return await town.registry.tenant(await town.registry.centre())


async def proposed(
    town: Town, programme: str, firm: Firm, face_value: str = "1000.00", caller: Caller | None = None
) -> dict[str, Any]:
    body = {"programme_id": programme, "enterprise_id": str(firm.id), "face_value": face_value}
    return await town.api.ok(caller or officer(), PATH, body)


async def test_a_single_issue_takes_its_budget_and_buys_nothing_before_another_person_approves(town: Town) -> None:
    firm, programme = await firm_of(town), await town.programme()
    voucher = await proposed(town, programme, firm, caller=BOTH)
    assert (voucher["status"], voucher["frozen_reason"]) == ("frozen", "awaiting_approval")
    assert (await town.api.get(BOTH, f"/v1/voucher-programmes/{programme}")).json()["issued"] == "1000.00"
    seller, path = await town.provider(), f"{PATH}/{voucher['id']}"
    sale = {"code": await town.code(firm, voucher["id"]), "category": "legal_protection", "price": "10.00"}
    sale["invoice"] = {"number": "24190000000000991234"}  # type: ignore[assignment]  # a sale has one nested field
    assert code_of(await town.api.post(seller.caller, "/v1/redemptions/counter", sale)) == (409, "voucher-frozen")
    assert code_of(await town.api.post(BOTH, f"{path}/approve")) == (403, "four-eyes-required")
    assert code_of(await town.api.post(approver(), f"{path}/unfreeze")) == (409, "voucher-awaits-approval")
    stranger = approver(OTHER_DIVISION)
    assert code_of(await town.api.post(stranger, f"{path}/approve")) == (404, "not-found")
    shown = await town.api.ok(approver(), f"{path}/approve")
    assert (shown["status"], shown["frozen_reason"], shown["approved_on"]) == ("active", None, "2019-06-03")
    assert (await town.api.post(seller.caller, "/v1/redemptions/counter", sale)).status_code == 201
    assert code_of(await town.api.post(approver(), f"{path}/refuse", ANSWER)) == (409, "invalid-transition")
    assert await town.events(voucher["id"], "vouchers.voucher.unfrozen.v1") == 1


async def test_a_refused_one_gives_everything_back_and_was_nobodys_first(town: Town) -> None:
    firm, programme = await firm_of(town), await town.programme(first_voucher_free=True, budget="1000.00")
    voucher = await proposed(town, programme, firm)
    assert voucher["first_free"] is True
    path = f"{PATH}/{voucher['id']}/refuse"
    assert (await town.api.post(approver(), path)).status_code == 422
    shown = await town.api.ok(approver(), path, ANSWER)
    assert (shown["status"], shown["reason_code"], shown["refusal"]) == ("stopped", "not_approved", ANSWER["answer"])
    assert (shown["balance"], shown["returned"]) == ("0.00", "1000.00")
    again = await town.voucher(programme, firm, "1000.00")
    assert (again["first_free"], again["status"]) == (True, "active")
    assert await town.events(voucher["id"], "vouchers.voucher.stopped.v1") == 1


async def test_an_approver_finds_what_others_proposed(town: Town) -> None:
    voucher = await proposed(town, await town.programme(), await firm_of(town), caller=BOTH)
    for caller, found in ((approver(), True), (BOTH, False), (approver(OTHER_DIVISION), False)):
        tasks = (await town.api.get(caller, "/v1/tasks", kind="voucher_to_approve", limit=200)).json()["items"]
        assert (voucher["id"] in {task["subject_id"] for task in tasks}) is found


async def test_the_issuer_of_an_enclave_firm_is_free_again_once_nothing_of_it_was_used(town: Town) -> None:
    centre = await town.registry.centre(owner=OTHER_DIVISION, site="540102")
    firm = await town.registry.tenant(centre)
    owners, sites = await town.programme(OTHER_DIVISION), await town.programme()
    first, second = await proposed(town, sites, firm), await proposed(town, sites, firm)
    body = {"programme_id": owners, "enterprise_id": str(firm.id), "face_value": "10.00"}
    await town.api.ok(approver(), f"{PATH}/{first['id']}/refuse", ANSWER)
    other = officer(OTHER_DIVISION)
    assert code_of(await town.api.post(other, PATH, body)) == (409, "enclave-issuer-other")
    wanted = {"voucher_id": second["id"], "kind": "void", "reason": "录入错误", "reason_code": "issued_in_error"}
    request = await town.api.ok(officer(), "/v1/voucher-requests", {**wanted, "delivered": "honoured"})
    await town.api.ok(approver(), f"/v1/voucher-requests/{request['id']}/approve")
    assert (await town.api.post(other, PATH, body)).status_code == 201
    back = {**body, "programme_id": sites}
    assert code_of(await town.api.post(officer(), PATH, back)) == (409, "enclave-issuer-other")
