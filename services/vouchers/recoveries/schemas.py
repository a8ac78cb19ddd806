"""Recoveries as sent and shown."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import StringConstraints

from services.vouchers.schemas import CaseNo, Division
from shared.http.decisions import StoredDecision
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.money import Money, PositiveMoney

Text = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
DocumentNo = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Slip = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,59}$")]
Status = Literal["opened", "decided", "settled", "written_off", "dropped"]
Reason = Literal["reversal", "invoice_cancelled", "invoice_red_lettered", "fraud", "overpaid", "other"]
OfficersReason = Literal["fraud", "overpaid", "other"]


class RecoveryNew(Request):
    """A claim on what was paid for a redemption: how much of it, why, and what it rests on, as the provider is told.

    What was reversed, or stood on a cancelled invoice, is claimed back by those steps themselves.
    """

    redemption_id: UUID
    amount: PositiveMoney
    reason_code: OfficersReason
    facts: Text
    opened_on: date | None = None


class StatementIn(Request):
    """What the provider says; `stated_on` where an officer enters a paper."""

    text: Text
    stated_on: date | None = None


class DecisionIn(Request):
    """What is due, and why: all that was claimed, a part, or nothing."""

    due: Money
    grounds: Text
    document_no: DocumentNo | None = None
    decided_on: date | None = None


class RepaymentIn(Request):
    """What arrived, with the bank's slip."""

    amount: PositiveMoney
    reference: Slip
    received_on: date | None = None


class WriteOffIn(Request):
    """Why the rest cannot be got back."""

    reason: Text
    proposed_on: date | None = None


class WriteOffDecision(Request):
    """Whether it is given up."""

    outcome: Literal["approved", "refused"]
    decided_on: date | None = None


class RecoveryItem(Response):
    """A recovery in a list; yuan. `outstanding` is what is still to come; `reserved` waits for the bank's answer."""

    id: UUID
    no: str
    redemption_id: UUID
    programme_id: UUID
    issuer_division: str
    provider_id: UUID
    status: Status
    reason_code: Reason
    amount: Money
    due: Money | None
    repaid: Money
    withheld: Money
    reserved: Money
    written_off: Money
    outstanding: Money
    opened_on: date
    statement_until: date
    stated_on: date | None
    decided_on: date | None
    repay_until: date | None
    reconsideration_until: date | None
    litigation_until: date | None
    ended_on: date | None


class MovementOut(Response):
    """What made up for a part of it, or does no more (`offset_returned`)."""

    kind: Literal["repayment", "offset", "offset_returned", "write_off"]
    amount: Money
    moved_on: date
    reference: str | None


class TermWarning(Response):
    """What the terms were counted without: no national or regional calendar of a year, or unconfirmed days."""

    code: str
    year: int
    days: list[date]


class RecoveryOut(RecoveryItem):
    """A recovery with what was said and decided; who took which step is for issuer and bureaus."""

    version: int
    edition: str
    facts: str
    statement: str | None
    grounds: str | None
    document_no: str | None
    decision: StoredDecision | None
    offset_agreed_on: date | None
    write_off_on: date | None
    write_off_reason: str | None
    written_off_on: date | None
    opened_by: str | None
    decided_by: str | None
    write_off_by: str | None
    written_off_by: str | None
    warnings: list[TermWarning]
    movements: list[MovementOut]


class RecoveryFilter(PageParams):
    """Filters of the list; days are of the opening."""

    no: CaseNo | None = None
    issuer_division: Division | None = None
    programme_id: UUID | None = None
    provider_id: UUID | None = None
    redemption_id: UUID | None = None
    status: Status | None = None
    reason_code: Reason | None = None
    opened_from: date | None = None
    opened_to: date | None = None
    sort: Literal["created", "-created", "no", "-no"] = "-created"
