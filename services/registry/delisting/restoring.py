"""Giving back what a delisting took, as new rows from the day on: what was revoked keeps what it says about before."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import String, bindparam, func, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import Uuid

from services.registry.centres.models import Centre
from services.registry.qualifications.models import Qualification
from services.registry.qualifications.rules import IN_FORCE
from services.registry.tenancies.models import Tenancy
from services.registry.tiers.models import TierPeriod
from services.registry.tiers.periods import tier_without_designation
from shared.events.contracts.evaluation import DelistingRemedy
from shared.ids import next_case_no, uuid7
from shared.policy.edition import Edition

_BULK: Final = {"synchronize_session": False, "populate_existing": True}
_ON_THE_LIST: Final = ("listed", "suspended")
_DAY: Final = timedelta(days=1)

_LAST_STATUS = text(
    "SELECT DISTINCT ON (aggregate_id) aggregate_id, data::jsonb ->> 'status' AS status FROM event_log"
    " WHERE aggregate_id = ANY (:ids) AND NOT (data::jsonb ->> 'status' = ANY (:ended))"
    " ORDER BY aggregate_id, aggregate_version DESC"
).bindparams(bindparam("ids", type_=ARRAY(Uuid)), bindparam("ended", type_=ARRAY(String)))


async def _status_before(session: AsyncSession, ids: Sequence[UUID], ended: Sequence[str]) -> dict[UUID, str]:
    """The last other status that the log has of each: the row itself keeps only the present one."""
    rows = await session.execute(_LAST_STATUS, {"ids": list(ids), "ended": list(ended)})
    return {row.aggregate_id: row.status for row in rows}


async def reinstate_centre(
    session: AsyncSession, edition: Edition, centre: Centre, day: date, document_no: str
) -> None:
    """The centre, locked, stands again where it stood before its delisting; on the list it has its tier again, or the
    one before where the designation behind it ran out meanwhile."""
    before = await _status_before(session, [centre.id], ["delisted"])
    centre.status = before.get(centre.id, "listed")
    centre.delisted_on, centre.delisting_case_id = None, None
    await session.flush()
    if centre.status in _ON_THE_LIST:
        last = await session.scalar(select(func.max(TierPeriod.until_on)).where(TierPeriod.centre_id == centre.id))
        begin = day if last is None else max(day, last + _DAY)
        centre.tier = await tier_without_designation(session, edition, centre, begin)
        session.add(
            TierPeriod(centre_id=centre.id, tier=centre.tier, from_on=begin, basis="listing", document_no=document_no)
        )
        await session.flush()


async def revoked_by(session: AsyncSession, case_id: UUID) -> Sequence[Qualification]:
    """The titles that the case revoked, the latest of each kind and level first."""
    query = select(Qualification).where(Qualification.case_id == case_id, Qualification.status == "revoked")
    ordered = query.order_by(Qualification.granted_on.desc(), Qualification.id.desc())
    return (await session.scalars(ordered.execution_options(populate_existing=True))).all()


async def in_force_at(session: AsyncSession, centre_id: UUID) -> Sequence[Qualification]:
    """The titles that the centre holds."""
    query = select(Qualification).where(Qualification.centre_id == centre_id, Qualification.status.in_(IN_FORCE))
    return (await session.scalars(query.execution_options(populate_existing=True))).all()


async def restore_titles(
    session: AsyncSession, edition: Edition, centre: Centre, case_id: UUID, order: DelistingRemedy
) -> list[Qualification]:
    """A new title in the place of each that the case revoked, on the terms and for the rest of the term of the old one.

    Not of one whose term is over by then, nor where the centre holds another of the kind and level by now.
    """
    revoked = await revoked_by(session, case_id)
    held = {(title.kind, title.level) for title in await in_force_at(session, centre.id)}
    before = await _status_before(session, [title.id for title in revoked], ["revoked", "expired"])
    restored: list[Qualification] = []
    for title in revoked:
        over = title.expires_on is not None and title.expires_on <= order.effective_on
        if over or (title.kind, title.level) in held:
            continue
        held.add((title.kind, title.level))
        restored.append(await _stand_in(session, edition, centre, title, before.get(title.id, "active"), order))
    session.add_all(restored)
    await session.flush()
    return restored


async def _stand_in(
    session: AsyncSession,
    edition: Edition,
    centre: Centre,
    title: Qualification,
    status: str,
    order: DelistingRemedy,
) -> Qualification:
    values = {name: getattr(title, name) for name in Qualification.__mapper__.column_attrs.keys()}  # noqa: SIM118 (not a dict)
    decision = edition.decision(
        edition.result(
            "delisting.effects_restored",
            True,
            {"no": title.no, "order": order.no, "document_no": order.document_no, "issuer": order.issuer},
            message="title-restored",
        )
    )
    ended = ("revoked_on", "reason_code", "plaque_due_on", "plaque_returned_on", "plaque_recorded_by")
    proposed = (name for name in values if name.startswith("revocation_"))
    values |= dict.fromkeys((*ended, *proposed))
    values |= {
        "id": uuid7(),
        "no": await next_case_no(session, "QA", order.effective_on.year),
        "version": 1,
        "operator_code": centre.operator_code,
        "status": status if status in IN_FORCE else "active",
        "granted_on": order.effective_on,
        "decision": decision.to_json(),
        "plaque_no": None,
    }
    if title.plaque_returned_on is not None:
        values["plaque_no"] = await next_case_no(session, "PL", order.effective_on.year)
    for name in ("created_at", "updated_at"):
        values.pop(name, None)
    return Qualification(**values)


async def keep_plaques(session: AsyncSession, case_id: UUID) -> Sequence[Qualification]:
    """A plaque that is still out stays with the title that stands in: it is not due back."""
    return await _plaques(session, case_id, None)


async def claim_plaques(session: AsyncSession, case_id: UUID, due_on: date) -> Sequence[Qualification]:
    """The stay is over: what is still out is due back again."""
    return await _plaques(session, case_id, due_on)


async def _plaques(session: AsyncSession, case_id: UUID, due_on: date | None) -> Sequence[Qualification]:
    due = Qualification.plaque_due_on
    statement = (
        update(Qualification)
        .where(
            Qualification.case_id == case_id,
            Qualification.status == "revoked",
            Qualification.plaque_no.is_not(None),
            Qualification.plaque_returned_on.is_(None),
            due.is_not(None) if due_on is None else due.is_(None),
        )
        .values(plaque_due_on=due_on, version=Qualification.version + 1)
        .returning(Qualification)
    )
    return (await session.scalars(statement, execution_options=_BULK)).all()


async def drop_relocations(session: AsyncSession, case_id: UUID) -> Sequence[Tenancy]:
    """The enterprises that are still there may stay."""
    statement = (
        update(Tenancy)
        .where(Tenancy.relocation_case_id == case_id, Tenancy.ended_on.is_(None))
        .values(relocation_case_id=None, version=Tenancy.version + 1)
        .returning(Tenancy)
    )
    return (await session.scalars(statement, execution_options=_BULK)).all()


def accounted_for(
    revoked: Sequence[Qualification], held: Collection[Qualification]
) -> tuple[tuple[UUID, ...], tuple[UUID, ...], tuple[UUID, ...]]:
    """Of the revoked titles: what stands in for them, those that are stood in for, and those that have nothing left to
    restore. Read from the rows, not assumed."""
    places = {(title.kind, title.level) for title in revoked}
    standing = {(title.kind, title.level): title.id for title in held if (title.kind, title.level) in places}
    stood_for = tuple(title.id for title in revoked if (title.kind, title.level) in standing)
    lapsed = tuple(title.id for title in revoked if title.expires_on is not None and title.id not in stood_for)
    return tuple(standing.values()), stood_for, lapsed
