"""Changes of operator that a delisting ends."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import TableValuedAlias, and_, case, literal, or_, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.operators.models import OperatorChange
from services.registry.operators.rules import OPEN


async def refuse_changes(
    session: AsyncSession, orders: TableValuedAlias, *, takeovers: bool
) -> Sequence[OperatorChange]:
    """2.3-6: pending changes of a delisted centre, and, where the edition bars takeovers, those by which a barred
    operator would take one over. One made after the ban is not touched, however late a reminder comes."""
    order, change = orders.c, OperatorChange
    of_centre = change.centre_id == order.centre_id
    statement = (
        update(change)
        .where(
            or_(of_centre, and_(literal(takeovers), change.to_code == order.barred_operator)),
            change.status.in_(OPEN),
            change.applied_on <= order.last_barred_day,
        )
        .values(
            status="refused",
            decided_on=order.published_on,
            refusal_code=case((of_centre, "centre_delisted"), else_="carrier_ban"),
            refused_case_id=order.case_id,
            version=change.version + 1,
        )
        .returning(change)
    )
    options = {"synchronize_session": False, "populate_existing": True}
    return (await session.scalars(statement, execution_options=options)).all()
