"""Results and what became of the winners; a person is named only with its consent (4.5-3)."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from services.registry.activities.winners.models import ActivityWinner
from services.registry.activities.winners.personal_data import consent_withdrawn, erase_person
from services.registry.documents.models import Document
from services.registry.personal_data.hooks import PendingFiles
from services.registry.persons.models import Consent
from services.registry.remarks.models import CaseRemark
from shared.events.outbox import EventContext
from shared.kernel_tables import event_log
from tests.registry.activities.support import (
    ACTIVITIES,
    AFTER,
    PDF,
    WINNERS,
    events_of,
    held,
    photographed,
    planned,
    verified,
)
from tests.registry.support import Caller, Json, Registry, expect, refused
from tests.registry.tenants.support import project_body

pytestmark = pytest.mark.asyncio(loop_scope="session")

CONTEXT = EventContext(actor="system", effective_on=AFTER, correlation_id="test", causation_id=None, simulated=True)
AGREED = {"given_on": "2019-06-04", "channel": "paper", "document_no": "同意书1号", "show_name": True}


def result(activity: Json, **changes: object) -> Json:
    return {"activity_id": activity["id"], "rank": 1, "award": "一等奖", "prize": "50000.00", **changes}


async def project(registry: Registry) -> Json:
    return expect(await registry.operator.post("/v1/projects", project_body()), 201)


async def won(registry: Registry, activity: Json | None = None, **changes: object) -> Json:
    """A project's first prize, entered by the operator."""
    activity = activity or await held(registry)
    if not {"project_id", "enterprise_id", "person"} & set(changes):
        changes["project_id"] = (await project(registry))["id"]
    return expect(await registry.operator.on(AFTER).post(WINNERS, result(activity, **changes)), 201)


async def person_won(registry: Registry, activity: Json | None = None, **changes: object) -> Json:
    """A person's, entered by a bureau, which may name somebody without a number."""
    activity = activity or await held(registry)
    body = result(activity, person={"name": "旺堆"}, consent=AGREED, **changes)
    return expect(await registry.officer.on(AFTER).post(WINNERS, body), 201)


async def test_a_result_is_entered_once_it_was_held(registry: Registry) -> None:
    centre = await registry.listed()
    team = await project(registry)
    early = await planned(registry, centre=centre)
    body = result(early, project_id=team["id"])
    refused(await registry.operator.post(WINNERS, body), 409, "invalid-transition")
    activity = await held(registry, centre=centre)
    winner = await won(registry, activity, project_id=team["id"])
    assert (winner["name"], winner["prize"], winner["status"]) == (team["name"], "50000.00", "open")
    assert winner["next_due_on"] == "2019-09-03"
    again = await registry.operator.post(WINNERS, result(activity, project_id=team["id"]))
    refused(again, 409, "winner-known")
    refused(await registry.stranger.post(WINNERS, result(activity, project_id=team["id"])), 404, "not-found")
    refused(await registry.stranger.get(f"{WINNERS}/{winner['id']}"), 404, "not-found")
    refused(await registry.stranger.post(f"{WINNERS}/{winner['id']}/follow-up", {"kind": "visit"}), 404, "not-found")
    assert expect(await registry.stranger.get(WINNERS), 200)["items"] == []


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"project_id": "0190a000-0000-7000-8000-000000000009", "enterprise_id": "0190a000-0000-7000-8000-000000000009"},
        {"person": {"name": "旺堆"}},
        {"project_id": "0190a000-0000-7000-8000-000000000009", "consent": AGREED},
        {"person": {"name": "旺堆"}, "consent": {**AGREED, "document_no": None}},
        {"person": {"name": "旺堆"}, "consent": {**AGREED, "channel": "telepathy"}},
        {"person": {"name": "旺堆"}, "consent": {**AGREED, "given_on": "2019-06-05"}},
        {"project_id": "0190a000-0000-7000-8000-000000000009", "rank": 0},
    ],
    ids=["nobody", "two", "no_consent", "consent_of_a_project", "no_paper", "channel", "tomorrow", "rank"],
)
async def test_a_winner_is_one_party_and_a_person_agreed(registry: Registry, changes: dict[str, object]) -> None:
    activity = await held(registry)
    answer = await registry.officer.on(AFTER).post(WINNERS, result(activity, **changes))
    refused(answer, 422, "validation-failed")


async def test_an_unknown_project_or_enterprise_did_not_win(registry: Registry) -> None:
    activity = await held(registry)
    for party in ("project_id", "enterprise_id"):
        body = result(activity, **{party: "0190a000-0000-7000-8000-000000000009"})
        refused(await registry.operator.post(WINNERS, body), 404, "not-found")


