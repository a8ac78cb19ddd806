"""Centres as this service knows them: waiting for one just registered, and holding one while relying on its state."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date
from time import monotonic
from typing import Final
from uuid import UUID

from sqlalchemy import Subquery, case, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.base import AnyRow
from services.evaluation.projections import LISTED, known_centre, known_centre_state
from shared.errors import DomainError, not_found, reference_not_yet_known

WAIT_SECONDS: Final = 1.0
_STEP_SECONDS: Final = 0.05


async def await_centre(session: AsyncSession, centre_id: UUID) -> None:
    """Wait up to a second for the registry's event about a centre. Raises 409 `reference-not-yet-known`.

    Called before anything is locked: whoever waits for a lock of ours must not wait for another service too.
    """
    deadline = monotonic() + WAIT_SECONDS
    while await session.scalar(select(known_centre.c.id).where(known_centre.c.id == centre_id)) is None:
        if monotonic() > deadline:
            raise reference_not_yet_known("centre", centre_id)
        await asyncio.sleep(_STEP_SECONDS)


async def hold_listed_centre(session: AsyncSession, centre_id: UUID, operator_code: str | None) -> AnyRow:
    """The operator's own listed centre, locked FOR SHARE so that no delisting commits in between.

    Raises 404 for somebody else's centre, 409 `centre-not-listed` unless it is listed and no decision against it is
    published.
    """
    centre = (
        await session.execute(select(known_centre).where(known_centre.c.id == centre_id).with_for_update(read=True))
    ).one_or_none()
    if centre is None or centre.operator_code != operator_code:
        raise not_found("centre")
    if centre.status != LISTED or centre.delisting_case_id is not None:
        raise DomainError("centre-not-listed", 409, params={"no": centre.no, "status": centre.status})
    return centre


def states_on(day: date, centres: Sequence[UUID] | None = None) -> Subquery:
    """Each centre's state on the day: the last in effect by then, or the first one known of a centre registered later.

    Who ran it that day is the operator of record (2.3-6); tier, divisions and area are what it is evaluated as.
    """
    states = known_centre_state.c
    by_then = states.effective_on <= day
    query = (
        select(known_centre_state)
        .ext(distinct_on(states.centre_id))
        .order_by(
            states.centre_id,
            by_then.desc(),
            case((by_then, states.effective_on)).desc(),
            case((by_then, states.version), else_=-states.version).desc(),
        )
    )
    return (query if centres is None else query.where(states.centre_id.in_(centres))).subquery("state_on")
