"""The JetStream streams: made, and made again, by one provisioner; services only attach their durables.

Streams are transport. A wiped broker takes them all; the provisioner recreates what is missing within seconds, and the
consumers read from the producers' logs what passed by in between.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import nats.errors
import nats.js.errors
import structlog
from nats.aio.client import Client
from nats.js.api import DiscardPolicy, RetentionPolicy, StorageType, StreamConfig

log = structlog.get_logger(__name__)

PRODUCERS = ("registry", "evaluation", "finance", "vouchers", "gateway")
MAX_AGE_DAYS = 90
DUPLICATE_WINDOW_SECONDS = 120
MAX_MESSAGE_BYTES = 1024 * 1024


def durable_name(service: str, topic: str) -> str:
    """The durable consumer with which a service reads a topic."""
    return f"{service}_{topic.replace('.', '_')}"


@dataclass(frozen=True, slots=True)
class Drift:
    """A difference between a stream as it should be and as it is."""

    stream: str
    setting: str
    wanted: str
    found: str


def stream_configs(*, deny: bool, replicas: int) -> list[StreamConfig]:
    """One stream a producer. `deny` forbids deleting and purging messages, and cannot be unset again."""
    return [
        StreamConfig(
            name=producer.upper(),
            subjects=[f"{producer}.>"],
            retention=RetentionPolicy.LIMITS,
            discard=DiscardPolicy.NEW,
            storage=StorageType.FILE,
            max_age=MAX_AGE_DAYS * 86400.0,
            max_msg_size=MAX_MESSAGE_BYTES,
            duplicate_window=float(DUPLICATE_WINDOW_SECONDS),
            num_replicas=replicas,
            deny_delete=deny,
            deny_purge=deny,
            allow_rollup_hdrs=False,
        )
        for producer in PRODUCERS
    ]


_COMPARED = (
    "subjects",
    "retention",
    "discard",
    "storage",
    "max_age",
    "max_msg_size",
    "duplicate_window",
    "num_replicas",
    "deny_delete",
    "deny_purge",
)


async def _found(client: Client, name: str) -> StreamConfig | None:
    try:
        return (await client.jetstream().stream_info(name)).config
    except nats.js.errors.NotFoundError:
        return None


async def drift(client: Client, *, deny: bool = True, replicas: int = 1) -> list[Drift]:
    """Every setting of every stream that is not as it should be; a missing stream is one difference."""
    differences: list[Drift] = []
    for wanted in stream_configs(deny=deny, replicas=replicas):
        name = str(wanted.name)
        found = await _found(client, name)
        if found is None:
            differences.append(Drift(name, "stream", "present", "missing"))
            continue
        for setting in _COMPARED:
            should, does = getattr(wanted, setting), getattr(found, setting)
            if should != does:
                differences.append(Drift(name, setting, str(should), str(does)))
    return differences


async def provision(client: Client, *, deny: bool = True, replicas: int = 1) -> list[str]:
    """Create the missing streams and bring the others up to date; the names of those it touched."""
    touched: list[str] = []
    differing = {difference.stream for difference in await drift(client, deny=deny, replicas=replicas)}
    for config in stream_configs(deny=deny, replicas=replicas):
        name = str(config.name)
        if name not in differing:
            continue
        if await _found(client, name) is None:
            await client.jetstream().add_stream(config)
        else:
            await client.jetstream().update_stream(config)
        touched.append(name)
        log.info("stream-provisioned", stream=name)
    return touched


async def provision_forever(
    client: Client, *, deny: bool = True, replicas: int = 1, every_seconds: float = 5.0
) -> None:
    """Keep the streams as they should be until cancelled; whatever the broker answers, try again."""
    while True:
        if client.is_connected:
            try:
                await provision(client, deny=deny, replicas=replicas)
            except (nats.errors.Error, nats.js.errors.Error, OSError) as error:
                log.warning("provisioning-failed", error=repr(error))
        await asyncio.sleep(every_seconds)
