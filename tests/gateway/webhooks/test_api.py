"""Webhooks over the API: whose they are, what is refused, what is shown once, and how an owner gets going again."""

from datetime import date
from uuid import UUID, uuid4

import pytest
from httpx import AsyncClient
from sqlalchemy import select, text, update

from gateway.accounts.models import Account
from gateway.webhooks.models import Webhook, WebhookSecret, WebhookTopic
from gateway.webhooks.usecases import Start, change_webhook
from shared.auth.principal import Principal
from shared.db import Database
from shared.kernel_tables import idempotency_key
from tests.gateway.conftest import Hire, Person
from tests.gateway.webhooks.conftest import Log, Subscribe
from tests.gateway.webhooks.producer import INTERNAL, PUBLIC, TOPIC, id_of
from tests.gateway.webhooks.receiver import Answer, Receiver, Seen
from tests.gateway.webhooks.test_deliveries import ids_for
from tests.support.waiting import eventually

URL = "http://127.0.0.1:9/hook"
TODAY = date(2019, 3, 18)


def wanted(**changed: object) -> dict[str, object]:
    return {"url": URL, "topics": [{"topic": TOPIC}], **changed}


async def test_a_webhook_belongs_to_its_bank_and_anothers_is_not_there(
    client: AsyncClient, subscribe: Subscribe, hire: Hire, bank: Person
) -> None:
    hook = await subscribe(URL)
    name = bank.username.removeprefix("bank.")
    colleague = await hire(f"c.{name}", "bank", bank=f"B{name}")
    stranger = await hire(f"s.{name}", "bank", bank=f"X{name}")
    auditor = await hire(f"a.{name}", "auditor")
    delivery = (await hook.post("ping")).json()["id"]
    paths = ["", "/deliveries", f"/deliveries/{delivery}"]
    for person, status in ((colleague, 200), (auditor, 200), (stranger, 404)):
        for path in paths:
            response = await client.get(f"/v1/webhooks/{hook.id}{path}", headers=person.headers)
            assert response.status_code == status, (person.username, path)
    verbs = [
        "pause",
        "resume",
        "retry",
        "delete",
        "ping",
        f"deliveries/{delivery}/resend",
        f"deliveries/{delivery}/skip",
    ]
    for verb in verbs:
        for person, status in ((stranger, 404), (auditor, 403)):
            response = await client.post(f"/v1/webhooks/{hook.id}/{verb}", headers=person.headers)
            assert response.status_code == status, verb
    for verb, body in (("rotate-secret", {}), ("replay", {"topic": TOPIC, "after": 0})):
        response = await client.post(f"/v1/webhooks/{hook.id}/{verb}", headers=stranger.headers, json=body)
        assert response.status_code == 404, verb
    own = (await client.get("/v1/webhooks", headers=stranger.headers)).json()["items"]
    assert own == []


