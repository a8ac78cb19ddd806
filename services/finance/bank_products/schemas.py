"""What is sent and answered about bank products and their matching."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal, Self, get_args
from uuid import UUID

from pydantic import BeforeValidator, Field, JsonValue, PlainSerializer, model_validator
from pydantic_core import PydanticCustomError

from services.finance.bank_products import states
from services.finance.bank_products.states import Match, Outcome
from services.finance.banks.schemas import BankCode, ChangeState, Channel, Channels
from services.finance.grants.schemas import Line
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.http.words import EditionWord
from shared.identifiers import UnifiedSocialCreditCode
from shared.money import Money, PositiveMoney
from shared.policy.edition import Edition

State = Literal["proposed", "listed", "withdrawn", "refused"]
assert get_args(State) == states.STATES, "the one list, spelled out for OpenAPI"
Kind = Literal["terms", "withdrawal"]
assert get_args(Kind) == states.KINDS, "likewise"
SizeClass = Literal["large", "medium", "small", "micro"]


def _collaterals(edition: Edition) -> list[str]:
    return list(edition.banking.collaterals)


def _rate_text(value: object) -> object:
    """As amounts, a rate is sent as a text: a number of JSON is not exact."""
    if not isinstance(value, str | Decimal):
        raise PydanticCustomError("rate_text", "a rate is a text")
    return value


Rate = Annotated[
    Decimal,
    BeforeValidator(_rate_text),
    Field(ge=0, le=100, max_digits=7, decimal_places=4, examples=["4.35"]),
    PlainSerializer(lambda rate: f"{rate:.4f}", return_type=str, when_used="json"),
]
"""Percent a year, four decimals."""
Months = Annotated[int, Field(ge=1, le=600)]
Collateral = Annotated[str, EditionWord(_collaterals)]
RequiredData = Annotated[str, EditionWord(lambda edition: edition.banking.required_data)]
TaxGrade = Annotated[str, EditionWord(lambda edition: edition.banking.tax_grades.value)]
Industry = Annotated[str, Field(pattern=r"^[A-T]([0-9]{2,4})?$", examples=["I65"])]
ProductCode = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]{1,11}-[A-Z0-9]{2,12}$", examples=["CCB-XWKD"])]


class TermsIn(Request):
    """Terms from a day on. An empty list of sizes, industries or tax grades asks for none in particular; `collaterals`
    are those of which one is enough, `required_data` all that is asked for."""

    minimum_amount: Money = Decimal(0)
    limit_amount: PositiveMoney
    rate_from: Rate | None = None
    rate_to: Rate | None = None
    longest_months: Months
    collaterals: Annotated[list[Collateral], Field(min_length=1, max_length=10)]
    channels: Channels
    required_data: Annotated[list[RequiredData], Field(max_length=20)] = Field(default_factory=list)
    sizes: Annotated[list[SizeClass], Field(max_length=4)] = Field(default_factory=list)
    industries: Annotated[list[Industry], Field(max_length=50)] = Field(default_factory=list)
    tax_grades: Annotated[list[TaxGrade], Field(max_length=10)] = Field(default_factory=list)
    minimum_age_months: Annotated[int, Field(ge=0, le=240)] = 0

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.minimum_amount > self.limit_amount:
            raise PydanticCustomError("amounts_in_order", "minimum_amount is above limit_amount")
        if (self.rate_from is None) != (self.rate_to is None) or (
            self.rate_from is not None and self.rate_to is not None and self.rate_from > self.rate_to
        ):
            raise PydanticCustomError("rates_in_order", "rate_from and rate_to come together, the lower one first")
        return self


class ProposalIn(Request):
    """Terms of a product from `valid_from` on, by the bank's document."""

    terms: TermsIn
    valid_from: date
    document_no: Annotated[str, Field(min_length=1, max_length=100)]
    recorded_on: date | None = None


