"""The documents behind a redemption, as keys that may be claimed once (4.3-2)."""

from __future__ import annotations

from typing import Annotated, Final, Self

from pydantic import StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from shared.document_claims import invoice_key
from shared.http.schemas import Request
from shared.money import PositiveMoney

INVOICE_CONSTRAINT: Final = "uq_redemption_invoice_key"
CONTRACT_CONSTRAINT: Final = "uq_redemption_contract_key"

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
