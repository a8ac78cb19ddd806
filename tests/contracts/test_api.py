"""The public interface takes nothing away from programs unless it was announced, and describes itself well."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import jsonschema_rs
import pytest

from gateway.description.examples import examples
from gateway.description.naming import tags
from tests.contracts.api.announced import REFERENCE, Changes, read_changes, renewed, unannounced
from tests.contracts.api.breaks import breaks
from tests.contracts.api.described import description
from tests.contracts.api.digest import Digest

Json = dict[str, Any]

TEXT: Json = {"type": "string"}
OLD: Json = {
    "components": {
        "parameters": {"Limit": {"in": "query", "name": "limit", "schema": {"type": "integer", "maximum": 200}}},
        "schemas": {
            "GrantNew": {
                "type": "object",
                "properties": {
                    "kind": {"enum": ["a", "b"]},
                    "note": {"anyOf": [TEXT, {"type": "null"}]},
                    "count": TEXT,
                },
                "required": ["kind"],
                "additionalProperties": False,
            },
            "Grant": {
                "type": "object",
                "properties": {"status": {"enum": ["open"]}, "amount": TEXT, "day": {**TEXT, "format": "date"}},
                "required": ["status", "amount"],
            },
        },
    },
    "paths": {
        "/v1/grants": {
            "get": {
                "operationId": "grants_list",
                "security": [{"session": []}, {}],
                "parameters": [{"$ref": "#/components/parameters/Limit"}],
                "responses": {"200": {"content": {"text/csv": {"schema": TEXT}}}},
            },
            "post": {
                "operationId": "grants_apply",
                "x-roles": ["science_officer", "centre_operator"],
                "security": [{"session": []}, {"key": ["grants:write"]}],
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/GrantNew"}}},
                },
                "responses": {
                    "201": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Grant"}}}},
                    "default": {},
                },
            },
        }
    },
}


def put(value: Any, *keys: str) -> Callable[[Json], None]:
    def change(document: Json) -> None:
        for key in keys[:-1]:
            document = document[key]
        document[keys[-1]] = value

    return change


def drop(*keys: str) -> Callable[[Json], None]:
    def change(document: Json) -> None:
        for key in keys[:-1]:
            document = document[key]
        del document[keys[-1]]

    return change


WANTED = ("paths", "/v1/grants", "post")
SENT = ("components", "schemas", "GrantNew")
GIVEN = ("components", "schemas", "Grant")

BROKEN = [
    (drop("paths", "/v1/grants", "get"), "GET /v1/grants: gone"),
    (put("grants_new", *WANTED, "operationId"), "POST /v1/grants: operationId is grants_new, was grants_apply"),
    (put([{"session": []}], *WANTED, "security"), "POST /v1/grants: no longer open to key"),
    (put([{"session": []}], "paths", "/v1/grants", "get", "security"), "GET /v1/grants: no longer open to nobody"),
    (put(["centre_operator"], *WANTED, "x-roles"), "POST /v1/grants: no longer open to the role science_officer"),
    (drop("paths", "/v1/grants", "get", "parameters"), "GET /v1/grants: query limit gone"),
    (
        put([{"in": "query", "name": "year", "required": True, "schema": TEXT}], *WANTED, "parameters"),
        "POST /v1/grants: query year is new and required",
    ),
    (
        put(100, "components", "parameters", "Limit", "schema", "maximum"),
        "GET /v1/grants query limit: maximum is 100, was 200",
    ),
    (put({}, *WANTED, "responses"), "POST /v1/grants: no longer answers 201"),
    (
        put({"200": {"content": {}}}, "paths", "/v1/grants", "get", "responses"),
        "GET /v1/grants 200: no longer answers text/csv",
    ),
    (put(["kind", "note"], *SENT, "required"), "GrantNew (sent): field note is required now"),
    (drop(*SENT, "properties", "count"), "GrantNew (sent): field count gone"),
    (put({"enum": ["a"]}, *SENT, "properties", "kind"), "GrantNew (sent).kind: no longer takes 'b'"),
    (put(TEXT, *SENT, "properties", "note"), "GrantNew (sent).note: no longer takes null"),
    (put({"type": "integer"}, *SENT, "properties", "count"), "GrantNew (sent).count: no longer takes string"),
    (put({**TEXT, "maxLength": 5}, *SENT, "properties", "count"), "GrantNew (sent).count: maxLength is 5, was none"),
    (put({**TEXT, "pattern": "^a"}, *SENT, "properties", "count"), "GrantNew (sent).count: pattern is ^a, was none"),
    (drop(*GIVEN, "properties", "day"), "Grant (received): field day gone"),
    (put(["status"], *GIVEN, "required"), "Grant (received): field amount may be missing now"),
    (put({"enum": ["open", "shut"]}, *GIVEN, "properties", "status"), "Grant (received).status: may now be 'shut'"),
    (put({"type": "number"}, *GIVEN, "properties", "amount"), "Grant (received).amount: may now be number"),
    (
        put({"anyOf": [TEXT, {"type": "null"}]}, *GIVEN, "properties", "amount"),
        "Grant (received).amount: may now be null",
    ),
    (put(TEXT, *GIVEN, "properties", "day"), "Grant (received).day: format is None, was date"),
]
HARMLESS = [
    put({"get": OLD["paths"]["/v1/grants"]["get"]}, "paths", "/v1/more"),
    put(TEXT, *GIVEN, "properties", "remark"),
    put(["status", "amount", "day"], *GIVEN, "required"),
    put(TEXT, *SENT, "properties", "remark"),
    put({"enum": ["a", "b", "c"]}, *SENT, "properties", "kind"),
    put([], *SENT, "required"),
    put(500, "components", "parameters", "Limit", "schema", "maximum"),
    put([{"in": "query", "name": "year", "schema": TEXT}], *WANTED, "parameters"),
    put(["centre_operator", "industry_officer", "science_officer"], *WANTED, "x-roles"),
    put("what it is about", *GIVEN, "description"),
]


@pytest.mark.parametrize(("change", "named"), BROKEN, ids=[named for _, named in BROKEN])
def test_each_break_has_a_name(change: Callable[[Json], None], named: str) -> None:
    new = deepcopy(OLD)
    change(new)
    assert breaks(Digest.of(OLD), Digest.of(new)) == [named]


@pytest.mark.parametrize("change", HARMLESS)
def test_what_only_adds_breaks_nothing(change: Callable[[Json], None]) -> None:
    new = deepcopy(OLD)
    change(new)
    assert breaks(Digest.of(OLD), Digest.of(new)) == []


def test_a_schema_that_contains_itself_is_compared_once() -> None:
    old = deepcopy(OLD)
    old["components"]["schemas"]["Grant"]["properties"]["parts"] = {
        "type": "array",
        "items": {"$ref": "#/components/schemas/Grant"},
    }
    new = deepcopy(old)
    del new["components"]["schemas"]["Grant"]["properties"]["amount"]
    assert breaks(Digest.of(old), Digest.of(new)) == ["Grant (received): field amount gone"]


def test_an_announced_break_may_come_once_and_not_again_under_the_same_announcement() -> None:
    old, without = Digest.of(OLD), Digest.of(OLD)
    del without.operations["GET /v1/grants"]
    announcement = {
        "announced_on": "2019-03-18",
        "holds_from": "2019-07-01",
        "breaks": ["GET /v1/grants: gone"],
        "instead": "Ask /v1/entitlements.",
    }
    changes = Changes.model_validate({"change": [announcement]})
    assert unannounced(old, without, Changes()) == ["GET /v1/grants: gone"]
    assert unannounced(old, without, changes) == []
    after = renewed(old, without, changes)
    assert after.announced == ["2019-03-18 GET /v1/grants: gone"]
    again = Digest(old.operations, old.schemas, after.announced)
    assert unannounced(again, without, changes) == ["GET /v1/grants: gone"]


def test_a_digest_reads_what_it_wrote() -> None:
    digest = Digest.of(OLD)
    digest.announced = ["2019-03-18 GET /v1/grants: gone"]
    assert Digest.read(digest.lines()) == digest


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_nothing_breaks_that_was_not_announced() -> None:
    reference = Digest.read(REFERENCE.read_text("utf-8"))
    refused = unannounced(reference, Digest.of(description()), read_changes())
    assert refused == [], "announce it in docs/api-changes.toml, or take it back"


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_operation_is_told_in_full() -> None:
    document: Any = description()
    identifiers: list[str] = []
    for name, operation in operations(document):
        identifiers.append(operation["operationId"])
        assert operation["summary"], name
        assert "security" in operation, name
        assert "x-roles" in operation or operation["security"] == [{}], name
        assert {"401", "403", "404", "409", "422", "429", "503", "default"} <= set(operation["responses"]), name
        assert any(status.startswith("2") for status in operation["responses"]), name
        for form, content in operation.get("requestBody", {}).get("content", {}).items():
            assert content.get("schema"), (name, form, "says nothing of its body")
    assert len(set(identifiers)) == len(identifiers) > 1000
    assert [tag["name"] for tag in document["tags"] if not tag["description"]] == [], (
        "write gateway/description/tags.toml"
    )
    assert {tag["name"] for tag in document["tags"]} <= set(tags())
    assert all(name.isalnum() for name in document["components"]["schemas"])


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_examples_are_of_routes_there_are_and_as_their_schemas_ask() -> None:
    document: Any = description()
    known = dict(operations(document))
    for name, example in examples().items():
        for content in known[name]["requestBody"]["content"].values():
            assert content["example"] == example
            schema = {**content["schema"], "components": document["components"]}
            jsonschema_rs.validator_for(schema).validate(example)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_whole_description_is_valid_by_the_specifications_own_schema_and_not_too_large() -> None:
    document: Any = description()
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    assert len(text.encode()) < 4_000_000
    from openapi_spec_validator.schemas import schema_v31

    errors = [error.message[:300] for error in jsonschema_rs.validator_for(dict(schema_v31)).iter_errors(document)]
    assert errors == []
    names = set(document["components"]["schemas"])
    assert {ref.rsplit("/", 1)[1] for ref in references(document) if "/schemas/" in ref} == names


def operations(document: Json) -> Iterator[tuple[str, Json]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield f"{method.upper()} {path}", operation


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)
