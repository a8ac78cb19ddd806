"""Whatever is done, in whatever order, with processes that die before their commit and clients that send everything
twice: no cap is passed, nothing is paid twice, and the books equal the cases of every programme."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Final

import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response
from sqlalchemy import event

from shared.db import Database
from tests.finance.patience import patiently
from tests.finance.proofs.ledger import broken, snapshot
from tests.finance.proofs.stories import STORIES, appropriations, calls, periods
from tests.finance.support import Desk, Json, Standings
from tests.support.tokens import Keys

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow]

TOLD: Final = tuple(story for story in STORIES if story not in (appropriations, calls, periods))
"""Every programme; what is of the year as a whole is told once, at the end."""
ONCE: Final = frozenset({"alliance_support", "matching_funds", "banks", "prime_rates", "subsidies"})
AGAIN: Final = tuple(story for story in TOLD if story.__name__ not in ONCE)
"""What can be told twice in one city and year."""


class Killed(Exception):
    """The process ends here."""


@dataclass
class Grave:
    """While `open`, every commit of the service fails before it reaches the database."""

    open: bool = False
    deaths: int = 0

    def commit(self, _: object) -> None:
        if self.open:
            self.deaths += 1
            raise Killed


@pytest.fixture(scope="module")
def grave(app: FastAPI) -> Iterator[Grave]:
    found = Grave()
    engine = app.state.runtime.db.engine.sync_engine
    event.listen(engine, "commit", found.commit)
    yield found
    event.remove(engine, "commit", found.commit)


@dataclass
class Unlucky(Desk):
    """A client whose requests die now and then, and who sends now and then again what was answered already."""

    chance: Random = field(default_factory=Random)
    grave: Grave = field(default_factory=Grave)
    db: Database | None = None
    repeated: int = 0

    async def post(
        self,
        person: str,
        path: str,
        json: object = None,
        *,
        key: str | None = "",
        headers: dict[str, str] | None = None,
        claims: Json | None = None,
    ) -> Response:
        assert self.db is not None
        key = self.new_key() if key == "" else key
        if self.chance.random() < 0.25:
            before = await snapshot(self.db)
            self.grave.open = True
            try:
                lost = await super().post(person, path, json, key=key, headers=headers, claims=claims)
                assert not lost.is_success
            except Killed:
                pass
            finally:
                self.grave.open = False
            assert await snapshot(self.db) == before, f"{path} left something behind"
        ask = super().post
        answer = await patiently(lambda: ask(person, path, json, key=key, headers=headers, claims=claims))
        if answer.is_success and key is not None and self.chance.random() < 0.25:
            before = await snapshot(self.db)
            again = await super().post(person, path, json, key=key, headers=headers, claims=claims)
            if again.is_success:
                assert (again.status_code, again.text) == (answer.status_code, answer.text), path
            self.repeated += 1
            assert await snapshot(self.db) == before, f"{path} was done twice"
        return answer


async def test_no_misfortune_parts_the_books_from_the_cases(
    client: AsyncClient, keys: Keys, standings: Standings, db: Database, grave: Grave
) -> None:
    chance = Random(11)
    desk = Unlucky(client, keys, chance=chance, grave=grave, db=db)
    for story in chance.sample(TOLD, len(TOLD)):
        desk.today = Desk.today
        await story(desk, db)
        assert await broken(db) == {}, f"after {story.__name__}"
    assert min(grave.deaths, desk.repeated) > 15


async def test_stories_told_at_once_leave_true_books(
    client: AsyncClient, keys: Keys, standings: Standings, db: Database
) -> None:
    """Each at a desk of its own, all against the same lines and caps of the city."""
    await asyncio.gather(*(story(Desk(client, keys), db) for story in AGAIN))
    assert await broken(db) == {}
