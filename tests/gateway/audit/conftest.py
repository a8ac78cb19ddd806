"""A gateway of its own for the audit: what it has on record is what these tests did."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from httpx import AsyncClient
from sqlalchemy import text

from shared.db import Database
from tests.gateway.conftest import Hire, World
from tests.gateway.keys.support import Office
from tests.support.postgres import Cluster
from tests.support.service_process import ServiceProcess
from tests.support.tokens import Keys
from tests.support.waiting import free_port

Json = dict[str, Any]


@dataclass(frozen=True)
class Record:
    """The audit topic as the database has it."""

    db: Database

    async def entries(self, kind: str) -> list[Json]:
        """The data of a kind's entries, oldest first, with who did it as `actor`."""
        async with self.db.transaction() as session:
            rows = await session.execute(
                text("SELECT data, actor, aggregate_id FROM event_log WHERE type = :type ORDER BY seq"),
                {"type": f"gateway.audit.{kind}.v1"},
            )
            return [{**json.loads(row.data), "actor": row.actor, "subject": row.aggregate_id} for row in rows]

    async def tallies(self, kind: str) -> list[Json]:
        """Counts that are no entries yet."""
        async with self.db.transaction() as session:
            rows = await session.execute(
                text("SELECT what, count AS times FROM audit_tally WHERE kind = :kind"), {"kind": kind}
            )
            return [{**row.what, "count": row.times} for row in rows]

    async def until(
        self, look: Callable[[], Awaitable[list[Json]]], enough: Callable[[list[Json]], bool], seconds: float = 12
    ) -> list[Json]:
        """What `look` finds once it is enough. Raises AssertionError if it never is."""
        deadline = time.monotonic() + seconds
        while not enough(found := await look()):
            assert time.monotonic() < deadline, found
            await asyncio.sleep(0.1)
        return found

    async def do(self, *statements: str) -> None:
        async with self.db.transaction() as session:
            for statement in statements:
                await session.execute(text(statement))


@pytest.fixture(scope="module")
def world(
    postgres: Cluster, environment: dict[str, str], gateway_keys: Keys, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("audit")
    url = postgres.service_database("gateway")
    upstream = ServiceProcess("tests.gateway.audit.upstream:app", free_port(), {}, log_file=folder / "upstream.log")
    upstream.start(wait=False)
    env = {
        **environment,
        "DATABASE_URL": url,
        "REGISTRY_URL": upstream.url,
        "AUDIT_HEADS_DIR": str(folder / "heads"),
        "AUDIT_BULK_ROWS": "1000",
    }
    gateway = ServiceProcess("gateway.main:app", free_port(), env, log_file=folder / "gateway.log").start()
    yield World(gateway, upstream, url, gateway_keys, Path(env["ACCESS_SIGNING_KEY_FILE"]), folder)
    gateway.terminate()
    upstream.terminate()
    postgres.drop_database(url)


@pytest.fixture
async def office(client: AsyncClient, hire: Hire) -> Office:
    mark = uuid4().hex[:8]
    admin = await hire(f"admin-{mark}", "admin")
    security = await hire(f"security-{mark}", "security_admin")
    return Office(client, admin.headers, security.headers)


@pytest.fixture
async def record(db: Database) -> Record:
    return Record(db)


@pytest.fixture
async def client(world: World) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(base_url=world.url, timeout=120, headers={"Accept-Language": "en"}) as http:
        yield http
