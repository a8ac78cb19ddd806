"""Growth file, technology flags, permits and registered address over HTTP."""

from __future__ import annotations

import json
from datetime import date

import pytest

from tests.registry.support import DAY, STRANGER, Json, Registry, expect, refused
from tests.registry.tenants.support import ENTERPRISES, event_types, events

pytestmark = pytest.mark.asyncio(loop_scope="session")

YEAR: Json = {
    "year": 2018,
    "revenue": "5000000.00",
    "tax_paid": "120000.50",
    "staff": 12,
    "insured_jobs": 10,
    "patents": 2,
    "software_copyrights": 5,
    "other_ip": 1,
}
FLAG: Json = {"kind": "high_tech", "certificate_no": "GR201854000001", "issued_on": "2018-12-10", "evidence": ["证书"]}


async def test_growth_file_keeps_one_row_a_year_and_computes_the_size(registry: Registry) -> None:
    enterprise = await registry.enterprise()
    path = f"{ENTERPRISES}/{enterprise['id']}"
    itself = registry.caller("enterprise", org=enterprise["code"])
    assert expect(await itself.post(f"{path}/growth", YEAR), 200)["size_class"] == "small"
    again = expect(await itself.post(f"{path}/growth", {**YEAR, "staff": 9, "insured_jobs": 9}), 200)
    assert (again["size_class"], again["tax_paid"]) == ("micro", "120000.50")
    expect(await itself.post(f"{path}/growth", {**YEAR, "year": 2017, "staff": 200}), 200)
    years = expect(await registry.officer.get(f"{path}/growth"), 200)["items"]
    assert [(year["year"], year["staff"]) for year in years] == [(2017, 200), (2018, 9)]
    shown = expect(await itself.get(path), 200)
    assert (shown["size_class"], shown["size_year"]) == ("micro", 2018)  # the latest year counts, not the last entry
    found = expect(await registry.officer.get(ENTERPRISES, size_class="micro"), 200)["items"]
    assert [item["id"] for item in found] == [enterprise["id"]]
    _, data = (await events(registry, enterprise["id"]))[-1]
    assert json.loads(data)["revenue"] == "5000000.00"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"year": 2020}, "year"),
        ({"revenue": 5}, "revenue"),
        ({"revenue": "-1.00"}, "revenue"),
        ({"staff": 3}, "body"),
        ({"staff": True}, "staff"),
        ({"jobs": 3}, "jobs"),
    ],
)
async def test_growth_file_refuses_what_no_year_can_be(registry: Registry, change: Json, field: str) -> None:
    path = f"{ENTERPRISES}/{(await registry.enterprise())['id']}/growth"
    problem = refused(await registry.officer.post(path, {**YEAR, **change}), 422, "validation-failed")
    assert [error["field"] for error in problem["errors"]] == [field]


async def test_strange_operator_neither_reads_nor_writes_the_growth_file(registry: Registry) -> None:
    path = f"{ENTERPRISES}/{(await registry.enterprise())['id']}/growth"
    refused(await registry.stranger.get(path), 404, "not-found")
    refused(await registry.stranger.post(path, YEAR), 404, "not-found")