@pytest.mark.parametrize(("role", "status"), [("mentor", 403), ("auditor", 403), ("science_officer", 403), (None, 401)])
async def test_who_may_have_webhooks(client: AsyncClient, hire: Hire, role: str | None, status: int) -> None:
    headers = (await hire(f"r.{uuid4().hex[:12]}", role)).headers if role else {}
    assert (await client.post("/v1/webhooks", headers=headers, json=wanted())).status_code == status


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://10.0.0.1/", "webhook-address-refused"),
        ("https://169.254.169.254/latest/meta-data/", "webhook-address-refused"),
        ("https://[::1]/", "webhook-address-refused"),
        ("https://0xa9fea9fe/", "webhook-address-refused"),
        ("http://8.8.8.8/", "webhook-scheme-refused"),
        ("https://8.8.8.8:22/", "webhook-port-refused"),
        ("https://user:pw@8.8.8.8/", "webhook-url-malformed"),
        ("https://8.8.8.8/#x", "webhook-url-malformed"),
        ("ftp://8.8.8.8/", "webhook-url-malformed"),
        ("https://no-such-name.invalid/", "webhook-host-unknown"),
    ],
)
async def test_where_nothing_is_sent_is_refused_at_registration_and_at_change(
    client: AsyncClient, bank: Person, subscribe: Subscribe, url: str, code: str
) -> None:
    response = await client.post("/v1/webhooks", headers=bank.headers, json=wanted(url=url))
    assert (response.status_code, response.json()["code"]) == (422, code)
    hook = await subscribe(URL)
    changed = await hook.patch({"url": url})
    assert (changed.status_code, changed.json()["code"]) == (422, code)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"topics": []}, 422, None),
        ({"topics": [{"topic": TOPIC}, {"topic": TOPIC}]}, 422, "webhook-topic-repeated"),
        ({"topics": [{"topic": "registry.nothing"}]}, 404, "not-found"),
        ({"topics": [{"topic": "gateway.account"}]}, 403, "forbidden"),
        ({"topics": [{"topic": TOPIC, "types": [INTERNAL]}]}, 422, "webhook-types-unknown"),
        ({"topics": [{"topic": TOPIC, "types": ["registry.centre.dreamt.v1"]}]}, 422, "webhook-types-unknown"),
        ({"topics": [{"topic": TOPIC, "after": 10**9}]}, 422, "webhook-position-beyond"),
        ({"topics": [{"topic": TOPIC, "after": -1}]}, 422, None),
        ({"topics": [{"topic": TOPIC, "from": 1}]}, 422, None),
        ({"topics": [{"topic": "finance.grant_call"}]}, 503, "service-unavailable"),
        ({"secret": "whsec_c2hvcnQ="}, 422, "webhook-secret-invalid"),
        ({"events": []}, 422, None),
    ],
)
async def test_what_is_not_there_not_for_the_caller_or_not_known_is_refused(
    client: AsyncClient, bank: Person, body: dict[str, object], status: int, code: str | None
) -> None:
    response = await client.post("/v1/webhooks", headers=bank.headers, json=wanted(**body))
    assert response.status_code == status, response.text
    if code is not None:
        assert response.json()["code"] == code
    assert "c2hvcnQ" not in response.text


async def test_the_secret_is_shown_once_and_lies_sealed(
    client: AsyncClient, bank: Person, db: Database, subscribe: Subscribe
) -> None:
    headers = {**bank.headers, "Idempotency-Key": uuid4().hex}
    first = await client.post("/v1/webhooks", headers=headers, json=wanted())
    assert (first.status_code, first.headers["cache-control"], first.headers["etag"]) == (201, "no-store", '"1"')
    secret, webhook = first.json()["secret"], first.json()["webhook"]
    again = await client.post("/v1/webhooks", headers=headers, json=wanted())
    assert (again.status_code, again.json()["code"]) == (409, "webhook-exists")
    shown = await client.get(f"/v1/webhooks/{webhook['id']}", headers=bank.headers)
    assert secret not in shown.text
    async with db.transaction() as session:
        kept = await session.scalar(select(idempotency_key).where(idempotency_key.c.client == str(bank.id)))
        row = (
            await session.scalars(select(WebhookSecret).where(WebhookSecret.webhook_id == UUID(webhook["id"])))
        ).one()
        logged = await session.scalars(text("SELECT data || attributes FROM event_log WHERE topic = 'gateway.webhook'"))
        everything = " ".join(logged)
    assert kept is None
    assert secret.encode() not in row.sealed_secret
    assert secret not in everything
    assert "127.0.0.1" not in everything
    await client.post(f"/v1/webhooks/{webhook['id']}/delete", headers=bank.headers)


async def test_an_owner_may_bring_the_secret(subscribe: Subscribe, receiver: Receiver) -> None:
    own = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwabcdefgh"  # pragma: allowlist secret
    hook = await subscribe(receiver.url, secret=own)
    assert hook.secret is None
    await hook.post("ping")
    await eventually(lambda: receiver.seen)
    receiver.verified(own)


async def test_changes_need_the_present_version(client: AsyncClient, subscribe: Subscribe) -> None:
    hook = await subscribe(URL)
    path, headers = f"/v1/webhooks/{hook.id}", hook.owner.headers
    assert (await client.patch(path, headers=headers, json={"ordered": True})).status_code == 428
    stale = {**headers, "If-Match": '"9"'}
    assert (await client.patch(path, headers=stale, json={"ordered": True})).status_code == 412
    assert (await hook.post("pause", **{"If-Match": '"9"'})).status_code == 412
    changed = await hook.patch({"ordered": True, "description": "对账系统"})
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    assert (changed.json()["ordered"], changed.json()["description"]) == (True, "对账系统")


