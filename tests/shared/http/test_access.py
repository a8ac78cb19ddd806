"""Who gets in: 401 not known, 403 role may not; and no route without a guard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import APIRoute
from httpx import AsyncClient

from shared.app import UnguardedRoute, create_app
from shared.auth.principal import require
from shared.http.route import ServiceRoute
from shared.settings import ServiceSettings
from tests.shared.http.conftest import DEFINITION
from tests.support.tokens import Keys, bearer, internal_token, service_token

Headers = Callable[..., dict[str, str]]

NOTES = "/v1/notes"
OWN = "/v1/notes/no/database"


@pytest.mark.parametrize("path", [NOTES, OWN, "/internal/notes", "/internal/events/sample.note"])
async def test_without_a_token_401(nobody: AsyncClient, path: str) -> None:
    answer = await nobody.get(path)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json()["code"] == "unauthenticated"


@pytest.mark.parametrize(
    "authorization", ["Bearer", "Bearer ", "Bearer x", "Basic dTpw", "bearer a.b.c", "Bearer a b"], ids=str
)
async def test_a_bad_token_401(nobody: AsyncClient, authorization: str) -> None:
    answer = await nobody.get("/healthz", headers={"Authorization": authorization})
    assert answer.status_code == 401


async def test_two_tokens_401(nobody: AsyncClient, as_role: Headers) -> None:
    value = as_role("auditor")["Authorization"]
    answer = await nobody.get(OWN, headers=[("Authorization", value), ("Authorization", value)])
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "header",
    ["X-User", "X-Account-Id", "X-Roles", "X-Forwarded-User", "Remote-User", "X-Principal", "Mengchuang-Account"],
)
async def test_no_other_header_makes_an_identity(nobody: AsyncClient, header: str) -> None:
    assert (await nobody.get(OWN, headers={header: "service:gateway"})).status_code == 401


async def test_another_role_403_before_the_payload_is_read(nobody: AsyncClient, as_role: Headers) -> None:
    answer = await nobody.post(NOTES, content=b"{", headers=as_role("enterprise"))
    assert answer.status_code == 403
    assert answer.json()["code"] == "forbidden"


async def test_the_administrator_is_above_no_rule(nobody: AsyncClient, as_role: Headers) -> None:
    assert (await nobody.post(NOTES, json={"title": "一"}, headers=as_role("admin"))).status_code == 403


async def test_unknown_caller_with_malformed_payload_401(nobody: AsyncClient) -> None:
    assert (await nobody.post(NOTES, content=b"{")).status_code == 401


async def test_the_anonymous_caller_sees_what_is_public_and_no_more(nobody: AsyncClient, keys: Keys) -> None:
    headers = bearer(internal_token(keys, "sample", ["public"], account_id="anonymous"))
    assert (await nobody.get(NOTES, headers=headers)).status_code == 200
    assert (await nobody.get(OWN, headers=headers)).status_code == 401
    assert (await nobody.post(NOTES, json={"title": "一"}, headers=headers)).status_code == 401


async def test_what_is_public_is_also_for_those_who_are_known(nobody: AsyncClient, as_role: Headers) -> None:
    assert (await nobody.get(NOTES, headers=as_role("bank"))).status_code == 200


async def test_services_have_their_own_door(nobody: AsyncClient, keys: Keys, as_role: Headers) -> None:
    service = bearer(service_token(keys, "registry", "sample"))
    assert (await nobody.get("/internal/notes", headers=service)).json() == {"issuer": "registry", "cid": "test"}
    assert (await nobody.get(NOTES, headers=service)).status_code == 403
    assert (await nobody.get(OWN, headers=service)).status_code == 403
    assert (await nobody.get("/internal/notes", headers=as_role("admin"))).status_code == 403


async def test_a_door_for_one_service(nobody: AsyncClient, keys: Keys) -> None:
    for issuer, status in (("evaluation", 200), ("registry", 403)):
        headers = bearer(service_token(keys, issuer, "sample"))
        assert (await nobody.get("/internal/notes/evaluation", headers=headers)).status_code == status


async def test_a_token_for_another_service_401(nobody: AsyncClient, keys: Keys) -> None:
    headers = bearer(internal_token(keys, "finance", ["auditor"]))
    assert (await nobody.get(OWN, headers=headers)).status_code == 401


async def test_correlation_ids_come_from_the_token_or_from_services(nobody: AsyncClient, keys: Keys) -> None:
    user = bearer(internal_token(keys, "sample", ["auditor"], correlation_id="c-1"))
    assert (await nobody.get(OWN, headers=user | {"X-Correlation-Id": "c-2"})).json()["cid"] == "c-1"
    service = bearer(service_token(keys, "registry", "sample"))
    answer = await nobody.get("/internal/notes", headers=service | {"X-Correlation-Id": "c-2"})
    assert answer.json()["cid"] == "c-2"
    without = bearer(internal_token(keys, "sample", ["auditor"], correlation_id=""))
    assert (await nobody.get(OWN, headers=without | {"X-Request-Id": "r-1"})).json()["cid"] == "r-1"


def test_an_unknown_role_is_a_programming_error() -> None:
    with pytest.raises(ValueError, match="emperor"):
        require("emperor")


async def _open(_: str = "") -> str:
    return "open"


def _router(prefix: str, route_class: type[APIRoute], *guards: Any) -> APIRouter:
    router = APIRouter(prefix=prefix, route_class=route_class)
    router.add_api_route("", _open, dependencies=list(guards))
    return router


def _nested() -> APIRouter:
    parent = APIRouter(prefix="/v1/parent")
    parent.include_router(_router("/child", ServiceRoute, Depends(require("public"))))
    return parent


@pytest.mark.parametrize(
    ("router", "reason"),
    [
        (_router("/v1/open", ServiceRoute), "no require"),
        (_router("/internal/open", ServiceRoute), "no require"),
        (_router("/v1/plain", APIRoute, Depends(require("public"))), "not a ServiceRoute"),
        (_nested(), "prefix"),
    ],
    ids=["v1 without a guard", "internal without a guard", "without a transaction", "prefix given at inclusion"],
)
def test_the_application_is_not_made_with_an_open_route(
    settings: ServiceSettings, router: APIRouter, reason: str
) -> None:
    with pytest.raises(UnguardedRoute, match=reason):
        create_app(replace(DEFINITION, routers=(router,)), settings)


def test_every_route_of_the_sample_is_guarded(app: FastAPI) -> None:
    operations = [
        operation
        for path, methods in app.openapi()["paths"].items()
        for operation in methods.values()
        if path.startswith("/v1")
    ]
    assert operations
    assert all(operation["security"] for operation in operations)
