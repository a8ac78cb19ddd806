"""Where finance registers what it does with events, and rows of plain copies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

from sqlalchemy import Table

from shared.events.consumer import Consumers, Received
from shared.events.types import EventData

SERVICE: Final = "finance"

consumers = Consumers(SERVICE)

T = TypeVar("T", bound=EventData)


def copies(table: Table, events: Sequence[Received[T]]) -> list[dict[str, object]]:
    """Rows of a copy whose columns are named as the fields of the state that its events carry."""
    fields = {column.name for column in table.columns} - {"version"}
    return [{"version": event.aggregate_version, **event.data.model_dump(include=fields)} for event in events]
