"""The statements of a delisting. Each takes a whole batch of orders, changes only what is not yet changed, raises the
versions of what it changes and returns the changed rows with their case."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import TableValuedAlias, and_, case, func, literal, null, or_, select, union_all, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.bans.models import Ban
from services.registry.bans.queries import IN_FORCE
from services.registry.centres.models import Centre
from services.registry.centres.rules import OPEN_APPLICATION
from services.registry.operators.models import OperatorChange
from services.registry.profile_changes.models import ProfileChange
from services.registry.qualifications.models import Qualification
from services.registry.qualifications.rules import IN_FORCE as IN_FORCE_TITLES, PENDING
from services.registry.tenancies.models import Tenancy
from services.registry.tiers.models import Designation, TierApplication, TierPeriod
from services.registry.tiers.rules import PENDING as PENDING_TIERS
from services.registry.upward_notices.models import UpwardNotice
from shared.policy.carriers import TitleTerms
from shared.policy.standing import Titles

REASON_DELISTED: Final = "centre_delisted"
REASON_BARRED: Final = "carrier_ban"

_BULK: Final = {"synchronize_session": False, "populate_existing": True}


async def lock_centres(session: AsyncSession, centre_ids: Sequence[UUID]) -> None:
    """FOR UPDATE, in one order: what relied on a centre's standing has committed, and nothing new can. Raises
    LookupError for a centre that was never registered."""
    query = select(Centre.id).where(Centre.id.in_(centre_ids)).order_by(Centre.id).with_for_update()
    unknown = set(centre_ids) - set(await session.scalars(query))
    if unknown:
        raise LookupError(f"delisting of unknown centres: {', '.join(map(str, sorted(unknown)))}")


async def without_effect(session: AsyncSession, case_ids: Sequence[UUID]) -> set[UUID]:
    """Cases that were carried out and whose centre is on its way again: stayed, or reversed."""
    query = select(Ban.case_id).join(Centre, Centre.id == Ban.centre_id)
    rows = await session.scalars(query.where(Ban.case_id.in_(case_ids), Centre.status != "delisted"))
    return set(rows)


async def impose_bans(session: AsyncSession, orders: TableValuedAlias) -> dict[UUID, Ban]:
    """2.3-6: one ban a case; those of cases carried out before stay as they are and are not returned."""
    order = orders.c
    values = {
        "id": order.ban_id,
        "case_id": order.case_id,
        "centre_id": order.centre_id,
        "operator_code": order.barred_operator,
        "decision_no": order.decision_no,
        "published_on": order.published_on,
        "last_barred_day": order.last_barred_day,
        "first_open_day": order.first_open_day,
        "status": literal(IN_FORCE),
    }
    new = insert(Ban).from_select(list(values), select(*values.values()), include_defaults=False)
    bans = await session.scalars(new.on_conflict_do_nothing(index_elements=["case_id"]).returning(Ban))
    return {ban.case_id: ban for ban in bans}


async def delist_centres(session: AsyncSession, orders: TableValuedAlias) -> dict[UUID, Centre]:
    """2.3-5: from any state. A centre that another case delisted before keeps that case and day; its version rises all
    the same, for the confirmation."""
    statement = (
        update(Centre)
        .where(Centre.id == orders.c.centre_id)
        .values(
            status="delisted",
            delisted_on=func.coalesce(Centre.delisted_on, orders.c.published_on),
            delisting_case_id=func.coalesce(Centre.delisting_case_id, orders.c.case_id),
            version=Centre.version + 1,
        )
        .returning(orders.c.case_id, Centre)
    )
    return {row[0]: row[1] for row in await session.execute(statement, execution_options=_BULK)}


async def revoke_titles(
    session: AsyncSession, orders: TableValuedAlias, titles: Titles, *, reason_code: str = REASON_DELISTED
) -> Sequence[Qualification]:
    """2.3-5: all titles of the falling kinds and levels at the centre, active or suspended, at once. Only a delisting
    leaves its case on them."""
    statement = (
        update(Qualification)
        .where(
            Qualification.centre_id == orders.c.centre_id,
            Qualification.kind.in_(titles.falling_kinds),
            Qualification.level.in_(titles.falling_levels.value),
            Qualification.status.in_(titles.falling_states.value),
        )
        .values(
            status="revoked",
            revoked_on=orders.c.published_on,
            reason_code=reason_code,
            case_id=orders.c.case_id if reason_code == REASON_DELISTED else null(),
            plaque_due_on=case((Qualification.plaque_no.is_not(None), orders.c.plaque_due_on)),
            version=Qualification.version + 1,
        )
        .returning(Qualification)
    )
    return (await session.scalars(statement, execution_options=_BULK)).all()


async def refuse_titles(session: AsyncSession, orders: TableValuedAlias, terms: TitleTerms) -> Sequence[Qualification]:
    """2.3-6: pending applications of the centre end, and those of the centres that the barred operator runs by now, for
    what the ban bars, whoever applied. One made after the ban is not touched, however late a reminder comes."""
    statement = (
        update(Qualification)
        .where(
            Centre.id == Qualification.centre_id,
            or_(
                Centre.id == orders.c.centre_id,
                and_(
                    Centre.operator_code == orders.c.barred_operator,
                    Qualification.level.in_(terms.barred_levels.value),
                ),
            ),
            Qualification.status.in_(PENDING),
            Qualification.applied_on <= orders.c.last_barred_day,
        )
        .values(
            status="refused",
            decided_on=orders.c.published_on,
            reason_code=REASON_BARRED,
            case_id=orders.c.case_id,
            version=Qualification.version + 1,
        )
        .returning(Qualification)
    )
    return (await session.scalars(statement, execution_options=_BULK)).all()


async def refuse_tiers(session: AsyncSession, orders: TableValuedAlias) -> Sequence[TierApplication]:
    """2.3-6: pending applications for a tier end with the ban: the centre's, and those of the centres that the barred
    operator runs by now."""
    statement = (
        update(TierApplication)
        .where(
            Centre.id == TierApplication.centre_id,
            or_(Centre.id == orders.c.centre_id, Centre.operator_code == orders.c.barred_operator),
            TierApplication.status.in_(PENDING_TIERS),
            TierApplication.applied_on <= orders.c.last_barred_day,
        )
        .values(
            status="refused",
            decided_on=func.greatest(TierApplication.applied_on, orders.c.published_on),
            reason_code=REASON_BARRED,
            case_id=orders.c.case_id,
            version=TierApplication.version + 1,
        )
        .returning(TierApplication)
    )
    return (await session.scalars(statement, execution_options=_BULK)).all()


async def end_tiers(session: AsyncSession, orders: TableValuedAlias) -> None:
    """2.3-5: the day of the delisting is the last one of the centre's tier."""
    statement = (
        update(TierPeriod)
        .where(TierPeriod.centre_id == orders.c.centre_id, TierPeriod.until_on.is_(None))
        .values(until_on=func.greatest(TierPeriod.from_on, orders.c.published_on))
    )
    await session.execute(statement, execution_options={"synchronize_session": False})


