"""Enterprises over HTTP: one code, one record; who sees and changes which."""

from __future__ import annotations

import pytest

from tests.registry.support import DAY, OPERATOR, Registry, enterprise_body, expect, fresh_code, refused

pytestmark = pytest.mark.asyncio(loop_scope="session")

PATH = "/v1/enterprises"


async def test_operator_officer_and_the_enterprise_itself_register(registry: Registry) -> None:
    code = fresh_code()
    itself = registry.caller("enterprise", org=code)
    expect(await registry.operator.post(PATH, enterprise_body()), 201)
    expect(await registry.officer.post(PATH, enterprise_body()), 201)
    response = await itself.post(PATH, enterprise_body(code=code))
    enterprise = expect(response, 201)
    assert response.headers["Location"] == f"{PATH}/{enterprise['id']}"
    assert response.headers["ETag"] == '"1"'
    refused(await itself.post(PATH, enterprise_body()), 403, "forbidden")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"code": "91540102MA0000000X"}, "code"),
        ({"code": "123"}, "code"),
        ({"industry_code": "Z0000"}, "industry_code"),
        ({"division": "110101"}, "division"),
        ({"registered_on": "2019-06-04"}, "registered_on"),
        ({"legal_representative_ref": "540102199001011234"}, "legal_representative_ref"),
        ({"graduate_founder": "yes"}, "graduate_founder"),
        ({"founder_name": "扎西"}, "founder_name"),
    ],
)
async def test_wrong_field_is_named(registry: Registry, changes: dict[str, object], field: str) -> None:
    problem = refused(await registry.officer.post(PATH, enterprise_body(**changes)), 422, "validation-failed")
    assert [error["field"] for error in problem["errors"]] == [field]


async def test_second_registration_names_the_first_to_those_who_may_see_it(registry: Registry) -> None:
    enterprise = expect(await registry.operator.post(PATH, enterprise_body()), 201)
    again = enterprise_body(code=enterprise["code"])
    response = await registry.officer.post(PATH, again)
    problem = refused(response, 409, "enterprise-already-registered")
    assert enterprise["id"] in problem["detail"]
    assert response.headers["Location"] == f"{PATH}/{enterprise['id']}"
    hidden = await registry.stranger.post(PATH, again)
    assert enterprise["id"] not in hidden.text
    refused(hidden, 409, "enterprise-registered-elsewhere")


async def test_codes_are_stored_in_one_form(registry: Registry) -> None:
    code = fresh_code()
    expect(await registry.officer.post(PATH, enterprise_body(code=code.lower())), 201)
    refused(await registry.officer.post(PATH, enterprise_body(code=code)), 409, "enterprise-already-registered")
    items = expect(await registry.officer.get(PATH, code=code.lower()), 200)["items"]
    assert [item["code"] for item in items] == [code]


async def test_each_sees_the_enterprises_it_has_to_do_with(registry: Registry) -> None:
    centre = await registry.listed()
    body = enterprise_body(legal_representative_ref="person-1", division="540121")
    enterprise = expect(await registry.officer.post(PATH, body), 201)
    await registry.admitted(centre["id"], enterprise["id"])
    seeing = [
        registry.operator,
        registry.auditor,
        registry.caller("finance_officer"),
        registry.caller("enterprise", org=enterprise["code"]),
        registry.caller("founder", person_ref="person-1"),
        registry.caller("division_officer", division="540121"),
    ]
    blind = [
        registry.stranger,
        registry.caller("enterprise", org=fresh_code()),
        registry.caller("founder", person_ref="person-2"),
        registry.caller("division_officer", division="540102"),
    ]
    for caller in seeing:
        expect(await caller.get(f"{PATH}/{enterprise['id']}"), 200)
        assert len(expect(await caller.get(PATH), 200)["items"]) == 1
    for caller in blind:
        refused(await caller.get(f"{PATH}/{enterprise['id']}"), 404, "not-found")
        assert expect(await caller.get(PATH), 200)["items"] == []


async def test_particulars_are_changed_by_the_operator_where_it_is(registry: Registry) -> None:
    enterprise = expect(await registry.stranger.post(PATH, enterprise_body()), 201)
    path = f"{PATH}/{enterprise['id']}"
    expect(await registry.stranger.patch(path, {"contact_phone": "0891-6310000"}, '"1"'), 200)
    await registry.admitted((await registry.listed())["id"], enterprise["id"])
    refused(await registry.stranger.patch(path, {"contact_phone": "0891-6310001"}, '"2"'), 403, "forbidden")
    expect(await registry.operator.patch(path, {"contact_email": "office@example.org"}, '"2"'), 200)


@pytest.mark.parametrize("body", [{"code": OPERATOR}, {"name": None}, {"division": "1"}])
async def test_amending_refuses_what_no_enterprise_may_be(registry: Registry, body: dict[str, object]) -> None:
    enterprise = await registry.enterprise()
    refused(await registry.officer.patch(f"{PATH}/{enterprise['id']}", body, '"1"'), 422, "validation-failed")


async def test_only_an_officer_corrects_the_day_on_the_licence(registry: Registry) -> None:
    code = fresh_code()
    itself = registry.caller("enterprise", org=code)
    path = f"{PATH}/{(await registry.enterprise(code=code))['id']}"
    change = {"registered_on": "2019-01-02"}
    refused(await itself.patch(path, change, '"1"'), 403, "forbidden")
    refused(await registry.officer.patch(path, {"registered_on": "2019-06-04"}, '"1"'), 422, "validation-failed")
    expect(await registry.officer.patch(path, change, '"1"'), 200)
    refused(await itself.patch(path, {"name": "新名"}), 428, "precondition-required")
    refused(await itself.patch(path, {"name": "新名"}, '"1"'), 412, "precondition-failed")


async def test_list_finds_by_division_and_part_of_the_name(registry: Registry) -> None:
    first = await registry.enterprise(name="雪域唐卡工作室", division="540127")
    await registry.enterprise(name="高原生物科技")
    for params in ({"division": "540127"}, {"name": "唐卡"}):
        items = expect(await registry.officer.on(DAY).get(PATH, **params), 200)["items"]
        assert [item["id"] for item in items] == [first["id"]]
