"""Reading products and the terms of any day: everybody sees those approved, a bank its own, the finance bureau all."""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from services.finance.bank_products import states
from services.finance.bank_products.models import BankProduct, BankProductTerms
from services.finance.bank_products.schemas import ProductDetail, ProductFilter, ProductOut, TermsOut, TermsVersion
from services.finance.banks.queries import KEEPERS
from services.finance.banks.states import APPROVED, RECORDED
from shared.auth import roles as r
from shared.auth.principal import Principal
from shared.errors import not_found
from shared.http.paging import Page, paginate

_OTHER: Final = aliased(BankProductTerms)
_PENDING: Final = exists().where(_OTHER.product_id == BankProduct.id, _OTHER.status == RECORDED)


def keeps(principal: Principal, bank: str) -> bool:
    """Whether the caller sees what is not approved of that bank's products."""
    return principal.has(*KEEPERS) or (principal.has(r.BANK) and principal.bank == bank)


def visible(principal: Principal) -> ColumnElement[bool]:
    """Which products the caller reads."""
    if principal.has(*KEEPERS):
        return true()
    shown = BankProduct.status.in_(states.SHOWN)
    return or_(shown, BankProduct.bank == principal.bank) if principal.has(r.BANK) else shown


def terms_on(day: date) -> ColumnElement[bool]:
    """The approved terms of a product that held on the day."""
    return and_(
        BankProductTerms.product_id == BankProduct.id,
        BankProductTerms.kind == states.TERMS,
        BankProductTerms.status == APPROVED,
        BankProductTerms.valid_from <= day,
        or_(BankProductTerms.valid_until.is_(None), BankProductTerms.valid_until >= day),
    )


async def find(session: AsyncSession, product_id: UUID, principal: Principal) -> BankProduct:
    """Raises 404."""
    return await _one(session, select(BankProduct).where(BankProduct.id == product_id, visible(principal)))


async def lock_own(session: AsyncSession, product_id: UUID, bank: str | None) -> BankProduct:
    """A product, locked for a step; with `bank` only that bank's. Raises 404."""
    query = select(BankProduct).where(BankProduct.id == product_id)
    if bank is not None:
        query = query.where(BankProduct.bank == bank)
    return await _one(session, query.with_for_update().execution_options(populate_existing=True))


async def offered_on(
    session: AsyncSession, day: date, *, bank: str | None = None, code: str | None = None
) -> list[tuple[BankProduct, BankProductTerms]]:
    """The products offered that day with their terms, by code."""
    query = select(BankProduct, BankProductTerms).join(BankProductTerms, terms_on(day)).order_by(BankProduct.code)
    if bank is not None:
        query = query.where(BankProduct.bank == bank)
    if code is not None:
        query = query.where(BankProduct.code == code)
    return [(row[0], row[1]) for row in await session.execute(query)]


async def list_products(session: AsyncSession, wanted: ProductFilter, principal: Principal) -> Page[ProductOut]:
    """One page of the products that the caller reads, with the terms of the day asked for."""
    query = _with_terms(wanted.as_of or principal.today).where(visible(principal))
    for column in (BankProduct.code, BankProduct.bank, BankProduct.status):
        if (value := getattr(wanted, column.key)) is not None:
            query = query.where(column == value)
    if wanted.channel is not None:
        query = query.where(BankProductTerms.channels.contains([wanted.channel]))
    if wanted.offered is not None:
        offered = BankProductTerms.revision.is_not(None)
        query = query.where(offered if wanted.offered else ~offered)
    if wanted.pending is not None:
        query = query.where(_PENDING if wanted.pending else ~_PENDING)
    key = BankProduct.code.desc() if wanted.sort == "-code" else BankProduct.code
    return await paginate(
        session,
        query,
        keys=[key],
        params=wanted,
        item=lambda row: _shown(row[0], row[1], pending=row[2] and keeps(principal, row[0].bank)),
    )


async def detail(session: AsyncSession, product: BankProduct, principal: Principal, day: date) -> ProductDetail:
    """A product with its versions and the terms of the day, as this transaction sees it."""
    await session.flush()
    row = (await session.execute(_with_terms(day).where(BankProduct.id == product.id))).one()
    sees_all = keeps(principal, product.bank)
    query = select(BankProductTerms).where(BankProductTerms.product_id == product.id)
    if not sees_all:
        query = query.where(BankProductTerms.status == APPROVED)
    versions = await session.scalars(query.order_by(BankProductTerms.revision))
    shown = _shown(row[0], row[1], pending=row[2] and sees_all).model_dump()
    return ProductDetail(**shown, versions=[_version(version, sees_all) for version in versions])


def _with_terms(day: date) -> Select[BankProduct, BankProductTerms | None, bool]:
    return select(BankProduct, BankProductTerms, _PENDING).outerjoin(BankProductTerms, terms_on(day))


def _shown(product: BankProduct, terms: BankProductTerms | None, *, pending: bool) -> ProductOut:
    computed = {"offered", "terms", "terms_from", "confirmed", "pending"}
    own = {name: getattr(product, name) for name in ProductOut.model_fields if name not in computed}
    return ProductOut(
        **own,
        offered=terms is not None,
        terms=TermsOut.model_validate(terms) if terms else None,
        terms_from=terms.valid_from if terms else None,
        confirmed=terms.document_no is not None if terms else None,
        pending=pending,
    )


def _version(version: BankProductTerms, named: bool) -> TermsVersion:
    own = {name: getattr(version, name) for name in TermsVersion.model_fields if name != "terms"}
    if not named:
        own |= {"recorded_by": None, "decided_by": None}
    terms = TermsOut.model_validate(version) if version.kind == states.TERMS else None
    return TermsVersion(**own, terms=terms)


async def _one(session: AsyncSession, query: Select[BankProduct]) -> BankProduct:
    product = await session.scalar(query)
    if product is None:
        raise not_found("bank-product")
    return product
