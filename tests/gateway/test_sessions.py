"""Sessions and refresh tokens: one live token at a time, a copy found out, an end that counts everywhere at once."""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import select, update

from gateway.sessions.models import AccountSession, RefreshToken
from gateway.sessions.seen import family_of, network_of
from gateway.sessions.usecases import digest_of, forget_old
from shared.clock import utcnow
from shared.db import Database
from shared.kernel_tables import event_log
from tests.gateway.conftest import PASSWORD, Hire, Person, World
from tests.support.service_process import ServiceProcess
from tests.support.signing_in import SignedIn, sign_in
from tests.support.waiting import free_port

SignIn = Callable[[], Awaitable[SignedIn]]


def unique() -> str:
    return f"ses.{uuid4().hex[:12]}"


@pytest.fixture
async def person(hire: Hire) -> Person:
    return await hire(unique(), "mentor")


async def refresh(client: AsyncClient, token: str, **headers: str) -> Response:
    form = {"grant_type": "refresh_token", "refresh_token": token}
    return await client.post("/v1/auth/token", data=form, headers=headers)


async def me(client: AsyncClient, token: str) -> int:
    return (await client.get("/v1/accounts/me", headers={"Authorization": f"Bearer {token}"})).status_code


async def session_row(db: Database, token: str) -> AccountSession:
    async with db.transaction() as session:
        wanted = select(AccountSession).join(RefreshToken).where(RefreshToken.digest == digest_of(token))
        return (await session.scalars(wanted)).one()


async def age(db: Database, token: str, by: timedelta) -> None:
    """Make the use of the token longer ago."""
    async with db.transaction() as session:
        row = RefreshToken
        await session.execute(update(row).where(row.digest == digest_of(token)).values(used_at=row.used_at - by))


async def events_of(db: Database, session_id: UUID) -> list[tuple[str, dict[str, object]]]:
    async with db.engine.connect() as connection:
        of_it = (event_log.c.topic == "gateway.session", event_log.c.aggregate_id == session_id)
        wanted = select(event_log.c.type, event_log.c.data).where(*of_it)
        return [(row.type, json.loads(row.data)) for row in await connection.execute(wanted.order_by(event_log.c.seq))]


async def test_a_refresh_token_is_exchanged_for_the_next_of_the_same_session(
    client: AsyncClient, person: Person, db: Database
) -> None:
    first = await sign_in(client, person.username, PASSWORD)
    second = (await refresh(client, first.refresh_token)).json()
    third = (await refresh(client, second["refresh_token"])).json()
    assert len({first.refresh_token, second["refresh_token"], third["refresh_token"]}) == 3
    assert await me(client, third["access_token"]) == 200
    row = await session_row(db, third["refresh_token"])
    assert row.id == (await session_row(db, first.refresh_token)).id
    assert row.expires_at - row.opened_at == timedelta(days=7)


async def test_of_a_refresh_token_only_the_digest_is_kept(client: AsyncClient, person: Person, db: Database) -> None:
    token = (await sign_in(client, person.username, PASSWORD)).refresh_token
    async with db.transaction() as session:
        row = await session.get_one(RefreshToken, hashlib.sha256(token.encode()).digest())
    assert row.used_at is None
    assert len(token) >= len("mcr_") + 43


async def test_a_used_token_that_comes_again_ends_the_session_and_is_recorded(
    client: AsyncClient, person: Person, db: Database
) -> None:
    first = await sign_in(client, person.username, PASSWORD)
    second = (await refresh(client, first.refresh_token)).json()
    await age(db, first.refresh_token, timedelta(seconds=11))
    stolen = await refresh(client, first.refresh_token)
    assert (stolen.status_code, stolen.json()["error"]) == (400, "invalid_grant")
    assert (await refresh(client, second["refresh_token"])).status_code == 400
    assert await me(client, second["access_token"]) == 401
    row = await session_row(db, first.refresh_token)
    told = await events_of(db, row.id)
    assert row.reason == "refresh_reused"
    assert [name for name, _ in told] == [
        "gateway.session.opened.v1",
        "gateway.session.reused.v1",
        "gateway.session.revoked.v1",
    ]
    assert "127.0.0" not in str(told)


