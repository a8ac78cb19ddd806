"""Centres as this service knows them: waiting for one just registered, and holding one while relying on its state."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date
from time import monotonic
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, Subquery, case, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.base import AnyRow
from services.evaluation.projections import REPORTING, known_centre, known_centre_state
from shared.errors import DomainError, not_found, reference_not_yet_known

WAIT_SECONDS: Final = 1.0
_STEP_SECONDS: Final = 0.05
_OPERATOR: Final = ("operator_code", "operator_name")

_States = Select[*tuple[Any, ...]]
"""A selection of states; the columns differ, hence Any."""


async def await_centre(session: AsyncSession, centre_id: UUID) -> None:
    """Wait up to a second for the registry's event about a centre. Raises 409 `reference-not-yet-known`.

    Called before anything is locked: whoever waits for a lock of ours must not wait for another service too.
    """
    deadline = monotonic() + WAIT_SECONDS
    while await session.scalar(select(known_centre.c.id).where(known_centre.c.id == centre_id)) is None:
        if monotonic() > deadline:
            raise reference_not_yet_known("centre", centre_id)
        await asyncio.sleep(_STEP_SECONDS)


async def hold_reporting_centre(session: AsyncSession, centre_id: UUID, operator_code: str | None) -> AnyRow:
    """The operator's own centre that owes reports, locked FOR SHARE so that no delisting commits in between (2.3-2).

    A suspension takes no duty away, and a centre that left the list by itself still owes the quarters before. Raises
    404 for somebody else's centre, 409 `centre-not-listed` for one that was never listed or is delisted, also while
    only the decision against it is published.
    """
    centre = (
        await session.execute(select(known_centre).where(known_centre.c.id == centre_id).with_for_update(read=True))
    ).one_or_none()
    if centre is None or centre.operator_code != operator_code:
        raise not_found("centre")
    if centre.status not in REPORTING or centre.delisting_case_id is not None:
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
    state = _of(query, centres).subquery("state_in_effect")
    operator = _operators_on(day, centres)
    told = {name: func.coalesce(operator.c[name], state.c[name]).label(name) for name in _OPERATOR}
    columns = [told.get(column.name, column) for column in state.c]
    joined = state.outerjoin(operator, operator.c.centre_id == state.c.centre_id)
    return select(*columns).select_from(joined).subquery("state_on")


def _operators_on(day: date, centres: Sequence[UUID] | None) -> Subquery:
    """2.3-6: who ran each centre on the day, by the first days that the states name. The state in effect on the day may
    be older than a takeover that was recorded late, or newer than one that it was recorded before."""
    states = known_centre_state.c
    begun = or_(states.operator_since.is_(None), states.operator_since <= day)
    query = (
        select(states.centre_id, states.operator_code, states.operator_name)
        .ext(distinct_on(states.centre_id))
        .where(begun)
        .order_by(states.centre_id, states.operator_since.desc().nulls_last(), states.version.desc())
    )
    return _of(query, centres).subquery("operator_on")


def _of(query: _States, centres: Sequence[UUID] | None) -> _States:
    return query if centres is None else query.where(known_centre_state.c.centre_id.in_(centres))
