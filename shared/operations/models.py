"""What every service's table of operations has."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import CheckConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shared import tracing
from shared.clock import utcnow
from shared.events.outbox import EventContext
from shared.ids import uuid7


class OperationRow:
    """One piece of long work, with who asked for it and for which day. It is `running` until it is `done` or has
    `failed`; `result` says what came of it."""

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid7)
    kind: Mapped[str]
    status: Mapped[str] = mapped_column(default="running")
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int]
    result: Mapped[dict[str, JsonValue] | None] = mapped_column(JSONB(none_as_null=True))
    actor: Mapped[str]
    effective_on: Mapped[date]
    correlation_id: Mapped[str]
    simulated: Mapped[bool]
    traceparent: Mapped[str | None] = mapped_column(default=tracing.current)
    """The request that asked."""
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    finished_at: Mapped[datetime | None]

    @property
    def context(self) -> EventContext:
        """What the work does is done by whoever asked for it."""
        return EventContext(
            self.actor,
            self.effective_on,
            self.correlation_id,
            simulated=self.simulated,
            traceparent=tracing.trace(self.traceparent).parent,
        )

    def finish(self, result: dict[str, JsonValue] | None = None, *, failed: bool = False) -> None:
        """End it; in the transaction of its last effect."""
        self.status, self.finished_at = "failed" if failed else "done", utcnow()
        self.result = result
        if not failed:
            self.done = self.total


class CountedOperationRow(OperationRow):
    """Work that begins anew in every process: one that takes its process with it would do so for ever."""

    attempts: Mapped[int] = mapped_column(server_default=text("0"), default=0)
    """Processes that took it up and were not stopped in order."""


def operation_checks(*kinds: str) -> tuple[CheckConstraint, ...]:
    """The table's constraints, for the kinds of work that the service has."""
    known = ", ".join(f"'{kind}'" for kind in kinds)
    return (
        CheckConstraint(f"kind IN ({known})", name="kind_known"),
        CheckConstraint("status IN ('running', 'done', 'failed')", name="status_known"),
        CheckConstraint("done BETWEEN 0 AND total", name="done_within_total"),
        CheckConstraint("(status = 'running') = (finished_at IS NULL)", name="finished_with_time"),
    )
