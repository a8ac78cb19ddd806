"""Audit entries as auditors read them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.http.paging import PageParams
from shared.http.schemas import Response

EntryKind = Literal[
    "signed_in",
    "sign_in_refused",
    "first_used",
    "key_used",
    "request_refused",
    "data_exported",
    "data_handed_over",
    "public_files_fetched",
    "entries_missed",
]


class AuditEntryFilter(PageParams):
    """Which entries to list."""

    kind: EntryKind | None = None
    account_id: str | None = Field(default=None, min_length=1, max_length=200)
    """An account's id, or that of somebody from outside."""
    credential_id: str | None = Field(default=None, min_length=1, max_length=200)
    """A session's, a key's or an outside identity's."""
    subject_id: UUID | None = None
    """An export: its beginning and its end."""
    route: str | None = Field(default=None, min_length=1, max_length=200)
    """The template of a path, such as `/v1/grants/{grant_id}`."""
    code: str | None = Field(default=None, min_length=1, max_length=100)
    """Why something was refused."""
    network: str | None = Field(default=None, pattern=r"^[0-9a-f]{16}$")
    from_at: datetime | None = None
    """From this instant on."""
    until_at: datetime | None = None
    """Before this instant."""


class AuditEntryOut(Response):
    """One entry. What a kind of entries does not have is null. `position` and `hash` say where in the topic
    `gateway.audit` it is chained; null for a moment after it was written."""

    id: UUID
    kind: EntryKind
    recorded_at: datetime
    account_id: str | None
    credential: str | None
    credential_id: str | None
    method: str | None
    route: str | None
    status: int | None
    code: str | None
    """Why it was refused; of an export what kind it is, of a gap its cause."""
    count: int | None
    """How many, between `from_at` and `until_at`."""
    from_at: datetime | None
    until_at: datetime | None
    network: str | None
    """A digest that is the same for the same network (/24, of IPv6 /64)."""
    purpose: str | None
    rows: int | None
    bytes: int | None
    digest: str | None
    """SHA-256 of what was taken out."""
    complete: bool | None
    subject_id: UUID
    position: int | None
    hash: str | None
