"""What waits for people at the registry."""

from __future__ import annotations

from typing import Final

from services.registry.tasks import cases, proposals, stays
from shared.tasks import TaskSource

SOURCES: Final[tuple[TaskSource, ...]] = (*cases.SOURCES, *proposals.SOURCES, *stays.SOURCES)
