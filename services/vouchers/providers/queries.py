"""The public list of admitted providers, and applications for those whom they concern."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.access import provider_code_of, reads_all
from services.vouchers.providers.models import Provider
from services.vouchers.providers.rules import ADMITTED
from services.vouchers.providers.schemas import ProviderFilter
from shared.auth.principal import Principal
from shared.errors import not_found


def visible_to(principal: Principal) -> ColumnElement[bool]:
    """Everybody sees the admitted; applicants their own; the city's bureaus and the auditor all."""
    if reads_all(principal):
        return true()
    admitted = Provider.status == ADMITTED
    code = provider_code_of(principal)
    return admitted if code is None else or_(admitted, Provider.code == code)


def conditions(wanted: ProviderFilter) -> list[ColumnElement[bool]]:
    """The list's filters as SQL."""
    columns = {"no": Provider.no, "code": Provider.code, "status": Provider.status}
    sent = wanted.model_dump(include=set(columns), exclude_none=True)
    found: list[ColumnElement[bool]] = [columns[name] == value for name, value in sent.items()]
    if wanted.category is not None:
        found.append(Provider.categories.contains([wanted.category]))
    return found


async def find(session: AsyncSession, principal: Principal, provider_id: UUID) -> Provider:
    """One provider that the caller may see. Raises 404."""
    query = select(Provider).where(Provider.id == provider_id, visible_to(principal))
    provider = (await session.scalars(query)).one_or_none()
    if provider is None:
        raise not_found("provider")
    return provider


async def lock(session: AsyncSession, provider_id: UUID) -> Provider:
    """A provider for a step of its admission. Raises 404."""
    query = select(Provider).where(Provider.id == provider_id).with_for_update()
    provider = (await session.scalars(query)).one_or_none()
    if provider is None:
        raise not_found("provider")
    return provider
