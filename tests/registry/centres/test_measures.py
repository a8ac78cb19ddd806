"""Suspended, resumed, withdrawn: proposed by one person, decided by another."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import text

from services.registry.consumers import carry_out_decided
from tests.registry.support import DAY, Caller, Json, Registry, decided, enterprise_body, expect, refused

pytestmark = pytest.mark.asyncio(loop_scope="session")

WHY = {"reason_code": "investigation", "remark": "接到举报，需核查。"}
DOCUMENT = {"document_no": "拉科发〔2019〕30号"}
REQUEST = {"reason_code": "business_ended"}


async def suspended(registry: Registry) -> Json:
    path = f"/v1/centres/{(await registry.listed())['id']}"
    expect(await registry.officer.post(f"{path}/propose-suspension", WHY), 200)
    return expect(await registry.approver.post(f"{path}/suspend", DOCUMENT), 200)


async def test_a_centre_is_suspended_by_two_people_and_works_again_by_two(registry: Registry) -> None:
    path = f"/v1/centres/{(await registry.listed())['id']}"
    proposed = expect(await registry.officer.post(f"{path}/propose-suspension", WHY), 200)
    assert (proposed["status"], proposed["proposal"]) == ("listed", "suspension")
    suspended = expect(await registry.approver.post(f"{path}/suspend", DOCUMENT), 200)
    assert (suspended["status"], suspended["suspended_on"], suspended["proposal"]) == (
        "suspended",
        DAY.isoformat(),
        None,
    )
    expect(await registry.officer.post(f"{path}/propose-resumption", {"reason_code": "rectified"}), 200)
    resumed = expect(await registry.approver.post(f"{path}/resume", DOCUMENT), 200)
    assert (resumed["status"], resumed["suspended_on"]) == ("listed", None)
    measures = expect(await registry.operator.get(f"{path}/measures"), 200)["items"]
    assert [(m["kind"], m["status"], m["document_no"]) for m in measures] == [
        ("suspension", "carried_out", DOCUMENT["document_no"]),
        ("resumption", "carried_out", DOCUMENT["document_no"]),
    ]


async def test_a_suspended_centre_admits_nobody(registry: Registry) -> None:
    centre = await suspended(registry)
    enterprise = expect(await registry.officer.post("/v1/enterprises", enterprise_body()), 201)
    body = {"centre_id": centre["id"], "enterprise_id": enterprise["id"], "agreement_no": "RZ-1"}
    problem = refused(await registry.officer.post("/v1/tenancies", body), 409, "centre-not-listed")
    assert "暂停" in problem["detail"]


async def test_whoever_proposed_does_not_decide(registry: Registry) -> None:
    one = registry.caller("science_officer", "science_approver", account="one-person")
    path = f"/v1/centres/{(await registry.listed())['id']}"
    expect(await one.post(f"{path}/propose-suspension", WHY), 200)
    refused(await one.post(f"{path}/suspend", DOCUMENT), 403, "four-eyes-required")


async def test_nothing_is_decided_that_nobody_proposed(registry: Registry) -> None:
    path = f"/v1/centres/{(await registry.listed())['id']}"
    refused(await registry.approver.post(f"{path}/suspend", DOCUMENT), 409, "proposal-missing")
    expect(await registry.officer.post(f"{path}/propose-suspension", WHY), 200)
    refused(await registry.approver.post(f"{path}/withdraw", DOCUMENT), 409, "proposal-missing")
    refused(await registry.operator.post(f"{path}/request-withdrawal", REQUEST), 409, "proposal-open")


@pytest.mark.parametrize(
    ("verb", "body", "who", "allowed"),
    [
        ("propose-suspension", WHY, "officer", "在册"),
        ("suspend", DOCUMENT, "approver", "在册"),
        ("propose-resumption", {"reason_code": "rectified"}, "officer", "暂停"),
        ("resume", DOCUMENT, "approver", "暂停"),
        ("request-withdrawal", REQUEST, "operator", "在册、暂停"),
        ("withdraw", DOCUMENT, "approver", "在册、暂停"),
    ],
)
async def test_an_applicant_has_no_standing_to_change(
    registry: Registry, verb: str, body: object, who: str, allowed: str
) -> None:
    path = f"/v1/centres/{(await registry.submitted())['id']}/{verb}"
    caller: Caller = getattr(registry, who)
    assert allowed in refused(await caller.post(path, body), 409, "invalid-transition")["detail"]


async def test_reasons_are_words_of_the_edition(registry: Registry) -> None:
    path = f"/v1/centres/{(await registry.listed())['id']}/propose-suspension"
    problem = refused(await registry.officer.post(path, {"reason_code": "dislike"}), 422, "validation-failed")
    assert "investigation" in problem["errors"][0]["message"]


async def test_the_operator_leaves_the_list_by_its_own_request_and_another_persons_approval(registry: Registry) -> None:
    centre = await registry.listed()
    title = await registry.applied(centre["id"])
    path = f"/v1/centres/{centre['id']}"
    refused(await registry.stranger.post(f"{path}/request-withdrawal", REQUEST), 404, "not-found")
    expect(await registry.operator.post(f"{path}/request-withdrawal", REQUEST), 200)
    withdrawn = expect(await registry.approver.post(f"{path}/withdraw", DOCUMENT), 200)
    assert (withdrawn["status"], withdrawn["withdrawn_on"]) == ("withdrawn", DAY.isoformat())
    after = expect(await registry.officer.get(f"/v1/qualification-applications/{title['id']}"), 200)
    assert (after["status"], after["reason_code"]) == ("refused", "centre_withdrawn")
    assert expect(await registry.public.get(path), 200)["status"] == "withdrawn"


async def test_an_operator_takes_its_request_back_but_not_a_proposal_of_the_bureau(registry: Registry) -> None:
    path = f"/v1/centres/{(await registry.listed())['id']}"
    expect(await registry.operator.post(f"{path}/request-withdrawal", REQUEST), 200)
    taken_back = await registry.operator.post(f"{path}/drop-proposal", {"reason_code": "taken_back"})
    assert expect(taken_back, 200)["proposal"] is None
    refused(await registry.operator.post(f"{path}/drop-proposal", {"reason_code": "again"}), 409, "proposal-missing")
    expect(await registry.officer.post(f"{path}/propose-suspension", WHY), 200)
    refused(await registry.operator.post(f"{path}/drop-proposal", {"reason_code": "unfair"}), 403, "forbidden")
    expect(await registry.approver.post(f"{path}/drop-proposal", {"reason_code": "unfounded"}), 200)


@pytest.mark.parametrize("state", ["suspended", "withdrawn"])
async def test_a_suspended_or_withdrawn_centre_is_delisted_all_the_same(registry: Registry, state: str) -> None:
    centre = await suspended(registry)
    path = f"/v1/centres/{centre['id']}"
    if state == "withdrawn":
        expect(await registry.operator.post(f"{path}/request-withdrawal", REQUEST), 200)
        expect(await registry.approver.post(f"{path}/withdraw", DOCUMENT), 200)
    else:
        expect(await registry.officer.post(f"{path}/propose-resumption", {"reason_code": "rectified"}), 200)
    async with registry.db.transaction() as session:
        await carry_out_decided(session, [decided(centre["id"])])
    after = expect(await registry.officer.get(path), 200)
    assert (after["status"], after["proposal"]) == ("delisted", None)
    refused(await registry.approver.post(f"{path}/resume", DOCUMENT), 409, "invalid-transition")


async def test_a_past_decision_is_not_before_its_proposal(registry: Registry) -> None:
    path = f"/v1/centres/{(await registry.listed())['id']}"
    later = registry.officer.on(date(2019, 6, 20))
    expect(await later.post(f"{path}/propose-suspension", {**WHY, "proposed_on": "2019-06-10"}), 200)
    approver = registry.approver.on(date(2019, 6, 20))
    early = {**DOCUMENT, "decided_on": "2019-06-09"}
    refused(await approver.post(f"{path}/suspend", early), 409, "step-before-its-cause")
    assert expect(await approver.post(f"{path}/suspend", {**DOCUMENT, "decided_on": "2019-06-10"}), 200)


async def test_each_step_is_an_event_of_the_centre_with_its_rule(registry: Registry) -> None:
    centre = await suspended(registry)
    query = "SELECT type, attributes, data FROM event_log WHERE topic = 'registry.centre' AND type LIKE '%suspen%'"
    async with registry.db.transaction() as session:
        rows = (await session.execute(text(f"{query} ORDER BY seq"))).all()
    assert [row.type for row in rows] == ["registry.centre.suspension_proposed.v1", "registry.centre.suspended.v1"]
    assert all("centre.suspension" in row.attributes for row in rows)
    assert "举报" not in rows[0].data
    assert centre["version"] == 7


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        ("UPDATE centre_measure SET decided_by = proposed_by", "ck_centre_measure_four_eyes"),
        ("UPDATE centre_measure SET document_no = NULL", "ck_centre_measure_carried_out_by_document"),
        ("UPDATE centre_measure SET decided_on = proposed_on - 1", "ck_centre_measure_decided_after_proposal"),
        ("UPDATE centre SET suspended_on = NULL", "ck_centre_suspended_on_a_day"),
        ("UPDATE centre SET suspended_on = listed_on - 1", "ck_centre_suspended_on_a_day"),
        ("UPDATE centre SET status = 'withdrawn'", "ck_centre_withdrawn_on_a_day"),
    ],
)
async def test_the_database_keeps_the_rules_of_measures(registry: Registry, statement: str, constraint: str) -> None:
    await suspended(registry)
    with pytest.raises(Exception, match=constraint):
        async with registry.db.transaction() as session:
            await session.execute(text(statement))


async def test_the_database_keeps_one_open_proposal_for_a_centre(registry: Registry) -> None:
    path = f"/v1/centres/{(await registry.listed())['id']}"
    expect(await registry.officer.post(f"{path}/propose-suspension", WHY), 200)
    twin = (
        "INSERT INTO centre_measure (id, centre_id, kind, status, reason_code, proposed_by, proposed_on)"
        " SELECT gen_random_uuid(), centre_id, kind, status, reason_code, proposed_by, proposed_on FROM centre_measure"
    )
    with pytest.raises(Exception, match="uq_centre_measure_one_open"):
        async with registry.db.transaction() as session:
            await session.execute(text(twin))
