"""Two processes of the registry, asked for the same places at the same moment."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio
from httpx import AsyncClient, Response
from sqlalchemy import text

from shared.db import Database
from tests.registry.support import Caller, Json, Registry, expect
from tests.registry.trainings.support import ENROLMENTS, HELD, LEFT, SESSIONS, School
from tests.support.postgres import Cluster
from tests.support.service_process import ServiceProcess
from tests.support.tokens import Keys
from tests.support.waiting import free_port

pytestmark = pytest.mark.asyncio(loop_scope="session")

CONSENT = {"consent": True}


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
        "DATABASE_POOL_TIMEOUT": "20",
    }
    started = [
        ServiceProcess("services.registry.main:app", free_port(), env, log_file=scratch / f"training-{number}.log")
        for number in range(2)
    ]
    for process in started:
        process.start(wait=False)
    for process in started:
        process.wait_ready(90)
    yield url, started
    for process in started:
        process.terminate()


@pytest_asyncio.fixture(loop_scope="session")
async def twins(processes: tuple[str, list[ServiceProcess]], keys: Keys) -> AsyncIterator[list[School]]:
    """The same school through each process."""
    url, started = processes
    db = Database(url)
    async with AsyncExitStack() as stack:
        clients = [
            await stack.enter_async_context(AsyncClient(base_url=process.url, timeout=60, trust_env=False))
            for process in started
        ]
        yield [School(Registry(client, keys, db)) for client in clients]
    await db.close()


async def rows(school: School, query: str, **params: object) -> list[Json]:
    async with school.registry.db.transaction() as session:
        return [dict(row) for row in (await session.execute(text(query), params)).mappings()]


def through(twins: list[School], number: int, caller: Caller) -> Caller:
    """The same account, speaking to the other process every other time."""
    client = twins[number % len(twins)].registry.client
    return Caller(client, caller.keys, caller.roles, caller.today, caller.scope, caller.account)


async def enrol_all(twins: list[School], callers: list[Caller], held: Json) -> list[Response]:
    path = f"{SESSIONS}/{held['id']}/enrol"
    asked = [through(twins, number, caller).post(path, CONSENT) for number, caller in enumerate(callers)]
    return list(await asyncio.gather(*asked))


async def require_sound(school: School, held: Json) -> Counter[str]:
    """Never more than the places, none free while somebody waits, whoever waits came after whoever was promoted, and
    row and log agree."""
    [training] = await rows(school, "SELECT * FROM training_session WHERE id = :id", id=held["id"])
    enrolments = await rows(school, "SELECT * FROM enrolment WHERE session_id = :id", id=held["id"])
    states = Counter(one["status"] for one in enrolments)
    seated = states["enrolled"] + states["attended"] + states["missed"]
    assert training["seats_taken"] == seated <= training["capacity"]
    assert states["waiting"] == 0 or seated == training["capacity"]
    promoted = [one["queue_no"] for one in enrolments if one["promoted_on"] is not None]
    waiting = [one["queue_no"] for one in enrolments if one["status"] == "waiting"]
    assert max(promoted, default=0) < min(waiting, default=10**6)
    logged = await rows(
        school,
        "SELECT type, count(*) AS n FROM event_log WHERE topic = 'registry.enrolment' AND aggregate_id IN"
        " (SELECT id FROM enrolment WHERE session_id = :id) GROUP BY type",
        id=held["id"],
    )
    told = {row["type"].split(".")[2]: row["n"] for row in logged}
    assert told.get("promoted", 0) == len(promoted)
    assert told.get("cancelled", 0) == states["cancelled"]
    assert told.get("enrolled", 0) + told.get("queued", 0) == len(enrolments)
    last = (
        "SELECT e.version, max(l.aggregate_version) AS told FROM enrolment e JOIN event_log l ON l.aggregate_id = e.id"
    )
    versions = await rows(school, f"{last} WHERE e.session_id = :id GROUP BY e.id", id=held["id"])
    assert all(row["version"] == row["told"] for row in versions)
    return states


async def test_fifty_at_once_for_twenty_places_are_twenty_enrolled_and_thirty_waiting(twins: list[School]) -> None:
    held = await twins[0].session(capacity=20)
    callers = await twins[0].founders(50)
    answers = await enrol_all(twins, callers, held)
    assert [answer.status_code for answer in answers] == [201] * 50
    told = Counter(answer.json()["status"] for answer in answers)
    assert told == {"enrolled": 20, "waiting": 30}
    assert await require_sound(twins[0], held) == told
    numbers = await rows(twins[0], "SELECT queue_no, status FROM enrolment WHERE session_id = :id", id=held["id"])
    assert sorted(row["queue_no"] for row in numbers) == list(range(1, 51))
    assert {row["queue_no"] for row in numbers if row["status"] == "enrolled"} == set(range(1, 21))


@pytest.mark.parametrize("round_", range(3))
async def test_cancellations_promotions_and_newcomers_at_once_leave_no_place_sold_twice_or_unused(
    twins: list[School], round_: int
) -> None:
    """Who is enrolled and who waits leave, others come, and there are more places, all at the same moment."""
    one = twins[0]
    held = await one.session(capacity=20)
    callers = await one.founders(60)
    first = await enrol_all(twins, callers[:40], held)
    mine = {number: answer.json()["id"] for number, answer in enumerate(first)}
    leaving = [*range(round_, 40, 3), *range(20, 24)]
    path, version = f"{SESSIONS}/{held['id']}", (await one.read(held))["version"]
    more = through(twins, 1, one.officer).patch(path, {"capacity": 23}, f'"{version}"')
    asked = [
        *(
            through(twins, number, callers[number]).post(f"{ENROLMENTS}/{mine[number]}/cancel", LEFT)
            for number in dict.fromkeys(leaving)
        ),
        *(through(twins, number, callers[number]).post(f"{path}/enrol", CONSENT) for number in range(40, 60)),
        more,
    ]
    answers = await asyncio.gather(*asked)
    assert {answer.status_code for answer in answers} <= {200, 201}, [answer.text for answer in answers][:3]
    states = await require_sound(one, held)
    assert states["enrolled"] == 23
    assert states["cancelled"] == len(set(leaving))


async def test_one_person_twenty_times_at_once_has_one_place(twins: list[School]) -> None:
    held = await twins[0].session(capacity=20)
    [caller] = await twins[0].founders(1)
    answers = await enrol_all(twins, [caller] * 20, held)
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 19
    assert (await require_sound(twins[0], held))["enrolled"] == 1


async def test_nobody_stays_enrolled_in_a_session_that_is_cancelled_meanwhile(twins: list[School]) -> None:
    one = twins[0]
    held = await one.session(capacity=10)
    callers = await one.founders(20)
    reason = {"reason_code": "emergency"}
    cancel = through(twins, 1, one.officer).post(f"{SESSIONS}/{held['id']}/cancel", reason)
    answers, cancelled = await asyncio.gather(enrol_all(twins, callers, held), cancel)
    assert cancelled.status_code == 200, cancelled.text
    assert {answer.status_code for answer in answers} <= {201, 409}
    states = await require_sound(one, held)
    assert set(states) <= {"cancelled"}
    assert states["cancelled"] == sum(answer.status_code == 201 for answer in answers)


async def test_one_code_twenty_times_at_once_counts_once_in_both_processes(twins: list[School]) -> None:
    one = twins[0]
    held = await one.session()
    [caller] = await one.founders(1)
    await one.enrolled(caller, held)
    body, path = {"token": await one.opened(held)}, f"{SESSIONS}/{held['id']}/attend"
    answers = await asyncio.gather(*(through(twins, n, caller.on(HELD)).post(path, body) for n in range(20)))
    assert sorted(expect(answer, 200)["first"] for answer in answers) == [False] * 19 + [True]
    counted = await rows(one, "SELECT id FROM training_attendance WHERE session_id = :id", id=held["id"])
    assert len(counted) == 1


async def test_certificates_asked_for_ten_times_at_once_are_issued_once(twins: list[School]) -> None:
    one = twins[0]
    held = await one.session()
    callers = await one.founders(5)
    for caller in callers:
        await one.enrolled(caller, held)
    await one.opened(held)
    for caller in callers:
        await one.attend(caller, held)
    await one.completed(held)
    path = f"{SESSIONS}/{held['id']}/issue-certificates"
    answers = await asyncio.gather(*(through(twins, n, one.second.on(HELD)).post(path) for n in range(10)))
    assert sorted(expect(answer, 200)["issued"] for answer in answers) == [0] * 9 + [5]
