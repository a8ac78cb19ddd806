"""Partners, agreements and joint carriers over HTTP."""

from __future__ import annotations

from datetime import date
from uuid import UUID, uuid4

import pytest

from services.registry.partners.queries import joint_carriers
from tests.registry.around.support import LATER, PARTNERS, SERVICES, events_of
from tests.registry.support import Caller, Json, Registry, expect, fresh_code, refused

pytestmark = pytest.mark.asyncio(loop_scope="session")


def partner_body(**changes: object) -> Json:
    return {
        "name": "清控科创",
        "code": fresh_code(),
        "kind": "service_agency",
        "origin_province": "110000",
        "capital": "5000000.00",
        **changes,
    }


def agreement_body(partner: Json, **changes: object) -> Json:
    return {
        "partner_id": partner["id"],
        "document_no": "拉双创协〔2019〕3号",
        "subject": "共建众创空间",
        "signed_on": "2019-03-20",
        "valid_from": "2019-04-01",
        "valid_until": "2020-03-31",
        **changes,
    }


def carrier_body(agreement: Json, **changes: object) -> Json:
    return {
        "agreement_id": agreement["id"],
        "name": "京藏众创空间",
        "kind": "maker_space",
        "place_province": "540000",
        "set_up_on": "2019-05-06",
        "partner_capital": "800000.00",
        **changes,
    }


async def registered(caller: Caller, **changes: object) -> Json:
    return expect(await caller.post(PARTNERS, partner_body(**changes)), 201)


async def test_a_partner_is_entered_once_with_its_origin_and_capital(registry: Registry) -> None:
    response = await registry.operator.post(PARTNERS, partner_body(code=(code := fresh_code())))
    partner = expect(response, 201)
    assert response.headers["Location"] == f"{PARTNERS}/{partner['id']}"
    assert (partner["no"], partner["inland"], partner["capital"]) == ("PA-2019-0001", True, "5000000.00")
    again = await registry.officer.post(PARTNERS, partner_body(code=code))
    refused(again, 409, "partner-already-registered")
    assert again.headers["Location"] == f"{PARTNERS}/{partner['id']}"
    local = await registered(registry.officer, code=None, kind="incubator", origin_province="540000")
    assert (local["inland"], local["code"]) == (False, None)
    await registered(registry.officer, code=None)
    assert await events_of(registry, partner["id"]) == ["partner.registered.v1"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "bank"}, "kind"),
        ({"origin_province": "110101"}, "origin_province"),
        ({"origin_province": "990000"}, "origin_province"),
        ({"capital": 5000000}, "capital"),
        ({"capital": "-1.00"}, "capital"),
        ({"code": "91540102MA0000000X"}, "code"),
    ],
)
async def test_wrong_field_is_named(registry: Registry, changes: dict[str, object], field: str) -> None:
    problem = refused(await registry.officer.post(PARTNERS, partner_body(**changes)), 422, "validation-failed")
    assert [error["field"] for error in problem["errors"]] == [field]


async def test_particulars_are_changed_by_who_entered_them_and_by_officers(registry: Registry) -> None:
    partner = await registered(registry.operator, code=None)
    path = f"{PARTNERS}/{partner['id']}"
    refused(await registry.stranger.patch(path, {"name": "新名"}, '"1"'), 403, "forbidden")
    refused(await registry.operator.patch(path, {"name": "新名"}), 428, "precondition-required")
    code = fresh_code()
    changed = expect(await registry.operator.patch(path, {"code": code, "origin_province": "540000"}, '"1"'), 200)
    assert (changed["code"], changed["inland"], changed["version"]) == (code, False, 2)
    refused(await registry.officer.patch(path, {"code": fresh_code()}, '"2"'), 422, "validation-failed")
    refused(await registry.officer.patch(path, {"kind": None}, '"2"'), 422, "validation-failed")
    refused(await registry.officer.patch(path, {"kind": "bank"}, '"2"'), 422, "validation-failed")
    other = await registered(registry.officer, code=None)
    taken = await registry.officer.patch(f"{PARTNERS}/{other['id']}", {"code": code}, '"1"')
    refused(taken, 409, "partner-already-registered")


async def test_list_finds_by_origin_kind_and_part_of_the_name(registry: Registry) -> None:
    first = await registered(registry.operator)
    second = await registered(registry.officer, name="西藏孵化器", kind="incubator", origin_province="540000")
    for params, found in [
        ({"inland": "true"}, [first]),
        ({"kind": "incubator"}, [second]),
        ({"origin_province": "110000"}, [first]),
        ({"name": "孵化"}, [second]),
        ({"code": second["code"].lower()}, [second]),
        ({"sort": "-registered"}, [second, first]),
    ]:
        items = expect(await registry.stranger.get(PARTNERS, **params), 200)["items"]
        assert [item["id"] for item in items] == [partner["id"] for partner in found], params


