"""What ends by itself, recorded by the daily work: titles, designations, and what older decisions left behind."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text

from services.registry.consumers import carry_out_decided
from services.registry.terms import worker
from services.registry.terms.usecases import Settled, settle
from shared.policy.edition import Editions, load_editions
from tests.registry.centres.test_operators import approved
from tests.registry.support import DAY, Json, Registry, decided, expect, fresh_code, refused
from tests.registry.test_tiers import DESIGNATION, FREE, tiers
from tests.registry.test_title_rules import YEARLY
from tests.registry.test_titles_in_force import (
    DAY_AFTER,
    LAST_DAY,
    TITLES,
    running_yearly,
    status,
    yearly,
    yearly_title,
)

__all__ = ["running_yearly", "yearly"]

pytestmark = pytest.mark.asyncio(loop_scope="session")

NOTHING = Settled(0, 0, 0, 0)
ENDS = date(2020, 11, 20)


@pytest.fixture
def editions(tmp_path: Path) -> Editions:
    (tmp_path / "yearly.toml").write_text(YEARLY.format(id="yearly"), encoding="utf-8")
    return load_editions(tmp_path)


async def settled(registry: Registry, editions: Editions, today: date) -> Settled:
    return await settle(registry.db, editions, today, simulated=True)


async def events(registry: Registry, name: str) -> list[tuple[date, str, int]]:
    query = text("SELECT effective_on, actor, aggregate_version FROM event_log WHERE type = :name ORDER BY seq")
    async with registry.db.transaction() as session:
        return [(row[0], row[1], row[2]) for row in await session.execute(query, {"name": name})]


async def designated(registry: Registry, valid_until: date | None = ENDS, on: date = FREE) -> tuple[Json, str]:
    """A centre that is national from `on`, and the path of its designation."""
    centre = await registry.listed(DAY)
    path = f"/v1/centres/{centre['id']}/designations"
    body = {**DESIGNATION, "valid_until": valid_until and valid_until.isoformat()}
    designation = expect(await registry.officer.on(on).post(path, body), 201)
    expect(await registry.approver.on(on).post(f"{path}/{designation['id']}/confirm"), 200)
    return centre, f"{path}/{designation['id']}"


async def test_titles_run_out_once_with_their_day_and_their_plaques_are_due(
    yearly: Registry, editions: Editions
) -> None:
    title = await yearly_title(yearly, await yearly.listed())
    assert await settled(yearly, editions, LAST_DAY) == NOTHING
    assert await settled(yearly, editions, DAY_AFTER) == Settled(1, 0, 0, 0)
    assert await settled(yearly, editions, DAY_AFTER) == NOTHING
    assert await status(yearly, title, DAY_AFTER) == "expired"
    [(effective_on, actor, _)] = await events(yearly, "registry.qualification.expired.v1")
    assert (effective_on, actor) == (DAY_AFTER, "service:registry")
    shown = expect(await yearly.public.on(DAY_AFTER).get(f"{TITLES}/{title}"), 200)
    assert shown["plaque_due_on"] == "2022-06-16"  # ten working days over the Dragon Boat Festival


async def test_two_processes_at_once_record_each_title_once(yearly: Registry, editions: Editions) -> None:
    centre = await yearly.listed()
    for kind in ("maker_space", "tech_incubator", "commerce_cluster"):
        await yearly_title(yearly, centre, kind)
    both = await asyncio.gather(*(settled(yearly, editions, DAY_AFTER) for _ in range(2)))
    assert sum(one.titles_expired for one in both) == 3
    assert len(await events(yearly, "registry.qualification.expired.v1")) == 3


@pytest.mark.parametrize(("today", "ended"), [(ENDS, False), (date(2020, 11, 21), True), (date(2021, 6, 1), True)])
async def test_the_tier_before_holds_again_from_the_day_after_the_designation(
    registry: Registry, editions: Editions, today: date, ended: bool
) -> None:
    centre, path = await designated(registry)
    assert await settled(registry, editions, today) == (Settled(0, 1, 0, 0) if ended else NOTHING)
    later = registry.public.on(date(2021, 6, 1))
    shown = expect(await later.get(f"/v1/centres/{centre['id']}"), 200)
    found = await tiers(later, centre)
    designation = expect(await registry.officer.get(path), 200)
    assert shown["tier"] == "standard", "read as of its day, recorded or not"
    assert expect(await later.get("/v1/centres", tier="national"), 200)["items"] == []
    if not ended:
        assert designation["status"] == "confirmed"
        assert found[1:] == [("national", "2019-06-12", "2020-11-20"), ("standard", "2020-11-21", None)]
        assert await tiers(later, centre, on="2020-11-20") == found[1:2]
        assert await tiers(later, centre, on="2020-11-21") == found[2:]
        on_its_last_day = await registry.public.on(ENDS).get(f"/v1/centres/{centre['id']}")
        assert expect(on_its_last_day, 200)["tier"] == "national"
        return
    assert (shown["tier"], designation["status"], designation["ended_on"]) == ("standard", "ended", ENDS.isoformat())
    assert expect(await later.get(path), 200)["status"] == "ended"
    assert found == [
        ("standard", "2019-06-03", "2019-06-11"),
        ("national", "2019-06-12", "2020-11-20"),
        ("standard", "2020-11-21", None),
    ]
    [(effective_on, _, _)] = await events(registry, "registry.designation.ended.v1")
    assert effective_on == date(2020, 11, 21)
    assert [row[0] for row in await events(registry, "registry.centre.tier_changed.v1")] == [FREE, date(2020, 11, 21)]
    assert await settled(registry, editions, today) == NOTHING


async def test_a_designation_that_was_followed_by_another_leaves_the_tier(
    registry: Registry, editions: Editions
) -> None:
    centre, path = await designated(registry)
    again = {**DESIGNATION, "document_no": "发改高技〔2020〕9号", "designated_on": "2020-11-01"}
    base, day = path.rsplit("/", 1)[0], date(2020, 11, 2)
    second = expect(await registry.officer.on(day).post(base, again), 201)
    expect(await registry.approver.on(day).post(f"{base}/{second['id']}/confirm"), 200)
    assert await settled(registry, editions, date(2020, 12, 1)) == Settled(0, 1, 0, 0)
    assert (await tiers(registry.public.on(date(2021, 1, 1)), centre))[-1] == ("national", "2020-11-02", None)
    assert expect(await registry.public.get(f"/v1/centres/{centre['id']}"), 200)["tier"] == "national"


async def test_a_withdrawn_centre_loses_no_tier_twice(registry: Registry, editions: Editions) -> None:
    centre, path = await designated(registry)
    base = f"/v1/centres/{centre['id']}"
    expect(await registry.operator.on(FREE).post(f"{base}/request-withdrawal", {"reason_code": "business_ended"}), 200)
    document = {"document_no": "拉科发〔2019〕50号"}
    expect(await registry.approver.on(date(2019, 7, 1)).post(f"{base}/withdraw", document), 200)
    assert await settled(registry, editions, date(2021, 1, 1)) == Settled(0, 1, 0, 0)
    assert expect(await registry.officer.get(path), 200)["status"] == "ended"
    assert (await tiers(registry.public.on(date(2021, 1, 1)), centre))[-1] == ("national", "2019-06-12", "2019-07-01")


async def test_what_was_over_before_a_withdrawal_or_a_delisting_ends_on_its_own_day(
    registry: Registry, editions: Editions
) -> None:
    (withdrawn, one), (delisted, other) = await designated(registry), await designated(registry)
    base, left = f"/v1/centres/{withdrawn['id']}", date(2020, 12, 3)
    expect(await registry.operator.on(left).post(f"{base}/request-withdrawal", {"reason_code": "business_ended"}), 200)
    document = {"document_no": "拉科发〔2020〕50号"}
    expect(await registry.approver.on(left).post(f"{base}/withdraw", document), 200)
    async with registry.db.transaction() as session:
        await carry_out_decided(session, [decided(delisted["id"], on=left)])
    later = registry.officer.on(date(2021, 1, 1))
    for centre, path in ((withdrawn, one), (delisted, other)):
        found = await tiers(later, centre)
        assert found[1:] == [("national", "2019-06-12", "2020-11-20"), ("standard", "2020-11-21", "2020-12-03")]
        shown = expect(await later.get(path), 200)
        assert (shown["status"], shown["ended_on"]) == ("ended", ENDS.isoformat())
        assert expect(await later.get(f"/v1/centres/{centre['id']}"), 200)["tier"] == "standard"
    days = [row[0] for row in await events(registry, "registry.centre.tier_changed.v1")]
    assert days == [FREE, FREE, date(2020, 11, 21), date(2020, 11, 21)]
    assert await settled(registry, editions, date(2021, 1, 1)) == NOTHING


async def test_a_designation_that_is_over_is_confirmed_within_its_days_only(registry: Registry) -> None:
    centre = await registry.listed(DAY)
    path = f"/v1/centres/{centre['id']}/designations"
    later = date(2020, 12, 1)
    body = {**DESIGNATION, "valid_until": ENDS.isoformat()}
    designation = expect(await registry.officer.on(later).post(path, body), 201)
    confirm, approver = f"{path}/{designation['id']}/confirm", registry.approver.on(later)
    refused(await approver.post(confirm), 409, "designation-over")
    expect(await approver.post(confirm, {"effective_on": ENDS.isoformat()}), 200)


async def test_titles_that_did_not_follow_an_earlier_takeover_follow_now(
    registry: Registry, editions: Editions
) -> None:
    centre, second = await registry.listed(), fresh_code()
    title = await registry.granted(centre["id"])
    await approved(registry, centre["id"], second, date(2019, 9, 2))
    async with registry.db.transaction() as session:
        await session.execute(text("UPDATE qualification SET operator_code = applicant_code"))
    assert await settled(registry, editions, date(2020, 1, 1)) == Settled(0, 0, 1, 0)
    shown = expect(await registry.public.get(f"{TITLES}/{title['id']}"), 200)
    assert shown["operator_code"] == second
    told = await events(registry, "registry.qualification.transferred.v1")
    assert {row[0] for row in told} == {date(2019, 9, 2)}
    assert await settled(registry, editions, date(2020, 1, 1)) == NOTHING


async def test_what_a_centre_held_that_withdrew_before_ends_now(registry: Registry, editions: Editions) -> None:
    centre, enterprise = await registry.listed(), await registry.enterprise()
    tenancy = await registry.admitted(centre["id"], enterprise["id"])
    base = f"/v1/centres/{centre['id']}"
    expect(await registry.operator.post(f"{base}/request-withdrawal", {"reason_code": "business_ended"}), 200)
    document = {"document_no": "拉科发〔2019〕50号"}
    expect(await registry.approver.on(FREE).post(f"{base}/withdraw", document), 200)
    async with registry.db.transaction() as session:
        await session.execute(text("UPDATE tenancy SET relocation_case_id = NULL"))
    assert await settled(registry, editions, date(2020, 1, 1)) == Settled(0, 0, 0, 1)
    shown = expect(await registry.officer.get(f"/v1/tenancies/{tenancy['id']}"), 200)
    assert shown["relocation_case_id"] is not None
    assert [row[0] for row in await events(registry, "registry.tenancy.relocation_due.v1")] == [FREE, FREE]
    assert await settled(registry, editions, date(2020, 1, 1)) == NOTHING


async def test_nothing_ends_by_itself_under_the_simulated_clock(yearly: Registry) -> None:
    title = await yearly_title(yearly, await yearly.listed())
    app = yearly.client._transport.app  # type: ignore[attr-defined]  # the application behind the ASGI transport
    await asyncio.wait_for(worker.watch_terms(app.state.runtime), timeout=5)
    async with yearly.db.transaction() as session:
        stored = await session.scalar(text("SELECT status FROM qualification WHERE id = :id"), {"id": title})
    assert stored == "active"
