"""A gateway with a database and a producer of its own, whose waits are short, and which may send to loopback."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from httpx import AsyncClient, Response

from tests.gateway.conftest import Hire, Person, World
from tests.gateway.webhooks.producer import TOPIC
from tests.gateway.webhooks.receiver import Receiver
from tests.support.postgres import Cluster
from tests.support.service_process import ServiceProcess
from tests.support.tokens import Keys
from tests.support.waiting import free_port

BEGINNING = 40
"""Events that are in the log before any test."""


@dataclass(frozen=True)
class Log:
    """The producer's log."""

    file: Path

    def read(self) -> dict[str, int]:
        state: dict[str, int] = json.loads(self.file.read_text())
        return state

    @property
    def head(self) -> int:
        return self.read()["head"]

    def write(self, **changed: int) -> None:
        part = self.file.with_suffix(".part")
        part.write_text(json.dumps({**self.read(), **changed}))
        part.replace(self.file)

    def grow(self, count: int) -> list[int]:
        """So many events more; their positions."""
        head = self.head
        self.write(head=head + count)
        return list(range(head + 1, head + count + 1))


@pytest.fixture(scope="session")
def webhook_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("webhooks")


@pytest.fixture(scope="session")
def log(webhook_folder: Path) -> Log:
    file = webhook_folder / "log.json"
    file.write_text(json.dumps({"epoch": 1, "head": BEGINNING}))
    return Log(file)


@pytest.fixture(scope="session")
def webhook_environment(postgres: Cluster, webhook_folder: Path) -> Iterator[dict[str, str]]:
    keys = Keys(webhook_folder / "secrets")
    url = postgres.service_database("gateway")
    away = {f"{name}_URL": f"http://127.0.0.1:{free_port()}" for name in ("EVALUATION", "FINANCE", "VOUCHERS")}
    yield {
        "ENVIRONMENT": "test",
        "BUSINESS_CLOCK": "simulated",
        "DATABASE_URL": url,
        "NATS_URL": "nats://127.0.0.1:9",
        "SIGNING_KEY_FILE": str(keys.private("gateway")),
        "ACCESS_SIGNING_KEY_FILE": str(webhook_folder / "secrets/gateway/access.pem"),
        "GATEWAY_KEYS_FILE": str(keys.gateway_keys),
        "PUBLIC_KEYS_DIR": str(keys.public_dir),
        "RATE_LIMITS": "off",
        "WEBHOOK_ALLOW_NETS": "127.0.0.0/8",
        "WEBHOOK_TIMEOUT_SECONDS": "2",
        "WEBHOOK_RETRY_SECONDS": "[0.2, 0.3, 0.5, 1.0, 2.0]",
        "WEBHOOK_POLL_SECONDS": "0.1",
        **away,
    }
    postgres.drop_database(url)


@pytest.fixture(scope="session")
def world(webhook_environment: dict[str, str], webhook_folder: Path, log: Log) -> Iterator[World]:
    keys = Keys(webhook_folder / "secrets")
    producer = ServiceProcess(
        "tests.gateway.webhooks.producer:app",
        free_port(),
        {"SERVICE_NAME": "registry", "PUBLIC_KEYS_DIR": str(keys.public_dir), "LOG": str(log.file)},
        log_file=webhook_folder / "producer.log",
    ).start()
    webhook_environment["REGISTRY_URL"] = producer.url
    gateway = ServiceProcess(
        "gateway.main:app", free_port(), webhook_environment, log_file=webhook_folder / "gateway.log"
    )
    gateway.start()
    access_key = Path(webhook_environment["ACCESS_SIGNING_KEY_FILE"])
    yield World(gateway, producer, webhook_environment["DATABASE_URL"], keys, access_key, webhook_folder / "mark")
    gateway.terminate()
    producer.terminate()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver() as server:
        yield server


@pytest.fixture
async def bank(hire: Hire) -> Person:
    """An account of a bank that no other test has."""
    name = uuid4().hex[:12]
    return await hire(f"bank.{name}", "bank", bank=f"B{name}")


@dataclass
class Hook:
    """A webhook, as its owner has it."""

    client: AsyncClient
    owner: Person
    id: str
    secret: str

    async def get(self) -> dict[str, object]:
        response = await self.client.get(f"/v1/webhooks/{self.id}", headers=self.owner.headers)
        assert response.status_code == 200, response.text
        shown: dict[str, object] = response.json()
        return shown

    async def post(self, verb: str, body: object = None, **headers: str) -> Response:
        sent = {**self.owner.headers, **headers}
        return await self.client.post(f"/v1/webhooks/{self.id}/{verb}", headers=sent, json=body)

    async def patch(self, body: object) -> Response:
        tag = (await self.client.get(f"/v1/webhooks/{self.id}", headers=self.owner.headers)).headers["etag"]
        headers = {**self.owner.headers, "If-Match": tag}
        return await self.client.patch(f"/v1/webhooks/{self.id}", headers=headers, json=body)

    async def deliveries(self, **query: str | int) -> list[dict[str, object]]:
        response = await self.client.get(
            f"/v1/webhooks/{self.id}/deliveries", headers=self.owner.headers, params={"limit": 200, **query}
        )
        assert response.status_code == 200, response.text
        items: list[dict[str, object]] = response.json()["items"]
        return items


Subscribe = Callable[..., Awaitable[Hook]]


@pytest.fixture
async def subscribe(client: AsyncClient, bank: Person) -> AsyncIterator[Subscribe]:
    """`await subscribe(url, after=..., ordered=...)` makes a webhook of the bank's; it is removed after the test."""
    made: list[Hook] = []

    async def make(url: str, *, after: int | None = None, owner: Person = bank, **body: object) -> Hook:
        wanted = {"topic": TOPIC} if after is None else {"topic": TOPIC, "after": after}
        response = await client.post(
            "/v1/webhooks", headers=owner.headers, json={"url": url, "topics": [wanted], **body}
        )
        assert response.status_code == 201, response.text
        made.append(Hook(client, owner, response.json()["webhook"]["id"], response.json()["secret"]))
        return made[-1]

    yield make
    for hook in made:
        await hook.post("delete")