async def test_certificate_is_valid_on_its_days_alone(registry: Registry) -> None:
    enterprise = await registry.enterprise()
    path = f"{ENTERPRISES}/{enterprise['id']}/technology-flags"
    flag = expect(await registry.officer.post(path, FLAG), 201)
    assert (flag["valid_through"], flag["status"]) == ("2021-12-10", "valid")
    for day, status in [("2018-12-09", "not_yet_valid"), ("2021-12-10", "valid"), ("2021-12-11", "expired")]:
        reader = registry.auditor.on(max(DAY, date.fromisoformat(day)))
        [item] = expect(await reader.get(path, on=day), 200)["items"]
        assert item["status"] == status, day
    for today, found in [(DAY, 1), (date(2021, 12, 11), 0)]:
        listed = expect(await registry.officer.on(today).get(ENTERPRISES, technology="high_tech"), 200)
        assert len(listed["items"]) == found
    refused(await registry.officer.post(path, FLAG), 409, "technology-certificate-recorded")
    withdrawal = {"document_no": "国科火字〔2019〕1号", "withdrawn_on": "2019-05-06"}
    gone = expect(await registry.officer.post(f"{path}/{flag['id']}/withdraw", withdrawal), 200)
    assert gone["status"] == "withdrawn"
    refused(
        await registry.officer.post(f"{path}/{flag['id']}/withdraw", withdrawal),
        409,
        "technology-certificate-withdrawn",
    )
    assert (await event_types(registry, enterprise["id"]))[1:] == [
        "enterprise.technology_flag_recorded",
        "enterprise.technology_flag_withdrawn",
    ]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "unicorn"}, "kind"),
        ({"valid_through": "2018-12-09"}, "valid_through"),
        ({"valid_through": "2021-12-11"}, "valid_through"),
        ({"issued_on": "2019-06-04"}, "issued_on"),
        ({"evidence": []}, "evidence"),
    ],
)
async def test_certificate_that_cannot_be_is_refused(registry: Registry, change: Json, field: str) -> None:
    path = f"{ENTERPRISES}/{(await registry.enterprise())['id']}/technology-flags"
    problem = refused(await registry.officer.post(path, {**FLAG, **change}), 422, "validation-failed")
    assert [error["field"] for error in problem["errors"]] == [field]


async def test_permit_flags_the_enterprise_until_somebody_else_has_seen_it(registry: Registry) -> None:
    enterprise = await registry.enterprise()
    path = f"{ENTERPRISES}/{enterprise['id']}"
    itself = registry.caller("enterprise", org=enterprise["code"])
    body = {"name": "食品经营许可证", "authority": "城关区市场监督管理局"}
    permit = expect(await itself.post(f"{path}/permits", body), 201)
    refused(await itself.post(f"{path}/permits", body), 409, "permit-already-awaited")
    assert expect(await itself.get(path), 200)["permits_outstanding"] == ["食品经营许可证"]
    await registry.admitted((await registry.listed())["id"], enterprise["id"])  # on the licence, the permit follows
    seen = {"document_no": "JY15401020000001", "valid_through": "2024-06-02"}
    refused(await itself.post(f"{path}/permits/{permit['id']}/see", seen), 403, "forbidden")
    late = {**seen, "valid_through": "2019-06-02"}
    refused(await registry.operator.post(f"{path}/permits/{permit['id']}/see", late), 422, "validation-failed")
    expect(await registry.operator.post(f"{path}/permits/{permit['id']}/see", seen), 200)
    refused(await registry.operator.post(f"{path}/permits/{permit['id']}/see", seen), 409, "permit-already-seen")
    assert expect(await itself.get(path), 200)["permits_outstanding"] == []
    assert expect(await registry.officer.get(ENTERPRISES, permits_outstanding="true"), 200)["items"] == []


async def test_permit_and_figures_are_no_change_of_the_enterprise(registry: Registry) -> None:
    enterprise = await registry.enterprise()
    path = f"{ENTERPRISES}/{enterprise['id']}"
    body = {"name": "食品经营许可证", "authority": "城关区市场监督管理局"}
    expect(await registry.officer.post(f"{path}/permits", body), 201)
    expect(await registry.officer.post(f"{path}/growth", YEAR), 200)
    entries = expect(await registry.officer.get(f"{path}/history"), 200)["items"]
    named = {entry["type"].split(".")[2]: entry for entry in entries}
    assert named["permit_required"]["changes"] == {}
    assert named["permit_required"]["fields"]["name"] == "食品经营许可证"
    assert named["growth_recorded"]["changes"] == {}
    assert named["amended"]["changes"] == {
        "size_class": {"before": None, "after": "small"},
        "size_year": {"before": None, "after": 2018},
    }
    assert named["registered"]["fields"] == {}


