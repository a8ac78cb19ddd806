"""A gateway as its own process on a real database, with one tiny service behind it and three that are away."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from httpx import AsyncClient

from gateway.accounts.usecases import Scope, create_account
from gateway.sessions.lifetimes import Lifetimes
from gateway.sessions.seen import Seen
from gateway.sessions.usecases import open_session
from gateway.signin.access import AccessTokens
from shared.auth.tokens import load_private_key
from shared.db import Database
from shared.events.outbox import EventContext
from tests.support.postgres import Cluster
from tests.support.service_process import ServiceProcess
from tests.support.tokens import Keys
from tests.support.waiting import free_port

PASSWORD = "correct horse battery staple"
LIFETIMES = Lifetimes(timedelta(hours=12), timedelta(days=7))
CONTEXT = EventContext(actor="service:test", effective_on=date(2019, 3, 18), correlation_id="test")


@dataclass(frozen=True)
class World:
    """The processes, the database behind the gateway, and the keys."""

    gateway: ServiceProcess
    upstream: ServiceProcess
    database_url: str
    keys: Keys
    access_key: Path
    mark: Path

    @property
    def url(self) -> str:
        return self.gateway.url

    def tokens(self, seconds: int = 3600) -> AccessTokens:
        """Access tokens signed as the gateway signs them."""
        return AccessTokens(load_private_key(self.access_key), seconds)


@pytest.fixture(scope="session")
def gateway_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("gateway")


@pytest.fixture(scope="session")
def gateway_keys(gateway_folder: Path) -> Keys:
    return Keys(gateway_folder / "secrets")


@pytest.fixture(scope="session")
def environment(postgres: Cluster, gateway_folder: Path, gateway_keys: Keys) -> Iterator[dict[str, str]]:
    """What a gateway process needs; the broker and three services do not exist."""
    url = postgres.service_database("gateway")
    yield {
        "ENVIRONMENT": "test",
        "BUSINESS_CLOCK": "simulated",
        "DATABASE_URL": url,
        "NATS_URL": "nats://127.0.0.1:9",
        "SIGNING_KEY_FILE": str(gateway_keys.private("gateway")),
        "ACCESS_SIGNING_KEY_FILE": str(gateway_folder / "secrets/gateway/access.pem"),
        "ANSWER_SIGNING_KEY_FILE": str(gateway_keys.answer_key),
        "GATEWAY_KEYS_FILE": str(gateway_keys.gateway_keys),
        "PUBLIC_KEYS_DIR": str(gateway_keys.public_dir),
        "EVALUATION_URL": f"http://127.0.0.1:{free_port()}",
        "FINANCE_URL": f"http://127.0.0.1:{free_port()}",
        "VOUCHERS_URL": f"http://127.0.0.1:{free_port()}",
        "UPSTREAM_READ_SECONDS": "2",
        "BODY_WAIT_SECONDS": "1.5",
        "MAX_BODY_BYTES": "1000000",
        "RATE_LIMITS": "off",
        "DESCRIPTION_AHEAD": "false",
    }
    postgres.drop_database(url)


@pytest.fixture(scope="session")
def world(environment: dict[str, str], gateway_folder: Path, gateway_keys: Keys) -> Iterator[World]:
    mark = gateway_folder / "mark"
    upstream = ServiceProcess(
        "tests.gateway.upstream:app",
        free_port(),
        {"SERVICE_NAME": "registry", "PUBLIC_KEYS_DIR": str(gateway_keys.public_dir), "MARK": str(mark)},
        log_file=gateway_folder / "upstream.log",
    ).start()
    environment["REGISTRY_URL"] = upstream.url
    gateway = ServiceProcess("gateway.main:app", free_port(), environment, log_file=gateway_folder / "gateway.log")
    gateway.start()
    access_key = Path(environment["ACCESS_SIGNING_KEY_FILE"])
    yield World(gateway, upstream, environment["DATABASE_URL"], gateway_keys, access_key, mark)
    gateway.terminate()
    upstream.terminate()


@pytest.fixture
async def db(world: World) -> AsyncIterator[Database]:
    database = Database(world.database_url, pool_size=3)
    yield database
    await database.close()


@pytest.fixture
async def client(world: World) -> AsyncIterator[AsyncClient]:
    """A caller without any identity of its own."""
    async with AsyncClient(base_url=world.url, timeout=120, headers={"Accept-Language": "en"}) as http:
        yield http


@dataclass(frozen=True)
class Person:
    """Somebody with an account, signed in."""

    id: UUID
    username: str
    token: str
    session_id: UUID

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


Hire = Callable[..., Awaitable[Person]]


@pytest.fixture
async def hire(db: Database, world: World) -> Hire:
    """`await hire("alice", "science_officer", org=...)` makes an account and signs it in, without the password, as if
    a second factor had been shown; `mfa=False` for a session without one."""

    async def make(username: str, *roles: str, password: str = PASSWORD, mfa: bool = True, **scope: str) -> Person:
        async with db.transaction() as session:
            account = await _open(session, username, password, roles, Scope(**scope))
            opened = await open_session(
                session, account, 1, seen=Seen("192.0.2.77", "tests"), second_factor=mfa, lifetimes=LIFETIMES
            )
        token = world.tokens().issue(account, 1, opened.session_id)
        return Person(account, username, token, opened.session_id)

    return make


async def _open(session: object, username: str, password: str, roles: Sequence[str], scope: Scope) -> UUID:
    from sqlalchemy.ext.asyncio import AsyncSession

    assert isinstance(session, AsyncSession)
    account = await create_account(session, username, password, roles=roles, scope=scope, context=CONTEXT)
    return account.id
