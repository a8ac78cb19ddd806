"""Which titles and applications somebody sees, and what a centre holds."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from services.registry.access import operator_code_of
from services.registry.centres.models import Centre
from services.registry.centres.queries import read_scope
from services.registry.qualifications.models import Qualification
from services.registry.qualifications.rules import GRANTED, MUNICIPAL
from services.registry.qualifications.schemas import ApplicationFilter, QualificationFilter
from shared.auth.principal import Principal
from shared.errors import not_found


def applications(principal: Principal) -> Select[Qualification]:
    """Applications whose centre the caller reads as a whole, and those its organisation made."""
    theirs: ColumnElement[bool] = Qualification.centre_id.in_(select(Centre.id).where(read_scope(principal)))
    if (code := operator_code_of(principal)) is not None:
        theirs = or_(theirs, Qualification.operator_code == code)
    return select(Qualification).where(theirs)


def titles() -> Select[Qualification]:
    """Titles that were ever granted: a public register."""
    return select(Qualification).where(Qualification.status.in_(GRANTED))


def matching(wanted: ApplicationFilter | QualificationFilter) -> ColumnElement[bool]:
    """The lists' filters."""
    exact: Mapping[InstrumentedAttribute[str] | InstrumentedAttribute[UUID], object] = {
        Qualification.centre_id: wanted.centre_id,
        Qualification.operator_code: wanted.operator_code,
        Qualification.kind: wanted.kind,
        Qualification.status: wanted.status,
        Qualification.no: wanted.no,
        Qualification.level: wanted.level if isinstance(wanted, QualificationFilter) else None,
    }
    return and_(true(), *(column == value for column, value in exact.items() if value is not None))


async def find(session: AsyncSession, query: Select[Qualification], kind: str, wanted_id: UUID) -> Qualification:
    """One row of the query. Raises 404."""
    found = (await session.scalars(query.where(Qualification.id == wanted_id))).one_or_none()
    if found is None:
        raise not_found(kind)
    return found


async def kinds_held(session: AsyncSession, centre_id: UUID) -> frozenset[str]:
    """The kinds of municipal titles that the centre holds, suspended ones included."""
    query = select(Qualification.kind).where(
        Qualification.centre_id == centre_id,
        Qualification.level == MUNICIPAL,
        Qualification.status.in_(("active", "suspended")),
    )
    return frozenset(await session.scalars(query))
