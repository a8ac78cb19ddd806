"""What a group's statement costs does not grow with the group."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from tests.finance.exposures.world import World, totals

pytestmark = pytest.mark.asyncio(loop_scope="session")


@contextmanager
def counted() -> Iterator[list[str]]:
    """Every statement that is sent to a database in the meantime."""
    sent: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        sent.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(Engine, "before_cursor_execute", note)


async def _queries(world: World, members: int) -> tuple[int, int]:
    """How many a statement takes whose enterprise has so many sisters, and how many of them it names."""
    ref = f"P-GROUP-{members}"
    one = await world.firm(representative=ref)
    await world.loan(one, "1.00")
    for _ in range(members):
        sister = await world.firm(representative=ref)
        await world.loan(sister, "10.00")
        await world.voucher(await world.programme(), sister, "5.00")
    with counted() as sent:
        group = (await world.shown("auditor", one))["group"]
    if members:
        assert totals(group)["loan"] == (f"{10 * members + 1}.00",) * 2 + ("0.00", f"{10 * members + 1}.00")
        assert {totals(member)["voucher"][0] for member in group["members"]} == {"5.00"}
    return len(sent), len(group["members"])


async def test_the_queries_of_a_statement_are_as_many_for_ten_sisters_as_for_none(world: World) -> None:
    alone, none = await _queries(world, 0)
    together, ten = await _queries(world, 10)
    assert (none, ten) == (0, 10)
    assert together <= alone + 1, f"{alone} queries alone, {together} with ten: one more finds the merged records"
