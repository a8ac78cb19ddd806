"""Providers: admitted by the science bureau, four eyes (4.3-2, 4.3-4)."""

from __future__ import annotations

import pytest

from tests.vouchers.providers.support import APPLIED_ON, BODY
from tests.vouchers.support import (
    AUDITOR,
    PUBLIC,
    SCIENCE_APPROVER,
    SCIENCE_OFFICER,
    Caller,
    Town,
    code_of,
    fresh_code,
    officer,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")

PATH = "/v1/providers"


def provider(code: str) -> Caller:
    return Caller(("provider",), org=code)


async def test_a_provider_is_admitted_by_another_than_who_reviewed(town: Town) -> None:
    applied = await town.api.ok(provider(fresh_code()), PATH, BODY, today=APPLIED_ON)
    path = f"{PATH}/{applied['id']}"
    assert applied["status"] == "applied"
    assert code_of(await town.api.post(SCIENCE_APPROVER, f"{path}/admit")) == (409, "invalid-transition")
    both = Caller(("science_officer", "science_approver"))
    assert (await town.api.ok(both, f"{path}/review", today=APPLIED_ON))["status"] == "reviewed"
    await town.api.ok(SCIENCE_OFFICER, f"{path}/notice", today=APPLIED_ON)
    assert code_of(await town.api.post(both, f"{path}/admit")) == (403, "four-eyes-required")
    admitted = await town.api.ok(SCIENCE_APPROVER, f"{path}/admit")
    assert (admitted["status"], admitted["admitted_on"]) == ("admitted", "2019-06-03")
    for step in ("applied", "reviewed", "admitted"):
        assert await town.events(applied["id"], f"vouchers.provider.{step}.v1") == 1


async def test_the_public_sees_admitted_providers_only(town: Town) -> None:
    seller = await town.provider()
    waiting = await town.api.ok(provider(fresh_code()), PATH, BODY)
    listed = (await town.api.get(PUBLIC, PATH, code=seller.code)).json()["items"]
    assert [item["id"] for item in listed] == [seller.id]
    assert "legal_representative_ref" not in listed[0]
    assert (await town.api.get(PUBLIC, f"{PATH}/{waiting['id']}")).status_code == 404
    assert (await town.api.get(provider(waiting["code"]), f"{PATH}/{waiting['id']}")).status_code == 200
    assert (await town.api.get(provider(fresh_code()), f"{PATH}/{waiting['id']}")).status_code == 404
    for caller in (SCIENCE_OFFICER, AUDITOR):
        assert (await town.api.get(caller, f"{PATH}/{waiting['id']}")).status_code == 200


async def test_one_application_stands_at_a_time_and_a_refused_provider_may_apply_again(town: Town) -> None:
    caller = provider(fresh_code())
    applied = await town.api.ok(caller, PATH, BODY)
    assert code_of(await town.api.post(caller, PATH, BODY)) == (409, "provider-already-applied")
    path = f"{PATH}/{applied['id']}/refuse"
    assert (await town.api.post(SCIENCE_OFFICER, path, {"reason_code": "bad mood"})).status_code == 422
    refused = await town.api.ok(SCIENCE_OFFICER, path, {"reason_code": "documents_incomplete"})
    assert (refused["status"], refused["reason_code"]) == ("refused", "documents_incomplete")
    assert (await town.api.ok(caller, PATH, BODY))["status"] == "applied"


async def test_a_provider_applies_with_its_own_code_only(town: Town) -> None:
    own = fresh_code()
    assert (await town.api.ok(provider(own), PATH, {**BODY, "code": own}))["code"] == own
    other = {**BODY, "code": fresh_code()}
    assert code_of(await town.api.post(provider(fresh_code()), PATH, other)) == (403, "forbidden")
    without = Caller(("provider",))
    assert code_of(await town.api.post(without, PATH, BODY)) == (403, "forbidden")


@pytest.mark.parametrize("caller", [officer(), AUDITOR, PUBLIC, Caller(("enterprise",), org="x")])
async def test_others_neither_apply_nor_decide(town: Town, caller: Caller) -> None:
    waiting = await town.api.ok(provider(fresh_code()), PATH, BODY)
    path = f"{PATH}/{waiting['id']}"
    for step in (PATH, f"{path}/review", f"{path}/admit"):
        assert (await town.api.post(caller, step, BODY if step == PATH else None)).status_code in (401, 403)


async def test_a_category_nobody_has_is_refused(town: Town) -> None:
    response = await town.api.post(provider(fresh_code()), PATH, {**BODY, "categories": ["massage"]})
    assert code_of(response) == (422, "validation-failed")
