"""Applications as sent and shown."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import StringConstraints

from services.vouchers.schemas import CaseNo, Decided, Division, Word
from services.vouchers.steps import STATUSES
from shared.http.decisions import StoredDecision
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.http.words import OneOf
from shared.money import Money, PositiveMoney

Purpose = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
Remark = Annotated[str, StringConstraints(min_length=1, max_length=500)]


class ApplicationTerms(Request):
    """The voucher that is wanted; yuan. `category` restricts it to one of the programme's."""

    programme_id: UUID
    amount: PositiveMoney
    category: Word | None = None


class ApplicationAsked(ApplicationTerms):
    """Whether the caller's enterprise could be issued such a voucher today. `purpose` may be sent as in an application;
    no rule asks for it."""

    purpose: Purpose | None = None


class ApplicationNew(ApplicationTerms):
    """An application with what the voucher is wanted for."""

    purpose: Purpose


class Reviewed(Decided):
    """The reviewer's proposal: the amount applied for, or less; yuan."""

    granted: PositiveMoney | None = None
    opinion: Remark | None = None


class RefusedWith(Decided):
    """Why it is refused; the applicant reads it."""

    answer: Remark


class ApplicationItem(Response):
    """An application in a list; yuan. `granted` is the reviewer's proposal, and what was issued once it is approved."""

    id: UUID
    no: str
    programme_id: UUID
    issuer_division: str
    enterprise_id: UUID
    category: str | None
    amount: Money
    granted: Money | None
    purpose: str
    status: str
    edition: str
    submitted_on: date
    reviewed_on: date | None
    opinion: str | None
    decided_on: date | None
    answer: str | None
    voucher_id: UUID | None


class ApplicationOut(ApplicationItem):
    """An application with what the rules said at the last step that asked them."""

    decision: StoredDecision


class ApplicationFilter(PageParams):
    """Filters of the list."""

    no: CaseNo | None = None
    programme_id: UUID | None = None
    issuer_division: Division | None = None
    enterprise_id: UUID | None = None
    status: Annotated[str, OneOf(*STATUSES)] | None = None
