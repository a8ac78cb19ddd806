"""The description of the events, judged by AsyncAPI's own parser, and its examples by its own schemas."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import jsonschema
import pytest
from httpx import AsyncClient

from shared.asyncapi import Places, build_asyncapi
from shared.events.contracts import by_name
from shared.events.outside import outside_topics
from shared.events.types import Audience
from tests.gateway.conftest import Hire
from tests.support import node

EVERYTHING = frozenset(Audience)


def judged(document: object, folder: Path) -> dict[str, Any]:
    (folder / "asyncapi.json").write_text(json.dumps(document))
    done = node.run("asyncapi", "judge.mjs", str(folder / "asyncapi.json"))
    assert done.returncode == 0, done.stderr
    outcome: dict[str, Any] = json.loads(done.stdout)
    return outcome


@cache
def described() -> dict[str, Any]:
    document: dict[str, Any] = build_asyncapi()
    return document


@pytest.mark.parametrize("audiences", [{Audience.PUBLIC}, {Audience.PUBLIC, Audience.BUREAU}, EVERYTHING], ids=len)
def test_the_parser_finds_nothing_to_say(tmp_path: Path, audiences: set[Audience]) -> None:
    document: dict[str, Any] = build_asyncapi(audiences)
    outcome = judged(document, tmp_path)
    said = [one for one in outcome["said"] if one["code"] not in ("asyncapi-latest-version",)]
    assert said == []
    found = outcome["found"]
    assert found["version"] == "3.0.0"
    assert sorted(found["channels"]) == sorted(document["channels"])
    assert {action for _, action in found["operations"]} == {"send"}
    assert sorted(found["messages"]) == sorted(document["components"]["messages"])


def test_the_parser_would_say_something(tmp_path: Path) -> None:
    document = json.loads(json.dumps(described()))
    document["operations"]["registry.centre"]["channel"]["$ref"] = "#/channels/nowhere"
    del document["info"]["title"]
    assert len(judged(document, tmp_path)["said"]) >= 2


def test_each_topic_that_leaves_the_suite_is_a_channel_with_its_event_types() -> None:
    channels = {name: channel for name, channel in described()["channels"].items() if name != "feed"}
    assert list(channels) == list(outside_topics())
    for topic, names in outside_topics().items():
        assert sorted(channels[topic]["messages"]) == sorted(names)
        assert channels[topic]["servers"] == [{"$ref": "#/servers/nats"}]
    assert described()["channels"]["feed"]["parameters"]["topic"]["enum"] == list(outside_topics())


def test_where_to_find_what_is_described_and_how_to_come_in() -> None:
    document: dict[str, Any] = build_asyncapi(
        places=Places("tls://events.example.org:4222", "https://mengchuang.example.org/suite")
    )
    servers = document["servers"]
    assert (servers["nats"]["host"], servers["nats"]["protocol"]) == ("events.example.org:4222", "nats")
    assert (servers["http"]["host"], servers["http"]["pathname"]) == ("mengchuang.example.org", "/suite")
    used = [server["security"][0]["$ref"].rpartition("/")[2] for server in servers.values()]
    assert sorted(used) == sorted(document["components"]["securitySchemes"])


def test_examples_are_what_the_schemas_and_the_contracts_accept() -> None:
    components = described()["components"]
    headers = components["messageTraits"]["cloudevent"]["headers"]
    for name, message in components["messages"].items():
        for example in message["examples"]:
            schema = {**message["payload"], "components": components}
            jsonschema.validate(example["payload"], schema, format_checker=jsonschema.FormatChecker())
            if (kind := by_name(name)) is not None:
                kind.data.model_validate(example["payload"])
                jsonschema.validate(example["headers"], headers)


async def test_what_stays_within_the_suite_is_described_to_those_who_may_read_it(
    client: AsyncClient, hire: Hire
) -> None:
    seen = {}
    for role in ("mentor", "bureau", "auditor", "admin"):
        person = await hire(f"asyncapi.{uuid4().hex[:10]}", role)
        answer = await client.get("/asyncapi.json", headers=person.headers)
        messages = answer.json()["components"]["messages"].values()
        seen[role] = {message["x-audience"] for message in messages if "x-audience" in message}
    assert seen["mentor"] == seen["bureau"] == {"public", "bureau"}
    assert seen["auditor"] == seen["admin"] == {"public", "bureau", "internal"}
    nobody = await client.get("/asyncapi.json")
    assert len(nobody.json()["channels"]) == len(outside_topics()) + 1
    refused = await client.get("/asyncapi.json", headers={"Authorization": "Bearer nonsense"})
    assert refused.status_code == 401
