"""Who may enter where: every endpoint for every role."""

from __future__ import annotations

import re
from collections.abc import Iterator
from uuid import uuid4

import pytest
from fastapi.routing import APIRoute

from services.vouchers.main import definition
from shared.auth import roles as r
from shared.auth.principal import RoleGuard, find_guard
from tests.vouchers.matrix import MATRIX
from tests.vouchers.support import DIVISION, Caller, Town, fresh_code

WITH_A_PART = (
    r.AUDITOR,
    r.CENTRE_OPERATOR,
    r.DIVISION_APPROVER,
    r.DIVISION_OFFICER,
    r.ENTERPRISE,
    r.PROVIDER,
    r.PUBLIC,
    r.SCIENCE_APPROVER,
    r.SCIENCE_OFFICER,
    r.TREASURY_OFFICER,
)
"""Those who are asked over HTTP; the others stand beside one of them in every row, and their guards are compared."""


def _routes() -> Iterator[APIRoute]:
    for router in definition.routers:
        yield from (route for route in router.routes if isinstance(route, APIRoute))


def test_the_matrix_names_every_endpoint_of_the_service() -> None:
    routes = {(method, route.path) for route in _routes() for method in route.methods or ()}
    named = [(method, path) for method, path, _ in MATRIX]
    assert routes == set(named)
    assert len(named) == len(set(named))


def somewhere(path: str) -> str:
    """The path with ids that nothing has."""
    return re.sub(r"\{\w+\}", str(uuid4()), path)


def test_the_guard_of_each_endpoint_names_the_roles_of_the_matrix() -> None:
    guards = {(method, route.path): _roles(route) for route in _routes() for method in route.methods or ()}
    assert guards == {(method, path): allowed for method, path, allowed in MATRIX}


def _roles(route: APIRoute) -> frozenset[str]:
    guard = find_guard(route.dependant)
    assert isinstance(guard, RoleGuard)
    if r.PUBLIC in guard.roles:
        return frozenset(r.ALL_ROLES)
    return guard.roles or frozenset(r.ALL_ROLES - {r.PUBLIC})


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("role", WITH_A_PART)
async def test_each_role_enters_where_it_is_named_and_nowhere_else(town: Town, role: str) -> None:
    account = "anonymous" if role == r.PUBLIC else str(uuid4())
    division = DIVISION if role in (r.DIVISION_OFFICER, r.DIVISION_APPROVER) else None
    caller = Caller((role,), account, org=fresh_code(), division=division, person_ref="person-1")
    headers = {**town.api.headers(caller), "If-Match": '"1"'}
    for method, path, allowed in MATRIX:
        keyed = {**headers, "Idempotency-Key": uuid4().hex}
        body: dict[str, str] | None = None if method in ("GET", "DELETE") else {}
        status = (await town.api.client.request(method, somewhere(path), json=body, headers=keyed)).status_code
        if role in allowed:
            assert status not in (401, 403, 500), (method, path, status)
        else:
            assert status == (401 if role == r.PUBLIC else 403), (method, path, status)


@pytest.mark.asyncio(loop_scope="session")
async def test_nobody_enters_without_a_token(town: Town) -> None:
    for method, path, _ in MATRIX:
        response = await town.api.client.request(method, somewhere(path), json={})
        assert response.status_code == 401, (method, path)
