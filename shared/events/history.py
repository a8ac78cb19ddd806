"""What happened to one aggregate, and how it stood on any day, read from the event log.

An event of the aggregate's state carries the whole state after it; its entry here is what it *changed*. A state as of
a day is folded from those changes by the day they take effect, and only then by the order in which they were recorded:
a correction typed in today for last March changes last March, and nothing that took effect since.

Other events of the same topic say something beside the state, such as a permit that an enterprise has to hand in. Their
entries show their own fields; the fields may share a name with the state's, but they are no change of it.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Final
from uuid import UUID

from pydantic import JsonValue, ValidationError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.events.contracts import event_types
from shared.events.types import EventData, Topic
from shared.kernel_tables import event_log

NEVER_SHOWN: Final = frozenset({"remark_hash"})
"""Fields of events that say nothing about the aggregate."""


@dataclass(frozen=True, slots=True)
class Change:
    """One field, before and after; null before it was first heard of."""

    before: JsonValue
    after: JsonValue


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of an aggregate. `actor_role` and `edition` are None where the event did not say.

    `fields` are those of an event that says something beside the state (`of_state` false): it changes none of it.
    """

    version: int
    id: UUID
    type: str
    recorded_at: datetime
    effective_on: date
    actor: str
    actor_role: str | None
    reason_code: str | None
    rules: tuple[str, ...]
    edition: str | None
    changes: Mapping[str, Change]
    fields: Mapping[str, JsonValue] = field(default_factory=dict)
    of_state: bool = True


@dataclass(frozen=True, slots=True)
class StateOnDay:
    """The fields of an aggregate on a day; `version` and `effective_on` are those of the last change that counts."""

    version: int
    effective_on: date
    fields: Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Logged:
    """An event as the log has it."""

    version: int
    id: UUID
    type: str
    recorded_at: datetime
    effective_on: date
    actor: str
    attributes: Mapping[str, str]
    data: Mapping[str, JsonValue]


async def read_history(session: AsyncSession, topic: Topic, aggregate_id: UUID) -> list[Entry]:
    """All entries of an aggregate, first to last; none for one that the log does not know."""
    columns = event_log.c
    query = (
        select(
            columns.aggregate_version,
            columns.id,
            columns.type,
            columns.recorded_at,
            columns.effective_on,
            columns.actor,
            columns.attributes,
            columns.data,
        )
        .where(columns.topic == topic.name, columns.aggregate_id == aggregate_id)
        .order_by(columns.aggregate_version)
    )
    rows = await session.execute(query)
    events = [Logged(*row[:6], json.loads(row.attributes), json.loads(row.data)) for row in rows]
    models = _models(topic)
    return entries_of(events, _state_types(topic, events[0].type) if events else (), models)


@lru_cache
def _models(topic: Topic) -> Mapping[str, type[EventData]]:
    return {event_type.name: event_type.data for event_type in event_types(topic.producer)}


@lru_cache
def _state_types(topic: Topic, first: str) -> frozenset[str]:
    """The event types that carry the state with which an aggregate begins, or more than that."""
    known = _models(topic)
    state = known.get(first, EventData)
    return frozenset(name for name, data in known.items() if issubclass(data, state))


def entries_of(
    events: Iterable[Logged],
    state_types: Container[str] | None = None,
    models: Mapping[str, type[EventData]] | None = None,
) -> list[Entry]:
    """Turn states into changes; the events are in the order of their versions.

    Events of other types than `state_types` are shown as they are; without it all events are states. Values are
    compared as what the `models` of the event types make of them: "2000" and "2000.00" are one amount.
    """
    known: dict[str, JsonValue] = {}
    meant: dict[str, object] = {}
    entries = []
    for event in events:
        if state_types is not None and event.type not in state_types:
            fields = {name: value for name, value in event.data.items() if name not in NEVER_SHOWN}
            entries.append(_entry(event, {}, fields))
            continue
        values = _typed(event, (models or {}).get(event.type))
        changes = {
            name: Change(known.get(name), value)
            for name, value in event.data.items()
            if name not in NEVER_SHOWN and (name not in known or meant[name] != values[name])
        }
        known.update(event.data)
        meant.update(values)
        entries.append(_entry(event, changes))
    return entries


def _typed(event: Logged, model: type[EventData] | None) -> dict[str, object]:
    """The fields of an event as typed values; as they were written where no model reads them."""
    values: dict[str, object] = dict(event.data)
    if model is None:
        return values
    try:
        read = model.model_validate_json(json.dumps(event.data))
    except ValidationError:
        return values
    return {name: getattr(read, name, value) for name, value in values.items()}


def _entry(event: Logged, changes: Mapping[str, Change], fields: Mapping[str, JsonValue] | None = None) -> Entry:
    rules = event.attributes.get("rules", "")
    return Entry(
        version=event.version,
        id=event.id,
        type=event.type,
        recorded_at=event.recorded_at,
        effective_on=event.effective_on,
        actor=event.actor,
        actor_role=event.attributes.get("actorrole"),
        reason_code=_reason(event, changes if fields is None else fields),
        rules=tuple(filter(None, rules.split(","))),
        edition=event.attributes.get("policyedition"),
        changes=changes,
        fields=fields or {},
        of_state=fields is None,
    )


def _reason(event: Logged, changes: Container[str]) -> str | None:
    """The reason code, where the event is about it: a later change of the name does not repeat why it was returned."""
    reason = event.data.get("reason_code")
    given = "reason_code" in changes or "status" in changes
    return reason if given and isinstance(reason, str) else None


def exists_since(entries: Sequence[Entry]) -> date:
    """The first day of an aggregate: that of the earliest step, also where the registration was typed in later."""
    return min(entry.effective_on for entry in entries if entry.of_state)


def state_as_of(entries: Sequence[Entry], day: date) -> StateOnDay | None:
    """The state at the end of a day, folded by (day of effect, version); None before its first day."""
    entries = [entry for entry in entries if entry.of_state]
    if not entries:
        return None
    since = exists_since(entries)
    counting = [entry for entry in entries if entry.effective_on <= day or (entry is entries[0] and since <= day)]
    if not counting:
        return None
    # Whatever was registered was there before the first step that was taken with it.
    counting.sort(key=lambda entry: (since if entry is entries[0] else entry.effective_on, entry.version))
    fields: dict[str, JsonValue] = {}
    for entry in counting:
        fields.update({name: change.after for name, change in entry.changes.items()})
    last = counting[-1]
    return StateOnDay(version=last.version, effective_on=min(last.effective_on, day), fields=fields)


def first_day_in(entries: Sequence[Entry], statuses: Iterable[str]) -> date | None:
    """The first day at whose end the status was one of these."""
    wanted = set(statuses)
    for day in sorted({entry.effective_on for entry in entries if entry.of_state}):
        state = state_as_of(entries, day)
        if state is not None and state.fields.get("status") in wanted:
            return day
    return None
