"""Owners of each kind, signed in and by API key: what their webhooks get is what they may read."""

from uuid import uuid4

import pytest
from httpx import AsyncClient

from tests.gateway.conftest import Hire, Person
from tests.gateway.keys.conftest import office
from tests.gateway.keys.support import Key, Office
from tests.gateway.webhooks.conftest import Hook, Log, Subscribe
from tests.gateway.webhooks.producer import BUREAU, INTERNAL, PUBLIC, TOPIC, id_of, type_of
from tests.gateway.webhooks.receiver import Receiver
from tests.support.waiting import eventually

__all__ = ["office"]

SCOPES = ["webhooks:read", "webhooks:write", "api-keys:read"]


async def _open(client: AsyncClient, key: Key, url: str, **body: object) -> dict[str, object]:
    sent = {"url": url, "topics": [{"topic": TOPIC}], **body}
    answer = await client.post("/v1/webhooks", headers=key.headers, json=sent)
    assert answer.status_code == 201, answer.text
    shown: dict[str, object] = answer.json()
    return shown


@pytest.mark.parametrize(
    ("role", "scope", "types"),
    [
        ("bureau", {}, {PUBLIC, BUREAU}),
        ("bureau", {"org": "91540100MA6T1BUR0X"}, {PUBLIC, BUREAU}),
        ("guarantor", {"org": "91540100MA6T1GUA0X"}, {PUBLIC}),
        ("bank", {"bank": "CCB-OWN"}, {PUBLIC}),
    ],
    ids=["bureau", "bureau of an organisation", "guarantor", "bank"],
)
async def test_an_owner_gets_what_its_role_reads(
    subscribe: Subscribe,
    receiver: Receiver,
    log: Log,
    hire: Hire,
    role: str,
    scope: dict[str, str],
    types: set[str],
) -> None:
    owner = await hire(f"{role}.{uuid4().hex[:12]}", role, **scope)
    hook = await subscribe(receiver.url, owner=owner, ordered=True)
    assert (await hook.get())["role"] == role
    positions = log.grow(20)
    expected = [id_of(position) for position in positions if type_of(position) in types]
    await eventually(lambda: len(receiver.seen) >= len(expected))
    assert receiver.ids == expected
    receiver.verified(hook.secret)


@pytest.mark.parametrize(("role", "types"), [("guarantor", [BUREAU]), ("bank", [BUREAU]), ("bureau", [INTERNAL])])
async def test_nobody_asks_for_types_that_are_not_for_him(
    client: AsyncClient, hire: Hire, receiver: Receiver, role: str, types: list[str]
) -> None:
    scope = {"bank": "CCB"} if role == "bank" else {}
    owner = await hire(f"{role}.{uuid4().hex[:12]}", role, **scope)
    body = {"url": receiver.url, "topics": [{"topic": TOPIC, "types": types}]}
    answer = await client.post("/v1/webhooks", headers=owner.headers, json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "webhook-types-unknown")


async def test_two_roles_of_one_organisation_see_nothing_of_each_other(
    client: AsyncClient, hire: Hire, subscribe: Subscribe
) -> None:
    org = "91540100MA6T1TWO0X"
    bureau = await hire(f"bureau.{uuid4().hex[:12]}", "bureau", org=org)
    guarantor = await hire(f"guarantor.{uuid4().hex[:12]}", "guarantor", org=org)
    hook = await subscribe("http://127.0.0.1:9/two", owner=bureau)
    answer = await client.get(f"/v1/webhooks/{hook.id}", headers=guarantor.headers)
    assert answer.status_code == 404
    assert (await client.get("/v1/webhooks", headers=guarantor.headers)).json()["items"] == []


async def test_an_owner_s_system_makes_its_webhook_by_key(
    client: AsyncClient, office: Office, bank: Person, receiver: Receiver, log: Log
) -> None:
    """The account's rights count at each delivery and not the key's: a replaced key leaves the webhook as it was."""
    key = await office.key(bank.id, scopes=SCOPES)
    made = await _open(client, key, receiver.url, ordered=True)
    webhook, secret = made["webhook"], made["secret"]
    assert isinstance(webhook, dict)
    assert (webhook["role"], webhook["livemode"]) == ("bank", True)
    hook = Hook(client, bank, webhook["id"], str(secret))
    assert (await client.post(f"/v1/api-keys/{key.id}/revoke", headers=office.security)).status_code == 200
    expected = [id_of(position) for position in log.grow(3) if type_of(position) == PUBLIC]
    await eventually(lambda: len(receiver.seen) >= len(expected))
    assert receiver.ids == expected
    receiver.verified(hook.secret)
    assert (await client.get(f"/v1/webhooks/{hook.id}", headers=key.headers)).status_code == 401
    await hook.post("delete")


async def test_a_test_key_s_webhook_is_apart_and_gets_no_live_event(
    client: AsyncClient, office: Office, bank: Person, receiver: Receiver, log: Log
) -> None:
    live = await office.key(bank.id, scopes=SCOPES)
    test = await office.key(bank.id, scopes=SCOPES, mode="test")
    in_test = (await _open(client, test, receiver.url))["webhook"]
    in_live = (await _open(client, live, receiver.url))["webhook"]
    assert isinstance(in_test, dict)
    assert isinstance(in_live, dict)
    assert (in_test["livemode"], in_live["livemode"]) == (False, True)
    for key, own, other in ((test, in_test, in_live), (live, in_live, in_test)):
        listed = (await client.get("/v1/webhooks", headers=key.headers)).json()["items"]
        assert [item["id"] for item in listed] == [own["id"]]
        assert (await client.get(f"/v1/webhooks/{other['id']}", headers=key.headers)).status_code == 404
        assert (await client.post(f"/v1/webhooks/{other['id']}/pause", headers=key.headers)).status_code == 404
    expected = [id_of(position) for position in log.grow(4) if type_of(position) == PUBLIC]
    await eventually(lambda: len(receiver.seen) >= len(expected))
    deliveries = await client.get(f"/v1/webhooks/{in_test['id']}/deliveries", headers=test.headers)
    assert deliveries.json()["items"] == []
    assert (await client.post(f"/v1/webhooks/{in_test['id']}/ping", headers=test.headers)).status_code == 202
    await eventually(lambda: len(receiver.seen) == len(expected) + 1)
    assert '"livemode":false' in receiver.seen[-1].body


async def test_a_key_needs_the_scope_of_webhooks(client: AsyncClient, office: Office, bank: Person) -> None:
    reader = await office.key(bank.id, scopes=["*:read"])
    body = {"url": "http://127.0.0.1:9/", "topics": [{"topic": TOPIC}]}
    answer = await client.post("/v1/webhooks", headers=reader.headers, json=body)
    assert (answer.status_code, answer.json()["code"]) == (403, "scope-missing")
    assert "webhooks:write" in answer.json()["detail"]
