"""Centres as this service knows them: waiting for one just registered, and holding one while relying on its state."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date
from time import monotonic
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Select, Subquery, case, func, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by, distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.functions import FunctionElement

from services.evaluation.base import AnyRow
from services.evaluation.projections import REPORTING, known_centre, known_centre_state
from shared.errors import DomainError, not_found, reference_not_yet_known

WAIT_SECONDS: Final = 1.0
_STEP_SECONDS: Final = 0.05
_OPERATOR: Final = ("operator_code", "operator_name")
_PROFILE: Final = ("tier", "owner_division", "site_division", "total_area_m2")

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

    Who ran it that day is the operator of record (2.3-6); tier, divisions and area are what it is evaluated as, each by
    its own last change in effect: a state recorded late repeats what the others have become since.
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
    operator, profile = _operators_on(day, centres), _profiles_on(day, centres)
    told = {name: func.coalesce(operator.c[name], state.c[name]).label(name) for name in _OPERATOR}
    told |= {name: profile.c[name].label(name) for name in _PROFILE}
    columns = [told.get(column.name, column) for column in state.c]
    joined = state.outerjoin(operator, operator.c.centre_id == state.c.centre_id)
    joined = joined.join(profile, profile.c.centre_id == state.c.centre_id)
    return select(*columns).select_from(joined).subquery("state_on")


def _profiles_on(day: date, centres: Sequence[UUID] | None) -> Subquery:
    """Tier, divisions and area on the day, folded from the changes between one state and the next: of those in effect
    by then the last by its day, and only then by its order; before any of them the first value known."""
    states = known_centre_state.c

    def moved(change: FunctionElement[Any]) -> ColumnElement[Any]:
        return change.over(partition_by=states.centre_id, order_by=states.version)

    first = moved(func.row_number()) == 1
    changed = [
        or_(first, states[name].is_distinct_from(moved(func.lag(states[name])))).label(f"{name}_changed")
        for name in _PROFILE
    ]
    kept = (states.centre_id, states.version, states.effective_on, *(states[name] for name in _PROFILE))
    change = _of(select(*kept, *changed), centres).subquery("change").c
    in_effect = change.effective_on <= day

    def value(name: str) -> ColumnElement[object]:
        latest = aggregate_order_by(change[name], change.effective_on.desc(), change.version.desc())
        told = func.array_agg(latest, type_=ARRAY(change[name].type)).filter(change[f"{name}_changed"], in_effect)
        earliest = func.array_agg(aggregate_order_by(change[name], change.version), type_=ARRAY(change[name].type))
        return func.coalesce(told[1], earliest[1]).label(name)

    folded = select(change.centre_id, *(value(name) for name in _PROFILE)).group_by(change.centre_id)
    return folded.subquery("profile_on")


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
