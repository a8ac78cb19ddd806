"""Notices upward as JSON."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from services.registry.codes import DocumentNo, Name
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.http.words import OneOf


class SendNotice(Request):
    """Records that the notice went out: to whom, under which number, and when."""

    addressee: Name
    document_no: DocumentNo
    sent_on: date | None = None


class UpwardNoticeOut(Response):
    """One title or designation to report, and whether that was done."""

    id: UUID
    version: int
    case_id: UUID
    centre_id: UUID
    subject_kind: str
    subject_id: UUID
    level: str
    status: str
    due_from: date
    addressee: str | None
    document_no: str | None
    sent_on: date | None
    sent_by: str | None


class UpwardNoticeFilter(PageParams):
    """Filters of notices upward; `status=due` are the open tasks."""

    centre_id: UUID | None = None
    case_id: UUID | None = None
    status: Annotated[str, OneOf("due", "sent")] | None = None
