"""Pairs of firms over HTTP, and the three counters (4.7-2)."""

from __future__ import annotations

from datetime import date
from itertools import count
from uuid import UUID

import pytest
from sqlalchemy import update

from services.registry.enterprises.models import Enterprise
from services.registry.pairings.rules import decide_lhasa_firm, side_of
from shared.policy.edition import load_editions
from tests.registry.alliances.support import firm, lead, partner
from tests.registry.around.support import events_of
from tests.registry.support import Caller, Json, Registry, expect, refused

pytestmark = pytest.mark.asyncio(loop_scope="session")

PAIRS = "/v1/pairings"
LATER = date(2019, 9, 2)
SIGNED = {"document_no": "结对协议1号"}
_names = count(1)


def body(inland: Json, enterprise: Json, **changes: object) -> Json:
    return {
        "partner_id": inland["id"],
        "enterprise_id": enterprise["id"],
        "industry": "biomedicine",
        "inland_document_no": "同意函1号",
        **changes,
    }


async def inland(registry: Registry, province: str = "320000") -> Json:
    return await partner(registry, f"金陵制药{next(_names)}", province, kind="enterprise")


async def proposed(registry: Registry, province: str = "320000") -> tuple[Json, Caller]:
    enterprise, itself = await firm(registry)
    sent = body(await inland(registry, province), enterprise)
    return expect(await lead(registry, "sci").post(PAIRS, sent), 201), itself


async def active(registry: Registry, province: str = "320000") -> tuple[Json, Caller]:
    pair, itself = await proposed(registry, province)
    expect(await itself.post(f"{PAIRS}/{pair['id']}/confirm"), 200)
    return expect(await lead(registry, "sci").post(f"{PAIRS}/{pair['id']}/start", SIGNED), 200), itself


async def counters(registry: Registry, **params: object) -> dict[str, tuple[int, int, int]]:
    answer = expect(await registry.public.on(LATER).get(f"{PAIRS}/counts", **params), 200)
    return {one["province_side"]: (one["active"], one["paired"], one["target"]) for one in answer["items"]}


@pytest.mark.parametrize(
    ("province", "side"), [("110000", "beijing"), ("320000", "jiangsu"), ("310000", None), ("540000", None)]
)
async def test_inland_firms_come_from_two_provinces(province: str, side: str | None) -> None:
    edition = next(iter(load_editions(None)))
    assert side_of(edition, province) == side


@pytest.mark.parametrize(
    ("division", "in_city", "local"),
    [("540102", True, True), ("LIUWU", None, True), ("540102", False, False), ("540202", None, False)],
)
async def test_the_other_firm_is_of_the_city(division: str, in_city: bool | None, local: bool) -> None:
    edition = next(iter(load_editions(None)))
    assert decide_lhasa_firm(edition, division, in_city).passed is local


async def test_a_pair_goes_from_the_proposal_to_a_result(registry: Registry) -> None:
    pair, itself = await proposed(registry)
    path, officer = f"{PAIRS}/{pair['id']}", lead(registry, "sci")
    assert (pair["no"], pair["province_side"], pair["status"]) == ("PR-2019-0001", "jiangsu", "proposed")
    refused(await officer.post(f"{path}/start", SIGNED), 409, "invalid-transition")
    refused(await lead(registry, "maker_spaces").post(f"{path}/withdraw"), 403, "forbidden")
    expect(await itself.post(f"{path}/confirm"), 200)
    expect(await officer.post(f"{path}/start", SIGNED), 200)
    visit = {"kind": "visit", "held_on": "2019-06-20", "title": "赴企业走访", "heads": 4}
    refused(await officer.on(LATER).post(f"{path}/log", {**visit, "held_on": "2019-06-01"}), 422, "validation-failed")
    refused(
        await officer.on(LATER).post(f"{path}/log", {**visit, "title": "联系13812345678"}), 422, "validation-failed"
    )
    expect(await itself.on(LATER).post(f"{path}/log", visit), 200)
    refused(await officer.on(LATER).post(f"{path}/complete"), 409, "pair-without-result")
    order = {"kind": "order", "held_on": "2019-08-01", "title": "藏药采购", "amount": "120000.00"}
    logged = expect(await officer.on(LATER).post(f"{path}/log", order), 200)
    assert [entry["kind"] for entry in logged["entries"]] == ["visit", "order"]
    done = expect(await officer.on(LATER).post(f"{path}/complete"), 200)
    assert (done["status"], done["ended_on"]) == ("completed", "2019-09-02")
    assert [name.removeprefix("pairing.") for name in await events_of(registry, pair["id"])] == [
        "proposed.v1",
        "confirmed.v1",
        "started.v1",
        "logged.v1",
        "logged.v1",
        "completed.v1",
    ]


