"""Every route lets in the roles it names and nobody else, and answers somebody else's cases with 404."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from uuid import uuid4

import pytest
from fastapi.routing import APIRoute

from services.evaluation.main import definition
from shared.auth.principal import InternalGuard, RoleGuard, find_guard
from shared.auth.roles import ALL_ROLES, PUBLIC
from tests.evaluation.support import Desk
from tests.support.tokens import bearer, service_token

pytestmark = pytest.mark.asyncio(loop_scope="session")


def _routes() -> Iterator[tuple[str, str, APIRoute]]:
    for router in definition.routers:
        for route in router.routes:
            assert isinstance(route, APIRoute)
            for method in sorted(route.methods or ()):
                yield method, route.path, route


ROUTES = list(_routes())


@pytest.mark.parametrize(("method", "path", "route"), ROUTES, ids=[f"{method} {path}" for method, path, _ in ROUTES])
async def test_a_route_lets_in_only_the_roles_it_names(desk: Desk, method: str, path: str, route: APIRoute) -> None:
    guard = find_guard(route.dependant)
    address = path.replace("{", "<").replace("}", ">")
    for name in route.param_convertors:
        address = address.replace(f"<{name}>", str(uuid4()))

    async def asked(headers: dict[str, str]) -> int:
        return (await desk.client.request(method, address, headers=headers, json={})).status_code

    assert await asked({}) == 401
    anonymous = desk.caller(PUBLIC, account="anonymous")._headers()
    if isinstance(guard, InternalGuard):
        assert await asked(anonymous) == 403
        assert await asked(bearer(service_token(desk.keys, "finance", "evaluation"))) == 200
        return
    assert isinstance(guard, RoleGuard)
    assert await asked(bearer(service_token(desk.keys, "finance", "evaluation"))) == 403
    if PUBLIC in guard.roles:
        assert await asked(anonymous) not in (401, 403)
        return
    assert await asked(anonymous) == 401
    for role in sorted(ALL_ROLES - guard.roles - {PUBLIC}):
        assert await asked(desk.caller(role)._headers()) == 403, role
    for role in sorted(guard.roles):
        assert await asked(desk.caller(role, org="X", division="540102")._headers()) not in (401, 403), role


async def test_the_rubric_is_public_with_the_fields_and_sources_of_its_indicators(desk: Desk) -> None:
    public = desk.caller(PUBLIC, account="anonymous")
    found = (await public.read("/v1/rubrics", year=2020))["items"]
    assert [rubric["edition"] for rubric in found] == ["lhasa-2019"]
    assert sum(float(indicator["weight"]) for indicator in found[0]["indicators"]) == 100
    jobs = next(indicator for indicator in found[0]["indicators"] if indicator["id"] == "jobs")
    assert (jobs["fields"], jobs["full_mark"]["remote"]) == (["jobs"], "3")
    assert len((await public.read("/v1/rubrics"))["items"]) == 2
    assert (await public.get("/v1/rubrics", year=2018)).json()["code"] == "policy-not-in-force"
    assert (await public.get("/v1/rubrics", year=10000)).status_code == 422


async def test_a_stale_tag_is_refused_and_every_answer_has_one(desk: Desk) -> None:
    officer = desk.caller("science_officer", today=date(2020, 2, 3))
    response = await officer.post("/v1/evaluation-cycles", {"year": 2019})
    assert response.headers["ETag"] == '"1"'
    path = response.headers["Location"]
    assert (await officer.get(path)).headers["ETag"] == '"1"'
    stale = await officer.post(f"{path}/score", If_Match='"0"')
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition-failed")
    assert (await officer.post(f"{path}/score", If_Match='"1"')).status_code == 202
