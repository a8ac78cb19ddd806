"""Which tenancies somebody sees and may move."""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import READ_ALL, enterprise_code_of, person_of
from services.registry.centres import queries as centres
from services.registry.centres.models import Centre
from services.registry.enterprises.models import Enterprise
from services.registry.enterprises.queries import known_by, record_of
from services.registry.measures.models import CentreMeasure
from services.registry.projects.models import Project
from services.registry.qualifications.models import Qualification, TitleMeasure
from services.registry.qualifications.queries import held_on
from services.registry.tenancies.models import Tenancy
from services.registry.tenancies.rules import Relocation
from services.registry.tenancies.schemas import Overdue, TenancyFilter, TenancyOut
from shared.auth.principal import Principal
from shared.errors import not_found
from shared.http.paging import both_ways

ORDERS: Final = both_ways(
    {
        "recorded": (Tenancy.id,),
        "admitted": (Tenancy.admitted_on, Tenancy.id),
        "filing_due": (Tenancy.filing_due_on, Tenancy.id),
        "stay_until": (Tenancy.stay_until, Tenancy.id),
    }
)
"""`recorded` is the order of entry."""


def read_scope(principal: Principal) -> ColumnElement[bool]:
    """Tenancies at centres whose case the caller reads, and those of its own enterprise."""
    if principal.has(*READ_ALL):
        return true()
    scopes: list[ColumnElement[bool]] = [Tenancy.centre_id.in_(select(Centre.id).where(centres.read_scope(principal)))]
    own = select(Enterprise.id)
    if (code := enterprise_code_of(principal)) is not None:
        scopes.append(Tenancy.enterprise_id.in_(own.where(known_by(code))))
    if (person := person_of(principal)) is not None:
        scopes.append(Tenancy.enterprise_id.in_(own.where(Enterprise.legal_representative_ref == person)))
        scopes.append(Tenancy.project_id.in_(select(Project.id).where(Project.founder_ref == person)))
    return or_(*scopes)


def write_scope(principal: Principal) -> ColumnElement[bool]:
    """Tenancies at centres whose case the caller may move."""
    return Tenancy.centre_id.in_(select(Centre.id).where(centres.write_scope(principal)))


def matching(wanted: TenancyFilter, today: date) -> ColumnElement[bool]:
    """The list's filters."""
    conditions: list[ColumnElement[bool]] = [true()]
    if wanted.centre_id is not None:
        conditions.append(Tenancy.centre_id == wanted.centre_id)
    if wanted.enterprise_id is not None:
        conditions.append(Tenancy.enterprise_id.in_(record_of(wanted.enterprise_id)))
    if wanted.enterprise_code is not None:
        named = select(Enterprise.id).where(known_by(wanted.enterprise_code.upper()))
        conditions.append(Tenancy.enterprise_id.in_(named))
    if wanted.status is not None:
        conditions.append(Tenancy.status == wanted.status)
    if wanted.on is not None:
        conditions.append(stays_on(wanted.on))
    if wanted.project_id is not None:
        conditions.append(Tenancy.project_id == wanted.project_id)
    if wanted.relocation_case_id is not None:
        conditions.append(Tenancy.relocation_case_id == wanted.relocation_case_id)
    if wanted.overdue is not None:
        late = or_(filing_overdue(today), stay_overdue(today))
        conditions.append(late if wanted.overdue else ~late)
    if wanted.relocation_due is not None:
        due = and_(Tenancy.relocation_case_id.is_not(None), Tenancy.ended_on.is_(None))
        conditions.append(due if wanted.relocation_due else ~due)
    return and_(*conditions)


def stays_on(day: date) -> ColumnElement[bool]:
    """Whether the tenancy covers the day; the first and the last day count."""
    return and_(Tenancy.admitted_on <= day, or_(Tenancy.ended_on.is_(None), Tenancy.ended_on >= day))


def filing_overdue(today: date) -> ColumnElement[bool]:
    """2.3-2: admitted, and not filed when its term was over."""
    return and_(Tenancy.status == "admitted", Tenancy.filing_due_on < today)


def stay_overdue(today: date) -> ColumnElement[bool]:
    """2.1-1: still there after the last day of the longest stay."""
    return and_(Tenancy.ended_on.is_(None), Tenancy.stay_until < today)


