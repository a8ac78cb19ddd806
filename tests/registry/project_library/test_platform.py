"""Trial, conversion and market channel of a graduate's product, confirmed by whose it is (4.8-3)."""

from __future__ import annotations

import asyncio

import pytest

from tests.registry.around.support import LATER
from tests.registry.project_library.support import PLATFORM, Founder, founder, hr
from tests.registry.support import Caller, Json, Registry, expect, fresh_code, refused
from tests.registry.tenants.support import PROJECTS, event_types

pytestmark = pytest.mark.asyncio(loop_scope="session")


def trial(centre: Json, **changes: object) -> Json:
    """A pilot test at the centre, valid but for whose it is."""
    return {
        "stage": "trial",
        "kind": "pilot_test",
        "product": "青稞酒渣饲料",
        "centre_id": centre["id"],
        "started_on": "2019-06-10",
        "ended_on": "2019-06-20",
        "document_no": "中试报告1号",
        **changes,
    }


def conversion(after: Json, **changes: object) -> Json:
    """A licence after a trial."""
    return {
        "stage": "conversion",
        "kind": "licence",
        "follows_id": after["id"],
        "centre_id": after["centre_id"],
        "started_on": "2019-06-25",
        "document_no": "许可合同1号",
        "amount": "120000.00",
        **changes,
    }


async def hosted(registry: Registry) -> tuple[Founder, Json]:
    """A graduate's project that a centre of the operator hosts since a month ago."""
    centre, owner = await registry.listed(), await founder(registry)
    body = {"centre_id": centre["id"], "project_id": owner.project["id"], "agreement_no": "RZ-1"}
    expect(await registry.officer.post("/v1/tenancies", body), 201)
    return owner, centre


async def recorded(caller: Caller, body: Json) -> Json:
    return expect(await caller.post(PLATFORM, body), 201)


async def confirmed(caller: Caller, owner: Founder, body: Json) -> Json:
    record = await recorded(caller, body)
    return expect(await owner.itself.on(LATER).post(f"{PLATFORM}/{record['id']}/confirm"), 200)


async def test_a_product_goes_from_trial_to_channel_each_stage_confirmed(registry: Registry) -> None:
    owner, centre = await hosted(registry)
    here = registry.operator.on(LATER)
    first = await recorded(here, trial(centre, project_id=owner.project["id"]))
    assert (first["no"], first["line_id"], first["status"]) == ("PS-2019-0001", first["id"], "recorded")
    refused(await here.post(PLATFORM, conversion(first)), 409, "platform-stage-before-missing")
    expect(await owner.itself.on(LATER).post(f"{PLATFORM}/{first['id']}/confirm"), 200)
    refused(await here.post(PLATFORM, conversion(first, started_on="2019-06-09")), 409, "platform-stage-too-early")
    refused(await here.post(PLATFORM, conversion(first, amount=None)), 409, "platform-amount-missing")
    channel = conversion(first, stage="channel", kind="fair", amount=None, document_no="展位1号")
    refused(await here.post(PLATFORM, channel), 409, "platform-stage-before-missing")
    second = await confirmed(here, owner, conversion(first))
    third = await confirmed(here, owner, channel)
    assert {second["line_id"], third["line_id"]} == {first["id"]}
    assert {second["product"], third["product"]} == {"青稞酒渣饲料"}
    counted = expect(await registry.officer.on(LATER).get(f"{PLATFORM}/counts", year=2019), 200)["stages"]
    assert [(one["stage"], one["confirmed"], one["amount"]) for one in counted] == [
        ("trial", 1, "0.00"),
        ("conversion", 1, "120000.00"),
        ("channel", 1, "0.00"),
    ]
    assert await event_types(registry, second["id"]) == ["platform_service.recorded", "platform_service.confirmed"]


async def test_nothing_counts_before_whose_it_is_confirms_it(registry: Registry) -> None:
    owner, centre = await hosted(registry)
    first = await recorded(registry.operator.on(LATER), trial(centre, project_id=owner.project["id"]))
    path, stranger = f"{PLATFORM}/{first['id']}", (await founder(registry, name="卓玛")).itself.on(LATER)
    refused(await stranger.post(f"{path}/confirm"), 404, "not-found")
    both = registry.caller("founder", "centre_operator", today=LATER, person_ref=owner.ref, org=centre["operator_code"])
    refused(await both.post(f"{path}/confirm"), 403, "four-eyes-required")
    unknown = await owner.itself.on(LATER).post(f"{path}/contest", {"reason_code": "never"})
    refused(unknown, 422, "validation-failed")
    body = {"reason_code": "wrong_product", "remark": "不是本产品。"}
    expect(await owner.itself.on(LATER).post(f"{path}/contest", body), 200)
    counted = expect(await registry.officer.on(LATER).get(f"{PLATFORM}/counts", year=2019), 200)["stages"][0]
    assert (counted["confirmed"], counted["contested"]) == (0, 1)


