"""What is sent when money leaves, comes back, or is accounted for."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from services.finance.grants.schemas import PapersIn
from shared.money import PositiveMoney


class Payment(PapersIn):
    """The payment of the approved amount; `reference` is the treasury's own order number."""

    paid_on: date | None = None
    reference: str | None = Field(default=None, min_length=1, max_length=60)


class MoneyBack(PapersIn):
    """Yuan that arrived on the treasury's account."""

    amount: PositiveMoney
    received_on: date | None = None
