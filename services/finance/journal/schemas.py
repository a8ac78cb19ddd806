"""What is answered about the journal."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.finance.journal.entries import Account, Movement
from shared.http.paging import PageParams
from shared.http.schemas import Response
from shared.http.words import DivisionCode
from shared.money import SignedMoney


class EntryFilter(PageParams):
    """Filters of the journal; oldest first. An entry matches if any of its postings is on the account."""

    case_id: UUID | None = None
    case_no: str | None = Field(default=None, max_length=40)
    kind: Movement | None = None
    account: Account | None = None
    centre_id: UUID | None = None
    division: Annotated[str, DivisionCode] | None = None
    fiscal_year: int | None = Field(default=None, ge=2000, le=2999)


class PostingOut(Response):
    """Debits are positive, credits negative; subject is the centre, or the division of matching funds, period the
    year."""

    line: int
    account: Account
    subject: str
    period: str
    amount: SignedMoney


class EntryOut(Response):
    """One balanced entry. `case_version` names the event of the case that it belongs to."""

    id: UUID
    kind: Movement
    case_id: UUID
    case_no: str
    case_version: int
    effective_on: date
    recorded_at: datetime
    actor: str
    counterparty: str | None
    reverses_id: UUID | None
    postings: list[PostingOut]