async def test_everybody_reads_the_results_and_only_names_that_were_agreed_to(registry: Registry) -> None:
    activity = await verified(registry)
    team = await won(registry, activity)
    await person_won(registry, activity, rank=2)
    hidden = {**AGREED, "show_name": False, "document_no": "同意书2号"}
    body = result(activity, person={"name": "德吉"}, consent=hidden, rank=3)
    quiet = expect(await registry.officer.on(AFTER).post(WINNERS, body), 201)
    assert quiet["name"] is None
    results = expect(await registry.public.get(f"{ACTIVITIES}/{activity['id']}/results"), 200)["items"]
    assert [(item["rank"], item["party"]) for item in results] == [(1, "project"), (2, "person"), (3, "person")]
    day = registry.caller("public", account="anonymous", today=AFTER)
    named = expect(await day.get(f"{ACTIVITIES}/{activity['id']}/results"), 200)["items"]
    assert [item["name"] for item in named] == [team["name"], "旺堆", None]


async def test_results_of_what_is_not_public_are_not_there(registry: Registry) -> None:
    activity = await held(registry, on_calendar=False)
    refused(await registry.public.get(f"{ACTIVITIES}/{activity['id']}/results"), 404, "not-found")


async def test_events_of_a_winner_carry_no_name(registry: Registry) -> None:
    winner = await person_won(registry)
    async with registry.db.transaction() as session:
        texts = (await session.scalars(select(event_log.c.data))).all()
    assert not any("旺堆" in str(text) for text in texts)
    assert any(str(winner["person_ref"]) in str(text) for text in texts)


async def test_follow_ups_move_the_day_and_end_with_the_term(registry: Registry) -> None:
    winner = await won(registry)
    path, operator = f"{WINNERS}/{winner['id']}/follow-up", registry.operator
    refused(await operator.on(AFTER).post(path, {"kind": "financing"}), 422, "validation-failed")
    refused(await operator.on(AFTER).post(path, {"kind": "landing"}), 422, "validation-failed")
    refused(await operator.on(AFTER).post(path, {"kind": "gossip"}), 422, "validation-failed")
    money = {"kind": "financing", "amount": "1500000.00", "document_no": "投资协议7号", "remark": "天使轮"}
    first = expect(await operator.on(date(2019, 9, 3)).post(path, money), 200)
    assert first["next_due_on"] == "2020-03-03"
    late = expect(
        await registry.officer.on(date(2019, 9, 9)).post(path, {"kind": "visit", "followed_on": "2019-07-01"}), 200
    )
    assert late["next_due_on"] == "2020-03-03"
    centre = (await registry.listed())["id"]
    last = expect(await operator.on(date(2021, 2, 1)).post(path, {"kind": "landing", "centre_id": centre}), 200)
    assert (last["status"], last["next_due_on"], last["ended_on"]) == ("completed", None, "2021-02-01")
    assert [entry["kind"] for entry in last["follow_ups"]] == ["visit", "financing", "landing"]
    refused(await operator.on(date(2021, 2, 2)).post(path, {"kind": "visit"}), 409, "invalid-transition")
    history = expect(await operator.get(f"{WINNERS}/{winner['id']}/history"), 200)["items"]
    assert [entry["type"].split(".")[2] for entry in history] == ["entered", *["followed_up"] * 3]


async def test_the_list_of_those_that_are_due(registry: Registry) -> None:
    winner = await won(registry)
    before, day = registry.auditor.on(date(2019, 9, 2)), registry.auditor.on(date(2019, 9, 3))
    assert expect(await before.get(WINNERS, due="true"), 200)["items"] == []
    assert [item["id"] for item in expect(await day.get(WINNERS, due="true"), 200)["items"]] == [winner["id"]]
    assert expect(await day.get(WINNERS, due="false"), 200)["items"] == []
    path = f"{WINNERS}/{winner['id']}/give-up"
    refused(await registry.operator.post(path, {"reason_code": "boredom"}), 422, "validation-failed")
    gone = expect(await registry.operator.on(AFTER).post(path, {"reason_code": "team_parted"}), 200)
    assert (gone["status"], gone["reason_code"], gone["next_due_on"]) == ("given_up", "team_parted", None)
    assert expect(await day.get(WINNERS, due="true"), 200)["items"] == []


async def test_a_result_that_was_taken_out_is_gone_from_the_public_and_may_be_entered_anew(registry: Registry) -> None:
    activity = await held(registry)
    winner = await won(registry, activity)
    path = f"{WINNERS}/{winner['id']}"
    corrected = expect(await registry.operator.patch(path, {"rank": 2, "prize": None}, f'"{winner["version"]}"'), 200)
    assert (corrected["rank"], corrected["prize"]) == (2, None)
    expect(await registry.operator.on(AFTER).post(f"{path}/remove", {"reason_code": "disqualified"}), 200)
    assert expect(await registry.public.get(f"{ACTIVITIES}/{activity['id']}/results"), 200)["items"] == []
    await won(registry, activity, project_id=winner["project_id"])
    assert await events_of(registry, winner) == ["entered", "corrected", "removed"]


