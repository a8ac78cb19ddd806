"""The public list of admitted providers, and applications for those whom they concern."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, Row, Select, collate, func, or_, select, true, type_coerce
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.access import division_of, provider_code_of, reads_all
from services.vouchers.providers.models import Provider
from services.vouchers.providers.rules import PUBLIC
from services.vouchers.providers.schemas import ProviderFilter, ProviderOut
from services.vouchers.providers.standing import selling_on
from services.vouchers.ratings.models import ProviderScore
from shared.auth.principal import Principal
from shared.errors import not_found
from shared.http.paging import CODE_POINTS, SortKey

_TENTH: Final = Decimal("0.1")


def visible_to(principal: Principal) -> ColumnElement[bool]:
    """Everybody sees whom the register has or had; applicants their own; the city's bureaus and the auditor all."""
    if reads_all(principal):
        return true()
    shown = Provider.status.in_(PUBLIC)
    code = provider_code_of(principal)
    return shown if code is None else or_(shown, Provider.code == code)


def conditions(wanted: ProviderFilter) -> list[ColumnElement[bool]]:
    """The list's filters as SQL."""
    columns = {"no": Provider.no, "code": Provider.code, "status": Provider.status}
    sent = wanted.model_dump(include=set(columns), exclude_none=True)
    found: list[ColumnElement[bool]] = [columns[name] == value for name, value in sent.items()]
    if wanted.category is not None:
        found.append(Provider.categories.contains([wanted.category]))
    if wanted.name is not None:
        found.append(Provider.name.icontains(wanted.name, autoescape=True))
    if wanted.selling_on is not None:
        found.append(selling_on(wanted.selling_on))
    if wanted.admitted_until_from is not None:
        found.append(Provider.admitted_until >= wanted.admitted_until_from)
    if wanted.admitted_until_to is not None:
        found.append(Provider.admitted_until <= wanted.admitted_until_to)
    return found


def register() -> Select[Provider, int | None, int | None]:
    """Providers with the number of their ratings and the stars of all of them."""
    query = select(Provider, ProviderScore.ratings, ProviderScore.stars)
    return query.outerjoin(ProviderScore, ProviderScore.provider_id == Provider.id)


def keys_of(wanted: ProviderFilter) -> list[SortKey]:
    """The list's order; the average in thousandths, so that it is exact."""
    if wanted.sort == "rating":
        average = func.coalesce(ProviderScore.stars * 1000 / ProviderScore.ratings, 0)
        return [type_coerce(average, Integer).desc(), Provider.id]
    return [collate(Provider.name, CODE_POINTS), Provider.id] if wanted.sort == "name" else [Provider.id]


def shown(provider: Provider, ratings: int | None, stars: int | None) -> ProviderOut:
    """The provider with its average, rounded half up to one decimal; None without ratings."""
    answer = ProviderOut.model_validate(provider)
    if not ratings or stars is None:
        return answer
    average = (Decimal(stars) / ratings).quantize(_TENTH, rounding=ROUND_HALF_UP)
    return answer.model_copy(update={"rating": str(average), "ratings": ratings})


def shown_row(row: Row[Provider, int | None, int | None]) -> ProviderOut:
    """A row of the register; the list's cursor may follow its columns."""
    return shown(row[0], row[1], row[2])


async def score_of(session: AsyncSession, provider_id: UUID) -> tuple[int | None, int | None]:
    """The number of ratings and their stars."""
    row = await session.get(ProviderScore, provider_id, populate_existing=True)
    return (None, None) if row is None else (row.ratings, row.stars)


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


async def readable(session: AsyncSession, principal: Principal, provider_id: UUID) -> Provider:
    """A provider with its whole file: for the bureaus, the issuers and the auditor, and for itself. Raises 404."""
    provider = await session.get(Provider, provider_id, populate_existing=True)
    everybody = reads_all(principal) or division_of(principal) is not None
    if provider is None or not (everybody or provider.code == provider_code_of(principal)):
        raise not_found("provider")
    return provider


async def lock_own(session: AsyncSession, principal: Principal, provider_id: UUID) -> Provider:
    """The caller's own provider for a step of its own. Raises 404."""
    provider = await lock(session, provider_id)
    if provider.code != provider_code_of(principal):
        raise not_found("provider")
    return provider