class ProductIn(ProposalIn):
    """A new product. A bank proposes its own; the bureau names the bank."""

    code: ProductCode
    bank: BankCode | None = None
    name_zh: Line
    name_en: Line


class WithdrawalIn(Request):
    """The product is offered no more from `valid_from` on."""

    valid_from: date
    document_no: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    recorded_on: date | None = None


class ProductFilter(PageParams):
    """Filters of the list. `as_of` is the day whose terms are shown and that `offered` is about; today unless sent."""

    code: ProductCode | None = None
    bank: BankCode | None = None
    status: State | None = None
    channel: Channel | None = None
    as_of: date | None = None
    offered: bool | None = None
    pending: bool | None = None
    sort: Literal["code", "-code"] = "code"


class AsOf(Request):
    """The day whose terms are shown; today unless sent."""

    as_of: date | None = None


class TermsOut(Response):
    """Terms; yuan, and percent a year."""

    minimum_amount: Money
    limit_amount: Money
    rate_from: Rate | None
    rate_to: Rate | None
    longest_months: int
    collaterals: list[str]
    channels: list[Channel]
    required_data: list[str]
    sizes: list[SizeClass]
    industries: list[str]
    tax_grades: list[str]
    minimum_age_months: int


class ProductOut(Response):
    """A product with the terms of the day asked for; null where it was not offered that day. `confirmed` is false for
    opening terms that the bank has not put in writing."""

    id: UUID
    version: int
    code: str
    bank: str
    name_zh: str
    name_en: str
    status: State
    withdrawn_on: date | None
    offered: bool
    terms: TermsOut | None
    terms_from: date | None
    confirmed: bool | None
    pending: bool
    created_at: datetime
    updated_at: datetime


class TermsVersion(Response):
    """What was proposed for the product, and what a second person made of it."""

    revision: int
    kind: Kind
    status: ChangeState
    valid_from: date
    valid_until: date | None
    terms: TermsOut | None
    document_no: str | None
    recorded_by: str | None
    recorded_on: date
    decided_by: str | None
    decided_on: date | None
    reason_code: str | None


class ProductDetail(ProductOut):
    """With every version of its terms, the first first; those not approved only for the bank, the bureau and the
    auditor."""

    versions: list[TermsVersion]


class Statements(Request):
    """What an enterprise states about itself and its wish, where finance does not know it. What is left out is not
    known. Nothing of it is stored unless it becomes part of a referral."""

    amount: PositiveMoney | None = None
    tenor_months: Months | None = None
    collaterals: Annotated[list[Collateral], Field(max_length=10)] | None = None
    available_data: Annotated[list[RequiredData], Field(max_length=20)] | None = None
    tax_grade: TaxGrade | None = None
    channel: Channel | None = None


class MatchAsk(Request):
    """For which enterprise; an enterprise's own account need not say."""

    enterprise_code: UnifiedSocialCreditCode | None = None
    bank: BankCode | None = None


class MatchQuery(MatchAsk):
    """The same in an address, with what is most often stated."""

    amount: PositiveMoney | None = None
    tenor_months: Months | None = None
    channel: Channel | None = None


class MatchIn(MatchAsk):
    """For which enterprise, and what it states."""

    statements: Statements = Statements()


class ReasonOut(Response):
    """One rule for one product: what it found, by which clause, and what that means."""

    rule: str
    clause: str
    outcome: Outcome
    inputs: dict[str, JsonValue]
    limit: str | None
    message: str
    text: str


class MatchOut(Response):
    """A product for the enterprise: it fits, it does not, or it is open because facts are not known."""

    product_id: UUID
    code: str
    bank: str
    name_zh: str
    name_en: str
    match: Match
    terms: TermsOut
    reasons: list[ReasonOut]


class MatchList(Response):
    """Every product offered that day, those that fit first, then those that are open."""

    enterprise_code: str
    as_of: date
    edition: str
    facts: dict[str, JsonValue]
    items: list[MatchOut]
