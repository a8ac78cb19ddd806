"""Self-checks as JSON."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field, JsonValue

from services.registry.codes import Evidence
from shared.http.decisions import StoredDecision
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response


class ItemAnswer(Request):
    """Whether an item is there, and what shows it."""

    met: bool
    evidence: Evidence | None = None


Answers = Annotated[
    dict[Annotated[str, Field(max_length=130)], ItemAnswer],
    Field(min_length=1, max_length=100, examples=[{"professional_team.full_time_manager": {"met": True}}]),
]
"""By `part.item` of the edition."""


class RecordSelfCheck(Request):
    """A year's answers; every item of the edition is answered."""

    year: Annotated[int, Field(ge=2000, le=2100)]
    answers: Answers
    checked_on: date | None = None


class AmendSelfCheck(Request):
    """Some answers corrected; the others stay."""

    answers: Answers


class SelfCheckOut(Response):
    """A year's self-check and what the rules say of it."""

    id: UUID
    version: int
    centre_id: UUID
    year: int
    edition: str
    answers: dict[str, JsonValue]
    decision: StoredDecision
    passed: bool
    checked_by: str
    checked_on: date


class SelfCheckFilter(PageParams):
    """Filters of a centre's self-checks."""

    year: int | None = None
    passed: bool | None = None
