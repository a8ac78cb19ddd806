"""The OpenAPI description of a service: problems for every error, the bearer scheme, and who may call what."""

from __future__ import annotations

import hashlib
import json
from threading import Lock
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.requests import Request
from starlette.responses import Response

from shared.auth.principal import InternalGuard, RoleGuard, find_guard
from shared.auth.roles import PUBLIC
from shared.http.dependants import calls_of
from shared.http.etag import is_current
from shared.http.exports import CODES, CSV, TEXTS, VALUES, XLSX, item_model
from shared.http.idempotency import HEADER, key_required
from shared.http.openapi_limits import set_limits
from shared.http.problems import MEDIA_TYPE

PATH = "/openapi.json"

_WRITING: Final = Lock()

_KEY_SCHEMA = {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[\\x21-\\x7e]+$"}
_VALUES = {
    "name": VALUES,
    "in": "query",
    "required": False,
    "description": "Of a file: words as people say them, or the codes that programs read.",
    "schema": {"type": "string", "enum": [TEXTS, CODES], "default": TEXTS},
}
_PROBLEM = {"$ref": "#/components/schemas/Problem"}
_BEARER = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


def read_description(request: Request) -> Response:
    """The description as JSON, written once. Not a coroutine, so that a thread writes it: the first time takes seconds,
    in which the event loop would answer nobody and lose its connections."""
    with _WRITING:
        state = request.app.state
        if not hasattr(state, "description"):
            body = json.dumps(describe(request.app), ensure_ascii=False, separators=(",", ":")).encode()
            state.description = body, f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        body, tag = state.description
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if is_current(request.headers.get("if-none-match"), tag):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


def describe(app: FastAPI) -> dict[str, Any]:
    """FastAPI's description, with security and the roles (``x-roles``) that each guard asks for."""
    if app.openapi_schema is None:
        document = get_openapi(title=app.title, version=app.version, routes=app.routes)
        document.setdefault("components", {})["securitySchemes"] = {"bearer": _BEARER}
        for context in iter_route_contexts(app.routes):
            route = context.original_route
            if isinstance(route, APIRoute) and route.path_format in document["paths"]:
                for method in route.methods or ():
                    operation = document["paths"][route.path_format].get(method.lower())
                    if operation is not None:
                        _secure(operation, route)
                        _name_media_type(operation)
                        if item_model(route.response_model) is not None:
                            _offer_files(operation)
                        if method == "POST":
                            _offer_key(operation, key_required in calls_of(route.dependant))
        set_limits(document)
        app.openapi_schema = document
    return app.openapi_schema


def _name_media_type(operation: dict[str, Any]) -> None:
    """FastAPI files every model under application/json."""
    for response in operation["responses"].values():
        content = response.get("content", {})
        if content.get("application/json", {}).get("schema") == _PROBLEM:
            content[MEDIA_TYPE] = content.pop("application/json")


def _offer_files(operation: dict[str, Any]) -> None:
    """Every list is also a file, by the Accept header."""
    known = {parameter["name"] for parameter in operation.get("parameters", [])}
    if VALUES not in known:
        operation.setdefault("parameters", []).append(_VALUES)
    content = operation["responses"]["200"]["content"]
    content[CSV] = {"schema": {"type": "string"}}
    content[XLSX] = {"schema": {"type": "string", "format": "binary"}}


def _offer_key(operation: dict[str, Any], required: bool) -> None:
    others = [known for known in operation.get("parameters", []) if known["name"] != HEADER]
    operation["parameters"] = [*others, {"name": HEADER, "in": "header", "required": required, "schema": _KEY_SCHEMA}]


def _secure(operation: dict[str, Any], route: APIRoute) -> None:
    guard = find_guard(route.dependant)
    if isinstance(guard, RoleGuard):
        operation["x-roles"] = sorted(guard.roles)
        operation["security"] = [{"bearer": []}, {}] if PUBLIC in guard.roles else [{"bearer": []}]
    elif isinstance(guard, InternalGuard):
        operation["x-internal"] = True
        operation["security"] = [{"bearer": []}]
