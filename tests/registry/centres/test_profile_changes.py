"""A change of a listed centre's profile: asked for, reviewed or returned, approved; what was before stays readable."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest
from sqlalchemy import text

from services.registry.centres.rules import Profile
from services.registry.consumers import carry_out_decided
from services.registry.policy import loaded_editions
from services.registry.profile_changes.rules import decide_profile_change, first_possible_day
from shared.auth import roles as r
from tests.registry.support import DAY, OPERATOR, STRANGER, Json, Registry, decided, expect, refused
from tests.registry.test_tasks import finders

pytestmark = pytest.mark.asyncio(loop_scope="session")

DOCUMENT = {"document_no": "拉科发〔2019〕41号"}
NEW: Json = {
    "name": "拉萨高新双创中心",
    "site_division": "540103",
    "total_area_m2": "4000.00",
    "reason_code": "relocation",
}
NEXT = date(2019, 9, 2)


async def applied(registry: Registry, centre_id: str, on: date = DAY, **changes: object) -> str:
    """The path of a change that another officer than the reviewer has asked for."""
    path = f"/v1/centres/{centre_id}/profile-changes"
    body = {**(changes or NEW), "reason_code": "relocation", "applied_on": on.isoformat()}
    return f"{path}/{expect(await registry.second_officer.on(on).post(path, body), 201)['id']}"


async def approved(registry: Registry, centre_id: str, on: date = DAY, **changes: object) -> str:
    path = await applied(registry, centre_id, on, **changes)
    expect(await registry.officer.on(on).post(f"{path}/review"), 200)
    expect(await registry.approver.on(on).post(f"{path}/approve", DOCUMENT), 200)
    return path


async def test_a_centre_has_its_new_profile_after_three_people_agreed(registry: Registry) -> None:
    centre = await registry.listed()
    path = f"/v1/centres/{centre['id']}"
    change = expect(await registry.operator.post(f"{path}/profile-changes", NEW), 201)
    assert (change["no"], change["status"]) == ("PC-2019-0001", "applied")
    assert change["changes"] == {name: value for name, value in NEW.items() if name != "reason_code"}
    assert expect(await registry.public.get(path), 200)["name"] == centre["name"]
    step = f"{path}/profile-changes/{change['id']}"
    expect(await registry.officer.post(f"{step}/review"), 200)
    done = expect(await registry.approver.post(f"{step}/approve", DOCUMENT), 200)
    assert (done["status"], done["effective_on"]) == ("approved", DAY.isoformat())
    assert done["earlier"] == {"name": centre["name"], "site_division": "540102", "total_area_m2": "3200.00"}
    after = expect(await registry.officer.get(path), 200)
    kept = ("operator_code", "status", "tier", "owner_division", "listed_on", "document_no", "incubation_area_m2")
    assert {name: after[name] for name in kept} == {name: centre[name] for name in kept}
    assert (after["name"], after["site_division"], after["total_area_m2"]) == (NEW["name"], "540103", "4000.00")
    assert {"centre.profile_change", "centre.listing"} <= {row["rule"] for row in done["decision"]["results"]}


async def test_a_past_day_shows_the_profile_of_that_day(registry: Registry) -> None:
    centre = await registry.listed()
    await approved(registry, centre["id"], NEXT)
    await approved(registry, centre["id"], date(2020, 3, 2), total_area_m2="5000.00")
    public, path = registry.public.on(date(2020, 12, 31)), f"/v1/centres/{centre['id']}"
    for day, name, area in (
        ("2019-09-01", centre["name"], "3200.00"),
        ("2019-09-02", NEW["name"], "4000.00"),
        ("2020-03-01", NEW["name"], "4000.00"),
        ("2020-03-02", NEW["name"], "5000.00"),
    ):
        shown = expect(await public.get(path, as_of=day), 200)
        assert (shown["name"], Decimal(shown["total_area_m2"])) == (name, Decimal(area)), day


async def test_the_new_name_is_found_and_the_old_one_is_not(registry: Registry) -> None:
    centre = await registry.listed()
    await approved(registry, centre["id"])
    for wanted, found in (("高新双创", 1), ("gxsc", 1), ("城关双创", 0), ("cgsc", 0)):
        assert len(expect(await registry.public.get("/v1/centres", q=wanted), 200)["items"]) == found, wanted


async def test_the_centre_s_event_tells_its_whole_state(registry: Registry) -> None:
    centre = await registry.listed()
    await approved(registry, centre["id"])
    query = "SELECT type, data FROM event_log WHERE type LIKE '%profile_change%' ORDER BY seq"
    async with registry.db.transaction() as session:
        rows = (await session.execute(text(query))).all()
    assert [row.type.removeprefix("registry.") for row in rows] == [
        "profile_change.applied.v1",
        "profile_change.reviewed.v1",
        "profile_change.approved.v1",
        "centre.profile_changed.v1",
    ]
    for told in ('"site_division":"540103"', '"total_area_m2":"4000.00"', f'"operator_code":"{OPERATOR}"'):
        assert told in rows[3].data


async def test_a_returned_change_is_corrected_and_handed_in_again(registry: Registry) -> None:
    centre = await registry.listed()
    path = f"/v1/centres/{centre['id']}/profile-changes"
    change = expect(await registry.operator.post(path, NEW), 201)
    step = f"{path}/{change['id']}"
    refused(await registry.officer.post(f"{step}/return", {"reason_code": "whim"}), 422, "validation-failed")
    back = expect(await registry.officer.post(f"{step}/return", {"reason_code": "incomplete"}), 200)
    assert (back["status"], back["return_code"]) == ("returned", "incomplete")
    assert await finders(registry, "profile_returned") == {r.CENTRE_OPERATOR}
    refused(await registry.officer.post(f"{step}/review"), 409, "invalid-transition")
    refused(await registry.operator.post(path, NEW), 409, "profile-change-open")
    again = {"cluster_tag": "高原生物", "reason_code": "focus_changed"}
    sent = expect(await registry.second_officer.post(f"{step}/resubmit", again), 200)
    assert (sent["status"], sent["changes"], sent["reason_code"]) == (
        "applied",
        {"cluster_tag": "高原生物"},
        "focus_changed",
    )
    refused(await registry.second_officer.post(f"{step}/review"), 403, "four-eyes-required")
    expect(await registry.officer.post(f"{step}/review"), 200)
    expect(await registry.approver.post(f"{step}/approve", DOCUMENT), 200)


async def test_four_eyes_at_the_review_and_at_the_decision(registry: Registry) -> None:
    everything = registry.caller("science_officer", "science_approver", account="one-person")
    centre = await registry.listed()
    path = f"/v1/centres/{centre['id']}/profile-changes"
    path = f"{path}/{expect(await everything.post(path, NEW), 201)['id']}"
    assert await finders(registry, "profile_to_review") == {r.SCIENCE_OFFICER, r.INDUSTRY_OFFICER}
    refused(await everything.post(f"{path}/review"), 403, "four-eyes-required")
    expect(await registry.officer.post(f"{path}/review"), 200)
    assert await finders(registry, "profile_to_approve") == {r.SCIENCE_APPROVER, r.INDUSTRY_APPROVER}
    refused(await everything.post(f"{path}/approve", DOCUMENT), 403, "four-eyes-required")
    refused(await everything.post(f"{path}/refuse", {"reason_code": "unsuitable"}), 403, "four-eyes-required")
    refused(await registry.approver.post(f"{path}/refuse", {"reason_code": "whim"}), 422, "validation-failed")
    expect(await registry.approver.post(f"{path}/refuse", {"reason_code": "unsuitable"}), 200)
    refused(await registry.approver.post(f"{path}/approve", DOCUMENT), 409, "invalid-transition")
    assert expect(await registry.public.get(f"/v1/centres/{centre['id']}"), 200)["name"] == centre["name"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"reason_code": "whim"}, "reason_code"),
        ({"site_division": "999999"}, "site_division"),
        ({"service_kinds": ["magic"]}, "service_kinds"),
        ({"total_area_m2": "2399.99"}, "incubation_area_m2"),
        ({"spaces": {"work": "4000.01"}}, "spaces"),
        ({"name": None}, "name"),
        ({"tier": "national"}, "tier"),
        ({"operator_code": STRANGER}, "operator_code"),
    ],
)
async def test_a_wrong_application_names_the_field(registry: Registry, body: Json, field: str) -> None:
    path = f"/v1/centres/{(await registry.listed())['id']}/profile-changes"
    problem = refused(await registry.operator.post(path, NEW | body), 422, "validation-failed")
    assert [error["field"] for error in problem["errors"]] == [field]


async def test_what_changes_nothing_is_refused(registry: Registry) -> None:
    path = f"/v1/centres/{(await registry.listed())['id']}/profile-changes"
    for body in ({}, {"total_area_m2": "3200"}, {"cluster_tag": None}):
        refused(await registry.operator.post(path, {**body, "reason_code": "renaming"}), 422, "validation-failed")


async def test_only_a_centre_on_the_list_and_only_its_own_operator(registry: Registry) -> None:
    centre, draft = await registry.listed(), await registry.draft()
    refused(await registry.stranger.post(f"/v1/centres/{centre['id']}/profile-changes", NEW), 404, "not-found")
    refused(
        await registry.operator.post(f"/v1/centres/{draft['id']}/profile-changes", NEW), 409, "profile-not-changeable"
    )
    unknown = f"/v1/centres/{centre['id']}/profile-changes/{uuid4()}"
    refused(await registry.officer.get(unknown), 404, "not-found")
    refused(await registry.officer.post(f"{unknown}/review"), 404, "not-found")


async def test_a_centre_that_becomes_an_enclave_has_its_agreement_first(registry: Registry) -> None:
    centre = await registry.listed(owner_division="540122", site_division="540122")
    path = await applied(registry, centre["id"], site_division="540102")
    expect(await registry.officer.post(f"{path}/review"), 200)
    refused(await registry.approver.post(f"{path}/approve", DOCUMENT), 409, "enclave-agreement-missing")
    agreement = {"document_no": "当政发〔2018〕7号", "parties": ["当雄县", "城关区"], "signed_on": "2018-11-20"}
    whole = f"/v1/centres/{centre['id']}"
    tag = f'"{expect(await registry.officer.get(whole), 200)["version"]}"'
    expect(await registry.officer.patch(whole, {"enclave_agreement": agreement}, tag), 200)
    expect(await registry.approver.post(f"{path}/approve", DOCUMENT), 200)
    assert expect(await registry.public.get(whole), 200)["enclave"] is True


async def test_nobody_backdates_a_change_before_what_came_between(registry: Registry) -> None:
    """Else a past day would be shown with what came after it."""
    centre = await registry.listed()
    path = await applied(registry, centre["id"])
    expect(await registry.officer.post(f"{path}/review"), 200)
    body = {"reason_code": "investigation"}
    suspend = f"/v1/centres/{centre['id']}/propose-suspension"
    expect(await registry.second_officer.on(NEXT).post(suspend, body), 200)
    early, late = ({**DOCUMENT, "decided_on": day} for day in ("2019-09-01", "2019-09-02"))
    approver = registry.approver.on(date(2019, 10, 1))
    refused(await approver.post(f"{path}/approve", early), 409, "step-before-its-cause")
    expect(await approver.post(f"{path}/approve", late), 200)


async def test_a_pending_change_ends_with_the_centre(registry: Registry) -> None:
    gone, left = await registry.listed(), await registry.listed()
    changes = [await applied(registry, centre["id"], name=f"新{n}") for n, centre in enumerate((gone, left))]
    async with registry.db.transaction() as session:
        await carry_out_decided(session, [decided(gone["id"])])
    path = f"/v1/centres/{left['id']}"
    expect(await registry.second_officer.post(f"{path}/request-withdrawal", {"reason_code": "merged"}), 200)
    expect(await registry.approver.post(f"{path}/withdraw", DOCUMENT), 200)
    for change, code in zip(changes, ("centre_delisted", "centre_withdrawn"), strict=True):
        shown = expect(await registry.officer.get(change), 200)
        assert (shown["status"], shown["refusal_code"]) == ("refused", code)
        refused(await registry.approver.post(f"{change}/approve", DOCUMENT), 409, "invalid-transition")


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        ("UPDATE profile_change SET decided_by = reviewed_by", "ck_profile_change_four_eyes"),
        ("UPDATE profile_change SET resubmitted_by = decided_by", "ck_profile_change_four_eyes_on_correction"),
        ("UPDATE profile_change SET effective_on = NULL", "ck_profile_change_(approved|effective)"),
        ("UPDATE profile_change SET earlier = NULL", "ck_profile_change_approved_by_decision"),
        ("UPDATE profile_change SET effective_on = applied_on - 1", "effective_after_application"),
        ("UPDATE profile_change SET status = 'refused', effective_on = NULL", "refused_with_reason"),
    ],
)
async def test_the_database_keeps_the_rules_of_a_change(registry: Registry, statement: str, constraint: str) -> None:
    await approved(registry, (await registry.listed())["id"])
    with pytest.raises(Exception, match=constraint):
        async with registry.db.transaction() as session:
            await session.execute(text(statement))


@pytest.mark.parametrize(("status", "passes"), [("listed", True), ("suspended", True), ("withdrawn", False)])
async def test_the_rule_asks_for_the_list_and_not_for_the_tier(status: str, passes: bool) -> None:
    edition = loaded_editions().get("lhasa-2019")
    profile = Profile(["innovation_entrepreneurship"], "national", "540102", "540102", Decimal(2), Decimal(1))
    decision = decide_profile_change(edition, centre_status=status, profile=profile, enclave=False, moves=False)
    assert decision.passed is passes
    assert first_possible_day(None, DAY, NEXT) == NEXT
