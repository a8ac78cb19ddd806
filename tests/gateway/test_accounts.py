"""Accounts through the API: who may open, see, change and stop them, and what the suite is told."""

import json
from uuid import uuid4

import pytest
from httpx import AsyncClient
from sqlalchemy import select

from shared.db import Database
from shared.kernel_tables import event_log, idempotency_key
from tests.gateway.conftest import PASSWORD, Hire, Person
from tests.support.identifiers import make_uscc


def unique() -> str:
    return f"acc.{uuid4().hex[:12]}"


@pytest.fixture
async def admin(hire: Hire) -> Person:
    return await hire(unique(), "admin")


async def open_account(client: AsyncClient, admin: Person, **changed: object) -> dict[str, object]:
    body = {"username": unique(), "password": PASSWORD, "roles": ["mentor"], **changed}
    response = await client.post("/v1/accounts", headers=admin.headers, json=body)
    assert response.status_code == 201, response.text
    assert response.headers["location"] == f"/v1/accounts/{response.json()['id']}"
    assert response.headers["etag"] == '"1"'
    answer: dict[str, object] = response.json()
    return answer


async def test_an_account_is_opened_by_an_administrator_and_signs_in(client: AsyncClient, admin: Person) -> None:
    org = make_uscc(7)
    made = await open_account(client, admin, roles=["centre_operator"], org=org)
    assert (made["roles"], made["org"], made["status"]) == (["centre_operator"], org, "active")
    assert not {"password", "password_hash", "generation"} & set(made)
    form = {"username": str(made["username"]).upper(), "password": PASSWORD}
    signed_in = (await client.post("/v1/auth/token", data=form)).json()
    assert signed_in["restriction"] == "password-change-required"
    headers = {"Authorization": f"Bearer {signed_in['access_token']}"}
    refused = await client.get("/v1/centres/echo", headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "password-change-required")
    body = {"current_password": PASSWORD, "new_password": "my very own sentence"}
    assert (await client.post("/v1/accounts/me/password", headers=headers, json=body)).status_code == 204
    signed_in = (await client.post("/v1/auth/token", data={**form, "password": "my very own sentence"})).json()
    assert signed_in["restriction"] is None
    token = signed_in["access_token"]
    me = await client.get("/v1/accounts/me", headers={"Authorization": f"Bearer {token}"})
    assert me.json()["id"] == made["id"]
    claims = (await client.get("/v1/centres/echo", headers={"Authorization": f"Bearer {token}"})).json()["claims"]
    assert (claims["account_id"], claims["org"]) == (made["id"], org)


@pytest.mark.parametrize(
    ("role", "post", "read"),
    [
        ("admin", 422, 200),
        ("security_admin", 403, 200),
        ("auditor", 403, 200),
        ("science_approver", 403, 403),
        ("mentor", 403, 403),
        (None, 401, 401),
    ],
)
async def test_who_may_open_and_who_may_see_accounts(
    client: AsyncClient, hire: Hire, role: str | None, post: int, read: int
) -> None:
    headers = (await hire(unique(), role)).headers if role else {}
    target = uuid4()
    assert (await client.post("/v1/accounts", headers=headers, json={})).status_code == post
    assert (await client.get("/v1/accounts", headers=headers)).status_code == read
    assert (await client.get(f"/v1/accounts/{target}", headers=headers)).status_code == (404 if read == 200 else read)
    for verb in ("disable", "enable"):
        answer = await client.post(f"/v1/accounts/{target}/{verb}", headers=headers)
        assert answer.status_code == (404 if post == 422 else post)


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"password": "elevenchars"}, 422, "password-too-weak"),
        ({"roles": ["admin", "auditor"]}, 422, "roles-incompatible"),
        ({"roles": ["enterprise"]}, 422, "role-scope-missing"),
        ({"roles": ["public"]}, 422, "roles-unknown"),
        ({"roles": []}, 422, "validation-failed"),
        ({"username": "a b c"}, 422, "username-invalid"),
        ({"org": "91110000600037341X"}, 422, "validation-failed"),
        ({"generation": 7}, 422, "validation-failed"),
        ({"disabled_at": None}, 422, "validation-failed"),
    ],
    ids=str,
)
async def test_an_account_that_breaks_a_rule_is_not_opened(
    client: AsyncClient, admin: Person, changed: dict[str, object], status: int, code: str
) -> None:
    body = {"username": unique(), "password": PASSWORD, "roles": ["science_officer"], **changed}
    response = await client.post("/v1/accounts", headers=admin.headers, json=body)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert PASSWORD not in response.text


async def test_user_names_are_unique_whatever_their_case(client: AsyncClient, admin: Person) -> None:
    made = await open_account(client, admin)
    body = {"username": str(made["username"]).upper(), "password": PASSWORD, "roles": ["mentor"]}
    response = await client.post("/v1/accounts", headers=admin.headers, json=body)
    assert (response.status_code, response.json()["code"]) == (409, "username-taken")


