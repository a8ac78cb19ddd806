"""Vouchers, quotas and enclave issuers of a merged record go to the one that goes on (2.2-1, 4.3-3).

What was issued stays valid, also where both together are more than one enterprise may have: the ceiling's limit is
raised to what is committed, never the quota that an issue is compared with, so nothing more is issued until enough has
come back. An issue holds the enterprise's row FOR SHARE until its commit; this takes it exclusively, so every voucher
of the merged record is either moved here or never issued.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Row, Text, cast, delete, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.ceilings.models import CITY_QUOTA, ENCLAVE_ISSUERS, QUOTA, ceiling, quota_subject
from services.vouchers.programmes.models import Programme
from services.vouchers.projections import known_enterprise
from services.vouchers.vouchers.models import Voucher, enclave_issue
from shared.events import outbox
from shared.events.contracts import vouchers as vc
from shared.events.outbox import EventContext
from shared.money import ZERO

RULES = ("enterprise.merged",)
_LONGEST_CHAIN = 16


@dataclass(frozen=True, slots=True)
class Merger:
    """A record that was merged, the one that goes on, and the event that said so."""

    old_id: UUID
    into_id: UUID
    context: EventContext


async def combine(session: AsyncSession, mergers: Sequence[Merger]) -> None:
    """Carry the mergers out in their order. One that was carried out before finds nothing left to move.

    Locks are taken in the order of an issue: the enterprises, vouchers, quotas, enclave issuers, the city's quotas.
    """
    for merger in mergers:
        survivor = await _survivor(session, merger)
        if survivor == merger.old_id:
            continue
        both = select(known_enterprise.c.id).where(known_enterprise.c.id.in_([merger.old_id, survivor]))
        await session.execute(both.order_by(known_enterprise.c.id).with_for_update())
        await _move_vouchers(session, merger, survivor)
        await _combine_quotas(session, merger.old_id, survivor)
        await _combine_enclave_issuers(session, merger.old_id, survivor)
        await _combine_city_quotas(session, merger.old_id, survivor)


async def _survivor(session: AsyncSession, merger: Merger) -> UUID:
    """The record that goes on in the end: the one named may have been merged itself by now."""
    found = merger.into_id
    for _ in range(_LONGEST_CHAIN):
        query = select(known_enterprise.c.merged_into_id).where(known_enterprise.c.id == found)
        further: UUID | None = await session.scalar(query)
        if further is None:
            break
        found = further
    return found


async def _move_vouchers(session: AsyncSession, merger: Merger, survivor: UUID) -> None:
    locking = select(Voucher.id).where(Voucher.enterprise_id == merger.old_id).order_by(Voucher.id).with_for_update()
    ids = list(await session.scalars(locking))
    if not ids:
        return
    moving = (
        update(Voucher)
        .where(Voucher.id.in_(ids))
        .values(enterprise_id=survivor, version=Voucher.version + 1, updated_at=func.now())
        .returning(Voucher)
    )
    bulk = {"synchronize_session": False, "populate_existing": True}
    moved = sorted(await session.scalars(moving, execution_options=bulk), key=lambda voucher: voucher.no)
    rows = [
        (voucher.id, voucher.version, vc.VoucherState.model_validate(voucher, from_attributes=True))
        for voucher in moved
    ]
    await outbox.append_many(session, vc.VoucherReassigned, rows, context=merger.context, rules=RULES)


async def _combine_quotas(session: AsyncSession, old_id: UUID, survivor: UUID) -> None:
    """Issuers and years are those of the vouchers, which are the survivor's by now."""
    issued = select(Voucher.issuer_division, cast(Programme.year, Text)).join(
        Programme, Programme.id == Voucher.programme_id
    )
    keys = (await session.execute(issued.where(Voucher.enterprise_id == survivor).distinct())).all()
    subjects = [quota_subject(division, owner) for division, _ in keys for owner in (old_id, survivor)]
    rows = ceiling.c
    locking = select(ceiling).where(rows.kind == QUOTA, rows.subject.in_(subjects))
    locked = await session.execute(locking.order_by(rows.subject, rows.period).with_for_update())
    ending = f":{old_id}"
    for row in locked.all():
        if row.subject.endswith(ending) and row.committed > 0:
            await _add_to(session, row, quota_subject(row.subject.removesuffix(ending), survivor))


async def _combine_city_quotas(session: AsyncSession, old_id: UUID, survivor: UUID) -> None:
    rows = ceiling.c
    locking = select(ceiling).where(rows.kind == CITY_QUOTA, rows.subject.in_([str(old_id), str(survivor)]))
    locked = await session.execute(locking.order_by(rows.subject, rows.period).with_for_update())
    for row in locked.all():
        if row.subject == str(old_id) and row.committed > 0:
            await _add_to(session, row, str(survivor))


async def _add_to(session: AsyncSession, row: Row[tuple[object, ...]], subject: str) -> None:
    """Give all of one ceiling to another; its limit follows where the sum is above it."""
    statement = insert(ceiling).values(
        kind=row.kind, subject=subject, period=row.period, limit_amount=row.limit_amount, committed=row.committed
    )
    total = ceiling.c.committed + statement.excluded.committed
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["kind", "subject", "period"],
            set_={"committed": total, "limit_amount": func.greatest(ceiling.c.limit_amount, total)},
        )
    )
    key = {"kind": row.kind, "subject": row.subject, "period": row.period}
    await session.execute(update(ceiling).filter_by(**key).values(committed=ZERO))


async def _combine_enclave_issuers(session: AsyncSession, old_id: UUID, survivor: UUID) -> None:
    """A division that issued to both counts once."""
    table = enclave_issue.c
    copied = select(literal(survivor).label("enterprise_id"), table.year, table.issuer_division).where(
        table.enterprise_id == old_id
    )
    columns = ["enterprise_id", "year", "issuer_division"]
    await session.execute(insert(enclave_issue).from_select(columns, copied).on_conflict_do_nothing())
    years = list(
        await session.scalars(delete(enclave_issue).where(table.enterprise_id == old_id).returning(table.year))
    )
    for year in sorted(set(years)):
        issuers = await session.scalar(select(func.count()).where(table.enterprise_id == survivor, table.year == year))
        statement = insert(ceiling).values(
            kind=ENCLAVE_ISSUERS, subject=str(survivor), period=str(year), limit_amount=issuers, committed=issuers
        )
        limit = func.greatest(ceiling.c.limit_amount, statement.excluded.committed)
        await session.execute(
            statement.on_conflict_do_update(
                index_elements=["kind", "subject", "period"],
                set_={"committed": statement.excluded.committed, "limit_amount": limit},
            )
        )
        key = {"kind": ENCLAVE_ISSUERS, "subject": str(old_id), "period": str(year)}
        await session.execute(update(ceiling).filter_by(**key).values(committed=ZERO))
