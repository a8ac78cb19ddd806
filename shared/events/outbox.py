"""Writing facts into the service's event log, in the transaction that makes them true."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from secrets import token_hex
from typing import TYPE_CHECKING, Protocol, TypeVar
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared import tracing
from shared.auth.roles import BUREAU, BUREAU_ROLES
from shared.bulk import insert_rows
from shared.clock import utcnow
from shared.db import EVENTS_APPENDED
from shared.events.envelope import canonical
from shared.events.types import EventData, EventType
from shared.ids import uuid7
from shared.kernel_tables import event_log

if TYPE_CHECKING:
    from shared.auth.principal import Principal
    from shared.events.consumer import Received

D = TypeVar("D", bound=EventData)

_AT_ONCE = 2000
"""Events of one statement: their data pass through memory together."""

MAX_DATA_BYTES = 512 * 1024
"""The broker's message limit is 1 MiB; an event that could not be carried must fail in its own transaction."""


class Versioned(Protocol):
    """An aggregate row: its version is the number of events it has had."""

    id: UUID
    version: int


@dataclass(frozen=True, slots=True)
class EventContext:
    """Who caused a change, and when it takes effect."""

    actor: str
    effective_on: date
    correlation_id: str
    causation_id: str | None = None
    simulated: bool = False
    traceparent: str = field(default_factory=tracing.current)
    """The step that did it; by default the one that runs."""
    actor_role: str | None = None
    """For whom the actor acted: `bureau`, or the role of a party. None for what a service does by itself."""
    on_behalf_of: tuple[str, ...] = ()
    """The accounts in whose stead the actor acted that day, where leave was delegated to it."""

    @classmethod
    def of(cls, principal: Principal, effective_on: date | None = None) -> EventContext:
        """The context of a request."""
        return cls(
            actor=principal.account_id,
            effective_on=effective_on or principal.today,
            correlation_id=principal.correlation_id,
            simulated=principal.simulated,
            actor_role=_acts_as(principal),
            on_behalf_of=principal.on_behalf_of,
        )

    @classmethod
    def caused_by(cls, event: Received[D]) -> EventContext:
        """The context of what a consumer does because of `event`: same actor, same day, same correlation."""
        return cls(
            actor=event.actor,
            effective_on=event.effective_on,
            correlation_id=event.correlation_id,
            causation_id=str(event.id),
            simulated=event.simulated,
            traceparent=tracing.trace(event.traceparent).parent,
        )


def _acts_as(principal: Principal) -> str | None:
    """A bureau is named as such: which of its people acted is in `actor`, for those who may know."""
    if principal.internal:
        return None
    if principal.has(*BUREAU_ROLES):
        return BUREAU
    return min(principal.roles, default=None)


def event_row(
    event_type: EventType[D],
    aggregate_id: UUID,
    version: int,
    data: D,
    context: EventContext,
    rules: Iterable[str],
    edition: str | None,
) -> dict[str, object]:
    """The row of `event_log` for an event, for statements that write it themselves (the hot paths)."""
    event_id, now = uuid7(), utcnow()
    attributes = _attributes(event_type, context, rules, edition)
    attributes |= {
        "id": str(event_id),
        "subject": str(aggregate_id),
        "time": _written(now),
        "aggregateversion": str(version),
    }
    text = _carried(event_type, data)
    return _row(event_type, event_id, aggregate_id, version, now, context, canonical(attributes), text)


def event_rows(
    event_type: EventType[D],
    facts: Iterable[tuple[UUID, int, D]],
    context: EventContext,
    rules: Iterable[str],
    edition: str | None,
) -> list[dict[str, object]]:
    """Rows of the same event of many aggregates, as `event_row` makes them one by one, all of one moment: what they
    have in common is written once."""
    now = utcnow()
    mark = token_hex(16)
    differing = {name: f"{mark}{name}" for name in ("aggregateversion", "id", "subject")}
    common = _attributes(event_type, context, rules, edition) | {"time": _written(now)}
    before, rest = canonical(common | differing).split(differing["aggregateversion"])
    to_id, rest = rest.split(differing["id"])
    to_subject, after = rest.split(differing["subject"])
    rows = []
    for aggregate_id, version, data in facts:
        event_id = uuid7()
        attributes = f"{before}{version}{to_id}{event_id}{to_subject}{aggregate_id}{after}"
        text = _carried(event_type, data)
        rows.append(_row(event_type, event_id, aggregate_id, version, now, context, attributes, text))
    return rows


def _attributes(
    event_type: EventType[D], context: EventContext, rules: Iterable[str], edition: str | None
) -> dict[str, str]:
    """What does not depend on the aggregate."""
    attributes = {
        "specversion": "1.0",
        "source": f"/{event_type.topic.producer}",
        "type": event_type.name,
        "datacontenttype": "application/json",
        "effectiveon": context.effective_on.isoformat(),
        "actor": context.actor,
        "correlationid": context.correlation_id,
        "traceparent": context.traceparent,
    }
    optional = {
        "causationid": context.causation_id,
        "actorrole": context.actor_role,
        "onbehalfof": ",".join(context.on_behalf_of),
        "rules": ",".join(rules),
        "policyedition": edition,
        "simulated": "true" if context.simulated else None,
    }
    return attributes | {name: value for name, value in optional.items() if value}


def _written(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _carried(event_type: EventType[D], data: D) -> str:
    text = data.model_dump_json()
    if len(text.encode()) > MAX_DATA_BYTES:
        raise ValueError(f"{event_type.name}: data of {len(text)} characters cannot be carried as one event")
    return text


def _row(
    event_type: EventType[D],
    event_id: UUID,
    aggregate_id: UUID,
    version: int,
    now: datetime,
    context: EventContext,
    attributes: str,
    text: str,
) -> dict[str, object]:
    return {
        "id": event_id,
        "topic": event_type.topic.name,
        "type": event_type.name,
        "aggregate_id": aggregate_id,
        "aggregate_version": version,
        "actor": context.actor,
        "effective_on": context.effective_on,
        "recorded_at": now,
        "attributes": attributes,
        "data": text,
    }


async def append(
    session: AsyncSession,
    event_type: EventType[D],
    aggregate: Versioned,
    data: D,
    *,
    context: EventContext,
    rules: Sequence[str] = (),
    edition: str | None = None,
) -> UUID:
    """Record that `event_type` happened to `aggregate`, whose version this raises by one. Returns the event's id.

    The aggregate's row must be new or locked by this transaction: the order of its events is the order of its locks.
    """
    aggregate.version = (aggregate.version or 0) + 1
    row = event_row(event_type, aggregate.id, aggregate.version, data, context, rules, edition)
    await session.execute(insert(event_log), [row])
    session.info[EVENTS_APPENDED] = True
    event_id = row["id"]
    assert isinstance(event_id, UUID)
    return event_id


async def append_many(
    session: AsyncSession,
    event_type: EventType[D],
    rows: Sequence[tuple[UUID, int, D]],
    *,
    context: EventContext,
    rules: Sequence[str] = (),
    edition: str | None = None,
) -> None:
    """Record the same fact about many aggregates: (id, version, data), the version already raised by the UPDATE."""
    if not rows:
        return
    values = event_rows(event_type, rows, context, rules, edition)
    for start in range(0, len(values), _AT_ONCE):
        await insert_rows(session, event_log, values[start : start + _AT_ONCE])
    session.info[EVENTS_APPENDED] = True
