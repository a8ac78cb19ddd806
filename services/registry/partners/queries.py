"""Which partners, agreements and joint carriers somebody sees and may move."""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import OFFICERS, operator_code_of
from services.registry.centres import queries as centres
from services.registry.centres.models import Centre
from services.registry.names.queries import name_matches, name_order
from services.registry.partners.models import Agreement, JointCarrier, Partner
from services.registry.partners.schemas import OfCentreFilter, PartnerFilter
from shared.auth.principal import Principal
from shared.errors import not_found
from shared.http.paging import both_ways

ORDERS: Final = both_ways({"registered": (Partner.id,), "name": (name_order(Partner), Partner.id)})
_PAGE: Final = 200


async def joint_carriers(session: AsyncSession, centre_id: UUID, on: date) -> list[JointCarrier]:
    """The carriers that a centre runs together with partners on a day, oldest first."""
    query = select(JointCarrier).where(JointCarrier.centre_id == centre_id, carrier_runs_on(on))
    return list(await session.scalars(query.order_by(JointCarrier.set_up_on, JointCarrier.id)))


def carrier_runs_on(day: date) -> ColumnElement[bool]:
    """Whether a joint carrier exists on the day; its last day counts."""
    return and_(JointCarrier.set_up_on <= day, or_(JointCarrier.ended_on.is_(None), JointCarrier.ended_on >= day))


def agreement_covers(day: date) -> ColumnElement[bool]:
    """Whether an agreement is in force on the day; its last day counts."""
    return and_(
        Agreement.valid_from <= day,
        or_(Agreement.valid_until.is_(None), Agreement.valid_until >= day),
        or_(Agreement.ended_on.is_(None), Agreement.ended_on >= day),
    )


def write_scope(principal: Principal) -> ColumnElement[bool]:
    """The partners whose particulars the caller may change: those its own organisation entered, officers all."""
    if principal.has(*OFFICERS):
        return true()
    return Partner.registered_by_org == operator_code_of(principal)


def matching(wanted: PartnerFilter) -> ColumnElement[bool]:
    """The list's filters."""
    exact = {
        Partner.no: wanted.no,
        Partner.code: wanted.code.upper() if wanted.code else None,
        Partner.kind: wanted.kind,
        Partner.origin_province: wanted.origin_province,
        Partner.inland: wanted.inland,
    }
    conditions: list[ColumnElement[bool]] = [column == value for column, value in exact.items() if value is not None]
    if wanted.name:
        conditions.append(Partner.name.icontains(wanted.name, autoescape=True))
    if wanted.q is not None:
        conditions.append(name_matches(Partner, wanted.q))
    return and_(true(), *conditions)


def agreements_matching(wanted: OfCentreFilter) -> ColumnElement[bool]:
    """The filters of a centre's agreements."""
    of_partner = Agreement.partner_id == wanted.partner_id if wanted.partner_id else true()
    return and_(of_partner, agreement_covers(wanted.on) if wanted.on else true())


def carriers_matching(wanted: OfCentreFilter) -> ColumnElement[bool]:
    """The filters of a centre's joint carriers."""
    of_partner = JointCarrier.partner_id == wanted.partner_id if wanted.partner_id else true()
    return and_(of_partner, carrier_runs_on(wanted.on) if wanted.on else true())


async def require_centre(session: AsyncSession, scope: ColumnElement[bool], centre_id: UUID) -> None:
    """Raises 404 for a centre outside the scope."""
    if await session.scalar(select(Centre.id).where(Centre.id == centre_id, scope)) is None:
        raise not_found("centre")


async def find_partner(session: AsyncSession, partner_id: UUID) -> Partner:
    """One partner: the register is shared, so that nobody enters a body twice. Raises 404."""
    partner = await session.get(Partner, partner_id)
    if partner is None:
        raise not_found("partner")
    return partner


async def ties_of(
    session: AsyncSession, principal: Principal, partner_id: UUID
) -> tuple[list[Agreement], list[JointCarrier]]:
    """The partner's newest agreements and joint carriers with centres whose cases the caller reads."""
    seen = select(Centre.id).where(centres.read_scope(principal))
    agreements = select(Agreement).where(Agreement.partner_id == partner_id, Agreement.centre_id.in_(seen))
    carriers = select(JointCarrier).where(JointCarrier.partner_id == partner_id, JointCarrier.centre_id.in_(seen))
    return (
        list(await session.scalars(agreements.order_by(Agreement.id.desc()).limit(_PAGE))),
        list(await session.scalars(carriers.order_by(JointCarrier.id.desc()).limit(_PAGE))),
    )


async def lock_agreement(session: AsyncSession, centre_id: UUID, agreement_id: UUID, *, share: bool) -> Agreement:
    """An agreement of the centre, locked: shared to build on it, exclusively to end it. Raises 404."""
    query = select(Agreement).where(Agreement.id == agreement_id, Agreement.centre_id == centre_id)
    agreement = await session.scalar(query.with_for_update(read=share))
    if agreement is None:
        raise not_found("agreement")
    return agreement


async def lock_carrier(session: AsyncSession, centre_id: UUID, carrier_id: UUID) -> JointCarrier:
    """A joint carrier of the centre, locked. Raises 404."""
    query = select(JointCarrier).where(JointCarrier.id == carrier_id, JointCarrier.centre_id == centre_id)
    carrier = await session.scalar(query.with_for_update())
    if carrier is None:
        raise not_found("joint-carrier")
    return carrier
