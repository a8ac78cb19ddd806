"""The sums by month are what redemptions and journal say, before, while and after changes are added up (4.3-4)."""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import Any

import pytest
from sqlalchemy import text

from services.vouchers.sums.folding import fold_all
from tests.vouchers.redemptions.life import reverse
from tests.vouchers.support import Standing, Town

pytestmark = pytest.mark.asyncio(loop_scope="session")

KEPT = {
    "use": (
        "month, programme_id, provider_id, enterprise_id, category",
        "sum(uses) AS uses, sum(price) AS price, sum(captured) AS captured, sum(reversed) AS reversed",
        """SELECT CAST(date_trunc('month', redeemed_on) AS date), programme_id, provider_id, enterprise_id, category,
            count(*), sum(price), sum(subsidy), sum(reversed_amount)
        FROM redemption WHERE redeemed_on IS NOT NULL GROUP BY 1, 2, 3, 4, 5""",
    ),
    "posting": (
        "issuer_division, provider_id, month, account, kind",
        "sum(amount) AS amount",
        """SELECT issuer_division, provider_id, CAST(date_trunc('month', effective_on) AS date), account,
            journal_entry.kind, sum(amount)
        FROM posting JOIN journal_entry ON journal_entry.id = entry_id
        JOIN redemption ON redemption.id = redemption_id GROUP BY 1, 2, 3, 4, 5""",
    ),
}


async def require_exact(town: Town) -> None:
    """By one statement each, so that what is sold or added up meanwhile is in both or in neither."""
    for name, (key, sums, direct) in KEPT.items():
        both = f"SELECT * FROM monthly_{name} UNION ALL SELECT * FROM {name}_change"
        kept = f"SELECT {key}, {sums} FROM ({both}) AS kept GROUP BY {key}"
        differing = f"(({kept}) EXCEPT ({direct})) UNION ALL (({direct}) EXCEPT ({kept}))"
        assert await town.rows(differing) == []


async def changes(town: Town) -> int:
    return int(await town.one("SELECT (SELECT count(*) FROM use_change) + (SELECT count(*) FROM posting_change)"))


async def sell(standing: Standing, number: int) -> list[dict[str, Any]]:
    return [(await standing.at_counter("10.00")).json() for _ in range(number)]


async def test_changes_are_added_up_once_however_many_do_it_beside_new_sales(town: Town) -> None:
    standing = await town.standing()
    [first, *_] = await sell(standing, 5)
    await reverse(standing, first["id"], "2.00")
    assert await changes(town) > 0
    await require_exact(town)
    folding = [fold_all(town.db, at_once) for at_once in (1, 2, 1000)]
    await asyncio.gather(*folding, sell(standing, 5), require_exact(town))
    await require_exact(town)
    await fold_all(town.db)
    assert await changes(town) == 0
    await require_exact(town)


async def test_what_there_was_before_is_summed_by_the_migration(town: Town) -> None:
    standing = await town.standing()
    await sell(standing, 3)
    migration = import_module("services.vouchers.migrations.versions.0014_monthly_use")
    tables = ("monthly_use", "use_change", "monthly_posting", "posting_change")
    async with town.db.transaction() as session:
        for table in tables:
            await session.execute(text(f"DELETE FROM {table}"))
        for statement in (migration._USES_SO_FAR, migration._POSTINGS_SO_FAR):
            await session.execute(text(statement))
    await require_exact(town)
