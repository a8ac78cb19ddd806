"""Extensions and reopenings as JSON."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, JsonValue

from shared.http.schemas import Request, Response

ChangeReason = Literal[
    "error_found", "new_evidence", "objection", "court_or_review", "force_majeure", "system_failure", "other"
]
Why = Annotated[str, Field(min_length=1, max_length=1000)]


class NewExtension(Request):
    """A later last day of a phase, a working day, and why."""

    phase: Literal["self_report", "marking", "notice"]
    until: date
    reason: ChangeReason
    statement: Why


class NewReopening(Request):
    """Why the year is to go back one phase."""

    reason: ChangeReason
    statement: Why


class ExtensionOut(Response):
    """A later last day, as asked for and decided."""

    id: UUID
    cycle_id: UUID
    phase: str
    due_before: date
    due_on: date
    status: str
    reason: str
    statement: str
    proposed_on: date
    decided_on: date | None


class ReopeningOut(Response):
    """A step back, as asked for and decided; `undone` is what had been announced or signed."""

    id: UUID
    cycle_id: UUID
    from_status: str
    to_status: str
    status: str
    reason: str
    statement: str
    undone: dict[str, JsonValue]
    proposed_on: date
    decided_on: date | None


class ExtensionList(Response):
    """All of a year, newest first."""

    items: list[ExtensionOut]


class ReopeningList(Response):
    """All of a year, newest first."""

    items: list[ReopeningOut]
