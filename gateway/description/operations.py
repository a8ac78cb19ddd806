"""One operation as the public sees it: its name, its group, who may call it and how, and what refusals it has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import JsonValue

from gateway.description import common
from gateway.description.common import EVERYWHERE, REFUSALS, SUCCESS_HEADERS, Object
from gateway.description.naming import tag_of
from gateway.front.scopes import needed
from gateway.second_factor.rules import needs_second_factor

IDEMPOTENT: Final = "Idempotency-Key"


def finish(
    path: str,
    method: str,
    operation: Mapping[str, JsonValue],
    *,
    service: str,
    named: str,
    issuers: Sequence[str],
    parameters: Object,
) -> Object:
    """The operation of a service's own description, completed. What it shares with others goes into `parameters`."""
    roles = operation.get("x-roles")
    known = [str(role) for role in roles] if isinstance(roles, list) else []
    done: Object = {
        **operation,
        "operationId": named,
        "tags": [tag_of(path)],
        "x-service": service,
        "security": _security(path, method, operation.get("security"), known, issuers),
        "responses": _responses(method, operation),
    }
    if known and all(needs_second_factor([role]) for role in known):
        done["x-second-factor"] = True
    declared = operation.get("parameters")
    if isinstance(declared, list) and declared:
        done["parameters"] = [_parameter(one, operation, parameters) for one in declared if isinstance(one, dict)]
    return done


def _security(
    path: str, method: str, declared: JsonValue, roles: Sequence[str], issuers: Sequence[str]
) -> list[JsonValue]:
    """Any one of these lets in; a signature comes beside a key. Keys never have roles that ask for a second factor."""
    if not isinstance(declared, list):
        return [{}]
    ways: list[JsonValue] = [{"session": []}, {"password": []}]
    ways += [{name: []} for name in common.oidc_names(issuers)]
    if not roles or not all(needs_second_factor([role]) for role in roles):
        scope: list[JsonValue] = [needed(method.upper(), path.encode())]
        ways += [{"key": scope}, {"key": scope, "signature": []}]
    return [*ways, {}] if {} in declared else ways


def _responses(method: str, operation: Mapping[str, JsonValue]) -> Object:
    declared = operation.get("responses")
    answers: Object = {}
    for status, answer in (declared if isinstance(declared, dict) else {}).items():
        if isinstance(answer, dict) and status.startswith(("2", "3")):
            answers[status] = _success(method, answer, operation)
    refused = {status for status in (declared if isinstance(declared, dict) else {}) if status in REFUSALS}
    for status in sorted(refused | set(EVERYWHERE) | _by_form(method, operation)):
        answers[status] = common.refusal(status)
    answers["default"] = common.refusal("default")
    return answers


def _by_form(method: str, operation: Mapping[str, JsonValue]) -> set[str]:
    """Refusals that follow from what the request has: a body, a key."""
    if "requestBody" in operation:
        return {"400", "413", "415"}
    return {"400"} if method == "post" else set()


def _success(method: str, answer: Mapping[str, JsonValue], operation: Mapping[str, JsonValue]) -> Object:
    headers = dict(SUCCESS_HEADERS)
    declared = answer.get("headers")
    if isinstance(declared, dict):
        headers |= declared
    if method == "post" and _has(operation, IDEMPOTENT):
        headers["Idempotency-Replayed"] = {"$ref": "#/components/headers/Idempotency-Replayed"}
    return {**answer, "headers": headers}


def _has(operation: Mapping[str, JsonValue], name: str) -> bool:
    declared = operation.get("parameters")
    return isinstance(declared, list) and any(isinstance(one, dict) and one.get("name") == name for one in declared)


def _parameter(parameter: Object, operation: Mapping[str, JsonValue], parameters: Object) -> JsonValue:
    """A query or a header has no null: what may be left out is simply not required."""
    told = dict(parameter)
    schema = told.get("schema")
    if isinstance(schema, dict) and told.get("in") in ("query", "header"):
        told["schema"] = without_null(schema)
    name = str(told.get("name"))
    if name in common.DESCRIBED:
        told.setdefault("description", common.DESCRIBED[name])
    responses = operation.get("responses")
    if name == "If-Match" and isinstance(responses, dict) and "428" in responses:
        return {**told, "required": True}
    shared = common.parameter_name(told)
    if shared is None or parameters.setdefault(shared, told) != told:
        return told
    return {"$ref": f"#/components/parameters/{shared}"}


def without_null(schema: Mapping[str, JsonValue]) -> Object:
    """The schema without the choice of null."""
    choices = schema.get("anyOf")
    if not isinstance(choices, list):
        return dict(schema)
    kept = [one for one in choices if one != {"type": "null"}]
    rest = {key: value for key, value in schema.items() if key != "anyOf"}
    if rest.get("default", "") is None:
        del rest["default"]
    if len(kept) == 1 and isinstance(kept[0], dict):
        return {**kept[0], **rest}
    return {"anyOf": kept, **rest}
