"""Evaluation cycles as JSON."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from services.evaluation.cycles.models import EvaluationCycle
from services.evaluation.cycles.rules import STATUSES, first_publication_day, last_objection_day, notice_end
from services.evaluation.terms import warning_codes
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.http.words import OneOf
from shared.policy.edition import Edition

DocumentNo = Annotated[str, Field(min_length=1, max_length=100, examples=["拉科发〔2020〕18号"])]


class NewCycle(Request):
    """A year to evaluate."""

    year: Annotated[int, Field(strict=True, ge=2000, le=2199)]
    opened_on: date | None = None


class Announcement(Request):
    """`announced_on` only when the notice went up earlier."""

    announced_on: date | None = None


class Approval(Request):
    """`approved_on` only when it was signed earlier."""

    approved_on: date | None = None


class CycleCountersignature(Request):
    """`countersigned_on` only when it was signed earlier."""

    countersigned_on: date | None = None


class PublicationRequest(Request):
    """The results' document. `continuation_basis` names the document under which fails are still published after the
    edition's end (6-1)."""

    document_no: DocumentNo
    published_on: date | None = None
    continuation_basis: Annotated[str, Field(min_length=1, max_length=200)] | None = None


class CycleFilter(PageParams):
    """Filters of the list."""

    year: int | None = None
    status: Annotated[str, OneOf(*STATUSES)] | None = None


class CycleOut(Response):
    """A cycle with the terms that follow from its announcement."""

    id: UUID
    version: int
    year: int
    edition: str
    rubric_id: UUID | None
    marks: int
    status: str
    opened_on: date
    self_report_due_on: date | None
    marking_due_on: date | None
    operation: str | None
    scored_on: date | None
    announced_on: date | None
    notice_until: date | None
    objections_until: date | None
    first_publication_day: date | None
    term_warnings: list[str]
    approved_on: date | None
    approved_bureau: str | None
    countersigned_on: date | None
    countersigned_bureau: str | None
    document_no: str | None
    continuation_basis: str | None
    published_on: date | None

    @classmethod
    def of(cls, cycle: EvaluationCycle, edition: Edition) -> Self:
        """`operation` is the id of the work under way or done last, as the operations' address has it."""
        notice = None if cycle.announced_on is None else notice_end(edition, cycle.announced_on)
        announced, extended = cycle.announced_on, cycle.objections_until
        objections = None if announced is None else last_objection_day(edition, announced, extended)
        until = cycle.notice_until
        computed = {"operation", "objections_until", "first_publication_day", "term_warnings"}
        return cls(
            **{name: getattr(cycle, name) for name in set(cls.model_fields) - computed},
            operation=None if cycle.operation_id is None else f"evaluation-{cycle.operation_id}",
            objections_until=objections,
            first_publication_day=None if until is None else first_publication_day(until),
            term_warnings=[] if notice is None else warning_codes(notice),
        )


class Completeness(Response):
    """What stands between the scores and the public notice: `unscored`, `unmarked` and `outdated` count evaluations and
    must be 0. Nor is the year approved while a veto or an exemption is undecided."""

    centres: int
    scored: int
    published: int
    exempt: int
    not_graded: int
    reports_due: int
    reports_accepted: int
    reports_under_review: int
    unscored: int
    unmarked: int
    outdated: int
    vetoes_undecided: int
    exemptions_undecided: int


class FailOut(Response):
    """A centre that fails as things stand, and its delisting case if the fail is a second one."""

    evaluation_id: UUID
    evaluation_no: str
    centre_id: UUID
    centre_no: str
    centre_name: str
    tier: str
    score: Decimal | None
    vetoed: bool
    status: str
    delisting_case_id: UUID | None
    delisting_case_no: str | None
    delisting_case_status: str | None


class Preview(Response):
    """A year as it would be published now."""

    cycle_id: UUID
    year: int
    status: str
    as_of: datetime
    grades: dict[str, int]
    grades_by_tier: dict[str, dict[str, int]]
    completeness: Completeness
    fails: list[FailOut]