async def test_a_correction_is_a_new_record_that_is_confirmed_anew(registry: Registry) -> None:
    owner, centre = await hosted(registry)
    here = registry.operator.on(LATER)
    first = await confirmed(here, owner, trial(centre, project_id=owner.project["id"]))
    await confirmed(here, owner, conversion(first))
    path = f"{PLATFORM}/{first['id']}/correct"
    better = {"kind": "bench_test", "started_on": "2019-06-26", "document_no": "小试1号", "reason_code": "typing_error"}
    refused(await here.post(path, better), 409, "platform-stage-too-late")
    new = expect(await here.post(path, {**better, "started_on": "2019-06-12"}), 201)
    assert (new["corrects_id"], new["line_id"], new["status"]) == (first["id"], first["id"], "recorded")
    assert expect(await here.get(f"{PLATFORM}/{first['id']}"), 200)["status"] == "corrected"
    refused(await here.post(path, better), 409, "invalid-transition")
    channel = conversion(new, stage="channel", kind="fair", started_on="2019-06-28")
    later = await recorded(here, channel)
    assert later["line_id"] == first["id"]
    expect(await owner.itself.on(LATER).post(f"{PLATFORM}/{new['id']}/confirm"), 200)


async def test_of_two_corrections_at_once_one_takes_the_place(registry: Registry) -> None:
    owner, centre = await hosted(registry)
    here = registry.operator.on(LATER)
    first = await confirmed(here, owner, trial(centre, project_id=owner.project["id"]))
    better = {"kind": "bench_test", "started_on": "2019-06-12", "document_no": "小试1号", "reason_code": "typing_error"}
    path = f"{PLATFORM}/{first['id']}/correct"
    answers = await asyncio.gather(*(here.post(path, better) for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) == [201, 409]


async def test_the_platform_is_for_graduates(registry: Registry) -> None:
    centre = await registry.listed()
    plain = await registry.enterprise(graduate_founder=False)
    await registry.admitted(centre["id"], plain["id"])
    body = trial(centre, enterprise_id=plain["id"])
    refused(await registry.operator.on(LATER).post(PLATFORM, body), 409, "platform-for-no-graduate")


async def test_a_project_that_has_registered_goes_on_as_its_enterprise(registry: Registry) -> None:
    owner, centre = await hosted(registry)
    here = registry.operator.on(LATER)
    first = await confirmed(here, owner, trial(centre, project_id=owner.project["id"]))
    code = fresh_code()
    licence = {"code": code, "registered_on": "2019-06-21", "name": "拉萨青稞饲料有限公司"}
    became = expect(await registry.officer.on(LATER).post(f"{PROJECTS}/{owner.project['id']}/register", licence), 200)
    second = await recorded(here, conversion(first))
    assert (second["project_id"], second["enterprise_id"]) == (None, became["enterprise_id"])
    itself = registry.caller("enterprise", org=code, today=LATER)
    assert len(expect(await itself.get(PLATFORM), 200)["items"]) == 2
    expect(await itself.post(f"{PLATFORM}/{second['id']}/confirm"), 200)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"product": None}, None),
        ({"provider_code": "91540100MA6T1A0005"}, None),
        ({"ended_on": "2019-06-09"}, None),
        ({"kind": "licence"}, "kind"),
        ({"started_on": "2019-07-02", "ended_on": None}, "started_on"),
        ({"ended_on": "2019-07-02"}, "ended_on"),
        ({"product": "电话13812345678"}, "product"),
    ],
    ids=str,
)
async def test_bad_records_are_refused_by_field(registry: Registry, changes: Json, field: str | None) -> None:
    owner, centre = await hosted(registry)
    body = trial(centre, **{"project_id": owner.project["id"], **changes})
    problem = refused(await registry.operator.on(LATER).post(PLATFORM, body), 422, "validation-failed")
    if field is not None:
        assert [error["field"] for error in problem["errors"]] == [field]


async def test_an_officer_records_without_a_centre_and_then_names_who_gave_it(registry: Registry) -> None:
    owner = await founder(registry)
    body = {**trial({"id": None}), "project_id": owner.project["id"]}
    here = hr(registry, on=LATER)
    refused(await here.post(PLATFORM, body), 422, "validation-failed")
    partner = {"name": "启迪", "kind": "service_agency", "origin_province": "110000", "capital": "1.00"}
    known = expect(await registry.officer.post("/v1/partners", partner), 201)
    record = await recorded(here, {**body, "partner_id": known["id"]})
    expect(await owner.itself.on(LATER).post(f"{PLATFORM}/{record['id']}/confirm"), 200)
