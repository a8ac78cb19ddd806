"""Events get to a receiver: signed, in order, again after whatever went wrong, and never two at a time."""

import asyncio
import json
import time

import pytest
from httpx import AsyncClient
from standardwebhooks import Webhook, WebhookVerificationError

from tests.gateway.conftest import Person
from tests.gateway.webhooks.conftest import Log, Subscribe
from tests.gateway.webhooks.producer import PUBLIC, TOPIC, id_of, type_of
from tests.gateway.webhooks.receiver import Answer, Receiver, Seen
from tests.support.waiting import eventually


def ids_for(positions: list[int]) -> list[str]:
    """What of these positions is public."""
    return [id_of(position) for position in positions if type_of(position) == PUBLIC]


async def test_events_come_as_the_feed_shows_them_with_a_good_signature(
    subscribe: Subscribe, receiver: Receiver, log: Log, client: AsyncClient, bank: Person
) -> None:
    hook = await subscribe(receiver.url)
    positions = log.grow(3)
    await eventually(lambda: len(receiver.seen) >= len(ids_for(positions)))
    assert sorted(receiver.ids) == ids_for(positions)
    receiver.verified(hook.secret)
    seen = receiver.seen[0]
    assert seen.head == "POST /hook HTTP/1.1"
    assert seen.headers["content-type"] == "application/cloudevents+json; charset=utf-8"
    assert abs(int(seen.headers["webhook-timestamp"]) - time.time()) < 5
    assert not {"authorization", "cookie", "traceparent", "x-request-id"} & set(seen.headers)
    position = json.loads(seen.body)["position"]
    query = {"topic": TOPIC, "after": position - 1, "limit": 1}
    page = await client.get("/v1/events", headers=bank.headers, params=query)
    assert seen.body in page.text


async def test_a_tampered_body_another_secret_and_another_time_are_refused_by_the_library(
    subscribe: Subscribe, receiver: Receiver, log: Log
) -> None:
    hook = await subscribe(receiver.url)
    log.grow(2)
    await eventually(lambda: receiver.seen)
    seen, signer = receiver.seen[0], Webhook(hook.secret)
    signer.verify(seen.body, dict(seen.headers))
    old = {**seen.headers, "webhook-timestamp": str(int(seen.headers["webhook-timestamp"]) - 301)}
    other_id = {**seen.headers, "webhook-id": id_of(1)}
    for body, headers in ((seen.body + " ", seen.headers), (seen.body, old), (seen.body, other_id)):
        with pytest.raises(WebhookVerificationError):
            signer.verify(body, dict(headers))
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + "A" * 44).verify(seen.body, dict(seen.headers))


async def test_during_a_rotation_both_secrets_sign(subscribe: Subscribe, receiver: Receiver, log: Log) -> None:
    hook = await subscribe(receiver.url)
    rotated = await hook.post("rotate-secret", {"keep_hours": 1})
    assert rotated.status_code == 200, rotated.text
    new = rotated.json()["secret"]
    assert new != hook.secret
    assert len(rotated.json()["webhook"]["secrets"]) == 2
    log.grow(2)
    await eventually(lambda: receiver.seen)
    assert len(receiver.seen[0].headers["webhook-signature"].split()) == 2
    receiver.verified(hook.secret)
    receiver.verified(new)
    assert (await hook.post("rotate-secret", {})).json()["code"] == "webhook-rotation-under-way"
    last = (await hook.post("rotate-secret", {"keep_hours": 0})).json()
    assert len(last["webhook"]["secrets"]) == 1
    receiver.seen.clear()
    log.grow(2)
    await eventually(lambda: receiver.seen)
    receiver.verified(last["secret"])
    with pytest.raises(WebhookVerificationError):
        receiver.verified(new)


async def test_a_receiver_that_was_down_gets_everything_in_order(subscribe: Subscribe, log: Log) -> None:
    receiver = Receiver()
    await receiver.start()
    hook = await subscribe(receiver.url, ordered=True)
    await receiver.stop()
    positions = log.grow(25)

    async def failing() -> bool:
        return int(str((await hook.get())["failures"])) >= 3

    await eventually(failing)
    assert (await hook.deliveries(state="delivered")) == []
    await receiver.start()
    await eventually(lambda: len(receiver.seen) >= len(ids_for(positions)))
    assert receiver.ids == ids_for(positions)
    receiver.verified(hook.secret)
    await receiver.stop()

    async def well() -> bool:
        shown = await hook.get()
        return shown["failures"] == 0 and shown["failing_since"] is None and shown["retry_at"] is None

    await eventually(well)


