"""Enterprises as finance knows them: which record goes on, and where an enterprise sat on a day."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from time import monotonic
from typing import Literal, TypeAlias
from uuid import UUID

from sqlalchemy import Uuid, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.centres import WAIT_SECONDS
from services.finance.projections import known_enterprise, known_holding, known_tenancy
from shared.errors import reference_not_yet_known

_STEP_SECONDS = 0.05
Lock: TypeAlias = Literal["share", "update"] | None


@dataclass(frozen=True, slots=True)
class Enterprise:
    """An enterprise at the moment it was read; `survivor` is the code that goes on for a merged record. The last
    two are None where nobody knows yet."""

    id: UUID
    code: str
    survivor: str | None
    address_in_city: bool | None
    legal_representative_ref: str | None


async def await_enterprise(session: AsyncSession, code: str) -> None:
    """Wait until the registry's event about the enterprise has arrived; no lock is held meanwhile.

    Raises 409 `reference-not-yet-known` after a second.
    """
    deadline = monotonic() + WAIT_SECONDS
    query = select(known_enterprise.c.id).where(known_enterprise.c.code == code)
    while await session.scalar(query.limit(1)) is None:
        if monotonic() >= deadline:
            raise reference_not_yet_known("enterprise", code)
        await asyncio.sleep(_STEP_SECONDS)


async def read_enterprise(session: AsyncSession, code: str, *, lock: bool) -> Enterprise:
    """The record with that code; with `lock` a merger of it, or of any record up the chain that it went into, waits
    until this transaction ends. Raises 409 `reference-not-yet-known`."""
    table = known_enterprise.c
    query = select(
        table.id, table.code, table.merged_into_id, table.address_in_city, table.legal_representative_ref
    ).where(table.code == code)
    ordered = query.order_by(table.merged_into_id.asc().nulls_first(), table.id).limit(1)
    row = (await session.execute(ordered.with_for_update(read=True) if lock else ordered)).one_or_none()
    if row is None:
        raise reference_not_yet_known("enterprise", code)
    held: Lock = "share" if lock else None
    survivor = await surviving_code(session, row.merged_into_id, lock=held) if row.merged_into_id else None
    return Enterprise(row.id, row.code, survivor, row.address_in_city, row.legal_representative_ref)


async def surviving_code(session: AsyncSession, enterprise_id: UUID, *, lock: Lock = None) -> str:
    """The code of the record that goes on at the end of all mergers. With `lock` each record is locked before it is
    looked at, always upwards, so that no merger further up goes by unseen. Raises 409 `reference-not-yet-known` where
    its own event has not arrived."""
    table, seen = known_enterprise.c, {enterprise_id}
    current = enterprise_id
    while True:
        query = select(table.code, table.merged_into_id).where(table.id == current)
        locked = query.with_for_update(read=lock == "share") if lock else query
        row = (await session.execute(locked)).one_or_none()
        if row is None:
            raise reference_not_yet_known("enterprise", current)
        if row.merged_into_id is None or row.merged_into_id in seen:
            return str(row.code)
        current = row.merged_into_id
        seen.add(current)


async def sits_in(session: AsyncSession, enterprise_id: UUID, centre_id: UUID, day: date) -> bool:
    """Whether the enterprise, or a record merged into it by however many mergers, was tenanted in the centre that
    day."""
    stay, firm = known_tenancy.c, known_enterprise.c
    records = select(literal(enterprise_id, Uuid).label("id")).cte("records", recursive=True)
    records = records.union(select(firm.id).where(firm.merged_into_id == records.c.id))
    query = select(stay.id).where(
        stay.enterprise_id.in_(select(records.c.id)),
        stay.centre_id == centre_id,
        stay.admitted_on <= day,
        or_(stay.ended_on.is_(None), stay.ended_on >= day),
    )
    return await session.scalar(query.limit(1)) is not None


async def family_codes(session: AsyncSession, codes: Collection[str]) -> set[str]:
    """The codes, and those of every record that went into the same ones by however many mergers; a code that nobody
    has a record of stands for itself."""
    table = known_enterprise.c
    root = select(table.id, table.merged_into_id).where(table.code.in_(codes)).cte("root", recursive=True)
    root = root.union(select(table.id, table.merged_into_id).where(table.id == root.c.merged_into_id))
    last = select(root.c.id).where(root.c.merged_into_id.is_(None))
    kin = select(table.id, table.code).where(table.id.in_(last)).cte("kin", recursive=True)
    kin = kin.union(select(table.id, table.code).where(table.merged_into_id == kin.c.id))
    return {*codes, *await session.scalars(select(kin.c.code))}


async def related_codes(session: AsyncSession, codes: Collection[str], day: date, *, percent: Decimal) -> set[str]:
    """Who is related to an enterprise with these codes, or to the person with this reference, on the day: the legal
    representative and whoever else it represents, and whoever holds that much of it or is held by it so; with the codes
    merged into theirs, and without the codes themselves."""
    firm, hold = known_enterprise.c, known_holding.c
    heads = set(await session.scalars(select(firm.legal_representative_ref).where(firm.code.in_(codes))))
    refs = {ref for ref in heads if ref is not None}
    led = select(firm.code).where(firm.legal_representative_ref.in_({*refs, *codes}))
    in_time = (hold.valid_from <= day) & (hold.valid_to.is_(None) | (hold.valid_to >= day)) & (hold.percent >= percent)
    holders = select(hold.holder_code).where(hold.held_code.in_(codes), in_time)
    held = select(hold.held_code).where(hold.holder_code.in_(codes), in_time)
    found = set(await session.scalars(led.union(holders, held)))
    return (await family_codes(session, found) | refs) - set(codes)


async def recorded_holding(session: AsyncSession, one: str, other: str, day: date) -> Decimal | None:
    """The largest holding between the two that is on record for that day, whoever holds whom; percent."""
    table = known_holding.c
    pairs = ((table.holder_code == one) & (table.held_code == other)) | (
        (table.holder_code == other) & (table.held_code == one)
    )
    in_time = (table.valid_from <= day) & (table.valid_to.is_(None) | (table.valid_to >= day))
    percent: Decimal | None = await session.scalar(select(func.max(table.percent)).where(pairs, in_time))
    return percent


async def same_representative(session: AsyncSession, one: str, other: str) -> bool | None:
    """Whether the two have the same legal representative; None where the registry does not know one of the two."""
    table = known_enterprise.c
    query = select(table.code, table.legal_representative_ref).where(table.code.in_([one, other]))
    refs = {row.code: row.legal_representative_ref for row in await session.execute(query)}
    if refs.get(one) is None or refs.get(other) is None:
        return None
    return bool(refs[one] == refs[other])