async def test_size_follows_the_industry_at_once(registry: Registry) -> None:
    enterprise = await registry.enterprise(industry_code="I6510")
    path = f"{ENTERPRISES}/{enterprise['id']}"
    figures = {**YEAR, "staff": 15, "revenue": "1000000.00"}
    assert expect(await registry.officer.post(f"{path}/growth", figures), 200)["size_class"] == "small"
    before = expect(await registry.officer.get(path), 200)
    assert before["size_class"] == "small"
    changed = await registry.officer.patch(path, {"industry_code": "C1310"}, f'"{before["version"]}"')
    assert expect(changed, 200)["size_class"] == "micro"
    told = [json.loads(data) for name, data in await events(registry, enterprise["id"]) if ".amended." in name]
    assert [(data["industry_code"], data["size_class"]) for data in told] == [("I6510", "small"), ("C1310", "micro")]


async def test_correction_of_the_latest_year_that_makes_no_class_clears_it(registry: Registry) -> None:
    enterprise = await registry.enterprise(industry_code="L7211")  # by staff and assets
    path = f"{ENTERPRISES}/{enterprise['id']}"
    figures = {**YEAR, "assets": "90000000.00"}
    assert expect(await registry.officer.post(f"{path}/growth", figures), 200)["size_class"] is not None
    assert expect(await registry.officer.get(path), 200)["size_year"] == 2018
    assert expect(await registry.officer.post(f"{path}/growth", YEAR), 200)["size_class"] is None
    shown = expect(await registry.officer.get(path), 200)
    assert (shown["size_class"], shown["size_year"]) == (None, None)


async def test_size_after_a_merger_is_that_of_the_latest_year_of_both(registry: Registry) -> None:
    old, survivor = await registry.enterprise(), await registry.enterprise()
    expect(await registry.officer.post(f"{ENTERPRISES}/{old['id']}/growth", {**YEAR, "staff": 10}), 200)
    earlier = {**YEAR, "year": 2017, "staff": 200}
    expect(await registry.officer.post(f"{ENTERPRISES}/{survivor['id']}/growth", earlier), 200)
    merge = {"into_id": survivor["id"], "document_no": "拉市监更〔2019〕3号"}
    merged = expect(await registry.officer.post(f"{ENTERPRISES}/{old['id']}/merge", merge), 200)
    assert (merged["size_class"], merged["size_year"]) == ("small", 2018)
    assert (await event_types(registry, survivor["id"]))[-2:] == ["enterprise.amended", "enterprise.absorbed"]


async def test_address_decides_not_the_digits_of_the_code(registry: Registry) -> None:
    zone = await registry.enterprise(registered_address="西藏自治区拉萨市经济技术开发区林琼岗路5号")
    moved = await registry.enterprise(registered_address="西藏自治区日喀则市桑珠孜区")
    unclear = await registry.enterprise(registered_address="经济技术开发区林琼岗路5号")
    assert [row["address_in_city"] for row in (zone, moved, unclear)] == [True, False, None]
    path = f"{ENTERPRISES}/{unclear['id']}"
    itself = registry.caller("enterprise", org=unclear["code"])
    refused(await itself.patch(path, {"address_in_city": True}, '"1"'), 403, "forbidden")
    assert expect(await registry.officer.patch(path, {"address_in_city": True}, '"1"'), 200)["address_in_city"] is True
    elsewhere = {"registered_address": "四川省成都市武侯区"}
    assert expect(await itself.patch(path, elsewhere, '"2"'), 200)["address_in_city"] is False


