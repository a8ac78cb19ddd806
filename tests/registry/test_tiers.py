"""Tiers over HTTP: applied for, designated, and the history without gaps (2.1-0 to 2.1-3)."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest
from sqlalchemy import text

from services.registry.consumers import carry_out_decided
from tests.registry.support import ANNOUNCED, DAY, OPERATOR, Caller, Json, Registry, decided, expect, refused

pytestmark = pytest.mark.asyncio(loop_scope="session")

APPLICATIONS = "/v1/tier-applications"
APPROVAL = {"document_no": "拉科发〔2019〕30号"}
SYSTEM = ("startup_service", "training", "incubation", "investment", "special")
FREE = date(2019, 6, 12)
"""A notice put up on `DAY` runs over the Dragon Boat Festival and ends the day before."""
DESIGNATION = {
    "issuer": "国家发展改革委",
    "document_no": "发改高技〔2018〕1号",
    "designated_on": "2018-11-20",
}


async def ready(registry: Registry, listed_on: date = DAY, **changes: object) -> Json:
    """A centre listed on the day: one tenant of its own industry, filed, every service confirmed, one transfer, and an
    agreement with an incubator."""
    centre = await registry.listed(listed_on, **changes)
    enterprise = await registry.enterprise()
    tenancy = await registry.admitted(centre["id"], enterprise["id"])
    expect(await registry.officer.post(f"/v1/tenancies/{tenancy['id']}/file", {}), 200)
    for kind in (*SYSTEM, "technology_transfer"):
        await serve(registry, centre, enterprise, kind)
    await agree(registry, centre)
    return centre


async def agree(registry: Registry, centre: Json, kind: str = "incubator", **changes: object) -> Json:
    """An agreement in force since `ANNOUNCED`, with a new partner."""
    body = {"name": "启迪孵化器", "kind": kind, "origin_province": "110000", "capital": "1.00"}
    partner = expect(await registry.officer.post("/v1/partners", body), 201)
    signed = {"document_no": f"XY-{partner['no']}", "subject": "孵化合作", "signed_on": ANNOUNCED.isoformat()}
    sent = {"partner_id": partner["id"], "valid_from": ANNOUNCED.isoformat(), **signed, **changes}
    return expect(await registry.officer.post(f"/v1/centres/{centre['id']}/agreements", sent), 201)


async def serve(registry: Registry, centre: Json, enterprise: Json, kind: str, on: date = DAY) -> None:
    body = {
        "centre_id": centre["id"],
        "enterprise_id": enterprise["id"],
        "type": kind,
        "title": "服务",
        "provided_on": on.isoformat(),
        "document_no": "合同1号",
    }
    record = expect(await registry.operator.on(on).post("/v1/service-records", body), 201)
    firm = registry.caller("enterprise", org=enterprise["code"], today=on)
    expect(await firm.post(f"/v1/service-records/{record['id']}/confirm"), 200)


async def announced(registry: Registry, centre: Json) -> str:
    """The path of an application on public notice since `DAY`."""
    body = {"centre_id": centre["id"], "tier": "specialised"}
    path = f"{APPLICATIONS}/{expect(await registry.operator.post(APPLICATIONS, body), 201)['id']}"
    expect(await registry.officer.post(f"{path}/review"), 200)
    expect(await registry.officer.post(f"{path}/announce"), 200)
    return path


async def tiers(caller: Caller, centre: Json, **params: object) -> list[tuple[str, str, str | None]]:
    items = expect(await caller.get(f"/v1/centres/{centre['id']}/tiers", **params), 200)["items"]
    return [(item["tier"], item["from_on"], item["until_on"]) for item in items]


async def test_specialised_is_applied_for_announced_and_approved_by_another_person(registry: Registry) -> None:
    centre = await ready(registry)
    path = await announced(registry, centre)
    notice = expect(await registry.public.get(f"{path}/notice"), 200)
    assert notice["first_decision_day"] == FREE.isoformat()
    refused(await registry.approver.post(f"{path}/approve", APPROVAL), 409, "notice-running")
    approver = registry.approver.on(FREE)
    approved = expect(await approver.post(f"{path}/approve", APPROVAL), 200)
    assert (approved["no"], approved["status"], approved["effective_on"]) == ("TA-2019-0001", "approved", "2019-06-12")
    shown = expect(await registry.public.on(FREE).get(f"/v1/centres/{centre['id']}"), 200)
    assert shown["tier"] == "specialised"
    assert await tiers(registry.public.on(FREE), centre) == [
        ("standard", "2019-06-03", "2019-06-11"),
        ("specialised", "2019-06-12", None),
    ]
    for day, tier in [("2019-06-02", []), ("2019-06-03", ["standard"]), ("2019-06-11", ["standard"]),
                      ("2019-06-12", ["specialised"]), ("2030-01-01", ["specialised"])]:  # fmt: skip
        assert [found[0] for found in await tiers(registry.public.on(date(2030, 1, 1)), centre, on=day)] == tier, day


async def test_tier_change_is_told_with_its_day_and_rules(registry: Registry) -> None:
    path = await announced(registry, await ready(registry))
    expect(await registry.approver.on(FREE).post(f"{path}/approve", APPROVAL), 200)
    async with registry.db.transaction() as session:
        query = text("SELECT data::jsonb->>'tier', effective_on FROM event_log WHERE type = :type")
        rows = await session.execute(query, {"type": "registry.centre.tier_changed.v1"})
    assert rows.all() == [("specialised", FREE)]


async def test_eligibility_names_every_criterion_and_records_nothing(registry: Registry) -> None:
    centre = await registry.listed()
    body = {"centre_id": centre["id"], "tier": "specialised"}
    answer = expect(await registry.operator.post(f"{APPLICATIONS}/eligibility", body), 200)
    failed = {result["rule"]: result for result in answer["decision"]["results"] if not result["passed"]}
    assert (answer["eligible"], set(failed)) == (
        False,
        {"tiers.service_system", "tiers.incubator_agreements", "tiers.same_industry", "tiers.technology_transfer"},
    )
    assert (failed["tiers.same_industry"]["limit"], failed["tiers.same_industry"]["inputs"]["incubatees"]) == ("75", 0)
    problem = refused(await registry.operator.post(APPLICATIONS, body), 409, "service-system-incomplete")
    assert problem["clauses"] == ["2.1-1", "2.1-2"]
    assert expect(await registry.operator.get(APPLICATIONS), 200)["items"] == []
    refused(await registry.stranger.post(f"{APPLICATIONS}/eligibility", body), 404, "not-found")
    refused(await registry.operator.post(APPLICATIONS, {**body, "tier": "golden"}), 422, "validation-failed")


async def test_a_service_counts_from_the_corresponding_day_a_year_before(registry: Registry) -> None:
    centre = await ready(registry)
    body = {"centre_id": centre["id"], "tier": "specialised"}
    for day, eligible in [(date(2020, 6, 3), True), (date(2020, 6, 4), False)]:
        answer = expect(await registry.operator.on(day).post(f"{APPLICATIONS}/eligibility", body), 200)
        assert answer["eligible"] is eligible, day


async def test_criteria_are_tested_again_at_approval(registry: Registry) -> None:
    centre = await ready(registry)
    path = await announced(registry, centre)
    for number in range(2):
        other = await registry.enterprise(industry_code="A0111", name=f"高原农牧{number}")
        await registry.admitted(centre["id"], other["id"])
    refused(await registry.approver.on(FREE).post(f"{path}/approve", APPROVAL), 409, "same-industry-too-few")


async def test_one_application_for_a_tier_at_a_time_until_withdrawn(registry: Registry) -> None:
    centre = await ready(registry)
    path = await announced(registry, centre)
    body = {"centre_id": centre["id"], "tier": "specialised"}
    refused(await registry.operator.post(APPLICATIONS, body), 409, "tier-application-pending")
    assert expect(await registry.operator.post(f"{path}/withdraw"), 200)["status"] == "withdrawn"
    refused(await registry.approver.on(FREE).post(f"{path}/approve", APPROVAL), 409, "invalid-transition")
    expect(await registry.operator.post(APPLICATIONS, body), 201)


@pytest.mark.parametrize("own", ["review", "announce"])
async def test_nobody_approves_a_tier_that_he_handled(registry: Registry, own: str) -> None:
    centre = await ready(registry)
    both = registry.caller("science_officer", "science_approver", account="one-person")
    body = {"centre_id": centre["id"], "tier": "specialised"}
    path = f"{APPLICATIONS}/{expect(await registry.operator.post(APPLICATIONS, body), 201)['id']}"
    for step in ("review", "announce"):
        expect(await (both if step == own else registry.officer).post(f"{path}/{step}"), 200)
    refused(await both.on(FREE).post(f"{path}/approve", APPROVAL), 403, "four-eyes-required")
    refused(await both.on(FREE).post(f"{path}/refuse", {"reason_code": "unsuitable"}), 403, "four-eyes-required")
    expect(await registry.approver.on(FREE).post(f"{path}/refuse", {"reason_code": "unsuitable"}), 200)


async def test_draft_states_no_tier_but_that_of_the_listing(registry: Registry) -> None:
    for tier in ("specialised", "national"):
        draft = await registry.draft(tier=tier)
        problem = refused(await registry.officer.post(f"/v1/centres/{draft['id']}/submit"), 409, "tier-not-at-listing")
        assert problem["clauses"] == ["2.1-3"]


async def test_nobody_has_applied_for_a_tier_before_the_listing(registry: Registry) -> None:
    centre = await ready(registry)
    body = {"centre_id": centre["id"], "tier": "specialised"}
    early = await registry.officer.post(APPLICATIONS, {**body, "applied_on": "2019-06-02"})
    problem = expect(early, 409)
    assert "centre-not-listed-yet" in {result["message"] for result in problem["decision"]["results"]}
    expect(await registry.officer.post(APPLICATIONS, {**body, "applied_on": "2019-06-03"}), 201)


async def test_ban_is_tested_for_tiers_at_submission_and_approval(registry: Registry) -> None:
    centre = await ready(registry)
    path = await announced(registry, centre)
    async with registry.db.transaction() as session:
        await session.execute(
            text(
                "INSERT INTO ban (id, case_id, centre_id, operator_code, decision_no, published_on, last_barred_day,"
                " first_open_day, status) VALUES (gen_random_uuid(), gen_random_uuid(), :centre, :operator, 'x',"
                " '2019-06-12', '2022-06-12', '2022-06-13', 'in_force')"
            ),
            {"centre": centre["id"], "operator": OPERATOR},
        )
    refused(await registry.approver.on(FREE).post(f"{path}/approve", APPROVAL), 409, "carrier-ban-in-force")
    body = {"centre_id": centre["id"], "tier": "specialised"}
    refused(await registry.operator.on(FREE).post(APPLICATIONS, body), 409, "carrier-ban-in-force")


async def test_delisting_refuses_pending_applications_and_ends_the_tier(registry: Registry) -> None:
    centre = await ready(registry)
    path = await announced(registry, centre)
    order = decided(centre["id"], on=date(2019, 6, 20))
    async with registry.db.transaction() as session:
        await carry_out_decided(session, [order])
    shown = expect(await registry.operator.get(path), 200)
    assert (shown["status"], shown["reason_code"], shown["case_id"]) == (
        "refused",
        "carrier_ban",
        str(order.data.id),
    )
    assert await tiers(registry.public, centre) == [("standard", "2019-06-03", "2019-06-20")]
    assert await tiers(registry.public.on(date(2019, 6, 21)), centre, on="2019-06-21") == []


async def test_designation_is_recorded_by_one_person_and_confirmed_by_another(registry: Registry) -> None:
    centre = await registry.listed(DAY)
    path = f"/v1/centres/{centre['id']}/designations"
    both = registry.caller("science_officer", "science_approver", account="one-person")
    designation = expect(await both.post(path, DESIGNATION), 201)
    assert (designation["no"], designation["status"], designation["tier"]) == ("DS-2019-0001", "recorded", "national")
    refused(await registry.officer.post(path, DESIGNATION), 409, "designation-pending")
    confirm = f"{path}/{designation['id']}/confirm"
    refused(await both.on(FREE).post(confirm), 403, "four-eyes-required")
    refused(await registry.approver.post(confirm), 409, "tier-change-too-early")
    assert expect(await registry.public.get(path), 200)["items"] == []
    confirmed = expect(await registry.approver.on(FREE).post(confirm), 200)
    assert (confirmed["status"], confirmed["effective_on"]) == ("confirmed", "2019-06-12")
    assert await tiers(registry.public, centre) == [
        ("standard", "2019-06-03", "2019-06-11"),
        ("national", "2019-06-12", None),
    ]
    [shown] = expect(await registry.public.get(path), 200)["items"]
    assert (shown["status"], shown["recorded_by"], shown["decided_by"]) == ("confirmed", None, None)
    assert expect(await registry.public.get(f"{path}/{designation['id']}"), 200)["decided_by"] is None
    assert expect(await registry.officer.get(f"{path}/{designation['id']}"), 200)["decided_by"]


async def test_confirmation_names_an_earlier_day_within_the_history(registry: Registry) -> None:
    centre = await registry.listed(DAY)
    path = f"/v1/centres/{centre['id']}/designations"
    designation = expect(await registry.officer.on(FREE).post(path, DESIGNATION), 201)
    confirm = f"{path}/{designation['id']}/confirm"
    approver = registry.approver.on(FREE)
    refused(await approver.post(confirm, {"effective_on": "2019-06-03"}), 409, "tier-change-too-early")
    refused(await approver.post(confirm, {"effective_on": "2018-11-19"}), 409, "designation-not-yet-in-effect")
    expect(await approver.post(confirm, {"effective_on": "2019-06-04"}), 200)
    assert await tiers(registry.public, centre) == [
        ("standard", "2019-06-03", "2019-06-03"),
        ("national", "2019-06-04", None),
    ]


async def test_designation_is_for_the_states_tier_and_the_centres_own_partners(registry: Registry) -> None:
    centre = await registry.listed()
    path = f"/v1/centres/{centre['id']}/designations"
    refused(await registry.officer.post(path, {**DESIGNATION, "tier": "specialised"}), 409, "tier-not-designated")
    stranger = {**DESIGNATION, "partner_ids": [str(uuid4())]}
    assert refused(await registry.officer.post(path, stranger), 422, "validation-failed")["errors"]
    refused(await registry.operator.post(path, DESIGNATION), 403, "forbidden")
    draft = await registry.draft()
    refused(
        await registry.officer.post(f"/v1/centres/{draft['id']}/designations", DESIGNATION), 409, "centre-not-listed"
    )


async def test_designation_that_is_not_confirmed_changes_nothing(registry: Registry) -> None:
    centre = await registry.listed()
    path = f"/v1/centres/{centre['id']}/designations"
    designation = expect(await registry.officer.post(path, DESIGNATION), 201)
    reason = {"reason_code": "document_not_found"}
    rejected = expect(await registry.approver.post(f"{path}/{designation['id']}/reject", reason), 200)
    assert rejected["status"] == "rejected"
    assert [found[0] for found in await tiers(registry.public, centre)] == ["standard"]
    expect(await registry.officer.post(path, DESIGNATION), 201)


@pytest.mark.parametrize(
    ("from_on", "until_on", "follows_on", "basis", "constraint"),
    [
        ("2019-06-10", None, "2019-06-09", "application", "fk_tier_period_follows_on"),
        ("2019-06-10", None, "2019-06-08", "application", "ck_tier_period_no_gap"),
        ("2019-06-10", None, None, "listing", "ex_tier_period_centre_period"),
        ("2019-05-01", "2019-06-03", None, "listing", "ex_tier_period_centre_period"),
        ("2019-06-10", None, None, "application", "ck_tier_period_listing_begins"),
    ],
)
async def test_the_database_refuses_gaps_and_overlaps(
    registry: Registry, from_on: str, until_on: str | None, follows_on: str | None, basis: str, constraint: str
) -> None:
    centre = await registry.listed()
    source = None if basis == "listing" else str(uuid4())
    row = {"centre": centre["id"], "from_on": from_on, "until_on": until_on, "follows_on": follows_on}
    days = {name: date.fromisoformat(value) if name.endswith("_on") and value else value for name, value in row.items()}
    if constraint.startswith("fk_"):
        async with registry.db.transaction() as session:
            await session.execute(text("UPDATE tier_period SET until_on = '2019-06-05'"))
    with pytest.raises(Exception, match=constraint):
        async with registry.db.transaction() as session:
            await session.execute(
                text(
                    "INSERT INTO tier_period (id, centre_id, tier, from_on, until_on, follows_on, basis, source_id)"
                    " VALUES (uuidv7(), :centre, 'specialised', :from_on, :until_on, :follows_on, :basis, :source)"
                ),
                {**days, "basis": basis, "source": source},
            )


async def test_operator_reads_its_own_applications_and_officers_date_them_back(registry: Registry) -> None:
    centre = await ready(registry, ANNOUNCED)
    body = {"centre_id": centre["id"], "tier": "specialised", "applied_on": ANNOUNCED.isoformat()}
    refused(await registry.operator.post(APPLICATIONS, body), 422, "effective-date-not-allowed")
    refused(await registry.officer.post(APPLICATIONS, body), 409, "service-system-incomplete")
    path = await announced(registry, centre)
    refused(await registry.stranger.get(path), 404, "not-found")
    assert len(expect(await registry.operator.get(APPLICATIONS, status="announced"), 200)["items"]) == 1
    assert expect(await registry.operator.get(APPLICATIONS, status="approved"), 200)["items"] == []
    refused(await registry.officer.post(f"{path}/review", if_match='"9"'), 412, "precondition-failed")
