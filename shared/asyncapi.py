"""The AsyncAPI 3.0 description of the events that leave the suite, generated from their contracts."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from pydantic import BaseModel, JsonValue
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue, models_json_schema
from pydantic_core.core_schema import DecimalSchema

from shared.events.contracts import PRODUCERS, event_types
from shared.events.outside import OUTSIDE
from shared.events.types import Audience, EventType, Topic
from shared.examples import example_of

_REF: Final = "#/components/schemas/{model}"
_MODE: Final[JsonSchemaMode] = "serialization"
_TEXT: Final[dict[str, JsonValue]] = {"type": "string"}
_ATTRIBUTES: Final[dict[str, JsonValue]] = {
    "ce-specversion": {"type": "string", "const": "1.0"},
    "ce-id": {"type": "string", "format": "uuid", "description": "UUIDv7, also Nats-Msg-Id"},
    "ce-source": {"type": "string", "format": "uri-reference"},
    "ce-type": _TEXT,
    "ce-subject": {"type": "string", "format": "uuid", "description": "the aggregate"},
    "ce-time": {"type": "string", "format": "date-time"},
    "ce-datacontenttype": {"type": "string", "const": "application/json"},
    "ce-position": {"type": "string", "pattern": "^[1-9][0-9]*$", "description": "gapless within topic and epoch"},
    "ce-epoch": {"type": "string", "pattern": "^[1-9][0-9]*$", "description": "raised when a log is restored"},
    "ce-hash": {"type": "string", "pattern": "^[0-9a-f]{64}$", "description": "SHA-256 chain over the topic"},
    "ce-aggregateversion": {"type": "string", "pattern": "^[1-9][0-9]*$"},
    "ce-effectiveon": {"type": "string", "format": "date", "description": "business day in Asia/Shanghai"},
    "ce-actor": {"type": "string", "description": "account id or service:<name>"},
    "ce-correlationid": _TEXT,
    "ce-traceparent": {"type": "string", "description": "W3C Trace Context of the step that made the event"},
    "ce-causationid": {"type": "string", "format": "uuid"},
    "ce-actorrole": {"type": "string", "description": "bureau, or the role of the party that acted"},
    "ce-rules": {"type": "string", "description": "rule ids, comma-separated"},
    "ce-policyedition": _TEXT,
    "ce-simulated": {"type": "string", "const": "true", "description": "made under a simulated business clock"},
}
_OPTIONAL: Final = frozenset(
    {
        "ce-causationid",
        "ce-rules",
        "ce-policyedition",
        "ce-simulated",
        "ce-correlationid",
        "ce-traceparent",
        "ce-actorrole",
    }
)


_LOCAL_NATS: Final = "nats://127.0.0.1:14222"
_LOCAL_GATEWAY: Final = "http://127.0.0.1:8080"


@dataclass(frozen=True, slots=True)
class Places:
    """Where readers find the broker and the gateway; where nothing is said, on their own machine."""

    nats_url: str = ""
    gateway_url: str = ""


def build_asyncapi(
    audiences: Collection[Audience] = OUTSIDE, *, places: Places | None = None, version: str = "1"
) -> dict[str, JsonValue]:
    """Every topic that has events of these audiences: a channel on NATS for each, in CloudEvents' binary mode, and one
    for the feed over HTTP, which has the same events by position."""
    wanted = [
        event_type for producer in PRODUCERS for event_type in event_types(producer) if event_type.audience in audiences
    ]
    schemas, references = _schemas(wanted)
    channels: dict[str, JsonValue] = {"feed": _feed_channel(wanted)}
    operations: dict[str, JsonValue] = {
        "feed": {
            "action": "send",
            "channel": {"$ref": "#/channels/feed"},
            "summary": "Events of a topic after a position, as pages, long polls or a stream",
            "bindings": {"http": {"method": "GET", "bindingVersion": "0.3.0"}},
            "messages": [{"$ref": "#/channels/feed/messages/page"}],
        }
    }
    for topic in sorted({event_type.topic for event_type in wanted}, key=lambda topic: topic.name):
        names = [event_type.name for event_type in wanted if event_type.topic == topic]
        channels[topic.name] = _channel(topic, names)
        operations[topic.name] = {
            "action": "send",
            "channel": {"$ref": f"#/channels/{topic.name}"},
            "summary": f"GET /v1/events?topic={topic.name} has the same events by position",
            "messages": [{"$ref": f"#/channels/{topic.name}/messages/{name}"} for name in names],
        }
    return {
        "asyncapi": "3.0.0",
        "id": "urn:mengchuang:events",
        "info": {
            "title": "Mengchuang events",
            "version": version,
            "description": "CloudEvents 1.0 over core NATS; missed ones are read by position from GET /v1/events.",
            "tags": [{"name": producer} for producer in sorted({kind.topic.producer for kind in wanted})],
        },
        "defaultContentType": "application/json",
        "servers": _servers(places or Places()),
        "channels": channels,
        "operations": operations,
        "components": {
            "messages": {event_type.name: _message(event_type, references[event_type.data]) for event_type in wanted},
            "messageTraits": {"cloudevent": {"headers": _headers()}},
            "schemas": schemas,
            "securitySchemes": _SECURITY,
        },
    }


_SECURITY: Final[dict[str, JsonValue]] = {
    "nkey": {
        "type": "asymmetricEncryption",
        "description": "NKey (Ed25519): the server sends a challenge, the client signs it with its seed",
    },
    "apiKey": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "mc_<live|test>_<id>_<secret>",
        "description": "an API key with the scope events:read, or an access token",
    },
}


def _servers(places: Places) -> dict[str, JsonValue]:
    nats, gateway = urlsplit(places.nats_url or _LOCAL_NATS), urlsplit(places.gateway_url or _LOCAL_GATEWAY)
    return {
        "nats": {
            "host": nats.netloc.rpartition("@")[2],
            "protocol": "nats",
            "title": "Broker",
            "description": "TLS" if nats.scheme == "tls" else "without encryption: for the same machine only",
            "security": [{"$ref": "#/components/securitySchemes/nkey"}],
        },
        "http": {
            "host": gateway.netloc,
            "pathname": gateway.path.rstrip("/") or "/",
            "protocol": gateway.scheme,
            "title": "Gateway",
            "security": [{"$ref": "#/components/securitySchemes/apiKey"}],
        },
    }


def _channel(topic: Topic, names: list[str]) -> dict[str, JsonValue]:
    endings: list[JsonValue] = [name.removeprefix(f"{topic.name}.") for name in names]
    return {
        "address": f"{topic.name}.{{event}}",
        "title": topic.title or topic.name,
        "servers": [{"$ref": "#/servers/nats"}],
        "tags": [{"name": topic.producer}],
        "parameters": {"event": {"description": "what happened, and the contract's version", "enum": endings}},
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
    }


def _feed_channel(wanted: list[EventType[Any]]) -> dict[str, JsonValue]:
    topics: list[JsonValue] = [*sorted({event_type.topic.name for event_type in wanted})]
    return {
        "address": "/v1/events?topic={topic}",
        "title": "Events by position",
        "servers": [{"$ref": "#/servers/http"}],
        "parameters": {"topic": {"description": "one topic", "enum": topics}},
        "messages": {"page": _page()},
    }


def _page() -> dict[str, JsonValue]:
    """A page of the feed, in which each item has its event's attributes and, as `data`, the payload of its type."""
    whole: dict[str, JsonValue] = {"type": "integer", "minimum": 0}
    fields: dict[str, JsonValue] = {
        "topic": _TEXT,
        "epoch": whole,
        "head": {**whole, "description": "the topic's last position"},
        "next_after": {**whole, "description": "where reading goes on"},
        "items": {"type": "array", "items": {"type": "object"}, "description": "CloudEvents in structured mode"},
    }
    return {
        "name": "page",
        "title": "Page of the feed",
        "summary": "events of a topic after a position",
        "contentType": "application/json",
        "payload": {"type": "object", "properties": fields, "required": [*fields]},
        "examples": [
            {
                "name": "nothing-new",
                "payload": {"topic": "registry.centre", "epoch": 1, "head": 12, "next_after": 12, "items": []},
            }
        ],
    }