async def test_a_lost_answer_is_made_good_once_and_the_lost_token_ends_the_session(
    client: AsyncClient, person: Person
) -> None:
    first = await sign_in(client, person.username, PASSWORD)
    lost = (await refresh(client, first.refresh_token)).json()
    again = await refresh(client, first.refresh_token)
    assert again.status_code == 200
    assert (await refresh(client, again.json()["refresh_token"])).status_code == 200
    assert (await refresh(client, lost["refresh_token"])).status_code == 400, "whoever has it has a copy"
    assert await me(client, again.json()["access_token"]) == 401


async def test_after_the_successor_was_used_a_repetition_is_no_lost_answer(client: AsyncClient, person: Person) -> None:
    first = await sign_in(client, person.username, PASSWORD)
    second = (await refresh(client, first.refresh_token)).json()
    third = (await refresh(client, second["refresh_token"])).json()
    assert (await refresh(client, first.refresh_token)).status_code == 400
    assert await me(client, third["access_token"]) == 401


async def test_another_program_that_repeats_a_refresh_ends_the_session(client: AsyncClient, person: Person) -> None:
    first = await sign_in(client, person.username, PASSWORD)
    second = (await refresh(client, first.refresh_token)).json()
    assert (await refresh(client, first.refresh_token, **{"User-Agent": "thief/1"})).status_code == 400
    assert await me(client, second["access_token"]) == 401


