"""The documents behind a redemption, as keys that may be claimed once (4.3-2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Protocol, Self

from pydantic import StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from services.vouchers.redemptions.models import CONTRACT, INVOICE
from shared.document_claims import contract_key, invoice_key
from shared.http.schemas import Request
from shared.money import PositiveMoney

ContractNo = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class Invoice(Request):
    """An invoice: code and 8-digit number, or the 20-digit number of an electronic one alone.

    `amount` is the invoice's whole amount in yuan, where it is not the price of this service alone.
    """

    code: Annotated[str, StringConstraints(pattern=r"^[0-9]{10}([0-9]{2})?$")] | None = None
    number: Annotated[str, StringConstraints(pattern=r"^([0-9]{8}|[0-9]{20})$")]
    amount: PositiveMoney | None = None

    @model_validator(mode="after")
    def _code_with_short_number(self) -> Self:
        if (self.code is None) != (len(self.number) == 20):
            raise PydanticCustomError("invoice_code", "an 8-digit number comes with a code, a 20-digit one without")
        return self

    def key(self, seller_code: str) -> str:
        """What is claimed."""
        return invoice_key(seller_code, self.code, self.number)


class Documented(Protocol):
    """A sale with the documents behind it, as sent."""

    @property
    def price(self) -> Decimal: ...
    @property
    def invoice(self) -> Invoice | None: ...
    @property
    def contract_no(self) -> str | None: ...
    @property
    def contract_amount(self) -> Decimal | None: ...


@dataclass(frozen=True, slots=True)
class Papers:
    """Documents that came with a step, and the price they are for."""

    price: Decimal
    invoice: Invoice | None = None
    contract_no: str | None = None
    contract_amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """What one use claims on one document, in yuan: its price and its subsidy. `stated` is what is said of the
    document's whole amount; None for nothing."""

    kind: str
    key: str
    price: Decimal
    subsidy: Decimal
    stated: Decimal | None


def claims_of(seller_code: str, holder_code: str, sale: Documented, subsidy: Decimal) -> Sequence[Claim]:
    """The claims of a sale on its documents."""
    found = []
    if sale.contract_no is not None:
        key = contract_key(seller_code, holder_code, sale.contract_no)
        found.append(Claim(CONTRACT, key, sale.price, subsidy, sale.contract_amount))
    if sale.invoice is not None:
        found.append(Claim(INVOICE, sale.invoice.key(seller_code), sale.price, subsidy, sale.invoice.amount))
    return found
