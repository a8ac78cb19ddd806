"""Reversals as sent and shown."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from services.vouchers.redemptions.schemas import Words
from services.vouchers.schemas import Word
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.money import Money, PositiveMoney


class ReversalNew(Request):
    """How much of the subsidy is taken back, in yuan: all that is left of it, if not said; and why."""

    amount: PositiveMoney | None = None
    reason_code: Word
    text: Words


class Answer(Request):
    """What is said to a decision; a refusal says why."""

    text: Words


class ReversalOut(Response):
    """A reversal. `paid` tells, once it is approved, whether the money had left: then it is claimed back."""

    id: UUID
    no: str
    redemption_id: UUID
    issuer_division: str
    provider_id: UUID
    status: str
    amount: Money
    reason_code: str
    statement: str
    asked_on: date | None
    proposed_on: date | None
    decided_on: date | None
    answer: str | None
    paid: bool | None


class ReversalFilter(PageParams):
    """The list has no filters of its own."""
