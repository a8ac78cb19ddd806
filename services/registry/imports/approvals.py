"""Approving what another person had checked, and telling that person what came of it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.imports.usecases import APPLY, CHECK, Task, write_down
from services.registry.operations.models import Operation
from shared.auth.principal import Principal
from shared.clock import business_today
from shared.errors import DomainError, four_eyes_required, not_found
from shared.ids import uuid7
from shared.runtime import Runtime

APPROVED_WITHIN: Final = timedelta(days=30)
"""How long a checked file waits for its approval, by the business date."""

RUNNING, DONE, REFUSED = "running", "done", "refused"


async def approve(
    session: AsyncSession, runtime: Runtime, principal: Principal, kind: str, operation_id: UUID
) -> Operation:
    """Carry out what another person had checked. Raises 403 `four-eyes-required`, 409 `import-not-checked`,
    `import-already-approved`, `import-approval-late`."""
    checked = await session.scalar(select(Operation).where(Operation.id == operation_id).with_for_update())
    task = None if checked is None else Task.from_json(checked.task)
    if checked is None or task is None or task.kind != kind:
        raise not_found("operation")
    if task.phase != CHECK or checked.status != "done":
        raise DomainError("import-not-checked", 409)
    if checked.actor == principal.account_id:
        raise four_eyes_required()
    proposal = Operation.task["proposal"].astext == str(operation_id)
    if await session.scalar(select(Operation.id).where(proposal, Operation.status != "failed").limit(1)) is not None:
        raise DomainError("import-already-approved", 409)
    if (last := checked.effective_on + APPROVED_WITHIN) < principal.today:
        raise DomainError("import-approval-late", 409, params={"last": last, "today": principal.today})
    wanted = Task(kind, task.key, False, task.partial, APPLY, str(operation_id), checked.actor)
    operation = await write_down(session, runtime, principal, uuid7(), wanted, checked.total)
    _tell(checked, operation, RUNNING)
    return operation


async def tell_proposer(session: AsyncSession, operation: Operation) -> None:
    """What came of an approved file, on the operation of whoever had it checked: in the transaction that ends it. One
    that was refused can be approved again."""
    proposal = Task.from_json(operation.task).proposal
    if proposal is None:
        return
    checked = await session.get(Operation, UUID(proposal), with_for_update=True, populate_existing=True)
    if checked is not None:
        _tell(checked, operation, DONE if operation.status == "done" else REFUSED)


def is_waiting(operation: Operation, today: date | None = None) -> bool:
    """Whether the operation's file may still be asked for. Where the clock is simulated, the days are those of the
    callers, and nothing runs out by itself."""
    result = operation.result or {}
    approval = result.get("approval")
    if isinstance(approval, dict) and approval.get("status") == RUNNING:
        return True
    if not result.get("awaiting_approval"):
        return False
    return operation.simulated or operation.effective_on + APPROVED_WITHIN >= (today or business_today())


def _tell(checked: Operation, operation: Operation, status: str) -> None:
    result: dict[str, JsonValue] = dict(checked.result or {})
    came = operation.result or {}
    result["awaiting_approval"] = status == REFUSED
    result["approval"] = {
        "operation": f"registry-{operation.id}",
        "status": status,
        "approved_on": operation.effective_on.isoformat(),
        "rows": came.get("rows"),
        "inserted": came.get("inserted"),
        "unchanged": came.get("unchanged"),
        "refused": came.get("refused"),
    }
    if status == DONE:
        result["committed"] = came.get("committed", False)
        result["inserted"] = came.get("inserted", 0)
        result["would_insert"] = 0
    checked.result = result
