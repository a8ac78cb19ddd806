"""What waits for people at the evaluation service."""

from __future__ import annotations

from typing import Final

from services.evaluation.tasks import delistings, experts, ledgers, proposals, reports, yearly
from shared.tasks import TaskSource

SOURCES: Final[tuple[TaskSource, ...]] = (
    *reports.SOURCES,
    *yearly.SOURCES,
    *delistings.SOURCES,
    *proposals.SOURCES,
    *experts.SOURCES,
    *ledgers.SOURCES,
)
