"""The size class of an enterprise, which follows its industry and its growth file."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.enterprises.models import Enterprise
from services.registry.enterprises.particulars.models import EnterpriseYear
from services.registry.enterprises.particulars.rules import YearFigures, decide_size
from services.registry.enterprises.queries import family
from shared.policy.edition import Edition


async def recompute_size(session: AsyncSession, edition: Edition, enterprise: Enterprise) -> bool:
    """3.2-4: the class of a locked enterprise by its present industry and the latest year on file, that of records
    merged into it included; for the same year its own figures count. None where that year makes none.

    Returns whether it changed; the caller tells it.
    """
    own = EnterpriseYear.enterprise_id == enterprise.id
    query = select(EnterpriseYear).where(EnterpriseYear.enterprise_id.in_(family(enterprise.id)))
    latest = await session.scalar(
        query.order_by(EnterpriseYear.year.desc(), own.desc(), EnterpriseYear.recorded_at.desc()).limit(1)
    )
    before = enterprise.size_class, enterprise.size_year
    enterprise.size_class = enterprise.size_year = None
    if latest is not None:
        figures = YearFigures(latest.staff, latest.revenue, latest.assets)
        size, _ = decide_size(edition, enterprise.industry_code, figures)
        if size is not None:
            enterprise.size_class, enterprise.size_year = size, latest.year
    return (enterprise.size_class, enterprise.size_year) != before
