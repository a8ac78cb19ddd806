"""Totals added up in the database are those of the reports counted one by one."""

from __future__ import annotations

import json
from datetime import date
from random import Random
from uuid import UUID

import pytest
from sqlalchemy import text

from services.evaluation.reports.tables import Totals, centres_with_reports
from services.evaluation.reports.totals import totals_of
from shared.auth.principal import Principal
from shared.policy.edition import Edition, load_editions
from tests.evaluation.known import Json
from tests.evaluation.support import Desk

pytestmark = pytest.mark.asyncio(loop_scope="session")

YEAR = 2019
DAYS = (date(2019, 4, 10), date(2019, 7, 10), date(2019, 10, 10), date(2020, 1, 10))
AUDITOR = Principal(
    account_id="auditor",
    roles=frozenset(("auditor",)),
    org=None,
    division=None,
    provider=None,
    bank=None,
    person_ref=None,
    today=date(2020, 2, 3),
    simulated=True,
    correlation_id="totals",
    issuer="gateway",
    internal=False,
)

_REVISED = text(
    """
    INSERT INTO report_revision
        (id, report_id, revision, form, filled, fields, submitted_on, submitted_by, decision)
    SELECT gen_random_uuid(), report_id, revision + 1, CAST(:form AS jsonb), filled, fields, submitted_on,
        submitted_by, decision
    FROM report_revision WHERE report_id = :id ORDER BY revision DESC LIMIT 1
    """
)
_CURRENT = text("UPDATE quarterly_report SET revision = revision + 1 WHERE id = :id")


def _drawn(edition: Edition, chance: Random) -> Json:
    """Any values, or none; empty ones are left out or null."""
    form: Json = {}
    for name, field in edition.report_form.fields.items():
        kept = chance.random()
        if kept < 0.2:
            form |= {} if kept < 0.1 else {name: None}
        elif field.kind == "by_level":
            form[name] = {level: chance.randrange(9) for level in edition.activities.levels if chance.random() < 0.6}
        elif field.kind == "amount":
            form[name] = f"{chance.randrange(10**9)}.{chance.randrange(100):02d}"
        else:
            form[name] = chance.random() < 0.5 if field.kind == "flag" else chance.randrange(10**6)
    return form


@pytest.mark.parametrize("seed", range(2))
async def test_the_citys_totals_are_its_centres_added_up(desk: Desk, seed: int) -> None:
    edition = load_editions(None).for_evaluation_year(YEAR)
    chance = Random(seed)
    filed: list[Json] = []
    for _ in range(4):
        centre = await desk.centre()
        filed += [
            await desk.report(centre, YEAR, quarter, DAYS[quarter - 1], accept=chance.random() < 0.8)
            for quarter in sorted(chance.sample(range(1, 5), 3))
        ]
    async with desk.runtime.db.transaction() as session:
        for report in filed:
            key = {"id": UUID(report["id"])}
            await session.execute(_REVISED, {**key, "form": json.dumps(_drawn(edition, chance))})
            await session.execute(_CURRENT, key)
    async with desk.runtime.db.transaction() as session:
        for quarter in (None, 1, 4):
            counted = Totals()
            async for chunk in centres_with_reports(session, AUDITOR, YEAR, quarter):
                for one in chunk:
                    counted.add(edition, one)
            found = await totals_of(session, AUDITOR, edition, YEAR, quarter)
            assert (found.centres, found.reports) == (counted.centres, counted.reports)
            assert found.numbers == counted.numbers
            levels = {name: {level: n for level, n in by.items() if n} for name, by in counted.levels.items()}
            assert found.levels == levels


async def test_totals_of_nothing_are_zero(desk: Desk) -> None:
    edition = load_editions(None).for_evaluation_year(YEAR)
    async with desk.runtime.db.transaction() as session:
        found = await totals_of(session, AUDITOR, edition, YEAR, None)
    assert (found.centres, found.reports, any(found.numbers.values())) == (0, 0, False)
