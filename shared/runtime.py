"""What a running service process holds: its connections, its policy editions and its event machinery."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import structlog
from fastapi import APIRouter, Depends, Request
from sqlalchemy import MetaData

from shared.db import Database
from shared.events.types import Topic
from shared.files.storage import Storage
from shared.http.references import Reference
from shared.peers import PeerClient
from shared.policy.edition import Editions
from shared.settings import ServiceSettings

if TYPE_CHECKING:
    from shared.audit.duties import Duties
    from shared.events.consumer import Consumers
    from shared.events.runtime import EventRuntime
    from shared.tasks import TaskSource


@dataclass(slots=True)
class Runtime:
    """One per process, on ``app.state.runtime`` and ``request.state.runtime``."""

    settings: ServiceSettings
    db: Database
    peers: PeerClient
    editions: Editions
    log: structlog.stdlib.BoundLogger
    files: Storage
    topics: frozenset[str] = field(default_factory=frozenset)
    """Names of the topics this service produces."""
    events: EventRuntime | None = None
    """The sequencer, relay and consumers of this process; None where workers are not enabled."""

    def wake(self) -> None:
        """Tell the sequencer that something was committed; commits of ``Database.transaction`` do so themselves."""
        self.db.wake()


Background = Callable[[Runtime], Coroutine[Any, Any, None]]
"""A worker that runs until cancelled, in the elected process only."""


@dataclass(frozen=True)
class ServiceDefinition:
    """What makes one service: everything ``create_app`` needs besides the settings.

    ``messages`` is the service's ``messages.toml``. ``migrations`` is its folder of Alembic scripts, found
    beside the package ``services.<name>`` (or ``<name>``) when left out. ``tasks`` are what people may find waiting for
    them; without any the service has no task list.
    """

    name: str
    title: str
    routers: Sequence[APIRouter]
    topics: Sequence[Topic]
    consumers: Consumers | None
    metadata: MetaData
    messages: Path
    background: Sequence[Background] = ()
    migrations: Path | None = None
    references: Mapping[str, Reference] = field(default_factory=dict)
    """What ids mean to people, by the field that has them: told beside them in the files of lists."""
    tasks: Sequence[TaskSource] = ()
    audit: Duties | None = None
    """What the gateway may ask of it for the auditor; without any it answers nothing of the kind."""


async def get_runtime(request: Request) -> Runtime:
    """The process's runtime."""
    runtime: Runtime = request.app.state.runtime
    return runtime


RuntimeDep = Annotated[Runtime, Depends(get_runtime)]