async def test_ordered_events_wait_for_the_one_that_fails_and_keep_its_id(
    subscribe: Subscribe, receiver: Receiver, log: Log
) -> None:
    tries = 0

    async def third_time(_: Seen) -> Answer:
        nonlocal tries
        tries += 1
        return Answer(503 if tries < 3 else 200, {"retry-after": "0"})

    receiver.behave = third_time
    await subscribe(receiver.url, ordered=True)
    expected = ids_for(log.grow(4))
    await eventually(lambda: len(receiver.seen) >= len(expected) + 2)
    assert receiver.ids == [expected[0], expected[0], *expected]
    assert receiver.most_at_once == 1
    stamps = [int(seen.headers["webhook-timestamp"]) for seen in receiver.seen]
    assert stamps == sorted(stamps)


async def test_unordered_events_pass_the_one_that_fails(subscribe: Subscribe, receiver: Receiver, log: Log) -> None:
    hook = await subscribe(receiver.url)
    positions = log.grow(6)
    bad = ids_for(positions)[0]

    async def dislikes_one(seen: Seen) -> Answer:
        return Answer(500, body=b"not this\x00 one") if seen.id == bad else Answer()

    receiver.behave = dislikes_one
    await eventually(lambda: set(ids_for(positions)) <= set(receiver.ids))

    async def given_up() -> list[dict[str, object]]:
        log.grow(1)
        return await hook.deliveries(state="failed")

    failed = await eventually(given_up, every=0.5)
    assert [item["event_id"] for item in failed] == [bad]
    assert (failed[0]["last_status"], failed[0]["last_error"]) == (500, None)
    assert receiver.ids.count(bad) == failed[0]["attempts"]
    assert (await hook.get())["status"] == "active"
    response = await hook.client.get(f"/v1/webhooks/{hook.id}/deliveries/{failed[0]['id']}", headers=hook.owner.headers)
    tries = response.json()["tries"]
    assert {(one["status"], one["answer"]) for one in tries} == {(500, "not this  one")}


async def test_concurrency_to_one_endpoint_is_bounded_and_others_are_not_held_up(
    subscribe: Subscribe, receiver: Receiver, log: Log
) -> None:
    async def slow(_: Seen) -> Answer:
        return Answer(hold=1.8)

    receiver.behave = slow
    async with Receiver() as quick:
        await subscribe(receiver.url)
        await subscribe(quick.url)
        expected = ids_for(log.grow(60))
        await eventually(lambda: len(quick.seen) >= len(expected))
        assert len(receiver.seen) < len(expected)
    assert 1 < receiver.most_at_once <= 8
    assert receiver.twins == 0


@pytest.mark.parametrize(
    ("answer", "status", "error"),
    [
        (Answer(302, {"location": "http://127.0.0.1:1/"}), 302, None),
        (Answer(404, body=b"who?"), 404, None),
        (Answer(500, endless=True), 500, None),
        (Answer(hold=5), None, "timeout"),
        (Answer(999, {"x": "y" * 200_000}), None, "not_http"),
    ],
    ids=["redirect", "404", "endless 500", "slow", "headers without end"],
)
async def test_what_is_not_2xx_in_time_is_a_failure(
    subscribe: Subscribe, receiver: Receiver, answer: Answer, status: int | None, error: str | None
) -> None:
    async def behave(_: Seen) -> Answer:
        return answer

    receiver.behave = behave
    hook = await subscribe(receiver.url)
    assert (await hook.post("ping")).status_code == 202

    async def over() -> list[dict[str, object]]:
        return await hook.deliveries(state="failed", kind="ping")

    ping = (await eventually(over))[0]
    assert (ping["last_status"], ping["last_error"], ping["attempts"]) == (status, error, 1)
    assert len(receiver.seen) == 1
    assert receiver.sent < 8_000_000


async def test_a_body_without_end_is_cut_off_and_the_status_counts(subscribe: Subscribe, receiver: Receiver) -> None:
    async def endless(_: Seen) -> Answer:
        return Answer(200, endless=True)

    receiver.behave = endless
    hook = await subscribe(receiver.url)
    delivery = (await hook.post("ping")).json()

    async def delivered() -> list[dict[str, object]]:
        return await hook.deliveries(state="delivered", kind="ping")

    assert (await eventually(delivered))[0]["id"] == delivery["id"]
    await asyncio.sleep(0.2)
    sent = receiver.sent
    await asyncio.sleep(0.3)
    assert receiver.sent == sent
    seen = json.loads(receiver.seen[0].body)
    assert (seen["type"], seen["subject"]) == ("gateway.webhook.pinged.v1", hook.id)
    receiver.verified(hook.secret)


