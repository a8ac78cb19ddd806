"""Who leads an alliance from when on, and talent that members brought in (4.7-1, 4.7-3)."""

from __future__ import annotations

from datetime import date

import pytest

from tests.registry.alliances.support import ALLIANCES, SCI, SPACES, TALENT, firm, lead, school
from tests.registry.around.support import events_of
from tests.registry.support import Json, Registry, expect, refused

pytestmark = pytest.mark.asyncio(loop_scope="session")

BODY = {"name": "拉萨职业联盟理事会", "from_on": "2019-06-01", "document_no": "拉教〔2019〕3号"}


async def alliance(registry: Registry, kind: str = SCI) -> Json:
    found: Json = expect(await registry.public.get(ALLIANCES, kind=kind), 200)["items"][0]
    return found


async def test_two_alliances_are_there_from_the_edition(registry: Registry) -> None:
    shown = expect(await registry.public.get(ALLIANCES), 200)["items"]
    assert [(one["kind"], one["lead_department"], one["lead_body"]) for one in shown] == [
        ("maker_spaces", "industry", None),
        ("sci", "education", "拉萨市第二中等职业技术学校"),
    ]
    assert "proposal" not in shown[0] or shown[0]["proposal"] is None


async def test_another_lead_body_is_named_by_two_people_and_dated(registry: Registry) -> None:
    path = f"{ALLIANCES}/{(await alliance(registry))['id']}"
    refused(await lead(registry, SPACES).post(f"{path}/propose-lead-body", BODY), 403, "forbidden")
    expect(await lead(registry, SCI).post(f"{path}/propose-lead-body", BODY), 200)
    refused(await lead(registry, SCI).post(f"{path}/propose-lead-body", BODY), 409, "invalid-transition")
    assert expect(await registry.public.get(path), 200)["lead_body"] == "拉萨市第二中等职业技术学校"
    both = registry.caller("education_approver", account="account-education_officer")
    refused(await both.post(f"{path}/confirm-lead-body"), 403, "four-eyes-required")
    named = expect(await lead(registry, SCI, "approver").post(f"{path}/confirm-lead-body"), 200)
    assert named["lead_body"] == "拉萨职业联盟理事会"
    before = expect(await registry.public.get(path, as_of="2019-05-31"), 200)
    assert before["lead_body"] == "拉萨市第二中等职业技术学校"
    last = expect(await registry.public.get(path), 200)["lead_bodies"]
    assert [(one["from_on"], one["until_on"]) for one in last] == [("2019-06-01", None), ("2019-01-01", "2019-05-31")]
    refused(await lead(registry, SCI).post(f"{path}/propose-lead-body", BODY), 409, "lead-body-since")


async def test_a_proposal_can_be_refused(registry: Registry) -> None:
    path = f"{ALLIANCES}/{(await alliance(registry))['id']}"
    expect(await lead(registry, SCI).post(f"{path}/propose-lead-body", BODY), 200)
    wait = expect(await registry.auditor.get(path), 200)["proposal"]
    assert wait["name"] == BODY["name"]
    refused_body = {"reason_code": "not_agreed"}
    expect(await lead(registry, SCI, "approver").post(f"{path}/refuse-lead-body", refused_body), 200)
    assert expect(await registry.auditor.get(path), 200)["proposal"] is None
    assert expect(await registry.auditor.get(f"{path}/history"), 200)["items"]


def talent_body(member: Json, host: Json, **changes: object) -> Json:
    return {
        "member_id": member["id"],
        "enterprise_id": host["id"],
        "kind": "technician",
        "industry": "biomedicine",
        "heads": 3,
        "arrived_on": "2019-06-03",
        "document_no": "聘用协议1号",
        **changes,
    }


async def test_talent_counts_once_another_person_has_verified_it(registry: Registry) -> None:
    member, (host, itself) = await school(registry), await firm(registry)
    _, stranger = await firm(registry)
    refused(await stranger.post(TALENT, talent_body(member, host)), 404, "not-found")
    arrival = expect(await itself.post(TALENT, talent_body(member, host)), 201)
    refused(await lead(registry, SCI).post(TALENT, talent_body(member, host)), 409, "talent-entered-already")
    path = f"{TALENT}/{arrival['id']}"
    assert (arrival["province"], arrival["alliance"], arrival["status"]) == ("320000", SCI, "recorded")
    refused(await stranger.get(path), 404, "not-found")
    counts = {"year": "2019", "alliance": SCI}
    assert expect(await registry.auditor.get(f"{TALENT}/counts", **counts), 200)["items"] == []
    refused(await lead(registry, SPACES).post(f"{path}/verify"), 403, "forbidden")
    expect(await lead(registry, SCI).post(f"{path}/verify"), 200)
    assert expect(await registry.auditor.get(f"{TALENT}/counts", **counts), 200)["items"] == [
        {"alliance": SCI, "kind": "technician", "province": "320000", "heads": 3, "records": 1}
    ]
    wrong = {"reason_code": "counted_twice"}
    refused(await lead(registry, SCI).post(f"{path}/reject", wrong), 403, "four-eyes-required")
    assert expect(await lead(registry, SCI, "approver").post(f"{path}/reject", wrong), 200)["status"] == "struck"
    assert expect(await registry.auditor.get(f"{TALENT}/counts", **counts), 200)["items"] == []
    assert len(await events_of(registry, arrival["id"])) == 3


async def test_talent_comes_while_the_school_is_a_member_and_names_nobody(registry: Registry) -> None:
    member, (host, _) = await school(registry), await firm(registry)
    officer = lead(registry, SCI).on(date(2019, 7, 1))
    early = talent_body(member, host, arrived_on="2019-06-02")
    refused(await officer.post(TALENT, early), 409, "talent-outside-membership")
    named = talent_body(member, host, name="扎西")
    refused(await officer.post(TALENT, named), 422, "validation-failed")
    for change in ({"kind": "wizard"}, {"heads": 0}, {"arrived_on": "2019-07-02"}, {"stays_until": "2019-06-01"}):
        refused(await officer.post(TALENT, talent_body(member, host, **change)), 422, "validation-failed")
    same = expect(await officer.post(TALENT, talent_body(member, host)), 201)
    refused(await officer.post(f"{TALENT}/{same['id']}/verify"), 403, "four-eyes-required")
