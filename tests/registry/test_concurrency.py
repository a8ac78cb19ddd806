"""Two processes of the registry, asked at the same moment; and a delisting in the middle of it all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from datetime import date
from itertools import count
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio
from httpx import AsyncClient
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.consumers import carry_out_decided
from shared.db import Database
from tests.registry.support import Json, Registry, centre_body, decided, enterprise_body, expect
from tests.support.postgres import Cluster
from tests.support.service_process import ServiceProcess
from tests.support.tokens import Keys
from tests.support.waiting import free_port

pytestmark = pytest.mark.asyncio(loop_scope="session")

APPLICATIONS = "/v1/qualification-applications"
GRANT = {"document_no": "拉科发〔2019〕20号"}
NAMES = count(100, 100)
"""The database lives as long as the module, and no two centres of the list have one name."""


@pytest.fixture(scope="module")
def processes(postgres: Cluster, keys: Keys, scratch: Path) -> Iterator[tuple[str, list[ServiceProcess]]]:
    """Two uvicorn processes on one database."""
    url = postgres.service_database("registry")
    env = {
        "SERVICE_NAME": "registry",
        "ENVIRONMENT": "test",
        "DATABASE_URL": url,
        "SIGNING_KEY_FILE": str(keys.private("registry")),
        "PUBLIC_KEYS_DIR": str(keys.public_dir),
        "BUSINESS_CLOCK": "simulated",
        "WORKERS_ENABLED": "false",
    }
    started = [
        ServiceProcess("services.registry.main:app", free_port(), env, log_file=scratch / f"registry-{number}.log")
        for number in range(2)
    ]
    for process in started:
        process.start(wait=False)
    for process in started:
        process.wait_ready(60)
    yield url, started
    for process in started:
        process.terminate()


@pytest_asyncio.fixture(loop_scope="session")
async def twins(processes: tuple[str, list[ServiceProcess]], keys: Keys) -> AsyncIterator[list[Registry]]:
    """The same registry through each process."""
    url, started = processes
    db = Database(url)
    async with AsyncExitStack() as stack:
        clients = [
            await stack.enter_async_context(AsyncClient(base_url=process.url, timeout=120, trust_env=False))
            for process in started
        ]
        made = [Registry(client, keys, db) for client in clients]
        for registry in made:
            registry.drafts = next(NAMES)
        yield made
    await db.close()


async def _rows(registry: Registry, query: str, **params: object) -> list[Json]:
    async with registry.db.transaction() as session:
        return [dict(row) for row in (await session.execute(text(query), params)).mappings()]


async def test_of_twenty_applications_for_a_title_at_once_one_is_open(twins: list[Registry]) -> None:
    one, _ = twins
    body = {"centre_id": (await one.listed())["id"], "kind": "maker_space"}
    answers = await asyncio.gather(*(twins[number % 2].operator.post(APPLICATIONS, body) for number in range(20)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 19
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"title-application-pending"}


async def test_of_twenty_grants_at_once_one_is_active(twins: list[Registry]) -> None:
    one, _ = twins
    centre = await one.listed()
    title = await one.grantable(centre["id"])
    path = f"{APPLICATIONS}/{title['id']}/grant"
    answers = await asyncio.gather(*(twins[number % 2].approver.post(path, GRANT) for number in range(20)))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [200] + [409] * 19
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"invalid-transition"}
    query = "SELECT id FROM qualification WHERE centre_id = :id AND status = 'active'"
    assert len(await _rows(one, query, id=centre["id"])) == 1
    query = "SELECT id FROM event_log WHERE type = 'registry.qualification.granted.v1' AND data LIKE :id"
    assert len(await _rows(one, query, id=f"%{centre['id']}%")) == 1


async def test_of_twenty_admissions_at_once_one_is_open(twins: list[Registry]) -> None:
    one, _ = twins
    centres = [await one.listed() for _ in range(4)]
    enterprise = await one.enterprise()
    answers = await asyncio.gather(
        *(
            twins[number % 2].officer.post(
                "/v1/tenancies",
                {
                    "centre_id": centres[number % 4]["id"],
                    "enterprise_id": enterprise["id"],
                    "agreement_no": f"RZ-{number}",
                },
            )
            for number in range(20)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 19
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"tenancy-overlaps"}


async def test_of_ten_registrations_of_one_code_at_once_one_is_made(twins: list[Registry]) -> None:
    body = enterprise_body()
    answers = await asyncio.gather(*(twins[n % 2].officer.post("/v1/enterprises", body) for n in range(10)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 9
    [made] = [answer.json()["id"] for answer in answers if answer.status_code == 201]
    assert all(made in answer.text for answer in answers)


async def test_case_numbers_have_no_gaps_and_no_twins(twins: list[Registry]) -> None:
    today = date(2020, 6, 3)
    bodies = [centre_body(name=f"中心{number}") for number in range(20)]
    answers = await asyncio.gather(
        *(twins[number % 2].officer.on(today).post("/v1/centres", body) for number, body in enumerate(bodies))
    )
    numbers = sorted(expect(answer, 201)["no"] for answer in answers)
    assert numbers == [f"CE-2020-{number:04d}" for number in range(1, 21)]


@pytest.mark.parametrize("pause", [0.0, 0.004, 0.012, 0.03])
async def test_nothing_granted_admitted_or_applied_for_survives_a_delisting(
    twins: list[Registry], pause: float
) -> None:
    """Grants, applications, admissions and a sister's application race the sweep: whatever committed before it is
    swept, whatever comes after is refused."""
    one, other = twins
    centre, sister = await one.listed(), await one.listed()
    waiting = await one.draft(name=f"等待双创中心{pause}")
    kinds = ("maker_space", "entrepreneurship_base", "tech_incubator", "commerce_cluster")
    titles = [await one.grantable(centre["id"], kind) for kind in kinds]
    sisters = [await one.grantable(sister["id"], kind) for kind in kinds]
    enterprises = [await one.enterprise() for _ in range(4)]
    case = uuid4()

    async def delist() -> None:
        await asyncio.sleep(pause)

        async def carry_out(session: AsyncSession) -> None:
            await carry_out_decided(session, [decided(centre["id"], on=date(2019, 6, 3), case_id=case)])

        await one.db.run(carry_out)

    answers = await asyncio.gather(
        delist(),
        *(other.approver.post(f"{APPLICATIONS}/{title['id']}/grant", GRANT) for title in (*titles, *sisters)),
        *(
            one.operator.post(APPLICATIONS, {"centre_id": owner["id"], "kind": kind})
            for owner in (centre, sister)
            for kind in kinds
        ),
        *(
            other.operator.post(
                "/v1/tenancies",
                {"centre_id": centre["id"], "enterprise_id": enterprise["id"], "agreement_no": "RZ"},
            )
            for enterprise in enterprises
        ),
        one.operator.post(f"/v1/centres/{waiting['id']}/submit"),
        other.operator.post("/v1/centres", centre_body(name=f"新中心{pause}")),
    )
    assert {answer.status_code for answer in answers if answer is not None} <= {200, 201, 409}

    held = "SELECT status FROM qualification WHERE centre_id = :id AND status IN ('active', 'suspended')"
    assert await _rows(one, held, id=centre["id"]) == []
    pending = (
        "SELECT id FROM qualification WHERE status IN ('applied', 'reviewed', 'announced') AND"
        " (centre_id = :id OR centre_id = :sister)"
    )
    assert await _rows(one, pending, id=centre["id"], sister=sister["id"]) == []
    [state] = await _rows(one, "SELECT status FROM centre WHERE id = :id", id=waiting["id"])
    assert state["status"] in ("draft", "rejected")
    stranded = (
        "SELECT id FROM tenancy WHERE centre_id = :id AND ended_on IS NULL AND"
        " relocation_case_id IS DISTINCT FROM :case"
    )
    assert await _rows(one, stranded, id=centre["id"], case=case) == []
    await _clear_ban(one, case)


async def _clear_ban(registry: Registry, case: object) -> None:
    """The next run uses the same operator."""
    async with registry.db.transaction() as session:
        over = "published_on = '2000-01-01', last_barred_day = '2003-01-01', first_open_day = '2003-01-02'"
        await session.execute(text(f"UPDATE ban SET {over} WHERE case_id = :case"), {"case": case})
