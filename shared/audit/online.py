"""The hashes that the logs have now, to compare a pack with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import select

from shared.db import Database
from shared.kernel_tables import event_log

_AT_ONCE: Final = 5_000
"""Positions of one statement; its parameters are bounded by the protocol."""


async def hashes_at(databases: Mapping[str, Database], places: Sequence[tuple[str, int]]) -> dict[tuple[str, int], str]:
    """The hash at each of these positions of topics, where there is one."""
    wanted: dict[str, list[int]] = defaultdict(list)
    for topic, position in places:
        wanted[topic].append(position)
    found: dict[tuple[str, int], str] = {}
    for topic, positions in wanted.items():
        database = databases.get(topic.partition(".")[0])
        if database is None:
            continue
        async with database.transaction() as session:
            for start in range(0, len(positions), _AT_ONCE):
                query = (
                    select(event_log.c.position, event_log.c.hash)
                    .where(event_log.c.topic == topic, event_log.c.position.in_(positions[start : start + _AT_ONCE]))
                    .order_by(event_log.c.epoch)
                )
                rows = (await session.execute(query)).all()
                found |= {(topic, position): digest.hex() for position, digest in rows}
    return found
