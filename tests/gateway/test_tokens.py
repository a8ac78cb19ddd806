"""Which bearer tokens open the door, and which never do."""

import asyncio
import base64
import json
import time
from collections.abc import Mapping
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from httpx import AsyncClient
from sqlalchemy import update

from gateway.accounts.models import Account
from shared.auth.tokens import load_private_key
from shared.db import Database
from tests.gateway.conftest import Hire, Person, World
from tests.support.tokens import internal_token, service_token
from tests.support.waiting import eventually


@pytest.fixture
async def person(hire: Hire) -> Person:
    return await hire(f"tokens.{uuid4().hex[:12]}", "science_officer")


def claims(person: Person, **changed: object) -> dict[str, object]:
    now = int(time.time())
    made: dict[str, object] = {
        "iss": "mengchuang",
        "aud": "mengchuang",
        "sub": str(person.id),
        "sid": str(person.session_id),
        "gen": 1,
        "iat": now,
        "exp": now + 60,
    }
    return {name: value for name, value in {**made, **changed}.items() if value is not None}


def sign(world: World, content: Mapping[str, object], *, typ: str = "at+jwt") -> str:
    return jwt.encode(dict(content), load_private_key(world.access_key), algorithm="EdDSA", headers={"typ": typ})


async def status(client: AsyncClient, token: str) -> int:
    response = await client.get("/v1/centres/echo", headers={"Authorization": f"Bearer {token}"})
    return response.status_code


async def test_a_good_token_opens_the_door(client: AsyncClient, world: World, person: Person) -> None:
    assert await status(client, sign(world, claims(person))) == 200


@pytest.mark.parametrize(
    "changed",
    [
        {"exp": 1},
        {"exp": None},
        {"aud": "registry"},
        {"aud": ["mengchuang", "x"]},
        {"aud": None},
        {"iss": "gateway"},
        {"sub": "not-a-uuid"},
        {"sub": "0190a000-0000-7000-8000-0000000000ff"},
        {"sub": "anonymous"},
        {"sub": None},
        {"sid": None},
        {"sid": "0190a000-0000-7000-8000-0000000000ff"},
        {"gen": 2},
        {"gen": None},
        {"gen": "1"},
        {"nbf": 2**33},
    ],
    ids=str,
)
async def test_a_token_with_one_wrong_claim_is_refused(
    client: AsyncClient, world: World, person: Person, changed: dict[str, object]
) -> None:
    assert await status(client, sign(world, claims(person, **changed))) == 401


async def test_tokens_signed_otherwise_are_refused(client: AsyncClient, world: World, person: Person) -> None:
    content = claims(person)
    good = sign(world, content)
    head, body, signature = good.split(".")
    none = base64.urlsafe_b64encode(json.dumps({"alg": "none", "typ": "at+jwt"}).encode()).rstrip(b"=").decode()
    stranger = jwt.encode(content, Ed25519PrivateKey.generate(), algorithm="EdDSA", headers={"typ": "at+jwt"})
    hmac = jwt.encode(content, "x" * 64, algorithm="HS256", headers={"typ": "at+jwt"})
    with_public_key = jwt.encode(content, "k" * 32, algorithm="HS256", headers={"typ": "at+jwt", "alg": "HS256"})
    richer = base64.urlsafe_b64encode(json.dumps({**content, "gen": 2}).encode()).rstrip(b"=").decode()
    refused = {
        "alg none": f"{none}.{body}.",
        "no signature": f"{head}.{body}.",
        "tampered body": f"{head}.{richer}.{signature}",
        "tampered signature": f"{head}.{body}.{signature[:-8]}AAAAAAAA",
        "another key": stranger,
        "hmac": hmac,
        "confused key": with_public_key,
        "type of an identity token": sign(world, content, typ="JWT"),
        "type of an internal token": sign(world, content, typ="mc-int+jwt"),
        "internal user token": internal_token(world.keys, "gateway", ["admin"], account_id=str(person.id)),
        "internal service token": service_token(world.keys, "registry", "gateway"),
        "two tokens": f"{good},{good}",
        "spaces": f"{good} {good}",
        "too long": good + "A" * 5000,
        "rubbish": "rubbish",
    }
    statuses = {name: await status(client, token) for name, token in refused.items()}
    assert statuses == dict.fromkeys(refused, 401)
    assert await status(client, good) == 200


