"""Reasons of an exit that state a fact, and what a former host still reads of the persons behind a tenant."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from services.registry.tenancies.rules import decide_exit
from shared.policy.edition import load_editions
from tests.registry.support import DAY, STRANGER, Caller, Json, Registry, enterprise_body, expect, refused
from tests.registry.tenants.support import ENTERPRISES, TENANCIES, fresh_card

EDITION = load_editions(None).get("lhasa-2019")
UNTIL = date(2023, 6, 3)
DELISTED = date(2021, 3, 1)
ONE_DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("reason", "exited_on", "gone_on", "passed"),
    [
        ("centre_delisted", DELISTED, DELISTED, True),
        ("centre_delisted", DELISTED - ONE_DAY, DELISTED, False),
        ("centre_delisted", DELISTED, None, False),
        ("centre_withdrawn", DELISTED, DELISTED, True),
        ("centre_withdrawn", DELISTED - ONE_DAY, DELISTED, False),
        ("centre_withdrawn", DELISTED, None, False),
        ("stay_exceeded", UNTIL, None, True),
        ("stay_exceeded", UNTIL - ONE_DAY, None, False),
        ("moved_out", DELISTED, None, True),
        ("moved_out", DELISTED, DELISTED, True),
        ("ceased", DELISTED, None, True),
    ],
)
def test_a_reason_that_states_a_fact_holds_on_the_last_day(
    reason: str, exited_on: date, gone_on: date | None, passed: bool
) -> None:
    withdrawn = reason == "centre_withdrawn"
    decision = decide_exit(
        EDITION,
        reason,
        exited_on,
        centre_delisted_on=None if withdrawn else gone_on,
        centre_withdrawn_on=gone_on if withdrawn else None,
        stay_until=UNTIL,
    )
    [result] = decision.results
    assert decision.passed is passed
    assert "transferred" not in str(result.limit)
    assert (reason in str(result.limit).split(", ")) is passed


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("centre_delisted", "exit-centre-not-delisted"),
        ("centre_withdrawn", "exit-centre-not-withdrawn"),
        ("stay_exceeded", "exit-stay-not-exceeded"),
    ],
)
async def test_an_untrue_reason_is_refused_with_those_to_choose_from(
    registry: Registry, reason: str, code: str
) -> None:
    centre, enterprise = await registry.listed(), await registry.enterprise()
    path = f"{TENANCIES}/{(await registry.admitted(centre['id'], enterprise['id']))['id']}"
    refusal = refused(await registry.operator.post(f"{path}/exit", {"reason_code": reason}), 409, code)
    assert "moved_out" in refusal["decision"]["results"][0]["limit"]
    expect(await registry.operator.post(f"{path}/exit", {"reason_code": "moved_out"}), 200)


async def behind(caller: Caller, enterprise: Json) -> list[str | None]:
    path = f"{ENTERPRISES}/{enterprise['id']}/persons"
    return [item["person"]["name"] for item in expect(await caller.get(path), 200)["items"]]


@pytest.mark.asyncio(loop_scope="session")
async def test_a_former_host_does_not_read_who_was_named_after_the_stay(registry: Registry) -> None:
    centre, enterprise = await registry.listed(), await registry.enterprise()
    path = f"{ENTERPRISES}/{enterprise['id']}/persons"
    tenancy = await registry.admitted(centre["id"], enterprise["id"])
    first = {"capacity": "founder", "name": "扎西", "id_number": fresh_card()}
    expect(await registry.operator.post(path, first), 201)
    leaving = registry.operator.on(DAY + timedelta(days=10))
    expect(await leaving.post(f"{TENANCIES}/{tenancy['id']}/exit", {"reason_code": "moved_out"}), 200)
    later = DAY + timedelta(days=20)
    other = await registry.listed(operator_code=STRANGER)
    await registry.admitted(other["id"], enterprise["id"], on=later)
    named = [
        ({"capacity": "founder", "name": "央金", "id_number": fresh_card()}, registry.stranger.on(later)),
        (
            {"capacity": "founder", "name": "卓玛", "id_number": fresh_card(), "since": DAY.isoformat()},
            registry.officer.on(later),
        ),
    ]
    ids = [expect(await caller.post(path, body), 201)["person"]["id"] for body, caller in named]
    assert await behind(registry.stranger.on(later), enterprise) == ["扎西", "央金", "卓玛"]
    assert await behind(registry.operator.on(later), enterprise) == ["扎西"]
    for person_id in ids:
        refused(await registry.operator.on(later).get(f"/v1/persons/{person_id}"), 404, "not-found")
        expect(await registry.stranger.on(later).get(f"/v1/persons/{person_id}"), 200)
    itself = registry.caller("enterprise", org=enterprise["code"], today=later)
    assert await behind(itself, enterprise) == ["扎西", "央金", "卓玛"]


@pytest.mark.asyncio(loop_scope="session")
async def test_who_entered_an_enterprise_reads_its_persons_until_another_is_its_host(registry: Registry) -> None:
    enterprise = expect(await registry.operator.post(ENTERPRISES, enterprise_body()), 201)
    path = f"{ENTERPRISES}/{enterprise['id']}/persons"
    expect(await registry.operator.post(path, {"capacity": "founder", "name": "扎西"}), 201)
    other = await registry.listed(operator_code=STRANGER)
    await registry.admitted(other["id"], enterprise["id"], on=DAY + ONE_DAY)
    theirs = registry.stranger.on(DAY + ONE_DAY)
    expect(await theirs.post(path, {"capacity": "founder", "name": "央金"}), 201)
    assert await behind(registry.operator.on(DAY + ONE_DAY), enterprise) == ["扎西"]
