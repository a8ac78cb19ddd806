"""Service records over HTTP: recorded by the centre, answered by the enterprise, corrected by a new record."""

from __future__ import annotations

import asyncio
from datetime import date
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from services.registry.service_records.models import ServiceRecord
from services.registry.service_records.queries import counts_by_type
from tests.registry.around.support import LATER, SERVICES, confirmed, events_of, recorded, service_body, tenant
from tests.registry.support import DAY, Registry, expect, fresh_code, refused

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_record_names_the_tenancy_and_the_rules_it_rests_on(registry: Registry) -> None:
    served = await tenant(registry)
    response = await registry.operator.on(LATER).post(SERVICES, service_body(served))
    record = expect(response, 201)
    assert response.headers["Location"] == f"{SERVICES}/{record['id']}"
    assert record["no"] == "SR-2019-0001"
    assert (record["status"], record["tenancy_id"]) == ("recorded", served.tenancy["id"])
    assert [result["rule"] for result in record["decision"]["results"]] == [
        "services.tenant_on_the_day",
        "services.achievement_proof",
    ]
    assert (record["hours"], record["amount"]) == ("2.5", None)
    assert await events_of(registry, record["id"]) == ["service_record.recorded.v1"]


async def test_only_tenants_of_the_day_are_served(registry: Registry) -> None:
    served = await tenant(registry)
    operator = registry.operator.on(LATER)
    before = service_body(served, provided_on="2019-06-02")
    problem = refused(await operator.post(SERVICES, before), 409, "service-for-no-tenant")
    assert problem["clauses"] == ["2.1-1"]
    leave = {"reason_code": "moved_out", "exited_on": "2019-06-20"}
    expect(await registry.officer.on(LATER).post(f"/v1/tenancies/{served.tenancy['id']}/exit", leave), 200)
    expect(await operator.post(SERVICES, service_body(served, provided_on="2019-06-20")), 201)
    after = service_body(served, provided_on="2019-06-21")
    refused(await operator.post(SERVICES, after), 409, "service-for-no-tenant")


async def test_an_enterprise_at_another_centre_of_the_operator_is_no_tenant_here(registry: Registry) -> None:
    served = await tenant(registry)
    other = await registry.listed(name="堆龙双创中心", owner_division="540103", site_division="540103")
    body = service_body(served, centre_id=other["id"])
    refused(await registry.operator.on(LATER).post(SERVICES, body), 409, "service-for-no-tenant")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"type": "consulting"}, "type"),
        ({"provided_on": "2019-07-02"}, "provided_on"),
        ({"quantity": 0}, "quantity"),
        ({"quantity": "1"}, "quantity"),
        ({"hours": "0"}, "hours"),
        ({"hours": "1.25"}, "hours"),
        ({"amount": 100}, "amount"),
        ({"amount": "0.00"}, "amount"),
        ({"confirmed": True}, "confirmed"),
    ],
)
async def test_wrong_field_is_named(registry: Registry, changes: dict[str, object], field: str) -> None:
    served = await tenant(registry)
    response = await registry.operator.on(LATER).post(SERVICES, service_body(served, **changes))
    problem = refused(response, 422, "validation-failed")
    assert [error["field"] for error in problem["errors"]] == [field]


async def test_an_achievement_needs_its_document_and_keeps_its_amount(registry: Registry) -> None:
    served = await tenant(registry)
    operator = registry.operator.on(LATER)
    body = service_body(served, type="technology_transfer", hours=None, amount="300000.00")
    refused(await operator.post(SERVICES, body), 409, "achievement-document-missing")
    record = expect(await operator.post(SERVICES, {**body, "document_no": "JS-2019-7"}), 201)
    assert (record["amount"], record["document_no"]) == ("300000.00", "JS-2019-7")


async def test_the_enterprise_alone_confirms(registry: Registry) -> None:
    served = await tenant(registry)
    record = await recorded(registry, served, enterprise_id=None, enterprise_code=served.enterprise["code"])
    path = f"{SERVICES}/{record['id']}/confirm"
    stranger = registry.caller("enterprise", org=fresh_code(), today=LATER)
    refused(await stranger.post(path), 404, "not-found")
    refused(await registry.operator.on(LATER).post(path), 403, "forbidden")
    answered = expect(await served.itself.post(path, If_Match='"1"'), 200)
    assert (answered["status"], answered["answered_on"]) == ("confirmed", "2019-07-01")
    assert answered["answered_by"] == "account-enterprise"
    refused(await served.itself.post(path), 409, "invalid-transition")
    assert await events_of(registry, record["id"]) == [
        "service_record.recorded.v1",
        "service_record.confirmed.v1",
    ]


