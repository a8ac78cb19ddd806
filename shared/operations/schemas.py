"""Operations as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Generic, Self, TypeVar

from pydantic import JsonValue

from shared.http.schemas import Response
from shared.operations.models import OperationRow

P = TypeVar("P")


class OperationState(Response, Generic[P]):
    """An operation's progress: running, done or failed; `errors` names what was left out, `result` is there once it is
    done."""

    id: str
    kind: str
    status: str
    done: int
    total: int
    errors: list[P]
    result: dict[str, JsonValue] | None
    created_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, service: str, operation: OperationRow, errors: list[P]) -> Self:
        """`id` is the one of the operations' address."""
        return cls(
            id=f"{service}-{operation.id}",
            kind=operation.kind,
            status=operation.status,
            done=operation.done,
            total=operation.total,
            errors=errors,
            result=operation.result,
            created_at=operation.created_at,
            finished_at=operation.finished_at,
        )
