"""What is kept of deliveries and for how long, and how secrets lie at rest."""

import hashlib
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import delete, func, select, update

from gateway.sealing import seal_anew
from gateway.webhooks.models import DELETED, Webhook, WebhookAttempt, WebhookDelivery, WebhookEvent, WebhookSecret
from gateway.webhooks.worker import sweep
from shared.db import Database
from shared.sealing import Keyring, KeyringFile, with_new_key
from tests.gateway.webhooks.conftest import Hook, Log, Subscribe
from tests.gateway.webhooks.receiver import Answer, Receiver, Seen
from tests.gateway.webhooks.test_deliveries import ids_for
from tests.support.waiting import eventually

DAYS = 30


@pytest.fixture
async def alone(db: Database) -> None:
    """No webhook of another test gets the events of this one, so that nothing else keeps their bodies."""
    async with db.transaction() as session:
        await session.execute(update(Webhook).values(status=DELETED, reason=None, stopped_topic=None))
    async with db.transaction() as session:
        await session.execute(delete(WebhookDelivery))


async def _age(db: Database, *hooks: Hook, ended_days: int) -> None:
    """Let so many days pass for what these webhooks have had."""
    of_hooks = WebhookDelivery.webhook_id.in_([UUID(hook.id) for hook in hooks])
    ago = func.now() - timedelta(days=ended_days)
    events = select(WebhookDelivery.event_id).where(of_hooks)
    async with db.transaction() as session:
        await session.execute(update(WebhookEvent).where(WebhookEvent.id.in_(events)).values(created_at=ago))
        await session.execute(
            update(WebhookDelivery)
            .where(of_hooks)
            .values(created_at=ago, ended_at=WebhookDelivery.ended_at - timedelta(days=ended_days))
        )


async def _kept(db: Database, hook: Hook) -> tuple[int, int]:
    """Deliveries of a webhook, and the attempts of them."""
    async with db.transaction() as session:
        seqs = select(WebhookDelivery.seq).where(WebhookDelivery.webhook_id == UUID(hook.id))
        deliveries = len((await session.scalars(seqs)).all())
        attempts = select(func.count()).select_from(WebhookAttempt).where(WebhookAttempt.delivery_seq.in_(seqs))
        return deliveries, await session.scalar(attempts) or 0


async def _bodies(db: Database, ids: list[str]) -> int:
    async with db.transaction() as session:
        wanted = select(func.count()).select_from(WebhookEvent)
        return await session.scalar(wanted.where(WebhookEvent.id.in_([UUID(one) for one in ids]))) or 0


@pytest.mark.usefixtures("alone")
async def test_what_ended_long_ago_is_forgotten_and_what_waits_never(
    subscribe: Subscribe, receiver: Receiver, log: Log, db: Database
) -> None:
    """A body stays for as long as some webhook has a delivery of it."""
    done, waiting = await subscribe(receiver.url), await subscribe(f"{receiver.url}/paused", ordered=True)

    async def one_of_two(seen: Seen) -> Answer:
        return Answer(503 if "paused" in seen.head else 204)

    receiver.behave = one_of_two
    ids = ids_for(log.grow(6))

    async def delivered() -> bool:
        return len(await done.deliveries(state="delivered")) == len(ids)

    await eventually(delivered)
    await waiting.post("pause")
    await _age(db, done, waiting, ended_days=DAYS - 1)
    await sweep(db, DAYS)
    assert (await _kept(db, done))[0] == len(ids)
    await _age(db, done, waiting, ended_days=DAYS + 1)
    await sweep(db, DAYS)
    assert await _kept(db, done) == (0, 0)
    assert len(await waiting.deliveries(state="pending")) == len(ids)
    assert await _bodies(db, ids) == len(ids)
    await waiting.post("delete")
    await _age(db, waiting, ended_days=DAYS + 1)
    await sweep(db, DAYS)
    assert (await _kept(db, waiting), await _bodies(db, ids)) == ((0, 0), 0)


@pytest.mark.usefixtures("alone")
async def test_an_event_is_sent_again_after_its_body_was_forgotten(
    subscribe: Subscribe, receiver: Receiver, log: Log, db: Database
) -> None:
    hook = await subscribe(receiver.url)
    positions = log.grow(3)
    ids = ids_for(positions)

    async def delivered() -> bool:
        return len(await hook.deliveries(state="delivered")) == len(ids)

    await eventually(delivered)
    await _age(db, hook, ended_days=DAYS + 1)
    await sweep(db, DAYS)
    assert await _bodies(db, ids) == 0
    first = dict(zip(receiver.ids, [seen.body for seen in receiver.seen], strict=True))
    receiver.seen.clear()
    assert (await hook.post("replay", {"topic": "registry.centre", "after": positions[0] - 1})).status_code == 200
    await eventually(lambda: len(receiver.seen) >= len(ids))
    assert {seen.id: seen.body for seen in receiver.seen} == first
    receiver.verified(hook.secret)


def _add_key(path: Path) -> Keyring:
    path.write_text(with_new_key(path.read_text()))
    return KeyringFile(path).ring()


async def test_a_secret_is_sealed_anew_after_a_key_was_added_and_signs_as_before(
    subscribe: Subscribe, receiver: Receiver, log: Log, db: Database, webhook_environment: dict[str, str]
) -> None:
    hook = await subscribe(receiver.url)
    path = Path(webhook_environment["GATEWAY_KEYS_FILE"])
    async with db.transaction() as session:
        before = await session.scalar(select(WebhookSecret).where(WebhookSecret.webhook_id == UUID(hook.id)))
    ring = _add_key(path)
    assert await seal_anew(db, ring, WebhookSecret) >= 1
    async with db.transaction() as session:
        after = await session.scalar(select(WebhookSecret).where(WebhookSecret.webhook_id == UUID(hook.id)))
    assert before is not None
    assert after is not None
    assert (before.key_id, after.key_id) == (before.key_id, ring.current)
    assert before.key_id != ring.current
    assert hashlib.sha256(before.sealed_secret).digest() != hashlib.sha256(after.sealed_secret).digest()
    expected = ids_for(log.grow(2))
    await eventually(lambda: len(receiver.seen) >= len(expected))
    receiver.verified(hook.secret)


async def test_without_its_key_nothing_is_sent_and_nothing_is_lost(
    subscribe: Subscribe, receiver: Receiver, log: Log, db: Database, client: AsyncClient
) -> None:
    """No endpoint is stopped because of a keys file that the operator has mislaid."""
    hook = await subscribe(receiver.url, ordered=True)
    secret = WebhookSecret.webhook_id == UUID(hook.id)
    async with db.transaction() as session:
        key_id = await session.scalar(select(WebhookSecret.key_id).where(secret))
        await session.execute(update(WebhookSecret).where(secret).values(key_id="k-mislaid"))
    expected = ids_for(log.grow(2))

    async def waiting() -> bool:
        return len(await hook.deliveries(state="pending")) == len(expected)

    await eventually(waiting)
    shown = await hook.get()
    assert (shown["status"], shown["failures"], receiver.seen) == ("active", 0, [])
    async with db.transaction() as session:
        await session.execute(update(WebhookSecret).where(secret).values(key_id=key_id))
    await eventually(lambda: len(receiver.seen) >= len(expected))
    assert receiver.ids == expected
