"""Many providers' devices at two processes of the service, each repeating itself until it has an answer."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import httpx

from tests.support.service_process import ServiceProcess
from tests.support.tokens import Keys
from tests.support.waiting import free_port
from tests.vouchers.support import Api, Seller, Standing, Town, fresh_invoice

CLIENTS: Final = 200
FACE_VALUE: Final = Decimal("100.00")
_LOST: Final = 0.3
"""Share of the requests whose connection is cut while the answer is under way."""
_CUT_AFTER: Final = 0.2
"""Seconds at most."""


@contextmanager
def two_processes(database_url: str, keys: Keys, logs: Path) -> Iterator[list[str]]:
    """Two uvicorn processes on one database; their addresses."""
    env = {
        "SERVICE_NAME": "vouchers",
        "ENVIRONMENT": "test",
        "DATABASE_URL": database_url,
        "SIGNING_KEY_FILE": str(keys.private("vouchers")),
        "PUBLIC_KEYS_DIR": str(keys.public_dir),
        "BUSINESS_CLOCK": "simulated",
        "WORKERS_ENABLED": "false",
        "POLICY_DIR": str(Path(__file__).parents[2] / "deploy" / "demo" / "policy"),
        "DATABASE_POOL_TIMEOUT": "30",
    }
    started = [
        ServiceProcess("services.vouchers.main:app", free_port(), env, log_file=logs / f"{number}.log")
        for number in range(2)
    ]
    try:
        for process in started:
            process.start(wait=False)
        for process in started:
            process.wait_ready(60)
        yield [process.url for process in started]
    finally:
        for process in started:
            if process.running():
                process.terminate()


@asynccontextmanager
async def clients_of(urls: Sequence[str], keys: Keys) -> AsyncIterator[list[Api]]:
    """One of each process, for as many connections as there are devices."""
    limits = httpx.Limits(max_connections=CLIENTS)
    clients = [httpx.AsyncClient(base_url=url, timeout=60, limits=limits, trust_env=False) for url in urls]
    try:
        yield [Api(client, keys) for client in clients]
    finally:
        for client in clients:
            await client.aclose()


@dataclass(frozen=True)
class Attempt:
    """One sale, which its device sends until it knows how it ended."""

    key: str
    voucher_id: str
    seller: Seller
    body: dict[str, Any]


@dataclass
class Outcome:
    """What all the sending came to."""

    sent: int = 0
    lost: int = 0
    busy: int = 0
    seconds: float = 0.0
    took: list[float] = field(default_factory=list)
    """Seconds of each answer."""
    answers: defaultdict[str, list[tuple[int, bytes]]] = field(default_factory=lambda: defaultdict(list))
    """By key."""


async def issue_like(town: Town, standing: Standing, number: int) -> list[tuple[str, str]]:
    """Ids and codes of so many vouchers more like the standing's own, with what they take of budget and quotas."""
    made = """
        WITH made AS (
            INSERT INTO voucher
            SELECT (jsonb_populate_record(one, jsonb_build_object(
                'id', gen_random_uuid(), 'no', 'VC-2019-' || :mark || lpad(CAST(n AS text), 6, '0')
            ))).*
            FROM voucher AS one CROSS JOIN generate_series(1, :number) AS n
            WHERE one.id = CAST(:like AS uuid)
            RETURNING id, face_value
        ), taken AS (
            UPDATE ceiling SET committed = committed + (SELECT sum(face_value) FROM made)
            WHERE subject IN (:programme, :firm, '540102:' || :firm)
        )
        INSERT INTO voucher_code (voucher_id, code)
        SELECT id, upper(substr(md5(CAST(id AS text)), 1, 20)) FROM made
        RETURNING voucher_id, code
    """
    voucher = await standing.voucher()
    mark = f"{random.randrange(10**6):06}"
    rows = await town.rows(
        made,
        mark=mark,
        number=number,
        like=standing.voucher_id,
        programme=voucher["programme_id"],
        firm=str(standing.firm.id),
    )
    return [(str(row.voucher_id), row.code) for row in rows]


def attempts(vouchers: Sequence[tuple[str, str]], sellers: Sequence[Seller], chance: random.Random) -> list[Attempt]:
    """One sale of each voucher and two more of every fifth, the last of which finds less than half its price left."""
    made = []
    for number, (voucher_id, code) in enumerate(vouchers):
        prices = ["66.66"] if number % 5 else ["66.66", "100.00", "66.70"]
        for price in prices:
            body = {"code": code, "category": "legal_protection", "price": price, "invoice": fresh_invoice()}
            made.append(Attempt(uuid4().hex, voucher_id, chance.choice(sellers), body))
    chance.shuffle(made)
    return made


