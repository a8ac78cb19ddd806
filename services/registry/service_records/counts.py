"""A centre's year in numbers: what evaluation, tiers and the office look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.centres import queries as centres
from services.registry.centres.models import Centre
from services.registry.enterprises.models import Enterprise
from services.registry.partners.models import Agreement, JointCarrier
from services.registry.policy import edition_at
from services.registry.service_records.models import ServiceRecord
from services.registry.service_records.rules import CONFIRMED, CONTESTED, CORRECTED, counted_at_most
from services.registry.service_records.schemas import CentreYearOut, CountsFilter
from shared.auth.principal import Principal
from shared.http.paging import Page, paginate
from shared.policy.edition import Edition, Editions

_CENTRE: Final = ServiceRecord.centre_id
_IS_CONFIRMED: Final = ServiceRecord.status == CONFIRMED
_GOING_ON: Final = func.coalesce(Enterprise.merged_into_id, Enterprise.id)
"""Records of one enterprise that were merged are one enterprise here (2.2-1)."""


@dataclass(frozen=True, slots=True)
class _Year:
    centre_ids: Sequence[UUID]
    number: int

    @property
    def first(self) -> date:
        return date(self.number, 1, 1)

    @property
    def last(self) -> date:
        return date(self.number, 12, 31)

    def records(self) -> ColumnElement[bool]:
        return and_(_CENTRE.in_(self.centre_ids), ServiceRecord.provided_on.between(self.first, self.last))


async def centre_years(
    session: AsyncSession, editions: Editions, principal: Principal, wanted: CountsFilter
) -> Page[CentreYearOut]:
    """The year of every centre that the caller reads and that was ever listed, those without a record included."""
    one = Centre.id == wanted.centre_id if wanted.centre_id else true()
    query = select(Centre.id).where(centres.read_scope(principal), Centre.listed_on.is_not(None), one)
    page = await paginate(session, query, keys=[Centre.id], params=wanted, item=lambda centre_id: centre_id)
    year = _Year(page.items, wanted.year)
    return Page(items=await _fill(session, edition_at(editions, year.last), year), next=page.next)


async def _fill(session: AsyncSession, edition: Edition, year: _Year) -> list[CentreYearOut]:
    limit = counted_at_most(edition)
    numbers = {
        "recorded": await _numbers(session, _count(year, ServiceRecord.status != CORRECTED)),
        "confirmed": await _numbers(session, _count(year, _IS_CONFIRMED)),
        "contested": await _numbers(session, _count(year, ServiceRecord.status == CONTESTED)),
        "enterprises_served": await _numbers(session, _served(year)),
        "services_counted": await _numbers(session, _counted(year, tuple(edition.centres.service_types), limit)),
        "agreements": await _numbers(session, _agreements(year)),
        "joint_carriers": await _numbers(session, _joint_carriers(year)),
    }
    by_type = await _by_type(session, year)
    return [
        CentreYearOut(
            centre_id=centre_id,
            year=year.number,
            confirmed_by_type=by_type.get(centre_id, {}),
            counted_at_most=limit,
            **{name: found.get(centre_id, 0) for name, found in numbers.items()},
        )
        for centre_id in year.centre_ids
    ]


async def _numbers(session: AsyncSession, query: Select[UUID, int]) -> dict[UUID, int]:
    return {centre_id: int(number) for centre_id, number in await session.execute(query)}


async def _by_type(session: AsyncSession, year: _Year) -> dict[UUID, dict[str, int]]:
    kinds = select(_CENTRE, ServiceRecord.type, func.count()).where(year.records(), _IS_CONFIRMED)
    grouped = kinds.group_by(_CENTRE, ServiceRecord.type).order_by(_CENTRE, ServiceRecord.type)
    found: dict[UUID, dict[str, int]] = {}
    for centre_id, record_type, number in await session.execute(grouped):
        found.setdefault(centre_id, {})[record_type] = number
    return found


def _count(year: _Year, state: ColumnElement[bool]) -> Select[UUID, int]:
    return select(_CENTRE, func.count()).where(year.records(), state).group_by(_CENTRE)


def _served(year: _Year) -> Select[UUID, int]:
    number = func.count(_GOING_ON.distinct())
    served = select(_CENTRE, number).join(Enterprise, Enterprise.id == ServiceRecord.enterprise_id)
    return served.where(year.records(), _IS_CONFIRMED).group_by(_CENTRE)


def _counted(year: _Year, service_types: Sequence[str], limit: int | None) -> Select[UUID, int]:
    """Confirmed services, where one enterprise counts at most `limit` times; achievements are no services."""
    per_enterprise = (
        select(_CENTRE.label("centre_id"), func.count().label("number"))
        .join(Enterprise, Enterprise.id == ServiceRecord.enterprise_id)
        .where(year.records(), _IS_CONFIRMED, ServiceRecord.type.in_(service_types))
        .group_by(_CENTRE, _GOING_ON)
        .subquery()
    )
    number = per_enterprise.c.number
    capped = number if limit is None else func.least(number, literal(limit))
    return select(per_enterprise.c.centre_id, func.sum(capped)).group_by(per_enterprise.c.centre_id)


def _agreements(year: _Year) -> Select[UUID, int]:
    last = func.coalesce(Agreement.ended_on, Agreement.valid_until)
    within = and_(Agreement.valid_from <= year.last, or_(last.is_(None), last >= year.first))
    query = select(Agreement.centre_id, func.count()).where(Agreement.centre_id.in_(year.centre_ids), within)
    return query.group_by(Agreement.centre_id)


def _joint_carriers(year: _Year) -> Select[UUID, int]:
    last = JointCarrier.ended_on
    within = and_(JointCarrier.set_up_on <= year.last, or_(last.is_(None), last >= year.first))
    query = select(JointCarrier.centre_id, func.count()).where(JointCarrier.centre_id.in_(year.centre_ids), within)
    return query.group_by(JointCarrier.centre_id)
