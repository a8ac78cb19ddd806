"""Whether the titles that a delisting was to revoke are gone, as the registry's answer and its titles say (2.3-5)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.delistings.models import DelistingCase
from services.evaluation.projections import known_qualification
from shared.events.consumer import Received
from shared.events.contracts import registry as rc

TITLES_LEFT: Final = "active-municipal-titles-left"
TITLES_NOT_REVOKED: Final = "expected-titles-not-revoked"
ENDED: Final = ("revoked", "expired")
"""States of a title that is gone; one that expired between publication and delisting cannot be revoked any more."""


async def title_problems(session: AsyncSession, events: Sequence[Received[rc.CentreDelistedData]]) -> list[str | None]:
    """For each answer of the registry what speaks against it: a municipal title is left, or one that was in force when
    the decision was published is neither among the revoked ones nor known to have ended. None if nothing does.

    What a case expects is written with its publication and never changes, so that no lock is needed.
    """
    expected = await _expected(session, [event.data.case_id for event in events])
    ended = await _ended(session, {title for titles in expected.values() for title in titles})
    return [_problem(event.data, expected.get(event.data.case_id, frozenset()) - ended) for event in events]


def _problem(data: rc.CentreDelistedData, still_expected: frozenset[UUID]) -> str | None:
    if data.active_municipal_titles_left:
        return TITLES_LEFT
    return None if still_expected <= set(data.revoked_qualification_ids) else TITLES_NOT_REVOKED


async def _expected(session: AsyncSession, cases: Sequence[UUID]) -> dict[UUID, frozenset[UUID]]:
    query = select(DelistingCase.id, DelistingCase.expected_title_ids).where(DelistingCase.id.in_(cases))
    return {row.id: frozenset(row.expected_title_ids or ()) for row in await session.execute(query)}


async def _ended(session: AsyncSession, titles: set[UUID]) -> frozenset[UUID]:
    title = known_qualification.c
    query = select(title.id).where(title.id.in_(titles), title.status.in_(ENDED))
    return frozenset(await session.scalars(query)) if titles else frozenset()
