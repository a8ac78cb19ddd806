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
from gateway.description.naming import schema_names
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
    assert dig(paths, "/v1/grants", "get", "tags") == ["grants"]
    assert dig(paths, "/v1/grants", "get", "x-service") == "finance"


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


def test_every_operation_has_a_tag_and_an_id_of_its_own_that_says_the_resource(merged: Object) -> None:
    found = {str(item["operationId"]): item["tags"] for item in operations(merged)}
    assert found == {
        "centres_list": ["centres"],
        "centres_read": ["centres"],
        "grants_list": ["grants"],
        "operations_progress": ["operations"],
    }


def test_every_operation_tells_every_refusal_as_a_problem(merged: Object) -> None:
    responses = dig(merged, "components", "responses")
    for item in operations(merged):
        answers = item["responses"]
        assert isinstance(answers, dict)
        assert {"401", "403", "404", "409", "422", "429", "503", "default"} <= set(answers)
        for status, answer in answers.items():
            if not status.startswith("2"):
                name = str(dig(answer, "$ref")).removeprefix("#/components/responses/")
                assert dig(responses, name, "content", "application/problem+json", "schema")
    assert dig(responses, "TooMany", "headers", "Retry-After")
    assert dig(responses, "TooMany", "headers", "RateLimit-Policy")


def test_a_caller_comes_in_by_any_of_the_ways_there_are_and_a_key_by_the_scope_it_needs() -> None:
    document = merge(
        {"registry": REGISTRY}, title="", description="", issuers=("https://a.example", "https://b.example/")
    )
    people: list[JsonValue] = [{"session": []}, {"password": []}, {"oidc": []}, {"oidc2": []}]
    programs: list[JsonValue] = [{"key": ["centres:read"]}, {"key": ["centres:read"], "signature": []}]
    assert dig(document, "paths", "/v1/centres", "get", "security") == [*people, *programs]
    assert dig(document, "paths", "/v1/centres/{centre_id}", "get", "security") == [*people, *programs, {}]
    schemes = dig(document, "components", "securitySchemes")
    assert isinstance(schemes, dict)
    assert set(schemes) == {"session", "password", "oidc", "oidc2", "key", "signature"}
    assert dig(schemes, "oidc2", "openIdConnectUrl") == "https://b.example/.well-known/openid-configuration"


def test_roles_that_need_a_second_factor_leave_no_way_for_a_key() -> None:
    registry = copy.deepcopy(REGISTRY)
    item = dig(registry, "paths", "/v1/centres", "get")
    assert isinstance(item, dict)
    item["x-roles"] = ["science_approver", "industry_approver"]
    told = dig(merge({"registry": registry}, title="", description=""), "paths", "/v1/centres", "get")
    assert dig(told, "security") == [{"session": []}, {"password": []}]
    assert dig(told, "x-second-factor") is True


def test_names_of_schemas_are_for_people() -> None:
    assert schema_names(
        [
            "Page_GrantOut_",
            "Page_Union_CentreOut__PublicCentreOut__",
            "services__evaluation__reports__schemas__RevisionOut",
            "services__evaluation__rubrics__schemas__RevisionOut",
            "shared__http__notices__TermWarning",
            "PageGrantOut",
        ]
    ) == {
        "PageGrantOut": "PageGrantOut",
        "Page_GrantOut_": "Page_GrantOut_",
        "Page_Union_CentreOut__PublicCentreOut__": "PageCentreOutPublicCentreOut",
        "services__evaluation__reports__schemas__RevisionOut": "ReportsRevisionOut",
        "services__evaluation__rubrics__schemas__RevisionOut": "RubricsRevisionOut",
        "shared__http__notices__TermWarning": "TermWarning",
    }


def test_titles_and_pythons_words_for_limits_are_left_out_but_never_fields_of_those_names() -> None:
    registry = copy.deepcopy(REGISTRY)
    fields: Object = {
        "title": {"type": "string", "title": "Title"},
        "ge": {"type": "number", "ge": 1, "decimal_places": 2},
    }
    schemas = dig(registry, "components", "schemas")
    assert isinstance(schemas, dict)
    schemas["Centre"] = {"title": "Centre", "type": "object", "properties": fields}
    told = dig(merge({"registry": registry}, title="", description=""), "components", "schemas", "Centre")
    assert told == {
        "type": "object",
        "properties": {"title": {"type": "string"}, "ge": {"type": "number", "minimum": 1}},
    }


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
    assert [item["x-service"] for item in operations(merged)].count("registry") == 1
    assert "/internal" not in json.dumps(merged["paths"])
    assert "/v1/auth/token" in json.dumps(merged["paths"])
    assert "HTTPValidationError" not in json.dumps(merged)
