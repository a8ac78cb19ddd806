"""Never paid twice: two processes at once, a process killed on the way, the same answer again and again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from tests.support.service_process import ServiceProcess
from tests.support.tokens import Keys
from tests.support.waiting import free_port
from tests.vouchers.settlements.office import PAID_ON, Json, Office
from tests.vouchers.support import Api, Caller

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture(scope="module")
def environment(module_url: str, keys: Keys) -> dict[str, str]:
    return {
        "SERVICE_NAME": "vouchers",
        "ENVIRONMENT": "test",
        "DATABASE_URL": module_url,
        "SIGNING_KEY_FILE": str(keys.private("vouchers")),
        "PUBLIC_KEYS_DIR": str(keys.public_dir),
        "ACCOUNT_KEYS_FILE": str(keys.account_keys),
        "BUSINESS_CLOCK": "simulated",
        "WORKERS_ENABLED": "false",
        "POLICY_DIR": str(Path(__file__).parents[3] / "deploy" / "demo" / "policy"),
        "DATABASE_POOL_TIMEOUT": "30",
    }


@pytest.fixture(scope="module")
def processes(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[ServiceProcess]]:
    """Two processes on one database."""
    logs = tmp_path_factory.mktemp("settlements")
    started = [
        ServiceProcess("services.vouchers.main:app", free_port(), environment, log_file=logs / f"{number}.log")
        for number in range(2)
    ]
    try:
        for process in started:
            process.start(wait=False)
        for process in started:
            process.wait_ready(60)
        yield started
    finally:
        for process in started:
            if process.running():
                process.terminate()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def apis(processes: list[ServiceProcess], keys: Keys) -> AsyncIterator[list[Api]]:
    clients = [httpx.AsyncClient(base_url=process.url, timeout=60, trust_env=False) for process in processes]
    yield [Api(client, keys) for client in clients]
    for client in clients:
        await client.aclose()


async def everywhere(
    apis: list[Api], caller: Caller, path: str, body: Json | None, *, times: int, key: str = ""
) -> list[httpx.Response]:
    """The same request to both processes, so many times at once; each with a key of its own unless told which. Each is
    done or refused, none fails."""
    sending = [
        apis[number % 2].post(caller, f"/v1/settlements{path}", body, key=key, today=PAID_ON) for number in range(times)
    ]
    answers = list(await asyncio.gather(*sending))
    assert [answer.text for answer in answers if answer.status_code >= 500] == []
    return answers


async def paid_once(office: Office, uses: list[Json]) -> None:
    """Every redemption is in the journal as paid exactly once, and nothing is owed."""
    for use in uses:
        assert await office.payments_of(use["id"]) == 1
    owed = sum((Decimal(use["subsidy"]) for use in uses), Decimal("0.00"))
    assert await office.balances() == {
        "programme_subsidy": owed,
        "provider_payable": Decimal("0.00"),
        "issuer_bank": -owed,
    }


async def test_twenty_drafts_at_once_make_one_batch(office: Office, apis: list[Api]) -> None:
    await office.sold(await office.holder(), "100.00", "200.00")
    answers = await everywhere(apis, office.officer, "", {"period": "2019-06"}, times=20)
    made = [answer for answer in answers if answer.status_code == 201]
    assert len(made) == 1, [answer.text for answer in answers]
    assert {answer.json()["code"] for answer in answers if answer.status_code != 201} <= {
        "settlement-running",
        "settlement-empty",
    }
    live = (
        "SELECT count(*) FROM settlement_line JOIN settlement ON settlement.id = settlement_id"
        " WHERE issuer_division = :division AND settlement_line.status = 'included'"
    )
    assert await office.town.one(live, division=office.division) == 2


async def test_two_months_drafted_at_once_share_nothing(office: Office, apis: list[Api]) -> None:
    uses = await office.sold(await office.holder(), *("10.00",) * 20)
    drafting = [
        apis[number % 2].post(office.officer, "/v1/settlements", {"period": period}, today=PAID_ON)
        for number, period in enumerate(("2019-06", "2019-05", "2019-06", "2019-04"))
    ]
    await asyncio.gather(*drafting)
    twice = (
        "SELECT count(*), count(DISTINCT redemption_id) FROM settlement_line JOIN settlement"
        " ON settlement.id = settlement_id WHERE issuer_division = :division AND settlement_line.status = 'included'"
    )
    assert tuple((await office.town.rows(twice, division=office.division))[0]) == (len(uses), len(uses))


async def test_twenty_payment_files_at_once_are_one(office: Office, apis: list[Api]) -> None:
    await office.sold(await office.holder(), "100.00")
    batch = await office.approved()
    answers = await everywhere(apis, office.payer, f"/{batch['id']}/payment-file", None, times=20)
    assert sorted({answer.status_code for answer in answers}) == [201, 409]
    assert sum(answer.status_code == 201 for answer in answers) == 1


async def test_one_answer_thirty_times_at_once_pays_once(office: Office, apis: list[Api]) -> None:
    uses = await office.sold(await office.holder(), "100.00", "33.33")
    uses += await office.sold(await office.holder(), "250.00")
    batch = (await office.filed())["settlement"]
    answer = await office.answer(batch)
    path = f"/{batch['id']}/results"
    answers = await everywhere(apis, office.payer, path, answer, times=30)
    assert {response.status_code for response in answers} == {200}
    assert sum(not response.json()["repeated"] for response in answers) == 1
    await paid_once(office, uses)


async def test_parts_of_an_answer_that_overlap_pay_each_once(office: Office, apis: list[Api]) -> None:
    uses = []
    for _ in range(4):
        uses += await office.sold(await office.holder(), "100.00")
    batch = (await office.filed())["settlement"]
    parts = [await office.answer(batch, only=only) for only in ((0, 1), (1, 2), (2, 3), (0, 3), (0, 1, 2, 3))]
    sending = [
        apis[number % 2].post(office.payer, f"/v1/settlements/{batch['id']}/results", part, today=PAID_ON)
        for number, part in enumerate(parts * 4)
    ]
    answers = await asyncio.gather(*sending)
    assert {answer.status_code for answer in answers} == {200}
    await paid_once(office, uses)


async def test_an_answer_repeated_under_its_key_is_answered_alike(office: Office, apis: list[Api]) -> None:
    uses = await office.sold(await office.holder(), "100.00")
    batch = (await office.filed())["settlement"]
    answer, key = await office.answer(batch), uuid4().hex
    answers = []
    for _ in range(5):
        answers += await everywhere(apis, office.payer, f"/{batch['id']}/results", answer, times=2, key=key)
    done = [response for response in answers if response.status_code == 200]
    assert len({response.content for response in done}) == 1
    assert {response.json().get("code") for response in answers if response.status_code != 200} <= {
        "idempotency-key-in-use"
    }
    await paid_once(office, uses)


@pytest.mark.parametrize("delay", [0.0, 0.02, 0.05])
async def test_a_process_killed_while_it_reads_an_answer_leaves_all_or_nothing(
    office: Office, processes: list[ServiceProcess], apis: list[Api], delay: float
) -> None:
    holder = await office.holder()
    uses = await office.sold(holder, *("10.00",) * 30)
    batch = (await office.filed())["settlement"]
    answer, path = await office.answer(batch), f"/v1/settlements/{batch['id']}/results"
    sending = asyncio.create_task(apis[0].post(office.payer, path, answer, today=PAID_ON, key=uuid4().hex))
    await asyncio.sleep(delay)
    processes[0].kill9()
    await asyncio.gather(sending, return_exceptions=True)
    processes[0].start()
    paid = "SELECT count(*) FROM settlement_line WHERE settlement_id = CAST(:id AS uuid) AND status = 'paid'"
    assert await office.town.one(paid, id=batch["id"]) in (0, len(uses))
    again = await apis[1].post(office.payer, path, answer, today=PAID_ON)
    assert again.status_code == 200, again.text
    await paid_once(office, uses)