async def test_whoever_recorded_it_cannot_speak_for_the_enterprise(registry: Registry) -> None:
    served = await tenant(registry)
    record = await recorded(registry, served)
    both = registry.caller("enterprise", org=served.enterprise["code"], today=LATER, account="account-centre_operator")
    refused(await both.post(f"{SERVICES}/{record['id']}/confirm"), 403, "four-eyes-required")


async def test_a_centre_cannot_confirm_its_service_to_itself(registry: Registry) -> None:
    enterprise = await registry.enterprise()
    centre = await registry.listed(operator_code=enterprise["code"])
    tenancy = await registry.admitted(centre["id"], enterprise["id"])
    operator = registry.caller("centre_operator", org=enterprise["code"], today=LATER)
    itself = registry.caller("enterprise", org=enterprise["code"], today=LATER)
    body = service_body(await tenant(registry), centre_id=centre["id"], enterprise_id=enterprise["id"])
    record = expect(await operator.post(SERVICES, body), 201)
    assert record["tenancy_id"] == tenancy["id"]
    refused(await itself.post(f"{SERVICES}/{record['id']}/confirm"), 403, "four-eyes-required")


async def test_contested_with_a_reason_and_the_text_apart(registry: Registry) -> None:
    served = await tenant(registry)
    record = await recorded(registry, served)
    path = f"{SERVICES}/{record['id']}/contest"
    refused(await served.itself.post(path, {}), 422, "validation-failed")
    sent = {"reason_code": "not_provided", "remark": "当日没有培训。"}
    expect(await served.itself.post(path, sent), 200)
    shown = expect(await registry.operator.get(f"{SERVICES}/{record['id']}"), 200)
    assert (shown["status"], shown["reason_code"], shown["remark"]) == ("contested", "not_provided", "当日没有培训。")


async def test_a_correction_is_a_new_record_that_is_confirmed_anew(registry: Registry) -> None:
    served = await tenant(registry)
    first = await confirmed(registry, served)
    operator = registry.operator.on(LATER)
    sent = {name: value for name, value in service_body(served).items() if not name.endswith("_id")}
    body = {**sent, "hours": "1.5", "reason_code": "wrong_hours"}
    refused(await operator.post(f"{SERVICES}/{first['id']}/correct", body, If_Match='"1"'), 412, "precondition-failed")
    second = expect(await operator.post(f"{SERVICES}/{first['id']}/correct", body), 201)
    assert (second["status"], second["corrects_id"], second["hours"]) == ("recorded", first["id"], "1.5")
    replaced = expect(await operator.get(f"{SERVICES}/{first['id']}"), 200)
    assert (replaced["status"], replaced["reason_code"], replaced["hours"]) == ("corrected", "wrong_hours", "2.5")
    refused(await operator.post(f"{SERVICES}/{first['id']}/correct", body), 409, "invalid-transition")
    refused(await served.itself.post(f"{SERVICES}/{first['id']}/confirm"), 409, "invalid-transition")
    expect(await served.itself.post(f"{SERVICES}/{second['id']}/confirm"), 200)