async def test_operator_proposes_what_the_enterprise_or_an_officer_confirms(registry: Registry) -> None:
    enterprise = await registry.enterprise(legal_representative_ref="person-1")
    await registry.admitted((await registry.listed())["id"], enterprise["id"])
    path, itself = f"{ENTERPRISES}/{enterprise['id']}", registry.caller("enterprise", org=enterprise["code"])
    for change in ({"legal_representative_ref": "person-2"}, {"name": "新名"}, {"registered_address": "拉萨市城关区"}):
        problem = refused(await registry.operator.patch(path, change, '"1"'), 409, "change-needs-confirmation")
        assert next(iter(change)) in problem["detail"]
    proposal = {"changes": {"name": "拉萨新名科技有限公司", "legal_representative_ref": "person-2"}}
    change = expect(await registry.operator.post(f"{path}/changes", proposal), 201)
    assert expect(await itself.get(path), 200)["name"] == enterprise["name"]
    refused(await registry.operator.post(f"{path}/changes", proposal), 409, "change-already-proposed")
    refused(await registry.stranger.post(f"{path}/changes", proposal), 404, "not-found")
    expect(await itself.post(f"{path}/changes/{change['id']}/confirm"), 200)
    after = expect(await itself.get(path), 200)
    assert (after["name"], after["legal_representative_ref"]) == ("拉萨新名科技有限公司", "person-2")
    refused(await itself.post(f"{path}/changes/{change['id']}/confirm"), 409, "invalid-transition")
    assert (await event_types(registry, enterprise["id"]))[-2:] == ["enterprise.change_proposed", "enterprise.amended"]


async def test_change_of_the_licence_is_an_officers_to_confirm_and_any_can_be_refused(
    registry: Registry,
) -> None:
    enterprise = await registry.enterprise()
    await registry.admitted((await registry.listed())["id"], enterprise["id"])
    path, itself = f"{ENTERPRISES}/{enterprise['id']}", registry.caller("enterprise", org=enterprise["code"])
    proposal = {"changes": {"registered_on": "2019-01-02"}}
    change = expect(await registry.operator.post(f"{path}/changes", proposal), 201)
    refused(await itself.post(f"{path}/changes/{change['id']}/confirm"), 403, "forbidden")
    expect(await registry.officer.post(f"{path}/changes/{change['id']}/confirm"), 200)
    assert expect(await itself.get(path), 200)["registered_on"] == "2019-01-02"
    other = expect(await registry.operator.post(f"{path}/changes", {"changes": {"division": "540103"}}), 201)
    refused(await itself.post(f"{path}/changes/{other['id']}/refuse", {}), 422, "validation-failed")
    expect(await itself.post(f"{path}/changes/{other['id']}/refuse", {"reason_code": "not_so"}), 200)
    assert expect(await itself.get(path), 200)["division"] == "540102"
    items = expect(await registry.operator.get(f"{path}/changes"), 200)["items"]
    assert [item["status"] for item in items] == ["confirmed", "refused"]


async def test_nothing_to_change_is_no_proposal(registry: Registry) -> None:
    enterprise = await registry.enterprise()
    await registry.admitted((await registry.listed())["id"], enterprise["id"])
    path = f"{ENTERPRISES}/{enterprise['id']}/changes"
    refused(await registry.operator.post(path, {"changes": {}}), 422, "validation-failed")
    refused(await registry.operator.post(path, {"changes": {"contact_phone": "1234567"}}), 422, "validation-failed")


