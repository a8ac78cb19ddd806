"""What is sent and what is shown, over every route of every process: nothing undeclared in, no secret out."""

from __future__ import annotations

import re
import typing
from collections.abc import Iterator
from typing import Final

import pytest
from fastapi.routing import APIRoute
from pydantic import BaseModel

from gateway.front.routes import OWN
from tests.security.routes import definitions

ROUTES: Final = [
    (definition.name, route)
    for definition in definitions()
    for router in definition.routers
    for route in router.routes
    if isinstance(route, APIRoute)
]
SET_HERE: Final = re.compile(
    r"version|created_at|updated_at|livemode|recorded_at|(approved|confirmed|decided|submitted|reviewed|created)_by"
)
"""Fields that say what the service alone knows: who acted, when, on which version, by which kind of credential."""
RIGHTS: Final = frozenset({"roles", "scopes", "mfa"})
GIVES_RIGHTS: Final = {
    "POST /v1/accounts",
    "PATCH /v1/accounts/{account_id}",
    "POST /v1/invitations",
    "POST /v1/delegations",
    "POST /v1/api-keys",
}
"""Where somebody asks for rights; each waits for a second person, or gives no more than the giver has."""
SECRET: Final = re.compile(
    r"(^|(?<!change)_)(password|passphrase|password_hash|sealed|secret|totp|otp|private_key|recovery_codes|authorization)$"
    r"|token|(key|code|token|password)_digest|sealed_|^key$"
)
SHOWN_ONCE: Final = {
    "POST /v1/auth/token": {"access_token", "refresh_token", "token_type"},
    "POST /v1/accounts/me/second-factor": {"secret"},
    "POST /v1/accounts/me/second-factor/confirm": {"recovery_codes"},
    "POST /v1/accounts/me/second-factor/recovery-codes": {"recovery_codes"},
    "POST /v1/accounts/{account_id}/password-reset/confirm": {"token"},
    "POST /v1/invitations": {"token"},
    "POST /v1/invitations/{invitation_id}/send-again": {"token"},
    "POST /v1/api-keys": {"key", "signing_secret"},
    "POST /v1/api-keys/{key_id}/rotate": {"key", "signing_secret"},
    "POST /v1/webhooks": {"secret"},
    "POST /v1/webhooks/{webhook_id}/rotate-secret": {"secret"},
    "registry GET /v1/training-sessions/{session_id}/attendance-token": {"token"},
}
"""What is shown to its holder in one answer, which no idempotency table keeps; the last is good for a minute, on the
screen of a room."""
NAMES_A_LINE: Final = "GET /v1/audit/year-end-rush"
"""Its `key` is what its lines are grouped by."""


def names_of(route: APIRoute) -> list[str]:
    return [f"{method} {route.path}" for method in sorted(route.methods or ())]


def models(annotation: object, seen: set[type[BaseModel]]) -> set[type[BaseModel]]:
    """The models within a type, those within models included."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel) and annotation not in seen:
        seen.add(annotation)
        for field in annotation.model_fields.values():
            models(field.annotation, seen)
    for part in typing.get_args(annotation):
        models(part, seen)
    return seen


def sent(route: APIRoute) -> set[type[BaseModel]]:
    """The models of a route's body and query."""
    found: set[type[BaseModel]] = set()
    if route.body_field is not None:
        models(route.body_field.field_info.annotation, found)
    for dependant in _dependants(route):
        for parameter in dependant.query_params:
            models(parameter.field_info.annotation, found)
    return found


def _dependants(route: APIRoute) -> Iterator[typing.Any]:
    waiting = [route.dependant]
    while waiting:
        dependant = waiting.pop()
        yield dependant
        waiting += dependant.dependencies


def test_no_route_takes_a_field_that_it_does_not_name() -> None:
    open_to_more = {
        model.__qualname__
        for _, route in ROUTES
        for model in sent(route)
        if model.model_config.get("extra") != "forbid"
    }
    assert open_to_more == set()
    bodies = [route for _, route in ROUTES if route.body_field is not None]
    assert len(bodies) > 500
    assert [names_of(route) for route in bodies if not sent(route) and not _is_file(route)] == []


def _is_file(route: APIRoute) -> bool:
    assert route.body_field is not None
    return "Upload" in str(route.body_field.field_info.annotation) or "bytes" in str(
        route.body_field.field_info.annotation
    )


def test_nobody_says_what_the_service_alone_knows() -> None:
    said = {
        f"{name}: {field}"
        for _, route in ROUTES
        if route.body_field is not None
        for model in models(route.body_field.field_info.annotation, set())
        for field in model.model_fields
        if SET_HERE.fullmatch(field)
        for name in names_of(route)
    }
    assert said == set()


def test_rights_are_asked_for_at_few_routes_of_the_gateway_and_nowhere_else() -> None:
    asked = {
        name
        for _, route in ROUTES
        if route.body_field is not None
        for model in models(route.body_field.field_info.annotation, set())
        if RIGHTS & model.model_fields.keys()
        for name in names_of(route)
    }
    assert asked == GIVES_RIGHTS


def test_every_answer_has_a_shape_of_its_own() -> None:
    """What is not declared is not shown: FastAPI leaves out whatever the model does not name."""
    loose = {
        model.__qualname__
        for _, route in ROUTES
        for model in models(route.response_model, set())
        if model.model_config.get("extra") == "allow"
    }
    assert loose == {"CloudEvent", "StateAsOf"}, "an event as its contract has it, and the state that an event told"


def test_no_answer_has_a_field_for_a_secret_but_where_it_is_shown_once() -> None:
    shown: dict[str, set[str]] = {}
    for service, route in ROUTES:
        for model in models(route.response_model, set()):
            for field in model.model_fields:
                if SECRET.search(field):
                    for name in names_of(route):
                        shown.setdefault(name if service == OWN else f"{service} {name}", set()).add(field)
    shown.pop(NAMES_A_LINE, None)
    assert shown == SHOWN_ONCE


@pytest.mark.parametrize("service", ["gateway", "registry", "evaluation", "finance", "vouchers"])
def test_no_row_of_the_database_is_an_answer_as_it_is(service: str) -> None:
    from sqlalchemy.orm import DeclarativeBase

    rows = [
        names_of(route)
        for name, route in ROUTES
        if name == service
        if isinstance(route.response_model, type) and issubclass(route.response_model, DeclarativeBase)
    ]
    assert rows == []
