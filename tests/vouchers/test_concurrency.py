"""Two processes of the service and many callers at once: every limit is met exactly, never passed."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio

from tests.support.tokens import Keys
from tests.vouchers.crowding import two_processes
from tests.vouchers.support import Api, Caller, Firm, Town, officer

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture(scope="module")
def processes(vouchers_url: str, keys: Keys, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """Two uvicorn processes on one database; their addresses."""
    with two_processes(vouchers_url, keys, tmp_path_factory.mktemp("vouchers")) as urls:
        yield urls


class Crowd:
    """Sends requests to both processes in turn, all at once."""

    def __init__(self, apis: list[Api]) -> None:
        self.apis = apis

    async def post(
        self, caller: Caller, path: str, bodies: list[dict[str, Any]], *, key: str = ""
    ) -> list[httpx.Response]:
        sending = [
            self.apis[number % len(self.apis)].post(caller, path, body, key=key) for number, body in enumerate(bodies)
        ]
        return list(await asyncio.gather(*sending))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def crowd(processes: list[str], keys: Keys) -> AsyncIterator[Crowd]:
    limits = httpx.Limits(max_connections=100)
    clients = [httpx.AsyncClient(base_url=url, timeout=60, limits=limits, trust_env=False) for url in processes]
    yield Crowd([Api(client, keys) for client in clients])
    for client in clients:
        await client.aclose()


async def test_two_hundred_redemptions_of_one_voucher_spend_exactly_its_balance(town: Town, crowd: Crowd) -> None:
    standing = await town.standing("700.00")
    answers = await crowd.post(
        standing.seller.caller, "/v1/redemptions/counter", [standing.sale("13.00") for _ in range(200)]
    )
    paid = [answer.json()["subsidy"] for answer in answers if answer.status_code == 201]
    refused = Counter(answer.json()["code"] for answer in answers if answer.status_code != 201)
    assert Counter(paid) == {"6.50": 107, "4.50": 1}
    assert refused == {"voucher-balance-empty": 92}
    assert await standing.parts() == ("0.00", "0.00", "700.00")
    assert await standing.journal_total() == sum(map(Decimal, paid)) == 700
    sql = "SELECT count(*) AS n, count(DISTINCT no) AS numbers FROM redemption WHERE voucher_id = CAST(:id AS uuid)"
    assert tuple((await town.rows(sql, id=standing.voucher_id))[0]) == (108, 108)
    logged = "SELECT count(*) FROM event_log WHERE data::jsonb ->> 'voucher_id' = :id"
    assert await town.one(logged, id=standing.voucher_id) == 108


async def test_holds_and_counter_sales_together_never_pass_the_balance(town: Town, crowd: Crowd) -> None:
    standing = await town.standing("300.00")
    ways = ("/v1/redemptions", "/v1/redemptions/counter")
    waves = [crowd.post(standing.seller.caller, way, [standing.sale("10.00") for _ in range(50)]) for way in ways]
    held, sold = await asyncio.gather(*waves)
    made = [answer.json() for answer in held + sold if answer.status_code == 201]
    assert len(made) == 60
    balance, reserved, spent = map(Decimal, await standing.parts())
    assert balance == 0
    assert reserved == 5 * sum(answer.status_code == 201 for answer in held)
    assert spent == await standing.journal_total() == 5 * sum(answer.status_code == 201 for answer in sold)


async def test_one_key_fifty_times_counts_once_with_one_answer(town: Town, crowd: Crowd) -> None:
    standing = await town.standing("700.00")
    key, sale = uuid4().hex, standing.sale("13.00")

    async def persist(api: Api) -> httpx.Response:
        """A provider's device that retries until it has the answer."""
        while True:
            answer = await api.post(standing.seller.caller, "/v1/redemptions/counter", sale, key=key)
            if answer.status_code != 409:
                return answer
            assert answer.json()["code"] == "idempotency-key-in-use"
            await asyncio.sleep(random.uniform(0.01, 0.05))

    answers = await asyncio.gather(*(persist(crowd.apis[number % 2]) for number in range(50)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert await standing.parts() == ("693.50", "0.00", "6.50")
    assert await standing.journal_total() == Decimal("6.50")


async def test_one_delivery_confirmed_twenty_times_is_paid_once(town: Town, crowd: Crowd) -> None:
    standing = await town.standing("700.00")
    held = await standing.hold("13.00")
    await standing.step(standing.seller.caller, held["id"], "deliver")
    path = f"/v1/redemptions/{held['id']}/redeem"
    confirming = crowd.post(standing.firm.caller, path, [{"invoice": {"number": "23540000000012345679"}}] * 20)
    calling_off = crowd.post(standing.seller.caller, f"/v1/redemptions/{held['id']}/release", [{}] * 20)
    confirmed, called_off = await asyncio.gather(confirming, calling_off)
    done = [answer.json()["status"] for answer in confirmed + called_off if answer.status_code == 200]
    assert len(done) == 1
    expected = {"redeemed": ("693.50", "0.00", "6.50"), "released": ("700.00", "0.00", "0.00")}
    assert await standing.parts() == expected[done[0]]
    assert await standing.journal_total() == (Decimal("6.50") if done == ["redeemed"] else 0)


async def test_one_invoice_claimed_twenty_times_at_once_counts_once(town: Town, crowd: Crowd) -> None:
    standing = await town.standing("700.00")
    body = standing.sale("13.00", invoice={"number": "23540000000012345678"})
    answers = await crowd.post(standing.seller.caller, "/v1/redemptions/counter", [body] * 20)
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 19}
    assert await standing.parts() == ("693.50", "0.00", "6.50")


async def test_fifty_issues_meet_the_budget_exactly(town: Town, crowd: Crowd) -> None:
    centre = await town.registry.centre()
    firms = [await town.registry.tenant(centre) for _ in range(50)]
    programme = await town.programme(budget="1000.00")
    answers = await crowd.post(officer(), "/v1/vouchers", [_issue(programme, firm, "25.00") for firm in firms])
    assert Counter(answer.status_code for answer in answers) == {201: 40, 409: 10}
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"voucher-budget-exceeded"}
    sums = await town.rows(
        "SELECT (SELECT sum(face_value) FROM voucher WHERE programme_id = CAST(:id AS uuid)),"
        " (SELECT committed FROM ceiling WHERE kind = 'vouchers.programme_budget' AND subject = :subject)",
        id=programme,
        subject=programme,
    )
    assert tuple(sums[0]) == (1000, 1000)


