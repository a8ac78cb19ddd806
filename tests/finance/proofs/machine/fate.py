"""What happens to a request on its way: nothing, a commit that fails, a lost answer, a process that is killed."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import count
from time import monotonic
from typing import Final

from httpx import AsyncClient, Response, TransportError
from sqlalchemy import text

from shared.db import Database
from tests.finance.patience import patiently
from tests.finance.proofs.ledger import snapshot
from tests.finance.proofs.machine.city import City, Move
from tests.finance.support import Desk
from tests.support.service_process import ServiceProcess
from tests.support.waiting import eventually

CALM: Final = "calm"
TWICE: Final = "sent twice with its key"
DIES: Final = "its commit fails, and it is sent again"
AT_ONCE: Final = "two at once with one key"
RIVALS: Final = "two at once with keys of their own"
KILLED: Final = "its process is killed under it"
FATES: Final = (CALM, CALM, CALM, TWICE, DIES, AT_ONCE, RIVALS)

OUTCOMES: Final = frozenset({200, 201, 403, 404, 409, 422})
"""An answer of the rules. 422 is a fault of the machine, which is told at the end."""
UNRULED: Final = "conflict"
"""A constraint's refusal that no rule foresees: two met without a lock."""
BUSY: Final = "idempotency-key-in-use"
WAITS: Final = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock' AND query ILIKE 'insert into idempotency_key%'
"""
LOCKED: Final = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""
PAYMENTS: Final = {
    *("pay", "disburse", "refund", "recover", "confirm-refund", "receive", "repay"),
    *("drawdowns", "payments", "recoveries"),
}
"""The last words of requests that nobody may send without a key."""


class Died(Exception):
    """The process ends here."""


@dataclass
class Grave:
    """While `open`, every commit of the service fails before it reaches the database."""

    open: bool = False

    def commit(self, _: object) -> None:
        if self.open:
            raise Died


@dataclass
class Tally:
    """What happened in all examples, to see that they are worth something."""

    sent: Counter[str] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    fates: Counter[str] = field(default_factory=Counter)
    kinds: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    """Requests that could not be read."""
    failed: list[str] = field(default_factory=list)
    """What went wrong, with its traceback: nothing is played after that."""


@dataclass
class Fates:
    """Sends moves over the desk and lets them meet their fate."""

    city: City
    grave: Grave
    tally: Tally
    process: Callable[[], ServiceProcess] | None = None
    """A process with the same database, started when it is needed; None where nobody is killed any more."""
    _asked: set[str] = field(default_factory=set)
    """Payments that were tried without a key."""
    _keys: count[int] = field(default_factory=lambda: count(1))

    async def meet(self, move: Move, fate: str) -> bool:
        """Whether it was done in the end."""
        key = f"machine-{next(self._keys)}"
        self.tally.sent[move.verb] += 1
        if move.verb not in self._asked and move.path.rpartition("/")[2] in PAYMENTS:
            await self._without_key(move)
        if fate == DIES:
            await self._dies(move, key)
        elif fate == KILLED:
            await self._killed(move, key)
        if fate == AT_ONCE:
            answer = await self._at_once(move, key)
        elif fate == RIVALS:
            answer = await self._rivals(move, key)
        else:
            answer = await self._send(move, key)
        if answer.is_success and fate in (TWICE, DIES, KILLED):
            await self._again(move, key, answer)
        if answer.is_success:
            self.tally.done[move.verb] += 1
            self.tally.fates[fate] += 1
        else:
            self.tally.refused[f"{move.verb}: {answer.json()['code']}"] += 1
        return answer.is_success

    async def _send(self, move: Move, key: str) -> Response:
        """Patiently: a key whose first request is under way is asked again."""
        answer = await patiently(lambda: self.city.send(self.city.desk, move, key))
        while answer.status_code == 409 and answer.json()["code"] == BUSY:
            await asyncio.sleep(0.02)
            answer = await patiently(lambda: self.city.send(self.city.desk, move, key))
        if answer.status_code == 422:
            self.tally.wrong.append(f"{move} {answer.text}")
        assert answer.status_code in OUTCOMES, (move, answer.status_code, answer.text)
        assert answer.is_success or answer.json()["code"] != UNRULED, f"{move.path} was stopped by the database alone"
        return answer

    async def _without_key(self, move: Move) -> None:
        self._asked.add(move.verb)
        answer = await patiently(lambda: self.city.send(self.city.desk, move, None))
        told = (answer.status_code, answer.json().get("code"))
        assert told == (400, "idempotency-key-required"), f"{move.path} does without a key: {told}"

    async def _again(self, move: Move, key: str, answer: Response) -> None:
        """The first answer comes again, and nothing is done."""
        before = await snapshot(self.city.db)
        again = await self._send(move, key)
        assert (again.status_code, again.text) == (answer.status_code, answer.text), f"{move.path} answers otherwise"
        assert await snapshot(self.city.db) == before, f"{move.path} was done twice"

    async def _dies(self, move: Move, key: str) -> None:
        before = await snapshot(self.city.db)
        self.grave.open = True
        try:
            with suppress(Died):
                lost = await self.city.send(self.city.desk, move, key)
                assert not lost.is_success, f"{move.path} said yes before it was written down"
        finally:
            self.grave.open = False
        assert await snapshot(self.city.db) == before, f"{move.path} left something behind"

    async def _at_once(self, move: Move, key: str) -> Response:
        """A client that lost patience: both get the one answer."""
        both = await asyncio.gather(self._send(move, key), self._send(move, key))
        done = [answer for answer in both if answer.is_success]
        assert len({answer.text for answer in done}) <= 1, f"{move.path} was done twice"
        return done[0] if done else both[0]

    async def _rivals(self, move: Move, key: str) -> Response:
        """Two people with the same in mind; what the books say afterwards shows whether they met. Nobody is done before
        both have come as far as they can: who reads without a lock has read too early by then."""
        other = replace(move, who=f"{move.who}-rival")
        async with self.city.db.transaction() as session:
            await session.execute(text("LOCK TABLE idempotency_key IN EXCLUSIVE MODE"))
            asking = [
                asyncio.create_task(self._send(move, key)),
                asyncio.create_task(self._send(other, f"{key}-rival")),
            ]
            await _until(lambda: _all_wait(self.city.db, asking))
        both = await asyncio.gather(*asking)
        return next((answer for answer in both if answer.is_success), both[0])

    async def _killed(self, move: Move, key: str) -> None:
        """SIGKILL when everything but the key is written: nothing of it may be there."""
        if self.process is None:
            return
        process, before = self.process(), await snapshot(self.city.db)
        process.wait_ready(100)
        async with AsyncClient(base_url=process.url, timeout=60) as client, self.city.db.transaction() as session:
            await session.execute(text("LOCK TABLE idempotency_key IN EXCLUSIVE MODE"))
            desk = Desk(client, self.city.desk.keys, _prefix=self.city.desk._prefix)
            asking = asyncio.create_task(self.city.send(desk, move, key))

            async def stands_before_the_lock() -> bool:
                return asking.done() or await _waiting(self.city.db)

            await eventually(stands_before_the_lock, every=0.01)
            process.kill9()
            with suppress(TransportError):
                lost = await asking
                assert not lost.is_success, f"{move.path} said yes before it was written down"
        process.start(wait=False)
        await eventually(lambda: _quiet(self.city.db), every=0.02)
        assert await snapshot(self.city.db) == before, f"{move.path} left something behind"


async def _waiting(db: Database) -> bool:
    async with db.transaction() as session:
        return bool(await session.scalar(text(WAITS)))


async def _until(there: Callable[[], Awaitable[bool]]) -> None:
    """For a while: on a busy machine the other comes later."""
    deadline = monotonic() + 10
    while not await there() and monotonic() < deadline:
        await asyncio.sleep(0.005)


async def _all_wait(db: Database, asking: Sequence[asyncio.Task[Response]]) -> bool:
    """Whoever has no answer yet stands before a lock."""
    async with db.transaction() as session:
        waiting = await session.scalar(text(LOCKED))
    return int(waiting or 0) >= sum(not task.done() for task in asking)


async def _quiet(db: Database) -> bool:
    return not await _waiting(db)
