"""The merged description: only what the public reaches, names without collisions, valid by an independent validator."""

import copy
import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from fastapi import APIRouter, Depends
from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic import BaseModel, JsonValue

from gateway.build import GATEWAY
from gateway.description.openapi import merge
from gateway.settings import GatewaySettings
from shared.app import create_app
from shared.auth.principal import require, require_internal
from shared.http.route import ServiceRoute
from tests.support.tokens import Keys

Object = dict[str, JsonValue]


def schema(**properties: JsonValue) -> Object:
    return {"type": "object", "properties": properties}


def reference(name: str) -> Object:
    return {"$ref": f"#/components/schemas/{name}"}


def operation(name: str, answer: str, **more: JsonValue) -> Object:
    content: Object = {"application/json": {"schema": reference(answer)}}
    return {"operationId": name, "responses": {"200": {"description": "", "content": content}}, **more}


def document(title: str, paths: Object, schemas: Object) -> Object:
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": "1"},
        "paths": paths,
        "components": {"schemas": schemas},
    }


MONEY: Object = {"type": "string"}
PROBLEM = schema(code={"type": "string"})

REGISTRY = document(
    "Centres",
    {
        "/v1/centres": {"get": operation("list", "Page", security=[{"bearer": []}], tags=["x"])},
        "/v1/centres/{centre_id}": {"get": operation("read", "Centre", security=[{"bearer": []}, {}])},
        "/v1/grants": {"get": operation("usurp", "Centre")},
        "/internal/standing": {"get": operation("standing", "Secret")},
        "/v1/operations/{id}": {"get": operation("progress", "Money")},
    },
    {
        "Page": schema(items={"type": "array", "items": reference("Centre")}),
        "Centre": schema(owner=reference("Owner"), amount=reference("Money"), kind={
            "discriminator": {"propertyName": "k", "mapping": {"a": "#/components/schemas/Owner"}},
        }),
        "Owner": schema(name={"type": "string"}),
        "Money": MONEY,
        "Secret": schema(),
        "Problem": PROBLEM,
    },
)  # fmt: skip
FINANCE = document(
    "Money",
    {
        "/v1/grants": {"get": operation("list", "Page")},
        "/v1/operations/{operation_id}": {"get": operation("progress", "Money")},
    },
    {
        "Page": schema(items={"type": "array", "items": reference("Grant")}),
        "Grant": schema(amount=reference("Money"), owner=reference("Holder")),
        "Holder": schema(owner=reference("Owner")),
        "Owner": schema(code={"type": "string"}),
        "Money": MONEY,
        "Problem": PROBLEM,
    },
)


@pytest.fixture
def merged() -> Object:
    return merge({"registry": REGISTRY, "finance": FINANCE}, title="All", description="")


def dig(value: JsonValue, *keys: str) -> JsonValue:
    for key in keys:
        assert isinstance(value, dict)
        value = value[key]
    return value


def test_only_paths_that_are_routed_to_the_service_that_describes_them_appear(merged: Object) -> None:
    paths = merged["paths"]
    assert isinstance(paths, dict)
    assert list(paths) == ["/v1/centres", "/v1/centres/{centre_id}", "/v1/grants", "/v1/operations/{id}"]
    assert dig(paths, "/v1/grants", "get", "tags") == ["finance"]


def test_schemas_of_one_name_and_two_forms_get_their_services_name_and_others_stay(merged: Object) -> None:
    schemas = dig(merged, "components", "schemas")
    assert isinstance(schemas, dict)
    assert set(schemas) == {
        *("RegistryPage", "Centre", "RegistryOwner", "Money", "Problem"),
        *("FinancePage", "Grant", "FinanceOwner", "Holder"),
    }
    assert dig(schemas, "Centre", "properties", "owner", "$ref") == "#/components/schemas/RegistryOwner"
    assert dig(schemas, "Holder", "properties", "owner", "$ref") == "#/components/schemas/FinanceOwner"
    mapping = dig(schemas, "Centre", "properties", "kind", "discriminator", "mapping")
    assert mapping == {"a": "#/components/schemas/RegistryOwner"}


def test_a_schema_alike_in_itself_is_not_shared_if_what_it_refers_to_differs() -> None:
    wraps = schema(owner=reference("Owner"))
    registry, finance = copy.deepcopy(REGISTRY), copy.deepcopy(FINANCE)
    for part, user in ((registry, "Centre"), (finance, "Grant")):
        schemas = dig(part, "components", "schemas")
        assert isinstance(schemas, dict)
        schemas["Wrap"] = wraps
        schemas[user] = schema(wrap=reference("Wrap"))
    found = dig(merge({"registry": registry, "finance": finance}, title="", description=""), "components", "schemas")
    assert isinstance(found, dict)
    assert {"RegistryWrap", "FinanceWrap"} <= set(found)


def test_every_operation_has_a_tag_security_and_problems_and_an_id_of_its_own(merged: Object) -> None:
    identifiers = []
    for item in operations(merged):
        identifiers.append(item["operationId"])
        assert item["tags"] in (["registry"], ["finance"])
        assert dig(item, "responses", "default", "content", "application/problem+json")
    assert len(set(map(str, identifiers))) == len(identifiers) == 4
    paths = merged["paths"]
    assert dig(paths, "/v1/centres", "get", "security") == [{"bearer": []}, {"password": []}]
    assert dig(paths, "/v1/centres/{centre_id}", "get", "security") == [{"bearer": []}, {"password": []}, {}]


def operations(document: Object) -> Iterator[Object]:
    paths = document["paths"]
    assert isinstance(paths, dict)
    for item in paths.values():
        assert isinstance(item, dict)
        for value in item.values():
            assert isinstance(value, dict)
            yield value


class Centre(BaseModel):
    """The same name as another service's, another form."""

    name: str


def described(keys: Keys, *routers: APIRouter) -> Object:
    settings = GatewaySettings(
        database_url="postgresql+asyncpg://nobody@127.0.0.1/none",
        signing_key_file=keys.private("gateway"),
        access_signing_key_file=keys.private("gateway"),
        public_keys_dir=keys.public_dir,
    )
    made: Object = json.loads(json.dumps(create_app(replace(GATEWAY, routers=routers), settings).openapi()))
    return made


def test_the_description_of_real_apps_is_valid_openapi_3_1(gateway_keys: Keys) -> None:
    registry = APIRouter(prefix="/v1/centres", route_class=ServiceRoute)
    finance = APIRouter(prefix="/v1/grants", route_class=ServiceRoute)
    internal = APIRouter(prefix="/internal/standing")

    @registry.get("/{centre_id}", dependencies=[Depends(require("public"))])
    async def read(centre_id: int) -> Centre:
        return Centre(name=str(centre_id))

    @finance.post("", dependencies=[Depends(require("finance_officer"))])
    async def apply(body: Centre) -> Centre:
        return body

    @internal.get("", dependencies=[Depends(require_internal())])
    async def standing() -> dict[str, str]:
        return {}

    documents = {
        "registry": described(gateway_keys, registry, internal),
        "finance": described(gateway_keys, finance),
        "gateway": described(gateway_keys, *GATEWAY.routers),
    }
    merged = merge(documents, title="All", description="")
    assert not list(OpenAPIV31SpecValidator(merged).iter_errors())
    assert [item["tags"] for item in operations(merged)].count(["registry"]) == 1
    assert "/internal" not in json.dumps(merged["paths"])
    assert "/v1/auth/token" in json.dumps(merged["paths"])
    assert "HTTPValidationError" not in json.dumps(merged)
