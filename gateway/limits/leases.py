"""Token buckets of all gateway processes together: each draws tokens from the database in chunks and spends them.

So a request hardly ever waits for the database, and all processes together keep to the limit: what is drawn is gone,
spent or not. A process that draws more than it needs wastes tokens, one that draws less asks more often; the chunk
follows what is spent. When the database does not answer, or too slowly, each process goes on with a part of each limit
of its own: nobody is locked out, and nobody comes in without a limit. Those parts come on top of what is drawn: in any
T seconds, n processes with the part s grant at most (1 + n s) (burst + T per_second), and without a disturbance
burst + T per_second.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from prometheus_client import Counter, Gauge
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from gateway.limits.values import LONGEST_REFILL_SECONDS, Limit
from shared.db import Database
from shared.logging import get_logger

LEASE_SECONDS: Final = 10.0
"""Tokens not spent by then are lost: a process that stopped in between keeps none for ever."""
PATIENCE_SECONDS: Final = 0.25
"""How long a request waits for tokens before it goes by this process's own limit."""
FIRST_CHUNK: Final = 10
SHORTEST_PAUSE_SECONDS: Final = 0.05
"""An empty bucket is not asked for again sooner, so that several tokens are drawn at once."""
BUCKETS_KEPT: Final = 20_000
MOST_ASKED_AT_ONCE: Final = 256

_AWAY_SECONDS: Final = 1.0
_DRAW = text("""
    INSERT INTO rate_bucket AS b (bucket, drawn_until, asked_at, per_second, burst, granted)
    SELECT w.bucket, t.at - (w.burst - w.granted) / w.per_second, t.at, w.per_second, w.burst, w.granted
    FROM unnest(CAST(:buckets AS text[]), CAST(:rates AS float8[]), CAST(:bursts AS int[]), CAST(:wants AS int[]))
        AS w (bucket, per_second, burst, granted),
        (SELECT extract(epoch FROM clock_timestamp())::float8 AS at) AS t
    ORDER BY w.bucket
    ON CONFLICT (bucket) DO UPDATE SET (drawn_until, asked_at, per_second, burst, granted) = (
        SELECT f.since + f.n / excluded.per_second, excluded.asked_at, excluded.per_second, excluded.burst, f.n
        FROM (
            SELECT e.since,
                greatest(0, least(excluded.granted, floor((excluded.asked_at - e.since) * excluded.per_second + 1e-6)))
            FROM (
                SELECT greatest(
                    CASE WHEN b.drawn_until > excluded.asked_at + 5 THEN excluded.asked_at ELSE b.drawn_until END,
                    excluded.asked_at - excluded.burst / excluded.per_second
                )
            ) AS e (since)
        ) AS f (since, n)
    )
    RETURNING bucket, granted, (asked_at - drawn_until) * per_second AS left_over
""")
_FORGET = text("DELETE FROM rate_bucket WHERE asked_at < extract(epoch FROM clock_timestamp()) - :seconds")

DRAWS = Counter("mengchuang_gateway_limit_draws", "Draws of tokens from the shared buckets", ["outcome"])
ALONE = Gauge("mengchuang_gateway_limits_alone", "1 while this process limits by itself: the database is away")

log = get_logger(__name__)


@dataclass(slots=True)
class Taken:
    """A token, or none: how many are left as far as known, and in how many seconds there is one again."""

    limit: Limit
    granted: bool
    left: int
    seconds: float

    def fields(self) -> list[tuple[bytes, bytes]]:
        """RateLimit-Policy and RateLimit: draft-ietf-httpapi-ratelimit-headers-11, sections 3 and 4.

        `t` says when the bucket is full again, or on a refusal the same as Retry-After.
        """
        limit = self.limit
        remaining = b'"%b";r=%d;t=%d' % (limit.encoded_name, self.left, whole_seconds(self.seconds))
        return [(b"ratelimit-policy", limit.encoded_policy), (b"ratelimit", remaining)]


