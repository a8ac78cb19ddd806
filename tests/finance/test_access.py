"""Who may do what, and to whose grants: roles and scopes of every endpoint."""

from __future__ import annotations

import re
from typing import Any

import pytest
from fastapi.routing import APIRoute

from services.finance.main import definition
from shared.auth.principal import RoleGuard, find_guard
from shared.auth.roles import ALL_ROLES, PUBLIC
from shared.db import Database
from shared.ids import uuid7
from tests.finance.angel_funds.matrix import MATRIX as INVESTING, OPEN as OPEN_INVESTING
from tests.finance.appropriations.matrix import APPROPRIATIONS
from tests.finance.grant_years.matrix import MATRIX as GRANT_YEARS, OPEN
from tests.finance.loans.matrix import MATRIX as LOANS
from tests.finance.referrals.matrix import MATRIX as BANKING, OPEN as OPEN_BANKING
from tests.finance.servicing.matrix import MATRIX as LOANS_SERVED
from tests.finance.support import ACCOUNTS, OPERATOR, OTHER_OPERATOR, Desk, application, list_centre, spending

pytestmark = pytest.mark.asyncio(loop_scope="session")

SCIENCE_INDUSTRY_OFFICERS = {"science_officer", "industry_officer"}
APPROVERS = {"science_approver", "industry_approver"}
TREASURY = {"treasury_officer", "treasury_approver"}
CITY = {role for role in ALL_ROLES if role.endswith(("_officer", "_approver")) and not role.startswith("division_")}
READERS = CITY | {"division_officer", "division_approver", "centre_operator", "auditor"}
STATEMENT_READERS = CITY | {"auditor", "enterprise", "centre_operator"}
MATCHING_READERS = {
    *(f"{bureau}_{post}" for bureau in ("finance", "treasury", "science") for post in ("officer", "approver")),
    "division_officer",
    "division_approver",
    "auditor",
}

MATRIX: dict[str, set[str]] = {
    "GET /v1/exposures": STATEMENT_READERS | {"division_approver"},
    "GET /v1/exposures/{enterprise_id}": STATEMENT_READERS | {"division_approver"},
    "GET /v1/entitlements": STATEMENT_READERS,
    "POST /v1/grants": {"centre_operator"} | SCIENCE_INDUSTRY_OFFICERS,
    "POST /v1/grants/eligibility": {"centre_operator"} | SCIENCE_INDUSTRY_OFFICERS,
    "GET /v1/grants": READERS,
    "GET /v1/grants/{grant_id}": READERS,
    "POST /v1/grants/{grant_id}/review": SCIENCE_INDUSTRY_OFFICERS,
    "POST /v1/grants/{grant_id}/approve": APPROVERS,
    "POST /v1/grants/{grant_id}/countersign": APPROVERS,
    "POST /v1/grants/{grant_id}/refuse": SCIENCE_INDUSTRY_OFFICERS | APPROVERS,
    "POST /v1/grants/{grant_id}/disburse": TREASURY,
    "POST /v1/grants/{grant_id}/refund": TREASURY,
    "POST /v1/grants/{grant_id}/recover": TREASURY,
    "POST /v1/grants/{grant_id}/close": SCIENCE_INDUSTRY_OFFICERS | TREASURY,
    "POST /v1/grants/{grant_id}/spending": {"centre_operator"} | SCIENCE_INDUSTRY_OFFICERS,
    "POST /v1/grants/{grant_id}/spending/{line_id}/make": {"centre_operator"} | SCIENCE_INDUSTRY_OFFICERS,
    "GET /v1/grants/{grant_id}/spending": READERS,
    "GET /v1/findings": READERS,
    "GET /v1/findings/{finding_id}": READERS,
    "POST /v1/findings/{finding_id}/reply": {"centre_operator"} | SCIENCE_INDUSTRY_OFFICERS,
    "POST /v1/findings/{finding_id}/confirm": APPROVERS,
    "POST /v1/findings/{finding_id}/dismiss": APPROVERS,
    "POST /v1/matching-funds": {"division_officer"},
    "GET /v1/matching-funds": MATCHING_READERS,
    "GET /v1/matching-funds/spending": MATCHING_READERS,
    "GET /v1/matching-funds/{fund_id}": MATCHING_READERS,
    "POST /v1/matching-funds/{fund_id}/revise": {"division_officer"},
    "POST /v1/matching-funds/{fund_id}/approve": {"division_approver"},
    "POST /v1/matching-funds/{fund_id}/refuse": {"division_approver"},
    "GET /v1/matching-funds/{fund_id}/spending": MATCHING_READERS,
    "POST /v1/matching-funds/{fund_id}/spending": {"division_officer"},
    "POST /v1/matching-funds/{fund_id}/spending/{line_id}/confirm": {"division_approver"},
    "POST /v1/matching-funds/{fund_id}/spending/{line_id}/refuse": {"division_approver"},
    "POST /v1/matching-funds/{fund_id}/spending/{line_id}/reverse": {"division_officer", "division_approver"},
    "GET /v1/grants/repayments": READERS,
    "GET /v1/grants/repayments/{repayment_id}": READERS,
    "POST /v1/grants/repayments/{repayment_id}/prepare": {"finance_officer", "treasury_officer"},
    "POST /v1/grants/repayments/{repayment_id}/approve": {"finance_approver", "treasury_approver"},
    "POST /v1/grants/repayments/{repayment_id}/countersign": APPROVERS,
    "POST /v1/grants/repayments/{repayment_id}/return": APPROVERS | TREASURY | {"finance_approver"},
    "POST /v1/grants/repayments/{repayment_id}/pay": TREASURY,
    "GET /v1/journal-entries": TREASURY | {"auditor"},
    "GET /v1/journal-entries/{entry_id}": TREASURY | {"auditor"},
    **LOANS,
    **LOANS_SERVED,
    **APPROPRIATIONS,
    **GRANT_YEARS,
    **BANKING,
    **INVESTING,
}
ROUTES = {
    f"{method} {route.path}": route
    for router in definition.routers
    for route in router.routes
    if isinstance(route, APIRoute)
    for method in route.methods or ()
}


