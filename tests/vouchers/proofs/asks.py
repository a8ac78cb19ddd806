"""What is asked of the service, and how it may go wrong on the way: sent twice at a time, the answer lost, the commit
failing, the process killed."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final
from uuid import uuid4

import httpx
from sqlalchemy import text

from tests.support.service_process import ServiceProcess
from tests.vouchers.support import Api, Caller, Town

Json = dict[str, Any]

REFUSED: Final = (403, 404, 409, 422)
_BUSY: Final = "idempotency-key-in-use"
_PATIENCE: Final = 200
"""Tries at a key that another request still holds."""

ARMED = """
    CREATE TABLE commit_fault (state text NOT NULL, at bigint NOT NULL);
    CREATE SEQUENCE commit_fault_seen;
    CREATE FUNCTION fail_commit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
    DECLARE seen bigint := nextval('public.commit_fault_seen'); wanted text;
    BEGIN
        SELECT state INTO wanted FROM public.commit_fault WHERE at = seen;
        IF wanted IS NOT NULL THEN
            RAISE EXCEPTION 'the commit fails' USING ERRCODE = wanted;
        END IF;
        RETURN NULL;
    END $$;
    CREATE CONSTRAINT TRIGGER commit_fault AFTER INSERT ON event_log
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fail_commit();
    GRANT SELECT, INSERT, DELETE ON commit_fault TO PUBLIC;
    GRANT SELECT ON commit_fault_seen TO PUBLIC
"""
"""The commit of the transaction with the event whose number was named fails, once: sequences do not roll back."""

_ARM: Final = """
    INSERT INTO commit_fault SELECT :state, last_value + CAST(is_called AS integer) FROM commit_fault_seen
"""


@dataclass(frozen=True)
class Ask:
    """One request, which has the same key however often it is sent."""

    kind: str
    caller: Caller
    path: str
    body: Json | None
    day: date
    then: Callable[[Json], None] | None = None
    """What a first success tells the life."""
    key: str = field(default_factory=lambda: uuid4().hex)

    def anew(self) -> Ask:
        """The same under another key."""
        return replace(self, key=uuid4().hex)


@dataclass
class Line:
    """The ways to the service: in this process, and two processes of its own that are killed and started again."""

    town: Town
    processes: Sequence[ServiceProcess]
    apis: Sequence[Api]
    counts: Counter[str] = field(default_factory=Counter)
    answered: list[tuple[Ask, bytes]] = field(default_factory=list)
    """Successes of this life, with what was answered."""

    async def send(self, ask: Ask, api: Api | None = None) -> httpx.Response:
        """To its end: done or refused with a reason, never an error; a key still in use is asked for again."""
        for _ in range(_PATIENCE):
            answer = await self._once(ask, api or self.town.api)
            if not (answer.status_code == 409 and answer.json()["code"] == _BUSY):
                return self._seen(ask, answer)
            await asyncio.sleep(0.02)
        raise AssertionError(f"the key of {ask.path} stays in use")

    async def _once(self, ask: Ask, api: Api, today: date | None = None) -> httpx.Response:
        return await api.post(ask.caller, ask.path, ask.body, key=ask.key, today=today or ask.day)

    def _seen(self, ask: Ask, answer: httpx.Response) -> httpx.Response:
        assert answer.status_code < 300 or answer.status_code in REFUSED, (ask, answer.text)
        if answer.status_code < 300:
            self.counts[f"{ask.kind}: done"] += 1
            if not any(known.key == ask.key for known, _ in self.answered):
                self.answered.append((ask, answer.content))
                if ask.then is not None:
                    ask.then(answer.json())
        else:
            self.counts[f"{ask.kind}: refused"] += 1
            self.counts[f"refusal {answer.json()['code']}"] += 1
        return answer

    async def at_once(self, asks: Sequence[Ask]) -> None:
        """All together, over all ways, and the first of them twice."""
        ways = [self.town.api, *(self.apis[number] for number in await self._living())]
        sending = [*asks, asks[0]]
        answers = await asyncio.gather(*(self.send(ask, ways[n % len(ways)]) for n, ask in enumerate(sending)))
        first, again = answers[0], answers[-1]
        if first.status_code < 300 and again.status_code < 300:
            assert first.content == again.content, "two effects under one key"

    async def lose_answer(self, ask: Ask, delay: float) -> None:
        """The connection breaks while the request is under way; the same is sent again."""
        try:
            await asyncio.wait_for(self._once(ask, self.apis[(await self._living())[0]]), delay)
        except TimeoutError:
            self.counts["answers lost"] += 1
        await self.send(ask)

    async def fail_commit(self, ask: Ask, state: str) -> None:
        """The commit fails: run again by the service where that helps, else nothing is done and it is sent again."""
        before = await self._events()
        await self._arm(state)
        answer = await self._once(ask, self.town.api)
        if answer.status_code >= 500:
            self.counts["commits failed"] += 1
            assert await self._events() == before, "a failed commit left something"
        else:
            self.counts["commits run again or not reached"] += 1
            self._seen(ask, answer)
        await self._arm(None)
        await self.send(ask)

    async def kill(self, ask: Ask, delay: float) -> None:
        """SIGKILL while the request is under way; sent again to another process, which finds all of it or nothing."""
        number = (await self._living())[0]
        victim = self.processes[number]
        sending = asyncio.create_task(self._once(ask, self.apis[number]))
        await asyncio.sleep(delay)
        await asyncio.to_thread(victim.kill9)
        lost = isinstance((await asyncio.gather(sending, return_exceptions=True))[0], httpx.TransportError)
        self.counts["processes killed"] += 1
        self.counts["processes killed before the answer"] += lost
        victim.start(wait=False)
        await self.send(ask)

    async def _living(self) -> list[int]:
        """Processes that answer, waiting for one if none does."""
        for _ in range(_PATIENCE):
            ready = [number for number, api in enumerate(self.apis) if await _ready(api)]
            if ready:
                return ready
            await asyncio.sleep(0.05)
        raise AssertionError("no process is ready")

    async def _events(self) -> int:
        return int(await self.town.one("SELECT count(*) FROM event_log"))

    async def _arm(self, state: str | None) -> None:
        """The commit of the next change fails with this SQL state; None: it does not."""
        async with self.town.db.transaction() as session:
            await session.execute(text("DELETE FROM commit_fault"))
            if state is not None:
                await session.execute(text(_ARM), {"state": state})

    async def repeat(self, ask: Ask, content: bytes, today: date) -> None:
        """Days later the same again under the same key: the same answer, and nothing happens."""
        before = await self._events()
        answer = await self._once(ask, self.town.api, today)
        assert answer.content == content, (ask, answer.text)
        assert await self._events() == before, "a repeated request did something"


async def _ready(api: Api) -> bool:
    try:
        return (await api.client.get("/readyz", timeout=30)).status_code == 200
    except httpx.TransportError:
        return False