def _schemas(wanted: list[EventType[Any]]) -> tuple[dict[str, JsonValue], dict[type[BaseModel], JsonValue]]:
    models: list[type[BaseModel]] = list(dict.fromkeys(event_type.data for event_type in wanted))
    keyed, definitions = models_json_schema([(model, _MODE) for model in models], ref_template=_REF)
    named: dict[str, JsonValue] = definitions.get("$defs", {})
    return named, {model: keyed[model, _MODE] for model in models}


def _headers() -> dict[str, JsonValue]:
    required: list[JsonValue] = [name for name in _ATTRIBUTES if name not in _OPTIONAL]
    return {"type": "object", "properties": dict(_ATTRIBUTES), "required": required}


def _message(event_type: EventType[Any], payload: JsonValue) -> dict[str, JsonValue]:
    return {
        "name": event_type.name,
        "title": event_type.name,
        "summary": event_type.summary or event_type.name,
        "contentType": "application/json",
        "traits": [{"$ref": "#/components/messageTraits/cloudevent"}],
        "payload": payload,
        "examples": [{"name": "made-up", "headers": _example_headers(event_type), "payload": _example(event_type)}],
        "x-audience": event_type.audience.value,
    }


def _example_headers(event_type: EventType[Any]) -> dict[str, JsonValue]:
    return {
        "ce-specversion": "1.0",
        "ce-id": "0190a000-0000-7000-8000-000000000001",
        "ce-source": f"/{event_type.topic.producer}",
        "ce-type": event_type.name,
        "ce-subject": "0190a000-0000-7000-8000-000000000002",
        "ce-time": "2019-03-18T02:30:00.000Z",
        "ce-datacontenttype": "application/json",
        "ce-position": "7",
        "ce-epoch": "1",
        "ce-hash": hashlib.sha256(event_type.name.encode()).hexdigest(),
        "ce-aggregateversion": "1",
        "ce-effectiveon": "2019-03-18",
        "ce-actor": f"service:{event_type.topic.producer}",
    }


class _NumbersMarked(GenerateJsonSchema):
    """Decimal numbers are texts of their own form: an example of one is a number."""

    def decimal_schema(self, schema: DecimalSchema) -> JsonSchemaValue:
        return {"type": "string", "format": "decimal"}


def _example(event_type: EventType[Any]) -> dict[str, JsonValue]:
    """Data of the right form, the same each time."""
    schema = event_type.data.model_json_schema(mode=_MODE, schema_generator=_NumbersMarked)
    made = example_of(schema, schema.get("$defs", {}))
    assert isinstance(made, dict), "data are an object"
    return made
