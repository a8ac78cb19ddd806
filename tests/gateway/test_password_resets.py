"""A forgotten password: two people, one token, and the second factor stays."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import select, update

from gateway.accounts.models import Account
from gateway.password_resets.models import PasswordReset
from gateway.sessions.models import AccountSession
from shared.clock import utcnow
from shared.db import Database
from tests.gateway.conftest import PASSWORD, Hire, Person
from tests.support.signing_in import set_up, sign_in

OWN_PASSWORD = "my very own sentence"
USE = "/v1/auth/password-reset"


def unique() -> str:
    return f"forgot.{uuid4().hex[:12]}"


@pytest.fixture
async def admin(hire: Hire) -> Person:
    return await hire(unique(), "admin")


@pytest.fixture
async def security(hire: Hire) -> Person:
    return await hire(unique(), "security_admin")


async def step(client: AsyncClient, by: Person, person: Person, verb: str = "") -> Response:
    return await client.post(f"/v1/accounts/{person.id}/password-reset{verb}", headers=by.headers)


async def issued(client: AsyncClient, admin: Person, security: Person, person: Person) -> str:
    assert (await step(client, admin, person)).status_code == 200
    confirmed = await step(client, security, person, "/confirm")
    assert confirmed.status_code == 200, confirmed.text
    token: str = confirmed.json()["token"]
    return token


async def use(client: AsyncClient, token: str, password: str = OWN_PASSWORD) -> Response:
    return await client.post(USE, json={"token": token, "new_password": password})


async def may_sign_in(client: AsyncClient, person: Person, password: str) -> bool:
    form = {"username": person.username, "password": password}
    return (await client.post("/v1/auth/token", data=form)).status_code == 200


async def test_one_asks_another_confirms_and_the_holder_chooses(
    client: AsyncClient, hire: Hire, admin: Person, security: Person, db: Database
) -> None:
    person = await hire(unique(), "enterprise", org="91540091MA6T1A2X5X")
    asked = await step(client, admin, person)
    assert [request["kind"] for request in asked.json()["requests"]] == ["password_reset"]
    listed = await client.get("/v1/accounts?waiting=password_reset&limit=200", headers=security.headers)
    assert str(person.id) in {item["id"] for item in listed.json()["items"]}
    confirmed = await step(client, security, person, "/confirm")
    assert confirmed.headers["cache-control"] == "no-store"
    token = confirmed.json()["token"]
    assert (token[:4], confirmed.json()["username"]) == ("mcp_", person.username)
    assert await may_sign_in(client, person, PASSWORD), "nothing changes until the token is used"
    weak = await use(client, token, "elevenchars")
    assert (weak.status_code, weak.json()["code"]) == (422, "password-too-weak")
    assert (await use(client, token)).status_code == 204
    assert not await may_sign_in(client, person, PASSWORD)
    assert await may_sign_in(client, person, OWN_PASSWORD)
    assert (await client.get("/v1/accounts/me", headers=person.headers)).status_code == 401
    async with db.transaction() as session:
        row = await session.get_one(AccountSession, person.session_id)
        assert row.reason == "password_changed"
        assert await session.scalar(select(PasswordReset.id).where(PasswordReset.id == person.id)) is None


async def test_the_second_factor_is_still_asked_for(
    client: AsyncClient, hire: Hire, admin: Person, security: Person
) -> None:
    person = await hire(unique(), "science_approver")
    signed_in = await sign_in(client, person.username, PASSWORD)
    await set_up(client, signed_in, PASSWORD)
    assert (await use(client, await issued(client, admin, security, person))).status_code == 204
    form = {"username": person.username, "password": OWN_PASSWORD}
    answer = await client.post("/v1/auth/token", data=form)
    assert (answer.status_code, answer.json()["code"]) == (401, "second-factor-needed")


async def test_nobody_alone_and_nobody_for_himself(
    client: AsyncClient, hire: Hire, admin: Person, security: Person
) -> None:
    person = await hire(unique(), "mentor")
    assert (await step(client, security, person, "/confirm")).status_code == 404, "nobody has asked"
    assert (await step(client, security, person)).status_code == 200
    alone = await step(client, security, person, "/confirm")
    assert (alone.status_code, alone.json()["code"]) == (403, "four-eyes-required")
    for by in (admin, await hire(unique(), "auditor"), await hire(unique(), "science_approver"), person):
        assert (await step(client, by, person, "/confirm")).status_code == 403
    assert (await step(client, person, person)).status_code == 403
    assert (await step(client, admin, admin)).json()["code"] == "own-account"
    assert (await step(client, admin, security)).status_code == 200
    assert (await step(client, security, security, "/confirm")).json()["code"] == "own-account"
    assert (await step(client, admin, person, "/refuse")).json()["requests"] == []
    assert (await client.post(f"/v1/accounts/{person.id}/password-reset")).status_code == 401


@pytest.mark.parametrize("why", ["over", "again", "changed", "stopped", "unknown"])
async def test_a_token_that_is_not_good_changes_nothing(
    client: AsyncClient, hire: Hire, admin: Person, security: Person, db: Database, why: str
) -> None:
    person = await hire(unique(), "mentor")
    token = await issued(client, admin, security, person)
    async with db.transaction() as session:
        if why == "over":
            past = utcnow() - timedelta(seconds=1)
            await session.execute(update(PasswordReset).where(PasswordReset.id == person.id).values(expires_at=past))
        elif why == "stopped":
            await session.execute(update(Account).where(Account.id == person.id).values(disabled_at=utcnow()))
    if why == "again":
        await issued(client, admin, security, person)
    elif why == "changed":
        body = {"current_password": PASSWORD, "new_password": "another sentence of mine"}
        answer = await client.post("/v1/accounts/me/password", headers=person.headers, json=body)
        assert answer.status_code == 204
    answer = await use(client, token + "x" if why == "unknown" else token)
    assert (answer.status_code, answer.json()["code"]) == (409, "password-reset-invalid")
    assert not await may_sign_in(client, person, OWN_PASSWORD)


async def test_a_token_used_many_times_at_once_counts_once(
    client: AsyncClient, hire: Hire, admin: Person, security: Person
) -> None:
    person = await hire(unique(), "mentor")
    token = await issued(client, admin, security, person)
    answers = await asyncio.gather(*(use(client, token, f"{OWN_PASSWORD} {number}") for number in range(4)))
    assert sorted(answer.status_code for answer in answers) == [204, 409, 409, 409]


async def test_a_stopped_account_gets_no_token(
    client: AsyncClient, hire: Hire, admin: Person, security: Person
) -> None:
    person = await hire(unique(), "mentor")
    assert (await step(client, admin, person)).status_code == 200
    assert (await client.post(f"/v1/accounts/{person.id}/disable", headers=admin.headers)).status_code == 200
    assert (await step(client, security, person, "/confirm")).json()["code"] == "invalid-transition"
    assert (await step(client, admin, person)).json()["code"] == "invalid-transition"
