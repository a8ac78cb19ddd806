"""Applications for those whom they concern."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, Select, false, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.access import division_of, enterprise_code_of, reads_all
from services.vouchers.applications.models import Application
from services.vouchers.applications.schemas import ApplicationFilter
from services.vouchers.projections import same_enterprise
from services.vouchers.steps import SUBMITTED
from shared.auth.principal import Principal
from shared.errors import DomainError, not_found


def made_by(code: str | None) -> ColumnElement[bool]:
    """Applications of the enterprise with that code."""
    return false() if code is None else Application.enterprise_id.in_(same_enterprise(code))


def visible_to(principal: Principal) -> ColumnElement[bool]:
    """Applicants see their own, issuers those to them, the city's bureaus and the auditor all."""
    if reads_all(principal):
        return true()
    division = division_of(principal)
    sent_to = Application.issuer_division == division if division is not None else false()
    return or_(made_by(enterprise_code_of(principal)), sent_to)


def conditions(wanted: ApplicationFilter) -> list[ColumnElement[bool]]:
    """The list's filters as SQL."""
    names = ("no", "programme_id", "issuer_division", "enterprise_id", "status")
    sent = wanted.model_dump(include=set(names), exclude_none=True)
    return [getattr(Application, name) == value for name, value in sent.items()]


async def find(session: AsyncSession, principal: Principal, application_id: UUID) -> Application:
    """One application that the caller may see. Raises 404."""
    return await _one(session, select(Application).where(Application.id == application_id, visible_to(principal)))


async def lock(session: AsyncSession, application_id: UUID, whose: ColumnElement[bool]) -> Application:
    """One of the caller's applications, locked. Raises 404."""
    query = select(Application).where(Application.id == application_id, whose).with_for_update()
    return await _one(session, query.execution_options(populate_existing=True))


async def writable(session: AsyncSession, principal: Principal, application_id: UUID) -> bool:
    """Documents go with the applicant's own application as long as nobody has looked at it. Raises 404, 409
    `application-in-review`."""
    application = await lock(session, application_id, made_by(enterprise_code_of(principal)))
    if application.status != SUBMITTED:
        raise DomainError("application-in-review", 409)
    return True


def edition_of(application_id: UUID) -> Select[str]:
    """The statement that tells an application's edition."""
    return select(Application.edition).where(Application.id == application_id)


async def _one(session: AsyncSession, query: Select[Application]) -> Application:
    application = (await session.scalars(query)).one_or_none()
    if application is None:
        raise not_found("voucher_application")
    return application
