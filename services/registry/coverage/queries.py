"""The centres on the list on a day, with their tier of that day."""

from __future__ import annotations

from datetime import date

from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.centres.models import Centre
from services.registry.coverage.funds import city_share, figures_in, row_of
from services.registry.coverage.rules import Placed, matrix, specialised_target
from services.registry.coverage.schemas import CoverageOut, CoverageRow, CoveredBy, TargetOut
from services.registry.tiers.periods import periods_as_of, runs_on
from shared.auth.principal import Principal
from shared.policy.edition import Edition


async def listed_on(session: AsyncSession, edition: Edition, day: date, today: date) -> list[Placed]:
    """Listed by the day and neither withdrawn nor delisted by its end; a suspended centre is still on the list."""
    tiers = periods_as_of(edition, today)
    query = (
        select(
            Centre.id,
            Centre.no,
            Centre.name,
            func.coalesce(tiers.c.tier, Centre.tier),
            Centre.owner_division,
            Centre.site_division,
            Centre.enclave,
        )
        .outerjoin(tiers, and_(tiers.c.centre_id == Centre.id, runs_on(tiers.c, day)))
        .where(
            Centre.listed_on <= day,
            or_(Centre.withdrawn_on.is_(None), Centre.withdrawn_on > day),
            or_(Centre.delisted_on.is_(None), Centre.delisted_on > day),
        )
        .order_by(Centre.no)
    )
    return [Placed(*row) for row in await session.execute(query)]


async def coverage_on(
    session: AsyncSession, principal: Principal, edition: Edition, day: date, year: int
) -> CoverageOut:
    """The matrix of counties and centres with its gaps and matching funds, and the specialised centres against their
    target."""
    centres = await listed_on(session, edition, day, principal.today)
    figures = await figures_in(session, principal, year)
    city = city_share(principal, figures)
    rows = matrix(edition, centres)
    units = edition.divisions.units
    shown = [
        CoverageRow(
            code=row.code,
            name_zh=units[row.code].title_zh if row.code in units else row.code,
            name_en=units[row.code].title_en if row.code in units else row.code,
            kind=units[row.code].kind if row.code in units else "former",
            centres=[CoveredBy.model_validate(centre) for centre in row.centres],
            count=len(row.centres),
            by_tier=row.by_tier(),
            by_park=row.by_park,
            enclaves=sum(centre.enclave for centre in row.centres),
            required=row.required,
            gap=row.gap,
            matching_fund=row_of(edition, principal, row.code, figures, city),
        )
        for row in rows
    ]
    by_tier = {tier: sum(centre.tier == tier for centre in centres) for tier in edition.tiers}
    target = specialised_target(edition, centres)
    return CoverageOut(
        on=day,
        year=year,
        edition=edition.id,
        rows=shown,
        centres=len(centres),
        by_tier=by_tier,
        divisions=len(rows),
        divisions_covered=sum(row.gap == 0 for row in rows),
        gaps=[row.code for row in rows if row.gap],
        specialised=TargetOut.model_validate(target) if target else None,
        matching_fund=city,
    )
