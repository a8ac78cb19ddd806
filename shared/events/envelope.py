"""The event as stored, hashed, carried over NATS and served over HTTP (CloudEvents 1.0).

The attributes are one canonical JSON text (sorted keys, every value a string) and the data another; both are written
once and never re-serialised. `hash = SHA-256(previous hash || id || position || attributes || LF || data)`, with the id
as its 16 bytes and the position as 8 bytes, big-endian; the first event of a topic follows the empty hash.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

HEADER_PREFIX = "ce-"
SEQUENCE_HEADERS = ("position", "epoch", "hash")


def canonical(attributes: Mapping[str, str]) -> str:
    """The one text that a set of attributes is stored, hashed and compared as (ASCII)."""
    return json.dumps(attributes, sort_keys=True, separators=(",", ":"))


def chain(previous: bytes, event_id: UUID, position: int, attributes: str, data: str) -> bytes:
    """The event's link in its topic's hash chain (32 bytes)."""
    digest = hashlib.sha256(previous)
    digest.update(event_id.bytes)
    digest.update(position.to_bytes(8, "big"))
    digest.update(attributes.encode())
    digest.update(b"\n")
    digest.update(data.encode())
    return digest.digest()


@dataclass(frozen=True, slots=True)
class SequencedEvent:
    """An event that has its place in its topic's log."""

    topic: str
    epoch: int
    position: int
    hash: bytes
    id: UUID
    attributes: str
    data: str

    def follows(self, previous: bytes) -> bool:
        """Whether the event's hash is the one that follows `previous` in the chain."""
        return chain(previous, self.id, self.position, self.attributes, self.data) == self.hash

    def parsed(self) -> dict[str, str]:
        """The CloudEvents attributes."""
        parsed: dict[str, str] = json.loads(self.attributes)
        return parsed

    def headers(self) -> dict[str, str]:
        """NATS headers of the CloudEvents binary mode, with the JetStream message id."""
        headers = {f"{HEADER_PREFIX}{name}": value for name, value in self.parsed().items()}
        headers["ce-position"] = str(self.position)
        headers["ce-epoch"] = str(self.epoch)
        headers["ce-hash"] = self.hash.hex()
        headers["Nats-Msg-Id"] = str(self.id)
        return headers

    def to_json(self) -> dict[str, object]:
        """The form in which services hand events to each other over HTTP: texts as stored."""
        return {
            "topic": self.topic,
            "epoch": self.epoch,
            "position": self.position,
            "hash": self.hash.hex(),
            "id": str(self.id),
            "attributes": self.parsed(),
            "data": self.data,
        }


def from_json(item: Mapping[str, object]) -> SequencedEvent:
    """Read what `SequencedEvent.to_json` wrote. Raises KeyError, TypeError or ValueError on anything else."""
    attributes = item["attributes"]
    if not isinstance(attributes, dict):
        raise TypeError("attributes must be an object")
    return SequencedEvent(
        topic=str(item["topic"]),
        epoch=int(str(item["epoch"])),
        position=int(str(item["position"])),
        hash=bytes.fromhex(str(item["hash"])),
        id=UUID(str(item["id"])),
        attributes=canonical(attributes),
        data=str(item["data"]),
    )


def from_message(headers: Mapping[str, str] | None, body: bytes) -> SequencedEvent:
    """Read a NATS message in CloudEvents binary mode. Raises KeyError or ValueError if it is not one of ours."""
    given = {
        name[len(HEADER_PREFIX) :]: value for name, value in (headers or {}).items() if name.startswith(HEADER_PREFIX)
    }
    position, epoch, digest = (given.pop(name) for name in SEQUENCE_HEADERS)
    return SequencedEvent(
        topic=given["type"].rsplit(".", 2)[0],
        epoch=int(epoch),
        position=int(position),
        hash=bytes.fromhex(digest),
        id=UUID(given["id"]),
        attributes=canonical(given),
        data=body.decode(),
    )
