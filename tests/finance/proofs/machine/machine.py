"""Any operation on any money in any order, each with whatever misfortune: the books stay true."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from traceback import format_exception
from typing import Any, ClassVar, Final, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from shared.events.contracts.evaluation import DelistingReversed
from shared.events.contracts.registry import CentreDelisted
from shared.ids import uuid7
from tests.finance.proofs.ledger import broken
from tests.finance.proofs.machine import backing, funds, given, lending, public, roads
from tests.finance.proofs.machine.city import Draw, Move, Moves
from tests.finance.proofs.machine.fate import CALM, FATES, KILLED, Fates, Tally
from tests.finance.proofs.machine.standing import exposures_that_differ
from tests.finance.repaying import REVERSED, relist
from tests.finance.support import accept_rectification, delisting, deliver, publish_result
from tests.support.delisting_orders import Orders

T = TypeVar("T")
Closing = Callable[[], Awaitable[None]]
Steps = list[tuple[int, int, str]]

OF_THE_CITY: Final = (
    public.grants,
    public.grants,
    public.repayments,
    public.appropriations,
    public.matching_funds,
    public.periods,
)
LENT: Final = (lending.loans, backing.guarantees, backing.guarantees, backing.subsidies, lending.referrals)
GIVEN: Final = (given.rewards, given.alliances)
KINDS: Final[tuple[Moves, ...]] = (*OF_THE_CITY, *LENT, *GIVEN, funds.funds)

LADDERS: Final[tuple[tuple[Moves, int, int], ...]] = (
    *((public.grants, case, most) for case, most in ((0, 4), (1, 5), (2, 4))),
    *((lending.loans, case, 9) for case in (0, 1, 2, 3)),
    *((backing.guarantees, case, 2) for case in (0, 1, 2)),
    *((lending.loans, case, 4) for case in (0, 1, 2)),
    *((backing.guarantees, case, 1) for case in (0, 1, 2)),
    (lending.referrals, 0, 8),
    *((funds.funds, case, 24) for case in (0, 1)),
    *((given.rewards, case, 3) for case in (0, 1)),
    *((given.alliances, case, 3) for case in (0, 1)),
    (public.matching_funds, 0, 4),
    (backing.subsidies, 0, 3),
    (public.appropriations, 4, 2),
)
"""What an example begins with, in this order: kind, case, steps at most."""

CITY: Final = "public money"
LENDING: Final = "lent money"
INVESTED: Final = "invested money"
GIFTS: Final = "given money"
LEAVE: Final = "a centre leaves the list or returns"
EVALUATE: Final = "a centre is evaluated"
AT_ONCE: Final = "two at once"
KILL: Final = "a process is killed"
GOES_ON: Final[Mapping[str, tuple[Moves, ...]]] = {
    CITY: OF_THE_CITY,
    LENDING: LENT,
    INVESTED: (funds.funds,),
    GIFTS: GIVEN,
}
TURNS: Final = (CITY, CITY, CITY, LENDING, LENDING, LENDING, INVESTED, INVESTED, GIFTS, AT_ONCE, EVALUATE, LEAVE, KILL)

YEAR_ENDS: Final = 4
"""The turn before which the treasury closes lines."""
CASES: Final = st.integers(0, 5)
SIZES: Final = st.integers(0, 5)
CHOICES: Final = st.sampled_from([0, 0, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6])
"""Mostly what would come next."""
STEPS: Final = st.lists(st.tuples(CHOICES, SIZES, st.sampled_from(FATES)), min_size=1, max_size=6)
ANY: Final = st.tuples(st.sampled_from(KINDS), CASES, CHOICES, SIZES)
RUNGS: Final = st.lists(st.integers(1, 24), min_size=len(LADDERS), max_size=len(LADDERS))


class AllMoney(RuleBasedStateMachine):
    """Each example has a city of its own, with a database of its own."""

    runner: ClassVar[asyncio.Runner]
    open: ClassVar[Callable[[], Awaitable[tuple[Fates, Closing]]]]
    tally: ClassVar[Tally]
    kills: ClassVar[int] = 0
    """Processes that may still be killed: each takes seconds to come back."""

    def __init__(self) -> None:
        super().__init__()
        if self.tally.failed:
            raise AssertionError(self.tally.failed[0])
        self.fates, self.closing = self.wait(type(self).open())
        self.city = self.fates.city
        self.taken = 0
        self.turns = 0

    def wait(self, work: Awaitable[T]) -> T:
        async def run() -> T:
            return await work

        try:
            return self.runner.run(run())
        except BaseException as error:
            self.tally.failed.append("".join(format_exception(error)))
            raise AssertionError(self.tally.failed[0]) from error

    async def _move(self, kind: Moves, case: int, choice: int, size: int) -> Move | None:
        """What the kind offers at that place, else what comes next; None where there is nothing to do."""
        moves = await kind(self.city, Draw(case, size))
        if not moves:
            return None
        return moves[choice if choice < len(moves) else 0]

    def go_on(self, kind: Moves, case: int, steps: Steps, *, up: bool = False) -> None:
        """Several steps with one case; the state is read before each. `up`: the first refusal ends it."""
        for choice, size, fate in steps:
            move = self.wait(self._move(kind, case, choice, size))
            if move is None:
                return
            self.taken += 1
            if not self.wait(self.fates.meet(move, fate)) and up:
                return

    @initialize(rungs=RUNGS, size=SIZES, leaves_roads=st.booleans())
    def found(self, rungs: list[int], size: int, leaves_roads: bool) -> None:
        """Cases on different rungs, as far as was drawn. The first example is the simplest, and goes the roads."""
        self.wait(self.city.found())
        for (kind, case, most), far in zip(LADDERS, rungs, strict=True):
            self.go_on(kind, case, [(0, size % 2, CALM)] * min(far, most), up=True)
        if not leaves_roads:
            self.travel(roads.BEFORE)

    def travel(self, ways: Sequence[roads.Road | roads.Turn]) -> None:
        """The books are looked at after each."""
        for way in ways:
            if isinstance(way, roads.Road):
                self.wait(roads.follow(self.city, self.fates, way))
            elif way.what == roads.LEAVE:
                self.wait(self._leave(way.place))
            else:
                self.wait(self._return(way.place))
            self.books_are_true()

    @rule(what=st.sampled_from(TURNS), case=st.integers(0, 17), steps=STEPS, one=ANY, other=ANY)
    def turn(self, what: str, case: int, steps: Steps, one: Any, other: Any) -> None:
        """The one rule there is, so that no example leaves a kind of turn out."""
        self.turns += 1
        if self.turns == YEAR_ENDS:
            self.travel(roads.AFTER)
        if what == LEAVE:
            self.wait(self._leave_or_return(case % 2, one))
        elif what == EVALUATE:
            self.wait(self._evaluate(case))
        elif what == AT_ONCE:
            self.wait(self._at_once(one, other))
        elif what == KILL and self.kills > 0:
            self.wait(self._kill(one))
        else:
            kinds = GOES_ON.get(what, KINDS)
            self.go_on(kinds[case % len(kinds)], case // 2 if what == CITY else case % 6, steps)

    async def _at_once(self, one: Any, other: Any) -> None:
        """Two requests about different things; each finds what the other leaves."""
        moves = [await self._move(*drawn) for drawn in (one, other)]
        await asyncio.gather(*(self.fates.meet(move, CALM) for move in moves if move is not None))

    async def _kill(self, drawn: Any) -> None:
        move = await self._move(*drawn)
        if move is not None:
            type(self).kills -= 1
            await self.fates.meet(move, KILLED)

    async def _leave_or_return(self, place: int, meanwhile: Any) -> None:
        """A centre's delisting, or its reversal, and a request at the same moment."""
        move = await self._move(*meanwhile)
        asked = [] if move is None else [self.fates.meet(move, CALM)]
        turn = self._return(place) if place in self.city.delisted else self._leave(place)
        await asyncio.gather(turn, *asked)

    async def _evaluate(self, case: int) -> None:
        """A centre fails its year, which holds its grants, or has put right what was wrong."""
        centre = self.city.centres[case % 2]
        if case % 3:
            await accept_rectification(self.city.db, centre, 2018)
        else:
            await publish_result(self.city.db, centre, 2018, "fail")

    async def _stated(self) -> None:
        found = await exposures_that_differ(self.city)
        assert not found, found

    async def _leave(self, place: int) -> None:
        city, case = self.city, uuid7()
        event = delisting(city.centres[place], case, version=next(city.versions))
        for _ in range(2):
            await deliver(city.db, CentreDelisted, event)
        city.delisted[place] = case

    async def _return(self, place: int) -> None:
        city = self.city
        centre, case = city.centres[place], city.delisted.pop(place)
        order = Orders(case, centre).next("reversal", REVERSED)
        for _ in range(2):
            await deliver(city.db, DelistingReversed, order)
        await relist(city.db, {"centre_id": str(centre)}, version=next(city.versions))

    @invariant()
    def books_are_true(self) -> None:
        self.wait(self._agree())

    async def _agree(self) -> None:
        found = await broken(self.city.db)
        assert not found, found

    def teardown(self) -> None:
        """However far it came: the statements agree, and a centre that leaves for good leaves true books."""
        try:
            if self.city.firms and not self.tally.failed:
                self.wait(self._stated())
                for place in set(range(2)) - set(self.city.delisted):
                    self.wait(self._leave(place))
                self.books_are_true()
        finally:
            kinds = self.wait(self.city.rows("SELECT DISTINCT kind FROM journal_entry"))
            self.tally.kinds.update(row.kind for row in kinds)
            self.wait(self.closing())
