"""Erasing takes the data out of every table and file, and the log of events still holds."""

from __future__ import annotations

import os
import time
from pathlib import Path
from uuid import UUID

import pytest

from services.registry.documents.models import Document
from services.registry.operations.models import Operation, OperationProblem
from services.registry.personal_data import erasing
from services.registry.personal_data.hooks import PendingFiles
from services.registry.remarks.usecases import keep_remark, latest_remark
from shared.events.contracts import topics
from shared.events.outbox import EventContext
from shared.events.verify import verify
from shared.files.documents import ORPHAN_AGE, sweep
from tests.registry.mentors.support import MENTORS, SESSIONS, advice, as_mentor, at_centre, decider, hr, proposal
from tests.registry.personal_data.support import runtime, stored_files, where_stored, withdraw_all
from tests.registry.support import DAY, Json, Registry, expect, refused
from tests.registry.tenants.support import event_types, fresh_card
from tests.shared.events.numbering import number

pytestmark = pytest.mark.asyncio(loop_scope="session")

NAME = "格桑梅朵卓嘎"
MOBILE, PLAIN, EMAIL = "+8613989076543", "13989076543", "gesang.meiduo@example.org"
DUE = "/v1/persons/erase-due"


class Killed(BaseException):
    """The process is gone."""


async def somebody(registry: Registry) -> tuple[Json, list[str]]:
    """A mentor of whom something is kept wherever something can be, and the words by which it would be found."""
    card = fresh_card()
    body = proposal(name=NAME, id_number=card, mobile=PLAIN, email=EMAIL, introduction=f"{NAME}，电邮 {EMAIL}。")
    mentor = expect(await hr(registry).post(MENTORS, body, Idempotency_Key="propose"), 201)
    path, person = f"{MENTORS}/{mentor['id']}", f"/v1/persons/{mentor['person_id']}"
    document = {"document_no": "拉人社发〔2019〕31号"}
    expect(await decider(registry).post(f"{path}/appoint", document, Idempotency_Key="appoint"), 200)
    paper = b"%PDF-1.7\n" + f"{NAME} {card} {PLAIN}".encode() + b"x" * 100
    expect(await hr(registry).upload(f"{path}/documents", paper, f"{NAME}同意书.pdf"), 201)
    why = {"reason_code": "identity_check", "document_no": "函1号", "remark": f"核对{NAME}，电话 {PLAIN}"}
    expect(await decider(registry).post(f"{person}/reveal", why), 200)
    degree = {"school": "西藏大学", "graduated_on": "1999-06-30", "certificate_no": f"证-{NAME}", "evidence": [NAME]}
    expect(await hr(registry).post(f"{person}/graduations", degree), 201)
    await _elsewhere(registry, mentor, card)
    end = {"reason_code": "inactive", "remark": f"{NAME}多次缺席", **document}
    expect(await decider(registry).post(f"{path}/end", end), 200)
    return mentor, [NAME, card, PLAIN, MOBILE, EMAIL]


async def _elsewhere(registry: Registry, mentor: Json, card: str) -> None:
    """What others wrote: a claim, a session's topic, a remark, a report on a file."""
    centre, enterprise = await registry.listed(), await registry.enterprise()
    await registry.admitted(centre["id"], enterprise["id"])
    claim = {"capacity": "member", "name": NAME, "id_number": card}
    firm = registry.caller("enterprise", org=enterprise["code"])
    link = expect(await firm.post(f"/v1/enterprises/{enterprise['id']}/persons", claim), 201)
    assert link["status"] == "claimed"
    await at_centre(registry, mentor, centre)
    held = advice(mentor, centre, enterprise, topic=f"{NAME}老师讲融资")
    session_path = expect(await as_mentor(registry, mentor).post(SESSIONS, held), 201)["id"]
    contest = {"reason_code": "another_mentor", "remark": f"不是{NAME}，请致电 {PLAIN}"}
    expect(await firm.post(f"{SESSIONS}/{session_path}/contest", contest), 200)
    await remarked(registry, centre["id"], f"联系人{NAME}未签字")
    await remarked(registry, (await registry.draft())["id"], f"请致电 {PLAIN}")
    async with registry.db.transaction() as session:
        task = Operation(
            kind="import",
            status="running",
            total=1,
            actor="a",
            effective_on=DAY,
            correlation_id="c",
            simulated=True,
            task={},
            caller={},
        )
        session.add(task)
        await session.flush()
        wrong = {"position": 1, "sheet": "1", "row": 2, "column": "B", "code": "missing", "of_field": True}
        session.add(OperationProblem(operation_id=task.id, value=NAME, params={"value": NAME}, **wrong))


