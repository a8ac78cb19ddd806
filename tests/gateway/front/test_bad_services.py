"""Services that are slow, broken or away: what others notice of it, and how soon they are tried again."""

import asyncio
import time
from collections import Counter

import httpx
import pytest
from httpx import AsyncClient

from gateway.front import circuit as module
from gateway.front.circuit import Circuit
from gateway.front.lanes import Bulkhead
from shared.errors import DomainError
from tests.gateway.conftest import World
from tests.gateway.limits.conftest import Start
from tests.support.service_process import ServiceProcess
from tests.support.waiting import free_port

A, B = b"GET centres", b"POST loans"


def state(circuit: Circuit) -> str:
    return circuit.state


def fail(circuit: Circuit, count: int, *routes: bytes | None) -> None:
    for number in range(count):
        circuit.failed(routes[number % len(routes)], probe=circuit.enter())


def test_connections_that_fail_open_the_circuit() -> None:
    circuit = Circuit("test")
    fail(circuit, module.FAILURES - 1, None)
    assert state(circuit) == "closed"
    fail(circuit, 1, None)
    assert state(circuit) == "open"
    with pytest.raises(DomainError) as refusal:
        circuit.enter()
    assert (refusal.value.code, refusal.value.status) == ("service-unavailable", 503)
    assert int(refusal.value.headers["Retry-After"]) >= 1


def test_one_slow_route_does_not_open_it_and_two_do() -> None:
    circuit = Circuit("test")
    fail(circuit, 50, A)
    assert state(circuit) == "closed"
    fail(circuit, 1, B)
    assert state(circuit) == "open"


@pytest.mark.parametrize("status", [200, 304, 400, 401, 404, 409, 429, 500])
def test_an_answer_is_an_answer(status: int) -> None:
    circuit = Circuit("test")
    for route in (A, B) * 50:
        circuit.answered(status, route, probe=circuit.enter())
    assert state(circuit) == "closed"


@pytest.mark.parametrize("status", [502, 503, 504])
def test_unavailable_on_two_routes_opens_it(status: int) -> None:
    circuit = Circuit("test")
    for number in range(module.FAILURES):
        circuit.answered(status, (A, B)[number % 2], probe=circuit.enter())
    assert state(circuit) == "open"


def test_a_service_that_mostly_answers_stays() -> None:
    circuit = Circuit("test")
    for _ in range(100):
        circuit.answered(200, A, probe=False)
        circuit.answered(200, A, probe=False)
        circuit.answered(503, B, probe=False)
        circuit.answered(200, B, probe=False)
    assert state(circuit) == "closed"


def test_a_half_open_circuit_lets_one_through_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_PAUSE_SECONDS", 0.02)
    circuit = Circuit("test")
    fail(circuit, module.FAILURES, None)
    time.sleep(0.03)
    probe = circuit.enter()
    assert probe
    assert state(circuit) == "half-open"
    with pytest.raises(DomainError):
        circuit.enter()
    circuit.left(probe=probe)
    assert circuit.enter() is True, "a probe that learnt nothing is handed on"
    circuit.failed(None, probe=True)
    assert state(circuit) == "open"
    time.sleep(0.05)
    circuit.answered(404, A, probe=circuit.enter())
    assert state(circuit) == "closed"
    assert circuit.enter() is False


async def test_a_full_bulkhead_tells_the_next_at_once() -> None:
    bulkhead = Bulkhead("test-full", "quick", 2, 1, 0.2)
    await bulkhead.enter()
    await bulkhead.enter()
    waiting = asyncio.create_task(bulkhead.enter())
    await asyncio.sleep(0)
    with pytest.raises(DomainError) as refusal:
        await bulkhead.enter()
    assert (refusal.value.code, refusal.value.status) == ("service-busy", 503)
    bulkhead.leave()
    await waiting
    with pytest.raises(DomainError):
        await bulkhead.enter()
    bulkhead.leave()
    await bulkhead.enter()


