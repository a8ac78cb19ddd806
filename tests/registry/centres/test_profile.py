"""A centre's profile over HTTP: spaces, ownership, cluster, an enclave's agreement; what a listed centre changes."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import text

from tests.registry.support import ANNOUNCED, Json, Registry, centre_body, expect, refused

pytestmark = pytest.mark.asyncio(loop_scope="session")

SPACES = {"work": "1200.00", "network": "400.00", "social": "300.00", "resource_sharing": "1300.00"}
AGREEMENT = {
    "document_no": "当政发〔2018〕7号",
    "parties": ["当雄县人民政府", "城关区人民政府"],
    "signed_on": "2018-11-20",
}
ENCLAVE = {"owner_division": "540122", "site_division": "540102"}


async def reviewed(registry: Registry, **changes: object) -> str:
    """The path of a centre that waits for its announcement."""
    path = f"/v1/centres/{(await registry.draft(**changes))['id']}"
    day = ANNOUNCED.isoformat()
    expect(await registry.second_officer.post(f"{path}/submit", {"applied_on": day}), 200)
    expect(await registry.officer.post(f"{path}/review", {"reviewed_on": day}), 200)
    return path


async def version_of(registry: Registry, path: str) -> str:
    return f'"{expect(await registry.officer.get(path), 200)["version"]}"'


async def test_the_profile_is_registered_shown_to_everybody_and_told_by_the_event(registry: Registry) -> None:
    told: Json = {
        "spaces": SPACES,
        "online_services": ["云孵化平台", "政策直通车"],
        "ownership_type": "state_owned",
        "cluster_tag": "高原生物",
    }
    centre = await registry.listed(**told)
    public = expect(await registry.public.get(f"/v1/centres/{centre['id']}"), 200)
    assert {name: public[name] for name in told} == told
    async with registry.db.transaction() as session:
        data = await session.scalar(text("SELECT data FROM event_log WHERE type = 'registry.centre.listed.v1'"))
    assert '"resource_sharing":"1300.00"' in data
    for filters in ({"cluster_tag": "高原生物"}, {"ownership_type": "state_owned"}):
        assert len(expect(await registry.public.get("/v1/centres", **filters), 200)["items"]) == 1
    assert expect(await registry.public.get("/v1/centres", ownership_type="private"), 200)["items"] == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"spaces": {**SPACES, "work": "1200.01"}}, "spaces"),
        ({"spaces": {"garden": "10.00"}}, "spaces"),
        ({"spaces": {"work": "0"}}, "spaces.work"),
        ({"ownership_type": "royal"}, "ownership_type"),
        ({"enclave_agreement": {**AGREEMENT, "parties": ["当雄县人民政府"]}}, "enclave_agreement.parties"),
        ({"enclave_agreement": {**AGREEMENT, "signed_on": "2019-06-04"}}, "enclave_agreement.signed_on"),
        ({"enclave_agreement": {**AGREEMENT, "valid_until": "2018-11-19"}}, "enclave_agreement.valid_until"),
    ],
)
async def test_a_wrong_profile_names_the_field(registry: Registry, changes: Json, field: str) -> None:
    problem = refused(await registry.operator.post("/v1/centres", centre_body(**changes)), 422, "validation-failed")
    assert [error["field"] for error in problem["errors"]] == [field]


async def test_spaces_together_fill_the_house_but_no_more(registry: Registry) -> None:
    centre = await registry.draft(spaces=SPACES)
    path = f"/v1/centres/{centre['id']}"
    problem = await registry.operator.patch(path, {"total_area_m2": "3199.99"}, '"1"')
    assert [error["field"] for error in refused(problem, 422, "validation-failed")["errors"]] == ["spaces"]
    with pytest.raises(Exception, match="ck_centre_spaces_within_total"):
        async with registry.db.transaction() as session:
            await session.execute(text("UPDATE centre SET total_area_m2 = 3199.99"))


async def test_an_enclave_is_announced_and_listed_with_its_agreement_only(registry: Registry) -> None:
    path = await reviewed(registry, **ENCLAVE)
    started = {"starts_on": ANNOUNCED.isoformat()}
    problem = refused(await registry.officer.post(f"{path}/announce", started), 409, "enclave-agreement-missing")
    assert problem["clauses"] == ["1.2-6"]
    tag = await version_of(registry, path)
    refused(await registry.operator.patch(path, {"enclave_agreement": AGREEMENT}, tag), 403, "forbidden")
    refused(await registry.officer.patch(path, {"name": "新名"}, tag), 409, "invalid-transition")
    expect(await registry.officer.patch(path, {"enclave_agreement": AGREEMENT}, tag), 200)
    expect(await registry.officer.post(f"{path}/announce", started), 200)
    listed = expect(await registry.approver.post(f"{path}/list", {"document_no": "拉科发〔2019〕12号"}), 200)
    assert listed["enclave_agreement"]["document_no"] == AGREEMENT["document_no"]
    with pytest.raises(Exception, match="ck_centre_enclave_by_agreement"):
        async with registry.db.transaction() as session:
            await session.execute(text("UPDATE centre SET enclave_agreement = NULL"))


async def test_an_agreement_that_ended_before_the_listing_does_not_count(registry: Registry) -> None:
    ended = {**AGREEMENT, "valid_until": "2019-05-31"}
    path = await reviewed(registry, **ENCLAVE, enclave_agreement=ended)
    expect(await registry.officer.post(f"{path}/announce", {"starts_on": ANNOUNCED.isoformat()}), 200)
    document = {"document_no": "拉科发〔2019〕12号"}
    refused(await registry.approver.post(f"{path}/list", document), 409, "enclave-agreement-not-running")
    renewed = {"enclave_agreement": {**AGREEMENT, "valid_until": "2021-11-19"}}
    expect(await registry.officer.patch(path, renewed, await version_of(registry, path)), 200)
    expect(await registry.approver.post(f"{path}/list", document), 200)


async def test_a_listed_centre_changes_what_describes_it_and_nothing_else(registry: Registry) -> None:
    path = f"/v1/centres/{(await registry.listed())['id']}"
    live = {"spaces": SPACES, "online_services": ["云孵化平台"], "cluster_tag": "唐卡", "ownership_type": "private"}
    changed = expect(await registry.operator.patch(path, live, await version_of(registry, path)), 200)
    assert {name: changed[name] for name in live} == live
    tag = await version_of(registry, path)
    for change in ({"name": "新名"}, {"total_area_m2": "9000.00"}, {**live, "owner_division": "540103"}):
        refused(await registry.officer.patch(path, change, tag), 409, "invalid-transition")
    refused(await registry.operator.patch(path, {"enclave_agreement": AGREEMENT}, tag), 403, "forbidden")


async def test_a_withdrawn_centre_changes_nothing_any_more(registry: Registry) -> None:
    path = f"/v1/centres/{(await registry.listed())['id']}"
    expect(await registry.operator.post(f"{path}/request-withdrawal", {"reason_code": "merged"}), 200)
    expect(await registry.approver.post(f"{path}/withdraw", {"document_no": "拉科发〔2019〕31号"}), 200)
    tag = await version_of(registry, path)
    refused(await registry.officer.patch(path, {"cluster_tag": "唐卡"}, tag), 409, "invalid-transition")


async def test_a_centre_listed_before_notices_were_kept_keeps_its_place(registry: Registry) -> None:
    path = f"/v1/centres/{(await registry.listed())['id']}"
    async with registry.db.transaction() as session:
        await session.execute(
            text("UPDATE centre SET migrated = true, announced_by = NULL, announced_on = NULL, notice_until = NULL")
        )
    read = expect(await registry.officer.on(date(2019, 7, 1)).get(path), 200)
    assert (read["status"], read["migrated"], read["announced_on"]) == ("listed", True, None)
