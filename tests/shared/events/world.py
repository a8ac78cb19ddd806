"""A producer and a consumer as real processes, with real PostgreSQL and a broker of their own."""

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Self
from uuid import UUID

import httpx
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from nats.aio.client import Client
from sqlalchemy import Connection, delete, insert, select

from deploy.environment import Suite as Surroundings
from deploy.secrets import Secrets
from shared.clock import business_today
from shared.db import Database
from shared.events.envelope import SequencedEvent
from shared.events.log_reader import read_log
from shared.events.outbox import EventContext, append_many
from shared.events.streams import provision
from shared.events.types import EventType
from shared.ids import uuid7
from shared.kernel_schema import create_kernel
from shared.kernel_tables import consumer_cursor, event_log, parked_event, relay_cursor
from tests.shared.events import apps
from tests.shared.events.contract import Item, ItemCounted
from tests.support.broker import Broker
from tests.support.postgres import Cluster
from tests.support.service_process import ServiceProcess
from tests.support.waiting import eventually, free_port

CONTEXT = EventContext(actor="tester", effective_on=business_today(), correlation_id="world")


def _schema(connection: Connection) -> None:
    create_kernel(Operations(MigrationContext.configure(connection)))
    apps.TABLES.create_all(connection)


class World:
    """`async with World(postgres, tmp_path) as world:`; `producers` and `consumers` are started on demand."""

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        self.cluster = cluster
        self.folder = folder
        self.faults = folder / "faults"
        for name in ("registry", "finance"):
            (self.faults / name).mkdir(parents=True)
        self.broker = Broker(folder / "broker")
        self.secrets = Secrets(folder / "secrets")
        self.secrets.ensure()
        self.urls = {name: cluster.create_database() for name in ("registry", "finance")}
        self.ports = {name: free_port() for name in ("registry", "evaluation", "finance", "vouchers", "gateway")}
        self.processes: list[ServiceProcess] = []
        self._versions: dict[UUID, int] = {}

    async def __aenter__(self) -> Self:
        self.broker.users = self.secrets.nats_passwords()
        self.broker.start()
        self.producer_db = Database(self.urls["registry"], pool_size=4)
        self.consumer_db = Database(self.urls["finance"], pool_size=4)
        for db in (self.producer_db, self.consumer_db):
            async with db.engine.begin() as connection:
                await connection.run_sync(_schema)
        self.operator: Client = await self.broker.connect()
        await provision(self.operator, deny=False)
        return self

    async def __aexit__(self, *_: object) -> None:
        for process in self.processes:
            process.kill9()
        await self.operator.close()
        for db in (self.producer_db, self.consumer_db):
            await db.close()
        self.broker.stop()
        for url in self.urls.values():
            self.cluster.drop_database(url)

    async def start(self, *names: str) -> list[ServiceProcess]:
        """Start a process of each named service; the first producer has the port that its readers know."""
        started = []
        for name in names:
            taken = any(process.port == self.ports[name] and process.running() for process in self.processes)
            port = free_port() if taken else self.ports[name]
            surroundings = Surroundings(
                self.ports,
                self.urls | dict.fromkeys(("evaluation", "vouchers", "gateway"), ""),
                self.broker.address,
                self.secrets,
                environment="test",
            )
            env = surroundings.of(name) | {"FAULT_DIR": str(self.faults / name)}
            app = "producer" if name == "registry" else "consumer"
            log_file = self.folder / f"{name}-{len(self.processes)}.log"
            process = ServiceProcess(f"tests.shared.events.apps:{app}", port, env, log_file=log_file)
            process.start(wait=False)
            self.processes.append(process)
            started.append(process)
        for process in started:
            await eventually(partial(self._alive, process))
        return started

    @staticmethod
    async def _alive(process: ServiceProcess) -> bool:
        assert process.running(), process.log_file.read_text() if process.log_file else "ended"
        async with httpx.AsyncClient() as client:
            try:
                return (await client.get(f"{process.url}/healthz", timeout=10)).status_code == 200
            except httpx.TransportError:
                return False

    async def append(
        self,
        numbers: Sequence[int],
        *,
        key: UUID | None = None,
        mode: str = "ok",
        event_type: EventType[Item] = ItemCounted,
    ) -> UUID:
        """Commit one event a number, of one aggregate; as another process of the service would, without a wake-up."""
        subject = key or uuid7()
        rows = []
        for n in numbers:
            self._versions[subject] = self._versions.get(subject, 0) + 1
            rows.append((subject, self._versions[subject], Item(n=n, mode=mode)))
        async with self.producer_db.transaction() as session:
            await append_many(session, event_type, rows, context=CONTEXT)
        return subject

    async def log(self, topic: str = "registry.centre") -> list[SequencedEvent]:
        """The producer's log, in order."""
        events: list[SequencedEvent] = []
        async with self.producer_db.transaction() as session:
            while page := await read_log(session, topic, events[-1].position if events else 0, 1000):
                if not page.events:
                    break
                events += page.events
        return events

    async def effects(self, topic: str = "registry.centre") -> list[tuple[int, int]]:
        async with self.consumer_db.transaction() as session:
            return await apps.effects(session, topic)

    async def undisturbed(self, topic: str = "registry.centre") -> list[tuple[int, int]]:
        """What the consumer must have done: each event once, in the order of the log."""
        return [(event.position, json.loads(event.data)["n"]) for event in await self.log(topic)]

    async def settled(self, count: int, *, topic: str = "registry.centre", timeout: float = 30) -> None:
        """Wait until `count` events are applied, then compare the state with that of an undisturbed run."""

        async def done() -> bool:
            return len(await self.effects(topic)) >= count

        await eventually(done, timeout)
        assert await self.effects(topic) == await self.undisturbed(topic)
        async with self.consumer_db.transaction() as session:
            total = len((await session.execute(select(apps.effect.c.id))).all())
            assert await apps.echo_total(session) == total
            echoes = await session.execute(select(event_log.c.id).where(event_log.c.topic == "finance.grant"))
            assert len(echoes.all()) == total

    async def published(self, position: int, topic: str = "registry.centre") -> None:
        """Wait until the relay's mark has reached the position."""

        async def marked() -> bool:
            async with self.producer_db.transaction() as session:
                mark = await session.scalar(select(relay_cursor.c.position).where(relay_cursor.c.topic == topic))
                return (mark or 0) >= position

        await eventually(marked)

    async def cursor(self, topic: str = "registry.centre") -> int:
        async with self.consumer_db.transaction() as session:
            found = await session.scalar(select(consumer_cursor.c.position).where(consumer_cursor.c.topic == topic))
            return int(found or 0)

    async def parked(self) -> list[tuple[int, bool]]:
        """(position, parked only for order's sake) of every event still parked."""
        async with self.consumer_db.transaction() as session:
            rows = await session.execute(
                select(parked_event.c.position, parked_event.c.behind)
                .where(parked_event.c.applied_at.is_(None))
                .order_by(parked_event.c.position)
            )
            return [(row.position, row.behind is not None) for row in rows]

    async def switch(self, name: str, on: bool) -> None:
        async with self.consumer_db.transaction() as session:
            if on:
                await session.execute(insert(apps.switch).values(name=name))
            else:
                await session.execute(delete(apps.switch).where(apps.switch.c.name == name))

    async def alter(self, statement: str) -> None:
        """Change the producer's log behind its guards, as somebody with all rights could."""
        async with self.producer_db.engine.begin() as connection:
            await connection.exec_driver_sql("ALTER TABLE event_log DISABLE TRIGGER USER")
            await connection.exec_driver_sql(statement)
            await connection.exec_driver_sql("ALTER TABLE event_log ENABLE TRIGGER USER")