async def test_a_start_from_a_position_and_types_are_kept_to(
    subscribe: Subscribe, receiver: Receiver, log: Log
) -> None:
    head = log.head
    topics = [{"topic": TOPIC, "types": [PUBLIC], "after": head - 3}]
    hook = await subscribe(receiver.url, topics=topics, ordered=True)
    expected = ids_for([head - 2, head - 1, head])
    await eventually(lambda: len(receiver.seen) >= len(expected))
    assert receiver.ids == expected
    shown = await hook.get()
    assert shown["topics"] == [{"topic": TOPIC, "types": [PUBLIC], "epoch": 1, "position": head}]


async def test_replay_sends_the_same_ids_again(subscribe: Subscribe, receiver: Receiver, log: Log) -> None:
    head = log.head
    hook = await subscribe(receiver.url, after=head - 6, ordered=True)
    first = ids_for(list(range(head - 5, head + 1)))
    await eventually(lambda: len(receiver.seen) >= len(first))
    assert (await hook.post("replay", {"topic": TOPIC, "after": log.head - 2})).status_code == 200
    again = ids_for([log.head - 1, log.head])
    await eventually(lambda: len(receiver.seen) >= len(first) + len(again))
    assert receiver.ids == first + again
    bodies = {seen.id: seen.body for seen in receiver.seen[: len(first)]}
    assert all(bodies[seen.id] == seen.body for seen in receiver.seen)
    other = await hook.post("replay", {"topic": "registry.nothing", "after": 0})
    assert (other.status_code, other.json()["code"]) == (409, "webhook-topic-missing")
    assert (await hook.post("replay", {"topic": TOPIC, "after": log.head + 1})).status_code == 422


async def test_resend_of_one_and_skip_of_one(subscribe: Subscribe, receiver: Receiver, log: Log) -> None:
    bad = id_of(log.head + 1) if log.head % 10 != 9 else id_of(log.head + 2)

    async def dislikes_one(seen: Seen) -> Answer:
        return Answer(400 if seen.id == bad else 204)

    receiver.behave = dislikes_one
    hook = await subscribe(receiver.url, ordered=True)
    expected = ids_for(log.grow(4))

    async def blocked() -> list[dict[str, object]]:
        return [item for item in await hook.deliveries(state="pending") if item["last_status"] == 400]

    head = (await eventually(blocked))[0]
    assert set(receiver.ids) == {bad}

    async def skipped() -> bool:
        return (await hook.post(f"deliveries/{head['id']}/skip")).status_code == 200

    await eventually(skipped)
    await eventually(lambda: set(receiver.ids) == set(expected))
    assert (await hook.post(f"deliveries/{head['id']}/skip")).status_code == 409
    receiver.behave = _fine
    count = receiver.ids.count(bad)
    resent = await hook.post(f"deliveries/{head['id']}/resend")
    assert (resent.status_code, resent.json()["kind"], resent.json()["event_id"]) == (202, "resend", bad)
    await eventually(lambda: receiver.ids.count(bad) == count + 1)


async def test_pause_sends_nothing_and_resume_everything(subscribe: Subscribe, receiver: Receiver, log: Log) -> None:
    hook = await subscribe(receiver.url, ordered=True)
    assert (await hook.post("pause")).json()["status"] == "paused"
    assert (await hook.post("pause")).json()["code"] == "invalid-transition"
    expected = ids_for(log.grow(5))
    assert (await hook.post("ping")).status_code == 202
    await eventually(lambda: receiver.seen)
    assert len(receiver.seen) == 1
    receiver.seen.clear()
    assert (await hook.post("resume")).json()["status"] == "active"
    await eventually(lambda: len(receiver.seen) >= len(expected))
    assert receiver.ids == expected