async def test_every_endpoint_is_in_the_matrix_with_its_roles() -> None:
    guards = {name: find_guard(route.dependant) for name, route in ROUTES.items()}
    known = {**MATRIX, **OPEN, **OPEN_BANKING, **OPEN_INVESTING}
    assert {name: set(guard.roles) for name, guard in guards.items() if isinstance(guard, RoleGuard)} == known


@pytest.mark.parametrize("name", sorted(MATRIX))
async def test_every_other_role_is_refused_admin_included(desk: Desk, name: str) -> None:
    method, _, template = name.partition(" ")
    path = re.sub(r"{\w+}", lambda _: str(uuid7()), template)
    for role in sorted(ALL_ROLES - MATRIX[name] - {PUBLIC}):
        headers = desk.headers("admin", roles=(role,), org=OPERATOR, division="540102")
        answer = await desk.client.request(method, path, headers=headers | {"Idempotency-Key": "k"}, json={})
        assert (role, answer.status_code) == (role, 403)
    public = desk.headers("admin", roles=(PUBLIC,), account_id="anonymous")
    assert (await desk.client.request(method, path, headers=public)).status_code == 401
    assert (await desk.client.request(method, path)).status_code == 401


async def test_somebody_elses_grant_is_404_for_reading_and_writing(desk: Desk, db: Database) -> None:
    grant = await desk.paid(await list_centre(db))
    await desk.spend(grant, "10.00", purpose="banquets")
    finding = (await desk.get("operator", "/v1/findings", grant_id=grant["id"])).json()["items"][0]
    foreign: dict[str, Any] = {"org": OTHER_OPERATOR}
    for path in (f"/v1/grants/{grant['id']}", f"/v1/grants/{grant['id']}/spending", f"/v1/findings/{finding['id']}"):
        assert (await desk.get("operator", path)).status_code == 200
        assert (await desk.get("operator", path, claims=foreign)).status_code == 404
    for path in ("/v1/grants", "/v1/findings"):
        assert (await desk.get("operator", path, claims=foreign)).json()["items"] == []
    for path, body in (
        (f"/v1/grants/{grant['id']}/spending", spending("10.00")),
        (f"/v1/findings/{finding['id']}/reply", {"statement": "x"}),
        ("/v1/grants", application(grant["centre_id"])),
        ("/v1/grants/eligibility", application(grant["centre_id"])),
    ):
        assert (await desk.post("operator", path, body, claims=foreign)).status_code == 404


@pytest.mark.parametrize(("division", "sees"), [("540102", True), ("540103", True), ("540121", False)])
async def test_a_division_sees_the_centres_it_owns_or_hosts(
    desk: Desk, db: Database, division: str, sees: bool
) -> None:
    grant = await desk.applied(await list_centre(db))
    claims = {"roles": ("division_officer",), "division": division, "account_id": ACCOUNTS["auditor"]}
    answer = await desk.get("auditor", f"/v1/grants/{grant['id']}", claims=claims)
    assert answer.status_code == (200 if sees else 404)


async def test_a_role_without_its_scope_sees_nothing(desk: Desk, db: Database) -> None:
    await desk.applied(await list_centre(db))
    for roles in (("centre_operator",), ("division_approver",)):
        claims: dict[str, Any] = {"roles": roles, "org": None, "division": None}
        assert (await desk.get("auditor", "/v1/grants", claims=claims)).json()["items"] == []


async def test_what_does_not_exist_is_404(desk: Desk) -> None:
    missing = uuid7()
    for verb, person, body in (
        ("review", "science_officer", None),
        ("approve", "science_approver", {"amount": "1.00"}),
        ("countersign", "science_approver", None),
        ("refuse", "science_officer", {"reason_code": "other"}),
        ("disburse", "treasury_approver", None),
        ("refund", "treasury_approver", {"amount": "1.00"}),
        ("recover", "treasury_approver", {"amount": "1.00"}),
        ("close", "science_officer", None),
        ("spending", "operator", spending("1.00")),
    ):
        answer = await desk.post(person, f"/v1/grants/{missing}/{verb}", body, key=f"none-{verb}")
        assert (verb, answer.status_code) == (verb, 404)
