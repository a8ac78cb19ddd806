"""One OpenAPI 3.1 description out of those of the gateway and the services: only what the public can reach."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias

from pydantic import JsonValue

from gateway.front.routes import owner

Document: TypeAlias = Mapping[str, JsonValue]
Object: TypeAlias = dict[str, JsonValue]

METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
SHARED_SEGMENTS: Final = ("/v1/operations/", "/v1/imports/")
"""Several services answer these, told apart by prefix or kind; one description stands for all."""

PROBLEM: Final = "Problem"
PROBLEM_TYPE: Final = "application/problem+json"
SECURITY_SCHEMES: Final[Object] = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "an access token of POST /v1/auth/token"},
    "password": {
        "type": "oauth2",
        "description": "signs in with user name and password and sends the token",
        "flows": {"password": {"tokenUrl": "/v1/auth/token", "scopes": {}}},
    },
}
_TEMPLATE = re.compile(r"\{[^}]*\}")
_SCHEMA_REF = re.compile(r"#/components/schemas/([^/]+)")


def merge(documents: Mapping[str, Document], *, title: str, description: str) -> Object:
    """The public description.

    Paths that the gateway does not route to the service that describes them are left out, and so is everything under
    `/internal`. A schema that several services have in the same form appears once; of the same name and another form,
    each gets its service's name in front.
    """
    shared = _shared_schemas(documents)
    schemas: Object = {}
    paths: Object = {}
    for service, document in documents.items():
        renamed = {name: name if name in shared else f"{service.capitalize()}{name}" for name in _colliding(documents)}
        for name, schema in _schemas(document).items():
            schemas[renamed.get(name, name)] = _rewrite(schema, renamed)
        for path, item in _public_paths(service, document).items():
            _add(paths, path, _path_item(service, _rewrite(item, renamed)))
    _distinguish_operation_ids(paths)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": "1", "description": description},
        "servers": [{"url": "/"}],
        "tags": [{"name": service, "description": _title(document)} for service, document in documents.items()],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": _used(dict(sorted(schemas.items())), paths),
            "securitySchemes": SECURITY_SCHEMES,
        },
    }


def _title(document: Document) -> JsonValue:
    info = document.get("info")
    return info.get("title", "") if isinstance(info, dict) else ""


def _schemas(document: Document) -> Object:
    components = document.get("components")
    schemas = components.get("schemas") if isinstance(components, dict) else None
    return schemas if isinstance(schemas, dict) else {}


def _colliding(documents: Mapping[str, Document]) -> set[str]:
    seen: set[str] = set()
    twice: set[str] = set()
    for document in documents.values():
        names = set(_schemas(document))
        twice |= seen & names
        seen |= names
    return twice


def _shared_schemas(documents: Mapping[str, Document]) -> set[str]:
    """Names that mean the same wherever they appear, what they refer to included."""
    colliding = _colliding(documents)
    forms: dict[str, set[str]] = {name: set() for name in colliding}
    refers: dict[str, set[str]] = {name: set() for name in colliding}
    for document in documents.values():
        for name, schema in _schemas(document).items():
            if name in colliding:
                text = json.dumps(schema, sort_keys=True)
                forms[name].add(text)
                refers[name] |= set(_SCHEMA_REF.findall(text.replace('"', "/"))) & colliding
    same = {name for name in colliding if len(forms[name]) == 1}
    while True:
        broken = {name for name in same if refers[name] - same}
        if not broken:
            return same
        same -= broken


def _public_paths(service: str, document: Document) -> Object:
    paths = document.get("paths")
    if not isinstance(paths, dict):
        return {}
    return {path: item for path, item in paths.items() if _is_public(service, path)}


def _is_public(service: str, path: str) -> bool:
    return path.startswith(SHARED_SEGMENTS) or owner(_TEMPLATE.sub("x", path).encode()) == service


def _path_item(service: str, item: JsonValue) -> Object:
    assert isinstance(item, dict)
    return {key: _operation(service, value) if key in METHODS else value for key, value in item.items()}


def _operation(service: str, operation: JsonValue) -> JsonValue:
    assert isinstance(operation, dict)
    responses = operation.get("responses")
    merged = dict(responses) if isinstance(responses, dict) else {}
    merged.setdefault(
        "default",
        {
            "description": "Any other refusal or failure: RFC 9457 problem details",
            "content": {PROBLEM_TYPE: {"schema": {"$ref": f"#/components/schemas/{PROBLEM}"}}},
        },
    )
    return {**operation, "tags": [service], "security": _security(operation.get("security")), "responses": merged}


def _security(security: JsonValue) -> JsonValue:
    """Where a bearer token is asked for, the password flow is another way to have one."""
    if not isinstance(security, list):
        return [{}]
    token: list[JsonValue] = [{"bearer": []}, {"password": []}]
    return [*token, {}] if {} in security else token


def _add(paths: Object, path: str, item: Object) -> None:
    """Add a path; for the segments several services share, what another one has described already stays."""
    form = _TEMPLATE.sub("{}", path)
    known = next((other for other in paths if _TEMPLATE.sub("{}", other) == form), None)
    if known is None:
        paths[path] = item
        return
    existing = paths[known]
    assert isinstance(existing, dict)
    paths[known] = {**item, **existing} if known == path else existing


def _rewrite(value: JsonValue, renamed: Mapping[str, str]) -> JsonValue:
    """The value with references to renamed schemas put right, discriminators' mappings included."""
    if isinstance(value, dict):
        return {key: _rewrite(item, renamed) for key, item in value.items()}
    if isinstance(value, list):
        return [_rewrite(item, renamed) for item in value]
    if isinstance(value, str) and (match := _SCHEMA_REF.fullmatch(value)):
        return f"#/components/schemas/{renamed.get(match[1], match[1])}"
    return value


def _used(schemas: Object, paths: Object) -> Object:
    """The schemas that public paths reach; internal ones are nobody's business."""
    wanted = {PROBLEM} & set(schemas)
    queue: list[JsonValue] = [paths, *(schemas[name] for name in wanted)]
    while queue:
        new = _references(queue.pop()) & set(schemas) - wanted
        wanted |= new
        queue.extend(schemas[name] for name in new)
    return {name: schema for name, schema in schemas.items() if name in wanted}


def _references(value: JsonValue) -> set[str]:
    if isinstance(value, dict):
        return set().union(*(_references(item) for item in value.values()))
    if isinstance(value, list):
        return set().union(*(_references(item) for item in value))
    match = _SCHEMA_REF.fullmatch(value) if isinstance(value, str) else None
    return {match[1]} if match else set()


def _distinguish_operation_ids(paths: Object) -> None:
    """Make operation ids unique by the service's name in front of all but the first."""
    seen: set[str] = set()
    for operation in _operations(paths):
        identifier, tags = operation.get("operationId"), operation.get("tags")
        if not isinstance(identifier, str) or not isinstance(tags, list):
            continue
        if identifier in seen:
            identifier = operation["operationId"] = f"{tags[0]}_{identifier}"
        seen.add(identifier)


def _operations(paths: Object) -> Iterator[Object]:
    for item in paths.values():
        if isinstance(item, dict):
            yield from (value for key, value in item.items() if key in METHODS and isinstance(value, dict))
