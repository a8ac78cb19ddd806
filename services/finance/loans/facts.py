"""What finance knows of a borrower on a day: record, person, centre, size (3.2-3 to 3.2-5)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from time import monotonic
from typing import Final, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.centres import WAIT_SECONDS
from services.finance.loans.models import Loan
from services.finance.loans.rules import decide_size_age
from services.finance.loans.schemas import FiguresIn
from services.finance.projections import (
    LISTED,
    known_centre,
    known_enterprise,
    known_enterprise_year,
    known_person,
    known_person_link,
    known_tenancy,
)
from shared.enterprise_size import size_class
from shared.errors import DomainError, reference_not_yet_known
from shared.policy.edition import Edition

T = TypeVar("T")

_STEP_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True)
class Seat:
    """A centre where the borrower sits on the day."""

    centre_id: UUID
    listed: bool


@dataclass(frozen=True, slots=True)
class Firm:
    """An enterprise's record that goes on."""

    id: UUID
    code: str


async def find_firm(session: AsyncSession, code: str) -> Firm:
    """The enterprise under that code. Raises 409 `reference-not-yet-known`, `loan-enterprise-merged`."""
    table = known_enterprise.c
    query = select(table.id, table.code, table.merged_into_id).where(table.code == code)
    ordered = query.order_by(table.merged_into_id.asc().nulls_first(), table.id).limit(1)

    async def look() -> tuple[UUID, UUID | None] | None:
        row = (await session.execute(ordered)).one_or_none()
        return None if row is None else (row.id, row.merged_into_id)

    found = await arrived(look)
    if found is None:
        raise reference_not_yet_known("enterprise", code)
    enterprise_id, merged_into = found
    if merged_into is not None:
        survivor = await session.scalar(select(table.code).where(table.id == merged_into))
        raise DomainError("loan-enterprise-merged", 409, params={"code": code, "survivor": survivor or "-"})
    return Firm(enterprise_id, code)


async def require_person(session: AsyncSession, ref: str) -> None:
    """Raises 409 `reference-not-yet-known` for a person of whom no event has told within a second."""
    query = select(known_person.c.id).where(known_person.c.ref == ref)
    if await arrived(lambda: session.scalar(query)) is None:
        raise reference_not_yet_known("person", ref)


async def require_not_erased(session: AsyncSession, refs: Iterable[str | None]) -> None:
    """Nothing new refers to a person whose data the registry erased: 409 `person-erased`. The persons stay as they are
    until the transaction ends: what is told of their erasure meanwhile waits for it."""
    named = sorted({ref for ref in refs if ref})
    if not named:
        return
    query = select(known_person.c.ref, known_person.c.erased_on).where(known_person.c.ref.in_(named))
    held = await session.execute(query.order_by(known_person.c.ref).with_for_update(read=True))
    for row in held:
        if row.erased_on is not None:
            raise DomainError("person-erased", 409, params={"person_ref": row.ref, "erased_on": row.erased_on})


async def is_graduate(session: AsyncSession, ref: str) -> bool:
    """3.2-5: whether the registry has confirmed a graduation."""
    return bool(await session.scalar(select(known_person.c.graduate).where(known_person.c.ref == ref)))


async def stands_behind(session: AsyncSession, loan: Loan, day: date, *, ref: str | None = None) -> bool:
    """Whether that person, or else the loan's own, stands behind its enterprise, or behind the project it borrows for,
    on the day."""
    person = ref or loan.person_ref
    if person is None:
        return False
    if loan.enterprise_id is not None:
        table = known_enterprise.c
        query = select(table.legal_representative_ref).where(table.id == loan.enterprise_id)
        if await session.scalar(query) == person:
            return True
        subject = known_person_link.c.enterprise_id == loan.enterprise_id
    elif loan.project_id is not None:
        subject = known_person_link.c.project_id == loan.project_id
    else:
        return False
    linked = select(known_person_link.c.id).where(_links_of(person, day), subject)
    return await session.scalar(linked.limit(1)) is not None


async def project_of(session: AsyncSession, ref: str, day: date) -> UUID | None:
    """A project that the person stands behind, one that sits in a centre first."""
    sits = select(known_tenancy.c.id).where(
        known_tenancy.c.enterprise_id == known_person_link.c.project_id, _stays(day)
    )
    query = select(known_person_link.c.project_id).where(
        _links_of(ref, day), known_person_link.c.project_id.is_not(None)
    )
    return await session.scalar(query.order_by(sits.exists().desc(), known_person_link.c.since).limit(1))


async def seat_of(session: AsyncSession, loan: Loan, day: date, *, lock: bool) -> Seat | None:
    """Where the borrower sits, a listed centre first; with `lock` the centre stays as it is until the transaction ends,
    and a delisting comes before this or waits for it."""
    subjects = await _records(session, loan)
    if not subjects:
        return None
    query = (
        select(known_tenancy.c.centre_id)
        .outerjoin(known_centre, known_centre.c.id == known_tenancy.c.centre_id)
        .where(known_tenancy.c.enterprise_id.in_(subjects), _stays(day))
        .order_by(_LISTED.is_(True).desc(), known_tenancy.c.admitted_on.desc(), known_tenancy.c.id)
    )
    centre_id = await session.scalar(query.limit(1))
    if centre_id is None:
        return None
    row = select(_LISTED).where(known_centre.c.id == centre_id)
    listed = await session.scalar(row.with_for_update(read=True) if lock else row)
    return Seat(centre_id, bool(listed))


