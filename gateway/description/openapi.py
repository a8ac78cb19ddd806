"""One OpenAPI 3.1 description out of those of the gateway and the services: only what the public can reach."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from pydantic import JsonValue

from gateway.description import common
from gateway.description.common import PROBLEM, Object
from gateway.description.examples import give_examples
from gateway.description.naming import operation_ids, schema_names, tag_of, tags
from gateway.description.operations import finish
from gateway.front.routes import owner

Document: TypeAlias = Mapping[str, JsonValue]

METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
SHARED_SEGMENTS: Final = ("/v1/operations/", "/v1/imports/")
"""Several services answer these, told apart by prefix or kind; one description stands for all."""

_NAMED: Final = frozenset({"properties", "schemas", "$defs", "paths"})
_LIMITS: Final = {"ge": "minimum", "le": "maximum", "gt": "exclusiveMinimum", "lt": "exclusiveMaximum"}
_PYTHONS: Final = frozenset({*_LIMITS, "decimal_places", "max_digits"})
_TEMPLATE = re.compile(r"\{[^}]*\}")
_SCHEMA_REF = re.compile(r"#/components/schemas/([^/]+)")


def merge(
    documents: Mapping[str, Document], *, title: str, description: str, issuers: Sequence[str] = (), server: str = "/"
) -> Object:
    """The public description.

    Paths that the gateway does not route to the service that describes them are left out, and so is everything under
    `/internal`. A schema that several services have in the same form appears once; of the same name and another form,
    each gets its service's name in front. `issuers` are those whose tokens are believed besides our own.
    """
    documents = {service: _with_names_for_people(document) for service, document in documents.items()}
    shared = _shared_schemas(documents)
    schemas: Object = {}
    paths: Object = {}
    owners: dict[str, str] = {}
    for service, document in documents.items():
        renamed = {name: name if name in shared else f"{service.capitalize()}{name}" for name in _colliding(documents)}
        for name, schema in _schemas(document).items():
            schemas[renamed.get(name, name)] = _rewrite(schema, renamed)
        for path, item in _public_paths(service, document).items():
            _add(paths, path, _rewrite(item, renamed))
            owners.setdefault(path, service)
    parameters = _finish(paths, owners, issuers)
    give_examples(paths)
    used = {tag_of(path) for path in paths}
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": "1", "description": description},
        "servers": [{"url": server}],
        "tags": [{"name": tag, "description": tags().get(tag, "")} for tag in sorted(used)],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": _used(dict(sorted(schemas.items())), paths),
            "parameters": dict(sorted(parameters.items())),
            **common.components(issuers),
        },
    }


def _finish(paths: Object, owners: Mapping[str, str], issuers: Sequence[str]) -> Object:
    """Complete every operation in place; returns the parameters that they share."""
    parameters: Object = {}
    found = [(path, method, operation) for path, item in paths.items() for method, operation in _operations(item)]
    named = operation_ids((path, method, str(operation.get("operationId", ""))) for path, method, operation in found)
    for path, method, operation in found:
        item = paths[path]
        assert isinstance(item, dict)
        item[method] = finish(
            path,
            method,
            operation,
            service=owners[path],
            named=named[path, method],
            issuers=issuers,
            parameters=parameters,
        )
    return parameters


def _with_names_for_people(document: Document) -> Document:
    names = schema_names(_schemas(document))
    components: Object = {"schemas": {names[name]: schema for name, schema in _schemas(document).items()}}
    renamed = _rewrite({"paths": document.get("paths", {}), "components": components}, names)
    assert isinstance(renamed, dict)
    plain = _plain(renamed)
    assert isinstance(plain, dict)
    return {**document, **plain}


def _plain(value: JsonValue, *, named: bool = False) -> JsonValue:
    """Without titles that only repeat a field's name, which generators take for names of their own, and without
    Python's words for limits, which no other reader knows. `named`: the keys are names of fields."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    if named:
        return {key: _plain(item) for key, item in value.items()}
    kept = {
        key: _plain(item, named=key in _NAMED)
        for key, item in value.items()
        if not (key == "title" and isinstance(item, str)) and key not in _PYTHONS
    }
    for word, keyword in _LIMITS.items():
        if word in value and value.get("type") in ("number", "integer"):
            kept[keyword] = value[word]
    return kept


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


def _add(paths: Object, path: str, item: JsonValue) -> None:
    """Add a path; for the segments several services share, what another one has described already stays."""
    assert isinstance(item, dict)
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


def _operations(item: JsonValue) -> list[tuple[str, Object]]:
    assert isinstance(item, dict)
    return [(key, value) for key, value in item.items() if key in METHODS and isinstance(value, dict)]
