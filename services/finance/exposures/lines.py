"""What a statement says of one case, whatever programme it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import UUID

from shared.money import ZERO

GRANT: Final = "grant"
REWARD: Final = "financing_reward"
LOAN: Final = "loan"
GUARANTEE: Final = "guarantee"
SUBSIDY: Final = "interest_subsidy"
EQUITY: Final = "equity"
MATCHING: Final = "matching_fund"
VOUCHER: Final = "voucher"
ALLIANCE: Final = "alliance_support"
PROGRAMMES: Final = (GRANT, REWARD, LOAN, GUARANTEE, SUBSIDY, EQUITY, MATCHING, VOUCHER, ALLIANCE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One case; yuan. `granted` is what was decided and still stands, `paid` of it what was paid out, `returned` what
    came back of that, `outstanding` what is open: a loan's principal, a guarantor's liability and its claim on the
    borrower, equity at cost, grant money to be paid back, what of a voucher can still be used."""

    whose: str
    """The code that goes on of the enterprise whose it is; `holder` is the one that the case is under."""
    programme: str
    kind: str
    case_id: UUID
    case_no: str
    status: str
    holder: str
    link: str
    period: str | None = None
    requested: Decimal = ZERO
    granted: Decimal = ZERO
    paid: Decimal = ZERO
    returned: Decimal = ZERO
    outstanding: Decimal = ZERO
    entries_of: UUID | None = None
    entry_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """A cap of the policy with what counts against it by the ceilings, which hold what is approved and not yet paid as
    well; yuan. Vouchers' quotas are counted from their events and hold nothing."""

    rule: str
    clause: str
    programme: str
    subject: str
    period: str | None
    limit: Decimal
    counted: Decimal

    @property
    def remaining(self) -> Decimal:
        """What may still be applied for under it."""
        return max(self.limit - self.counted, ZERO)
