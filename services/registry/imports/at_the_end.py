"""Files that are carried out at their end: the rows are kept till then, judged by what a few statements read, and
written many at a time. The locks of centres and operators are taken last, and what was read is read again under them:
where it is not the same, the file begins again."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Sequence
from typing import Final, TypeVar

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.base import Base
from services.registry.imports.rows import Kind, Overtaken, Row, Status, Tally, Work, refusals
from shared.errors import DomainError
from shared.http.validation import PayloadInvalid
from shared.ids import case_no
from shared.kernel_tables import case_counter
from shared.policy.edition import PolicyNotInForce

T = TypeVar("T")

_BREATH: Final = 50
"""Rows between two turns of others: other requests, and the heartbeat by which this process leads."""


class AtTheEnd(ABC):
    """One file. `prepare` reads, `judge` decides a row, `write` puts down what was judged good and calls `hold` before
    the first statement that would keep a delisting waiting."""

    def __init__(self, session: AsyncSession, work: Work, kind: Kind) -> None:
        self.session = session
        self.work = work
        self._kind = kind
        self._rows: list[Row] = []

    @abstractmethod
    async def prepare(self, rows: Sequence[Row]) -> None:
        """Read what the rows rely on."""

    @abstractmethod
    def judge(self, row: Row) -> Status:
        """What becomes of a row; keeps what is to be written. Raises the refusals of the single request."""

    @abstractmethod
    async def hold(self) -> None:
        """Lock what the rows rely on, operators before centres, and read it again. Raises Overtaken where it is not the
        same."""

    @abstractmethod
    async def write(self) -> None:
        """Number and write what was judged good, with its events."""

    async def take(self, rows: Sequence[Row], _: Tally) -> None:
        self._rows.extend(rows)

    async def settle(self, tally: Tally) -> None:
        """Somebody who writes the same at this moment makes the file begin again."""
        if not self._rows:
            return
        await self.prepare(self._rows)
        async for row in breathing(self._rows):
            try:
                tally.count(self.judge(row))
            except (DomainError, PayloadInvalid, PolicyNotInForce) as error:
                tally.count("refused", refusals(self._kind, row, error))
        try:
            await self.write()
        except IntegrityError as error:
            raise Overtaken from error


async def breathing(items: Iterable[T]) -> AsyncIterator[T]:
    """The items, with turns of others in between."""
    for number, item in enumerate(items, start=1):
        yield item
        if number % _BREATH == 0:
            await asyncio.sleep(0)


def sliced(items: Collection[T]) -> Iterator[list[T]]:
    """The items some at a time, for statements whose rows are read as objects."""
    ordered = list(items)
    for start in range(0, len(ordered), _BREATH):
        yield ordered[start : start + _BREATH]


async def put_down(session: AsyncSession, rows: Sequence[Base]) -> None:
    """Write new rows, some at a time."""
    for some in sliced(rows):
        session.add_all(some)
        await session.flush()


class Numbers:
    """Case numbers for many, without gaps: counted first, then taken together, late, as `next_case_no` asks."""

    def __init__(self) -> None:
        self._wanted: defaultdict[tuple[str, int], int] = defaultdict(int)
        self._given: dict[tuple[str, int], Iterator[int]] = {}

    def want(self, prefix: str, year: int) -> None:
        """One more of them."""
        self._wanted[prefix, year] += 1

    async def take(self, session: AsyncSession) -> None:
        """In one order, so that two files do not wait for each other in a circle."""
        for (prefix, year), count in sorted(self._wanted.items()):
            counter = insert(case_counter).values(prefix=prefix, year=year, last=count)
            raised = counter.on_conflict_do_update(
                index_elements=["prefix", "year"], set_={"last": case_counter.c.last + count}
            ).returning(case_counter.c.last)
            last = (await session.execute(raised)).scalar_one()
            self._given[prefix, year] = iter(range(last - count + 1, last + 1))

    def next(self, prefix: str, year: int) -> str:
        """The next of those taken."""
        return case_no(prefix, year, next(self._given[prefix, year]))
