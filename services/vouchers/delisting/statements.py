"""The statements of a delisting: each takes all orders of a batch at once and changes only what is not yet changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy import Date, Numeric, Text, Uuid, any_, column, delete, func, or_, select, update, values
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.delisting.orders import Order
from services.vouchers.projections import known_centre, known_tenancy
from services.vouchers.redemptions.models import Redemption
from services.vouchers.redemptions.rules import HELD, ORDERED, RELEASED, RENDERED
from services.vouchers.vouchers.facts import depends_on
from services.vouchers.vouchers.models import Voucher
from services.vouchers.vouchers.rules import CENTRE_DELISTED, STOPPED
from shared.money import ZERO

_BULK: Final = {"synchronize_session": False, "populate_existing": True}


@dataclass(frozen=True, slots=True)
class Found:
    """A voucher to stop, and the order it falls under."""

    voucher_id: UUID
    order: Order


async def mark_centres(session: AsyncSession, orders: Sequence[Order]) -> None:
    """Note the delisting on the centres and lock their rows, in one order: issues that relied on one have committed,
    and no new one can. A centre not heard of yet gets a row of nothing but the mark."""
    rows = [
        {"id": order.centre_id, "version": 0, "delisting_case_id": order.case_id}
        for order in sorted({order.centre_id: order for order in orders}.values(), key=lambda order: order.centre_id)
    ]
    statement = insert(known_centre).values(rows)
    mark = func.coalesce(known_centre.c.delisting_case_id, statement.excluded.delisting_case_id)
    await session.execute(statement.on_conflict_do_update(index_elements=["id"], set_={"delisting_case_id": mark}))


async def unmark_centre(session: AsyncSession, centre_id: UUID, case_id: UUID) -> None:
    """Take this case's mark off: vouchers may be issued again. A row of nothing but the mark is not needed any more."""
    own = known_centre.c.id == centre_id, known_centre.c.delisting_case_id == case_id
    await session.execute(delete(known_centre).where(*own, known_centre.c.version == 0))
    await session.execute(update(known_centre).where(*own).values(delisting_case_id=None))


async def lock_vouchers(
    session: AsyncSession, orders: Mapping[UUID, Order], enterprise_ids: Sequence[UUID] | None = None
) -> list[Found]:
    """The running vouchers that depend on the centres (keys), locked in the order of their ids.

    `enterprise_ids` leaves out all others.
    """
    stay = known_tenancy.c
    depended = depends_on()
    tenants = select(stay.enterprise_id).where(stay.centre_id.in_(orders), stay.ended_on.is_(None))
    query = (
        select(Voucher.id, depended.label("depends_on"))
        .where(Voucher.status != STOPPED, depended.in_(orders))
        .where(or_(Voucher.centre_id.in_(orders), Voucher.enterprise_id == any_(func.array(tenants.scalar_subquery()))))
        .order_by(Voucher.id)
        .with_for_update(of=Voucher)
    )
    if enterprise_ids is not None:
        query = query.where(Voucher.enterprise_id.in_(enterprise_ids))
    return [Found(row.id, orders[row.depends_on]) for row in await session.execute(query)]


async def release_holds(session: AsyncSession, found: Sequence[Found]) -> list[Redemption]:
    """DOMAIN: delivered holds, disputed ones too, are honoured where the voucher's edition says so; all others end, and
    so do orders, which reserve nothing."""
    swept = values(column("voucher_id", Uuid), column("effective_on", Date), column("actor", Text), name="swept").data(
        [(item.voucher_id, item.order.effective_on, item.order.context.actor) for item in found]
    )
    statement = (
        update(Redemption)
        .where(Redemption.voucher_id == swept.c.voucher_id, Voucher.id == swept.c.voucher_id)
        .where(
            or_(Redemption.status.in_((ORDERED, HELD)), Redemption.status.in_(RENDERED) & ~Voucher.delivered_honoured)
        )
        .values(
            status=RELEASED,
            released_on=func.greatest(swept.c.effective_on, Redemption.held_on, Redemption.ordered_on),
            released_by=swept.c.actor,
            reason_code=CENTRE_DELISTED,
            version=Redemption.version + 1,
        )
        .returning(Redemption)
    )
    return list(await session.scalars(statement, execution_options=_BULK))


async def stop_vouchers(
    session: AsyncSession, found: Sequence[Found], released: Mapping[UUID, Decimal]
) -> list[Voucher]:
    """No new holds from here on; what is free, or was released, goes back to budget and quota."""
    rows: list[tuple[UUID, date, Decimal]] = [
        (item.voucher_id, item.order.effective_on, released.get(item.voucher_id, Decimal(0))) for item in found
    ]
    swept = values(
        column("voucher_id", Uuid), column("effective_on", Date), column("released", Numeric(18, 2)), name="swept"
    ).data(rows)
    statement = (
        update(Voucher)
        .where(Voucher.id == swept.c.voucher_id)
        .values(
            status=STOPPED,
            stopped_on=func.greatest(swept.c.effective_on, Voucher.issued_on),
            reason_code=CENTRE_DELISTED,
            balance=ZERO,
            returned=Voucher.returned + Voucher.balance + swept.c.released,
            held=Voucher.held - swept.c.released,
            version=Voucher.version + 1,
        )
        .returning(Voucher)
    )
    return list(await session.scalars(statement, execution_options=_BULK))


async def honoured_holds(session: AsyncSession, found: Sequence[Found]) -> list[tuple[UUID, UUID, Decimal]]:
    """Holds that live on: (id, voucher, what they reserve)."""
    ids = [item.voucher_id for item in found]
    query = select(Redemption.id, Redemption.voucher_id, Redemption.subsidy).where(
        Redemption.voucher_id.in_(ids), Redemption.status.in_(RENDERED)
    )
    return [(row.id, row.voucher_id, row.subsidy) for row in await session.execute(query.order_by(Redemption.id))]
