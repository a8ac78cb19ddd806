"""The two services of these tests: `registry` numbers and publishes items, `finance` records an effect of each.

A file named as a point of the protocol in `FAULT_DIR` kills the process (SIGKILL) once, when it passes there.
"""

import os
import signal
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from fastapi import FastAPI
from sqlalchemy import (
    BigInteger,
    Column,
    Identity,
    Integer,
    MetaData,
    Table,
    Text,
    Uuid,
    func,
    insert,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.app import ServiceDefinition, create_app
from shared.events import points
from shared.events.consumer import Consumers, Received
from shared.events.outbox import EventContext, append_many
from shared.events.projection import upsert_projection
from tests.shared.events.contract import BULK, ECHO, ITEM, BulkCounted, Echo, EchoHeard, Item, ItemCounted

TABLES = MetaData()
effect = Table(
    "effect",
    TABLES,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("topic", Text, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("subject", Uuid, nullable=False),
    Column("n", Integer, nullable=False),
)
known_item = Table(
    "known_item",
    TABLES,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("n", Integer, nullable=False),
)
switch = Table("switch", TABLES, Column("name", Text, primary_key=True))
echo_count = Table("echo_count", TABLES, Column("id", Uuid, primary_key=True), Column("version", Integer))

consumers = Consumers("finance")


@consumers.on(ItemCounted, kind="projection")
async def remember(session: AsyncSession, events: Sequence[Received[Item]]) -> None:
    await upsert_projection(
        session,
        known_item,
        [{"id": e.subject, "version": e.aggregate_version, "n": e.data.n} for e in events],
    )


@consumers.on(ItemCounted, BulkCounted, kind="command")
async def record(session: AsyncSession, events: Sequence[Received[Item]]) -> None:
    """One effect an event, and an echo event in the same transaction; switched on, an event fails as its mode says."""
    on = set(await session.scalars(select(switch.c.name)))
    for event in events:
        if event.data.mode == "poison" and "poison" in on:
            raise ValueError(f"item {event.data.n} cannot be applied")
        if event.data.mode == "transient" and "transient" in on:
            raise ConnectionError("something the effect needs is away")
    await session.execute(
        insert(effect),
        [{"topic": e.topic, "position": e.position, "subject": e.subject, "n": e.data.n} for e in events],
    )
    counted = await session.execute(
        upsert(echo_count)
        .values([{"id": subject, "version": count} for subject, count in Counter(e.subject for e in events).items()])
        .on_conflict_do_update(
            index_elements=[echo_count.c.id],
            set_={"version": echo_count.c.version + literal_column("excluded.version")},
        )
        .returning(echo_count.c.id, echo_count.c.version)
    )
    versions = {row.id: row.version - sum(e.subject == row.id for e in events) for row in counted}
    echoes: list[tuple[UUID, int, Echo]] = []
    for event in events:
        versions[event.subject] += 1
        echoes.append((event.subject, versions[event.subject], Echo(n=event.data.n)))
    await append_many(session, EchoHeard, echoes, context=EventContext.caused_by(events[0]))


async def effects(session: AsyncSession, topic: str) -> list[tuple[int, int]]:
    """(position, n) of every effect, in the order in which they were applied."""
    rows = await session.execute(
        select(effect.c.position, effect.c.n).where(effect.c.topic == topic).order_by(effect.c.id)
    )
    return [(row.position, row.n) for row in rows]


async def echo_total(session: AsyncSession) -> int:
    return int(await session.scalar(select(func.coalesce(func.sum(echo_count.c.version), 0))) or 0)


def die_here(point: str) -> None:
    marker = Path(os.environ.get("FAULT_DIR", "/nonexistent")) / point
    if marker.exists():
        marker.unlink()
        os.kill(os.getpid(), signal.SIGKILL)


points.observers.append(die_here)

_EMPTY = Path(__file__).parent / "messages.toml"

DEFINITIONS = {
    "producer": ServiceDefinition(
        name="registry",
        title="Producer",
        routers=(),
        topics=(ITEM, BULK),
        consumers=None,
        metadata=TABLES,
        messages=_EMPTY,
    ),
    "consumer": ServiceDefinition(
        name="finance",
        title="Consumer",
        routers=(),
        topics=(ECHO,),
        consumers=consumers,
        metadata=TABLES,
        messages=_EMPTY,
    ),
}


def __getattr__(name: str) -> FastAPI:
    """`producer` and `consumer` are made when a server asks for them: they need its environment."""
    if name not in DEFINITIONS:
        raise AttributeError(name)
    return create_app(DEFINITIONS[name])
