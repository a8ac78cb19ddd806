"""Which service records somebody sees and may move, and how many of each type a centre has."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from services.registry.access import enterprise_code_of, operator_code_of
from services.registry.centres.models import Centre
from services.registry.enterprises.models import Enterprise
from services.registry.enterprises.queries import family, known_by
from services.registry.service_records.models import ServiceRecord
from services.registry.service_records.rules import CONFIRMED, CORRECTED
from services.registry.service_records.schemas import ServiceRecordFilter
from services.registry.tenancies import queries as tenancies
from services.registry.tenancies.models import Tenancy
from shared.auth.principal import Principal
from shared.errors import not_found


async def counts_by_type(
    session: AsyncSession, centre_id: UUID, *, since: date, until: date, confirmed: bool = True
) -> dict[str, int]:
    """Records of a centre by type, both days included; types without a record are absent.

    Those the enterprises have confirmed, or with `confirmed=False` all that were not replaced by a correction.
    """
    state = ServiceRecord.status == CONFIRMED if confirmed else ServiceRecord.status != CORRECTED
    query = (
        select(ServiceRecord.type, func.count())
        .where(ServiceRecord.centre_id == centre_id, ServiceRecord.provided_on.between(since, until), state)
        .group_by(ServiceRecord.type)
    )
    return dict((await session.execute(query)).all())


def read_scope(principal: Principal) -> ColumnElement[bool]:
    """Records of the tenancies that the caller reads: its centre's, its division's, its own enterprise's."""
    stays = select(Tenancy.id).where(tenancies.read_scope(principal))
    return ServiceRecord.tenancy_id.in_(stays)


def centre_scope(principal: Principal) -> ColumnElement[bool]:
    """The centres that record services: the operator's own, whoever else the account is."""
    return Centre.operator_code == operator_code_of(principal)


def answer_scope(principal: Principal) -> ColumnElement[bool]:
    """Records about the enterprise that the caller speaks for, those entered under a record merged into it included."""
    code = enterprise_code_of(principal)
    if code is None:
        return false()
    own = select(Enterprise.id).where(known_by(code))
    record = aliased(Enterprise)
    return ServiceRecord.enterprise_id.in_(
        select(record.id).where(or_(record.id.in_(own), record.merged_into_id.in_(own)))
    )


def correct_scope(principal: Principal) -> ColumnElement[bool]:
    """Records of the caller's own centres."""
    return ServiceRecord.centre_id.in_(select(Centre.id).where(centre_scope(principal)))


def matching(wanted: ServiceRecordFilter) -> ColumnElement[bool]:
    """The list's filters."""
    exact = {
        ServiceRecord.no: wanted.no,
        ServiceRecord.centre_id: wanted.centre_id,
        ServiceRecord.type: wanted.type,
        ServiceRecord.status: wanted.status,
    }
    conditions: list[ColumnElement[bool]] = [column == value for column, value in exact.items() if value is not None]
    if wanted.enterprise_id is not None:
        conditions.append(ServiceRecord.enterprise_id.in_(family(wanted.enterprise_id)))
    if wanted.since is not None:
        conditions.append(ServiceRecord.provided_on >= wanted.since)
    if wanted.until is not None:
        conditions.append(ServiceRecord.provided_on <= wanted.until)
    return and_(true(), *conditions)


async def find(session: AsyncSession, principal: Principal, record_id: UUID) -> ServiceRecord:
    """One record as the caller sees it. Raises 404."""
    return await _one(session, read_scope(principal), record_id, lock=False)


async def lock_for(session: AsyncSession, scope: ColumnElement[bool], record_id: UUID) -> ServiceRecord:
    """One record of the scope, locked. Raises 404."""
    return await _one(session, scope, record_id, lock=True)


async def _one(session: AsyncSession, scope: ColumnElement[bool], record_id: UUID, *, lock: bool) -> ServiceRecord:
    query = select(ServiceRecord).where(ServiceRecord.id == record_id, scope)
    record = await session.scalar(query.with_for_update() if lock else query)
    if record is None:
        raise not_found("service-record")
    return record
