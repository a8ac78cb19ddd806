"""Roads that examples go to their end, so that no kind of movement is left to chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tests.finance.proofs.machine import backing, funds, given, lending, public
from tests.finance.proofs.machine.city import City, Draw, Move, Moves
from tests.finance.proofs.machine.fate import CALM, RIVALS, Fates

PATIENCE: Final = 12
"""Requests on the way to one goal."""
ORDERS: Final = "orders"
"""A goal: no order is open any more."""
LEAVE: Final = "leave"
RETURN: Final = "return"


@dataclass(frozen=True)
class Road:
    """`goals` are the last words of requests, each reached by what comes next: `pay:3` by somebody who draws the fourth
    amount, `pay!` by two people at once, `?pay` only if it is what may be sent now."""

    kind: Moves
    case: int
    goals: str
    size: int = 0


@dataclass(frozen=True)
class Turn:
    """Of a centre."""

    what: str
    place: int


_CAPITAL: Final = "closings orders calls orders payments orders payments orders"
_INVESTED: Final = "investments vote approve tranches orders"
_LOST: Final = "recoveries propose-reversal reverse recoveries propose-write-off write-off"
_CALLED: Final = f"claims accept approve pay {_LOST} recoveries propose-reversal reverse"
_WOUND_UP: Final = "exits:0 orders winding-up orders final-distribution:1 orders"

BEFORE: Final[tuple[Road | Turn, ...]] = (
    Road(public.grants, 1, "disburse:3 refund:1"),
    Road(given.rewards, 0, "approve:0 pay:3 pay:0"),
    Road(given.rewards, 0, "recheck confirm-recheck recover:1"),
    Road(given.rewards, 1, "approve:0 refuse:0"),
    *(Road(public.appropriations, line, "revise:1 approve") for line in (0, 6)),
    *(Road(given.alliances, case, "approve") for case in (0, 1)),
    *(Road(public.appropriations, line, "revise:0 approve") for line in (0, 6)),
    Road(given.alliances, 1, "approve refuse"),
    Road(given.alliances, 0, "pay:0 report:1 confirm-refund! accept-report"),
    Road(public.matching_funds, 0, "approve spending! confirm! spending:1! confirm reverse! confirm"),
    Road(public.matching_funds, 0, "revise:1 approve"),
    *(Road(lending.loans, case, "contract") for case in (0, 2)),
    *(Road(backing.guarantees, case, "fee") for case in (0, 2)),
    *(Road(lending.loans, case, "drawdowns") for case in (0, 2)),
    Road(lending.loans, 4, "contract:0 drawdowns:4! payments:1! payments:5 reverse"),
    Road(lending.loans, 3, "contract:0 drawdowns:5"),
    Road(backing.subsidies, 0, "approve:5 pay:5"),
    Road(backing.subsidies, 1, "approve:5 pay:5"),
    Road(lending.loans, 0, "payments:1 reverse:1 payments:1"),
    Road(lending.loans, 3, "payments:1"),
    Road(backing.subsidies, 0, "approve:5 recover:5!"),
    Road(backing.subsidies, 1, "approve:5 recover:5!"),
    Road(backing.guarantees, 0, _CALLED, 1),
    Road(backing.guarantees, 2, _CALLED, 1),
    Road(public.appropriations, 1, "revise:3 approve"),
    Road(funds.funds, 0, f"{_CAPITAL} {_INVESTED} exits:1 orders withdrawals:1 orders withdrawals:2 orders"),
    Road(funds.funds, 0, f"municipal-sales:1 orders {_WOUND_UP}"),
    Road(funds.funds, 1, f"{_CAPITAL} {_INVESTED} write-offs:1 orders defaults:1 orders {_WOUND_UP}"),
    *(Road(public.grants, case, "countersign") for case in (0, 2)),
    Turn(LEAVE, 0),
    Turn(LEAVE, 1),
    Road(public.grants, 0, "recover:1"),
    Turn(RETURN, 1),
    Turn(RETURN, 0),
    Road(public.repayments, 0, "prepare approve countersign pay!"),
)
"""The first thing that happens in such a city once it has cases."""

AFTER: Final[tuple[Road | Turn, ...]] = (
    Road(public.appropriations, 7, "transfers approve"),
    Road(public.grants, 1, "approve"),
    Road(given.rewards, 1, "approve"),
    Road(public.appropriations, 3, "?refuse ?refuse-closing close approve-closing"),
    Road(public.appropriations, 2, "?refuse ?refuse-closing close approve-closing", 1),
)
"""Years end half-way, with cases that nobody has paid."""


async def follow(city: City, fates: Fates, road: Road) -> None:
    """As far as it goes: a refusal on the way ends the goal, not the road."""
    for goal in road.goals.split():
        word = goal.strip("?!").split(":")
        draw = Draw(road.case, int(word[1]) if len(word) > 1 else road.size)
        await _reach(city, fates, road.kind, draw, word[0], RIVALS if goal.endswith("!") else CALM, goal[0] == "?")


async def _reach(city: City, fates: Fates, kind: Moves, draw: Draw, word: str, fate: str, only_now: bool) -> None:
    for _ in range(PATIENCE):
        moves = await kind(city, draw)
        there = _first(moves, word)
        if there is not None and word != ORDERS:
            await fates.meet(there, fate)
            return
        ahead = there or (None if only_now or word == ORDERS or not moves else moves[0])
        if ahead is None or not await fates.meet(ahead, CALM):
            return


def _first(moves: list[Move], word: str) -> Move | None:
    if word == ORDERS:
        return next((move for move in moves if "/orders/" in move.path), None)
    return next((move for move in moves if move.path.endswith(f"/{word}")), None)
