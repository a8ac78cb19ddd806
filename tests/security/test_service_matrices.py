"""Each service has a table of who may do what, written by hand; here it is held against what the processes really do.

Each table is asked over HTTP in its own service's tests, every role at every route.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pytest

from gateway.front.routes import SEGMENTS, UPSTREAMS, owner
from shared.auth import roles as r
from shared.auth.principal import InternalGuard, RoleGuard
from tests.contracts.api.announced import REFERENCE
from tests.contracts.api.digest import Digest
from tests.evaluation.matrix import MATRIX as EVALUATION
from tests.finance.angel_funds.matrix import OPEN as OPEN_INVESTING
from tests.finance.grant_years.matrix import OPEN
from tests.finance.referrals.matrix import OPEN as OPEN_BANKING
from tests.finance.test_access import MATRIX as FINANCE
from tests.registry.matrix import MATRIX as REGISTRY
from tests.security import routes
from tests.vouchers.matrix import MATRIX as VOUCHERS

Table = Mapping[str, frozenset[str]]


def _finance() -> Table:
    tables = {**FINANCE, **OPEN, **OPEN_BANKING, **OPEN_INVESTING}
    return {name: _opened(frozenset(roles)) for name, roles in tables.items()}


def _opened(roles: frozenset[str]) -> frozenset[str]:
    """As a guard reads it: what is public is for everybody, and no role named means anybody known."""
    if r.PUBLIC in roles:
        return r.ALL_ROLES
    return roles or r.ALL_ROLES - {r.PUBLIC}


TABLES: Final[Mapping[str, Table]] = {
    "registry": {f"{one.method} {one.path}": frozenset(one.allowed) for one in REGISTRY if "/internal" not in one.path},
    "evaluation": EVALUATION,
    "finance": _finance(),
    "vouchers": {f"{method} {path}": allowed for method, path, allowed in VOUCHERS},
}


def test_every_service_has_a_table() -> None:
    assert set(TABLES) == set(UPSTREAMS)


@pytest.mark.parametrize("service", UPSTREAMS)
def test_every_route_is_in_its_service_s_table_with_the_roles_it_lets_in(service: str) -> None:
    guarded = {route.name: route.roles for route in routes.of(service) if not route.internal}
    assert guarded == TABLES[service]


def test_every_route_is_for_roles_or_for_services_and_what_is_for_services_stays_inside() -> None:
    assert [route.name for route in routes.ALL if not isinstance(route.guard, RoleGuard | InternalGuard)] == []
    inside = [route for route in routes.ALL if route.internal]
    assert inside
    assert [route.name for route in inside if not route.template.startswith("/internal/")] == []
    assert [route.name for route in routes.OUTSIDE if not route.template.startswith("/v1/")] == []


DUTIES_MAY: Final[Mapping[str, frozenset[str]]] = {
    "POST /v1/persons/erase-due": frozenset({r.ADMIN}),
    "POST /v1/objections": r.OVERSIGHT_ROLES,
    **dict.fromkeys(
        (
            "POST /v1/quarterly-reports/tables",
            "POST /v1/rubrics/{rubric_id}/check",
            "POST /v1/bank-products/matches",
            "POST /v1/vouchers/eligibility",
        ),
        frozenset({r.AUDITOR}),
    ),
}
"""The jobs of erasure; what anybody with an account may do; questions that change nothing."""


def test_the_three_duties_take_no_step_in_the_services_work() -> None:
    named = {
        route.name: route.guard.roles & r.OVERSIGHT_ROLES
        for route in routes.SERVICES
        if route.method != "GET" and not route.public and isinstance(route.guard, RoleGuard)
    }
    assert {name: duties for name, duties in named.items() if duties} == DUTIES_MAY


def test_every_published_operation_is_there_and_every_segment_leads_somewhere() -> None:
    published = Digest.read(REFERENCE.read_text("utf-8")).operations
    there = {route.name for route in routes.OUTSIDE}
    assert set(published) - there == set()
    led = {route.template.split("/")[2] for route in routes.OUTSIDE}
    named = {segment for segments in SEGMENTS.values() for segment in segments}
    assert named - led == set()
    assert led - named <= {"operations", "imports"}


def test_no_two_processes_answer_one_route() -> None:
    names = [route.name for route in routes.OUTSIDE]
    assert sorted(name for name in set(names) if names.count(name) > 1) == []
    assert {owner(route.path.encode()) for route in routes.OUTSIDE} == set(SEGMENTS)
