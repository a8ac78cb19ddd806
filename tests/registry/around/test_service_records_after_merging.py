"""Service records of an enterprise whose records were merged: one enterprise, before and after."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.registry.around.support import LATER, SERVICES, Tenant, confirmed, recorded, service_body, tenant
from tests.registry.support import Json, Registry, expect, refused

pytestmark = pytest.mark.asyncio(loop_scope="session")

FIRST_STAY, SECOND_STAY = "2019-06-03", "2019-06-20"


async def two_records(registry: Registry) -> tuple[Tenant, Tenant]:
    """Two records of one enterprise at one centre, one stay after the other."""
    old = await tenant(registry)
    leave = {"reason_code": "moved_out", "exited_on": "2019-06-10"}
    expect(await registry.officer.on(LATER).post(f"/v1/tenancies/{old.tenancy['id']}/exit", leave), 200)
    enterprise = await registry.enterprise()
    tenancy = await registry.admitted(old.centre["id"], enterprise["id"], on=LATER.replace(month=6, day=11))
    itself = registry.caller("enterprise", org=enterprise["code"], today=LATER)
    return old, Tenant(old.centre, enterprise, tenancy, itself)


async def merge(registry: Registry, old: Tenant, survivor: Tenant) -> None:
    body = {"into_id": survivor.enterprise["id"], "document_no": "拉市监更〔2019〕3号"}
    path = f"/v1/enterprises/{old.enterprise['id']}/merge"
    expect(await registry.officer.on(LATER).post(path, body), 200)


async def year_of(registry: Registry) -> Json:
    [year] = expect(await registry.officer.on(LATER).get(f"{SERVICES}/counts", year=2019), 200)["items"]
    found: Json = year
    return found


async def test_both_records_count_as_one_enterprise(registry: Registry) -> None:
    old, survivor = await two_records(registry)
    for _ in range(3):
        await confirmed(registry, old)
        await confirmed(registry, survivor, provided_on=SECOND_STAY)
    before = await year_of(registry)
    assert (before["enterprises_served"], before["services_counted"]) == (2, 6)
    await merge(registry, old, survivor)
    after = await year_of(registry)
    assert (after["enterprises_served"], after["services_counted"], after["confirmed"]) == (1, 4, 6)


async def test_survivor_answers_what_was_recorded_under_the_old_record(registry: Registry) -> None:
    old, survivor = await two_records(registry)
    first, second, third = [await recorded(registry, old) for _ in range(3)]
    refused(await survivor.itself.post(f"{SERVICES}/{first['id']}/confirm"), 404, "not-found")
    await merge(registry, old, survivor)
    expect(await survivor.itself.post(f"{SERVICES}/{first['id']}/confirm"), 200)
    expect(await survivor.itself.post(f"{SERVICES}/{second['id']}/contest", {"reason_code": "not_provided"}), 200)
    expect(await old.itself.post(f"{SERVICES}/{third['id']}/confirm"), 200)
    listed = await registry.officer.on(LATER).get(SERVICES, enterprise_id=survivor.enterprise["id"])
    assert [row["id"] for row in expect(listed, 200)["items"]] == [first["id"], second["id"], third["id"]]


async def test_record_under_the_old_code_is_kept_for_the_record_that_goes_on(registry: Registry) -> None:
    old, survivor = await two_records(registry)
    first = await recorded(registry, old)
    await merge(registry, old, survivor)
    by_code = {"enterprise_id": None, "enterprise_code": old.enterprise["code"]}
    record = await recorded(registry, old, **by_code, provided_on=FIRST_STAY)
    assert (record["enterprise_id"], record["tenancy_id"]) == (survivor.enterprise["id"], old.tenancy["id"])
    later = await recorded(registry, survivor, provided_on=SECOND_STAY)
    assert later["tenancy_id"] == survivor.tenancy["id"]
    sent = {name: value for name, value in service_body(old).items() if not name.endswith("_id")}
    body = {**sent, "hours": "1.5", "reason_code": "wrong_hours"}
    corrected = await registry.operator.on(LATER).post(f"{SERVICES}/{first['id']}/correct", body)
    assert expect(corrected, 201)["enterprise_id"] == survivor.enterprise["id"]


async def test_operator_that_is_the_enterprise_under_its_old_code_confirms_nothing(registry: Registry) -> None:
    enterprise = await registry.enterprise()
    centre = await registry.listed(operator_code=enterprise["code"])
    tenancy = await registry.admitted(centre["id"], enterprise["id"])
    itself = registry.caller("enterprise", org=enterprise["code"], today=LATER)
    old = Tenant(centre, enterprise, tenancy, itself)
    operator = registry.caller("centre_operator", org=enterprise["code"], today=LATER)
    record = expect(await operator.post(SERVICES, service_body(old)), 201)
    other = await registry.enterprise()
    survivor = replace(old, enterprise=other, itself=registry.caller("enterprise", org=other["code"], today=LATER))
    await merge(registry, old, survivor)
    refused(await survivor.itself.post(f"{SERVICES}/{record['id']}/confirm"), 403, "four-eyes-required")