async def test_of_two_corrections_at_once_one_takes_its_place(registry: Registry) -> None:
    served = await tenant(registry)
    record = await recorded(registry, served)
    sent = {name: value for name, value in service_body(served).items() if not name.endswith("_id")}
    path, body = f"{SERVICES}/{record['id']}/correct", {**sent, "reason_code": "wrong_hours"}
    operator = registry.operator.on(LATER)
    answers = await asyncio.gather(*(operator.post(path, body) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


async def test_a_correction_that_is_refused_leaves_the_record_as_it_was(registry: Registry) -> None:
    served = await tenant(registry)
    record = await confirmed(registry, served)
    sent = {name: value for name, value in service_body(served).items() if not name.endswith("_id")}
    body = {**sent, "provided_on": "2019-06-02", "reason_code": "wrong_day"}
    answer = await registry.operator.on(LATER).post(f"{SERVICES}/{record['id']}/correct", body)
    refused(answer, 409, "service-for-no-tenant")
    shown = expect(await registry.operator.get(f"{SERVICES}/{record['id']}"), 200)
    assert (shown["status"], shown["version"]) == ("confirmed", 2)


async def test_everybody_sees_the_records_of_its_own_tenancies(registry: Registry) -> None:
    served = await tenant(registry)
    record = await recorded(registry, served)
    seeing = [
        *(registry.operator, registry.officer, registry.auditor, served.itself),
        registry.caller("division_officer", division="540102"),
        registry.caller("finance_officer"),
    ]
    blind = [
        registry.stranger,
        registry.caller("enterprise", org=fresh_code()),
        registry.caller("founder", person_ref="person-2"),
        registry.caller("division_officer", division="540121"),
        registry.caller("centre_operator"),
    ]
    for caller in seeing:
        expect(await caller.get(f"{SERVICES}/{record['id']}"), 200)
        assert len(expect(await caller.get(SERVICES), 200)["items"]) == 1
    for caller in blind:
        refused(await caller.get(f"{SERVICES}/{record['id']}"), 404, "not-found")
        assert expect(await caller.get(SERVICES), 200)["items"] == []
    stranger = registry.stranger.on(LATER)
    refused(await stranger.post(SERVICES, service_body(served)), 404, "not-found")
    sent = {name: value for name, value in service_body(served).items() if not name.endswith("_id")}
    body = {**sent, "reason_code": "wrong_hours"}
    refused(await stranger.post(f"{SERVICES}/{record['id']}/correct", body), 404, "not-found")
    both = registry.caller("auditor", "centre_operator", org=fresh_code(), today=LATER)
    refused(await both.post(f"{SERVICES}/{record['id']}/correct", body), 404, "not-found")


async def test_unknown_enterprise_is_not_found(registry: Registry) -> None:
    served = await tenant(registry)
    body = service_body(served, enterprise_id=str(uuid4()))
    refused(await registry.operator.on(LATER).post(SERVICES, body), 404, "not-found")


async def test_list_finds_by_centre_type_state_and_days(registry: Registry) -> None:
    served = await tenant(registry)
    first = await confirmed(registry, served)
    second = await recorded(registry, served, type="special", provided_on="2019-07-01")
    for params, found in [
        ({"status": "confirmed"}, [first]),
        ({"type": "special"}, [second]),
        ({"since": "2019-06-04"}, [second]),
        ({"until": "2019-06-03"}, [first]),
        ({"since": "2019-06-03", "until": "2019-07-01"}, [first, second]),
        ({"no": second["no"]}, [second]),
        ({"enterprise_id": str(uuid4())}, []),
    ]:
        items = expect(await registry.officer.on(LATER).get(SERVICES, **params), 200)["items"]
        assert [item["id"] for item in items] == [record["id"] for record in found], params
    refused(await registry.officer.get(SERVICES, state="confirmed"), 422, "validation-failed")


async def test_a_centres_year_counts_no_enterprise_more_than_four_times(registry: Registry) -> None:
    served = await tenant(registry)
    other = await tenant(registry, served.centre)
    empty = await registry.listed(name="空双创中心")
    for _ in range(5):
        await confirmed(registry, served)
    await confirmed(registry, other, type="special")
    await confirmed(registry, other, type="new_product", document_no="CP-1")
    await recorded(registry, other)
    contested = await recorded(registry, other)
    reason = {"reason_code": "not_provided"}
    expect(await other.itself.post(f"{SERVICES}/{contested['id']}/contest", reason), 200)
    years = expect(await registry.officer.on(LATER).get(f"{SERVICES}/counts", year=2019), 200)["items"]
    assert [year["centre_id"] for year in years] == [served.centre["id"], empty["id"]]
    assert years[0] == {
        "centre_id": served.centre["id"],
        "year": 2019,
        "recorded": 9,
        "confirmed": 7,
        "contested": 1,
        "confirmed_by_type": {"new_product": 1, "special": 1, "training": 5},
        "enterprises_served": 2,
        "services_counted": 5,
        "counted_at_most": 4,
        "agreements": 0,
        "joint_carriers": 0,
    }
    assert (years[1]["recorded"], years[1]["confirmed_by_type"]) == (0, {})
    assert expect(await registry.stranger.get(f"{SERVICES}/counts", year=2019), 200)["items"] == []
    before = expect(await registry.operator.get(f"{SERVICES}/counts", year=2018), 200)["items"]
    assert [year["recorded"] for year in before] == [0, 0]
    async with registry.db.transaction() as session:
        centre_id, first, last = UUID(served.centre["id"]), date(2019, 1, 1), date(2019, 12, 31)
        counts = await counts_by_type(session, centre_id, since=first, until=last)
        assert counts == {"new_product": 1, "special": 1, "training": 5}
        every = await counts_by_type(session, centre_id, since=DAY, until=DAY, confirmed=False)
        assert every == {"new_product": 1, "special": 1, "training": 7}
        assert await counts_by_type(session, centre_id, since=LATER, until=last) == {}


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("status", "counted"),
        ("quantity", 0),
        ("answered_by", "account-centre_operator"),
        ("answered_on", date(2019, 6, 2)),
        ("status", "confirmed"),
    ],
)
async def test_the_database_refuses_what_the_rules_refuse(registry: Registry, column: str, value: object) -> None:
    record = await recorded(registry, await tenant(registry))
    change = update(ServiceRecord).where(ServiceRecord.id == UUID(record["id"])).values({column: value})
    async with registry.db.sessions() as session:
        with pytest.raises(IntegrityError, match="ck_service_record"):
            await session.execute(change)
