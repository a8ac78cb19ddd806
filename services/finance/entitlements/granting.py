"""Grants of the centres that somebody runs, by the rules of an application (3.1)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.appropriations.commitments import GRANTS
from services.finance.ceilings.models import CENTRE_YEAR, ceiling
from services.finance.centres import Centre, read_centre
from services.finance.entitlements.items import LEAST, Item
from services.finance.exposures.lines import GRANT
from services.finance.grants.eligibility import decide_all
from services.finance.grants.rules import Moved, decide_ceiling, total_limit
from services.finance.grants.schemas import GrantApplication
from services.finance.projections import known_centre
from shared.money import ZERO
from shared.policy.decision import combine
from shared.policy.edition import Edition, Editions


async def centres_of(session: AsyncSession, codes: Sequence[str]) -> list[UUID]:
    """The centres that run under these codes, known by the registry's events."""
    table = known_centre.c
    query = select(table.id).where(table.operator_code.in_(codes), table.version > 0)
    return list(await session.scalars(query.order_by(table.id)))


async def grants_open_to(
    session: AsyncSession, editions: Editions, edition: Edition, centre_ids: Sequence[UUID], day: date
) -> list[Item]:
    """This year's grant of each centre: the smallest amount, for the purpose of its tier."""
    return [await _item(session, editions, edition, centre_id, day) for centre_id in centre_ids]


async def _item(session: AsyncSession, editions: Editions, edition: Edition, centre_id: UUID, day: date) -> Item:
    centre = await read_centre(session, centre_id, lock=False)
    asked = _smallest(edition, centre, day)
    decided = (await decide_all(session, editions, edition, centre, asked, day)).decision
    limit = committed = None
    if centre.tier in edition.grants.tiers:
        key = {"kind": CENTRE_YEAR, "subject": str(centre_id), "period": str(day.year)}
        row = (
            await session.execute(select(ceiling.c.limit_amount, ceiling.c.committed).filter_by(**key))
        ).one_or_none()
        limit = total_limit(edition, centre.tier, None if row is None else row.limit_amount)
        committed = ZERO if row is None else row.committed
        moved = Moved(committed + LEAST <= limit, LEAST, committed, limit)
        decided = combine(decided, decide_ceiling(edition, centre.tier, "all", moved))
    return Item(
        programme=GRANT,
        budget=GRANTS,
        product=asked.plan[0].purpose,
        subject=str(centre_id),
        apply="/v1/grants",
        dry_run="/v1/grants/eligibility",
        decision=decided,
        limit=limit,
        counted=committed,
    )


def _smallest(edition: Edition, centre: Centre, day: date) -> GrantApplication:
    tier = edition.grants.tiers.get(centre.tier)
    purpose = next(iter(edition.grants.purposes)) if tier is None else tier.purpose.value
    line = {"purpose": purpose, "description": purpose, "amount": str(LEAST)}
    body = {"centre_id": centre.id, "fiscal_year": day.year, "amount": str(LEAST), "plan": [line]}
    return GrantApplication.model_validate(body)
