"""A centre's carriers, and the stages of an enterprise in the order of their days."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Subquery, and_, cast, literal, null, or_, select, true, union_all
from sqlalchemy.types import Text, Uuid

from services.registry.carriers.models import Carrier, CarrierLink, CarrierStay
from services.registry.carriers.schemas import LinkFilter
from services.registry.centres.models import Centre
from services.registry.tenancies.models import Tenancy
from services.registry.tenancies.queries import read_scope as tenancy_scope
from shared.auth.principal import Principal


def linked_on(day: date) -> ColumnElement[bool]:
    """Whether the link holds on the day; its first and its last day count."""
    return and_(CarrierLink.linked_on <= day, or_(CarrierLink.ended_on.is_(None), CarrierLink.ended_on >= day))


def links(centre_id: UUID, wanted: LinkFilter) -> Select[CarrierLink, Carrier]:
    """The links of a centre with their carriers."""
    query = select(CarrierLink, Carrier).join(Carrier, Carrier.id == CarrierLink.carrier_id)
    conditions: list[ColumnElement[bool]] = [CarrierLink.centre_id == centre_id]
    if wanted.on is not None:
        conditions.append(linked_on(wanted.on))
    if wanted.kind is not None:
        conditions.append(Carrier.kind == wanted.kind)
    return query.where(true(), *conditions)


def stages(principal: Principal, enterprise_id: UUID) -> Subquery:
    """Tenancies that the caller reads, and stays at other carriers, as one table."""
    tenancies = (
        select(
            Tenancy.id.label("id"),
            literal("centre").label("stage"),
            cast(null(), Uuid).label("carrier_id"),
            Tenancy.centre_id.label("centre_id"),
            Centre.name.label("name"),
            Tenancy.admitted_on.label("began_on"),
            Tenancy.ended_on.label("ended_on"),
            Tenancy.status.label("outcome"),
        )
        .join(Centre, Centre.id == Tenancy.centre_id)
        .where(Tenancy.enterprise_id == enterprise_id, tenancy_scope(principal))
    )
    stays = (
        select(
            CarrierStay.id,
            Carrier.kind,
            CarrierStay.carrier_id,
            Carrier.centre_id,
            Carrier.name,
            CarrierStay.began_on,
            CarrierStay.ended_on,
            cast(null(), Text),
        )
        .join(Carrier, Carrier.id == CarrierStay.carrier_id)
        .where(CarrierStay.enterprise_id == enterprise_id)
    )
    return union_all(tenancies, stays).subquery("stage")