async def test_an_agreement_belongs_to_its_centre_alone(registry: Registry) -> None:
    centre, partner = await registry.listed(), await registered(registry.officer)
    path = f"/v1/centres/{centre['id']}/agreements"
    agreement = expect(await registry.operator.post(path, agreement_body(partner)), 201)
    refused(await registry.operator.post(path, agreement_body(partner)), 409, "agreement-already-recorded")
    refused(await registry.operator.post(path, agreement_body({"id": str(uuid4())})), 404, "not-found")
    for blind in (registry.stranger, registry.caller("division_officer", division="540121")):
        refused(await blind.get(path), 404, "not-found")
        page = expect(await blind.get(f"{PARTNERS}/{partner['id']}"), 200)
        assert (page["agreements"], page["joint_carriers"]) == ([], [])
    refused(await registry.stranger.post(path, agreement_body(partner)), 404, "not-found")
    end = {"reason_code": "no_results"}
    refused(await registry.stranger.post(f"{path}/{agreement['id']}/end", end), 404, "not-found")
    for seeing in (registry.operator, registry.auditor, registry.caller("division_officer", division="540102")):
        assert [item["id"] for item in expect(await seeing.get(path), 200)["items"]] == [agreement["id"]]
        page = expect(await seeing.get(f"{PARTNERS}/{partner['id']}"), 200)
        assert [item["id"] for item in page["agreements"]] == [agreement["id"]]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"signed_on": "2019-06-04", "valid_from": "2019-06-04"}, "signed_on"),
        ({"valid_from": "2019-03-19"}, "valid_from"),
        ({"valid_until": "2019-03-31"}, "valid_until"),
    ],
)
async def test_an_agreements_days_follow_each_other(registry: Registry, changes: dict[str, object], field: str) -> None:
    centre, partner = await registry.listed(), await registered(registry.officer)
    body = agreement_body(partner, **changes)
    problem = refused(
        await registry.operator.post(f"/v1/centres/{centre['id']}/agreements", body), 422, "validation-failed"
    )
    assert [error["field"] for error in problem["errors"]] == [field]


async def test_a_carrier_is_set_up_under_an_agreement_in_force_and_found_on_its_days(registry: Registry) -> None:
    centre, partner = await registry.listed(), await registered(registry.officer)
    base = f"/v1/centres/{centre['id']}"
    agreement = expect(await registry.operator.post(f"{base}/agreements", agreement_body(partner)), 201)
    carriers, operator = f"{base}/joint-carriers", registry.operator.on(LATER)
    early = carrier_body(agreement, set_up_on="2019-03-31")
    problem = refused(await operator.post(carriers, early), 409, "agreement-not-in-force")
    assert problem["clauses"] == ["2.1-3"]
    refused(await operator.post(carriers, carrier_body(agreement, kind="bank")), 422, "validation-failed")
    refused(await operator.post(carriers, carrier_body(agreement, set_up_on="2019-07-02")), 422, "validation-failed")
    refused(await operator.post(carriers, carrier_body({"id": str(uuid4())})), 404, "not-found")
    carrier = expect(await operator.post(carriers, carrier_body(agreement)), 201)
    assert carrier["partner_id"] == partner["id"]
    refused(await operator.post(carriers, carrier_body(agreement)), 409, "joint-carrier-exists")
    refused(
        await operator.post(f"{carriers}/{carrier['id']}/end", {"reason_code": "over", "ended_on": "2019-06-30"}),
        422,
        "effective-date-not-allowed",
    )
    over = {"reason_code": "no_results", "ended_on": "2019-06-30"}
    expect(await registry.officer.on(LATER).post(f"{carriers}/{carrier['id']}/end", over), 200)
    again = await registry.officer.on(LATER).post(f"{carriers}/{carrier['id']}/end", over)
    refused(again, 409, "invalid-transition")
    async with registry.db.transaction() as session:
        for day, count in [
            (date(2019, 5, 5), 0),
            (date(2019, 5, 6), 1),
            (date(2019, 6, 30), 1),
            (date(2019, 7, 1), 0),
        ]:
            assert len(await joint_carriers(session, UUID(centre["id"]), day)) == count, day
    for asked, count in [("2019-06-30", 1), ("2019-07-01", 0)]:
        assert len(expect(await operator.get(carriers, on=asked), 200)["items"]) == count
    assert await events_of(registry, carrier["id"]) == ["joint_carrier.set_up.v1", "joint_carrier.ended.v1"]
    years = expect(await operator.get(f"{SERVICES}/counts", year=2019), 200)["items"]
    assert (years[0]["agreements"], years[0]["joint_carriers"]) == (1, 1)
    next_year = expect(await operator.get(f"{SERVICES}/counts", year=2020), 200)["items"]
    assert (next_year[0]["agreements"], next_year[0]["joint_carriers"]) == (1, 0)


async def test_an_agreement_does_not_end_before_what_rests_on_it(registry: Registry) -> None:
    centre, partner = await registry.listed(), await registered(registry.officer)
    base, officer = f"/v1/centres/{centre['id']}", registry.officer.on(LATER)
    agreement = expect(await officer.post(f"{base}/agreements", agreement_body(partner)), 201)
    expect(await officer.post(f"{base}/joint-carriers", carrier_body(agreement)), 201)
    end = f"{base}/agreements/{agreement['id']}/end"
    too_early = {"reason_code": "no_results", "ended_on": "2019-05-05"}
    refused(await officer.post(end, too_early), 409, "step-before-its-cause")
    expect(await officer.post(end, {**too_early, "ended_on": "2019-05-06"}), 200)
    late = carrier_body(agreement, name="第二空间", set_up_on="2019-05-07")
    refused(await officer.post(f"{base}/joint-carriers", late), 409, "agreement-not-in-force")
    refused(await officer.post(end, {"reason_code": "no_results"}), 409, "invalid-transition")
    in_force = expect(await officer.get(f"{base}/agreements", on="2019-05-07"), 200)["items"]
    assert in_force == []


async def test_an_expired_agreement_cannot_be_ended_early(registry: Registry) -> None:
    centre, partner = await registry.listed(), await registered(registry.officer)
    base = f"/v1/centres/{centre['id']}/agreements"
    body = agreement_body(partner, valid_until="2019-05-31")
    agreement = expect(await registry.officer.post(base, body), 201)
    end = await registry.officer.post(f"{base}/{agreement['id']}/end", {"reason_code": "no_results"})
    refused(end, 409, "invalid-transition")
