"""Delegations as sent and shown."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from gateway.accounts.schemas import Roles
from gateway.delegations.models import Delegation
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response

Status = Literal["proposed", "accepted", "declined", "withdrawn", "over"]


class DelegationNew(Request):
    """Which roles to leave to which colleague, from one business day to another, both included."""

    delegate: str = Field(min_length=3, max_length=64)
    """The colleague's user name."""
    roles: Roles
    from_on: date
    to_on: date


class DelegationFilter(PageParams):
    """Which delegations to list."""

    account: UUID | None = None
    """Only those that this account gave or took."""


class DelegationOut(Response):
    """A delegation; `over` once its last day has passed."""

    id: UUID
    grantor_id: UUID
    delegate_id: UUID
    roles: list[str]
    from_on: date
    to_on: date
    status: Status
    accepted_at: datetime | None
    ended_at: datetime | None
    ended_by: str | None

    @classmethod
    def of(cls, row: Delegation, today: date) -> DelegationOut:
        """Show a row as it is on a business day."""
        over = row.status in ("proposed", "accepted") and row.to_on < today
        shown = {name: getattr(row, name) for name in cls.model_fields}
        return cls.model_validate({**shown, "status": "over" if over else row.status})