class Bucket:
    """What this process knows of one bucket and holds of its tokens. Times are monotonic seconds."""

    __slots__ = (
        "alone_since",
        "asked_at",
        "chunk",
        "ends_at",
        "future",
        "left_over",
        "limit",
        "name",
        "none_until",
        "tokens",
        "waiting",
    )

    def __init__(self, name: str, limit: Limit) -> None:
        self.name = name
        self.limit = limit
        self.tokens = 0
        self.ends_at = 0.0
        self.asked_at = 0.0
        self.left_over = float(limit.burst)
        self.none_until = 0.0
        self.chunk = min(FIRST_CHUNK, self.largest_chunk)
        self.waiting = 0
        self.future: asyncio.Future[None] | None = None
        self.alone_since = -math.inf

    @property
    def largest_chunk(self) -> int:
        """What is lost with one lease stays below a tenth of what comes back in the meantime."""
        return max(1, min(int(self.limit.per_second), self.limit.burst // 4))

    def spend(self, now: float) -> bool:
        """One of the tokens this process holds."""
        if self.tokens > 0:
            if now < self.ends_at:
                self.tokens -= 1
                return True
            self.chunk = max(1, min(self.chunk - self.tokens, self.chunk // 2))
            self.tokens = 0
        return False

    def fill(self, granted: int, wanted: int, left_over: float, now: float) -> None:
        """Tokens have been drawn: all that were wanted, or the last there were."""
        if granted and self.tokens == 0 and now - self.asked_at < LEASE_SECONDS / 10:
            self.chunk = min(self.chunk * 2, self.largest_chunk)
        self.tokens += granted
        self.asked_at = now
        self.ends_at = now + LEASE_SECONDS
        self.left_over = left_over
        if granted < wanted:
            self.none_until = now + max(SHORTEST_PAUSE_SECONDS, (1 - left_over) / self.limit.per_second)

    def taken(self, now: float) -> Taken:
        limit = self.limit
        left = min(limit.burst, int(self.tokens + self.left_over + (now - self.asked_at) * limit.per_second))
        return Taken(limit, True, max(0, left), (limit.burst - left) / limit.per_second)

    def fields(self) -> list[tuple[bytes, bytes]]:
        """The header fields of a request that was granted; as `Taken.fields`, without a `Taken`."""
        limit = self.limit
        left = int(self.tokens + self.left_over + (time.monotonic() - self.asked_at) * limit.per_second)
        left = max(0, min(limit.burst, left))
        full = whole_seconds((limit.burst - left) / limit.per_second)
        return [
            (b"ratelimit-policy", limit.encoded_policy),
            (b"ratelimit", b'"%b";r=%d;t=%d' % (limit.encoded_name, left, full)),
        ]

    def refused(self, now: float) -> Taken:
        return Taken(self.limit, False, 0, max(self.none_until - now, 1 / self.limit.per_second))

    def alone(self, part: Limit, now: float) -> Taken:
        """By this process's own part of the limit: a bucket by itself, full once and never made full again by a draw.

        So a database that comes and goes gives nobody more than one that stays away.
        """
        since = max(self.alone_since, now - part.burst / part.per_second)
        tokens = (now - since) * part.per_second
        if tokens < 1 - 1e-9:
            return Taken(self.limit, False, 0, (1 - tokens) / part.per_second)
        self.alone_since = since + 1 / part.per_second
        return Taken(self.limit, True, int(tokens - 1), (part.burst - tokens + 1) / part.per_second)


class Leases:
    """The buckets of this process, the least recently used forgotten, and the one who draws for them."""

    def __init__(self, db: Database, alone_share: float) -> None:
        self._db = db
        self._share = alone_share
        self._buckets: OrderedDict[tuple[str, str], Bucket] = OrderedDict()
        self._wanted: dict[str, Bucket] = {}
        self._drawing: asyncio.Task[None] | None = None
        self._away_until = 0.0
        self._forget_at = time.monotonic() + 60

    async def close(self) -> None:
        """Stop drawing; tokens held are lost."""
        if self._drawing is not None:
            self._drawing.cancel()
            await asyncio.wait({self._drawing})

    async def take(self, limit: Limit, subject: str) -> Taken:
        """One token of the subject's bucket of this limit. Waits for the database at most PATIENCE_SECONDS."""
        bucket = self.held(limit, subject)
        now = time.monotonic()
        if bucket is not None:
            return bucket.taken(now)
        bucket = self._bucket(limit, subject)
        if now < bucket.none_until:
            return bucket.refused(now)
        if now < self._away_until:
            return bucket.alone(limit.part(self._share), now)
        return await self._drawn(bucket)

    def held(self, limit: Limit, subject: str) -> Bucket | None:
        """Spend a token that this process holds already, as it mostly does; None: there is none, so `take` one."""
        bucket = self._bucket(limit, subject)
        now = time.monotonic()
        if not bucket.spend(now):
            return None
        if bucket.tokens * 4 < bucket.chunk and bucket.future is None and now >= bucket.none_until:
            _ = self._want(bucket)
        return bucket

    async def _drawn(self, bucket: Bucket) -> Taken:
        ends_at = time.monotonic() + PATIENCE_SECONDS
        bucket.waiting += 1
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while True:
                    await asyncio.shield(self._want(bucket))
                    now = time.monotonic()
                    if bucket.spend(now):
                        return bucket.taken(now)
                    if now < bucket.none_until:
                        return bucket.refused(now)
                    if now < self._away_until or now >= ends_at:
                        break
        except TimeoutError:
            self._is_away("slow")
        finally:
            bucket.waiting -= 1
        return bucket.alone(bucket.limit.part(self._share), time.monotonic())

    def _bucket(self, limit: Limit, subject: str) -> Bucket:
        key = (limit.name, subject)
        bucket = self._buckets.get(key)
        if bucket is None or bucket.limit is not limit:
            bucket = self._buckets[key] = Bucket(f"{limit.name}|{subject}", limit)
            if len(self._buckets) > BUCKETS_KEPT:
                self._buckets.popitem(last=False)
        else:
            self._buckets.move_to_end(key)
        return bucket

    def _want(self, bucket: Bucket) -> asyncio.Future[None]:
        if bucket.future is None:
            bucket.future = asyncio.get_running_loop().create_future()
            self._wanted[bucket.name] = bucket
            if self._drawing is None or self._drawing.done():
                self._drawing = asyncio.create_task(self._draw_all())
        return bucket.future

    async def _draw_all(self) -> None:
        """One statement at a time for all buckets that need tokens, in the order of their names: no deadlocks."""
        while self._wanted:
            names = sorted(self._wanted)[:MOST_ASKED_AT_ONCE]
            batch = [self._wanted.pop(name) for name in names]
            try:
                await self._draw(batch)
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                self._is_away(type(error).__name__)
            finally:
                for bucket in batch:
                    if bucket.future is not None and not bucket.future.done():
                        bucket.future.set_result(None)
                    bucket.future = None

    async def _draw(self, batch: list[Bucket]) -> None:
        wants = {bucket.name: min(bucket.limit.burst, max(bucket.chunk, bucket.waiting)) for bucket in batch}
        asked = {
            "buckets": [bucket.name for bucket in batch],
            "rates": [bucket.limit.per_second for bucket in batch],
            "bursts": [bucket.limit.burst for bucket in batch],
            "wants": list(wants.values()),
        }
        known = {bucket.name: bucket for bucket in batch}
        async with self._db.engine.begin() as connection:
            rows = (await connection.execute(_DRAW, asked)).all()
            now = time.monotonic()
            if now >= self._forget_at:
                self._forget_at = now + LONGEST_REFILL_SECONDS / 6
                await connection.execute(_FORGET, {"seconds": LONGEST_REFILL_SECONDS})
        for row in rows:
            known[row.bucket].fill(row.granted, wants[row.bucket], row.left_over, now)
        DRAWS.labels("drawn").inc()
        if self._away_until:
            self._away_until = 0.0
            ALONE.set(0)
            log.info("limits-shared-again")

    def _is_away(self, reason: str) -> None:
        if not self._away_until:
            log.warning("limits-alone", reason=reason)
            ALONE.set(1)
        DRAWS.labels("failed").inc()
        self._away_until = time.monotonic() + _AWAY_SECONDS


def whole_seconds(seconds: float) -> int:
    """For Retry-After and `t`: not shorter than it takes, and at least one."""
    return max(1, math.ceil(seconds))