async def test_who_stops_waiting_takes_no_place_with_him() -> None:
    bulkhead = Bulkhead("test-gone", "quick", 1, 5, 5)
    await bulkhead.enter()
    waiting = [asyncio.create_task(bulkhead.enter()) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    bulkhead.leave()
    waiting[1].cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert [task.cancelled() for task in waiting] == [True, True, False]
    bulkhead.leave()
    await asyncio.wait_for(bulkhead.enter(), 10)


async def test_a_slow_service_does_not_starve_another(http: AsyncClient, gateway_with: Start, world: World) -> None:
    """The same tiny service twice: as the registry it is asked for slow answers, as finance for quick ones."""
    process = gateway_with(
        FINANCE_URL=world.upstream.url,
        UPSTREAM_CONNECTIONS="4",
        UPSTREAM_WAITING="4",
        UPSTREAM_CONNECT_SECONDS="0.5",
        UPSTREAM_READ_SECONDS="10",
    )
    async with httpx.AsyncClient(base_url=process.url, timeout=120) as client:
        slow = [asyncio.create_task(client.get("/v1/centres/slow?seconds=3")) for _ in range(40)]
        await asyncio.sleep(0.4)
        began = time.monotonic()
        quick = [(await client.get("/v1/grants")).status_code for _ in range(20)]
        assert quick == [200] * 20
        assert time.monotonic() - began < 1.5
        streamed = await client.get("/v1/centres/echo", headers={"Accept": "text/csv"})
        assert streamed.status_code == 200, "what takes long has places of its own"
        answers = await asyncio.gather(*slow)
    seen = Counter(answer.status_code for answer in answers)
    assert seen == {200: 4, 503: 36}
    refused = next(answer for answer in answers if answer.status_code == 503)
    assert refused.json()["code"] == "service-busy"
    assert refused.headers["retry-after"] == "2"


async def test_a_service_that_is_away_is_left_alone_and_found_again(
    http: AsyncClient, gateway_with: Start, world: World
) -> None:
    port = free_port()
    process = gateway_with(VOUCHERS_URL=f"http://127.0.0.1:{port}")
    url = f"{process.url}/v1/providers"
    seen = [(await http.get(url)).status_code for _ in range(module.FAILURES + 5)]
    assert set(seen) == {503}
    metrics = (await http.get(f"{process.url}/metrics")).text
    assert 'mengchuang_gateway_circuit{service="vouchers"} 2.0' in metrics
    assert 'mengchuang_gateway_circuit{service="registry"} 0.0' in metrics
    assert (await http.get(f"{process.url}/v1/centres/echo")).status_code == 200
    environment = {"SERVICE_NAME": "vouchers", "PUBLIC_KEYS_DIR": str(world.keys.public_dir)}
    service = ServiceProcess("tests.gateway.upstream:app", port, environment).start()
    try:
        await asyncio.sleep(module.FIRST_PAUSE_SECONDS + 0.2)
        deadline = time.monotonic() + 20
        while (await http.get(url)).status_code != 200 and time.monotonic() < deadline:
            await asyncio.sleep(0.2)
        assert [(await http.get(url)).status_code for _ in range(5)] == [200] * 5
    finally:
        service.terminate()


async def test_more_than_it_can_take_is_turned_away_before_it_costs_anything(
    http: AsyncClient, gateway_with: Start
) -> None:
    process = gateway_with(MAX_IN_FLIGHT="8", UPSTREAM_READ_SECONDS="10")
    async with httpx.AsyncClient(base_url=process.url, timeout=120) as client:
        slow = [asyncio.create_task(client.get("/v1/centres/slow?seconds=2")) for _ in range(6)]
        await asyncio.sleep(0.5)
        refused = await client.get("/v1/centres/echo", headers={"Accept-Language": "en"})
        assert (refused.status_code, refused.json()["code"]) == (503, "overloaded")
        assert refused.json()["title"] == "The system is overloaded"
        assert refused.headers["retry-after"] == "2"
        assert (await client.get("/healthz")).status_code == 200
        assert (await client.get("/metrics")).status_code == 200
        known = await client.get("/v1/centres/echo", headers={"Authorization": "Bearer rubbish"})
        assert known.status_code == 401, "who says who he is comes in longer"
        assert {answer.status_code for answer in await asyncio.gather(*slow)} <= {200, 503}
