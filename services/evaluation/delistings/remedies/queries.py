"""Orders on delistings, within the caller's scope, with who has followed."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.delistings.models import DelistingCase
from services.evaluation.delistings.queries import milliseconds, participant_out, visible
from services.evaluation.delistings.remedies.models import DelistingRemedy, RemedyParticipant
from services.evaluation.delistings.remedies.schemas import RemedyFilter, RemedyOut, RemedyProgress
from shared.auth.principal import Principal
from shared.policy.edition import Edition


def orders_for(principal: Principal, wanted: RemedyFilter) -> Select[DelistingRemedy]:
    """The orders on cases that the caller may see, filtered."""
    query = select(DelistingRemedy).join(DelistingCase, DelistingCase.id == DelistingRemedy.case_id)
    query = query.where(visible(principal))
    for name in wanted.model_fields_set - {"limit", "cursor"}:
        query = query.where(getattr(DelistingRemedy, name) == getattr(wanted, name))
    return query


async def orders_of(session: AsyncSession, case_id: UUID) -> Sequence[DelistingRemedy]:
    """Every order on the case, rejected ones too, in the order recorded."""
    query = select(DelistingRemedy).where(DelistingRemedy.case_id == case_id).order_by(DelistingRemedy.ordinal)
    return (await session.scalars(query)).all()


async def followers_of(session: AsyncSession, case_id: UUID) -> dict[UUID, list[RemedyParticipant]]:
    """Who must follow the case's orders, by order."""
    query = (
        select(RemedyParticipant)
        .join(DelistingRemedy, DelistingRemedy.id == RemedyParticipant.remedy_id)
        .where(DelistingRemedy.case_id == case_id)
        .order_by(RemedyParticipant.service)
    )
    found: dict[UUID, list[RemedyParticipant]] = {}
    for row in await session.scalars(query):
        found.setdefault(row.remedy_id, []).append(row)
    return found


async def progress(session: AsyncSession, case: DelistingCase, edition: Edition) -> list[RemedyProgress]:
    """Each order with expected against done."""
    followers = await followers_of(session, case.id)
    return [_progress(order, followers.get(order.id, []), edition) for order in await orders_of(session, case.id)]


def _progress(order: DelistingRemedy, followers: Sequence[RemedyParticipant], edition: Edition) -> RemedyProgress:
    expected = list(order.expected_title_ids or ())
    accounted = _accounted(followers)
    return RemedyProgress(
        **RemedyOut.model_validate(order).model_dump(),
        expected_title_ids=expected,
        missing_title_ids=[title for title in expected if title not in accounted],
        participants=[participant_out(found, order.approved_at, edition) for found in followers],
        completed_after_ms=milliseconds(order.approved_at, order.completed_at),
    )


def _accounted(followers: Sequence[RemedyParticipant]) -> set[UUID]:
    registry = next((found.details for found in followers if found.service == "registry"), None) or {}
    told: set[UUID] = set()
    for name in ("restored_from_ids", "lapsed_qualification_ids"):
        ids = registry.get(name)
        told |= {UUID(str(one)) for one in ids} if isinstance(ids, list) else set()
    return told
