"""Titles over HTTP once they are granted: levels, terms, suspensions, renewals, plaques (2.1-0, 2.3-5)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date

import pytest
import pytest_asyncio
from sqlalchemy import text

from services.registry.consumers import carry_out_decided
from services.registry.main import build
from tests.registry.conftest import running, settings_for
from tests.registry.support import ANNOUNCED, Json, Registry, decided, expect, refused
from tests.registry.test_title_rules import YEARLY
from tests.support.tokens import Keys

pytestmark = pytest.mark.asyncio(loop_scope="session")

APPLICATIONS = "/v1/qualification-applications"
TITLES = "/v1/qualifications"
GRANT = {"document_no": "拉科发〔2021〕20号"}
REASON, RECTIFIED, LOST = ({"reason_code": code} for code in ("inspection", "rectified", "conditions_lost"))
GRANTED_ON, LAST_DAY, DAY_AFTER = date(2021, 6, 1), date(2022, 6, 1), date(2022, 6, 2)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def running_yearly(
    database_url: str, keys: Keys, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Registry]:
    folder = tmp_path_factory.mktemp("policy")
    (folder / "yearly.toml").write_text(YEARLY.format(id="yearly"), encoding="utf-8")
    async with running(build(settings_for(database_url, keys, folder)), keys) as started:
        yield started


@pytest.fixture
def yearly(running_yearly: Registry, emptied: None) -> Registry:
    """With an edition from 2021 on whose municipal titles run for a year."""
    return running_yearly


async def yearly_title(registry: Registry, centre: Json, kind: str = "maker_space") -> str:
    """The id of a title from `GRANTED_ON` through `LAST_DAY`."""
    early = date(2021, 5, 20)
    body = {"centre_id": centre["id"], "kind": kind}
    path = f"{APPLICATIONS}/{expect(await registry.operator.on(early).post(APPLICATIONS, body), 201)['id']}"
    for step in ("review", "announce"):
        expect(await registry.officer.on(early).post(f"{path}/{step}"), 200)
    granted = expect(await registry.approver.on(GRANTED_ON).post(f"{path}/grant", GRANT), 200)
    assert (granted["edition"], granted["expires_on"]) == ("yearly", LAST_DAY.isoformat())
    return str(granted["id"])


async def status(registry: Registry, title: str, day: date) -> str:
    return str(expect(await registry.public.on(day).get(f"{TITLES}/{title}"), 200)["status"])


async def test_titles_of_one_kind_at_three_levels_stand_beside_each_other(registry: Registry) -> None:
    centre = await registry.listed()
    for level in ("municipal", "regional", "national"):
        title = await registry.granted(centre["id"], level=level)
        assert (title["level"], title["plaque_no"] is None) == (level, level != "municipal")
    items = expect(await registry.public.get(TITLES, centre_id=centre["id"], level="regional"), 200)["items"]
    assert [item["issuer"] for item in items] == ["西藏自治区科技厅"]
    body = {"centre_id": centre["id"], "kind": "maker_space", "level": "regional"}
    refused(await registry.operator.post(APPLICATIONS, body), 409, "title-already-held")
    refused(await registry.operator.post(APPLICATIONS, {**body, "level": "galactic"}), 422, "validation-failed")


async def test_regional_grant_names_its_issuer(registry: Registry) -> None:
    centre = await registry.listed()
    title = await registry.grantable(centre["id"], level="regional")
    path = f"{APPLICATIONS}/{title['id']}/grant"
    refused(await registry.approver.post(path, GRANT), 409, "title-issuer-missing")
    other = await registry.grantable(centre["id"], "tech_incubator")
    answer = await registry.approver.post(f"{APPLICATIONS}/{other['id']}/grant", {**GRANT, "issuer": "科技部"})
    refused(answer, 409, "title-issuer-not-needed")


async def test_ban_bars_municipal_titles_only(registry_after_2020: Registry) -> None:
    registry = registry_after_2020
    other = await registry.listed(name="同一运营方的另一中心")
    fallen = await registry.listed()
    async with registry.db.transaction() as session:
        await carry_out_decided(session, [decided(fallen["id"], on=date(2021, 3, 1))])
    operator = registry.operator.on(date(2021, 3, 1))
    body = {"centre_id": other["id"], "kind": "maker_space"}
    refused(await operator.post(APPLICATIONS, body), 409, "carrier-ban-in-force")
    expect(await operator.post(APPLICATIONS, {**body, "level": "regional"}), 201)


async def test_announced_application_is_open_to_objections_and_withdrawn_by_its_applicant(registry: Registry) -> None:
    centre = await registry.listed()
    path = f"{APPLICATIONS}/{(await registry.grantable(centre['id']))['id']}"
    notice = expect(await registry.public.get(f"{path}/notice"), 200)
    assert (notice["starts_on"], notice["announced"]) == (ANNOUNCED.isoformat(), True)
    assert expect(await registry.operator.post(f"{path}/withdraw"), 200)["status"] == "withdrawn"
    refused(await registry.approver.post(f"{path}/grant", GRANT), 409, "invalid-transition")


async def test_title_is_suspended_and_resumed_by_two_people(registry: Registry) -> None:
    centre = await registry.listed()
    path = f"{TITLES}/{(await registry.granted(centre['id']))['id']}"
    refused(await registry.approver.post(f"{path}/suspend", GRANT), 409, "measure-not-proposed")
    both = registry.caller("science_officer", "science_approver", account="one-person")
    expect(await both.post(f"{path}/propose-suspension", REASON), 200)
    refused(await registry.officer.post(f"{path}/propose-suspension", REASON), 409, "measure-pending")
    refused(await both.post(f"{path}/suspend", GRANT), 403, "four-eyes-required")
    assert expect(await registry.approver.post(f"{path}/suspend", GRANT), 200)["status"] == "suspended"
    body = {"centre_id": centre["id"], "kind": "maker_space"}
    refused(await registry.operator.post(APPLICATIONS, body), 409, "title-already-held")
    refused(await registry.officer.post(f"{path}/propose-suspension", REASON), 409, "invalid-transition")
    expect(await registry.officer.post(f"{path}/propose-resumption", RECTIFIED), 200)
    decline = f"{path}/measures/resumption/decline"
    expect(await registry.approver.post(decline, {"reason_code": "too_early"}), 200)
    refused(await registry.approver.post(f"{path}/resume", GRANT), 409, "measure-not-proposed")
    expect(await registry.officer.post(f"{path}/propose-resumption", RECTIFIED), 200)
    assert expect(await registry.approver.post(f"{path}/resume", GRANT), 200)["status"] == "active"
    measures = expect(await registry.operator.get(f"{path}/measures"), 200)["items"]
    assert [(measure["kind"], measure["status"]) for measure in measures] == [
        ("suspension", "decided"),
        ("resumption", "declined"),
        ("resumption", "decided"),
    ]
    refused(await registry.stranger.get(f"{path}/measures"), 404, "not-found")


async def test_expired_title_is_no_longer_active_the_day_after_and_makes_room(yearly: Registry) -> None:
    registry = yearly
    centre = await registry.listed()
    title = await yearly_title(registry, centre)
    assert (await status(registry, title, LAST_DAY), await status(registry, title, DAY_AFTER)) == ("active", "expired")
    for day, state, found in [(LAST_DAY, "active", 1), (DAY_AFTER, "active", 0), (DAY_AFTER, "expired", 1)]:
        items = expect(await registry.public.on(day).get(TITLES, status=state), 200)["items"]
        assert len(items) == found, (day, state)
    assert len(expect(await registry.public.on(DAY_AFTER).get(TITLES, on=LAST_DAY), 200)["items"]) == 1
    assert expect(await registry.public.on(DAY_AFTER).get(TITLES, on=DAY_AFTER), 200)["items"] == []
    body = {"centre_id": centre["id"], "kind": "maker_space"}
    refused(await registry.operator.on(LAST_DAY).post(APPLICATIONS, body), 409, "title-already-held")
    path = f"{APPLICATIONS}/{expect(await registry.operator.on(DAY_AFTER).post(APPLICATIONS, body), 201)['id']}"
    for step in ("review", "announce"):
        expect(await registry.officer.on(DAY_AFTER).post(f"{path}/{step}"), 200)
    expect(await registry.approver.on(date(2022, 6, 20)).post(f"{path}/grant", GRANT), 200)
    async with registry.db.transaction() as session:
        stored = await session.scalar(text("SELECT status FROM qualification WHERE id = :id"), {"id": title})
    assert stored == "expired"


async def test_running_out_is_recorded_once_with_its_day(yearly: Registry) -> None:
    registry = yearly
    title = await yearly_title(registry, await registry.listed())
    assert expect(await registry.officer.on(LAST_DAY).post(f"{TITLES}/expire"), 200)["expired"] == 0
    later = registry.officer.on(date(2022, 7, 1))
    assert expect(await later.post(f"{TITLES}/expire"), 200)["qualification_ids"] == [title]
    assert expect(await later.post(f"{TITLES}/expire"), 200)["expired"] == 0
    async with registry.db.transaction() as session:
        query = text("SELECT effective_on FROM event_log WHERE type = 'registry.qualification.expired.v1'")
        assert list(await session.scalars(query)) == [DAY_AFTER]


async def test_renewal_runs_on_from_the_last_day_by_two_people(yearly: Registry) -> None:
    registry = yearly
    path = f"{TITLES}/{await yearly_title(registry, await registry.listed())}"
    early, opens = date(2022, 3, 2), date(2022, 3, 3)
    refused(await registry.operator.on(early).post(f"{path}/propose-renewal"), 409, "title-not-renewable")
    expect(await registry.operator.on(opens).post(f"{path}/propose-renewal"), 200)
    refused(await registry.approver.on(DAY_AFTER).post(f"{path}/renew", GRANT), 409, "invalid-transition")
    renewed = expect(await registry.approver.on(LAST_DAY).post(f"{path}/renew", GRANT), 200)
    assert (renewed["status"], renewed["expires_on"]) == ("active", "2023-06-01")


async def test_title_without_a_term_is_not_renewed(registry: Registry) -> None:
    path = f"{TITLES}/{(await registry.granted((await registry.listed())['id']))['id']}"
    refused(await registry.operator.post(f"{path}/propose-renewal"), 409, "title-not-renewable")


async def test_plaque_of_a_revoked_title_is_due_overdue_and_returned_once(registry: Registry) -> None:
    title = await registry.granted((await registry.listed())["id"])
    path = f"{TITLES}/{title['id']}"
    assert title["plaque_no"] == "PL-2019-0001"
    refused(await registry.officer.post(f"{path}/return-plaque"), 409, "invalid-transition")
    expect(await registry.officer.post(f"{path}/propose-revocation", LOST), 200)
    revoked = expect(await registry.approver.post(f"{path}/revoke", GRANT), 200)
    assert revoked["plaque_due_on"] == "2019-06-18"
    for day, found in [(date(2019, 6, 18), 0), (date(2019, 6, 19), 1)]:
        items = expect(await registry.officer.on(day).get(TITLES, plaque_overdue="true"), 200)["items"]
        assert len(items) == found, day
    officer = registry.officer.on(date(2019, 7, 1))
    returned = expect(await officer.post(f"{path}/return-plaque", {"returned_on": "2019-06-28"}), 200)
    assert returned["plaque_returned_on"] == "2019-06-28"
    refused(await officer.post(f"{path}/return-plaque"), 409, "plaque-not-out")
    assert expect(await officer.get(TITLES, plaque_overdue="true"), 200)["items"] == []
    refused(await registry.operator.post(f"{path}/return-plaque"), 403, "forbidden")


async def test_delisting_calls_plaques_back_and_suspended_titles_fall_too(registry: Registry) -> None:
    centre = await registry.listed()
    titles = [await registry.granted(centre["id"], kind) for kind in ("maker_space", "tech_incubator")]
    path = f"{TITLES}/{titles[0]['id']}"
    expect(await registry.officer.post(f"{path}/propose-suspension", REASON), 200)
    expect(await registry.approver.post(f"{path}/suspend", GRANT), 200)
    async with registry.db.transaction() as session:
        await carry_out_decided(session, [decided(centre["id"], on=date(2021, 3, 1))])
    overdue = registry.officer.on(date(2021, 3, 16))
    items = expect(await overdue.get(TITLES, plaque_overdue="true"), 200)["items"]
    assert {(item["status"], item["plaque_due_on"]) for item in items} == {("revoked", "2021-03-15")}
    assert len(items) == 2


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("status = 'expired'", "ck_qualification_expired_on_a_day"),
        ("expires_on = granted_on", "ck_qualification_term_forward"),
        ("plaque_due_on = '2030-01-01'", "ck_qualification_plaque_due_once_ended"),
        ("plaque_returned_on = '2030-01-01'", "ck_qualification_plaque_return"),
        ("decided_by = announced_by", "ck_qualification_announced_by_another"),
    ],
)
async def test_the_database_backs_terms_and_plaques(registry: Registry, change: str, constraint: str) -> None:
    title = await registry.granted((await registry.listed())["id"])
    with pytest.raises(Exception, match=constraint):
        async with registry.db.transaction() as session:
            await session.execute(text(f"UPDATE qualification SET {change} WHERE id = :id"), {"id": title["id"]})