@pytest.mark.parametrize("value", ["", "Bearer", "Basic YWRtaW46YWRtaW4=", "Token x", "bearer\tx", "é"])
async def test_any_other_authorization_is_refused_and_never_anonymous(client: AsyncClient, value: str) -> None:
    response = await client.get("/v1/centres/echo", headers={b"Authorization": value.encode("latin-1")})
    assert response.status_code == 401
    problem = response.json()
    assert problem["code"] == "unauthenticated"
    assert response.headers["www-authenticate"].startswith("Bearer")
    assert response.headers["content-type"] == "application/problem+json"


async def test_the_scheme_may_be_written_in_any_case(client: AsyncClient, person: Person) -> None:
    response = await client.get("/v1/centres/echo", headers={"Authorization": f"bEaReR {person.token}"})
    assert response.status_code == 200


async def test_an_expired_token_is_refused_though_it_was_believed_before(
    client: AsyncClient, world: World, person: Person
) -> None:
    token = sign(world, claims(person, exp=int(time.time()) + 2))
    assert await status(client, token) == 200

    async def refused() -> bool:
        return await status(client, token) == 401

    await eventually(refused)


async def test_an_account_disabled_elsewhere_is_out_within_a_second(
    client: AsyncClient, db: Database, person: Person
) -> None:
    assert await status(client, person.token) == 200
    async with db.transaction() as session:
        await session.execute(update(Account).where(Account.id == person.id).values(disabled_at=Account.created_at))
    await asyncio.sleep(1)
    assert await status(client, person.token) == 401


async def test_an_account_disabled_through_the_api_is_out_at_once(
    client: AsyncClient, person: Person, hire: Hire
) -> None:
    admin = await hire(f"tokens.{uuid4().hex[:12]}", "admin")
    assert await status(client, person.token) == 200
    assert (await client.post(f"/v1/accounts/{person.id}/disable", headers=admin.headers)).status_code == 200
    assert await status(client, person.token) == 401
    assert (await client.post(f"/v1/accounts/{person.id}/enable", headers=admin.headers)).status_code == 200
    assert await status(client, person.token) == 401, "sessions from before stay ended"


async def test_changed_rights_reach_the_services_with_the_next_request(
    client: AsyncClient, person: Person, hire: Hire
) -> None:
    admin = await hire(f"tokens.{uuid4().hex[:12]}", "admin")
    before = (await client.get("/v1/centres/echo", headers=person.headers)).json()["claims"]
    etag = (await client.get(f"/v1/accounts/{person.id}", headers=admin.headers)).headers["etag"]
    changed = await client.patch(
        f"/v1/accounts/{person.id}", headers={**admin.headers, "If-Match": etag}, json={"roles": ["mentor"]}
    )
    assert changed.status_code == 200
    after = (await client.get("/v1/centres/echo", headers=person.headers)).json()["claims"]
    assert (before["roles"], after["roles"]) == (["science_officer"], ["mentor"])


async def test_internal_paths_and_unknown_segments_do_not_exist_for_anybody(client: AsyncClient, hire: Hire) -> None:
    admin = await hire(f"tokens.{uuid4().hex[:12]}", "admin")
    for path in (
        "/internal/events/gateway.account",
        "/internal/x",
        "/v1/internal/x",
        "/v1/nothing",
        "/v2/centres",
        "/x",
    ):
        response = await client.get(path, headers=admin.headers)
        assert (response.status_code, response.json()["code"]) == (404, "route-not-found"), path
    for path in ("/v1/centres/..%2f..%2finternal/x", "/v1/centres/%2e%2e/%2e%2e/internal/x"):
        assert (await client.get(path, headers=admin.headers)).status_code == 400