async def send_all(apis: Sequence[Api], sales: Sequence[Attempt], chance: random.Random) -> Outcome:
    """All devices at once. Each sale is sent at least twice, to both processes, and every third time twice at a time;
    some connections break before the answer is there."""
    outcome = Outcome()
    waiting = iter(sales)

    async def send(number: int, sale: Attempt) -> bool:
        outcome.sent += 1
        began = time.perf_counter()
        asked = apis[number % len(apis)].post(sale.seller.caller, "/v1/redemptions/counter", sale.body, key=sale.key)
        try:
            if chance.random() < _LOST:
                answer = await asyncio.wait_for(asked, chance.uniform(0, _CUT_AFTER))
            else:
                answer = await asked
        except TimeoutError:
            outcome.lost += 1
            return False
        if answer.status_code == 409 and answer.json()["code"] == "idempotency-key-in-use":
            outcome.busy += 1
            await asyncio.sleep(chance.uniform(0.01, 0.05))
            return False
        outcome.took.append(time.perf_counter() - began)
        outcome.answers[sale.key].append((answer.status_code, answer.content))
        return True

    async def device() -> None:
        for sale in waiting:
            number = chance.randrange(len(apis))
            if chance.random() < 1 / 3:
                await asyncio.gather(send(number, sale), send(number + 1, sale))
                number += 1
            known = len(outcome.answers[sale.key])
            while known < 2:
                number += 1
                known += await send(number, sale)

    began = time.perf_counter()
    await asyncio.gather(*(device() for _ in range(CLIENTS)))
    outcome.seconds = time.perf_counter() - began
    return outcome


async def require_each_once(town: Town, standing: Standing, sales: Sequence[Attempt], outcome: Outcome) -> Decimal:
    """Every key has one answer and one effect, and budget, quotas, balances, documents and journal agree on it; the
    yuan that were drawn."""
    drawn: defaultdict[str, Decimal] = defaultdict(Decimal)
    ids = set()
    for sale in sales:
        [(status, content)] = set(outcome.answers[sale.key])
        assert status == 201, content.decode()
        answer = json.loads(content)
        drawn[sale.voucher_id] += Decimal(answer["subsidy"])
        ids.add(answer["id"])
    assert len(ids) == len(sales)
    total = sum(drawn.values(), Decimal(0))
    programme = (await standing.voucher())["programme_id"]
    [kept] = await town.rows(_KEPT, programme=programme)
    assert (kept.redemptions, kept.numbers, kept.invoices) == (len(sales),) * 3
    assert kept.events == len(sales)
    assert (kept.entries, kept.captured, kept.owed) == (len(sales), total, -total)
    assert kept.claimed == total
    rows = await town.rows("SELECT id, spent FROM voucher WHERE programme_id = CAST(:id AS uuid)", id=programme)
    assert {str(row.id): row.spent for row in rows if row.spent} == dict(drawn)
    assert kept.parts_agree
    ceilings = await town.rows(
        "SELECT kind, committed FROM ceiling WHERE subject IN (:programme, :firm, '540102:' || :firm)",
        programme=programme,
        firm=str(standing.firm.id),
    )
    assert {row.committed for row in ceilings} == {kept.issued}
    assert len(ceilings) == 3
    return total


_KEPT: Final = """
WITH used AS (SELECT * FROM redemption WHERE programme_id = CAST(:programme AS uuid)),
entry AS (SELECT journal_entry.id FROM journal_entry JOIN used ON used.id = redemption_id),
line AS (SELECT posting.* FROM posting JOIN entry ON entry.id = entry_id)
SELECT (SELECT count(*) FROM used) AS redemptions,
    (SELECT count(DISTINCT no) FROM used) AS numbers,
    (SELECT count(DISTINCT invoice_key) FROM used) AS invoices,
    (SELECT count(*) FROM event_log JOIN used ON used.id = aggregate_id) AS events,
    (SELECT count(*) FROM entry) AS entries,
    (SELECT sum(amount) FROM line WHERE account = 'programme_subsidy') AS captured,
    (SELECT sum(amount) FROM line WHERE account = 'provider_payable') AS owed,
    (SELECT sum(claimed) FROM document_claim JOIN used ON kind = 'invoice' AND key = invoice_key) AS claimed,
    (SELECT sum(face_value) FROM voucher WHERE programme_id = CAST(:programme AS uuid)) AS issued,
    (SELECT bool_and(balance = face_value - spent AND held = 0 AND returned = 0) FROM voucher
        WHERE programme_id = CAST(:programme AS uuid)) AS parts_agree
"""


async def crowd_at_counter(
    town: Town, apis: Sequence[Api], vouchers: int, chance: random.Random
) -> tuple[list[Attempt], Outcome, Decimal]:
    """So many vouchers at five providers, and the check of what came of it."""
    much = str(FACE_VALUE * (vouchers + 1))
    standing = await town.standing(str(FACE_VALUE), budget=much, enterprise_quota=much)
    sellers = [standing.seller, *[await town.provider() for _ in range(4)]]
    sales = attempts(await issue_like(town, standing, vouchers), sellers, chance)
    outcome = await send_all(apis, sales, chance)
    total = await require_each_once(town, standing, sales, outcome)
    return sales, outcome, total


def summary(sales: Sequence[Attempt], outcome: Outcome) -> str:
    """For people."""
    took = sorted(outcome.took)
    repeats = Counter(len(answers) for answers in outcome.answers.values())
    return (
        f"{len(sales)} sales by {CLIENTS} clients in {outcome.seconds:.1f} s ({len(sales) / outcome.seconds:.0f} a"
        f" second): {outcome.sent} requests, {outcome.lost} answers lost, {outcome.busy} told to wait,"
        f" answers a key {dict(sorted(repeats.items()))}, median {took[len(took) // 2] * 1000:.0f} ms,"
        f" p99 {took[int(len(took) * 0.99)] * 1000:.0f} ms"
    )
