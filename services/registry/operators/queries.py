"""The operators of a centre by date, and loading a change with the locks that a step needs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.bans.queries import hold_operator
from services.registry.centres.models import Centre
from services.registry.centres.queries import lock_for_change
from services.registry.operators.models import OperatorChange
from services.registry.operators.schemas import OperatorSpan
from shared.auth.principal import Principal
from shared.errors import not_found


async def hold_operators(session: AsyncSession, codes: Iterable[str]) -> None:
    """Keep a delisting from banning any of these operators until the transaction ends; in the order in which a
    delisting takes its own locks."""
    for code in sorted(set(codes)):
        await hold_operator(session, code)


async def lock_for_step(
    session: AsyncSession, principal: Principal, centre_id: UUID, change_id: UUID
) -> tuple[OperatorChange, Centre]:
    """The change and its centre, locked, under the locks of both operators. Raises 404."""
    codes = select(OperatorChange.from_code, OperatorChange.to_code)
    mine = (OperatorChange.id == change_id, OperatorChange.centre_id == centre_id)
    row = (await session.execute(codes.where(*mine))).one_or_none()
    if row is None:
        raise not_found("operator-change")
    await hold_operators(session, row)
    centre = await lock_for_change(session, principal, centre_id)
    change = await session.get_one(OperatorChange, change_id, with_for_update=True, populate_existing=True)
    return change, centre


async def operator_spans(session: AsyncSession, centre_id: UUID) -> Sequence[OperatorSpan]:
    """Everybody who ran the centre, by date. Raises 404."""
    centre = await session.get(Centre, centre_id)
    if centre is None:
        raise not_found("centre")
    approved = select(OperatorChange).where(
        OperatorChange.centre_id == centre_id, OperatorChange.takes_over_on.is_not(None)
    )
    changes = list(await session.scalars(approved.order_by(OperatorChange.takes_over_on)))
    spans: list[OperatorSpan] = []
    before: OperatorChange | None = None
    for change in [*changes, None]:
        code = change.from_code if change else centre.operator_code
        name = change.from_name if change else centre.operator_name
        until = change.takes_over_on - timedelta(days=1) if change and change.takes_over_on else None
        spans.append(
            OperatorSpan(
                operator_code=code,
                operator_name=name,
                from_on=before.takes_over_on if before else None,
                until_on=until,
                change_id=before.id if before else None,
            )
        )
        before = change
    return spans


def span_on(spans: Iterable[OperatorSpan], day: date) -> OperatorSpan:
    """The operator of record on a day (2.3-6); the first one for days before the beginning."""
    return next(span for span in spans if span.until_on is None or day <= span.until_on)
