"""Tasks of all services as JSON."""

from __future__ import annotations

from shared.http.schemas import Response
from shared.tasks import TaskOut


class GatheredTask(TaskOut):
    """Something that waits for the caller, and the service that it waits in."""

    service: str


class GatheredTasks(Response):
    """What waits for the caller, the earliest due first and what has no day last.

    `more` if there are tasks that did not fit: ask for some kinds only, or do these first. `unanswered` names services
    that did not answer in time: their tasks are missing here, and may be there.
    """

    items: list[GatheredTask]
    next: None
    more: bool
    unanswered: list[str]
