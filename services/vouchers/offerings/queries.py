"""Price lists for everybody, and the one offering that an order names."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.access import provider_code_of, reads_all
from services.vouchers.offerings.models import ACTIVE, Offering
from services.vouchers.offerings.schemas import CatalogueFilter, OfferingFilter
from services.vouchers.providers.models import Provider
from services.vouchers.providers.rules import STANDING
from services.vouchers.providers.standing import selling_on
from shared.auth.principal import Principal
from shared.errors import not_found
from shared.http.paging import SortKey


def valid_on(day: date) -> tuple[ColumnElement[bool], ...]:
    """On the list that day."""
    ends = or_(Offering.valid_to.is_(None), Offering.valid_to >= day)
    return Offering.status == ACTIVE, Offering.valid_from <= day, ends


async def offering_of(
    session: AsyncSession, provider_id: UUID, offering_id: UUID, day: date, *, lock: bool = False
) -> Offering:
    """The offering that an order names: on that provider's list, that day. `lock` keeps it so (FOR SHARE).

    Raises 404 for one that is another's, withdrawn or not valid that day.
    """
    query = select(Offering).where(Offering.id == offering_id, Offering.provider_id == provider_id, *valid_on(day))
    if lock:
        query = query.with_for_update(read=True)
    offering: Offering | None = await session.scalar(query)
    if offering is None:
        raise not_found("offering")
    return offering


async def find_offering(session: AsyncSession, principal: Principal, provider_id: UUID, offering_id: UUID) -> Offering:
    """One offering that the caller may see. Raises 404."""
    query = select(Offering).join(Provider, Provider.id == Offering.provider_id)
    query = query.where(Offering.id == offering_id, Offering.provider_id == provider_id, visible_to(principal))
    offering: Offering | None = await session.scalar(query)
    if offering is None:
        raise not_found("offering")
    return offering


def visible_to(principal: Principal) -> ColumnElement[bool]:
    """The lists of those in the register are public; a provider sees its own besides, the bureaus all."""
    public = Provider.status.in_(STANDING) & (Offering.status == ACTIVE)
    if reads_all(principal):
        return or_(public, Offering.id.is_not(None))
    code = provider_code_of(principal)
    return public if code is None else or_(public, Provider.code == code)


def conditions(wanted: OfferingFilter) -> list[ColumnElement[bool]]:
    """The list's filters as SQL."""
    found: list[ColumnElement[bool]] = []
    if wanted.category is not None:
        found.append(Offering.category == wanted.category)
    if wanted.status is not None:
        found.append(Offering.status == wanted.status)
    if wanted.valid_on is not None:
        found.extend(valid_on(wanted.valid_on))
    if wanted.title is not None:
        found.append(Offering.title.icontains(wanted.title, autoescape=True))
    if wanted.price_to is not None:
        found.append(Offering.price <= wanted.price_to)
    if isinstance(wanted, CatalogueFilter) and wanted.provider_id is not None:
        found.append(Offering.provider_id == wanted.provider_id)
    return found


def sold_on(day: date) -> list[ColumnElement[bool]]:
    """What can be bought that day: valid, from a provider that may sell, in one of its categories."""
    return [*valid_on(day), selling_on(day), Provider.categories.any_() == Offering.category]


def keys_of(wanted: OfferingFilter) -> list[SortKey]:
    """The list's order."""
    if wanted.sort == "id":
        return [Offering.id]
    return [Offering.price.desc() if wanted.sort == "-price" else Offering.price, Offering.id]
