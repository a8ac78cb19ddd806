"""Issue of vouchers: to start-ups in listed centres, within quota and budget (4.3-1 to 4.3-3)."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from shared.ids import uuid7
from tests.vouchers.support import (
    AUDITOR,
    DIVISION,
    OTHER_DIVISION,
    PUBLIC,
    SCIENCE_OFFICER,
    Caller,
    Town,
    approver,
    code_of,
    officer,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")

PATH = "/v1/vouchers"


async def test_a_voucher_carries_the_programmes_terms_and_never_its_code(town: Town) -> None:
    centre = await town.registry.centre()
    firm = await town.registry.tenant(centre)
    programme = await town.programme(subsidy_percent="40.00", valid_months=6)
    issued = await town.voucher(programme, firm, "30000.00", category="legal_protection")
    assert issued["no"].startswith("VC-2019-")
    assert (issued["status"], issued["balance"], issued["held"], issued["spent"]) == (
        "active",
        "30000.00",
        "0.00",
        "0.00",
    )
    assert (issued["issued_on"], issued["valid_until"]) == ("2019-06-03", "2019-12-03")
    assert (issued["subsidy_percent"], issued["category"], issued["edition"]) == (
        "40.00",
        "legal_protection",
        "lhasa-2019",
    )
    assert [result["rule"] for result in issued["decision"]["results"]] == [
        "policy.in_force",
        "vouchers.budget",
        "vouchers.in_centre",
        "vouchers.issuer",
        "vouchers.startup_age",
        "vouchers.eligible_size",
        "vouchers.category",
        "vouchers.quota",
        "vouchers.city_quota",
        "vouchers.budget",
    ]
    assert "code" not in issued
    assert await town.events(issued["id"], "vouchers.voucher.issued.v1") == 1
    shown = (await town.api.get(PUBLIC, f"/v1/voucher-programmes/{programme}")).json()
    assert shown["issued"] == "30000.00"


async def test_the_code_is_shown_to_the_holder_alone_and_found_nowhere_else(town: Town) -> None:
    standing = await town.standing()
    secret = standing.code.replace("-", "")
    path = f"{PATH}/{standing.voucher_id}/code"
    response = await town.api.get(standing.firm.caller, path)
    assert response.headers["Cache-Control"] == "no-store"
    stranger = await town.registry.enterprise()
    assert code_of(await town.api.get(stranger.caller, path)) == (404, "not-found")
    for caller in (officer(), SCIENCE_OFFICER, AUDITOR, standing.seller.caller):
        assert (await town.api.get(caller, path)).status_code == 403
    await standing.at_counter("10.00")
    for table in ("event_log", "idempotency_key", "voucher", "redemption", "ceiling"):
        found = await town.one(
            f"SELECT count(*) FROM {table} WHERE strpos({table}::text, :plain) + strpos({table}::text, :secret) > 0",
            plain=standing.code,
            secret=secret,
        )
        assert found == 0, table
    stored = await town.one("SELECT string_agg(convert_from(body, 'UTF8'), '') FROM idempotency_key")
    assert secret not in stored
    assert standing.code not in stored


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ("no stay", "not-in-a-centre"),
        ("stay over", "not-in-a-centre"),
        ("stay to come", "not-in-a-centre"),
        ("centre not listed", "centre-not-listed"),
        ("too old", "startup-too-old"),
        ("other division", "issuer-of-another-place"),
    ],
)
async def test_an_enterprise_that_does_not_fit_is_refused_with_the_rule(town: Town, wrong: str, code: str) -> None:
    owner = OTHER_DIVISION if wrong == "other division" else DIVISION
    centre = await town.registry.centre(status="submitted" if wrong == "centre not listed" else "listed", owner=owner)
    firm = await town.registry.enterprise(registered_on=date(2014, 6, 2) if wrong == "too old" else date(2018, 1, 1))
    if wrong == "stay over":
        await town.registry.tenancy(firm.id, centre, ended_on=date(2019, 6, 2))
    elif wrong == "stay to come":
        await town.registry.tenancy(firm.id, centre, admitted_on=date(2019, 6, 4))
    elif wrong != "no stay":
        await town.registry.tenancy(firm.id, centre)
    programme = await town.programme()
    body = {"programme_id": programme, "enterprise_id": str(firm.id), "face_value": "100.00"}
    response = await town.api.post(officer(), PATH, body)
    assert code_of(response) == (409, code)
    problem = response.json()
    failed = [result for result in problem["decision"]["results"] if not result["passed"]]
    assert problem["clauses"] == list(dict.fromkeys(result["clause"] for result in failed))
    assert failed[0]["text"]
    assert "{" not in "".join(result["text"] or "" for result in problem["decision"]["results"])
    assert await town.one("SELECT count(*) FROM voucher WHERE enterprise_id = :id", id=firm.id) == 0


async def test_the_last_day_of_a_stay_still_counts(town: Town) -> None:
    centre = await town.registry.centre()
    firm = await town.registry.enterprise()
    await town.registry.tenancy(firm.id, centre, ended_on=date(2019, 6, 3))
    assert (await town.voucher(await town.programme(), firm))["status"] == "active"


async def test_the_quota_holds_over_all_programmes_of_an_issuer_and_ends_with_the_year(town: Town) -> None:
    centre = await town.registry.centre()
    firm = await town.registry.tenant(centre)
    first = await town.programme(enterprise_quota="50000.00")
    second = await town.programme(kind="startup", enterprise_quota="50000.00")
    await town.voucher(first, firm, "30000.00")
    body = {"programme_id": second, "enterprise_id": str(firm.id), "face_value": "20000.01"}
    refused = await town.api.post(officer(), PATH, body)
    assert code_of(refused) == (409, "voucher-quota-exceeded")
    assert "20000.00" in refused.json()["detail"]
    await town.voucher(second, firm, "20000.00")
    later = {**body, "programme_id": await town.programme(year=2020), "face_value": "0.01"}
    assert (await town.api.post(officer(), PATH, later, today=date(2020, 1, 2))).status_code == 201


async def test_a_programme_with_a_lower_quota_keeps_to_it_whatever_another_allowed(town: Town) -> None:
    centre = await town.registry.centre()
    firm = await town.registry.tenant(centre)
    generous, strict = await town.programme(), await town.programme(enterprise_quota="1000.00")
    await town.voucher(generous, firm, "900.00")
    body = {"programme_id": strict, "enterprise_id": str(firm.id), "face_value": "100.01"}
    assert code_of(await town.api.post(officer(), PATH, body)) == (409, "voucher-quota-exceeded")
    await town.voucher(strict, firm, "100.00")


async def test_the_budget_is_met_to_the_fen(town: Town) -> None:
    centre = await town.registry.centre()
    firm = await town.registry.tenant(centre)
    programme = await town.programme(budget="100.00")
    await town.voucher(programme, firm, "99.99")
    body = {"programme_id": programme, "enterprise_id": str(firm.id), "face_value": "0.02"}
    assert code_of(await town.api.post(officer(), PATH, body)) == (409, "voucher-budget-exceeded")
    await town.voucher(programme, firm, "0.01")


async def test_a_refused_issue_leaves_quota_and_budget_as_they_were(town: Town) -> None:
    centre = await town.registry.centre()
    firm = await town.registry.tenant(centre)
    programme = await town.programme(budget="100.00")
    body = {"programme_id": programme, "enterprise_id": str(firm.id), "face_value": "100.01"}
    assert code_of(await town.api.post(officer(), PATH, body)) == (409, "voucher-budget-exceeded")
    assert (await town.voucher(programme, firm, "100.00"))["balance"] == "100.00"
    sql = "SELECT sum(committed) FROM ceiling WHERE kind = 'vouchers.enterprise_quota' AND subject LIKE :firm"
    assert await town.one(sql, firm=f"%{firm.id}") == 100


async def test_an_enclave_firm_gets_vouchers_of_owner_or_site_not_of_both_in_a_year(town: Town) -> None:
    centre = await town.registry.centre(owner=OTHER_DIVISION, site=DIVISION)
    firm = await town.registry.tenant(centre)
    owners, sites = await town.programme(OTHER_DIVISION), await town.programme(DIVISION)
    await town.voucher(owners, firm, "100.00", division=OTHER_DIVISION)
    body = {"programme_id": sites, "enterprise_id": str(firm.id), "face_value": "100.00"}
    refused = await town.api.post(officer(), PATH, body)
    assert code_of(refused) == (409, "enclave-issuer-other")
    assert OTHER_DIVISION in refused.json()["detail"]
    await town.voucher(owners, firm, "100.00", division=OTHER_DIVISION)
    next_year = {**body, "programme_id": await town.programme(year=2020)}
    assert (await town.api.post(officer(), PATH, next_year, today=date(2020, 1, 2))).status_code == 201


async def test_two_issuers_at_once_cannot_both_have_an_enclave_firm(town: Town) -> None:
    centre = await town.registry.centre(owner=OTHER_DIVISION, site=DIVISION)
    programmes = {OTHER_DIVISION: await town.programme(OTHER_DIVISION), DIVISION: await town.programme(DIVISION)}
    for _ in range(5):
        firm = await town.registry.tenant(centre)
        answers = await asyncio.gather(
            *(
                town.api.post(
                    officer(division),
                    PATH,
                    {"programme_id": programme, "enterprise_id": str(firm.id), "face_value": "100.00"},
                )
                for division, programme in programmes.items()
            )
        )
        assert sorted(answer.status_code for answer in answers) == [201, 409]


async def test_what_the_registry_has_not_told_yet_is_waited_for_and_then_refused(town: Town) -> None:
    programme = await town.programme()
    body = {"programme_id": programme, "enterprise_id": str(uuid7()), "face_value": "100.00"}
    refused = await town.api.post(officer(), PATH, body)
    assert code_of(refused) == (409, "reference-not-yet-known")
    assert refused.headers["Retry-After"] == "1"

    centre, firm = uuid7(), await town.registry.enterprise()
    body["enterprise_id"] = str(firm.id)
    issuing = asyncio.create_task(town.api.post(officer(), PATH, body))
    await asyncio.sleep(0.2)
    await town.registry.tenancy(firm.id, centre)
    await asyncio.sleep(0.2)
    await town.registry.centre(centre)
    assert (await issuing).status_code == 201


async def test_issuing_takes_a_key_and_repeats_its_answer(town: Town) -> None:
    centre = await town.registry.centre()
    firm = await town.registry.tenant(centre)
    caller = officer()
    body = {"programme_id": await town.programme(), "enterprise_id": str(firm.id), "face_value": "100.00"}
    assert code_of(await town.api.post(caller, PATH, body, key=None)) == (400, "idempotency-key-required")
    key = uuid4().hex
    first = await town.api.post(caller, PATH, body, key=key)
    again = await town.api.post(caller, PATH, body, key=key)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    other = await town.api.post(caller, PATH, {**body, "face_value": "200.00"}, key=key)
    assert code_of(other) == (422, "idempotency-key-reused")


async def test_who_may_issue_and_who_sees_what_was_issued(town: Town) -> None:
    centre = await town.registry.centre()
    firm = await town.registry.tenant(centre)
    programme = await town.programme()
    body = {"programme_id": programme, "enterprise_id": str(firm.id), "face_value": "100.00"}
    for caller in (approver(), SCIENCE_OFFICER, firm.caller, AUDITOR):
        assert code_of(await town.api.post(caller, PATH, body)) == (403, "forbidden")
    assert code_of(await town.api.post(officer(OTHER_DIVISION), PATH, body)) == (404, "not-found")
    voucher = await town.voucher(programme, firm)
    stranger = await town.registry.enterprise()
    for caller, status in [
        (firm.caller, 200),
        (officer(), 200),
        (approver(), 200),
        (SCIENCE_OFFICER, 200),
        (AUDITOR, 200),
        (stranger.caller, 404),
        (officer(OTHER_DIVISION), 404),
        (Caller(("enterprise",)), 404),
        (Caller(("centre_operator",), org="x"), 403),
        (PUBLIC, 401),
    ]:
        response = await town.api.get(caller, f"{PATH}/{voucher['id']}")
        assert response.status_code == status, (caller, response.text)
        if status in (200, 404):
            listed = (await town.api.get(caller, PATH, no=voucher["no"])).json()["items"]
            assert len(listed) == (status == 200)
            assert all("decision" not in item and "code" not in item for item in listed)


async def test_the_list_tells_what_can_be_used_on_a_day(town: Town) -> None:
    standing = await town.standing("100.00", valid_months=1)
    query: dict[str, Any] = {"enterprise_id": standing.firm.id, "usable_on": "2019-07-03"}
    assert len((await town.api.get(standing.firm.caller, PATH, **query)).json()["items"]) == 1
    query["usable_on"] = "2019-07-04"
    assert (await town.api.get(standing.firm.caller, PATH, **query)).json()["items"] == []


async def test_eligibility_answers_every_rule_and_issues_nothing(town: Town) -> None:
    centre = await town.registry.centre()
    firm = await town.registry.tenant(centre, registered_on=date(2010, 1, 1))
    programme = await town.programme(budget="50.00", enterprise_quota="80.00")
    body = {"programme_id": programme, "enterprise_id": str(firm.id), "face_value": "100.00"}
    for caller in (officer(), approver(), firm.caller, SCIENCE_OFFICER):
        answer = await town.api.ok(caller, f"{PATH}/eligibility", body)
        assert answer["eligible"] is False
        failed = [result["message"] for result in answer["decision"]["results"] if not result["passed"]]
        assert failed == ["startup-too-old", "voucher-quota-exceeded", "voucher-budget-exceeded"]
        texts = [result["text"] for result in answer["decision"]["results"] if not result["passed"]]
        assert "80.00" in texts[1]
        assert "{" not in "".join(texts)
    assert await town.one("SELECT count(*) FROM voucher WHERE enterprise_id = :id", id=firm.id) == 0
    assert code_of(await town.api.post(officer(OTHER_DIVISION), f"{PATH}/eligibility", body)) == (404, "not-found")
    stranger = await town.registry.enterprise()
    assert code_of(await town.api.post(stranger.caller, f"{PATH}/eligibility", body)) == (404, "not-found")


async def test_eligibility_and_issue_agree(town: Town) -> None:
    centre = await town.registry.centre()
    firm = await town.registry.tenant(centre)
    body = {"programme_id": await town.programme(), "enterprise_id": str(firm.id), "face_value": "100.00"}
    asked = await town.api.ok(officer(), f"{PATH}/eligibility", body)
    assert asked["eligible"]
    assert all(result["text"] for result in asked["decision"]["results"])
    assert asked["decision"]["results"] == (await town.api.ok(officer(), PATH, body))["decision"]["results"]


@pytest.mark.parametrize(
    ("day", "code"), [(date(2018, 12, 31), "policy-not-in-force"), (date(2021, 1, 4), "programme-of-other-year")]
)
async def test_no_voucher_of_2019_outside_the_policy_or_its_year(town: Town, day: date, code: str) -> None:
    centre = await town.registry.centre()
    firm = await town.registry.tenant(centre)
    programme = await town.programme()
    body = {"programme_id": programme, "enterprise_id": str(firm.id), "face_value": "100.00"}
    assert code_of(await town.api.post(officer(), PATH, body, today=day)) == (409, code)


async def test_an_enclave_ceiling_that_does_not_move_refuses_the_issue(town: Town) -> None:
    centre = await town.registry.centre(owner=OTHER_DIVISION, site=DIVISION)
    firm = await town.registry.tenant(centre)
    taken = "INSERT INTO ceiling VALUES ('vouchers.enclave_issuers', :firm, '2019', 1, 1)"
    async with town.db.transaction() as session:
        await session.execute(text(taken), {"firm": str(firm.id)})
    body = {"programme_id": await town.programme(), "enterprise_id": str(firm.id), "face_value": "100.00"}
    refused = await town.api.post(officer(), PATH, body)
    assert code_of(refused) == (409, "ceiling-in-use")
    assert refused.headers["Retry-After"] == "1"
    assert await town.one("SELECT count(*) FROM enclave_issue WHERE enterprise_id = :id", id=firm.id) == 0


async def test_site_first_then_the_owner_is_refused_and_a_firm_outside_an_enclave_is_not_counted(town: Town) -> None:
    enclave = await town.registry.centre(owner=OTHER_DIVISION, site=DIVISION)
    firm = await town.registry.tenant(enclave)
    await town.voucher(await town.programme(), firm, "100.00")
    body = {"programme_id": await town.programme(OTHER_DIVISION), "enterprise_id": str(firm.id), "face_value": "100.00"}
    refused = await town.api.post(officer(OTHER_DIVISION), PATH, body)
    assert code_of(refused) == (409, "enclave-issuer-other")
    plain = await town.registry.tenant(await town.registry.centre())
    await town.voucher(await town.programme(), plain, "100.00")
    assert await town.one("SELECT count(*) FROM enclave_issue WHERE enterprise_id = :id", id=plain.id) == 0
