"""The whole life of vouchers in any order, at once, with answers lost, commits failing and processes killed: whatever
is allowed or refused, budget, quotas, balances, documents, journal, settlements, statements and use agree after each
step, nothing is over and nothing happens twice (4.3-1 to 4.3-4).

`VOUCHER_LIVES` says how many lives, 12 to a database, `VOUCHER_STEPS` how long they are and `VOUCHER_SEED` the first of
them; `-s` shows how often what ran.
"""

from __future__ import annotations

import os
import random
import sys
from collections import Counter
from typing import Final

import pytest

from tests.vouchers.proofs.conftest import Place
from tests.vouchers.proofs.life import Life
from tests.vouchers.proofs.machine import RULES, Living
from tests.vouchers.settlements.conftest import DIVISIONS
from tests.vouchers.settlements.office import Office

pytestmark = pytest.mark.asyncio(loop_scope="session")

LIVES: Final = int(os.environ.get("VOUCHER_LIVES", "3"))
STEPS: Final = int(os.environ.get("VOUCHER_STEPS", "80"))
SEED: Final = int(os.environ.get("VOUCHER_SEED", "433"))

MUST: Final = (
    "payment file: done",
    "processes killed",
    "commits failed",
    "answers lost",
    "reversals before payment",
)
"""What the lives of the suite are long enough for; a larger number has all of it many times."""


@pytest.mark.timeout(600 if LIVES <= 3 else 7200)
@pytest.mark.parametrize("part", range(-(-LIVES // len(DIVISIONS))))
async def test_the_books_agree_whatever_happens_and_nothing_happens_twice(place: Place, part: int) -> None:
    counts: Counter[str] = Counter()
    for number, division in enumerate(DIVISIONS[: LIVES - part * len(DIVISIONS)]):
        seed = SEED + part * len(DIVISIONS) + number
        line = place(counts)
        life = Life(line.town, Office(line.town, division))
        try:
            await Living(life, line, random.Random(seed)).live(STEPS)  # drawn, to be drawn again
        except Exception as error:
            error.add_note(f"VOUCHER_SEED={seed} VOUCHER_LIVES=1 draws this life again")
            raise
    for name, count in sorted(counts.items()):
        sys.stdout.write(f"{count:6} {name}\n")
    if LIVES * STEPS >= 240:
        assert {name for name in MUST if not counts[name]} == set()
        assert {name for name in RULES if not counts[f"rule: {name}"]} == set()
