"""Who may do what: every endpoint for every role, and every object for its owner and for a stranger."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from uuid import uuid4

import pytest
from fastapi.routing import APIRoute

from services.registry import main
from services.registry.consumers import carry_out_decided
from shared.auth import roles as r
from tests.registry.endpoints import REASON, ask
from tests.registry.matrix import CENTRES, CLAIM, CODE, MATRIX, SCOPES, TENANCIES, TITLES
from tests.registry.support import Registry, centre_body, decided, expect, fresh_code, refused

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_matrix_names_every_endpoint_of_the_service() -> None:
    routes = {
        (method, route.path)
        for router in main.definition.routers
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }
    assert routes == {(endpoint.method, endpoint.path) for endpoint in MATRIX}


def somewhere(path: str) -> str:
    """The path with ids that nothing has."""
    return re.sub(r"\{\w+\}", str(uuid4()), path)


@pytest.mark.parametrize("role", sorted(r.ALL_ROLES))
async def test_each_role_enters_where_it_is_named_and_nowhere_else(registry: Registry, role: str) -> None:
    scope = {**SCOPES, r.ENTERPRISE: {"org": CODE}}.get(role, {})
    caller = registry.caller(role, account="anonymous" if role == r.PUBLIC else None)
    caller.scope = scope
    for endpoint in MATRIX:
        status = (await ask(caller, endpoint, somewhere(endpoint.path), version="1")).status_code
        if role in endpoint.allowed:
            assert status not in (401, 403), (endpoint, status)
        else:
            anonymous = role == r.PUBLIC and endpoint.path.startswith("/v1")
            assert status == (401 if anonymous else 403), (endpoint, status)


async def test_nobody_enters_without_a_token(registry: Registry) -> None:
    for endpoint in MATRIX:
        path = somewhere(endpoint.path)
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


_NO_CODES = {
    "if-match",
    "joint-carriers",
    "operator-changes",
    "profile-changes",
    "qualification-application",
    "quarterly-reports",
    "retention-carried-out",
    "retention-not-watched",
    "terms-not-watched",
    "terms-settled",
}
"""Path segments, a header and events of the log."""


def _codes_in_the_source() -> set[str]:
    package = Path(main.__file__).parent
    source = "\n".join(path.read_text(encoding="utf-8") for path in package.rglob("*.py"))
    coded = re.findall(r'"([a-z]+(?:-[a-z]+)+)"', source)
    tags = {tag for router in main.definition.routers for tag in router.tags}
    return set(coded) - tags - _NO_CODES


async def test_every_code_has_a_text_in_both_languages() -> None:
    common = Path(main.__file__).parents[2] / "shared" / "messages.toml"
    own = tomllib.loads(main.definition.messages.read_text())
    texts = {**tomllib.loads(common.read_text()), **own}
    assert _codes_in_the_source() - set(texts) - set(own["terms"]) == set()
    assert "carrier-ban-in-force" in texts