@dataclass(frozen=True, slots=True)
class SizeFound:
    """A size class, of which year's figures, and whether the borrower declared those itself."""

    size_class: str | None
    year: int | None
    declared: bool


@dataclass(frozen=True, slots=True)
class StaffOnRecord:
    """What the registry's growth file says of a year's staff."""

    year: int
    staff: int


async def staff_on_record(session: AsyncSession, loan: Loan, day: date) -> StaffOnRecord | None:
    """3.2-4: of the newest year up to the day, the borrower's own record before those merged with it."""
    table = known_enterprise_year.c
    of_firm = table.enterprise_id.in_(await _records(session, loan))
    query = select(table.year, table.staff).where(of_firm, table.year <= day.year)
    newest = query.order_by(table.year.desc(), (table.enterprise_id == loan.enterprise_id).desc(), table.id).limit(1)
    row = (await session.execute(newest)).one_or_none()
    return None if row is None else StaffOnRecord(row.year, row.staff)


def seated_in_listed(day: date) -> ColumnElement[bool]:
    """Whether the borrower of a loan in the query sits in a listed centre on the day, under whichever of its records;
    `seat_of` for one loan."""
    stay, firm = known_tenancy.c, known_enterprise.c
    kin = select(firm.id).where(or_(firm.merged_into_id == Loan.enterprise_id, firm.id == _into()))
    own = func.coalesce(Loan.enterprise_id, Loan.project_id)
    seated = select(stay.id).join(known_centre, known_centre.c.id == stay.centre_id)
    return seated.where(_LISTED, _stays(day), or_(stay.enterprise_id == own, stay.enterprise_id.in_(kin))).exists()


def _into() -> ScalarSelect[UUID | None]:
    table = known_enterprise.alias("own").c
    return select(table.merged_into_id).where(table.id == Loan.enterprise_id).scalar_subquery()


async def size_of(session: AsyncSession, edition: Edition, loan: Loan, day: date) -> SizeFound:
    """3.2-4: the class by the registry; by the figures that were sent where the registry has none, or none that is
    young enough on the day. Raises 409 `reference-not-yet-known` for a copy that does not have the industry yet."""
    table = known_enterprise.c
    query = select(table.size_class, table.size_year, table.industry_code).where(table.id == loan.enterprise_id)
    row = (await session.execute(query)).one_or_none()
    if row is None or row.industry_code is None:
        raise reference_not_yet_known("enterprise", loan.enterprise_code or loan.borrower)
    young = row.size_class is not None and decide_size_age(edition, year=row.size_year, day=day).passed
    if young or loan.figures is None:
        return SizeFound(row.size_class, row.size_year, declared=False)
    sent = FiguresIn.model_validate(loan.figures)
    standard = edition.enterprise_size.standard.value
    found = size_class(row.industry_code, sent.staff, Decimal(sent.income), sent.assets, standard=standard)
    return SizeFound(found, sent.year, declared=True)


async def lock_enterprise(session: AsyncSession, enterprise_id: UUID | None) -> None:
    """A merger waits until the transaction ends."""
    if enterprise_id is not None:
        query = select(known_enterprise.c.id).where(known_enterprise.c.id == enterprise_id)
        await session.scalar(query.with_for_update(read=True))


async def arrived(look: Callable[[], Awaitable[T | None]]) -> T | None:
    """What the registry's events brought, within a second; no lock is held meanwhile."""
    deadline = monotonic() + WAIT_SECONDS
    while (found := await look()) is None and monotonic() < deadline:
        await asyncio.sleep(_STEP_SECONDS)
    return found


_LISTED: Final = and_(known_centre.c.status == LISTED, known_centre.c.delisting_case_id.is_(None))


def _stays(day: date) -> ColumnElement[bool]:
    stay = known_tenancy.c
    return and_(stay.admitted_on <= day, or_(stay.ended_on.is_(None), stay.ended_on >= day))


def _links_of(ref: str, day: date) -> ColumnElement[bool]:
    link = known_person_link.c
    in_time = and_(link.since <= day, or_(link.until.is_(None), link.until >= day))
    return and_(link.ref == ref, link.confirmed, in_time)


async def _records(session: AsyncSession, loan: Loan) -> Sequence[UUID]:
    """The enterprise with the records it went on for and goes on in; a project by its own id."""
    if loan.enterprise_id is None:
        return [loan.project_id] if loan.project_id is not None else []
    table = known_enterprise.c
    into = select(table.merged_into_id).where(table.id == loan.enterprise_id).scalar_subquery()
    query = select(table.id).where(
        or_(table.id.in_([loan.enterprise_id]), table.id == into, table.merged_into_id == loan.enterprise_id)
    )
    found = set(await session.scalars(query)) | {loan.enterprise_id}
    return sorted(found, key=str)
