"""Everything that somebody may still apply for today, in one call."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.centres import CITY_READERS, visible_to
from services.finance.entitlements.borrowing import loans_open_to
from services.finance.entitlements.budgets import Budget, budgets_of
from services.finance.entitlements.granting import centres_of, grants_open_to
from services.finance.entitlements.items import Item
from services.finance.entitlements.products import products_open_to, vouchers_open_to
from services.finance.entitlements.rewarding import reward_open_to
from services.finance.entitlements.schemas import EntitlementOut, EntitlementQuery, EntitlementsOut
from services.finance.exposures.links import exposure_link
from services.finance.exposures.members import Member, member_of, owns
from services.finance.projections import known_centre, known_tenancy
from shared.auth import roles as r
from shared.auth.principal import Principal
from shared.errors import not_found
from shared.http.decisions import Explainer
from shared.policy.edition import Edition, Editions
from shared.policy.rules import decide_in_force

READERS: Final = (*CITY_READERS, r.ENTERPRISE, r.CENTRE_OPERATOR)
"""The city's bureaus and the auditor all; enterprises their own; operators their own and their tenants'."""


async def entitlements(
    session: AsyncSession, editions: Editions, wanted: EntitlementQuery, principal: Principal, explain: Explainer
) -> EntitlementsOut:
    """Rule by rule. Raises 404 for somebody else's enterprise or centre."""
    day = principal.today
    edition = editions.in_force_on(day)
    in_force = decide_in_force(edition, day, closest=editions.closest_to(day))
    member = None
    if wanted.centre_id is not None:
        centre_ids = [await _centre(session, wanted.centre_id, principal)]
    else:
        member = await _member(session, wanted.enterprise_id or wanted.code or "", principal)
        centre_ids = await centres_of(session, member.codes) if owns(member, principal) else []
    items: list[Item] = []
    budgets: Mapping[str, Budget] = {}
    if edition is not None:
        budgets = await budgets_of(session, edition, day.year)
        items += await grants_open_to(session, editions, edition, centre_ids, day)
        if member is not None and member.records:
            items += await _of_enterprise(session, edition, principal, member, day)
    statement = exposure_link(member.code) if member is not None and owns(member, principal) else None
    return EntitlementsOut(
        as_of=day,
        code=None if member is None else member.code,
        centre_id=wanted.centre_id,
        in_force=explain(in_force),
        items=[_shown(item, budgets, explain) for item in items],
        exposure=statement,
    )


async def _of_enterprise(
    session: AsyncSession, edition: Edition, principal: Principal, member: Member, day: date
) -> list[Item]:
    return [
        *await loans_open_to(session, edition, principal, member, day),
        *await reward_open_to(session, edition, member, day),
        *await products_open_to(session, edition, member, day),
        *await vouchers_open_to(session, edition, member, day),
    ]


async def _member(session: AsyncSession, wanted: UUID | str, principal: Principal) -> Member:
    member = await member_of(session, wanted)
    if member is None or not (owns(member, principal) or await _tenant(session, member, principal)):
        raise not_found("enterprise")
    return member


async def _tenant(session: AsyncSession, member: Member, principal: Principal) -> bool:
    """Whether the enterprise sits today in a centre that the caller runs."""
    if not principal.has(r.CENTRE_OPERATOR) or not principal.org:
        return False
    stay = known_tenancy.c
    query = (
        select(stay.id)
        .join(known_centre, known_centre.c.id == stay.centre_id)
        .where(known_centre.c.operator_code == principal.org, stay.enterprise_id.in_(member.ids))
        .where(stay.admitted_on <= principal.today, or_(stay.ended_on.is_(None), stay.ended_on >= principal.today))
    )
    return await session.scalar(query.limit(1)) is not None


async def _centre(session: AsyncSession, centre_id: UUID, principal: Principal) -> UUID:
    table = known_centre.c
    query = select(table.id).where(table.id == centre_id, table.version > 0, visible_to(principal))
    if await session.scalar(query) is None:
        raise not_found("centre")
    return centre_id


def _shown(item: Item, budgets: Mapping[str, Budget], explain: Explainer) -> EntitlementOut:
    told = None if item.decision is None else explain(item.decision)
    return EntitlementOut(
        programme=item.programme,
        product=item.product,
        subject=item.subject,
        standing=item.standing,
        limit=item.limit,
        counted=item.counted,
        remaining=item.remaining,
        budget=budgets.get(item.budget) if item.budget else None,
        missing=[] if told is None else [result for result in told.results if not result.passed],
        decision=told,
        apply=item.apply,
        dry_run=item.dry_run,
    )
