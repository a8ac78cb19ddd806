"""Who does the work of a database's sequencer or consumers: one process at a time, elected by an advisory lock.

The lock only elects. A stopped process keeps its lock until the server ends its idle session, and may wake up believing
that it still leads; what it does then is refused or harmless, because every step also locks the row that it moves.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeAlias

import asyncpg
import structlog
from sqlalchemy.engine import URL, make_url

log = structlog.get_logger(__name__)

if TYPE_CHECKING:
    Connection: TypeAlias = asyncpg.Connection[asyncpg.Record]

LOCK_CLASS = 0x4D43
HEARTBEAT_SECONDS = 2.0
IDLE_SESSION_SECONDS = 5
RETRY_SECONDS = 0.5


async def connect(database_url: str | URL, *, name: str, idle_session: bool = False) -> Connection:
    """A connection of its own, outside the pool, that the server ends when its holder stops answering."""
    url = make_url(database_url)
    settings = {
        "application_name": name,
        "idle_in_transaction_session_timeout": f"{IDLE_SESSION_SECONDS}s",
        "tcp_keepalives_idle": "5",
        "tcp_keepalives_interval": "2",
        "tcp_keepalives_count": "3",
    }
    if idle_session:
        settings["idle_session_timeout"] = f"{IDLE_SESSION_SECONDS}s"
    connection: Connection = await asyncpg.connect(
        host=url.host,
        port=url.port,
        user=url.username,
        password=url.password,
        database=url.database,
        timeout=5,
        command_timeout=30,
        server_settings=settings,
    )
    return connection


class Elector:
    """Runs `work` while this process holds the lock `number` of the database, again and again until cancelled."""

    def __init__(self, database_url: str | URL, number: int, name: str, work: Callable[[], Awaitable[None]]) -> None:
        self._database_url = database_url
        self._number = number
        self._name = name
        self._work = work
        self.leading = False

    async def run(self) -> None:
        """Stand for election until cancelled; survives the loss of the database."""
        while True:
            try:
                await self._term()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
                log.warning("election-interrupted", work=self._name, error=repr(error))
            except Exception:
                log.exception("election-failed", work=self._name)
            await asyncio.sleep(RETRY_SECONDS)

    async def _term(self) -> None:
        connection = await connect(self._database_url, name=f"elect:{self._name}", idle_session=True)
        try:
            while not await connection.fetchval("SELECT pg_try_advisory_lock($1, $2)", LOCK_CLASS, self._number):
                await asyncio.sleep(RETRY_SECONDS)
            await self._lead(connection)
        finally:
            connection.terminate()

    async def _lead(self, connection: Connection) -> None:
        self.leading = True
        log.info("elected", work=self._name)
        work = asyncio.ensure_future(self._work())
        try:
            while not work.done():
                await connection.fetchval("SELECT 1", timeout=HEARTBEAT_SECONDS)
                await asyncio.wait({work}, timeout=HEARTBEAT_SECONDS)
            if not work.cancelled() and (error := work.exception()) is not None:
                log.error("elected-work-failed", work=self._name, exc_info=error)
        finally:
            self.leading = False
            work.cancel()
            # Not `await work`: a cancellation of this task would be taken for the work's own.
            await asyncio.wait({work})
