"""Requests as sent and shown."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import StringConstraints

from services.vouchers.schemas import CaseNo, Decided, Division, Word
from services.vouchers.steps import STATUSES
from shared.http.decisions import StoredDecision
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.http.words import OneOf
from shared.money import Money

Reason = Annotated[str, StringConstraints(min_length=1, max_length=500)]


class RequestNew(Request):
    """What is asked for. An `extension` needs the last day wanted; a `void` a word of the edition
    (`vouchers.life.void_reasons`) and what becomes of delivered holds; a `reinstatement` neither."""

    voucher_id: UUID
    kind: Literal["extension", "void", "reinstatement"]
    reason: Reason
    valid_until: date | None = None
    reason_code: Word | None = None
    delivered: Literal["honoured", "released"] | None = None
    submitted_on: date | None = None


class Proposed(Decided):
    """The officer's opinion on what the holder asks for."""

    opinion: Reason | None = None


class RequestRefused(Decided):
    """Why it is refused; the holder reads it."""

    answer: Reason


class RequestItem(Response):
    """A request in a list. `amount`: yuan that went back to budget and quotas, or were committed again."""

    id: UUID
    no: str
    voucher_id: UUID
    issuer_division: str
    kind: str
    status: str
    edition: str
    reason_code: str | None
    reason: str
    valid_until: date | None
    delivered: str | None
    amount: Money | None
    submitted_on: date
    reviewed_on: date | None
    opinion: str | None
    decided_on: date | None
    answer: str | None


class RequestOut(RequestItem):
    """A request with what the rules said when they were last asked; none for a void."""

    decision: StoredDecision | None


class RequestFilter(PageParams):
    """Filters of the list."""

    no: CaseNo | None = None
    voucher_id: UUID | None = None
    issuer_division: Division | None = None
    kind: Literal["extension", "void", "reinstatement"] | None = None
    status: Annotated[str, OneOf(*STATUSES)] | None = None
