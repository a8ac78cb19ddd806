"""Who may do what: every endpoint for every role, and every object for its owner and for a stranger."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from fastapi.routing import APIRoute

from services.registry import main
from services.registry.consumers import carry_out_decided
from shared.auth import roles as r
from tests.registry.support import (
    OPERATOR,
    Caller,
    Json,
    Registry,
    centre_body,
    decided,
    enterprise_body,
    expect,
    fresh_code,
    refused,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")

OFFICERS = {r.SCIENCE_OFFICER, r.INDUSTRY_OFFICER}
APPROVERS = {r.SCIENCE_APPROVER, r.INDUSTRY_APPROVER}
BUREAUS_AND_AUDITOR = set(r.BUREAU_ROLES) | {r.AUDITOR}
OPERATORS = {r.CENTRE_OPERATOR}
EVERYBODY = set(r.ALL_ROLES)
TENANTS = {r.ENTERPRISE, r.FOUNDER}

SCOPES = {
    r.CENTRE_OPERATOR: {"org": OPERATOR},
    r.DIVISION_OFFICER: {"division": "540102"},
    r.DIVISION_APPROVER: {"division": "540102"},
    r.FOUNDER: {"person_ref": "person-1"},
    r.PROVIDER: {"org": OPERATOR, "provider": "p-1"},
    r.BANK: {"bank": "CCB"},
}


@dataclass(frozen=True)
class Endpoint:
    """A route as it is asked, and the roles it lets in."""

    method: str
    path: str
    allowed: set[str]
    body: Json | None = None


REASON = {"reason_code": "moved_out"}
DOCUMENT = {"document_no": "拉科发〔2019〕1号"}
CLAIM = {"criterion": "operating", "insured_jobs": 3, "own_premises": True}
APPLY = {"centre_id": str(uuid4()), "kind": "maker_space"}
ADMIT = {"centre_id": str(uuid4()), "enterprise_id": str(uuid4()), "agreement_no": "RZ"}
CODE = fresh_code()

CENTRES, TITLES, TENANCIES = "/v1/centres", "/v1/qualification-applications", "/v1/tenancies"

MATRIX = [
    Endpoint("GET", CENTRES, EVERYBODY),
    Endpoint("GET", f"{CENTRES}/{{centre_id}}", EVERYBODY),
    Endpoint("POST", CENTRES, OPERATORS | OFFICERS, centre_body()),
    Endpoint("PATCH", f"{CENTRES}/{{centre_id}}", OPERATORS | OFFICERS, {"name": "新名"}),
    Endpoint("POST", f"{CENTRES}/{{centre_id}}/submit", OPERATORS | OFFICERS),
    Endpoint("POST", f"{CENTRES}/{{centre_id}}/review", OFFICERS),
    Endpoint("POST", f"{CENTRES}/{{centre_id}}/return", OFFICERS | APPROVERS, REASON),
    Endpoint("POST", f"{CENTRES}/{{centre_id}}/list", APPROVERS, DOCUMENT),
    Endpoint("POST", f"{CENTRES}/{{centre_id}}/reject", APPROVERS, REASON),
    Endpoint("GET", TITLES, OPERATORS | BUREAUS_AND_AUDITOR),
    Endpoint("GET", f"{TITLES}/{{application_id}}", OPERATORS | BUREAUS_AND_AUDITOR),
    Endpoint("POST", TITLES, OPERATORS | OFFICERS, APPLY),
    Endpoint("POST", f"{TITLES}/{{application_id}}/review", OFFICERS),
    Endpoint("POST", f"{TITLES}/{{application_id}}/grant", APPROVERS, DOCUMENT),
    Endpoint("POST", f"{TITLES}/{{application_id}}/refuse", APPROVERS, REASON),
    Endpoint("GET", "/v1/qualifications", EVERYBODY),
    Endpoint("GET", "/v1/qualifications/{qualification_id}", EVERYBODY),
    Endpoint("POST", "/v1/qualifications/{qualification_id}/propose-revocation", OFFICERS, REASON),
    Endpoint("POST", "/v1/qualifications/{qualification_id}/revoke", APPROVERS, DOCUMENT),
    Endpoint("GET", "/v1/bans", EVERYBODY),
    Endpoint("GET", "/v1/bans/{ban_id}", EVERYBODY),
    Endpoint("GET", "/v1/enterprises", OPERATORS | TENANTS | BUREAUS_AND_AUDITOR),
    Endpoint("GET", "/v1/enterprises/{enterprise_id}", OPERATORS | TENANTS | BUREAUS_AND_AUDITOR),
    Endpoint("POST", "/v1/enterprises", OPERATORS | {r.ENTERPRISE} | OFFICERS, enterprise_body(code=CODE)),
    Endpoint("PATCH", "/v1/enterprises/{enterprise_id}", OPERATORS | {r.ENTERPRISE} | OFFICERS, {"name": "新名"}),
    Endpoint("GET", TENANCIES, OPERATORS | TENANTS | BUREAUS_AND_AUDITOR),
    Endpoint("GET", f"{TENANCIES}/{{tenancy_id}}", OPERATORS | TENANTS | BUREAUS_AND_AUDITOR),
    Endpoint("POST", TENANCIES, OPERATORS | OFFICERS, ADMIT),
    Endpoint("POST", f"{TENANCIES}/{{tenancy_id}}/file", OPERATORS | OFFICERS),
    Endpoint(
        "POST", f"{TENANCIES}/{{tenancy_id}}/graduate", OPERATORS | OFFICERS, {"claim": CLAIM, "evidence": ["附件"]}
    ),
    Endpoint("POST", f"{TENANCIES}/{{tenancy_id}}/exit", OPERATORS | OFFICERS, REASON),
    Endpoint("GET", "/internal/centres/{centre_id}/standing", set()),
]


async def test_matrix_names_every_endpoint_of_the_service() -> None:
    routes = {
        (method, route.path)
        for router in main.definition.routers
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }
    assert routes == {(endpoint.method, endpoint.path) for endpoint in MATRIX}


async def ask(caller: Caller, endpoint: Endpoint) -> int:
    path = re.sub(r"\{\w+\}", str(uuid4()), endpoint.path)
    if endpoint.method == "GET":
        return (await caller.get(path)).status_code
    if endpoint.method == "PATCH":
        return (await caller.patch(path, endpoint.body, '"1"')).status_code
    return (await caller.post(path, endpoint.body)).status_code


@pytest.mark.parametrize("role", sorted(r.ALL_ROLES))
async def test_each_role_enters_where_it_is_named_and_nowhere_else(registry: Registry, role: str) -> None:
    scope = {**SCOPES, r.ENTERPRISE: {"org": CODE}}.get(role, {})
    caller = registry.caller(role, account="anonymous" if role == r.PUBLIC else None)
    caller.scope = scope
    for endpoint in MATRIX:
        status = await ask(caller, endpoint)
        if role in endpoint.allowed:
            assert status not in (401, 403), (endpoint, status)
        else:
            anonymous = role == r.PUBLIC and endpoint.path.startswith("/v1")
            assert status == (401 if anonymous else 403), (endpoint, status)


async def test_nobody_enters_without_a_token(registry: Registry) -> None:
    for endpoint in MATRIX:
        path = re.sub(r"\{\w+\}", str(uuid4()), endpoint.path)
        response = await registry.client.request(endpoint.method, path, json=endpoint.body)
        assert response.status_code == 401, endpoint


async def test_strange_operator_finds_nothing_to_change(registry: Registry) -> None:
    draft, centre = await registry.draft(), await registry.listed()
    title = await registry.applied(centre["id"])
    enterprise = await registry.enterprise()
    tenancy = await registry.admitted(centre["id"], enterprise["id"])
    stranger = registry.stranger
    for path, body in [
        (f"{CENTRES}/{draft['id']}/submit", None),
        (TITLES, {"centre_id": centre["id"], "kind": "tech_incubator"}),
        (TENANCIES, {"centre_id": centre["id"], "enterprise_id": enterprise["id"], "agreement_no": "RZ"}),
        (f"{TENANCIES}/{tenancy['id']}/file", None),
        (f"{TENANCIES}/{tenancy['id']}/graduate", {"claim": CLAIM, "evidence": ["附件"]}),
        (f"{TENANCIES}/{tenancy['id']}/exit", REASON),
    ]:
        refused(await stranger.post(path, body), 404, "not-found")
    for path in (f"{CENTRES}/{draft['id']}", f"/v1/enterprises/{enterprise['id']}"):
        refused(await stranger.patch(path, {"name": "新名"}, '"1"'), 404, "not-found")
    for path in (f"{CENTRES}/{draft['id']}", f"{TITLES}/{title['id']}", f"{TENANCIES}/{tenancy['id']}"):
        refused(await stranger.get(path), 404, "not-found")


async def test_reading_everything_gives_no_right_to_change_a_strangers_case(registry: Registry) -> None:
    both = registry.caller("auditor", "centre_operator", org=fresh_code())
    draft = await registry.draft()
    expect(await both.get(f"{CENTRES}/{draft['id']}"), 200)
    refused(await both.post(f"{CENTRES}/{draft['id']}/submit"), 404, "not-found")


async def test_operator_without_an_organisation_sees_and_changes_nothing(registry: Registry) -> None:
    nobody = registry.caller("centre_operator")
    draft = await registry.draft()
    refused(await nobody.get(f"{CENTRES}/{draft['id']}"), 404, "not-found")
    refused(await nobody.post(f"{CENTRES}/{draft['id']}/submit"), 404, "not-found")
    refused(await nobody.post(CENTRES, centre_body()), 403, "forbidden")


async def test_operator_of_a_delisted_centre_still_reads_its_case(registry: Registry) -> None:
    centre = await registry.listed()
    async with registry.db.transaction() as session:
        await carry_out_decided(session, [decided(centre["id"])])
    shown = expect(await registry.operator.get(f"{CENTRES}/{centre['id']}"), 200)
    assert shown["delisting_case_id"] is not None


def _codes_in_the_source() -> set[str]:
    package = Path(main.__file__).parent
    source = "\n".join(path.read_text(encoding="utf-8") for path in package.rglob("*.py"))
    coded = re.findall(r'"([a-z]+(?:-[a-z]+)+)"', source)
    return {
        code for code in coded if code not in ("if-match", "qualification-applications", "qualification-application")
    }


async def test_every_code_has_a_text_in_both_languages() -> None:
    common = Path(main.__file__).parents[2] / "shared" / "messages.toml"
    texts = {**tomllib.loads(common.read_text()), **tomllib.loads(main.definition.messages.read_text())}
    assert _codes_in_the_source() - set(texts) == set()
    assert "carrier-ban-in-force" in texts