async def test_parallel_issues_to_one_enterprise_meet_its_quota_exactly(town: Town, crowd: Crowd) -> None:
    centre = await town.registry.centre()
    firm = await town.registry.tenant(centre)
    programmes = [await town.programme(enterprise_quota="500.00") for _ in range(2)]
    bodies = [_issue(programmes[number // 2 % 2], firm, "50.00") for number in range(40)]
    answers = await crowd.post(officer(), "/v1/vouchers", bodies)
    assert Counter(answer.status_code for answer in answers) == {201: 10, 409: 30}


@pytest.mark.parametrize("delay", [0.0, 0.02, 0.05, 0.1, 0.2])
async def test_no_voucher_issued_beside_a_delisting_survives_it(town: Town, crowd: Crowd, delay: float) -> None:
    centre = await town.registry.centre()
    firms = [await town.registry.tenant(centre) for _ in range(30)]
    programme = await town.programme()
    issuing = asyncio.create_task(
        crowd.post(officer(), "/v1/vouchers", [_issue(programme, firm, "100.00") for firm in firms])
    )
    await asyncio.sleep(delay)
    case_id = await town.registry.delist(centre)
    answers = await issuing
    issued = {answer.json()["id"] for answer in answers if answer.status_code == 201}
    assert {answer.json().get("code") for answer in answers if answer.status_code != 201} <= {"centre-not-listed"}
    found = await town.rows("SELECT id, status FROM voucher WHERE centre_id = :id", id=centre)
    assert {str(row.id) for row in found} == issued
    assert {row.status for row in found} <= {"stopped"}
    assert set(await _stopped(town, case_id)) == issued


async def test_no_hold_made_beside_a_delisting_survives_it(town: Town, crowd: Crowd) -> None:
    for delay in (0.0, 0.02, 0.05, 0.1):
        standing = await town.standing("1000.00")
        delivered = await standing.hold("10.00")
        await standing.step(standing.seller.caller, delivered["id"], "deliver")
        holds, sales = ([standing.sale("10.00") for _ in range(30)] for _ in range(2))
        holding = asyncio.create_task(crowd.post(standing.seller.caller, "/v1/redemptions", holds))
        selling = asyncio.create_task(crowd.post(standing.seller.caller, "/v1/redemptions/counter", sales))
        await asyncio.sleep(delay)
        await town.registry.delist(standing.centre_id)
        held, sold = await holding, await selling
        refused = {answer.json()["code"] for answer in held + sold if answer.status_code != 201}
        assert refused <= {"voucher-stopped"}
        live = "SELECT count(*) FROM redemption WHERE voucher_id = CAST(:id AS uuid) AND status = 'held'"
        assert await town.one(live, id=standing.voucher_id) == 0
        spent = 5 * sum(answer.status_code == 201 for answer in sold)
        balance, reserved, used = map(Decimal, await standing.parts())
        assert (balance, reserved, used) == (Decimal(0), Decimal(5), Decimal(spent))
        assert Decimal((await standing.voucher())["returned"]) == 995 - spent
        assert await standing.journal_total() == spent


def _issue(programme: str, firm: Firm, face_value: str) -> dict[str, Any]:
    return {"programme_id": programme, "enterprise_id": str(firm.id), "face_value": face_value}


async def _stopped(town: Town, case_id: UUID) -> list[str]:
    data = await town.one("SELECT data FROM event_log WHERE aggregate_id = :id AND aggregate_version = 1", id=case_id)
    stopped: list[str] = json.loads(data)["stopped_voucher_ids"]
    return stopped
