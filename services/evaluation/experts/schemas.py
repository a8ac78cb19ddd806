"""Experts, their conflicts, draws and assignments as JSON."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from services.evaluation.evaluations.schemas import ScoreValue
from services.evaluation.experts.models import Expert, ExpertConflict
from services.evaluation.experts.rules import EXPERT_STATUSES, STATUSES
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.http.words import OneOf
from shared.identifiers import UnifiedSocialCreditCode
from shared.policy.params import Slug


class NewConflict(Request):
    """One of the edition's kinds, with a centre or with whatever the organisation of a code runs."""

    kind: Slug
    centre_id: UUID | None = None
    org: UnifiedSocialCreditCode | None = None

    @model_validator(mode="after")
    def _one_subject(self) -> Self:
        if (self.centre_id is None) == (self.org is None):
            raise ValueError("name either a centre or an organisation")
        return self


class NewExpert(Request):
    """One's own application to the pool. `org` is where one works; left out, the account's."""

    org: UnifiedSocialCreditCode | None = None
    conflicts: list[NewConflict] = Field(default_factory=list, max_length=100)


class ExpertEnd(Request):
    """Why an application is turned down or an expert leaves the pool."""

    reason: Literal["not_qualified", "own_wish", "conduct", "left"]


class ConflictEnd(Request):
    """Why a conflict no longer stands."""

    reason: Literal["ended", "entered_in_error"]


class ExpertFilter(PageParams):
    """Filters of the pool."""

    status: Annotated[str, OneOf(*EXPERT_STATUSES)] | None = None
    account_id: Annotated[str, Field(max_length=100)] | None = None


class ConflictOut(Response):
    """A conflict; over once it has an end."""

    id: UUID
    kind: str
    centre_id: UUID | None
    org: str | None
    declared_on: date
    ended_on: date | None
    reason_code: str | None


class ExpertOut(Response):
    """Somebody in the pool, or who wants to be; `open_assignments` are those still to be marked."""

    id: UUID
    version: int
    account_id: str
    org: str | None
    status: str
    applied_on: date
    decided_on: date | None
    reason_code: str | None
    open_assignments: int
    conflicts: list[ConflictOut]

    @classmethod
    def of(cls, expert: Expert, open_assignments: int, conflicts: list[ExpertConflict]) -> Self:
        """With what the expert has declared."""
        own = set(cls.model_fields) - {"open_assignments", "conflicts"}
        known = {name: getattr(expert, name) for name in own}
        shown = [ConflictOut.model_validate(found) for found in conflicts]
        return cls(**known, open_assignments=open_assignments, conflicts=shown)


class NewDraw(Request):
    """`seed` only to repeat or to announce a draw beforehand; otherwise one is chosen and shown."""

    seed: Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{4,64}$")] | None = None


class DrawOut(Response):
    """A draw; `unfilled` are the evaluations that nobody free of conflict was left for, each by its number."""

    id: UUID
    cycle_id: UUID
    kind: str
    seed: str
    wanted: int
    assigned: int
    unfilled: list[str]
    drawn_on: date


class DrawList(Response):
    """All draws of a year, newest first."""

    items: list[DrawOut]


class NewAssignment(Request):
    """An expert chosen by hand for the next free place of an indicator."""

    evaluation_id: UUID
    indicator: Slug
    expert_id: UUID


class AssignedMark(Request):
    """A percentage; null where there was nothing to check. `evidence` names the record of what was looked at."""

    mark: Annotated[Decimal, Field(ge=0, le=100, max_digits=5, decimal_places=2)] | None
    evidence: Annotated[str, Field(min_length=1, max_length=200)]


class Recusal(Request):
    """Why the expert stands aside."""

    reason: Literal["interest", "acquaintance", "competence", "time", "other"]


class Release(Request):
    """Why an officer takes a task back from an expert who has not marked yet."""

    reason: Literal["overdue", "unavailable", "conflict_found", "by_mistake"]


class AssignmentFilter(PageParams):
    """Filters of the list."""

    cycle_id: UUID | None = None
    evaluation_id: UUID | None = None
    expert_id: UUID | None = None
    indicator: Slug | None = None
    status: Annotated[str, OneOf(*STATUSES)] | None = None


class AssignmentOut(Response):
    """A task. Experts see their own alone, without place and draw, so that nobody knows whom they mark beside or after;
    others see marks once they are agreed."""

    id: UUID
    version: int
    cycle_id: UUID
    evaluation_id: UUID
    evaluation_no: str
    year: int
    centre_id: UUID
    centre_no: str
    centre_name: str
    indicator: str
    round: int
    slot: int | None
    expert_id: UUID
    draw_id: UUID | None
    objection_id: UUID | None
    status: str
    agreed: bool
    assigned_on: date
    due_on: date
    mark: ScoreValue | None
    evidence: str | None
    marked_on: date | None
    ended_on: date | None
    reason_code: str | None
