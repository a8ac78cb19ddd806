"""A published delisting, as the registry carries it out (2.3-5, 2.3-6)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from uuid import uuid4

import pytest
from sqlalchemy import text

from services.registry.consumers import carry_out_decided, confirm_reminded
from shared.events.consumer import Received
from shared.events.contracts import evaluation as ev, registry as rc
from tests.registry.support import APPROVER, OPERATOR, STRANGER, Json, Registry, decided, expect, refused, reminded
from tests.support.tokens import bearer, service_token

pytestmark = pytest.mark.asyncio(loop_scope="session")

KINDS = ("maker_space", "entrepreneurship_base", "tech_incubator", "commerce_cluster")
PUBLISHED = date(2021, 3, 1)


async def decide(registry: Registry, *events: Received[ev.DelistingDecidedData]) -> None:
    async with registry.db.transaction() as session:
        await carry_out_decided(session, events)


async def remind(registry: Registry, *events: Received[ev.DelistingRemindedData]) -> None:
    async with registry.db.transaction() as session:
        await confirm_reminded(session, events)


async def events(registry: Registry, *types: str) -> list[Json]:
    """The data of all events of the types, in order, with type and attributes."""
    async with registry.db.transaction() as session:
        rows = await session.execute(text("SELECT type, attributes, data FROM event_log ORDER BY seq"))
        found = [{"type": row.type, **json.loads(row.attributes), "data": json.loads(row.data)} for row in rows]
    return [event for event in found if event["type"] in types]


async def confirmations(registry: Registry) -> list[rc.CentreDelistedData]:
    found = await events(registry, "registry.centre.delisted.v1")
    return [rc.CentreDelistedData.model_validate(event["data"]) for event in found]


async def snapshot(registry: Registry) -> dict[str, Sequence[object]]:
    """Every row of the registry, but for the versions and times that a confirmation moves."""
    tables = ("centre", "qualification", "ban", "tenancy", "enterprise")
    async with registry.db.transaction() as session:
        return {
            table: (
                await session.scalars(
                    text(f"SELECT to_jsonb(t) - 'version' - 'updated_at' FROM {table} t ORDER BY t.id")
                )
            ).all()
            for table in tables
        }


async def in_state(registry: Registry, status: str) -> Json:
    """A centre in that state."""
    if status == "draft":
        return await registry.draft()
    if status == "listed":
        return await registry.listed()
    centre = await registry.submitted()
    path = f"/v1/centres/{centre['id']}"
    if status == "reviewed":
        expect(await registry.officer.post(f"{path}/review"), 200)
    if status == "returned":
        expect(await registry.officer.post(f"{path}/return", {"reason_code": "incomplete"}), 200)
    if status == "rejected":
        expect(await registry.approver.post(f"{path}/reject", {"reason_code": "unsuitable"}), 200)
    return centre


@pytest.mark.parametrize("status", ["draft", "submitted", "reviewed", "returned", "listed", "rejected"])
async def test_delisting_works_from_any_state(registry: Registry, status: str) -> None:
    centre = await in_state(registry, status)
    order = decided(centre["id"], on=PUBLISHED)
    await decide(registry, order)
    shown = expect(await registry.public.get(f"/v1/centres/{centre['id']}"), 200)
    assert (shown["status"], shown["delisted_on"]) == ("delisted", "2021-03-01")
    [confirmation] = await confirmations(registry)
    assert (confirmation.case_id, confirmation.active_municipal_titles_left) == (order.data.id, 0)


async def test_all_titles_of_the_four_kinds_fall_and_higher_ones_stay(registry: Registry) -> None:
    centre, other = await registry.listed(), await registry.listed(operator_code=STRANGER)
    titles = [await registry.granted(centre["id"], kind) for kind in KINDS]
    kept = await registry.granted(other["id"])
    regional = await registry.granted(centre["id"], "tech_incubator", "regional")
    async with registry.db.transaction() as session:
        await session.execute(
            text("UPDATE qualification SET status = 'suspended' WHERE id = :id"), {"id": titles[0]["id"]}
        )
    order = decided(centre["id"], on=PUBLISHED)
    await decide(registry, order)
    for title in titles:
        shown = expect(await registry.public.get(f"/v1/qualifications/{title['id']}"), 200)
        assert (shown["status"], shown["revoked_on"], shown["case_id"]) == (
            "revoked",
            "2021-03-01",
            str(order.data.id),
        )
    for title in (kept, regional):
        assert expect(await registry.public.get(f"/v1/qualifications/{title['id']}"), 200)["status"] == "active"
    revoked = await events(registry, "registry.qualification.revoked.v1")
    assert {event["subject"] for event in revoked} == {title["id"] for title in titles}
    assert {event["data"]["reason_code"] for event in revoked} == {"centre_delisted"}
    [confirmation] = await confirmations(registry)
    assert {str(found) for found in confirmation.revoked_qualification_ids} == {title["id"] for title in titles}
    assert confirmation.active_municipal_titles_left == 0


async def test_open_applications_of_centre_and_operator_end_with_the_ban(registry: Registry) -> None:
    centre, sister = await registry.listed(), await registry.listed()
    foreign = await registry.listed(operator_code=STRANGER)
    ended = [
        await registry.applied(centre["id"]),
        await registry.reviewed(centre["id"], "tech_incubator"),
        await registry.grantable(centre["id"], "commerce_cluster"),
        await registry.applied(sister["id"]),
        await registry.reviewed(sister["id"], "tech_incubator"),
    ]
    untouched = await registry.applied(foreign["id"])
    waiting = [await in_state(registry, status) for status in ("submitted", "reviewed", "returned")]
    draft = await registry.draft()
    order = decided(centre["id"], on=PUBLISHED)
    await decide(registry, order)
    for title in ended:
        shown = expect(await registry.operator.get(f"/v1/qualification-applications/{title['id']}"), 200)
        assert (shown["status"], shown["reason_code"], shown["case_id"]) == (
            "refused",
            "carrier_ban",
            str(order.data.id),
        )
    for centre_waiting in waiting:
        shown = expect(await registry.operator.get(f"/v1/centres/{centre_waiting['id']}"), 200)
        assert (shown["status"], shown["reason_code"], shown["refused_case_id"]) == (
            "rejected",
            "carrier_ban",
            str(order.data.id),
        )
    shown = expect(await registry.auditor.get(f"/v1/qualification-applications/{untouched['id']}"), 200)
    assert shown["status"] == "applied"
    assert expect(await registry.operator.get(f"/v1/centres/{draft['id']}"), 200)["status"] == "draft"
    assert expect(await registry.operator.get(f"/v1/centres/{sister['id']}"), 200)["status"] == "listed"
    [confirmation] = await confirmations(registry)
    refused_ids = {str(found) for found in confirmation.refused_application_ids}
    assert refused_ids == {row["id"] for row in (*ended, *waiting)}


async def test_tenants_are_told_to_move_and_can(registry: Registry) -> None:
    centre, other = await registry.listed(), await registry.listed(operator_code=STRANGER)
    stays = await registry.admitted(centre["id"], (await registry.enterprise())["id"])
    left = await registry.admitted(centre["id"], (await registry.enterprise())["id"])
    leave = {"reason_code": "moved_out"}
    expect(await registry.operator.post(f"/v1/tenancies/{left['id']}/exit", leave), 200)
    order = decided(centre["id"], on=PUBLISHED)
    await decide(registry, order)
    later = registry.officer.on(date(2021, 3, 2))
    due = expect(await later.get("/v1/tenancies", relocation_due="true"), 200)["items"]
    assert [(tenancy["id"], tenancy["relocation_case_id"], tenancy["status"]) for tenancy in due] == [
        (stays["id"], str(order.data.id), "admitted")
    ]
    [confirmation] = await confirmations(registry)
    assert [str(found) for found in confirmation.relocated_tenancy_ids] == [stays["id"]]
    new = {"centre_id": centre["id"], "enterprise_id": stays["enterprise_id"], "agreement_no": "RZ-2"}
    refused(await later.post("/v1/tenancies", new), 409, "centre-not-listed")
    exit_body = {"reason_code": "centre_delisted"}
    expect(await later.post(f"/v1/tenancies/{stays['id']}/exit", exit_body), 200)
    moved = {**new, "centre_id": other["id"]}
    # The waiver for relocated enterprises begins the day after they left; on the day itself two stays would overlap.
    problem = expect(await later.post("/v1/tenancies", moved), 409)
    failed = {result["message"] for result in problem["decision"]["results"] if not result["passed"]}
    assert "tenancy-overlaps" in failed
    # Older than 24 months by now; its age counts on the day it entered the centre that was delisted under it.
    expect(await later.on(date(2021, 3, 3)).post("/v1/tenancies", moved), 201)


async def test_ban_is_written_with_its_days(registry: Registry) -> None:
    centre = await registry.listed()
    order = decided(centre["id"], on=date(2020, 2, 29))
    await decide(registry, order)
    [imposed] = await events(registry, "registry.ban.imposed.v1")
    ban = rc.BanState.model_validate(imposed["data"])
    assert (ban.case_id, ban.operator_code, ban.status) == (order.data.id, OPERATOR, "in_force")
    assert (ban.published_on, ban.last_barred_day, ban.first_open_day) == (
        date(2020, 2, 29),
        date(2023, 2, 28),
        date(2023, 3, 1),
    )
    [confirmation] = await confirmations(registry)
    assert confirmation.ban_id == ban.id


async def test_events_carry_the_cause_the_day_and_the_rules(registry: Registry) -> None:
    centre = await registry.listed()
    order = decided(centre["id"], on=PUBLISHED)
    await decide(registry, order)
    [event] = await events(registry, "registry.centre.delisted.v1")
    assert (event["actor"], event["effectiveon"]) == (APPROVER, "2021-03-01")
    assert (event["correlationid"], event["causationid"]) == ("delisting-story", str(order.id))
    assert (event["policyedition"], event["simulated"]) == ("lhasa-2019", "true")
    assert "titles.simultaneous_revocation" in event["rules"]


async def full_house(registry: Registry) -> Json:
    """A listed centre with titles, an application, a tenant, and a sister that is applying."""
    centre = await registry.listed()
    for kind in KINDS[:3]:
        await registry.granted(centre["id"], kind)
    await registry.applied(centre["id"], KINDS[3])
    await registry.admitted(centre["id"], (await registry.enterprise())["id"])
    await registry.submitted()
    return centre


@pytest.mark.parametrize("again", ["decided", "reminded"])
async def test_carried_out_twice_is_the_same_state_and_confirmed_again(registry: Registry, again: str) -> None:
    centre = await full_house(registry)
    case = uuid4()
    await decide(registry, decided(centre["id"], on=PUBLISHED, case_id=case))
    before, told = await snapshot(registry), await events(registry, *EFFECTS)
    if again == "decided":
        await decide(registry, decided(centre["id"], on=PUBLISHED, case_id=case))
    else:
        await remind(registry, reminded(centre["id"], on=PUBLISHED, case_id=case))
    assert await snapshot(registry) == before
    assert await events(registry, *EFFECTS) == told
    first, second = await confirmations(registry)
    assert first == second
    versions = [int(event["aggregateversion"]) for event in await events(registry, "registry.centre.delisted.v1")]
    assert versions == [6, 7]


EFFECTS = (
    "registry.qualification.revoked.v1",
    "registry.qualification.refused.v1",
    "registry.centre.rejected.v1",
    "registry.tenancy.relocation_due.v1",
    "registry.ban.imposed.v1",
)


async def test_reminder_carries_out_what_never_arrived(registry: Registry) -> None:
    centre = await full_house(registry)
    await remind(registry, reminded(centre["id"], on=PUBLISHED))
    [confirmation] = await confirmations(registry)
    assert len(confirmation.revoked_qualification_ids) == 3
    assert len(confirmation.refused_application_ids) == 2
    assert len(confirmation.relocated_tenancy_ids) == 1


async def test_events_that_do_not_name_the_registry_change_nothing(registry: Registry) -> None:
    centre = await registry.listed()
    await remind(registry, reminded(centre["id"], late=("finance",)))
    await decide(registry, decided(centre["id"], participants=("finance",)))
    assert await confirmations(registry) == []
    assert expect(await registry.public.get(f"/v1/centres/{centre['id']}"), 200)["status"] == "listed"


async def test_late_reminder_leaves_an_application_from_after_the_ban_alone(registry_after_2020: Registry) -> None:
    registry = registry_after_2020
    centre, case = await registry.listed(), uuid4()
    await decide(registry, decided(centre["id"], on=PUBLISHED, case_id=case))
    operator = registry.operator.on(date(2024, 3, 2))
    draft = expect(await operator.post("/v1/centres", {**_copy(centre), "name": "重新申报"}), 201)
    expect(await operator.post(f"/v1/centres/{draft['id']}/submit"), 200)
    await remind(registry, reminded(centre["id"], on=PUBLISHED, case_id=case))
    assert expect(await operator.get(f"/v1/centres/{draft['id']}"), 200)["status"] == "submitted"


def _copy(centre: Json) -> Json:
    fields = ("name", "operator_code", "operator_name", "service_kinds", "tier", "owner_division", "site_division")
    return {name: centre[name] for name in (*fields, "total_area_m2", "incubation_area_m2", "industry_code")}


async def test_batch_of_cases_is_carried_out_as_one_by_one(registry: Registry) -> None:
    codes = [OPERATOR, STRANGER]
    centres = [await registry.listed(operator_code=code) for code in codes]
    for centre in centres:
        await registry.granted(centre["id"])
        await registry.applied(centre["id"], "tech_incubator")
    orders = [decided(centre["id"], operator=code, on=PUBLISHED) for centre, code in zip(centres, codes, strict=True)]
    twice = decided(centres[0]["id"], on=PUBLISHED, case_id=orders[0].data.id)
    await decide(registry, *orders, twice)
    found = await confirmations(registry)
    assert [confirmation.case_id for confirmation in found] == [order.data.id for order in (*orders, twice)]
    assert [len(confirmation.revoked_qualification_ids) for confirmation in found] == [1, 1, 1]
    assert len(await events(registry, "registry.ban.imposed.v1")) == 2


async def test_second_case_on_a_delisted_centre_is_confirmed_and_keeps_the_first_day(registry: Registry) -> None:
    centre = await registry.listed()
    await decide(registry, decided(centre["id"], on=PUBLISHED))
    await decide(registry, decided(centre["id"], on=date(2022, 3, 1)))
    shown = expect(await registry.public.get(f"/v1/centres/{centre['id']}"), 200)
    assert shown["delisted_on"] == "2021-03-01"
    assert [confirmation.decision_no for confirmation in await confirmations(registry)] == [
        "拉科发〔2021〕9号",
        "拉科发〔2022〕9号",
    ]


async def test_unknown_centre_is_an_error_and_leaves_nothing_behind(registry: Registry) -> None:
    with pytest.raises(LookupError):
        await decide(registry, decided(str(uuid4())))
    assert await events(registry, "registry.ban.imposed.v1") == []


async def test_standing_is_told_to_services_only(registry: Registry) -> None:
    centre = await registry.listed()
    path = f"/internal/centres/{centre['id']}/standing"
    refused(await registry.officer.get(path), 403, "forbidden")
    headers = bearer(service_token(registry.keys, "finance", "registry"))
    answer = expect(await registry.client.get(path, headers=headers), 200)
    assert answer == {"centre_id": centre["id"], "standing": "listed", "case_id": None}
    order = decided(centre["id"])
    await decide(registry, order)
    answer = expect(await registry.client.get(path, headers=headers), 200)
    assert (answer["standing"], answer["case_id"]) == ("delisted", str(order.data.id))
    refused(await registry.client.get(f"/internal/centres/{uuid4()}/standing", headers=headers), 404, "not-found")
