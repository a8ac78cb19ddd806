"""How a service process ends: not ready, then no new connections, then open requests finished, then the lifespan."""

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.service_process import ServiceProcess
from tests.support.waiting import eventually, free_port


@pytest.fixture
def process(tmp_path: Path) -> Iterator[ServiceProcess]:
    service = ServiceProcess("tests.support.tiny_app:app", free_port(), {}, log_file=tmp_path / "log")
    service.drain_seconds = 1.0
    yield service.start()
    service.kill9()


async def test_sigterm_turns_readiness_off_while_requests_are_still_answered(process: ServiceProcess) -> None:
    async with httpx.AsyncClient(base_url=process.url) as client:
        slow = asyncio.create_task(client.get("/slow"))
        await asyncio.sleep(0.2)
        os.kill(process.pid, signal.SIGTERM)
        await eventually(lambda: _is_draining(client))
        assert (await slow).text == "draining", "a request that was under way is finished"
    assert process.terminate() == -signal.SIGTERM
    assert process.log_file is not None
    assert "lifespan closed" in process.log_file.read_text()


async def test_a_request_longer_than_the_drain_time_is_finished(process: ServiceProcess) -> None:
    async with httpx.AsyncClient(base_url=process.url) as client:
        os.kill(process.pid, signal.SIGTERM)
        await asyncio.sleep(0.7)
        slow = asyncio.create_task(client.get("/slow"))
        assert (await slow).status_code == 503
    assert process.terminate() == -signal.SIGTERM


async def _is_draining(client: httpx.AsyncClient) -> bool:
    return (await client.get("/readyz")).status_code == 503
