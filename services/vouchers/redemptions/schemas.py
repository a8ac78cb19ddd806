"""Redemptions as sent and shown."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal
from uuid import UUID

from services.vouchers.redemptions.documents import ContractNo, Invoice
from services.vouchers.schemas import CaseNo, Division, Percent, Word
from services.vouchers.vouchers.codes import VoucherCode
from shared.http.decisions import StoredDecision
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.money import Money, PositiveMoney


class Sale(Request):
    """A service and its price, with the documents behind it where there are any yet."""

    category: Word
    price: PositiveMoney
    contract_no: ContractNo | None = None
    invoice: Invoice | None = None

    @property
    def invoice_amount(self) -> Decimal | None:
        """The invoice's whole amount: the price, where nothing else is stated; None without an invoice."""
        return None if self.invoice is None else self.invoice.amount or self.price


class HoldNew(Sale):
    """A hold: the holder names voucher and provider, a provider shows the voucher's code."""

    voucher_id: UUID | None = None
    provider_id: UUID | None = None
    code: VoucherCode | None = None


class Delivered(Request):
    """The holder's confirmation; with the invoice, where the hold was made without one."""

    invoice: Invoice | None = None


class CounterSale(Sale):
    """Scan and redeem: the code that the holder shows is the holder's consent."""

    code: VoucherCode


class RedemptionItem(Response):
    """A redemption in a list; `subsidy` is what the voucher pays of the price, in yuan."""

    id: UUID
    no: str
    voucher_id: UUID
    programme_id: UUID
    issuer_division: str
    enterprise_id: UUID
    provider_id: UUID
    category: str
    edition: str
    status: str
    price: Money
    subsidy_percent: Percent
    balance_before: Money
    subsidy: Money
    held_on: date
    delivered_on: date | None
    redeemed_on: date | None
    released_on: date | None
    reason_code: str | None


class RedemptionOut(RedemptionItem):
    """A redemption with the decision that let it through."""

    decision: StoredDecision


class RedemptionFilter(PageParams):
    """Filters of the list; days are of the hold."""

    no: CaseNo | None = None
    voucher_id: UUID | None = None
    programme_id: UUID | None = None
    issuer_division: Division | None = None
    enterprise_id: UUID | None = None
    provider_id: UUID | None = None
    category: Word | None = None
    status: Literal["held", "delivered", "redeemed", "released"] | None = None
    held_from: date | None = None
    held_to: date | None = None
