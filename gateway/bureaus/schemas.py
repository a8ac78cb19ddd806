"""Bureaus as shown."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import Field

from gateway.bureaus.models import Bureau
from shared.http.paging import PageParams
from shared.http.schemas import Response


class BureauFilter(PageParams):
    """Which bureaus to list."""

    name: str | None = Field(default=None, max_length=31)
    removed: bool | None = None


class BureauOut(Response):
    """A bureau that reads events, without anything secret."""

    id: UUID
    name: str
    account_id: UUID = Field(description="whose API keys read the feed")
    public_key: str = Field(description="NKey of its connections to NATS")
    topics: list[str] | None = Field(description="null: every topic that leaves the suite")
    created_at: datetime
    rotated_at: datetime = Field(description="since when it has this key")
    removed_at: datetime | None

    @classmethod
    def of(cls, bureau: Bureau) -> BureauOut:
        """Show a row."""
        return cls(
            id=bureau.id,
            name=bureau.name,
            account_id=bureau.account_id,
            public_key=bureau.public_key,
            topics=bureau.topics,
            created_at=bureau.created_at,
            rotated_at=bureau.rotated_at,
            removed_at=bureau.removed_at,
        )