async def report_upward(session: AsyncSession, orders: TableValuedAlias, titles: Titles) -> Sequence[UpwardNotice]:
    """2.3-5: what the centre holds from above stays; each title and designation becomes a notice upward."""
    order = orders.c
    held = select(
        order.case_id,
        order.centre_id,
        literal("qualification"),
        Qualification.id,
        Qualification.level,
        order.published_on,
    ).where(
        Qualification.centre_id == order.centre_id,
        Qualification.level.not_in(titles.falling_levels.value),
        Qualification.status.in_(IN_FORCE_TITLES),
        or_(Qualification.expires_on.is_(None), Qualification.expires_on >= order.published_on),
    )
    designated = select(
        order.case_id, order.centre_id, literal("designation"), Designation.id, Designation.tier, order.published_on
    ).where(
        Designation.centre_id == order.centre_id,
        Designation.status == "confirmed",
        or_(Designation.valid_until.is_(None), Designation.valid_until >= order.published_on),
    )
    found = union_all(held, designated).subquery()
    columns = ["case_id", "centre_id", "subject_kind", "subject_id", "level", "due_from", "id", "status", "version"]
    rows = select(*found.c, func.uuidv7(), literal("due"), literal(1))
    new = insert(UpwardNotice).from_select(columns, rows, include_defaults=False)
    notices = new.on_conflict_do_nothing(index_elements=["case_id", "subject_id"]).returning(UpwardNotice)
    return (await session.scalars(notices, execution_options={"populate_existing": True})).all()


