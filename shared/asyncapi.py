"""The AsyncAPI 3.0 description of the events that leave the suite, generated from their contracts."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from pydantic import BaseModel, JsonValue
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from shared.events.contracts import PRODUCERS, event_types
from shared.events.types import Audience, EventType

OUTSIDE: Final = frozenset({Audience.PUBLIC, Audience.BUREAU})
"""Whoever is not part of the suite reads these."""

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


def build_asyncapi(audiences: Collection[Audience] = OUTSIDE, *, version: str = "1") -> dict[str, JsonValue]:
    """Every topic that has events of these audiences, with its messages in CloudEvents' binary mode for NATS."""
    wanted = [
        event_type for producer in PRODUCERS for event_type in event_types(producer) if event_type.audience in audiences
    ]
    schemas, references = _schemas(wanted)
    channels: dict[str, JsonValue] = {}
    operations: dict[str, JsonValue] = {}
    for topic in sorted({event_type.topic for event_type in wanted}, key=lambda topic: topic.name):
        names = [event_type.name for event_type in wanted if event_type.topic == topic]
        endings: list[JsonValue] = [name.removeprefix(f"{topic.name}.") for name in names]
        channels[topic.name] = {
            "address": f"{topic.name}.{{event}}",
            "title": topic.title or topic.name,
            "parameters": {"event": {"enum": endings}},
            "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
        }
        operations[topic.name] = {
            "action": "send",
            "channel": {"$ref": f"#/channels/{topic.name}"},
            "summary": f"GET /v1/events?topic={topic.name} has the same events by position",
        }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Mengchuang events",
            "version": version,
            "description": "CloudEvents 1.0 over core NATS; missed ones are read by position from GET /v1/events.",
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {
            "messages": {event_type.name: _message(event_type, references[event_type.data]) for event_type in wanted},
            "messageTraits": {"cloudevent": {"headers": _headers()}},
            "schemas": schemas,
        },
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
        "x-audience": event_type.audience.value,
    }
