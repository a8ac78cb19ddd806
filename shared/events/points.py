"""Named points of the event log protocol between which a crash is interesting; tests and tracing may observe them."""

from __future__ import annotations

from collections.abc import Callable

SEQUENCED = "sequencer.committed"
PUBLISHED = "relay.published"
MARKED = "relay.marked"
APPLIED = "consumer.applied"
COMMITTED = "consumer.committed"
ACKNOWLEDGED = "consumer.acknowledged"

observers: list[Callable[[str], None]] = []


def passed(point: str) -> None:
    """The protocol has just passed `point`."""
    for observer in observers:
        observer(point)
