"""Unusual inputs to every operation: refused in words where they must be, never a failure, and nothing is kept."""

from collections.abc import Iterator
from random import Random

import asyncpg
import pytest
from sqlalchemy import make_url

from tests.fuzz.conftest import Town
from tests.fuzz.sending import Attempt, Sender, Tally, some
from tests.fuzz.unusual import MARK

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(600)]

SEED = 20190318
EACH = 1
"""Attempts at each operation; `make fuzz` makes all of them."""
MAY_BE_TAKEN = 300
"""Attempts, each at another operation."""

_TABLES = """
    SELECT relname FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0
"""


def _sample(town: Town, *, refused: bool) -> Iterator[Attempt]:
    description, rng = town.description, Random(SEED)
    for operation in description.operations():
        yield from some(description, operation, rng, EACH, refused=refused)


async def test_unusual_inputs_are_refused_in_words_and_leave_nothing_behind(town: Town) -> None:
    tally, before = Tally(), await _kept(town)
    await Sender(town.url, town.tokens, seed=SEED).send(_sample(town, refused=True), tally)
    assert tally.faults == [], f"{tally}\n" + "\n".join(tally.faults[:30])
    taking = {one.id for one in town.description.operations() if any(True for _ in town.description.places(one))}
    assert len(tally.operations) > 0.9 * len(taking), tally
    assert tally.callers >= {"science_officer", "public", "key of bank", "key of centre_operator"}, tally.callers
    assert await _kept(town) - before == set()


async def test_inputs_that_may_be_taken_break_nothing(town: Town) -> None:
    tally = Tally()
    some_of_them = Random(SEED).sample(list(_sample(town, refused=False)), MAY_BE_TAKEN)
    await Sender(town.url, town.tokens, seed=SEED).send(iter(some_of_them), tally)
    assert tally.faults == [], f"{tally}\n" + "\n".join(tally.faults[:30])


async def _kept(town: Town) -> set[str]:
    """Tables in which something of what was sent is found."""
    found = set()
    for service, url in town.suite.database_urls.items():
        connection = await asyncpg.connect(make_url(url).set(drivername="postgresql").render_as_string(False))
        try:
            for row in await connection.fetch(_TABLES):
                table = row["relname"]
                if await connection.fetchval(f'SELECT count(*) FROM "{table}" t WHERE t::text LIKE $1', f"%{MARK}%"):
                    found.add(f"{service}.{table}")
        finally:
            await connection.close()
    return found
