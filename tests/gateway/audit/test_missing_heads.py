"""`events verify` on an installation whose heads were taken away as a whole."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deploy.heads import WrittenHeads
from gateway.audit.heads import Book
from shared.clock import business_today
from shared.db import Database
from shared.events.contracts.gateway import AUDIT
from shared.events.verify import Report, Verified, verify
from tests.gateway.audit.books import entries_of
from tests.shared.events.numbering import number
from tests.support.postgres import Cluster


async def test_the_report_says_when_each_log_began(postgres: Cluster, tmp_path: Path) -> None:
    url = postgres.service_database("gateway")
    db = Database(postgres.as_superuser(url), pool_size=2)
    await entries_of(db, 3)
    await number(postgres.as_superuser(url), AUDIT.name)
    report = await verify({"gateway": db}, tmp_path / "anchors.jsonl")
    assert datetime.now(UTC) - report.began[AUDIT.name] < timedelta(minutes=5)
    await db.close()
    postgres.drop_database(url)


@pytest.mark.parametrize(("age", "problems"), [(0, 0), (9, 1)])
def test_no_heads_at_all_are_a_finding_where_the_audit_is_older(tmp_path: Path, age: int, problems: int) -> None:
    began = datetime.now(UTC) - timedelta(days=age)
    report = Report((Verified(AUDIT.name, 1, 5, "00" * 32),), (), {AUDIT.name: began})
    heads = WrittenHeads(Book.of(tmp_path), None, ())
    assert len(heads.flaws(report)) == problems
    assert heads.flaws(report, business_today()) == []


def test_an_installation_that_has_no_audit_yet_misses_no_heads(tmp_path: Path) -> None:
    began = datetime.now(UTC) - timedelta(days=400)
    report = Report((Verified("registry.centre", 1, 5, "00" * 32),), (), {"registry.centre": began})
    assert WrittenHeads(Book.of(tmp_path), None, ()).flaws(report) == []
