"""Stay, lift and reversal of a delisting in the registry: new dated rows, nothing rewritten (2.3-5, 2.3-6)."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from services.registry.consumers import carry_out_decided, confirm_reminded, follow_ordered, follow_reminded
from shared.events.consumer import Received
from shared.events.contracts import evaluation as ev, registry as rc
from tests.registry.support import OPERATOR, Json, Registry, decided, expect, reminded
from tests.registry.test_delisting import KINDS, PUBLISHED, events
from tests.support.delisting_orders import Orders

pytestmark = pytest.mark.asyncio(loop_scope="session")

STAYED, LIFTED, REVERSED = date(2021, 4, 1), date(2021, 6, 1), date(2021, 7, 1)


async def follow(registry: Registry, *ordered: Received[ev.DelistingRemedyData]) -> None:
    async with registry.db.transaction() as session:
        await follow_ordered(session, ordered)


async def confirmed(registry: Registry) -> list[rc.CentreRemedyData]:
    found = await events(registry, "registry.centre.remedy_applied.v1")
    return [rc.CentreRemedyData.model_validate(event["data"]) for event in found]


async def delisted(registry: Registry, kinds: tuple[str, ...] = KINDS) -> tuple[Json, list[Json], Orders]:
    """A listed centre with titles and a tenant, delisted."""
    centre = await registry.listed()
    titles = [await registry.granted(centre["id"], kind) for kind in kinds]
    enterprise = await registry.enterprise()
    await registry.admitted(centre["id"], enterprise["id"])
    decision = decided(centre["id"], on=PUBLISHED)
    async with registry.db.transaction() as session:
        await carry_out_decided(session, [decision])
    return centre, titles, Orders(decision.data.id, centre["id"], operator=OPERATOR)


async def rows(registry: Registry, sql: str, **values: object) -> list[Any]:
    async with registry.db.transaction() as session:
        return list((await session.execute(text(sql), values)).all())


async def in_force(registry: Registry, centre: Json) -> dict[str, Any]:
    found = await rows(
        registry,
        "SELECT id, kind, granted_on, document_no FROM qualification"
        " WHERE centre_id = :id AND status IN ('active', 'suspended')",
        id=UUID(centre["id"]),
    )
    return {row.kind: row for row in found}


async def test_a_stay_lists_the_centre_again_with_new_titles_and_leaves_the_revoked_ones_as_they_are(
    registry: Registry,
) -> None:
    centre, titles, orders = await delisted(registry)
    old = "SELECT to_jsonb(q) - 'version' - 'updated_at' - 'plaque_due_on' FROM qualification q WHERE id = ANY (:ids)"
    ids = [UUID(title["id"]) for title in titles]
    before = sorted(str(row[0]) for row in await rows(registry, old, ids=ids))
    await follow(registry, orders.next("stay", STAYED))
    assert sorted(str(row[0]) for row in await rows(registry, old, ids=ids)) == before
    shown = expect(await registry.public.get(f"/v1/centres/{centre['id']}"), 200)
    assert (shown["status"], shown["delisted_on"]) == ("listed", None)
    standing = await in_force(registry, centre)
    assert set(standing) == set(KINDS)
    assert {row.granted_on for row in standing.values()} == {STAYED}
    assert not {str(row.id) for row in standing.values()} & {title["id"] for title in titles}
    [told] = await confirmed(registry)
    assert set(told.restored_from_ids) == set(ids)
    assert set(told.restored_qualification_ids) == {row.id for row in standing.values()}
    assert (told.ban_status, told.lapsed_qualification_ids) == ("stayed", ())
    tiers = await rows(
        registry,
        "SELECT from_on, until_on, basis FROM tier_period WHERE centre_id = :id ORDER BY from_on",
        id=UUID(centre["id"]),
    )
    assert [(row.from_on, row.until_on) for row in tiers][1:] == [(STAYED, None)]
    tenancy = await rows(registry, "SELECT relocation_case_id FROM tenancy")
    assert [row.relocation_case_id for row in tenancy] == [None]
    plaques = await rows(registry, "SELECT plaque_due_on FROM qualification WHERE status = 'revoked'")
    assert {row.plaque_due_on for row in plaques} == {None}
    assert len(await events(registry, "registry.centre.reinstated.v1", "registry.ban.stayed.v1")) == 2


async def test_while_the_stay_lasts_nobody_is_barred_and_a_reminded_decision_does_nothing(registry: Registry) -> None:
    centre, _, orders = await delisted(registry, ("maker_space",))
    await follow(registry, orders.next("stay", STAYED))
    operator = registry.caller("centre_operator", today=date(2021, 5, 6), org=OPERATOR)
    body = {"centre_id": centre["id"], "kind": "tech_incubator"}
    refused = (await operator.post("/v1/qualification-applications", body)).json()
    assert refused.get("code") != "carrier-ban-in-force", refused
    reminder = reminded(centre["id"], on=PUBLISHED, case_id=orders.decision["id"])
    async with registry.db.transaction() as session:
        await confirm_reminded(session, [reminder])
    assert expect(await registry.public.get(f"/v1/centres/{centre['id']}"), 200)["status"] == "listed"


async def test_a_lift_delists_again_from_its_day_and_the_ban_is_no_longer_for_the_stay(registry: Registry) -> None:
    centre, titles, orders = await delisted(registry, ("maker_space",))
    await follow(registry, orders.next("stay", STAYED))
    await follow(registry, orders.next("lift", LIFTED))
    shown = expect(await registry.public.get(f"/v1/centres/{centre['id']}"), 200)
    assert (shown["status"], shown["delisted_on"]) == ("delisted", LIFTED.isoformat())
    assert await in_force(registry, centre) == {}
    told = (await confirmed(registry))[-1]
    assert (told.remedy, told.active_municipal_titles_left, told.ban_status) == ("lift", 0, "in_force")
    assert UUID(titles[0]["id"]) in told.revoked_qualification_ids
    assert len(told.revoked_qualification_ids) == 2
    ban = (await rows(registry, "SELECT id, published_on, last_barred_day, status FROM ban"))[0]
    assert (ban.published_on, ban.last_barred_day, ban.status) == (PUBLISHED, date(2024, 3, 1), "in_force")
    breaks = await rows(registry, "SELECT kind, effective_on, until_on FROM ban_lifting ORDER BY effective_on")
    assert [(row.kind, row.effective_on, row.until_on) for row in breaks] == [
        ("stay", STAYED, date(2021, 5, 31)),
        ("stay_ended", LIFTED, None),
    ]
    due = await rows(registry, "SELECT plaque_due_on FROM qualification WHERE plaque_no IS NOT NULL")
    assert all(row.plaque_due_on > LIFTED for row in due)


async def test_a_reversal_lifts_the_ban_and_restores_each_kind_once_also_after_stay_and_lift(
    registry: Registry,
) -> None:
    centre, titles, orders = await delisted(registry, ("maker_space", "tech_incubator"))
    for kind, day in (("stay", STAYED), ("lift", LIFTED), ("reversal", REVERSED)):
        await follow(registry, orders.next(kind, day))
    standing = await in_force(registry, centre)
    assert set(standing) == {"maker_space", "tech_incubator"}
    assert {row.granted_on for row in standing.values()} == {REVERSED}
    told = (await confirmed(registry))[-1]
    assert {UUID(title["id"]) for title in titles} <= set(told.restored_from_ids)
    assert told.ban_status == "lifted"
    assert (await rows(registry, "SELECT status FROM ban"))[0].status == "lifted"


async def test_orders_missed_repeated_or_reminded_leave_the_same_state(registry: Registry) -> None:
    centre, _, orders = await delisted(registry, ("maker_space",))
    stay = orders.next("stay", STAYED)
    lift = orders.next("lift", LIFTED)
    await follow(registry, lift)  # carries the stay, which was missed
    await follow(registry, stay)
    reminder = orders.reminded(stay.data.remedy, ("registry",))
    async with registry.db.transaction() as session:
        await follow_reminded(session, [reminder])
    assert expect(await registry.public.get(f"/v1/centres/{centre['id']}"), 200)["status"] == "delisted"
    assert [told.remedy for told in await confirmed(registry)] == ["stay", "lift", "stay", "stay"]
    assert len(await rows(registry, "SELECT 1 FROM ban_lifting")) == 2
    nobody = orders.reminded(stay.data.remedy, ("finance",))
    async with registry.db.transaction() as session:
        await follow_reminded(session, [nobody])
    assert len(await confirmed(registry)) == 4


async def test_an_order_before_the_decision_was_carried_out_carries_it_out_first(registry: Registry) -> None:
    centre = await registry.listed()
    title = await registry.granted(centre["id"])
    decision = decided(centre["id"], on=PUBLISHED)
    orders = Orders(decision.data.id, centre["id"], operator=OPERATOR)
    await follow(registry, orders.next("reversal", REVERSED))
    [told] = await confirmed(registry)
    assert told.restored_from_ids == (UUID(title["id"]),)
    assert told.status == "listed"


async def test_a_ban_stayed_by_an_order_of_its_own_stays_stayed(registry: Registry) -> None:
    *_, orders = await delisted(registry, ("maker_space",))
    ban = (await rows(registry, "SELECT id FROM ban"))[0].id
    body = {"kind": "stay", "issuer": "虚构法院", "document_no": "裁1", "effective_on": "2021-03-10"}
    officer = registry.caller("science_officer", today=STAYED, account="o")
    lifting = expect(await officer.post(f"/v1/bans/{ban}/liftings", body), 201)
    approver = registry.caller("industry_approver", today=STAYED, account="a")
    expect(await approver.post(f"/v1/bans/{ban}/liftings/{lifting['id']}/confirm"), 200)
    await follow(registry, orders.next("stay", STAYED))
    kept = await rows(registry, "SELECT status, reason_code FROM ban_lifting ORDER BY effective_on")
    assert [(row.status, row.reason_code) for row in kept] == [("confirmed", None), ("rejected", "already_so")]
    await follow(registry, orders.next("reversal", REVERSED))
    assert (await rows(registry, "SELECT status FROM ban"))[0].status == "lifted"
    assert (await confirmed(registry))[-1].status == "listed"


async def test_a_title_whose_term_is_over_is_not_restored_and_a_suspended_one_is_suspended(registry: Registry) -> None:
    centre = await registry.listed()
    over, suspended = [await registry.granted(centre["id"], kind) for kind in ("maker_space", "tech_incubator")]
    path = f"/v1/qualifications/{suspended['id']}"
    expect(await registry.officer.post(f"{path}/propose-suspension", {"reason_code": "inspection"}), 200)
    expect(await registry.approver.post(f"{path}/suspend", {"document_no": "停1"}), 200)
    await rows(
        registry,
        "UPDATE qualification SET expires_on = '2021-04-01' WHERE id = :id RETURNING id",
        id=UUID(over["id"]),
    )
    decision = decided(centre["id"], on=PUBLISHED)
    async with registry.db.transaction() as session:
        await carry_out_decided(session, [decision])
    orders = Orders(decision.data.id, centre["id"], operator=OPERATOR)
    await follow(registry, orders.next("reversal", STAYED))
    [told] = await confirmed(registry)
    assert told.lapsed_qualification_ids == (UUID(over["id"]),)
    statuses = await rows(registry, "SELECT status FROM qualification WHERE status IN ('active', 'suspended')")
    assert [row.status for row in statuses] == ["suspended"]
