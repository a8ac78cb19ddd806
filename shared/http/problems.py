"""Errors as RFC 9457 problem details: ``application/problem+json``, Chinese or English by Accept-Language."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, JsonValue
from sqlalchemy.exc import DBAPIError, InterfaceError, TimeoutError as PoolTimeout
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from shared.db import RETRIED_SQLSTATES, constraint_of, sqlstate_of
from shared.errors import DomainError, service_unavailable
from shared.http.messages import CONTENT_LANGUAGE, Language, Messages, preferred_language
from shared.http.validation import Fault, PayloadInvalid, faults_of
from shared.logging import get_logger
from shared.peers import PeerUnavailable
from shared.policy.decision import Decision
from shared.policy.edition import PolicyNotInForce

MEDIA_TYPE: Final = "application/problem+json"
TYPE_PREFIX: Final = "urn:mengchuang:problem:"
CODE: Final = "Mengchuang-Problem"
"""Tells the gateway the code, for its audit; it passes the header on to nobody."""

_DUPLICATE_SQLSTATES: Final = frozenset({"23505", "23P01"})
_UNSTORABLE_SQLSTATES: Final = frozenset({"22021", "22P05"})
_TOO_LARGE_SQLSTATES: Final = frozenset({"22000", "22001", "22003", "22008"})
"""A number, a text or a day beyond what its column holds; 22000 is how the driver says so before it sends anything."""
_BUSY_SQLSTATES: Final = RETRIED_SQLSTATES | {"55P03", "57014"}
_DOWN_CLASSES: Final = ("08", "3D", "53", "57P", "25P03")

log = get_logger(__name__)


class FieldProblem(BaseModel):
    """One field that is not valid."""

    field: str
    message: str


class Problem(BaseModel):
    """RFC 9457 problem details, as documented in OpenAPI. ``decision`` lists the rules that refused."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    clauses: list[str] = []
    decision: dict[str, JsonValue] | None = None
    errors: list[FieldProblem] | None = None


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """For a route's ``responses=``: these statuses answer a problem."""
    return {status: {"model": Problem} for status in statuses}


def translate(error: Exception) -> tuple[DomainError, Sequence[Fault]]:
    """Any exception as the refusal the caller gets; what is not the caller's to know becomes 500."""
    if isinstance(error, DomainError):
        return error, ()
    if isinstance(error, PayloadInvalid):
        return DomainError("validation-failed", 422), error.faults
    if isinstance(error, RequestValidationError):
        return DomainError("validation-failed", 422), faults_of(error.errors())
    if isinstance(error, HTTPException):
        cause = error.__cause__
        return translate(cause) if isinstance(cause, DomainError | PayloadInvalid) else (_of_http(error), ())
    if isinstance(error, PolicyNotInForce):
        return DomainError("policy-not-in-force", 409, params={"day": error.day}), ()
    if isinstance(error, PeerUnavailable):
        log.warning("peer-unavailable", peer=error.peer, reason=error.reason)
        return service_unavailable(error.peer), ()
    if sqlstate_of(error) in _TOO_LARGE_SQLSTATES:
        log.warning("value-too-large", sqlstate=sqlstate_of(error))
        return DomainError("validation-failed", 422), (Fault("body", "too_large", {}),)
    return _of_database(error) or _unexpected(error), ()


def _of_http(error: HTTPException) -> DomainError:
    codes = {401: "unauthenticated", 403: "forbidden", 404: "route-not-found", 405: "method-not-allowed"}
    return DomainError(codes.get(error.status_code, "http-error"), error.status_code, headers=error.headers)


def _of_database(error: Exception) -> DomainError | None:
    state = sqlstate_of(error)
    if state in _DUPLICATE_SQLSTATES:
        log.warning("constraint-refused", constraint=constraint_of(error))
        return DomainError("conflict", 409)
    if state in _UNSTORABLE_SQLSTATES:
        return DomainError("validation-failed", 422)
    if _is_outage(error, state):
        log.warning("database-unavailable", error=type(error).__name__, sqlstate=state)
        return service_unavailable("database")
    return None


def _is_outage(error: Exception, state: str | None) -> bool:
    if state is not None:
        return state in _BUSY_SQLSTATES or state.startswith(_DOWN_CLASSES)
    lost = isinstance(error, DBAPIError) and (error.connection_invalidated or isinstance(error, InterfaceError))
    return lost or isinstance(error, PoolTimeout | ConnectionError | TimeoutError)


def _unexpected(error: Exception) -> DomainError:
    log.error("unexpected-error", exc_info=error)
    return DomainError("internal-error", 500)


class Problems:
    """Renders errors with one application's texts."""

    def __init__(self, messages: Messages) -> None:
        self.messages = messages

    def render(self, error: Exception, scope: Scope) -> Response:
        """The response to an exception raised while answering the request of ``scope``."""
        domain, faults = translate(error)
        language = preferred_language(Headers(scope=scope).get("accept-language"))
        text = self.messages.text(domain.code, language, domain.params)
        body: dict[str, object] = {
            "type": TYPE_PREFIX + domain.code,
            "title": text.title,
            "status": domain.status,
            "detail": text.detail,
            "instance": scope["path"],
            "code": domain.code,
            "clauses": list(domain.clauses),
            **domain.members,
        }
        if domain.decision is not None:
            body["decision"] = self.explained(domain.decision, language)
        if faults:
            body["errors"] = [fault.render(self.messages, language) for fault in faults]
        return Response(
            json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace"),
            status_code=domain.status,
            headers={
                **domain.headers,
                CODE: domain.code,
                "Content-Language": CONTENT_LANGUAGE[language],
                "Vary": "Accept-Language",
                "Cache-Control": "no-store",
            },
            media_type=MEDIA_TYPE,
        )

    async def handle(self, request: Request, error: Exception) -> Response:
        """The same, as FastAPI's exception handler. The router's 405 names only the methods of its first route."""
        response = self.render(error, request.scope)
        methods = getattr(request.app.state, "methods", None)
        if response.status_code == 405 and methods is not None:
            response.headers.update(methods.allow(request.scope["path"]))
        return response

    def explained(self, decision: Decision, language: Language) -> dict[str, JsonValue]:
        """The decision as JSON, each rule with its text."""
        told = decision.to_json()
        told["results"] = [self.with_text(result.to_json(), language) for result in decision.results]
        return told

    def with_text(self, result: JsonValue, language: Language) -> JsonValue:
        """One rule's result with its text, None where the catalogue has none; what is no result stays as it is."""
        if not isinstance(result, dict) or "message" not in result:
            return result
        message, inputs = result["message"], result.get("inputs")
        if not isinstance(message, str) or message not in self.messages:
            return {**result, "text": None}
        params: dict[str, object] = {**(inputs if isinstance(inputs, dict) else {}), "limit": result.get("limit")}
        return {**result, "text": self.messages.text(message, language, params).detail}