async def refuse_centres(session: AsyncSession, orders: TableValuedAlias) -> Sequence[Centre]:
    """2.3-6: the barred operator's other centres that are still applying to be listed."""
    statement = (
        update(Centre)
        .where(
            Centre.operator_code == orders.c.barred_operator,
            Centre.status.in_(OPEN_APPLICATION),
            Centre.applied_on <= orders.c.last_barred_day,
        )
        .values(
            status="rejected",
            decided_on=orders.c.published_on,
            reason_code=REASON_BARRED,
            refused_case_id=orders.c.case_id,
            version=Centre.version + 1,
        )
        .returning(Centre)
    )
    return (await session.scalars(statement, execution_options=_BULK)).all()


async def relocate_tenancies(session: AsyncSession, orders: TableValuedAlias) -> Sequence[Tenancy]:
    """2.3-5: the enterprises still there have to move; their tenancies go on until they do."""
    statement = (
        update(Tenancy)
        .where(
            Tenancy.centre_id == orders.c.centre_id,
            Tenancy.ended_on.is_(None),
            Tenancy.relocation_case_id.is_(None),
        )
        .values(relocation_case_id=orders.c.case_id, version=Tenancy.version + 1)
        .returning(Tenancy)
    )
    return (await session.scalars(statement, execution_options=_BULK)).all()


async def done_by_cases(session: AsyncSession, case_ids: Sequence[UUID]) -> dict[tuple[UUID, str], list[UUID]]:
    """What each case has brought about so far, by (case, kind): `ban`, `revoked`, `refused`, `relocated`. Read back
    from the rows, so that a confirmation repeated years later says the same."""
    title, tenancy = Qualification, Tenancy
    parts = union_all(
        select(Ban.case_id, literal("ban").label("kind"), Ban.id).where(Ban.case_id.in_(case_ids)),
        select(title.case_id, title.status, title.id).where(title.case_id.in_(case_ids)),
        select(Centre.refused_case_id, literal("refused"), Centre.id).where(Centre.refused_case_id.in_(case_ids)),
        select(TierApplication.case_id, literal("refused"), TierApplication.id).where(
            TierApplication.case_id.in_(case_ids)
        ),
        select(OperatorChange.refused_case_id, literal("refused"), OperatorChange.id).where(
            OperatorChange.refused_case_id.in_(case_ids)
        ),
        select(ProfileChange.refused_case_id, literal("refused"), ProfileChange.id).where(
            ProfileChange.refused_case_id.in_(case_ids)
        ),
        select(tenancy.relocation_case_id, literal("relocated"), tenancy.id).where(
            tenancy.relocation_case_id.in_(case_ids)
        ),
    ).subquery()
    done: dict[tuple[UUID, str], list[UUID]] = {}
    for case_id, kind, row_id in await session.execute(select(parts).order_by(parts.c.id)):
        done.setdefault((case_id, kind), []).append(row_id)
    return done


async def falling_titles_left(session: AsyncSession, centre_ids: Sequence[UUID], titles: Titles) -> dict[UUID, int]:
    """How many titles that should have fallen each centre still holds: read after the sweep, not assumed."""
    query = (
        select(Qualification.centre_id, func.count())
        .where(
            Qualification.centre_id.in_(centre_ids),
            Qualification.kind.in_(titles.falling_kinds),
            Qualification.level.in_(titles.falling_levels.value),
            Qualification.status.in_(titles.falling_states.value),
        )
        .group_by(Qualification.centre_id)
    )
    return {row[0]: row[1] for row in await session.execute(query)}
