"""Gateway processes with settings of their own, all on one database and in front of one tiny service."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from httpx import AsyncClient

from tests.gateway.conftest import World
from tests.support.service_process import ServiceProcess
from tests.support.waiting import free_port

Start = Callable[..., ServiceProcess]


@pytest.fixture(scope="module")
def gateway_with(
    world: World, environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Start]:
    """`gateway_with(RATE_LIMITS="on")` starts one more gateway process, or another app; ended after the module."""
    folder = tmp_path_factory.mktemp("gateways")
    running: list[ServiceProcess] = []

    def start(app: str = "gateway.main:app", **changes: str) -> ServiceProcess:
        log = folder / f"{len(running)}.log"
        env = {**environment, "MAX_LAG_SECONDS": "60", **changes}
        process = ServiceProcess(app, free_port(), env, log_file=log)
        running.append(process)
        return process.start()

    yield start
    for process in running:
        process.terminate()


@pytest.fixture
async def http() -> AsyncIterator[AsyncClient]:
    """A caller that is told whole URLs."""
    async with AsyncClient(timeout=120, headers={"Accept-Language": "en"}) as client:
        yield client


def write(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    return str(path)
