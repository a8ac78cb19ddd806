"""Lives in any order: each step is drawn, and so is what goes wrong on its way. A life is its seed."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import text

from tests.vouchers.proofs import issuing, settling, upsets, using
from tests.vouchers.proofs.asks import Ask, Line
from tests.vouchers.proofs.books import require_agreement
from tests.vouchers.proofs.life import Life, Step
from tests.vouchers.proofs.shown import require_shown

STEPS: Final[tuple[Step, ...]] = (
    *issuing.STEPS,
    *using.STEPS,
    *using.STEPS,
    *settling.STEPS,
    upsets.suspend,
    settling.recover,
)
STATES: Final = ("40001", "40P01", "P0001")
"""Of commits that fail: the first two are run again by the service."""
DELAYS: Final = (0.0, 0.003, 0.006, 0.01, 0.015, 0.025, 0.04)
"""Seconds into a request; most take 10 to 30 ms."""
LOOK_EVERY: Final = 15
_TAKEN_BACK: Final = """
    SELECT id FROM reversal WHERE issuer_division = :division AND status = 'approved' AND NOT paid
"""


@dataclass
class Living:
    """One life under way."""

    life: Life
    line: Line
    chance: random.Random

    async def live(self, steps: int) -> None:
        """So many steps; after each the books agree, after some of them also what is shown of them."""
        await self.life.begin()
        # Drawn beforehand: what each step finds depends on who was quicker, which rules run does not.
        names = self.chance.choices(list(RULES), [weight for weight, _ in RULES.values()], k=steps)
        for number, name in enumerate(names, start=1):
            self.line.counts[f"rule: {name}"] += 1
            await RULES[name][1](self)
            await self.life.look()
            await self._agree()
            if number % LOOK_EVERY == 0 or number == steps:
                await require_shown(self.life)
        self.line.counts["reversals before payment"] += len(await self.life.town.rows(_TAKEN_BACK, **self._named()))

    def _named(self) -> dict[str, str]:
        return {"division": self.life.division}

    async def _agree(self) -> None:
        async with self.life.town.db.transaction() as session:

            async def rows(sql: str) -> list[Any]:
                return list(await session.execute(text(sql), self._named()))

            await require_agreement(rows)

    async def drawn(self, *steps: Step) -> list[Ask]:
        """What those steps ask now."""
        found = [await step(self.life, self.chance) for step in steps or (self.chance.choice(STEPS),)]
        return [ask for ask in found if ask is not None]

    async def simply(self, *steps: Step) -> None:
        for ask in await self.drawn(self.chance.choice(steps)):
            await self.line.send(ask)

    async def at_once(self) -> None:
        asks = await self.drawn(*self.chance.choices(STEPS, k=self.chance.randint(2, 5)))
        if asks:
            await self.line.at_once(asks)

    async def one_use_at_once(self) -> None:
        """Everybody takes another step of the same use."""
        running = [use for use in self.life.uses if use.status not in ("released", "reversed")]
        if running:
            use = self.chance.choice(running)
            verbs = self.chance.sample(using.VERBS, k=4)
            await self.line.at_once([using.step_of(self.life, self.chance, use, verb) for verb in verbs])

    async def same_step_at_once(self) -> None:
        """Four people, or four keys of one, ask for the same."""
        for ask in await self.drawn():
            await self.line.at_once([ask, *(ask.anew() for _ in range(3))])

    async def lose_answer(self) -> None:
        for ask in await self.drawn():
            await self.line.lose_answer(ask, self.chance.choice(DELAYS) + 0.001)

    async def fail_commit(self) -> None:
        for ask in await self.drawn():
            await self.line.fail_commit(ask, self.chance.choice(STATES))

    async def kill(self) -> None:
        for ask in await self.drawn():
            await self.line.kill(ask, self.chance.choice(DELAYS))

    async def say_again(self) -> None:
        if self.line.answered:
            ask, content = self.chance.choice(self.line.answered)
            await self.line.repeat(ask, content, self.life.day)

    async def batch(self) -> None:
        ask = await upsets.take_in_batch(self.life, self.chance)
        if ask is not None:
            await self.line.at_once([ask])
            await upsets.issue_batches(self.life)

    async def fold(self) -> None:
        await upsets.fold(self.life, self.chance, self.at_once())

    async def delist(self) -> None:
        await upsets.delist(self.life, self.chance)

    async def relocate(self) -> None:
        await upsets.relocate(self.life, self.chance)

    async def delist_beside(self) -> None:
        """The centre is delisted while vouchers are used."""
        asks = await self.drawn(*self.chance.choices(using.STEPS, k=3))
        await upsets.delist_beside(self.life, self.chance, self.line.at_once(asks) if asks else None)


def _simply(*steps: Step) -> Callable[[Living], Awaitable[None]]:
    return lambda living: living.simply(*steps)


RULES: Final[dict[str, tuple[int, Callable[[Living], Awaitable[None]]]]] = {
    "issue": (8, _simply(*issuing.STEPS)),
    "use": (18, _simply(*using.STEPS)),
    "settle": (6, _simply(*settling.STEPS)),
    "settle further": (22, _simply(settling.settle)),
    "reverse": (7, _simply(using.reverse)),
    "reverse before payment": (8, _simply(using.reverse_unpaid)),
    "wind up": (6, _simply(using.wind_up, issuing.expire)),
    "recover": (8, _simply(settling.recover)),
    "suspend": (4, _simply(upsets.suspend)),
    "let time pass": (5, _simply(issuing.expire)),
    "steps at once": (7, Living.at_once),
    "one use at once": (5, Living.one_use_at_once),
    "same step at once": (5, Living.same_step_at_once),
    "answer lost": (4, Living.lose_answer),
    "commit fails": (6, Living.fail_commit),
    "process killed": (4, Living.kill),
    "said again": (4, Living.say_again),
    "batch": (2, Living.batch),
    "sums added up": (4, Living.fold),
    "delist": (2, Living.delist),
    "delist beside uses": (2, Living.delist_beside),
    "relocate": (3, Living.relocate),
}
"""How often, of about a hundred."""
