"""Carriers, their dated links to centres, and an enterprise's stages along them (1.1-2); notices upward (2.3-5)."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest

from services.registry.consumers import carry_out_decided, confirm_reminded
from tests.registry.support import STRANGER, Json, Registry, decided, expect, refused, reminded

pytestmark = pytest.mark.asyncio(loop_scope="session")

NOTICES = "/v1/qualifications/upward-notices"
MAKER_SPACE = {"kind": "maker_space", "name": "河谷众创空间", "division": "540102"}


async def linked(registry: Registry, centre: Json, **changes: object) -> Json:
    body = {"carrier": MAKER_SPACE, "linked_on": "2019-03-01", "agreement_no": "衔接1号", **changes}
    return expect(await registry.operator.post(f"/v1/centres/{centre['id']}/carriers", body), 201)


async def test_centres_and_carriers_are_linked_many_to_many_and_dated(registry: Registry) -> None:
    one, other = await registry.listed(), await registry.listed(operator_code=STRANGER)
    link = await linked(registry, one)
    incubator = {**MAKER_SPACE, "kind": "incubator", "name": "高原孵化器"}
    await linked(registry, one, carrier=incubator, linked_on="2019-05-01")
    again = {"carrier_id": link["carrier"]["id"], "linked_on": "2019-03-01"}
    expect(await registry.stranger.post(f"/v1/centres/{other['id']}/carriers", again), 201)
    path = f"/v1/centres/{one['id']}/carriers"
    end = {"ended_on": "2019-05-31", "reason_code": "agreement_ended"}
    expect(await registry.operator.post(f"{path}/{link['id']}/end", end), 200)
    refused(await registry.operator.post(f"{path}/{link['id']}/end", end), 409, "invalid-transition")
    for params, names in [
        ({}, ["河谷众创空间", "高原孵化器"]),
        ({"on": "2019-04-30"}, ["河谷众创空间"]),
        ({"on": "2019-05-31"}, ["河谷众创空间", "高原孵化器"]),
        ({"on": "2019-06-01"}, ["高原孵化器"]),
        ({"kind": "incubator"}, ["高原孵化器"]),
    ]:
        items = expect(await registry.public.get(path, **params), 200)["items"]
        assert [item["carrier"]["name"] for item in items] == names, params
    expect(await registry.operator.post(path, {**again, "linked_on": "2019-06-01"}), 201)


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"carrier": {**MAKER_SPACE, "kind": "palace"}}, 422, "validation-failed"),
        ({"carrier": {**MAKER_SPACE, "division": "110000"}}, 422, "validation-failed"),
        ({"carrier": None}, 422, "validation-failed"),
        ({"linked_on": "2019-06-04"}, 422, "validation-failed"),
        ({"carrier": None, "carrier_id": str(uuid4())}, 404, "not-found"),
        ({}, 409, "carrier-registered-already"),
    ],
)
async def test_links_name_one_known_carrier(registry: Registry, change: Json, status: int, code: str) -> None:
    centre = await registry.listed()
    link = await linked(registry, centre)
    path = f"/v1/centres/{centre['id']}/carriers"
    body = {"carrier": MAKER_SPACE, "linked_on": "2019-03-01", **change}
    refused(await registry.operator.post(path, body), status, code)
    overlap = {"carrier_id": link["carrier"]["id"], "linked_on": "2019-04-01"}
    refused(await registry.operator.post(path, overlap), 409, "carrier-linked-already")


async def test_operator_links_its_own_centres_only(registry: Registry) -> None:
    path = f"/v1/centres/{(await registry.listed())['id']}/carriers"
    body = {"carrier": MAKER_SPACE, "linked_on": "2019-03-01"}
    refused(await registry.stranger.post(path, body), 404, "not-found")
    refused(await registry.public.post(path, body), 401, "unauthenticated")


async def test_enterprise_is_traced_across_its_stages(registry: Registry) -> None:
    centre, enterprise = await registry.listed(), await registry.enterprise()
    carrier = (await linked(registry, centre))["carrier"]
    tenancy = await registry.admitted(centre["id"], enterprise["id"])
    path = f"/v1/enterprises/{enterprise['id']}/stages"
    stay = {"carrier_id": carrier["id"], "began_on": "2019-01-10", "evidence": "入驻协议 M-7"}
    stage = expect(await registry.operator.post(path, stay), 201)
    refused(await registry.operator.post(path, {**stay, "began_on": "2019-02-01"}), 409, "stay-overlaps")
    expect(await registry.operator.post(f"{path}/{stage['id']}/end", {"ended_on": "2019-06-02"}), 200)
    firm = registry.caller("enterprise", org=enterprise["code"])
    items = expect(await firm.get(path), 200)["items"]
    assert [(item["stage"], item["id"], item["began_on"], item["ended_on"]) for item in items] == [
        ("maker_space", stage["id"], "2019-01-10", "2019-06-02"),
        ("centre", tenancy["id"], "2019-06-03", None),
    ]
    for day, found in [("2019-01-09", []), ("2019-06-02", ["maker_space"]), ("2019-06-03", ["centre"])]:
        on_the_day = expect(await registry.auditor.get(path, on=day), 200)["items"]
        assert [item["stage"] for item in on_the_day] == found, day
    refused(await registry.stranger.get(path), 404, "not-found")
    refused(await registry.stranger.post(path, stay), 404, "not-found")


async def test_operator_ends_no_stay_at_a_carrier_that_another_is_linked_to(registry: Registry) -> None:
    host, other = await registry.listed(), await registry.listed(operator_code=STRANGER)
    enterprise = await registry.enterprise()
    link = await linked(registry, host)
    await registry.admitted(other["id"], enterprise["id"])
    path = f"/v1/enterprises/{enterprise['id']}/stages"
    stay = {"carrier_id": link["carrier"]["id"], "began_on": "2019-01-10", "evidence": "入驻协议 M-7"}
    stage = expect(await registry.officer.post(path, stay), 201)
    expect(await registry.stranger.get(path), 200)
    end, last = f"{path}/{stage['id']}/end", {"ended_on": "2019-06-02"}
    refused(await registry.stranger.post(end, last), 404, "not-found")
    expect(await registry.officer.post(end, last), 200)


async def test_operator_records_and_ends_stays_while_the_link_lasts(registry: Registry) -> None:
    centre, enterprise = await registry.listed(), await registry.enterprise()
    link = await linked(registry, centre)
    await registry.admitted(centre["id"], enterprise["id"])
    path = f"/v1/enterprises/{enterprise['id']}/stages"
    stay = {"carrier_id": link["carrier"]["id"], "began_on": "2019-01-10", "evidence": "入驻协议 M-7"}
    stage = expect(await registry.operator.post(path, stay), 201)
    over = {"ended_on": "2019-06-03", "reason_code": "agreement_ended"}
    expect(await registry.operator.post(f"/v1/centres/{centre['id']}/carriers/{link['id']}/end", over), 200)
    end, later = f"{path}/{stage['id']}/end", date(2019, 6, 4)
    refused(await registry.operator.on(later).post(end, {"ended_on": "2019-06-02"}), 404, "not-found")
    refused(await registry.operator.on(later).post(path, {**stay, "began_on": "2019-06-04"}), 404, "not-found")
    expect(await registry.operator.post(end, {"ended_on": "2019-06-02"}), 200)  # on the link's last day


async def test_delisting_writes_a_notice_upward_for_what_the_city_cannot_take_away(registry: Registry) -> None:
    centre, other = await registry.listed(), await registry.listed(operator_code=STRANGER)
    regional = await registry.granted(centre["id"], "tech_incubator", "regional")
    await registry.granted(centre["id"])
    await registry.granted(other["id"], "tech_incubator", "regional")
    national = {"issuer": "国家发展改革委", "document_no": "发改〔2018〕1号", "designated_on": "2018-11-20"}
    path = f"/v1/centres/{centre['id']}/designations"
    designation = expect(await registry.officer.post(path, national), 201)
    confirm = f"{path}/{designation['id']}/confirm"
    expect(await registry.approver.on(date(2019, 6, 12)).post(confirm), 200)
    case = uuid4()
    async with registry.db.transaction() as session:
        await carry_out_decided(session, [decided(centre["id"], on=date(2021, 3, 1), case_id=case)])
    officer = registry.officer.on(date(2021, 3, 2))
    due = expect(await officer.get(NOTICES, status="due", case_id=case), 200)["items"]
    assert {(notice["subject_kind"], notice["subject_id"], notice["level"]) for notice in due} == {
        ("qualification", regional["id"], "regional"),
        ("designation", designation["id"], "national"),
    }
    assert {notice["due_from"] for notice in due} == {"2021-03-01"}
    async with registry.db.transaction() as session:
        await confirm_reminded(session, [reminded(centre["id"], on=date(2021, 3, 1), case_id=case)])
    assert len(expect(await officer.get(NOTICES), 200)["items"]) == 2
    shown = expect(await registry.public.get(f"/v1/qualifications/{regional['id']}"), 200)
    assert (shown["status"], shown["case_id"]) == ("active", None)


async def test_notice_upward_is_sent_once_with_its_number(registry: Registry) -> None:
    centre = await registry.listed()
    await registry.granted(centre["id"], "tech_incubator", "regional")
    async with registry.db.transaction() as session:
        await carry_out_decided(session, [decided(centre["id"], on=date(2021, 3, 1))])
    officer = registry.officer.on(date(2021, 3, 5))
    [notice] = expect(await officer.get(NOTICES), 200)["items"]
    send = f"{NOTICES}/{notice['id']}/send"
    body = {"addressee": "西藏自治区科技厅", "document_no": "拉科函〔2021〕3号"}
    refused(await officer.post(send, {**body, "sent_on": "2021-02-28"}), 409, "step-before-its-cause")
    refused(await registry.operator.post(send, body), 403, "forbidden")
    sent = expect(await officer.post(send, body), 200)
    assert (sent["status"], sent["sent_on"], sent["document_no"]) == ("sent", "2021-03-05", "拉科函〔2021〕3号")
    refused(await officer.post(send, body), 409, "invalid-transition")
    assert expect(await registry.operator.get(f"{NOTICES}/{notice['id']}"), 200)["status"] == "sent"
    refused(await registry.stranger.get(f"{NOTICES}/{notice['id']}"), 404, "not-found")
