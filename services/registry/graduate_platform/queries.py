"""Which records of the platform somebody sees and may move."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from services.registry.access import READ_ALL, division_of, enterprise_code_of, operator_code_of, person_of
from services.registry.centres.models import Centre
from services.registry.enterprises.models import Enterprise
from services.registry.enterprises.queries import family, known_by
from services.registry.graduate_platform.models import PlatformService
from services.registry.graduate_platform.rules import CONFIRMED, CONTESTED, CORRECTED, STAGES
from services.registry.graduate_platform.schemas import (
    PlatformCountsFilter,
    PlatformFilter,
    PlatformYearOut,
    StageYear,
)
from services.registry.project_library.queries import LIBRARIANS, own_centres
from services.registry.projects.models import Project
from shared.auth.principal import Principal
from shared.errors import not_found
from shared.http.paging import both_ways

SHELF: Final = "platform-service"

ORDERS: Final = both_ways(
    {"recorded": (PlatformService.id,), "started": (PlatformService.started_on, PlatformService.id)}
)


def read_scope(principal: Principal) -> ColumnElement[bool]:
    """One's own product's; those that its centres recorded; those of a division's centres and enterprises."""
    if principal.has(*READ_ALL):
        return true()
    scopes = [party_scope(principal), PlatformService.centre_id.in_(own_centres(principal))]
    if (division := division_of(principal)) is not None:
        scopes += [
            PlatformService.centre_id.in_(select(Centre.id).where(Centre.owner_division == division)),
            PlatformService.enterprise_id.in_(select(Enterprise.id).where(Enterprise.division == division)),
            PlatformService.project_id.in_(select(Project.id).where(Project.division == division)),
        ]
    return or_(*scopes)


def party_scope(principal: Principal) -> ColumnElement[bool]:
    """Records about the enterprise or project that the caller speaks for, what was before a merger or a registration
    included."""
    firms: list[ColumnElement[bool]] = [false()]
    teams: list[ColumnElement[bool]] = [false()]
    if (code := enterprise_code_of(principal)) is not None:
        firms.append(known_by(code))
    if (person := person_of(principal)) is not None:
        firms.append(Enterprise.legal_representative_ref == person)
        teams.append(Project.founder_ref == person)
    own, record = select(Enterprise.id).where(or_(*firms)), aliased(Enterprise)
    records = select(record.id).where(or_(record.id.in_(own), record.merged_into_id.in_(own)))
    projects = select(Project.id).where(or_(*teams, Project.enterprise_id.in_(records)))
    return or_(PlatformService.enterprise_id.in_(records), PlatformService.project_id.in_(projects))


def write_scope(principal: Principal) -> ColumnElement[bool]:
    """Records of the caller's own centres; an officer all."""
    return true() if principal.has(*LIBRARIANS) else PlatformService.centre_id.in_(own_centres(principal))


def matching(wanted: PlatformFilter) -> ColumnElement[bool]:
    """The list's filters."""
    exact: Mapping[Any, object] = {
        PlatformService.no: wanted.no,
        PlatformService.line_id: wanted.line_id,
        PlatformService.stage: wanted.stage,
        PlatformService.status: wanted.status,
        PlatformService.project_id: wanted.project_id,
        PlatformService.centre_id: wanted.centre_id,
        PlatformService.partner_id: wanted.partner_id,
    }
    conditions: list[ColumnElement[bool]] = [column == value for column, value in exact.items() if value is not None]
    if wanted.enterprise_id is not None:
        conditions.append(PlatformService.enterprise_id.in_(family(wanted.enterprise_id)))
    if wanted.product is not None:
        conditions.append(PlatformService.product.icontains(wanted.product, autoescape=True))
    if wanted.since is not None:
        conditions.append(PlatformService.started_on >= wanted.since)
    if wanted.until is not None:
        conditions.append(PlatformService.started_on <= wanted.until)
    return and_(true(), *conditions)


async def find(session: AsyncSession, principal: Principal, record_id: UUID) -> PlatformService:
    """One record as the caller sees it. Raises 404."""
    return await find_in(session, read_scope(principal), record_id)


async def find_in(session: AsyncSession, scope: ColumnElement[bool], record_id: UUID) -> PlatformService:
    """One record of the scope. Raises 404."""
    query = select(PlatformService).where(PlatformService.id == record_id, scope)
    record: PlatformService | None = await session.scalar(query)
    if record is None:
        raise not_found(SHELF)
    return record


async def platform_year(session: AsyncSession, principal: Principal, wanted: PlatformCountsFilter) -> PlatformYearOut:
    """The records that the caller reads, by stage, of those that began in the year."""
    status, conditions = PlatformService.status, [read_scope(principal), PlatformService.status != CORRECTED]
    conditions.append(PlatformService.started_on.between(date(wanted.year, 1, 1), date(wanted.year, 12, 31)))
    if wanted.centre_id is not None:
        conditions.append(PlatformService.centre_id == wanted.centre_id)
    confirmed = status == CONFIRMED
    query = select(
        PlatformService.stage,
        func.count(),
        func.count().filter(confirmed),
        func.count().filter(status == CONTESTED),
        func.count(PlatformService.line_id.distinct()).filter(confirmed),
        func.coalesce(func.sum(PlatformService.amount).filter(confirmed), Decimal("0.00")),
    )
    rows = (await session.execute(query.where(*conditions).group_by(PlatformService.stage))).all()
    found = {row[0]: row for row in rows}
    names = ("stage", "recorded", "confirmed", "contested", "products", "amount")
    empty = (0, 0, 0, 0, Decimal("0.00"))
    stages = [dict(zip(names, found.get(stage, (stage, *empty)), strict=True)) for stage in STAGES]
    return PlatformYearOut(year=wanted.year, stages=[StageYear.model_validate(stage) for stage in stages])


def centre_of(principal: Principal, centre_id: UUID) -> ColumnElement[bool]:
    """The centre that a record names: an operator's own, any for an officer."""
    named = Centre.id == centre_id
    return named if principal.has(*LIBRARIANS) else and_(named, Centre.operator_code == operator_code_of(principal))
