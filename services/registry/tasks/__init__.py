"""What waits for people at the registry."""

from __future__ import annotations

from typing import Final

from services.registry.activities import tasks as activities
from services.registry.mentors import tasks as mentors
from services.registry.tasks import alliances, cases, library, proposals, stays
from services.registry.trainings import tasks as trainings
from shared.tasks import TaskSource

SOURCES: Final[tuple[TaskSource, ...]] = (
    *activities.SOURCES,
    *alliances.SOURCES,
    *cases.SOURCES,
    *library.SOURCES,
    *proposals.SOURCES,
    *stays.SOURCES,
    *mentors.SOURCES,
    *trainings.SOURCES,
)
