"""Municipal titles over HTTP."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import text

from tests.registry.support import ANNOUNCED, DAY, STRANGER, Registry, expect, refused

pytestmark = pytest.mark.asyncio(loop_scope="session")

APPLICATIONS = "/v1/qualification-applications"
GRANT = {"document_no": "拉科发〔2019〕20号"}
NOTICE_ENDS, FREE = date(2019, 6, 11), date(2019, 6, 12)
"""A notice put up on `DAY` runs over the Dragon Boat Festival; the day after its end is free for the decision."""


async def test_title_is_applied_for_reviewed_and_granted_by_another_person(registry: Registry) -> None:
    centre = await registry.listed()
    body = {"centre_id": centre["id"], "kind": "tech_incubator"}
    response = await registry.operator.post(APPLICATIONS, body)
    title = expect(response, 201)
    assert (title["no"], title["status"], title["level"], title["edition"]) == (
        "QA-2019-0001",
        "applied",
        "municipal",
        "lhasa-2019",
    )
    path = f"{APPLICATIONS}/{title['id']}"
    assert response.headers["Location"] == path
    assert expect(await registry.officer.post(f"{path}/review"), 200)["status"] == "reviewed"
    assert expect(await registry.officer.post(f"{path}/announce"), 200)["status"] == "announced"
    problem = refused(await registry.approver.on(NOTICE_ENDS).post(f"{path}/grant", GRANT), 409, "notice-running")
    assert "2019-06-12" in problem["detail"]
    granted = expect(await registry.approver.on(FREE).post(f"{path}/grant", GRANT), 200)
    assert (granted["status"], granted["granted_on"], granted["version"]) == ("active", "2019-06-12", 4)
    assert (granted["plaque_no"], granted["expires_on"]) == ("PL-2019-0001", None)
    shown = expect(await registry.public.get(f"/v1/qualifications/{title['id']}"), 200)
    assert (shown["kind"], shown["status"]) == ("tech_incubator", "active")


async def test_operator_applies_for_its_own_centres_only(registry: Registry) -> None:
    centre = await registry.listed()
    body = {"centre_id": centre["id"], "kind": "maker_space"}
    refused(await registry.stranger.post(APPLICATIONS, body), 404, "not-found")
    title = expect(await registry.operator.post(APPLICATIONS, body), 201)
    refused(await registry.stranger.get(f"{APPLICATIONS}/{title['id']}"), 404, "not-found")
    assert expect(await registry.stranger.get(APPLICATIONS), 200)["items"] == []
    assert len(expect(await registry.operator.get(APPLICATIONS, no=title["no"]), 200)["items"]) == 1


async def test_title_needs_a_listed_centre(registry: Registry) -> None:
    body = {"centre_id": (await registry.submitted())["id"], "kind": "maker_space"}
    problem = refused(await registry.operator.post(APPLICATIONS, body), 409, "centre-not-listed")
    assert problem["clauses"] == ["2.1-0"]


async def test_title_of_an_unknown_kind_names_the_kinds_there_are(registry: Registry) -> None:
    body = {"centre_id": (await registry.listed())["id"], "kind": "palace"}
    problem = refused(await registry.operator.post(APPLICATIONS, body), 422, "validation-failed")
    assert "commerce_cluster" in problem["errors"][0]["message"]


@pytest.mark.parametrize(
    ("today", "code"),
    [
        (date(2018, 12, 31), "policy-not-in-force"),
        (date(2019, 1, 1), "centre-not-listed-yet"),  # the policy is, the centre is not
        (date(2019, 5, 23), "centre-not-listed-yet"),
        (date(2019, 5, 24), None),
        (date(2020, 12, 31), None),
        (date(2021, 1, 1), "policy-not-in-force"),
    ],
)
async def test_application_needs_policy_and_listing_on_its_day(
    registry: Registry, today: date, code: str | None
) -> None:
    body = {"centre_id": (await registry.listed())["id"], "kind": "maker_space", "applied_on": today.isoformat()}
    response = await registry.officer.on(max(today, DAY)).post(APPLICATIONS, body)
    if code is None:
        expect(response, 201)
    else:
        refused(response, 409, code)


async def test_application_in_time_is_granted_after_the_policys_end(registry: Registry) -> None:
    body = {"centre_id": (await registry.listed())["id"], "kind": "maker_space"}
    title = expect(await registry.operator.on(date(2020, 12, 31)).post(APPLICATIONS, body), 201)
    path = f"{APPLICATIONS}/{title['id']}"
    expect(await registry.officer.on(date(2021, 1, 4)).post(f"{path}/review"), 200)
    expect(await registry.officer.on(date(2021, 1, 4)).post(f"{path}/announce"), 200)
    granted = expect(await registry.approver.on(date(2021, 1, 12)).post(f"{path}/grant", GRANT), 200)
    assert (granted["edition"], granted["granted_on"]) == ("lhasa-2019", "2021-01-12")


async def test_one_active_title_of_a_kind(registry: Registry) -> None:
    centre = await registry.listed()
    first = await registry.grantable(centre["id"])
    body = {"centre_id": centre["id"], "kind": "maker_space"}
    problem = refused(await registry.operator.post(APPLICATIONS, body), 409, "title-application-pending")
    assert first["no"] in problem["detail"]
    expect(await registry.operator.post(APPLICATIONS, {**body, "level": "regional"}), 201)
    expect(await registry.approver.post(f"{APPLICATIONS}/{first['id']}/grant", GRANT), 200)
    problem = refused(await registry.operator.post(APPLICATIONS, body), 409, "title-already-held")
    assert problem["clauses"] == ["2.3-5"]
    await registry.granted(centre["id"], "tech_incubator")


async def test_nobody_grants_what_he_applied_for_reviewed_or_announced(registry: Registry) -> None:
    everything = registry.caller("science_officer", "science_approver", account="one-person")
    centre = await registry.listed()
    on = ANNOUNCED.isoformat()
    steps = {"review": {"reviewed_on": on}, "announce": {"starts_on": on}}
    body = {"centre_id": centre["id"], "kind": "maker_space", "applied_on": on}
    for own in ("apply", "review", "announce"):
        applicant = everything if own == "apply" else registry.second_officer
        path = f"{APPLICATIONS}/{expect(await applicant.post(APPLICATIONS, body), 201)['id']}"
        for step, sent in steps.items():
            officer = everything if own == step else registry.officer
            expect(await officer.post(f"{path}/{step}", sent), 200)
        refused(await everything.post(f"{path}/grant", GRANT), 403, "four-eyes-required")
        refused(await everything.post(f"{path}/refuse", {"reason_code": "unsuitable"}), 403, "four-eyes-required")
        expect(await registry.officer.post(f"{path}/withdraw"), 200)


async def test_refused_application_says_why_and_is_no_public_title(registry: Registry) -> None:
    title = await registry.applied((await registry.listed())["id"])
    path = f"{APPLICATIONS}/{title['id']}"
    body = {"reason_code": "too_small", "remark": "孵化面积不足。"}
    refusal = expect(await registry.approver.post(f"{path}/refuse", body), 200)
    assert (refusal["status"], refusal["reason_code"]) == ("refused", "too_small")
    assert expect(await registry.operator.get(path), 200)["remark"] == "孵化面积不足。"
    refused(await registry.public.get(f"/v1/qualifications/{title['id']}"), 404, "not-found")
    refused(await registry.officer.post(f"{path}/review"), 409, "invalid-transition")


async def test_grant_out_of_turn_names_the_state_it_is_possible_from(registry: Registry) -> None:
    path = f"{APPLICATIONS}/{(await registry.applied((await registry.listed())['id']))['id']}"
    problem = refused(await registry.approver.post(f"{path}/grant", GRANT), 409, "invalid-transition")
    assert "公示中" in problem["detail"]
    refused(await registry.officer.post(f"{path}/review", if_match='"7"'), 412, "precondition-failed")


async def test_public_register_filters_titles(registry: Registry) -> None:
    one, other = await registry.listed(), await registry.listed(operator_code=STRANGER)
    first = await registry.granted(one["id"])
    second = await registry.granted(other["id"], "commerce_cluster")
    for params, found in [
        ({"centre_id": one["id"]}, [first]),
        ({"kind": "commerce_cluster"}, [second]),
        ({"operator_code": STRANGER}, [second]),
        ({"level": "regional"}, []),
        ({"status": "active"}, [first, second]),
        ({"no": first["no"]}, [first]),
    ]:
        items = expect(await registry.public.get("/v1/qualifications", **params), 200)["items"]
        assert [item["id"] for item in items] == [title["id"] for title in found], params


@pytest.mark.parametrize("division", ["540102", "540127"])
async def test_division_reads_the_applications_of_its_centres(registry: Registry, division: str) -> None:
    title = await registry.applied((await registry.listed())["id"])
    caller = registry.caller("division_officer", division=division)
    status = 200 if division == "540102" else 404
    assert (await caller.get(f"{APPLICATIONS}/{title['id']}")).status_code == status


async def test_the_database_refuses_a_second_active_title_and_a_grant_by_two_eyes(registry: Registry) -> None:
    centre = await registry.listed()
    await registry.granted(centre["id"])
    other = await registry.granted(centre["id"], "tech_incubator")
    for change, constraint in [
        ("kind = 'maker_space'", "uq_qualification_one_active"),
        ("decided_by = applied_by", "ck_qualification_four_eyes"),
        ("status = 'revoked', reason_code = 'x'", "ck_qualification_revoked_on_a_day"),
    ]:
        with pytest.raises(Exception, match=constraint):
            async with registry.db.transaction() as session:
                await session.execute(text(f"UPDATE qualification SET {change} WHERE id = :id"), {"id": other["id"]})


async def test_a_title_is_revoked_on_one_persons_proposal_by_another(registry: Registry) -> None:
    centre = await registry.listed()
    path = f"/v1/qualifications/{(await registry.granted(centre['id']))['id']}"
    reason, document = {"reason_code": "conditions_lost"}, {"document_no": "拉科发〔2019〕40号"}
    refused(await registry.approver.post(f"{path}/revoke", document), 409, "revocation-not-proposed")
    both = registry.caller("science_officer", "science_approver", account="one-person")
    expect(await both.post(f"{path}/propose-revocation", reason), 200)
    refused(await both.post(f"{path}/revoke", document), 403, "four-eyes-required")
    revoked = expect(await registry.approver.post(f"{path}/revoke", document), 200)
    assert (revoked["status"], revoked["reason_code"]) == ("revoked", "conditions_lost")
    refused(await registry.approver.post(f"{path}/revoke", document), 409, "invalid-transition")
    await registry.granted(centre["id"])
