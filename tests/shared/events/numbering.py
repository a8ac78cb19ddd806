"""Numbering a log in the test itself, where no process of the producer runs."""

import asyncpg

from shared.events.sequencer import Sequencer
from tests.support.postgres import plain_dsn


async def number(url: str, topic: str) -> None:
    """Give every event of `topic` its place."""
    connection = await asyncpg.connect(plain_dsn(url))
    try:
        await connection.execute("INSERT INTO topic_head (topic) VALUES ($1) ON CONFLICT DO NOTHING", topic)
        sequencer = Sequencer(url, [topic], lambda events: None)
        while await sequencer.turn(connection):
            pass
    finally:
        await connection.close()