async def test_410_stops_the_webhook_at_once_and_the_owner_is_told(
    subscribe: Subscribe, receiver: Receiver, log: Log, client: AsyncClient, bank: Person
) -> None:
    async def gone(_: Seen) -> Answer:
        return Answer(410)

    receiver.behave = gone
    hook = await subscribe(receiver.url, ordered=True)
    expected = ids_for(log.grow(3))

    async def stopped() -> bool:
        return (await hook.get())["status"] == "stopped"

    await eventually(stopped)
    assert (await hook.get())["reason"] == "gone"
    assert len(receiver.seen) == 1
    tasks = (await client.get("/v1/tasks", headers=bank.headers)).json()["items"]
    assert [(task["kind"], task["subject_id"], task["service"]) for task in tasks] == [
        ("webhook_stopped", hook.id, "gateway")
    ]
    assert "410" in tasks[0]["todo_en"]
    receiver.seen.clear()
    receiver.behave = _fine
    assert (await hook.post("resume")).status_code == 200
    await eventually(lambda: len(receiver.seen) >= len(expected))
    assert receiver.ids == expected


async def test_an_endpoint_that_fails_for_all_the_time_is_stopped_and_loses_nothing(
    subscribe: Subscribe, receiver: Receiver, log: Log
) -> None:
    async def broken(_: Seen) -> Answer:
        return Answer(500)

    receiver.behave = broken
    hook = await subscribe(receiver.url)
    positions = log.grow(3)

    async def stopped() -> bool:
        return (await hook.get())["status"] == "stopped"

    await eventually(stopped)
    assert (await hook.get())["reason"] == "failing"
    positions += log.grow(2)
    tried = len(receiver.seen)
    await asyncio.sleep(1)
    assert len(receiver.seen) == tried
    receiver.seen.clear()
    receiver.behave = _fine
    await hook.post("resume")
    await eventually(lambda: len(receiver.seen) >= len(ids_for(positions)))
    assert sorted(receiver.ids) == ids_for(positions)


async def test_one_refused_event_of_a_quiet_endpoint_stops_it_and_is_skipped_by_its_owner(
    subscribe: Subscribe, receiver: Receiver, log: Log
) -> None:
    """Nothing tells it from an endpoint that is broken; given up silently, the event could be lost."""

    async def dislikes(_: Seen) -> Answer:
        return Answer(422)

    receiver.behave = dislikes
    hook = await subscribe(receiver.url)
    position = log.grow(1)
    while not ids_for(position):
        position = log.grow(1)

    async def stopped() -> bool:
        return (await hook.get())["reason"] == "failing"

    await eventually(stopped)
    waiting = await hook.deliveries(state="pending")
    assert [item["event_id"] for item in waiting] == ids_for(position)
    receiver.behave = _fine
    receiver.seen.clear()
    assert (await hook.post(f"deliveries/{waiting[0]['id']}/skip")).json()["state"] == "cancelled"
    assert (await hook.post("resume")).json()["status"] == "active"
    later = ids_for(log.grow(2))
    await eventually(lambda: len(receiver.seen) >= len(later))
    assert sorted(receiver.ids) == later


@pytest.mark.parametrize("said", ["Sun, 01 Mar 99999999999999 12:00:00 GMT", "9" * 5000, "\xff"])
async def test_a_retry_after_that_is_nonsense_is_a_failed_try_like_any_other(
    subscribe: Subscribe, receiver: Receiver, log: Log, said: str
) -> None:
    async def confused_once(_: Seen) -> Answer:
        return Answer(503, {"retry-after": said}) if len(receiver.seen) == 1 else Answer()

    receiver.behave = confused_once
    hook = await subscribe(receiver.url, ordered=True)
    log.grow(2)

    async def noted() -> bool:
        return any(item["last_status"] == 503 or item["attempts"] == 2 for item in await hook.deliveries())

    await eventually(noted)
    if not said.isdigit():
        await eventually(lambda: len(receiver.seen) >= 2)


async def test_retry_after_is_honoured(subscribe: Subscribe, receiver: Receiver, log: Log) -> None:
    async def busy_once(_: Seen) -> Answer:
        return Answer(429, {"retry-after": "2"}) if len(receiver.seen) == 1 else Answer()

    receiver.behave = busy_once
    await subscribe(receiver.url, ordered=True)
    log.grow(2)
    await eventually(lambda: len(receiver.seen) >= 2)
    assert receiver.seen[1].at - receiver.seen[0].at >= 1.9


async def _fine(_: Seen) -> Answer:
    return Answer()
