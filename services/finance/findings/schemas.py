"""What is answered about findings."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import Field, field_validator

from shared.http.paging import PageParams
from shared.http.schemas import Response
from shared.money import Money
from shared.policy.decision import Decision


class FindingFilter(PageParams):
    """Filters of the list; newest first."""

    no: str | None = Field(default=None, max_length=40)
    grant_id: UUID | None = None
    centre_id: UUID | None = None
    fiscal_year: int | None = Field(default=None, ge=2000, le=2999)
    status: Literal["open"] | None = None


class FindingOut(Response):
    """A finding (疑点) on a spending line; yuan."""

    id: UUID
    no: str
    version: int
    grant_id: UUID
    centre_id: UUID
    fiscal_year: int
    spending_line_id: UUID
    kind: str
    status: str
    amount: Money
    opened_on: date
    opened_by: str
    decision: Decision
    created_at: datetime

    @field_validator("decision", mode="before")
    @classmethod
    def _stored_decision(cls, value: object) -> object:
        return Decision.from_json(value) if isinstance(value, dict) else value
