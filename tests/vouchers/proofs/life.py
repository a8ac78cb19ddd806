"""One issuer's life: two programmes, three firms in centres of their own, two providers, and what is known of them."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from tests.vouchers.proofs.asks import Ask, Json
from tests.vouchers.settlements.office import Office
from tests.vouchers.support import SCIENCE_APPROVER, SCIENCE_OFFICER, Caller, Firm, Seller, Town, fresh_invoice

FIRST_DAY: Final = date(2019, 6, 3)
CATEGORY: Final = "legal_protection"
USES: Final = "/v1/redemptions"

_VOUCHERS: Final = """
    SELECT CAST(id AS text), status, reason_code, frozen_reason, valid_until, balance,
        CAST(enterprise_id AS text) AS enterprise_id
    FROM voucher WHERE issuer_division = :division AND CAST(programme_id AS text) = ANY (:programmes) ORDER BY id
"""
_USES: Final = """
    SELECT CAST(id AS text), CAST(voucher_id AS text) AS voucher_id, status, collected, invoice_key,
        CAST(enterprise_id AS text) AS enterprise_id,
        CAST(provider_id AS text) AS provider_id, price, subsidy, reversed_amount,
        EXISTS (SELECT FROM settlement_line WHERE redemption_id = redemption.id AND status = 'paid') AS paid
    FROM redemption WHERE CAST(programme_id AS text) = ANY (:programmes) ORDER BY id
"""
_WAITING: Final = """
    SELECT CAST(id AS text), kind, status, CAST(voucher_id AS text) AS voucher_id FROM voucher_request
    WHERE issuer_division = :division AND status IN ('submitted', 'reviewed') ORDER BY id
"""
_REVERSALS: Final = """
    SELECT CAST(reversal.id AS text), reversal.status, CAST(redemption_id AS text) AS use FROM reversal
    WHERE issuer_division = :division AND status IN ('asked', 'proposed') ORDER BY id
"""

_DELISTED: Final = """
    SELECT DISTINCT enterprise_id FROM known_tenancy JOIN known_centre ON known_centre.id = centre_id
    WHERE owner_division = :division AND known_centre.status = 'delisted' AND ended_on IS NULL
"""


@dataclass
class Life:
    """What the steps are drawn from; the lists are read again before each."""

    town: Town
    office: Office
    day: date = FIRST_DAY
    programmes: list[str] = field(default_factory=list)
    firms: list[Firm] = field(default_factory=list)
    centres: dict[UUID, UUID] = field(default_factory=dict)
    """By firm: where it sits."""
    sellers: list[Seller] = field(default_factory=list)
    codes: dict[str, str] = field(default_factory=dict)
    """By voucher."""
    invoices: list[Json] = field(default_factory=list)
    answers: list[tuple[str, Json]] = field(default_factory=list)
    """The bank's, by batch."""
    vouchers: list[Any] = field(default_factory=list)
    uses: list[Any] = field(default_factory=list)
    requests: list[Any] = field(default_factory=list)
    reversals: list[Any] = field(default_factory=list)
    delisted: list[Any] = field(default_factory=list)
    """Firms that sit in a centre that was delisted."""
    serial: int = 0

    @property
    def division(self) -> str:
        return self.office.division

    async def begin(self) -> None:
        """Two programmes (one with a capped category, one that ends in a month), and something in everybody's hands."""
        town, capped = self.town, {CATEGORY: {"percent": "33.33", "cap": "150.00"}}
        terms: Json = {"budget": "3000.00", "enterprise_quota": "1600.00"}
        self.programmes = [
            await town.programme(self.division, **terms, category_terms=capped),
            await town.programme(self.division, **terms, valid_months=1),
        ]
        centres = [await town.registry.centre(owner=self.division, site=self.division) for _ in range(3)]
        self.firms = [await town.registry.tenant(centre) for centre in centres]
        self.centres = dict(zip([firm.id for firm in self.firms], centres, strict=True))
        self.sellers = [await self.office.seller() for _ in range(2)]
        self.invoices = [{**fresh_invoice(), "amount": "100.00"} for _ in range(4)]
        for firm in self.firms:
            for programme in self.programmes:
                await town.voucher(programme, firm, "300.00", division=self.division)
        await self.look()

    async def look(self) -> None:
        """What there is now."""
        names = {"division": self.division, "programmes": self.programmes}
        queries = (_DELISTED, _VOUCHERS, _USES, _WAITING, _REVERSALS)
        async with self.town.db.transaction() as session:
            found = [list(await session.execute(text(sql), names)) for sql in queries]
        self.delisted, self.vouchers, self.uses, self.requests, self.reversals = found
        for voucher in self.vouchers:
            if voucher.id not in self.codes:
                self.codes[voucher.id] = await self.town.code(self.firm_of(voucher), voucher.id)

    def ask(
        self,
        kind: str,
        caller: Caller,
        path: str,
        body: Json | None = None,
        then: Callable[[Json], None] | None = None,
    ) -> Ask:
        return Ask(kind, caller, path, body, self.day, then)

    def firm_of(self, row: Any) -> Firm:
        """Whose voucher or use it is."""
        return next(firm for firm in self.firms if str(firm.id) == row.enterprise_id)

    def seller_of(self, use: Any) -> Seller:
        return next(seller for seller in self.sellers if seller.id == use.provider_id)

    def number(self) -> int:
        """Another each time."""
        self.serial += 1
        return self.serial

    def pass_days(self, days: int) -> None:
        self.day += timedelta(days=days)

    async def row(self, sql: str, **values: object) -> Any:
        """The first row, if there is one."""
        rows = await self.town.rows(sql, **values)
        return rows[0] if rows else None


Step = Callable[[Life, random.Random], Awaitable[Ask | None]]
"""What to ask next, or None where there is nothing to ask it of."""


def pick(chance: random.Random, rows: Sequence[Any], *states: str) -> Any:
    """Mostly one in a state that fits, sometimes any; None where there is none."""
    fitting = [row for row in rows if row.status in states]
    if fitting and chance.random() < 0.9:
        return chance.choice(fitting)
    return chance.choice(rows) if rows and chance.random() < 0.3 else None


def price(chance: random.Random, most: int = 12_000) -> str:
    """Up to 120 yuan, to the fen."""
    return f"{Decimal(chance.randint(1, most)) / 100:.2f}"


def science(verb: str) -> Caller:
    """Who of the bureau takes the step."""
    return SCIENCE_APPROVER if verb in ("decide", "lift") else SCIENCE_OFFICER
