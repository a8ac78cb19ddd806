"""Fixtures for every test: real PostgreSQL and NATS from the wheels, one of each for a test process."""

import gc
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.environment import APPS
from tests.support import nursery
from tests.support.broker import Broker
from tests.support.postgres import Cluster
from tests.support.tokens import Keys
from tests.tasks.plugin import TasksPlugin

TESTS = Path(__file__).parent


@pytest.fixture(scope="session")
def scratch() -> Iterator[Path]:
    """A folder for servers' data. Paths are short: the system's limit for socket names is 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="mc-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def postgres(scratch: Path, request: pytest.FixtureRequest) -> Iterator[Cluster]:
    cluster = Cluster(scratch / "pg", durable=request.config.getoption("--durable"))
    yield cluster
    cluster.stop()


@pytest.fixture(scope="session")
def migrated(postgres: Cluster) -> Callable[[str], str]:
    """`migrated("registry")` is the name of a template database at the service's head."""
    return postgres.migrated


@pytest.fixture(scope="session")
def nats_server(scratch: Path) -> Iterator[Broker]:
    """The broker that tests share; it stays up. A test that kills or wipes takes `own_nats_server`."""
    broker = Broker(scratch / "broker")
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture(scope="session")
def keys(scratch: Path) -> Keys:
    """Signing keys of the gateway and the services, for `tests.support.tokens.internal_token`."""
    return Keys(scratch / "keys")


@pytest.fixture
def own_nats_server(tmp_path: Path) -> Iterator[Broker]:
    """A broker for this test alone, started."""
    broker = Broker(tmp_path / "broker")
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def database(postgres: Cluster) -> Iterator[Callable[[str], str]]:
    """`database("registry")` is the URL of a fresh migrated database (run-time role), dropped after the test."""
    made: list[str] = []

    def create(service: str) -> str:
        made.append(postgres.service_database(service))
        return made[-1]

    yield create
    for url in made:
        postgres.drop_database(url)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--durable", action="store_true", help="run PostgreSQL with fsync on, as production does")


def pytest_configure(config: pytest.Config) -> None:
    """The proof of `GET /v1/tasks` looks over the shoulder of the tests named in `tests/tasks/proven.toml`."""
    config.pluginmanager.register(TasksPlugin(os.environ.get("TASKS_WATCH")), "tasks-watch")


def pytest_sessionstart() -> None:
    """While the services are imported and the tests collected nothing becomes garbage: no need to look for it."""
    gc.disable()


def pytest_collection_finish(session: pytest.Session) -> None:
    """What was collected stays to the end, so that the collector need not walk it again and again; and processes that
    tests start are born with the services imported that these tests are about."""
    gc.freeze()
    gc.enable()
    folders = {Path(item.path).relative_to(TESTS).parts[0] for item in session.items if item.path.is_relative_to(TESTS)}
    named = APPS.keys() if "e2e" in folders else folders & APPS.keys()
    nursery.preload(APPS[name].partition(":")[0] for name in sorted(named))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that start whole stacks or kill servers come first, then those of many tests, so that no process is left
    alone with a long one at the end."""
    long = ("e2e", "fault", "slow")
    ranks: dict[Path, int] = {}
    for item in items:
        rank = next((rank for rank, mark in enumerate(long) if item.get_closest_marker(mark)), len(long))
        ranks[item.path] = min(rank, ranks.get(item.path, rank))
    sizes = Counter(item.path for item in items)
    items.sort(key=lambda item: (ranks[item.path], -sizes[item.path], item.path))