async def test_twenty_refreshes_at_once_leave_one_live_token(client: AsyncClient, person: Person, db: Database) -> None:
    first = await sign_in(client, person.username, PASSWORD)
    answers = await asyncio.gather(*(refresh(client, first.refresh_token) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    row = await session_row(db, first.refresh_token)
    async with db.transaction() as session:
        live = select(RefreshToken).where(
            RefreshToken.session_id == row.id, RefreshToken.used_at.is_(None), ~RefreshToken.void
        )
        assert len((await session.scalars(live)).all()) == 1


@pytest.mark.parametrize("column", ["idle", "absolute"])
async def test_a_session_is_over_by_idleness_and_by_age(
    client: AsyncClient, person: Person, db: Database, column: str
) -> None:
    first = await sign_in(client, person.username, PASSWORD)
    row = await session_row(db, first.refresh_token)
    async with db.transaction() as session:
        if column == "idle":
            change = update(RefreshToken).where(RefreshToken.session_id == row.id)
            await session.execute(change.values(issued_at=utcnow() - timedelta(hours=12)))
        else:
            change = update(AccountSession).where(AccountSession.id == row.id)
            await session.execute(change.values(opened_at=utcnow() - timedelta(days=8), expires_at=utcnow()))
    assert (await refresh(client, first.refresh_token)).status_code == 400


@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
async def test_whoever_signs_out_is_out_with_all_tokens(client: AsyncClient, person: Person, which: str) -> None:
    first = await sign_in(client, person.username, PASSWORD)
    assert await me(client, first.access_token) == 200
    revoked = await client.post("/v1/auth/revoke", data={"token": getattr(first, which), "token_type_hint": which})
    assert revoked.status_code == 200
    assert await me(client, first.access_token) == 401
    assert (await refresh(client, first.refresh_token)).status_code == 400
    assert (await client.post("/v1/auth/revoke", data={"token": "unknown"})).status_code == 200


async def test_own_sessions_are_listed_and_ended_singly_or_together(client: AsyncClient, person: Person) -> None:
    agents = ("Mozilla/5.0 (X11; Linux) Gecko/20100101 Firefox/140.0", "curl/8.1")
    tokens = []
    for agent in agents:
        client.headers["User-Agent"] = agent
        tokens.append(await sign_in(client, person.username, PASSWORD))
    listed = (await client.get("/v1/auth/sessions", headers=tokens[1].headers)).json()["items"]
    assert [(item["agent"], item["current"], item["address"]) for item in listed] == [
        ("curl", True, "127.0.0.0/24"),
        ("Firefox", False, "127.0.0.0/24"),
        ("tests", False, "192.0.2.0/24"),
    ]
    ended = await client.delete(f"/v1/auth/sessions/{listed[1]['id']}", headers=tokens[1].headers)
    assert ended.status_code == 204
    assert [await me(client, token.access_token) for token in tokens] == [401, 200]
    everything = await client.post("/v1/auth/sessions/revoke", headers=tokens[1].headers, json={})
    assert everything.json() == {"ended": 1}
    assert [await me(client, tokens[1].access_token), await me(client, person.token)] == [200, 401]
    body = {"keep_current": False}
    await client.post("/v1/auth/sessions/revoke", headers=tokens[1].headers, json=body)
    assert await me(client, tokens[1].access_token) == 401


async def test_nobody_ends_or_sees_somebody_elses_session(client: AsyncClient, person: Person, hire: Hire) -> None:
    other = await hire(unique(), "mentor")
    assert (await client.delete(f"/v1/auth/sessions/{person.session_id}", headers=other.headers)).status_code == 404
    path = f"/v1/accounts/{person.id}/sessions"
    assert (await client.get(path, headers=other.headers)).status_code == 403
    assert (await client.post(f"{path}/revoke", headers=other.headers)).status_code == 403


@pytest.mark.parametrize("role", ["admin", "security_admin"])
async def test_administrators_end_somebodys_sessions(
    client: AsyncClient, person: Person, hire: Hire, role: str
) -> None:
    path = f"/v1/accounts/{person.id}/sessions"
    administrator = await hire(unique(), role)
    assert len((await client.get(path, headers=administrator.headers)).json()["items"]) == 1
    assert (await client.post(f"{path}/revoke", headers=administrator.headers)).json() == {"ended": 1}
    assert await me(client, person.token) == 401


@pytest.fixture
def second_gateway(world: World, environment: dict[str, str]) -> Iterator[ServiceProcess]:
    process = ServiceProcess("gateway.main:app", free_port(), {**environment, "WORKERS_ENABLED": "false"}).start()
    yield process
    process.terminate()


async def test_a_session_ended_in_one_process_is_over_in_another_within_a_second(
    client: AsyncClient, person: Person, second_gateway: ServiceProcess
) -> None:
    signed_in = await sign_in(client, person.username, PASSWORD)
    async with AsyncClient(base_url=second_gateway.url) as other:
        assert await me(other, signed_in.access_token) == 200
        await client.post("/v1/auth/revoke", data={"token": signed_in.refresh_token})
        await asyncio.sleep(1)
        assert await me(other, signed_in.access_token) == 401


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("192.0.2.7", "192.0.2.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.0/24"),
        ("rubbish", "-"),
        (None, "-"),
    ],
)
def test_of_an_address_only_the_network_is_kept(host: str | None, network: str) -> None:
    assert network_of(host) == network


@pytest.mark.parametrize(
    ("agent", "family"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/120.0 Safari/537.36 Edg/120.0", "Edge"),
        ("Mozilla/5.0 (iPhone) AppleWebKit/605 Version/17.0 Safari/604.1", "Safari"),
        ("Mozilla/5.0 (Linux) Chrome/99 MicroMessenger/8.0", "WeChat"),
        ("python-httpx/0.28", "python-httpx"),
        ("<script>", "-"),
        ("", "-"),
    ],
)
def test_of_a_program_only_the_family_is_kept(agent: str, family: str) -> None:
    assert family_of(agent) == family


async def test_sessions_long_over_are_forgotten_with_their_tokens(
    client: AsyncClient, person: Person, db: Database
) -> None:
    old = await sign_in(client, person.username, PASSWORD)
    row = await session_row(db, old.refresh_token)
    now = utcnow()
    async with db.transaction() as session:
        past = {"opened_at": now - timedelta(days=99), "expires_at": now - timedelta(days=91)}
        await session.execute(update(AccountSession).where(AccountSession.id == row.id).values(**past))
        assert await forget_old(session, now) >= 1
        assert await session.get(RefreshToken, digest_of(old.refresh_token)) is None
        assert await session.get(AccountSession, person.session_id) is not None