async def test_nobody_changes_what_he_himself_may_do(client: AsyncClient, admin: Person) -> None:
    headers = {**admin.headers, "If-Match": '"1"'}
    answers = [
        await client.patch(f"/v1/accounts/{admin.id}", headers=headers, json={"roles": ["science_approver"]}),
        await client.post(f"/v1/accounts/{admin.id}/disable", headers=headers),
        await client.post(f"/v1/accounts/{admin.id}/enable", headers=headers),
    ]
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(403, "own-account")}


async def test_rights_change_only_with_the_version_one_has_seen(client: AsyncClient, admin: Person) -> None:
    made = await open_account(client, admin)
    path = f"/v1/accounts/{made['id']}"
    body = {"roles": ["founder"], "person_ref": "P-7"}
    assert (await client.patch(path, headers=admin.headers, json=body)).status_code == 428
    headers = {**admin.headers, "If-Match": '"1"'}
    changed = await client.patch(path, headers=headers, json=body)
    assert (changed.status_code, changed.headers["etag"], changed.json()["person_ref"]) == (200, '"2"', "P-7")
    assert (await client.patch(path, headers=headers, json=body)).status_code == 412
    without = await client.patch(path, headers={**headers, "If-Match": '"2"'}, json={"person_ref": None})
    assert (without.status_code, without.json()["code"]) == (422, "role-scope-missing")


async def test_an_account_is_stopped_once_and_restored_once(client: AsyncClient, admin: Person) -> None:
    made = await open_account(client, admin)
    path = f"/v1/accounts/{made['id']}"
    stopped = await client.post(f"{path}/disable", headers=admin.headers)
    assert (stopped.status_code, stopped.json()["status"]) == (200, "disabled")
    again = await client.post(f"{path}/disable", headers=admin.headers)
    assert (again.status_code, again.json()["code"]) == (409, "invalid-transition")
    form = {"username": str(made["username"]), "password": PASSWORD}
    assert (await client.post("/v1/auth/token", data=form)).status_code == 401
    assert (await client.post(f"{path}/enable", headers=admin.headers)).json()["status"] == "active"
    assert (await client.post(f"{path}/enable", headers=admin.headers)).status_code == 409
    assert (await client.post("/v1/auth/token", data=form)).status_code == 200


async def test_lists_filter_and_page(client: AsyncClient, admin: Person, hire: Hire) -> None:
    division = f"T{uuid4().hex[:8].upper()}"
    people = [await hire(unique(), "division_officer", division=division) for _ in range(3)]
    first = await client.get("/v1/accounts", headers=admin.headers, params={"division": division, "limit": 2})
    assert [item["id"] for item in first.json()["items"]] == [str(person.id) for person in people[:2]]
    second = await client.get(first.links["next"]["url"], headers=admin.headers)
    assert [item["id"] for item in second.json()["items"]] == [str(people[2].id)]
    assert second.json()["next"] is None
    by_name = await client.get("/v1/accounts", headers=admin.headers, params={"username": people[0].username.upper()})
    assert [item["id"] for item in by_name.json()["items"]] == [str(people[0].id)]
    stopped = {"division": division, "status": "disabled"}
    assert (await client.get("/v1/accounts", headers=admin.headers, params=stopped)).json()["items"] == []
    assert (await client.get("/v1/accounts", headers=admin.headers, params={"rôle": "x"})).status_code == 422


async def test_the_suite_is_told_and_nothing_personal_is_in_it(
    client: AsyncClient, admin: Person, db: Database
) -> None:
    made = await open_account(client, admin, roles=["mentor"], division="540121", person_ref="P-1")
    await client.post(f"/v1/accounts/{made['id']}/disable", headers=admin.headers)
    async with db.engine.connect() as connection:
        wanted = select(event_log).where(event_log.c.aggregate_id == made["id"]).order_by(event_log.c.seq)
        rows = (await connection.execute(wanted)).all()
    state = {"roles": ["mentor"], "division": "540121"}
    assert [(row.type, json.loads(row.data)) for row in rows] == [
        ("gateway.account.created.v1", {**state, "disabled": False}),
        ("gateway.account.changed.v1", {**state, "disabled": True}),
    ]
    assert {row.actor for row in rows} == {str(admin.id)}
    assert "P-1" not in str(rows)
    assert str(made["username"]) not in str(rows)


async def test_requests_with_passwords_leave_no_trace_in_the_idempotency_table(
    client: AsyncClient, admin: Person, db: Database
) -> None:
    """Its rows hold a fast hash of the request, from which a password could be guessed."""
    key = uuid4().hex
    body = {"username": unique(), "password": PASSWORD, "roles": ["mentor"]}
    headers = {**admin.headers, "Idempotency-Key": key}
    assert (await client.post("/v1/accounts", headers=headers, json=body)).status_code == 201
    form = {"username": body["username"], "password": PASSWORD}
    assert (await client.post("/v1/auth/token", data=form, headers={"Idempotency-Key": key})).status_code == 200
    async with db.engine.connect() as connection:
        rows = (await connection.execute(select(idempotency_key).where(idempotency_key.c.key == key))).all()
    assert rows == []