async def test_a_firm_is_in_one_pair_at_a_time(registry: Registry) -> None:
    pair, _ = await proposed(registry)
    enterprise, _ = await firm(registry)
    officer = lead(registry, "sci")
    again = {"id": pair["partner_id"]}
    refused(await officer.post(PAIRS, body(again, enterprise)), 409, "inland-firm-paired")
    taken = {"id": pair["enterprise_id"]}
    refused(await officer.post(PAIRS, body(await inland(registry), taken)), 409, "lhasa-firm-paired")
    expect(await officer.post(f"{PAIRS}/{pair['id']}/withdraw"), 200)
    expect(await officer.post(PAIRS, body(again, enterprise)), 201)


async def test_who_is_no_firm_of_a_side_is_not_paired(registry: Registry) -> None:
    enterprise, _ = await firm(registry)
    officer = lead(registry, "sci")
    refused(await officer.post(PAIRS, body(await inland(registry, "310000"), enterprise)), 409, "pair-not-from-a-side")
    other = body(await inland(registry), enterprise, industry="steel")
    refused(await officer.post(PAIRS, other), 422, "validation-failed")


async def test_the_enterprise_may_decline_or_end_it_with_a_reason(registry: Registry) -> None:
    pair, itself = await proposed(registry)
    path = f"{PAIRS}/{pair['id']}"
    _, stranger = await firm(registry)
    refused(await stranger.post(f"{path}/confirm"), 404, "not-found")
    refused(await itself.post(f"{path}/decline", {"reason_code": "whim"}), 422, "validation-failed")
    declined = expect(await itself.post(f"{path}/decline", {"reason_code": "not_suited"}), 200)
    assert declined["status"] == "declined"
    running, itself = await active(registry)
    ended = await itself.post(f"{PAIRS}/{running['id']}/end", {"reason_code": "lhasa_withdrew"})
    assert expect(ended, 200)["ended_on"] == "2019-06-03"


async def test_three_counters_count_firms_of_a_day_and_merged_ones_once(registry: Registry) -> None:
    first, _ = await active(registry)
    second, _ = await active(registry, "110000")
    assert await counters(registry) == {"beijing": (1, 1, 50), "jiangsu": (1, 1, 50), "lhasa": (2, 2, 100)}
    assert (await counters(registry, on="2019-06-02"))["lhasa"] == (0, 0, 100)
    async with registry.db.transaction() as session:
        merged = update(Enterprise).values(merged_into_id=UUID(first["enterprise_id"]), merged_on=date(2019, 7, 1))
        await session.execute(merged.where(Enterprise.id == UUID(second["enterprise_id"])))
    assert (await counters(registry))["lhasa"] == (1, 1, 100)
    officer = lead(registry, "sci").on(date(2019, 7, 1))
    expect(await officer.post(f"{PAIRS}/{first['id']}/end", {"reason_code": "not_suited"}), 200)
    path = f"{PAIRS}/{second['id']}"
    order = {"kind": "joint_project", "held_on": "2019-07-01", "title": "合作研发"}
    expect(await officer.post(f"{path}/log", order), 200)
    expect(await officer.post(f"{path}/complete"), 200)
    assert await counters(registry) == {"beijing": (0, 1, 50), "jiangsu": (0, 0, 50), "lhasa": (0, 1, 100)}
    assert (await counters(registry, industry="cultural_tourism"))["lhasa"] == (0, 0, 100)
