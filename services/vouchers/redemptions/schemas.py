"""Redemptions as sent and shown."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from services.vouchers.redemptions.documents import ContractNo, Invoice
from services.vouchers.schemas import CaseNo, Division, Percent, Word
from services.vouchers.vouchers.codes import VoucherCode
from shared.http.decisions import StoredDecision
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.money import Money, PositiveMoney

Description = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Words = Annotated[str, StringConstraints(min_length=1, max_length=500)]
"""A reason in words; a number that could be an identity number is refused with the rest of the payload."""


class Sale(Request):
    """A service and its price, with the documents behind it where there are any yet.

    `contract_amount` is the contract's whole amount in yuan, where the price is a part of it.
    """

    category: Word
    price: PositiveMoney
    contract_no: ContractNo | None = None
    contract_amount: PositiveMoney | None = None
    invoice: Invoice | None = None

    @model_validator(mode="after")
    def _amount_of_a_contract(self) -> Self:
        if self.contract_amount is not None and self.contract_no is None:
            raise PydanticCustomError("contract_amount", "an amount comes with the contract's number")
        return self


class HoldNew(Sale):
    """A hold: the holder names voucher and provider, a provider shows the voucher's code."""

    voucher_id: UUID | None = None
    provider_id: UUID | None = None
    code: VoucherCode | None = None


class OrderNew(Request):
    """An order: an entry of the provider's price list, or a service in words with its category and price.

    `quantity` multiplies the listed price.
    """

    voucher_id: UUID
    provider_id: UUID
    offering_id: UUID | None = None
    quantity: Annotated[int, Field(ge=1, le=10_000)] = 1
    description: Description | None = None
    category: Word | None = None
    price: PositiveMoney | None = None


class Acceptance(Request):
    """The provider takes the order; with the contract, where there is one."""

    contract_no: ContractNo | None = None
    contract_amount: PositiveMoney | None = None
    invoice: Invoice | None = None


class Declined(Request):
    """Why the provider does not take the order."""

    reason_code: Literal["no_capacity", "outside_services", "wrong_price", "other"]
    text: Words | None = None


class Delivery(Request):
    """What was delivered: all of it, or a part for `delivered_price`, which is less than the price. The rest stays
    reserved as a redemption of its own."""

    delivered_price: PositiveMoney | None = None
    contract_no: ContractNo | None = None
    contract_amount: PositiveMoney | None = None
    invoice: Invoice | None = None


class Delivered(Request):
    """The holder's confirmation; with the invoice, where the hold was made without one."""

    invoice: Invoice | None = None


class Flag(Request):
    """Why a redemption is to be inspected before it is paid."""

    reason_code: Literal["report", "unusual_price", "unusual_frequency", "documents_doubtful", "other"]


class Flags(Response):
    """What a redemption is to be inspected for; for the issuer's eyes."""

    flags: list[str]


class Expired(Response):
    """How many orders and holds ended because their last day had passed; `more`: there are others, ask again."""

    orders: int
    holds: int
    more: bool


class CounterSale(Sale):
    """Scan and redeem: the code that the holder shows is the holder's consent.

    `occurred_on` is the day of a sale made without a connection; today, if left out.
    """

    code: VoucherCode
    occurred_on: date | None = None


class RedemptionItem(Response):
    """A redemption in a list; `subsidy` is what the voucher pays of the price, in yuan: nothing as long as it is only
    ordered. `expires_on` is the last day to accept an order or to deliver, `confirm_by` that to confirm a delivery,
    `settlement` how far its payment is."""

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
    reversed_amount: Money
    offering_id: UUID | None
    description: str | None
    split_from: UUID | None
    ordered_on: date | None
    expires_on: date | None
    held_on: date | None
    delivered_on: date | None
    confirm_by: date | None
    redeemed_on: date | None
    released_on: date | None
    reason_code: str | None
    settlement: Literal["none", "in_batch", "paid", "rejected"] = "none"


class DeliveryOut(RedemptionItem):
    """A delivered redemption, and the one that has the rest of it."""

    rest_id: UUID | None


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
    status: Literal["ordered", "held", "delivered", "disputed", "redeemed", "released", "reversed"] | None = None
    split_from: UUID | None = None
    expires_to: date | None = None
    confirm_to: date | None = None
    held_from: date | None = None
    held_to: date | None = None
