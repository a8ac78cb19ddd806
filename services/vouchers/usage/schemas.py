"""Use and burn as asked and shown; all amounts in yuan."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from services.vouchers.schemas import Division, Word, Year
from shared.http.schemas import Request, Response
from shared.http.words import DivisionCode, EditionWord
from shared.identifiers import UnifiedSocialCreditCode
from shared.money import Money, SignedMoney

Dimension = Literal["division", "programme", "kind", "category", "provider", "size", "month"]
Size = Literal["large", "medium", "small", "micro", "unknown"]
KnownDivision = Annotated[Division, DivisionCode]
Kind = Annotated[str, EditionWord(lambda edition: edition.vouchers.kinds)]


class UsageQuery(Request):
    """Captured uses from `captured_from` to `captured_to`, both inclusive; the present year unless sent. `by` groups
    them, up to three words; without it there is one line."""

    by: Annotated[tuple[Dimension, ...], Field(max_length=3)] = ("division",)
    captured_from: date | None = None
    captured_to: date | None = None
    issuer_division: KnownDivision | None = None
    programme_id: UUID | None = None
    kind: Kind | None = None
    category: Word | None = None
    provider_code: UnifiedSocialCreditCode | None = None
    size: Size | None = None


class UsageFigures(Response):
    """Sums of captured uses. `price` is what the services cost, `captured` what vouchers paid of it, `reversed` what of
    that was taken back, and `net` the rest. Enterprises and providers are counted once each."""

    uses: int
    enterprises: int
    providers: int
    price: Money
    captured: Money
    reversed: Money
    net: Money


class UsageLine(UsageFigures):
    """One group; the words that were not asked for are null. `size` is the enterprise's present one."""

    issuer_division: str | None
    programme_no: str | None
    kind: str | None
    category: str | None
    provider_code: str | None
    provider_name: str | None
    size: str | None
    month: str | None


class UsageOut(Response):
    """Use by the words asked for, with the totals over all lines."""

    exported: ClassVar[str] = "items"

    captured_from: date
    captured_to: date
    by: list[Dimension]
    items: list[UsageLine]
    totals: UsageFigures


class BurnQuery(Request):
    """Programmes of a year, the present one unless sent, by programme or by division."""

    by: Literal["programme", "division"] = "programme"
    year: Year | None = None
    issuer_division: KnownDivision | None = None
    kind: Kind | None = None
    status: Literal["open", "closed"] | None = None


class BurnFigures(Response):
    """Where budgets stand. Of a budget vouchers have taken `issued` less `returned`; `unissued` is the rest. What is
    issued is `free`, `held`, `captured` or `returned`. `settled` has been paid to providers. `ending_soon` is the free
    part of vouchers that end within the edition's days, and `lapse_forecast` what of the free part ends unused if it
    goes on as in the days before."""

    vouchers: int
    enterprises: int
    budget: Money
    issued: Money
    unissued: SignedMoney
    free: Money
    held: Money
    captured: Money
    settled: Money
    returned: Money
    ending_soon: Money
    lapse_forecast: Money


class BurnLine(BurnFigures):
    """One programme, or all of a division's; `captured_percent` is of the budget."""

    issuer_division: str
    programme_no: str | None
    kind: str | None
    status: str | None
    captured_percent: str


class BurnOut(Response):
    """Burn of the budgets of a year's programmes."""

    exported: ClassVar[str] = "items"

    year: int
    as_of: date
    ending_soon_to: date
    items: list[BurnLine]
    totals: BurnFigures


class LapseQuery(Request):
    """Vouchers still running, by the month of their last day."""

    issuer_division: KnownDivision | None = None
    year: Year | None = None


class LapseLine(Response):
    """What ends in a month unless it is used before."""

    month: str
    vouchers: int
    enterprises: int
    free: Money
    held: Money


class LapsesOut(Response):
    """The calendar of what ends."""

    exported: ClassVar[str] = "items"

    as_of: date
    items: list[LapseLine]
