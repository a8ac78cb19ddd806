"""Registry, gateway and broker as they run together, and the command line that reaches all three."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from typer.testing import CliRunner

from deploy.commands import bureaus
from deploy.embedded.databases import DATABASES
from deploy.state import Child, Lock, State, StateFile
from shared.db import Database
from shared.events import outbox
from shared.events.contracts import by_name
from shared.events.outbox import EventContext
from shared.events.types import EventData, EventType
from tests.contracts.sampling import make
from tests.support.postgres import Cluster
from tests.support.suite import Suite

ROOT = Path(__file__).parents[3]
LISTED, SUBMITTED, BANNED = "registry.centre.listed.v1", "registry.centre.submitted.v1", "registry.ban.imposed.v1"


def programs() -> dict[str, str]:
    """The programs of docs/bureaus.md by the file name that their first line says."""
    text = (ROOT / "docs/bureaus.md").read_text(encoding="utf-8")
    found = {}
    for _, code in re.findall(r"```(js|python)\n(.*?)```", text, re.DOTALL):
        name = re.search(r"(\w+\.(?:mjs|py))", code.partition("\n")[0])
        if name is not None:
            found[name[1]] = code
    return found


@dataclass
class Home:
    """A running suite with its data folder, as the commands see it."""

    suite: Suite
    folder: Path

    def environment(self) -> dict[str, str]:
        """What the deployment's own processes are started with."""
        return {
            "DATA_DIR": str(self.folder),
            "MENGCHUANG_NATS_PORT": str(self.suite.broker.port),
            "MENGCHUANG_GATEWAY_PORT": str(self.suite.surroundings.ports["gateway"]),
            **{f"{name.upper()}_DATABASE_URL": self.suite.database_urls["gateway"] for name in DATABASES},
        }

    def mengchuang(self, *words: str, fails: bool = False) -> str:
        """What a command prints, or why it refuses. In this process, but on a thread: it runs an event loop."""
        env = self.environment()
        with ThreadPoolExecutor(1) as thread:
            group, *rest = words
            assert group == "bureaus"
            result = thread.submit(CliRunner().invoke, bureaus.app, rest, env=env).result()
        assert (result.exit_code != 0) == fails, f"{result.output}{result.exception!r}"
        return str(result.exception) if fails else result.stdout

    def add(self, name: str, *words: str) -> dict[str, Any]:
        """A bureau's configuration, as it is handed over."""
        configuration: dict[str, Any] = json.loads(self.mengchuang("bureaus", "add", name, *words))
        return configuration

    def know_the_broker(self) -> None:
        """Write down which process the broker is, as the supervisor does when it has started it again."""
        process = self.suite.broker.process()
        assert process is not None
        broker = Child(
            name="nats", pid=process.pid, started=process.started, address=self.suite.broker.address, log_file=""
        )
        StateFile(self.folder).write(State(pid=0, started=0, phase="ready", children=[broker]))


@pytest.fixture(scope="module")
def home(postgres: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A suite of registry and gateway, under a lock as if a supervisor held it."""
    folder = tmp_path_factory.mktemp("bureaus")
    suite = Suite(postgres, folder, only=("registry", "gateway"), sync_always=True)
    data = folder / "broker"
    data.mkdir(exist_ok=True)
    (data / "secrets").symlink_to(folder / "secrets")
    (data / "logs").mkdir()
    suite.broker.log_file = data / "logs" / "nats.log"
    suite.broker.bureaus_file = folder / "secrets" / "nats" / "bureaus.json"
    with suite, Lock(data) as lock:
        assert lock.acquire()
        found = Home(suite, data)
        found.know_the_broker()
        yield found


@dataclass
class Registry:
    """The registry's own database, into which its events are written as its use cases write them."""

    db: Database

    async def tell(self, name: str, count: int = 1) -> None:
        """So many events of a type, each of another aggregate."""
        kind = by_name(name)
        assert kind is not None
        rows: list[tuple[UUID, int, EventData]] = [(uuid4(), 1, _data(kind)) for _ in range(count)]
        async with self.db.transaction() as session:
            await outbox.append_many(session, kind, rows, context=_CONTEXT)


_CONTEXT = EventContext(actor="service:registry", effective_on=date(2019, 3, 18), correlation_id="test")


def _data(kind: EventType[Any]) -> EventData:
    data: EventData = kind.data.model_validate(make(kind))
    return data


@pytest.fixture
async def registry(home: Home) -> AsyncIterator[Registry]:
    database = Database(home.suite.database_urls["registry"], pool_size=2)
    yield Registry(database)
    await database.close()