async def test_merging_keeps_both_histories_and_the_old_id_points_to_the_survivor(registry: Registry) -> None:
    one, other = await registry.listed(), await registry.listed(operator_code=STRANGER)
    old, survivor = await registry.enterprise(), await registry.enterprise(legal_representative_ref="person-1")
    first = await registry.admitted(one["id"], old["id"])
    gone = await registry.operator.on(date(2019, 7, 1)).post(
        f"/v1/tenancies/{first['id']}/exit", {"reason_code": "moved_out"}
    )
    expect(gone, 200)
    await registry.admitted(other["id"], survivor["id"], on=date(2019, 7, 2))
    officer = registry.officer.on(date(2019, 8, 1))
    old_path, new_path = f"{ENTERPRISES}/{old['id']}", f"{ENTERPRISES}/{survivor['id']}"
    for path in (old_path, new_path):
        expect(await officer.post(f"{path}/growth", YEAR), 200)
    expect(await officer.post(f"{old_path}/technology-flags", FLAG), 201)
    merge = {"into_id": survivor["id"], "document_no": "拉市监更〔2019〕3号"}
    refused(await officer.post(f"{new_path}/merge", merge), 409, "merge-into-itself")
    assert expect(await officer.post(f"{old_path}/merge", merge), 200)["id"] == survivor["id"]

    moved = await officer.get(old_path)
    assert (moved.status_code, moved.headers["Location"]) == (308, new_path)
    assert (await officer.get(f"{old_path}/growth")).headers["Location"] == f"{new_path}/growth"
    assert (await officer.patch(old_path, {"name": "旧"}, '"1"')).status_code == 308
    assert [row["enterprise_id"] for row in expect(await officer.get(f"{new_path}/growth"), 200)["items"]] == [
        old["id"],
        survivor["id"],
    ]
    assert len(expect(await officer.get(f"{new_path}/technology-flags"), 200)["items"]) == 1
    for day, centre in [("2019-06-03", one), ("2019-07-02", other)]:
        found = expect(await officer.get(f"{new_path}/tenancy", on=day), 200)
        assert (found["centre_id"], found["enterprise_id"]) == (centre["id"], survivor["id"])
    assert expect(await officer.get(f"{old_path}/history"), 200)["items"]
    listed = expect(await officer.get(ENTERPRISES), 200)["items"]
    assert [item["id"] for item in listed] == [survivor["id"]]
    assert (await event_types(registry, first["id"]))[-1] == "tenancy.reassigned"
    assert (await event_types(registry, old["id"]))[-1] == "enterprise.merged"
    assert (await event_types(registry, survivor["id"]))[-1] == "enterprise.absorbed"
    refused(await officer.post(f"{old_path}/merge", merge), 308, "enterprise-merged")
    own = registry.caller("enterprise", org=old["code"])
    assert expect(await own.get(new_path), 200)["code"] == survivor["code"]  # signed in with the old code


async def test_records_with_tenancies_on_the_same_day_are_not_merged(registry: Registry) -> None:
    centre, old, survivor = await registry.listed(), await registry.enterprise(), await registry.enterprise()
    for enterprise in (old, survivor):
        await registry.admitted(centre["id"], enterprise["id"])
    merge = {"into_id": survivor["id"], "document_no": "拉市监更〔2019〕3号"}
    path = f"{ENTERPRISES}/{old['id']}"
    refused(await registry.officer.post(f"{path}/merge", merge), 409, "tenancies-overlap-after-merge")
    assert expect(await registry.officer.get(path), 200)["id"] == old["id"]


async def test_admission_by_the_old_code_admits_the_record_that_goes_on(registry: Registry) -> None:
    centre, old, survivor = await registry.listed(), await registry.enterprise(), await registry.enterprise()
    merge = {"into_id": survivor["id"], "document_no": "拉市监更〔2019〕3号"}
    expect(await registry.officer.post(f"{ENTERPRISES}/{old['id']}/merge", merge), 200)
    body = {"centre_id": centre["id"], "enterprise_code": old["code"], "agreement_no": "RZ-2"}
    assert expect(await registry.operator.post("/v1/tenancies", body), 201)["enterprise_id"] == survivor["id"]


async def test_merging_again_keeps_every_old_id_pointing_to_the_last_record(registry: Registry) -> None:
    first, second, third = [await registry.enterprise() for _ in range(3)]
    for old, into in [(first, second), (second, third)]:
        merge = {"into_id": into["id"], "document_no": "拉市监更〔2019〕3号"}
        expect(await registry.officer.post(f"{ENTERPRISES}/{old['id']}/merge", merge), 200)
    for old in (first, second):
        response = await registry.officer.get(f"{ENTERPRISES}/{old['id']}")
        assert response.headers["Location"] == f"{ENTERPRISES}/{third['id']}"