async def remarked(registry: Registry, subject_id: str, text: str) -> None:
    """Somebody wrote it about a case."""
    async with registry.db.transaction() as session:
        await keep_remark(session, UUID(subject_id), step="returned", text=text, written_by="account-1")


async def test_who_bears_the_same_name_elsewhere_is_left_alone(registry: Registry) -> None:
    mentor, _ = await somebody(registry)
    other = await registry.draft()
    await remarked(registry, other["id"], f"联系人{NAME}未签字，电话 {PLAIN}")
    await withdraw_all(registry, mentor["person_id"])
    day = DAY.replace(day=DAY.day + 1)
    assert expect(await registry.officer.on(day).post(DUE), 200)["persons_erased"] == 1
    async with registry.db.transaction() as session:
        assert await latest_remark(session, UUID(other["id"])) == f"联系人{NAME}未签字，电话 ***"


async def test_its_name_goes_from_what_was_said_of_a_change_at_its_enterprise(registry: Registry) -> None:
    mentor, _ = await somebody(registry)
    firm = await registry.enterprise()
    await registry.admitted((await registry.listed())["id"], firm["id"])
    member = {"capacity": "member", "person_ref": mentor["person_ref"]}
    path = f"/v1/enterprises/{firm['id']}"
    link = expect(await registry.officer.post(f"{path}/persons", member), 201)
    change = {"changes": {"name": "拉萨新名科技有限公司"}, "evidence": ["通知书"], "remark": f"联系人由{NAME}变更"}
    proposed = expect(await registry.operator.post(f"{path}/changes", change), 201)
    until = {"until": DAY.isoformat()}
    expect(await registry.officer.post(f"{path}/persons/{link['id']}/end", until), 200)
    await withdraw_all(registry, mentor["person_id"])
    day = DAY.replace(day=DAY.day + 1)
    assert expect(await registry.officer.on(day).post(DUE), 200)["persons_erased"] == 1
    change_id = UUID(proposed.get("change_id") or proposed["id"])
    async with registry.db.transaction() as session:
        assert await latest_remark(session, change_id) == "联系人由***变更"


async def verified(registry: Registry, database_url: str, anchors: Path) -> int:
    """How many topics hold; none may fail."""
    for topic in topics("registry"):
        await number(database_url, topic.name)
    report = await verify({"registry": registry.db}, anchors)
    assert report.findings == ()
    return len(report.verified)


async def test_erasure_takes_a_person_out_of_every_table_and_file_and_the_log_holds(
    registry: Registry, database_url: str, tmp_path: Path
) -> None:
    anchors = tmp_path / "anchors.json"
    mentor, words = await somebody(registry)
    before = await where_stored(registry, words)
    tables = {place.partition(".")[0] for place in before}
    assert {"person", "person_link", "person_graduation", "mentor", "mentor_session", "case_remark"} <= tables
    assert {"document", "files", "idempotency_key", "operation_problem"} <= tables
    assert "event_log" not in tables
    assert await verified(registry, database_url, anchors) > 0

    assert expect(await registry.officer.post(DUE), 200)["persons_erased"] == 0
    await withdraw_all(registry, mentor["person_id"])
    # A claim is no ground, nor is an appointment that is over since the day before.
    tomorrow = registry.officer.on(DAY.replace(day=DAY.day + 1))
    assert expect(await tomorrow.post(DUE), 200)["persons_erased"] == 1

    assert await where_stored(registry, words) == set()
    assert stored_files(registry) == []
    assert (await event_types(registry, mentor["person_id"]))[-1] == "person.erased"
    assert await verified(registry, database_url, anchors) > 0
    assert expect(await tomorrow.post(DUE), 200)["persons_erased"] == 0


