"""A centre's case over HTTP: register, amend, submit, review, return, list, reject; and who reads what."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import text

from tests.registry.support import DAY, OPERATOR, STRANGER, Json, Registry, centre_body, expect, refused

pytestmark = pytest.mark.asyncio(loop_scope="session")

LISTING = {"document_no": "拉科发〔2019〕12号"}
NOTICE_ENDS, FIRST_DAY = date(2019, 6, 11), date(2019, 6, 12)
"""Of a notice put up on `DAY`: the Dragon Boat day, 7 June, is no working day."""


async def test_operator_registers_a_draft_for_its_own_organisation(registry: Registry) -> None:
    response = await registry.operator.post("/v1/centres", centre_body())
    centre = expect(response, 201)
    assert response.headers["ETag"] == '"1"'
    assert response.headers["Location"] == f"/v1/centres/{centre['id']}"
    assert (centre["no"], centre["status"], centre["total_area_m2"]) == ("CE-2019-0001", "draft", "3200.00")
    assert centre["enclave"] is False


async def test_operator_may_not_register_for_another_organisation(registry: Registry) -> None:
    refusal = refused(await registry.stranger.post("/v1/centres", centre_body()), 403, "operator-code-not-own")
    assert STRANGER in refusal["detail"]


async def test_areas_have_one_form(registry: Registry) -> None:
    sent = {"total_area_m2": "1000", "incubation_area_m2": "800.5", "spaces": {"work": "300"}}
    made = expect(await registry.operator.post("/v1/centres", centre_body(**sent)), 201)
    for centre in (made, expect(await registry.operator.get(f"/v1/centres/{made['id']}"), 200)):
        areas = (centre["total_area_m2"], centre["incubation_area_m2"], centre["spaces"])
        assert areas == ("1000.00", "800.50", {"work": "300.00"})


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"operator_code": OPERATOR[:17] + "0"}, "operator_code"),
        ({"tier": "galactic"}, "tier"),
        ({"service_kinds": ["enterprise", "unknown"]}, "service_kinds"),
        ({"service_kinds": ["enterprise", "enterprise"]}, "service_kinds"),
        ({"service_kinds": []}, "service_kinds"),
        ({"owner_division": "110101"}, "owner_division"),
        ({"site_division": "540100"}, "site_division"),
        ({"incubation_area_m2": "3200.01"}, "incubation_area_m2"),
        ({"total_area_m2": "0"}, "total_area_m2"),
        ({"total_area_m2": "3200.001"}, "total_area_m2"),
        ({"industry_code": "6510"}, "industry_code"),
        ({"industry_code": "A6510"}, "industry_code"),
        ({"name": "   "}, "name"),
        ({"area": "12"}, "area"),
    ],
)
async def test_draft_with_a_wrong_field_names_the_field(
    registry: Registry, changes: dict[str, object], field: str
) -> None:
    problem = refused(await registry.operator.post("/v1/centres", centre_body(**changes)), 422, "validation-failed")
    assert [error["field"] for error in problem["errors"]] == [field]


@pytest.mark.parametrize(
    ("owner", "site", "enclave"),
    [("540122", "540102", True), ("540122", "LIUWU", True), ("540122", "540122", False), ("540104", "540102", False)],
)
async def test_centre_of_a_county_in_the_main_city_is_an_enclave(
    registry: Registry, owner: str, site: str, enclave: bool
) -> None:
    assert (await registry.draft(owner_division=owner, site_division=site))["enclave"] is enclave


async def test_the_whole_way_to_the_list(registry: Registry) -> None:
    path = f"/v1/centres/{(await registry.draft())['id']}"
    submitted = expect(await registry.operator.post(f"{path}/submit"), 200)
    assert (submitted["status"], submitted["edition"], submitted["applied_on"]) == (
        "submitted",
        "lhasa-2019",
        DAY.isoformat(),
    )
    assert submitted["decision"]["passed"] is True
    assert expect(await registry.officer.post(f"{path}/review"), 200)["status"] == "reviewed"
    announced = expect(await registry.officer.post(f"{path}/announce"), 200)
    assert (announced["status"], announced["notice_until"]) == ("announced", NOTICE_ENDS.isoformat())
    listed = expect(await registry.approver.on(FIRST_DAY).post(f"{path}/list", LISTING), 200)
    assert (listed["status"], listed["listed_on"], listed["document_no"]) == (
        "listed",
        FIRST_DAY.isoformat(),
        LISTING["document_no"],
    )
    rules = {result["rule"] for result in listed["decision"]["results"]}
    assert {"ban.application_barred", "policy.in_force", "centre.listing", "centre.tier", "notice.term"} <= rules


async def test_events_tell_who_did_what_when_and_by_which_rules(registry: Registry) -> None:
    centre = await registry.listed()
    events = "SELECT type, actor, aggregate_version, attributes FROM event_log WHERE topic = 'registry.centre'"
    async with registry.db.transaction() as session:
        rows = (await session.execute(text(f"{events} ORDER BY seq"))).all()
    assert [row.type.split(".")[2] for row in rows] == ["registered", "submitted", "reviewed", "announced", "listed"]
    assert [row.aggregate_version for row in rows] == [1, 2, 3, 4, 5]
    assert rows[4].actor == centre["decided_by"]
    assert "centre.tier_approval" in rows[4].attributes
    assert "notice.objections_answered" in rows[4].attributes
    assert '"policyedition":"lhasa-2019"' in rows[4].attributes


async def test_amending_needs_the_version_that_was_read(registry: Registry) -> None:
    path = f"/v1/centres/{(await registry.draft())['id']}"
    refused(await registry.operator.patch(path, {"name": "新名"}), 428, "precondition-required")
    refused(await registry.operator.patch(path, {"name": "新名"}, '"7"'), 412, "precondition-failed")
    amended = expect(await registry.operator.patch(path, {"name": "新名", "industry_code": None}, '"1"'), 200)
    assert (amended["name"], amended["industry_code"], amended["version"]) == ("新名", None, 2)


@pytest.mark.parametrize("body", [{"operator_code": STRANGER}, {"name": None}, {"incubation_area_m2": "9999"}])
async def test_amending_refuses_what_no_draft_may_say(registry: Registry, body: dict[str, object]) -> None:
    path = f"/v1/centres/{(await registry.draft())['id']}"
    refused(await registry.operator.patch(path, body, '"1"'), 422, "validation-failed")


async def test_a_step_honours_if_match_when_it_is_sent(registry: Registry) -> None:
    path = f"/v1/centres/{(await registry.draft())['id']}"
    refused(await registry.operator.post(f"{path}/submit", if_match='"9"'), 412, "precondition-failed")
    expect(await registry.operator.post(f"{path}/submit", if_match='"1"'), 200)


@pytest.mark.parametrize(
    ("verb", "body", "who", "allowed"),
    [
        ("review", None, "officer", "已提交"),
        ("announce", None, "officer", "已审核"),
        ("return", {"reason_code": "incomplete"}, "officer", "已提交、已审核、公示中"),
        ("list", LISTING, "approver", "公示中"),
        ("reject", {"reason_code": "unsuitable"}, "approver", "已提交、已审核、公示中"),
    ],
)
async def test_a_step_out_of_turn_names_the_states_it_is_possible_from(
    registry: Registry, verb: str, body: object, who: str, allowed: str
) -> None:
    path = f"/v1/centres/{(await registry.draft())['id']}/{verb}"
    problem = refused(await getattr(registry, who).post(path, body), 409, "invalid-transition")
    assert "草稿" in problem["detail"]
    assert allowed in problem["detail"]


async def test_a_listed_centre_is_neither_amended_nor_submitted_again(registry: Registry) -> None:
    path = f"/v1/centres/{(await registry.listed())['id']}"
    refused(await registry.operator.patch(path, {"name": "新名"}, '"5"'), 409, "invalid-transition")
    refused(await registry.operator.post(f"{path}/submit"), 409, "invalid-transition")


async def test_returned_application_says_why_and_comes_back_under_its_edition(registry: Registry) -> None:
    centre = await registry.submitted()
    path = f"/v1/centres/{centre['id']}"
    body = {"reason_code": "documents_missing", "remark": "请补充租赁合同。"}
    returned = expect(await registry.officer.post(f"{path}/return", body), 200)
    assert (returned["status"], returned["reason_code"], returned["reviewed_by"]) == (
        "returned",
        "documents_missing",
        None,
    )
    assert expect(await registry.operator.get(path), 200)["remark"] == "请补充租赁合同。"
    later = registry.operator.on(date(2021, 1, 4))
    again = expect(await later.post(f"{path}/submit"), 200)
    assert (again["edition"], again["applied_on"], again["reason_code"]) == ("lhasa-2019", DAY.isoformat(), None)


async def test_what_was_written_stays_out_of_the_event_but_for_its_hash(registry: Registry) -> None:
    path = f"/v1/centres/{(await registry.submitted())['id']}/reject"
    expect(await registry.approver.post(path, {"reason_code": "unsuitable", "remark": "场地与申报不符。"}), 200)
    async with registry.db.transaction() as session:
        data = await session.scalar(text("SELECT data FROM event_log WHERE type = 'registry.centre.rejected.v1'"))
        digest = await session.scalar(text("SELECT digest FROM case_remark"))
    assert "场地" not in data
    assert digest in data


async def test_nobody_lists_what_he_reviewed_or_submitted(registry: Registry) -> None:
    everything = registry.caller("science_officer", "science_approver", account="one-person")
    submitted = await registry.draft()
    expect(await everything.post(f"/v1/centres/{submitted['id']}/submit"), 200)
    expect(await registry.officer.post(f"/v1/centres/{submitted['id']}/review"), 200)
    expect(await registry.officer.post(f"/v1/centres/{submitted['id']}/announce"), 200)
    refused(await everything.post(f"/v1/centres/{submitted['id']}/list", LISTING), 403, "four-eyes-required")
    reviewed = await registry.submitted()
    expect(await everything.post(f"/v1/centres/{reviewed['id']}/review"), 200)
    expect(await registry.officer.post(f"/v1/centres/{reviewed['id']}/announce"), 200)
    refused(await everything.post(f"/v1/centres/{reviewed['id']}/list", LISTING), 403, "four-eyes-required")
    refused(
        await everything.post(f"/v1/centres/{reviewed['id']}/reject", {"reason_code": "unsuitable"}),
        403,
        "four-eyes-required",
    )


async def test_the_database_refuses_a_listing_by_two_eyes(registry: Registry) -> None:
    centre = await registry.listed()
    with pytest.raises(Exception, match="ck_centre_four_eyes"):
        async with registry.db.transaction() as session:
            await session.execute(
                text("UPDATE centre SET decided_by = submitted_by WHERE id = :id"), {"id": centre["id"]}
            )


async def test_a_centre_is_listed_as_no_tier_that_the_state_designates(registry: Registry) -> None:
    path = f"/v1/centres/{(await registry.draft(tier='national'))['id']}"
    problem = refused(await registry.operator.post(f"{path}/submit"), 409, "tier-not-at-listing")
    assert problem["clauses"] == ["2.1-3"]


@pytest.mark.parametrize(
    ("today", "status"),
    [(date(2018, 12, 31), 409), (date(2019, 1, 1), 200), (date(2020, 12, 31), 200), (date(2021, 1, 1), 409)],
)
async def test_application_needs_the_policy_in_force_on_its_day(registry: Registry, today: date, status: int) -> None:
    path = f"/v1/centres/{(await registry.draft())['id']}/submit"
    response = await registry.operator.on(today).post(path)
    if status == 409:
        problem = refused(response, 409, "policy-not-in-force")
        assert problem["clauses"] == ["6-1"]
        assert today.isoformat() in problem["detail"]
    else:
        expect(response, 200)


async def test_application_in_time_is_listed_after_the_policys_end(registry: Registry) -> None:
    path = f"/v1/centres/{(await registry.draft())['id']}"
    expect(await registry.operator.on(date(2020, 12, 31)).post(f"{path}/submit"), 200)
    expect(await registry.officer.on(date(2021, 1, 15)).post(f"{path}/review"), 200)
    expect(await registry.officer.on(date(2021, 1, 18)).post(f"{path}/announce"), 200)
    listed = expect(await registry.approver.on(date(2021, 2, 1)).post(f"{path}/list", LISTING), 200)
    assert (listed["edition"], listed["listed_on"]) == ("lhasa-2019", "2021-02-01")


async def test_only_bureaus_enter_past_dates_and_nobody_the_future(registry: Registry) -> None:
    path = f"/v1/centres/{(await registry.draft())['id']}"
    past, future = {"applied_on": "2019-05-06"}, {"applied_on": "2019-06-04"}
    refused(await registry.operator.post(f"{path}/submit", past), 422, "effective-date-not-allowed")
    refused(await registry.officer.post(f"{path}/submit", future), 422, "effective-date-in-future")
    assert expect(await registry.officer.post(f"{path}/submit", past), 200)["applied_on"] == "2019-05-06"
    early = {"reviewed_on": "2019-05-05"}
    refused(await registry.officer.post(f"{path}/review", early), 409, "step-before-its-cause")


async def test_public_reads_listed_centres_with_public_fields_only(registry: Registry) -> None:
    listed, draft = await registry.listed(), await registry.draft()
    public = expect(await registry.public.get(f"/v1/centres/{listed['id']}"), 200)
    assert public["name"] == listed["name"]
    assert not {"decision", "submitted_by", "version", "remark"} & set(public)
    refused(await registry.public.get(f"/v1/centres/{draft['id']}"), 404, "not-found")
    items = expect(await registry.public.get("/v1/centres"), 200)["items"]
    assert [item["id"] for item in items] == [listed["id"]]


async def test_operator_sees_its_own_cases_whole_and_others_as_the_public_does(registry: Registry) -> None:
    own, foreign_draft = await registry.draft(), await registry.draft(operator_code=STRANGER)
    foreign = await registry.listed(operator_code=STRANGER)
    assert "decision" in expect(await registry.operator.get(f"/v1/centres/{own['id']}"), 200)
    assert "decision" not in expect(await registry.operator.get(f"/v1/centres/{foreign['id']}"), 200)
    refused(await registry.operator.get(f"/v1/centres/{foreign_draft['id']}"), 404, "not-found")
    items = expect(await registry.operator.get("/v1/centres"), 200)["items"]
    assert {item["id"] for item in items} == {own["id"], foreign["id"]}


async def test_division_sees_cases_it_owns_or_hosts(registry: Registry) -> None:
    enclave = await registry.draft(owner_division="540122", site_division="540102")
    for division, status in [("540122", 200), ("540102", 200), ("540127", 404)]:
        caller = registry.caller("division_officer", division=division)
        assert (await caller.get(f"/v1/centres/{enclave['id']}")).status_code == status


async def test_list_filters_and_pages(registry: Registry) -> None:
    first = await registry.draft(name="A中心100%", tier="specialised")
    second = await registry.draft(name="B中心", operator_code=STRANGER, owner_division="540122")
    third = await registry.listed(name="C中心")
    for params, found in [
        ({"tier": "specialised"}, [first]),
        ({"operator_code": STRANGER}, [second]),
        ({"owner_division": "540122"}, [second]),
        ({"enclave": "true"}, [second]),
        ({"status": "listed"}, [third]),
        ({"no": first["no"]}, [first]),
        ({"name": "c中"}, [third]),
        ({"name": "0%"}, [first]),
        ({"sort": "-name"}, [third, second, first]),
    ]:
        items = expect(await registry.officer.get("/v1/centres", **params), 200)["items"]
        assert [item["id"] for item in items] == [centre["id"] for centre in found], params
    refused(await registry.officer.get("/v1/centres", colour="red"), 422, "validation-failed")
    page = await registry.officer.get("/v1/centres", limit=2)
    assert 'rel="next"' in page.headers["Link"]
    rest = expect(await registry.officer.get("/v1/centres", limit=2, cursor=page.json()["next"]), 200)
    assert [item["id"] for item in rest["items"]] == [third["id"]]
    assert rest["next"] is None


async def test_repeated_registration_under_one_key_registers_once(registry: Registry) -> None:
    body = centre_body()
    first = await registry.operator.post("/v1/centres", body, Idempotency_Key="k-1")
    again = await registry.operator.post("/v1/centres", body, Idempotency_Key="k-1")
    assert first.json() == again.json()
    assert len(expect(await registry.officer.get("/v1/centres"), 200)["items"]) == 1


async def test_one_application_is_open_under_a_name_of_an_operator(registry: Registry) -> None:
    first = expect(await registry.operator.post("/v1/centres", centre_body()), 201)
    problem = refused(await registry.operator.post("/v1/centres", centre_body()), 409, "centre-application-open")
    assert first["no"] in problem["detail"]
    other = expect(await registry.operator.post("/v1/centres", centre_body(name="城关二中心")), 201)
    renamed = {"name": first["name"]}
    answer = await registry.operator.patch(f"/v1/centres/{other['id']}", renamed, '"1"')
    refused(answer, 409, "centre-application-open")
    expect(await registry.stranger.post("/v1/centres", centre_body(operator_code=STRANGER)), 201)
    path = f"/v1/centres/{first['id']}"
    expect(await registry.operator.post(f"{path}/submit"), 200)
    expect(await registry.approver.post(f"{path}/reject", {"reason_code": "unsuitable"}), 200)
    expect(await registry.operator.post("/v1/centres", centre_body()), 201)


@pytest.mark.parametrize("verb", ["return", "reject"])
async def test_a_reason_is_one_of_the_editions(registry: Registry, verb: str) -> None:
    path = f"/v1/centres/{(await registry.submitted())['id']}/{verb}"
    problem = refused(await registry.approver.post(path, {"reason_code": "whim"}), 422, "validation-failed")
    assert [error["field"] for error in problem["errors"]] == ["reason_code"]
    expect(await registry.approver.post(path, {"reason_code": "objection_upheld"}), 200)


@pytest.mark.parametrize("changes", [{}, {"name": "城关双创中心", "total_area_m2": "3200.00"}], ids=["empty", "same"])
async def test_what_changes_nothing_is_no_amendment(registry: Registry, changes: Json) -> None:
    path = f"/v1/centres/{(await registry.draft(name='城关双创中心'))['id']}"
    answer = await registry.operator.patch(path, changes, '"1"')
    assert (expect(answer, 200)["version"], answer.headers["ETag"]) == (1, '"1"')
    refused(await registry.operator.patch(path, changes, '"7"'), 412, "precondition-failed")
    enterprise = await registry.enterprise()
    answer = await registry.officer.patch(f"/v1/enterprises/{enterprise['id']}", {}, '"1"')
    assert expect(answer, 200)["version"] == 1
