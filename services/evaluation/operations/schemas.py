"""Operations as JSON."""

from __future__ import annotations

from typing import Self
from uuid import UUID

from pydantic import JsonValue

from services.evaluation.operations.models import OperationIssue
from shared.http.decisions import StoredDecision
from shared.http.messages import Language, Messages
from shared.http.schemas import Response
from shared.operations.schemas import OperationState


class OperationProblem(Response):
    """Why one evaluation was left out, as its own publication would have answered."""

    evaluation_id: UUID
    centre_id: UUID
    status: int
    code: str
    title: str
    detail: str
    clauses: list[str]
    params: dict[str, JsonValue]
    decision: StoredDecision | None

    @classmethod
    def of(cls, issue: OperationIssue, messages: Messages, language: Language) -> Self:
        """With the texts of the code in the caller's language."""
        text = messages.text(issue.code, language, issue.params)
        return cls(
            evaluation_id=issue.evaluation_id,
            centre_id=issue.centre_id,
            status=500 if issue.code == "internal-error" else 409,
            code=issue.code,
            title=text.title,
            detail=text.detail,
            clauses=_clauses(issue.decision),
            params=issue.params,
            decision=issue.decision,
        )


def _clauses(decision: dict[str, JsonValue] | None) -> list[str]:
    results = (decision or {}).get("results")
    if not isinstance(results, list):
        return []
    return list(dict.fromkeys(str(result["clause"]) for result in results if isinstance(result, dict)))


class OperationOut(OperationState[OperationProblem]):
    """Progress of the work on a cycle; `errors` are the centres that were left out."""
