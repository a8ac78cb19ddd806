"""The categories there are: the edition's and the issuers' own."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Select, Text, column, literal, select, union_all, values
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.selectable import Subquery

from services.vouchers.categories.models import OwnCategory
from shared.policy.edition import Edition


def catalogue(edition: Edition, issuer_division: str | None) -> tuple[Select[str, str, str, str], Subquery]:
    """The edition's categories and the issuers' own, of one issuer only if it is named; with the table to sort by."""
    words = values(column("code", Text), column("title_zh", Text), column("title_en", Text), name="edition_category")
    given = words.data(
        [(code, titled.title_zh, titled.title_en) for code, titled in edition.vouchers.categories.items()]
    )
    common = select(given.c.code, given.c.title_zh, given.c.title_en, literal(None, Text).label("issuer_division"))
    own = select(OwnCategory.code, OwnCategory.title_zh, OwnCategory.title_en, OwnCategory.issuer_division)
    if issuer_division is not None:
        own = own.where(OwnCategory.issuer_division == issuer_division)
    table = union_all(common, own).subquery("category")
    return select(table.c.code, table.c.title_zh, table.c.title_en, table.c.issuer_division), table


async def known_codes(session: AsyncSession, edition: Edition, issuer_division: str | None = None) -> tuple[str, ...]:
    """The words a programme of the issuer may name; without an issuer, those that a provider may offer."""
    query = select(OwnCategory.code).order_by(OwnCategory.code)
    if issuer_division is not None:
        query = query.where(OwnCategory.issuer_division == issuer_division)
    return (*edition.vouchers.categories, *(await session.scalars(query)))


async def own_categories(session: AsyncSession, codes: Iterable[str]) -> dict[str, OwnCategory]:
    """Which of the words issuers have added already."""
    rows = await session.scalars(select(OwnCategory).where(OwnCategory.code.in_(sorted(codes))))
    return {row.code: row for row in rows}
