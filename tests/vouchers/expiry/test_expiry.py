"""Expiry: by the city's day, once for each voucher however often and wherever it is run, and all money back (4.3-3)."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
import time_machine
from sqlalchemy import text

from services.vouchers.expiry.worker import settle
from shared.clock import business_today
from shared.db import Database
from shared.policy.edition import load_editions
from tests.support.postgres import Cluster
from tests.vouchers.support import SCIENCE_OFFICER, Standing, Town, approver, code_of, officer

pytestmark = pytest.mark.asyncio(loop_scope="session")

LAST = date(2020, 6, 3)
"""Of a voucher issued on 2019-06-03 for twelve months."""
GRACE = timedelta(days=7)
"""In which sales made offline on the last day may still come in."""
PATH = "/v1/vouchers/expire"
STOPPED = "vouchers.voucher.stopped.v1"


async def run(town: Town, day: date) -> dict[str, Any]:
    return await town.api.ok(officer(), PATH, today=day)


async def test_a_voucher_past_its_day_is_shown_as_expired_by_the_callers_day(town: Town) -> None:
    standing = await town.standing()
    last, after, path = date(2020, 6, 3), date(2020, 6, 4), f"/v1/vouchers/{standing.voucher_id}"

    async def listed(status: str, day: date) -> list[str]:
        answer = await town.api.get(standing.firm.caller, "/v1/vouchers", today=day, status=status)
        return [one["status"] for one in answer.json()["items"]]

    assert (await town.api.get(standing.firm.caller, path, today=last)).json()["status"] == "active"
    assert (await town.api.get(standing.firm.caller, path, today=after)).json()["status"] == "expired"
    assert (await listed("active", last), await listed("expired", last)) == (["active"], [])
    assert (await listed("active", after), await listed("expired", after)) == ([], ["expired"])


async def test_the_last_day_is_inclusive_and_the_stop_is_dated_the_day_after(town: Town) -> None:
    standing = await town.standing("1000.00")
    assert (await standing.at_counter("200.00", today=LAST)).status_code == 201
    assert code_of(await standing.at_counter("10.00", today=LAST + timedelta(days=1))) == (409, "voucher-expired")
    await run(town, LAST + GRACE)
    assert (await standing.voucher())["status"] == "active"
    await run(town, LAST + GRACE + timedelta(days=1))
    shown = await standing.voucher()
    assert (shown["status"], shown["reason_code"], shown["stopped_on"]) == ("stopped", "expired", "2020-06-04")
    assert (shown["balance"], shown["spent"], shown["returned"]) == ("0.00", "100.00", "900.00")


async def test_what_is_held_stays_reserved_until_its_hold_ends(town: Town) -> None:
    standing = await town.standing("1000.00")
    kept, called_off = await standing.hold("200.00"), await standing.hold("300.00")
    await standing.step(standing.seller.caller, kept["id"], "deliver")
    await run(town, LAST + GRACE + timedelta(days=1))
    assert await standing.parts() == ("0.00", "250.00", "0.00")
    assert (await standing.step(standing.firm.caller, kept["id"], "redeem")).status_code == 200
    assert (await standing.step(standing.firm.caller, called_off["id"], "release")).status_code == 200
    shown = await standing.voucher()
    assert (shown["held"], shown["spent"], shown["returned"]) == ("0.00", "100.00", "900.00")
    assert await budget(town, standing) == Decimal("100.00")


async def budget(town: Town, standing: Standing) -> Decimal:
    sql = (
        "SELECT committed FROM ceiling JOIN voucher ON subject = programme_id::text"
        " WHERE ceiling.kind = 'vouchers.programme_budget' AND voucher.id = CAST(:id AS uuid)"
    )
    return Decimal(await town.one(sql, id=standing.voucher_id))


async def test_room_that_comes_back_can_be_issued_again_in_the_year(town: Town) -> None:
    standing = await town.standing("1000.00", budget="1000.00", valid_months=1)
    programme = await town.one(
        "SELECT programme_id::text FROM voucher WHERE id = CAST(:id AS uuid)", id=standing.voucher_id
    )
    body = {"programme_id": programme, "enterprise_id": str(standing.firm.id), "face_value": "1000.00"}
    later = date(2019, 7, 11)
    full = await town.api.post(officer(), "/v1/vouchers", body, today=later)
    assert code_of(full) == (409, "voucher-budget-exceeded")
    await run(town, later)
    assert (await town.api.post(officer(), "/v1/vouchers", body, today=later)).status_code == 201


async def test_a_frozen_voucher_expires_too(town: Town) -> None:
    standing = await town.standing()
    await town.api.ok(officer(), f"/v1/vouchers/{standing.voucher_id}/freeze", {"reason_code": "code_lost"})
    await run(town, LAST + GRACE + timedelta(days=1))
    assert (await standing.voucher())["reason_code"] == "expired"


async def test_an_extension_asked_for_in_time_keeps_it_until_it_is_decided(town: Town) -> None:
    standing = await town.standing()
    body = {"voucher_id": standing.voucher_id, "kind": "extension", "reason": "工期顺延", "valid_until": "2020-09-03"}
    request = await town.api.ok(standing.firm.caller, "/v1/voucher-requests", body, today=LAST)
    day = LAST + GRACE + timedelta(days=1)
    await run(town, day)
    assert (await standing.voucher())["status"] == "active"
    path = f"/v1/voucher-requests/{request['id']}"
    await town.api.ok(approver(), f"{path}/refuse", {"answer": "理由不充分"}, today=day)
    await run(town, day)
    assert (await standing.voucher())["status"] == "stopped"


async def test_run_again_it_finds_nothing_and_tells_nothing_twice(town: Town) -> None:
    standing = await town.standing()
    day = LAST + GRACE + timedelta(days=1)
    await run(town, day)
    assert await run(town, day) == {"expired": 0, "returned": "0.00", "more": False}
    assert await town.events(standing.voucher_id, STOPPED) == 1


async def test_a_division_runs_its_own_and_the_science_bureau_all(town: Town) -> None:
    standing = await town.standing()
    day = LAST + GRACE + timedelta(days=1)
    await town.api.ok(officer("540121"), PATH, today=day)
    assert (await standing.voucher())["status"] == "active"
    await town.api.ok(SCIENCE_OFFICER, PATH, today=day)
    assert (await standing.voucher())["status"] == "stopped"
    assert (await town.api.post(standing.firm.caller, PATH, today=day)).status_code == 403
    assert (await town.api.post(officer(), PATH, {"day": "2020-06-12"}, today=day)).status_code == 422


@pytest.mark.parametrize(
    ("instant", "status"),
    [
        (datetime(2020, 6, 10, 15, 59, 59, tzinfo=UTC), "active"),
        (datetime(2020, 6, 10, 16, 0, 0, tzinfo=UTC), "stopped"),
    ],
    ids=["last_second_of_the_city_day", "city_midnight_while_utc_is_a_day_behind"],
)
async def test_the_day_turns_at_midnight_in_shanghai(town: Town, instant: datetime, status: str) -> None:
    standing = await town.standing()
    with time_machine.travel(instant, tick=False):
        today = business_today()
    await settle(town.db, load_editions(None), today)
    assert (await standing.voucher())["status"] == status


@pytest_asyncio.fixture(loop_scope="session")
async def stock(postgres: Cluster) -> AsyncIterator[Stock]:
    """A database of its own with 3,000 vouchers that have run out, of three firms under two programmes."""
    url = postgres.service_database("vouchers")
    db = Database(url)
    yield await Stock.made(db, url)
    await db.close()


class Stock:
    COUNT = 3_000
    DAY = LAST + GRACE + timedelta(days=1)

    def __init__(self, db: Database, url: str) -> None:
        self.db, self.url = db, url

    @classmethod
    async def made(cls, db: Database, url: str) -> Stock:
        stock = cls(db, url)
        programmes = [uuid4() for _ in range(2)]
        firms = [uuid4() for _ in range(3)]
        async with db.transaction() as session:
            for number, programme in enumerate(programmes, start=1):
                await session.execute(
                    text(
                        "INSERT INTO programme (id, no, issuer_division, kind, year, status, edition, budget,"
                        " subsidy_percent, enterprise_quota, valid_months, startup_months, categories, decision,"
                        " drafted_by, drafted_on, opened_by, opened_on) VALUES (:id, :no, '540102', 'innovation',"
                        " 2019, 'open', 'lhasa-2019', 1e9, 50, 1e9, 12, 60, '{legal_protection}', '{}', 'a',"
                        " '2019-03-18', 'b', '2019-03-19')"
                    ),
                    {"id": programme, "no": f"VP-2019-{number:04}"},
                )
            await session.execute(
                text(
                    "INSERT INTO voucher (id, no, programme_id, issuer_division, kind, enterprise_id, centre_id,"
                    " categories, subsidy_percent, delivered_honoured, edition, status, face_value, balance, held,"
                    " spent, issued_on, issued_by, valid_until, decision)"
                    " SELECT uuidv7(), 'VC-2019-' || lpad(n::text, 4, '0'), (CAST(:programmes AS uuid[]))[1 + n % 2],"
                    " '540102', 'innovation', (CAST(:firms AS uuid[]))[1 + n % 3], :centre, '{legal_protection}', 50,"
                    " true, 'lhasa-2019', 'active', 10, 7, 1, 2, '2019-06-03', 'a', :last, '{}'"
                    " FROM generate_series(1, :count) AS n"
                ),
                {"programmes": programmes, "firms": firms, "centre": uuid4(), "last": LAST, "count": cls.COUNT},
            )
            for kind, subject in (
                ("vouchers.programme_budget", "programme_id::text"),
                ("vouchers.city_quota", "enterprise_id::text"),
                ("vouchers.enterprise_quota", "issuer_division || ':' || enterprise_id"),
            ):
                await session.execute(
                    text(
                        "INSERT INTO ceiling (kind, subject, period, limit_amount, committed)"
                        f" SELECT '{kind}', {subject}, '2019', 1e9, sum(face_value) FROM voucher GROUP BY 2"
                    )
                )
        return stock

    def worker(self, at_once: int) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tests.vouchers.expiry.worker_process", self.url, str(self.DAY), str(at_once)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    async def one(self, sql: str) -> Any:
        async with self.db.transaction() as session:
            return await session.scalar(text(sql))

    async def stopped(self) -> int:
        return int(await self.one("SELECT count(*) FROM voucher WHERE status = 'stopped'"))

    async def agrees(self) -> None:
        """Ceilings are what the vouchers still bind, and each stop was told once."""
        bound = await self.one("SELECT sum(face_value - returned) FROM voucher")
        for kind in ("programme_budget", "city_quota", "enterprise_quota"):
            assert await self.one(f"SELECT sum(committed) FROM ceiling WHERE kind = 'vouchers.{kind}'") == bound
        told = await self.one(f"SELECT count(*) FROM event_log WHERE type = '{STOPPED}'")
        assert told == await self.one(f"SELECT count(DISTINCT aggregate_id) FROM event_log WHERE type = '{STOPPED}'")
        assert told == await self.stopped()


async def test_killed_in_the_middle_nothing_is_half_done_and_the_next_finishes(stock: Stock) -> None:
    first = stock.worker(at_once=100)
    assert first.stdout is not None
    for _ in range(3):
        await asyncio.to_thread(first.stdout.readline)
    first.kill()
    await asyncio.to_thread(first.wait)
    before = await stock.stopped()
    assert 300 <= before < Stock.COUNT
    assert before % 100 == 0
    await stock.agrees()
    again = stock.worker(at_once=500)
    assert await asyncio.to_thread(again.wait, 60) == 0
    assert await stock.stopped() == Stock.COUNT
    await stock.agrees()


async def test_two_processes_at_once_share_the_work(stock: Stock) -> None:
    both = [stock.worker(at_once=100) for _ in range(2)]
    outputs = [(await asyncio.to_thread(process.communicate))[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    counts = [sum(map(int, output.split())) for output in outputs]
    assert sum(counts) == Stock.COUNT == await stock.stopped()
    assert await stock.one("SELECT sum(returned) FROM voucher") == Decimal("21000.00")
    await stock.agrees()
