"""What a request for a webhook says, checked against the network and the logs before anything is stored."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from gateway.feed.queries import topic_for
from gateway.feed.rules import audiences_of
from gateway.feed.sources import LogPage, Logs, Stretch
from gateway.webhooks.addresses import AddressRefused
from gateway.webhooks.rights import chosen_topics
from gateway.webhooks.rules import owners_of, role_of
from gateway.webhooks.schemas import TopicWanted
from gateway.webhooks.sending import Sender
from gateway.webhooks.targets import parse
from gateway.webhooks.usecases import Start
from shared.auth.principal import Principal
from shared.db import Database
from shared.errors import DomainError
from shared.events.types import Topic


async def check_url(sender: Sender, url: str) -> str:
    """The URL in its one form. Raises 422 for one that cannot be read in one way, or that leads where nothing is sent.

    The answer says which rule it was and not what the name stands for: the inside is not mapped this way.
    """
    try:
        target = parse(url)
        await sender.check(target)
    except AddressRefused as refused:
        raise refused.as_error() from refused
    return target.url


async def starts_of(
    logs: Logs, principal: Principal, wanted: Sequence[TopicWanted], chosen: Collection[str] | None
) -> list[Start]:
    """The topics with their logs' present ends. `chosen` are the topics that a bureau has chosen.

    Raises 404 and 403 as the feed does, 422 `webhook-topic-repeated`, `webhook-types-unknown` for types that are not
    in the topic or not for the caller, `webhook-position-beyond`, and PeerUnavailable.
    """
    names = [one.topic for one in wanted]
    repeated = next((name for name in names if names.count(name) > 1), None)
    if repeated is not None:
        raise DomainError("webhook-topic-repeated", 422, params={"topic": repeated})
    found = []
    for one in wanted:
        topic = _readable_topic(principal, one.topic, one.types, chosen)
        page = await _end(logs, topic, one.after)
        found.append(Start(topic.name, tuple(sorted(set(one.types))), page.epoch, page.head, one.after))
    return found


async def epoch_at(logs: Logs, principal: Principal, name: str, after: int, chosen: Collection[str] | None) -> int:
    """The epoch of a topic that has the position. Raises as `starts_of`."""
    return (await _end(logs, _readable_topic(principal, name, (), chosen), after)).epoch


async def chosen_by(db: Database, principal: Principal) -> frozenset[str] | None:
    """What the caller has chosen, if it is a bureau; in a transaction of its own, over before the network is asked."""
    async with db.transaction() as session:
        return await chosen_topics(session, role_of(owners_of(principal)[0]), UUID(principal.account_id))


def _readable_topic(principal: Principal, name: str, types: Sequence[str], chosen: Collection[str] | None) -> Topic:
    """By the role that the webhook is kept under, whatever else the caller may be."""
    role = role_of(owners_of(principal)[0])
    topic, names = topic_for(name, audiences_of([role], name, chosen))
    unknown = sorted(set(types) - names)
    if unknown:
        raise DomainError("webhook-types-unknown", 422, params={"types": ", ".join(unknown)})
    return topic


async def _end(logs: Logs, topic: Topic, after: int | None) -> LogPage:
    page = await logs.read(topic, Stretch(0, 1, 0))
    if after is not None and after > page.head:
        raise DomainError("webhook-position-beyond", 422, params={"topic": topic.name, "head": page.head})
    return page
