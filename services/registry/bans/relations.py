"""Running bans on somebody an applicant is related to: a warning on the case, no bar (2.3-6)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import CompoundSelect, Select, select, union
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from services.registry.bans.models import Ban
from services.registry.bans.queries import runs_on
from services.registry.bans.rules import RelatedBan, Relation
from services.registry.centres.models import Centre
from services.registry.enterprises.models import Enterprise
from services.registry.operators.models import OperatorChange

APPROVED: Final = "approved"


async def related_bans(session: AsyncSession, operator_code: str, today: date, centre_id: UUID) -> list[RelatedBan]:
    """Bans that run today and bar others than the applicant: an operator with the same legal representative, the
    centre's own earlier operator, or the operator of record of a centre that the applicant ran before."""
    queries: dict[Relation, Select[str, str | None, date]] = {
        "same_legal_representative": _same_representative(operator_code),
        "earlier_operator": _ran_before(operator_code),
        "run_by_barred_operator": _run_by_barred(centre_id),
    }
    found: list[RelatedBan] = []
    for relation, query in queries.items():
        others = Ban.operator_code.is_distinct_from(operator_code)
        latest = query.where(runs_on(today), others).order_by(Ban.last_barred_day.desc(), Ban.id)
        found += [RelatedBan(relation, row[0], row[1], row[2]) for row in await session.execute(latest)]
    return found


async def concerned_by_bans(session: AsyncSession, centres: Sequence[tuple[str, UUID]], today: date) -> frozenset[UUID]:
    """Of many centres with their operators, those that any ban may concern, directly or by a relation: the others need
    not be looked at one by one."""
    codes, ids = [code for code, _ in centres], [centre_id for _, centre_id in centres]
    running = runs_on(today)
    change = OperatorChange
    ours, theirs = aliased(Enterprise), aliased(Enterprise)
    same = ours.legal_representative_ref == theirs.legal_representative_ref
    by_code: CompoundSelect[str | None] = union(
        select(Ban.operator_code).where(Ban.operator_code.in_(codes)),
        select(ours.code)
        .join(theirs, same)
        .join(Ban, Ban.operator_code == theirs.code)
        .where(ours.code.in_(codes), running),
        select(change.from_code)
        .join(Ban, Ban.centre_id == change.centre_id)
        .where(change.from_code.in_(codes), change.status == APPROVED, running),
    )
    by_id: CompoundSelect[UUID] = union(
        select(Ban.centre_id).where(Ban.centre_id.in_(ids)),
        select(change.centre_id)
        .join(Ban, Ban.operator_code == change.from_code)
        .where(change.centre_id.in_(ids), change.status == APPROVED, running),
    )
    barred = set(await session.scalars(by_code))
    concerned = set(await session.scalars(by_id))
    return frozenset(centre_id for code, centre_id in centres if code in barred or centre_id in concerned)


def _bans() -> Select[str, str | None, date]:
    columns = select(Centre.no, Ban.operator_code, Ban.last_barred_day)
    return columns.join(Centre, Centre.id == Ban.centre_id)


def _same_representative(operator_code: str) -> Select[str, str | None, date]:
    ours, theirs = aliased(Enterprise), aliased(Enterprise)
    same = ours.legal_representative_ref == theirs.legal_representative_ref
    return _bans().join(theirs, theirs.code == Ban.operator_code).join(ours, same).where(ours.code == operator_code)


def _ran_before(operator_code: str) -> Select[str, str | None, date]:
    handed_over = select(OperatorChange.centre_id).where(
        OperatorChange.from_code == operator_code, OperatorChange.status == APPROVED
    )
    return _bans().where(Ban.centre_id.in_(handed_over))


def _run_by_barred(centre_id: UUID) -> Select[str, str | None, date]:
    earlier = select(OperatorChange.from_code).where(
        OperatorChange.centre_id == centre_id, OperatorChange.status == APPROVED
    )
    return _bans().where(Ban.operator_code.in_(earlier))
