"""Identifiers the suite gives out itself: UUIDv7 for machines, case numbers for people."""

import re
import secrets
import threading
import time
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.kernel_tables import case_counter

_PREFIX = re.compile(r"[A-Z]{2,6}")
_COUNTER_BITS = 42
_TAIL_BITS = 32


class _Uuid7Source:
    """RFC 9562 6.2 method 1: a 42-bit counter, reseeded every millisecond with its top bit clear, before 32 random
    bits. A clock that steps back does not reorder: the last millisecond is kept and the counter runs on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._millisecond = 0
        self._counter = 0

    def next(self) -> UUID:
        with self._lock:
            now = time.time_ns() // 1_000_000
            if now > self._millisecond:
                self._millisecond = now
                self._counter = secrets.randbits(_COUNTER_BITS - 1)
            else:
                self._counter += 1
                if self._counter >> _COUNTER_BITS:
                    self._millisecond += 1
                    self._counter = secrets.randbits(_COUNTER_BITS - 1)
            millisecond, counter = self._millisecond, self._counter
        high = (millisecond & (1 << 48) - 1) << 16 | 0x7 << 12 | counter >> 30
        low = 0b10 << 62 | (counter & (1 << 30) - 1) << _TAIL_BITS | secrets.randbits(_TAIL_BITS)
        return UUID(int=high << 64 | low)


_source = _Uuid7Source()


def uuid7() -> UUID:
    """Strictly increasing within the process, also within one millisecond. Between processes the order is that of
    their clocks: nothing may rely on it."""
    return _source.next()


def case_no(prefix: str, year: int, n: int) -> str:
    """`GR-2019-0012`. Raises ValueError for a prefix that is not two to six capital letters, or numbers out of
    range; from 10,000 cases a year the number simply grows a digit."""
    if not _PREFIX.fullmatch(prefix) or not 1000 <= year <= 9999 or n < 1:
        raise ValueError(f"no case number can be made of {prefix!r}, {year}, {n}")
    return f"{prefix}-{year}-{n:04d}"


async def next_case_no(session: AsyncSession, prefix: str, year: int) -> str:
    """The next number of the prefix and year. The counter's row stays locked until the transaction ends, so numbers
    have no gaps, and transactions that number the same kind of case wait for each other: call it late."""
    counter = insert(case_counter).values(prefix=prefix, year=year, last=1)
    raised = counter.on_conflict_do_update(
        index_elements=["prefix", "year"], set_={"last": case_counter.c.last + 1}
    ).returning(case_counter.c.last)
    return case_no(prefix, year, (await session.execute(raised)).scalar_one())
