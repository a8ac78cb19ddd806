"""Ratings as sent and shown."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from services.vouchers.schemas import Word
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response


class RatingNew(Request):
    """Stars, and what the enterprise wants to say; identity numbers are refused."""

    stars: Annotated[int, Field(ge=1, le=5)]
    text: Annotated[str, StringConstraints(min_length=1, max_length=500)] | None = None


class RatingHiding(Request):
    """Why a text is shown no more; its stars go on counting."""

    reason_code: Literal["personal_data", "insulting", "unlawful", "unrelated"]


class RatingOut(Response):
    """A rating as everybody may see it: not by whom."""

    id: UUID
    provider_id: UUID
    category: str
    stars: int
    text: str | None
    rated_on: date
    hidden_reason: str | None


class OwnRating(RatingOut):
    """A rating for whoever gave it, its provider and the bureaus."""

    redemption_id: UUID
    enterprise_id: UUID


class RatingFilter(PageParams):
    """Filters of the list."""

    stars: Annotated[int, Field(ge=1, le=5)] | None = None
    category: Word | None = None