async def test_a_photograph_of_a_person_needs_the_consent_to_be_named(registry: Registry) -> None:
    activity = await held(registry)
    operator = registry.operator.on(AFTER)
    photo, paper = await photographed(operator, activity), await photographed(operator, activity, PDF)
    shy = result(activity, person={"name": "旺堆"}, consent={**AGREED, "show_name": False}, photo_id=photo)
    refused(await registry.officer.on(AFTER).post(WINNERS, shy), 422, "validation-failed")
    wrong = result(activity, person={"name": "旺堆"}, consent=AGREED, photo_id=paper)
    refused(await registry.officer.on(AFTER).post(WINNERS, wrong), 422, "validation-failed")
    assert (await person_won(registry, activity, photo_id=photo))["photo_id"] == photo


async def consent_of(registry: Registry, winner: Json) -> Consent:
    async with registry.db.transaction() as session:
        return (await session.scalars(select(Consent).where(Consent.subject_id == winner["id"]))).one()


async def test_a_consent_taken_back_takes_name_and_photograph_out_of_the_public(registry: Registry) -> None:
    activity = await held(registry)
    photo = await photographed(registry.operator.on(AFTER), activity)
    winner = await person_won(registry, activity, photo_id=photo)
    consent = await consent_of(registry, winner)
    async with registry.db.transaction() as session:
        await consent_withdrawn(session, consent, CONTEXT)
    shown = expect(await registry.officer.on(AFTER).get(f"{WINNERS}/{winner['id']}"), 200)
    assert (shown["name"], shown["name_shown"], shown["photo_id"]) == (None, False, None)
    results = expect(await registry.public.get(f"{ACTIVITIES}/{activity['id']}/results"), 200)["items"]
    assert [(item["award"], item["name"]) for item in results] == [("一等奖", None)]
    refused(await registry.operator.get(f"{ACTIVITIES}/{activity['id']}/documents/{photo}"), 404, "not-found")
    assert await events_of(registry, winner) == ["entered", "name_withdrawn"]


async def test_erasing_leaves_the_result_and_takes_who_it_was_with_the_photograph(registry: Registry) -> None:
    activity = await held(registry)
    photo = await photographed(registry.operator.on(AFTER), activity)
    winner = await person_won(registry, activity, photo_id=photo)
    visit = {"kind": "visit", "remark": "旺堆已返乡"}
    expect(await registry.officer.on(AFTER).post(f"{WINNERS}/{winner['id']}/follow-up", visit), 200)
    files = PendingFiles()
    async with registry.db.transaction() as session:
        row = await session.get_one(ActivityWinner, winner["id"])
        assert row.person_id is not None
        await erase_person(session, files, row.person_id, CONTEXT)
        await erase_person(session, files, row.person_id, CONTEXT)
    assert files.keys == [f"documents/{photo}"]
    async with registry.db.transaction() as session:
        remarks = await session.scalars(select(CaseRemark.text).where(CaseRemark.subject_id == winner["id"]))
        assert list(remarks) == [None]
        document = await session.get_one(Document, photo)
        assert (document.name, document.removed_at is not None, len(document.sha256)) == ("", True, 64)
    shown = expect(await registry.officer.on(AFTER).get(f"{WINNERS}/{winner['id']}"), 200)
    assert (shown["erased_on"], shown["name"], shown["rank"]) == (str(AFTER), None, 1)
    assert await events_of(registry, winner) == ["entered", "followed_up", "erased"]


async def test_the_tasks_say_who_acts_next(registry: Registry) -> None:
    activity = await held(registry)

    async def kinds(caller: Caller) -> list[str]:
        items = expect(await caller.get("/v1/tasks"), 200)["items"]
        return [item["kind"] for item in items if item["kind"].startswith(("activity", "winner"))]

    operator, officer = registry.operator.on(AFTER), registry.officer.on(AFTER)
    assert await kinds(operator) == ["activity_to_report"]
    assert await kinds(registry.stranger.on(AFTER)) == []
    path = f"{ACTIVITIES}/{activity['id']}"
    photo = await photographed(operator, activity)
    expect(await operator.post(f"{path}/submit", {"photo_ids": [photo]}), 200)
    assert await kinds(operator) == []
    assert await kinds(officer) == ["activity_to_verify"]
    assert await kinds(registry.caller("hr_officer", today=AFTER)) == []
    expect(await officer.post(f"{path}/return", {"reason_code": "incomplete"}), 200)
    assert await kinds(operator) == ["activity_returned"]
    assert await kinds(officer) == []
    await won(registry, activity)
    assert await kinds(registry.operator.on(date(2019, 9, 3))) == ["winner_to_follow_up", "activity_returned"]


async def test_an_enterprise_reads_what_it_won_and_nobody_else_s(registry: Registry) -> None:
    firm, other = await registry.enterprise(), await registry.enterprise()
    activity = await held(registry)
    entry = await won(registry, activity, enterprise_id=firm["id"])
    await won(registry, activity, enterprise_id=other["id"], rank=2)
    itself = registry.caller("enterprise", org=firm["code"])
    assert [one["id"] for one in expect(await itself.get(WINNERS), 200)["items"]] == [entry["id"]]
    assert expect(await itself.get(f"{WINNERS}/{entry['id']}"), 200)["award"] == "一等奖"
    stranger = registry.caller("enterprise", org=other["code"])
    refused(await stranger.get(f"{WINNERS}/{entry['id']}"), 404, "not-found")