def shown(tenancy: Tenancy, today: date) -> TenancyOut:
    """The tenancy, with what of it is overdue on the day."""
    late: list[Overdue] = []
    if tenancy.status == "admitted" and tenancy.filing_due_on < today:
        late.append("filing")
    if tenancy.ended_on is None and tenancy.stay_until < today:
        late.append("stay")
    return TenancyOut.model_validate(tenancy).model_copy(update={"overdue": tuple(late)})


async def on_day(session: AsyncSession, principal: Principal, whose: ColumnElement[bool], day: date) -> Tenancy:
    """Where somebody was on a day, as far as the caller sees it. Raises 404 where it was nowhere."""
    query = select(Tenancy).where(whose, stays_on(day), read_scope(principal))
    tenancy: Tenancy | None = await session.scalar(query)
    if tenancy is None:
        raise not_found("tenancy")
    return tenancy


async def find(session: AsyncSession, principal: Principal, tenancy_id: UUID) -> Tenancy:
    """One tenancy as the caller sees it. Raises 404."""
    tenancy = await session.scalar(select(Tenancy).where(Tenancy.id == tenancy_id, read_scope(principal)))
    if tenancy is None:
        raise not_found("tenancy")
    return tenancy


async def lock_for_change(session: AsyncSession, principal: Principal, tenancy_id: UUID) -> Tenancy:
    """The tenancy, locked. Raises 404 for one at somebody else's centre."""
    query = select(Tenancy).where(Tenancy.id == tenancy_id, write_scope(principal)).with_for_update(of=Tenancy)
    tenancy = await session.scalar(query)
    if tenancy is None:
        raise not_found("tenancy")
    return tenancy


async def overlapping(session: AsyncSession, stays: ColumnElement[bool], admitted_on: date) -> Tenancy | None:
    """A tenancy among somebody's stays that a new one from that day on would overlap."""
    query = (
        select(Tenancy)
        .where(stays, or_(Tenancy.ended_on.is_(None), Tenancy.ended_on >= admitted_on))
        .order_by(Tenancy.admitted_on)
        .limit(1)
    )
    tenancy: Tenancy | None = await session.scalar(query)
    return tenancy


async def last_relocation(session: AsyncSession, stays: ColumnElement[bool]) -> Relocation | None:
    """The last of somebody's stays that ended because its centre was delisted under it; None if there was none."""
    query = (
        select(Tenancy.stay_since, Tenancy.ended_on)
        .where(stays, Tenancy.relocation_case_id.is_not(None), Tenancy.status == "exited")
        .order_by(Tenancy.ended_on.desc())
        .limit(1)
    )
    row = (await session.execute(query)).one_or_none()
    return Relocation(stay_since=row.stay_since, left_on=row.ended_on) if row is not None else None


async def carries_technology(session: AsyncSession, centre_id: UUID, kinds: tuple[str, ...], day: date) -> bool:
    """Whether the centre held, on the day, one of the titles that make it a carrier of technology enterprises; one
    that was suspended then does not count, what became of it later does not matter."""
    suspended = _last_measure(TitleMeasure, TitleMeasure.qualification_id == Qualification.id, "decided", day)
    held = exists().where(
        Qualification.centre_id == centre_id,
        Qualification.kind.in_(kinds),
        held_on(day),
        suspended.is_distinct_from("suspension"),
    )
    return bool(await session.scalar(select(held)))


async def suspended_on(session: AsyncSession, centre_id: UUID, day: date) -> bool:
    """Whether the centre was suspended on the day; the day it was resumed on is one of work again."""
    last = _last_measure(CentreMeasure, CentreMeasure.centre_id == centre_id, "carried_out", day)
    return await session.scalar(select(last)) == "suspension"


def _last_measure(
    table: type[TitleMeasure | CentreMeasure], whose: ColumnElement[bool], done: str, day: date
) -> ColumnElement[str]:
    """The kind of the last suspension or resumption through the day; NULL where there was none."""
    return (
        select(table.kind)
        .where(
            whose,
            table.status == done,
            table.kind.in_(("suspension", "resumption")),
            table.decided_on <= day,
        )
        .order_by(table.decided_on.desc(), table.id.desc())
        .limit(1)
        .scalar_subquery()
    )
