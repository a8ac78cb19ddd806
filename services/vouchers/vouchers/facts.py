"""What an issue depends on, as known here: the enterprise, where it is tenanted, and what it has had this year."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.ceilings.models import BUDGET, CITY_QUOTA, QUOTA, ceiling, quota_subject
from services.vouchers.ceilings.returns import Unspent
from services.vouchers.programmes.models import Programme
from services.vouchers.programmes.rules import TermsInForce
from services.vouchers.projections import WITHDRAWN, known_centre, known_enterprise, known_tenancy
from services.vouchers.references import arrived
from services.vouchers.vouchers.models import Voucher, enclave_issue
from services.vouchers.vouchers.rules import Place, Terms
from shared.errors import DomainError, reference_not_yet_known
from shared.money import ZERO


@dataclass(frozen=True, slots=True)
class Holder:
    """The enterprise to be, and the centre it sits in that day (None: in none)."""

    registered_on: date
    centre_id: UUID | None
    place: Place | None
    size_class: str | None = None
    """NULL until a year's figures tell it."""

    @property
    def enclave(self) -> bool:
        """Whether it sits in a centre of one division on another's ground."""
        return self.place is not None and self.place.enclave


@dataclass(frozen=True, slots=True)
class Committed:
    """Yuan already issued to the enterprise by the issuer, to it by all issuers, and by the programme, in the year."""

    quota: Decimal
    city: Decimal
    budget: Decimal


def terms_of(programme: Programme, terms: TermsInForce) -> Terms:
    """The programme's terms of a day for the rules."""
    return Terms(
        issuer_division=programme.issuer_division,
        status=programme.status,
        year=programme.year,
        opened_on=programme.opened_on,
        categories=terms.categories,
        startup_months=terms.startup_months,
        enterprise_quota=terms.enterprise_quota,
        budget=terms.budget,
        eligible_sizes=terms.eligible_sizes,
    )


async def await_references(session: AsyncSession, enterprise_id: UUID, day: date) -> None:
    """Give the registry's events a second to arrive: the enterprise, a stay of it, and the centre of the stay.

    Raises 409 `reference-not-yet-known` for an enterprise or centre that does not come. No stay at all is for the rules
    to refuse.
    """
    enterprise = select(known_enterprise.c.id).where(known_enterprise.c.id == enterprise_id)
    if await arrived(lambda: session.scalar(enterprise)) is None:
        raise reference_not_yet_known("enterprise", enterprise_id)
    any_stay = select(known_tenancy.c.id).where(known_tenancy.c.enterprise_id == enterprise_id).limit(1)
    if await arrived(lambda: session.scalar(any_stay)) is None:
        return
    centre_id = await session.scalar(_stay(enterprise_id, day))
    if centre_id is None:
        return
    centre = select(known_centre.c.id).where(known_centre.c.id == centre_id)
    if await arrived(lambda: session.scalar(centre)) is None:
        raise reference_not_yet_known("centre", centre_id)


async def load_holder(session: AsyncSession, enterprise_id: UUID, day: date, *, lock: bool) -> Holder:
    """The enterprise and its centre that day. With `lock`, the enterprise cannot be merged nor the centre delisted
    before the transaction ends.

    Raises 409 `reference-not-yet-known`, `voucher-enterprise-merged`.
    """
    known = select(known_enterprise).where(known_enterprise.c.id == enterprise_id)
    found = (await session.execute(known.with_for_update(read=True) if lock else known)).one_or_none()
    if found is None:
        raise reference_not_yet_known("enterprise", enterprise_id)
    if found.merged_into_id is not None:
        params = {"survivor": found.merged_into_id}
        raise DomainError("voucher-enterprise-merged", 409, params=params, clauses=["2.2-1"])
    registered_on = found.registered_on
    centre_id = await session.scalar(_stay(enterprise_id, day))
    if centre_id is None:
        return Holder(registered_on, None, None, found.size_class)
    query = select(known_centre).where(known_centre.c.id == centre_id)
    row = (await session.execute(query.with_for_update(read=True) if lock else query)).one_or_none()
    return Holder(registered_on, centre_id, None if row is None else place_of(row), found.size_class)


def _stay(enterprise_id: UUID, day: date) -> Select[UUID]:
    """The centre of the latest stay that covers the day; `ended_on` is the last day there."""
    stay = known_tenancy.c
    return (
        select(stay.centre_id)
        .where(stay.enterprise_id == enterprise_id, stay.admitted_on <= day)
        .where(or_(stay.ended_on.is_(None), stay.ended_on >= day))
        .order_by(stay.admitted_on.desc(), stay.id.desc())
        .limit(1)
    )


def depends_on() -> ColumnElement[UUID]:
    """The centre that a voucher depends on: where its enterprise is now, else the one it was issued for. An enterprise
    that moved to another centre in time keeps its vouchers."""
    stay = known_tenancy.c
    now_at = (
        select(stay.centre_id)
        .where(stay.enterprise_id == Voucher.enterprise_id, stay.ended_on.is_(None))
        .order_by(stay.admitted_on.desc(), stay.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return func.coalesce(now_at, Voucher.centre_id)


async def centre_withdrawn(session: AsyncSession, voucher: Voucher) -> bool:
    """Whether the centre that the voucher depends on has left the list at its own request."""
    query = select(known_centre.c.status).select_from(Voucher).join(known_centre, known_centre.c.id == depends_on())
    return await session.scalar(query.where(Voucher.id == voucher.id)) == WITHDRAWN


def place_of(row: Row[*tuple[object, ...]]) -> Place:
    """A centre as the rules see it."""
    return Place(
        status=row.status or "unknown",
        owner_division=row.owner_division or "",
        site_division=row.site_division or "",
        listed_on=row.listed_on,
        delisted=row.delisting_case_id is not None,
    )


def unspent_of(voucher: Voucher, amount: Decimal) -> Unspent:
    """So much of the voucher, to be given back to the ceilings it was committed under."""
    return Unspent(voucher.programme_id, voucher.issuer_division, voucher.enterprise_id, amount)


async def committed_so_far(session: AsyncSession, programme: Programme, enterprise_id: UUID) -> Committed:
    """What the ceilings of such an issue hold already; read without a lock."""
    subjects = {
        QUOTA: quota_subject(programme.issuer_division, enterprise_id),
        CITY_QUOTA: str(enterprise_id),
        BUDGET: str(programme.id),
    }
    columns = ceiling.c
    query = select(columns.kind, columns.committed).where(
        or_(*((columns.kind == kind) & (columns.subject == subject) for kind, subject in subjects.items())),
        columns.period == str(programme.year),
    )
    found = {row.kind: row.committed for row in await session.execute(query)}
    return Committed(found.get(QUOTA, ZERO), found.get(CITY_QUOTA, ZERO), found.get(BUDGET, ZERO))


async def issuers_before(session: AsyncSession, enterprise_id: UUID, year: int, issuer: str) -> list[str]:
    """The other divisions that issued to the firm while it was in an enclave that year."""
    query = select(enclave_issue.c.issuer_division).where(
        enclave_issue.c.enterprise_id == enterprise_id,
        enclave_issue.c.year == year,
        enclave_issue.c.issuer_division != issuer,
    )
    return list(await session.scalars(query.order_by(enclave_issue.c.issuer_division)))
