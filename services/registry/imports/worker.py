"""Carrying an import out behind its request: one transaction from the first row to the last, so that a killed process
leaves nothing half-done; the next leader begins again."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.imports.approvals import is_waiting, tell_proposer
from services.registry.imports.carrying_out import carry_out
from services.registry.imports.kinds import KINDS
from services.registry.imports.rows import MAX_PROBLEMS, Tally
from services.registry.imports.usecases import CHECK, Task, caller_from_json, work_of
from services.registry.operations.models import Operation, OperationProblem
from services.registry.settings import OperationSettings
from shared.errors import DomainError
from shared.files.documents import ORPHAN_AGE
from shared.files.problems import Problem, masked_params
from shared.files.tables import open_table, unreadable
from shared.operations.worker import MAX_DEATHS, OverTaken, Work, hold, run_waiting as run_work, work_for_ever
from shared.runtime import Runtime

TRIES: Final = 3
_ALONE = text("SELECT pg_advisory_xact_lock(hashtextextended(:id, 4755))")
_ROWS_AT_ONCE: Final = 500


async def work_operations(runtime: Runtime) -> None:
    """Carry out operations for ever, in the elected process."""
    await work_for_ever(runtime, WORK, OperationSettings().operations_poll_seconds)


async def run_waiting(runtime: Runtime) -> int:
    """Finish every operation that is running; returns how many there were."""
    return await run_work(runtime, WORK)


async def sweep_files(runtime: Runtime) -> int:
    """Remove stored files that no import needs any more: refused or lost with their request, or never approved. Returns
    how many."""
    old = {key: UUID(key.rpartition("/")[2]) for key in await runtime.files.older_than("imports", ORPHAN_AGE)}
    async with runtime.db.transaction() as session:
        found = await session.scalars(select(Operation).where(Operation.id.in_(old.values())))
        needed = {operation.id for operation in found if _needs_file(operation)}
    unneeded = [key for key, operation_id in old.items() if operation_id not in needed]
    await runtime.files.remove(unneeded)
    return len(unneeded)


async def _import(runtime: Runtime, operation_id: UUID) -> None:
    """One import to its end. A row that somebody else registers meanwhile makes it begin again. A checked file is kept
    until what was approved of it is on record: refused then, it can be approved again."""
    async with runtime.db.transaction() as session:
        operation = await session.get_one(Operation, operation_id)
        task = Task.from_json(operation.task)
    with tempfile.TemporaryDirectory(prefix="mc-import-") as folder:
        try:
            await _try(runtime, operation_id, await _fetched(runtime, task.key, Path(folder) / "file"))
        except DomainError as refused:
            if refused.status >= 500:
                raise
            await runtime.db.run(partial(_refuse, operation_id=operation_id, code=refused.code, params=refused.params))
    async with runtime.db.transaction() as session:
        operation = await session.get_one(Operation, operation_id)
        approvable = task.proposal is not None and operation.status == "failed"
        if not (approvable or _needs_file(operation)):
            await runtime.files.remove([task.key])


async def _fetched(runtime: Runtime, key: str, path: Path) -> Path:
    """Raises 422 `import-file-unreadable` for a file that is not kept any more."""
    try:
        await runtime.files.fetch(key, path)
    except FileNotFoundError as error:
        raise unreadable() from error
    return path


async def _try(runtime: Runtime, operation_id: UUID, path: Path) -> None:
    for attempt in range(1, TRIES + 1):
        try:
            await runtime.db.run(lambda session: _whole(session, runtime, operation_id, path))
            return
        except IntegrityError:
            if attempt == TRIES:
                raise


async def _whole(session: AsyncSession, runtime: Runtime, operation_id: UUID, path: Path) -> None:
    """All of it in this transaction. The operation's row is locked only at the end: its progress is written, and read,
    beside it; that two workers do not do it twice is the advisory lock's."""
    await session.execute(_ALONE, {"id": str(operation_id)})
    query = select(Operation).where(Operation.id == operation_id).execution_options(populate_existing=True)
    operation = (await session.scalars(query)).one()
    if operation.status != "running":
        raise OverTaken
    task = Task.from_json(operation.task)
    work = work_of(runtime.editions, caller_from_json(operation.caller), task.proposed_by)

    async def progress(done: int) -> None:
        async with runtime.db.transaction() as beside:
            running = update(Operation).where(Operation.id == operation_id, Operation.status == "running")
            await beside.execute(running.values(done=min(done, operation.total)))

    tally = await carry_out(
        session,
        work,
        KINDS[task.kind],
        await asyncio.to_thread(open_table, path),
        partial=task.partial,
        keep=task.keeps,
        progress=progress,
    )
    operation = await hold(session, Operation, operation_id)
    bad = tally.refused > 0 and not task.partial
    operation.finish(_result(task, tally), failed=bad and not task.dry_run)
    await tell_proposer(session, operation)
    await _keep(session, operation_id, tally.problems[:MAX_PROBLEMS])


def _result(task: Task, tally: Tally) -> dict[str, JsonValue]:
    clean = not tally.refused or task.partial
    committed = clean and task.keeps
    return {
        "import": task.kind,
        "dry_run": task.dry_run,
        "partial": task.partial,
        "committed": committed,
        "awaiting_approval": clean and task.phase == CHECK,
        "rows": tally.rows,
        "inserted": tally.inserted if committed else 0,
        "would_insert": 0 if committed else tally.inserted,
        "unchanged": tally.unchanged,
        "refused": tally.refused,
    }


def _needs_file(operation: Operation) -> bool:
    return operation.status == "running" or is_waiting(operation)


async def _refuse(session: AsyncSession, operation_id: UUID, code: str, params: Mapping[str, object]) -> None:
    """The file as a whole is refused: one problem, without a row."""
    operation = await hold(session, Operation, operation_id)
    operation.finish({"committed": False}, failed=True)
    await tell_proposer(session, operation)
    await _keep(session, operation_id, [Problem("", 0, None, None, code, False, masked_params(params))])


async def _keep(session: AsyncSession, operation_id: UUID, problems: Sequence[Problem]) -> None:
    for start in range(0, len(problems), _ROWS_AT_ONCE):
        rows = [
            {
                "operation_id": operation_id,
                "position": position,
                "sheet": problem.sheet,
                "row": problem.row,
                "column": problem.column,
                "value": problem.value,
                "code": problem.code,
                "of_field": problem.of_field,
                "params": _plain(problem.params),
            }
            for position, problem in enumerate(problems[start : start + _ROWS_AT_ONCE], start=start)
        ]
        await session.execute(insert(OperationProblem), rows)


def _plain(params: Mapping[str, object]) -> dict[str, JsonValue]:
    """Parameters as JSON has them; days and amounts as text."""
    kept: dict[str, JsonValue] = {}
    for name, value in params.items():
        kept[name] = value if isinstance(value, str | int | float | bool) or value is None else str(value)
    return kept


async def _give_up(session: AsyncSession, operation: Operation) -> None:
    """Nothing of a failed import stays, so there is nothing to undo; only to say that it was not the file's fault, and
    that it can be approved again."""
    await tell_proposer(session, operation)
    code = "operation-process-died" if operation.attempts > MAX_DEATHS else "internal-error"
    await _keep(session, operation.id, [Problem("", 0, None, None, code, False, {})])


WORK: Final = Work(Operation, {"import": _import}, _give_up)
