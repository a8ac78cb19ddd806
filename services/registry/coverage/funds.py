"""Matching funds in the coverage matrix: by county, with the parks that lie in it, each budget once (5.1-2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import READ_ALL
from services.registry.coverage.schemas import MatchingRow, MatchingShare
from services.registry.divisions.budgets import figures_of, readable
from services.registry.divisions.models import known_matching_fund
from services.registry.divisions.rules import percent_of
from services.registry.divisions.schemas import MatchingFundOut
from shared.auth.principal import Principal
from shared.money import ZERO
from shared.policy.edition import Edition
from shared.policy.rules import counting_division

Figures = Mapping[str, MatchingFundOut]
"""By division, of one year."""


async def figures_in(session: AsyncSession, principal: Principal, year: int) -> dict[str, MatchingFundOut]:
    """What the caller may read of the year."""
    found = await figures_of(session, readable(principal), known_matching_fund.c.year == year)
    return {division: funds[0] for division, funds in found.items()}


def city_share(principal: Principal, figures: Figures) -> MatchingShare | None:
    """All divisions together; None for a caller who does not read them all."""
    return _share(figures.values()) if principal.has(*READ_ALL) else None


def row_of(
    edition: Edition, principal: Principal, code: str, figures: Figures, city: MatchingShare | None
) -> MatchingRow | None:
    """A county or district with its parks; None where the caller reads none of it."""
    parks = [park for park, unit in edition.divisions.units.items() if unit.within == code]
    if city is None and principal.division not in (code, *parks):
        return None
    shown = [figures[division] for division in figures if counting_division(edition, division) == code]
    whole = _share(shown)
    return MatchingRow(
        **whole.model_dump(),
        own=_share([figures[code]] if code in figures else []),
        by_park={park: _share([figures[park]] if park in figures else []) for park in parks},
        city_percent=percent_of(whole.budget, city.budget) if city else None,
    )


def _share(funds: Iterable[MatchingFundOut]) -> MatchingShare:
    known = list(funds)
    budget: Decimal = sum((fund.budget for fund in known), ZERO)
    spent: Decimal = sum((fund.spent for fund in known), ZERO)
    return MatchingShare(budget=budget, spent=spent, spent_percent=percent_of(spent, budget))