async def test_what_is_deleted_is_gone_and_its_url_free_again(
    client: AsyncClient, subscribe: Subscribe, receiver: Receiver, log: Log, db: Database
) -> None:
    hook = await subscribe(receiver.url)
    assert (await hook.post("delete")).status_code == 204
    assert (await client.get(f"/v1/webhooks/{hook.id}", headers=hook.owner.headers)).status_code == 404
    async with db.transaction() as session:
        assert await session.scalar(select(WebhookSecret.id).where(WebhookSecret.webhook_id == UUID(hook.id))) is None
    other = await subscribe(receiver.url)
    positions = log.grow(2)
    await eventually(lambda: len(receiver.seen) >= len(ids_for(positions)))
    receiver.verified(other.secret)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"disabled_at": text("now()")}, "account_disabled"),
        ({"bank": "OTHER"}, "right_lost"),
        ({"roles": ["enterprise"], "org": "91540100MA6T10000X"}, "right_lost"),
    ],
    ids=["disabled", "another bank", "another role"],
)
async def test_an_account_that_may_no_longer_gets_nothing_more(
    subscribe: Subscribe,
    receiver: Receiver,
    log: Log,
    hire: Hire,
    db: Database,
    values: dict[str, object],
    reason: str,
) -> None:
    """Somebody else of the same bank lets it go on, and nothing was missed."""
    name = uuid4().hex[:12]
    leaving = await hire(f"l.{name}", "bank", bank=f"L{name}")
    staying = await hire(f"m.{name}", "bank", bank=f"L{name}")
    hook = await subscribe(receiver.url, owner=leaving, ordered=True)
    async with db.transaction() as session:
        await session.execute(update(Account).where(Account.id == leaving.id).values(**values))
    hook.owner = staying
    expected = ids_for(log.grow(2))

    async def stopped() -> bool:
        return (await hook.get())["reason"] == reason

    await eventually(stopped)
    assert receiver.seen == []
    assert (await hook.post("resume")).json()["status"] == "active"
    await eventually(lambda: len(receiver.seen) >= len(expected))
    assert receiver.ids == expected


async def test_a_restored_log_stops_the_webhook_until_its_owner_says_where_to_go_on(
    subscribe: Subscribe, receiver: Receiver, log: Log
) -> None:
    hook = await subscribe(receiver.url, ordered=True)
    epoch = log.read()["epoch"]
    log.write(epoch=epoch + 1)

    async def stopped() -> bool:
        return (await hook.get())["reason"] == "epoch_changed"

    await eventually(stopped)
    assert (await hook.get())["stopped_topic"] == TOPIC
    positions = log.grow(2)
    refused = await hook.post("resume")
    assert (refused.status_code, refused.json()["code"]) == (409, "webhook-position-needed")
    assert (await hook.post("replay", {"topic": TOPIC, "after": positions[0] - 1})).status_code == 200
    assert (await hook.post("resume")).status_code == 200
    expected = ids_for(positions)
    await eventually(lambda: len(receiver.seen) >= len(expected))
    assert receiver.ids == expected


async def test_a_restored_topic_that_its_owner_gives_up_does_not_hold_up_the_others(
    subscribe: Subscribe, receiver: Receiver, log: Log, db: Database
) -> None:
    hook = await subscribe(receiver.url)
    other = WebhookTopic(webhook_id=UUID(hook.id), topic="finance.grant_call", types=[], epoch=1, position=0)
    async with db.transaction() as session:
        session.add(other)
    log.write(epoch=log.read()["epoch"] + 1)

    async def stopped() -> bool:
        return (await hook.get())["stopped_topic"] == TOPIC

    await eventually(stopped)
    async with db.transaction() as session:
        webhook = await session.get_one(Webhook, UUID(hook.id))
        kept = [Start("finance.grant_call", (), 1, 0, None)]
        principal = Principal(
            str(hook.owner.id), frozenset({"bank"}), None, None, None, None, None, TODAY, True, "c", "gateway", False
        )
        await change_webhook(session, principal, webhook, changed={}, starts=kept)
    assert (await hook.get())["stopped_topic"] is None
    assert (await hook.post("resume")).json()["status"] == "active"


async def test_at_most_twenty_webhooks_are_kept(client: AsyncClient, bank: Person, subscribe: Subscribe) -> None:
    for number in range(20):
        await subscribe(f"{URL}/{number}")
    response = await client.post("/v1/webhooks", headers=bank.headers, json=wanted())
    assert (response.status_code, response.json()["code"]) == (409, "webhook-too-many")
    page = await client.get("/v1/webhooks", headers=bank.headers, params={"limit": 15})
    assert len(page.json()["items"]) == 15
    assert page.json()["next"]


async def _fine(_: Seen) -> Answer:
    return Answer()
