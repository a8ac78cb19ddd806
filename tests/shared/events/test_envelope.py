"""The canonical form of an event and what its hash covers."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from shared.events.apply import Cursor, Gap, TopicForked, due
from shared.events.envelope import SequencedEvent, canonical, chain, from_json, from_message
from shared.ids import uuid7


def log_of(count: int, epoch: int = 1) -> list[SequencedEvent]:
    events: list[SequencedEvent] = []
    previous = b""
    for position in range(1, count + 1):
        event_id = uuid7()
        attributes = canonical({"id": str(event_id), "type": "registry.item.counted.v1", "subject": str(uuid7())})
        data = json.dumps({"n": position})
        previous = chain(previous, event_id, position, attributes, data)
        events.append(SequencedEvent("registry.item", epoch, position, previous, event_id, attributes, data))
    return events


def cursor_at(event: SequencedEvent | None) -> Cursor:
    if event is None:
        return Cursor("registry.item", 0, 0, b"")
    return Cursor("registry.item", event.epoch, event.position, event.hash)


def test_an_event_survives_nats_and_http_to_the_letter() -> None:
    event = log_of(1)[0]
    headers = event.headers()
    assert headers["Nats-Msg-Id"] == str(event.id)
    assert from_message(headers, event.data.encode()) == event
    assert from_json(json.loads(json.dumps(event.to_json()))) == event


@pytest.mark.parametrize("part", ["data", "attributes", "position", "id"])
def test_the_hash_covers_every_part(part: str) -> None:
    event = log_of(1)[0]
    changed = {
        "data": replace(event, data=event.data + " "),
        "attributes": replace(event, attributes=event.attributes.replace("counted", "counter")),
        "position": replace(event, position=2),
        "id": replace(event, id=uuid7()),
    }[part]
    assert event.follows(b"")
    assert not changed.follows(b"")
    assert not event.follows(b"another past")


def test_what_is_at_or_below_the_cursor_is_not_applied_again() -> None:
    log = log_of(5)
    assert due(cursor_at(log[2]), log) == log[3:]
    assert due(cursor_at(log[4]), log) == []


@given(st.permutations(list(range(6))), st.lists(st.integers(0, 5), max_size=6))
def test_order_and_repetition_of_delivery_do_not_matter(order: list[int], again: list[int]) -> None:
    log = log_of(6)
    assert due(cursor_at(None), [log[i] for i in [*order, *again]]) == log


def test_a_missing_event_is_a_gap_and_what_precedes_it_is_applied_first() -> None:
    log = log_of(5)
    assert due(cursor_at(log[0]), [log[1], log[3]]) == [log[1]]
    with pytest.raises(Gap):
        due(cursor_at(log[1]), [log[3]])


@pytest.mark.parametrize("difference", ["epoch", "hash at the cursor", "hash after the cursor"])
def test_another_past_is_a_fork(difference: str) -> None:
    log, other = log_of(3), log_of(3)
    events = {
        "epoch": [replace(log[2], epoch=2)],
        "hash at the cursor": [other[1]],
        "hash after the cursor": [other[2]],
    }[difference]
    with pytest.raises(TopicForked):
        due(cursor_at(log[1]), events)