async def test_what_happened_stays_without_the_person(registry: Registry) -> None:
    mentor, _ = await somebody(registry)
    await withdraw_all(registry, mentor["person_id"])
    day = DAY.replace(day=DAY.day + 1)
    expect(await registry.officer.on(day).post(DUE), 200)
    clerk = hr(registry, on=day)
    kept = expect(await clerk.get(f"{MENTORS}/{mentor['id']}"), 200)
    assert (kept["name"], kept["organisation"], kept["introduction"]) == ("", None, None)
    assert (kept["person_ref"], kept["status"]) == (mentor["person_ref"], "ended")
    [held] = expect(await clerk.get(SESSIONS, mentor_id=mentor["id"]), 200)["items"]
    more = {name: held[name] for name in ("mentor_id", "centre_id", "enterprise_id", "held_on", "field")}
    more |= {"hours": "1.0", "topic": "补记"}
    refused(await registry.operator.on(day).post(SESSIONS, more), 404, "not-found")
    person = expect(await clerk.get(f"/v1/persons/{mentor['person_id']}"), 200)
    assert (person["name"], person["id_number"], person["erased_on"]) == ("", None, day.isoformat())
    body = {"reason_code": "identity_check", "document_no": "函1号"}
    refused(
        await decider(registry, on=day).post(f"/v1/persons/{person['id']}/reveal", body), 409, "person-has-no-number"
    )
    again = proposal(person_ref=mentor["person_ref"])
    del again["name"], again["id_number"]
    refused(await clerk.post(MENTORS, again), 409, "person-erased")
    agree = {"purpose": "training", "channel": "paper", "document_no": "1"}
    refused(await clerk.post(f"/v1/persons/{person['id']}/consents", agree), 409, "person-erased")
    replay = await clerk.post(f"{MENTORS}/{mentor['id']}/appoint", {"document_no": "x"}, Idempotency_Key="appoint")
    assert replay.status_code in (403, 409)


async def test_a_repeated_request_is_refused_and_not_carried_out_twice(registry: Registry) -> None:
    mentor, _ = await somebody(registry)
    path, body = f"{MENTORS}/{mentor['id']}/appoint", {"document_no": "拉人社发〔2019〕31号"}
    replayed = await decider(registry).post(path, body, Idempotency_Key="appoint")
    assert NAME in replayed.text
    await withdraw_all(registry, mentor["person_id"])
    expect(await registry.officer.on(DAY.replace(day=DAY.day + 1)).post(DUE), 200)
    refused(await decider(registry).post(path, body, Idempotency_Key="appoint"), 422, "idempotency-key-reused")


async def test_killed_between_commit_and_files_the_sweep_finishes(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    mentor, words = await somebody(registry)
    await withdraw_all(registry, mentor["person_id"])

    async def killed(*_: object) -> None:
        raise Killed

    day = DAY.replace(day=DAY.day + 1)
    context = EventContext("service:registry", day, "retention", simulated=True)
    with monkeypatch.context() as patched:
        patched.setattr(PendingFiles, "carry_out", killed)
        with pytest.raises(Killed):
            await erasing.erase_due(runtime(registry), context)
    left = await where_stored(registry, words)
    assert {place.partition(".")[0] for place in left} == {"files"}
    assert expect(await registry.officer.on(day).post(DUE), 200)["persons_erased"] == 0
    assert await _swept(registry) == 1
    assert await where_stored(registry, words) == set()


async def _swept(registry: Registry) -> int:
    """The hourly sweep, a day later."""
    past = time.time() - ORPHAN_AGE.total_seconds() - 60
    for path in stored_files(registry):
        os.utime(path, (past, past))
    return await sweep(registry.db, runtime(registry).files, Document)


async def test_killed_within_the_transaction_nothing_is_lost_and_the_next_run_does_it(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    mentor, words = await somebody(registry)
    await withdraw_all(registry, mentor["person_id"])
    before = await where_stored(registry, words)

    async def killed(*_: object) -> int:
        raise Killed

    day = DAY.replace(day=DAY.day + 1)
    context = EventContext("service:registry", day, "retention", simulated=True)
    with monkeypatch.context() as patched:
        patched.setattr(erasing, "forget_contact", killed)
        with pytest.raises(Killed):
            await erasing.erase_due(runtime(registry), context)
    assert await where_stored(registry, words) == before
    assert expect(await registry.officer.on(day).post(DUE), 200)["persons_erased"] == 1
