"""Taking a file in: a small one at once, a large one as an operation, what changes standing after a second person."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.imports.carrying_out import carry_out
from services.registry.imports.reading import require_few
from services.registry.imports.rows import Kind, Tally, Work
from services.registry.operations.models import Operation
from services.registry.policy import edition_at
from shared.auth.principal import Principal
from shared.files.problems import ImportOptions
from shared.files.tables import open_table
from shared.http.uploads import Upload
from shared.ids import uuid7
from shared.operations.asking import ask
from shared.policy.edition import Editions
from shared.runtime import Runtime

AT_ONCE: Final = 300
"""A file with more rows becomes an operation: the request would hold its transaction for too long."""

CHECK: Final = "check"
APPLY: Final = "apply"


@dataclass(frozen=True, slots=True)
class Task:
    """What an operation is to do with its file. `check` of an approved kind only looks, `proposal` is the operation
    that did so before."""

    kind: str
    key: str
    dry_run: bool
    partial: bool
    phase: str = APPLY
    proposal: str | None = None
    proposed_by: str | None = None

    def to_json(self) -> dict[str, JsonValue]:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Task:
        return cls(**stored)

    @property
    def keeps(self) -> bool:
        """Whether anything is to be written."""
        return not self.dry_run and self.phase == APPLY


async def take_in(
    session: AsyncSession, runtime: Runtime, principal: Principal, kind: Kind, upload: Upload, options: ImportOptions
) -> Tally | Operation:
    """Check the file's form and size, then carry it out or write an operation down.

    Raises 413, 422 for a file that cannot be read, is not what its name says, is not of this kind or has more rows than
    it may have.
    """
    table = await asyncio.to_thread(open_table, upload.path, upload.name)
    work = work_of(runtime.editions, principal)
    await asyncio.to_thread(require_few, kind, work.edition, table)
    looked_at = kind.approved and not options.dry_run
    if table.rows <= AT_ONCE and not looked_at:
        return await carry_out(
            session, work, kind, table, partial=options.partial, keep=not options.dry_run, progress=_unwatched
        )
    operation_id = uuid7()
    key = f"imports/{operation_id}"
    phase = CHECK if looked_at else APPLY
    task = Task(kind.name, key, options.dry_run, options.partial, phase)
    await runtime.files.put(key, upload.path)
    return await write_down(session, runtime, principal, operation_id, task, table.rows)


def work_of(editions: Editions, principal: Principal, proposed_by: str | None = None) -> Work:
    """The frame of one import: rows are judged as single requests of this caller would be today."""
    return Work(editions, edition_at(editions, principal.today), principal, proposed_by)


async def write_down(
    session: AsyncSession,
    runtime: Runtime,
    principal: Principal,
    operation_id: UUID,
    task: Task,
    total: int,
) -> Operation:
    """An import as an operation of the caller."""
    operation = Operation(
        id=operation_id,
        kind="import",
        status="running",
        done=0,
        total=total,
        actor=principal.account_id,
        effective_on=principal.today,
        correlation_id=principal.correlation_id,
        simulated=principal.simulated,
        task=task.to_json(),
        caller=caller_to_json(principal),
    )
    return await ask(session, runtime.db, operation)


async def _unwatched(_: int) -> None:
    """Nobody watches the progress of a request."""


def caller_to_json(principal: Principal) -> dict[str, JsonValue]:
    """Whom the work is done for, as the operation keeps it."""
    return {**asdict(principal), "roles": sorted(principal.roles), "today": principal.today.isoformat()}


def caller_from_json(stored: Mapping[str, Any]) -> Principal:
    """The same again."""
    return Principal(**{**stored, "roles": frozenset(stored["roles"]), "today": date.fromisoformat(stored["today"])})
