"""Reading assets."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.assets.models import AssetCheck, GrantAsset
from services.finance.assets.schemas import AssetCheckOut, GrantAssetFilter, GrantAssetItem, GrantAssetOut
from services.finance.assets.states import KEPT
from services.finance.centres import visible_to
from services.finance.projections import known_centre
from services.finance.spending.models import SpendingLine
from shared.auth.principal import Principal
from shared.errors import not_found
from shared.http.paging import Page, paginate


def _visible(principal: Principal) -> Select[GrantAsset]:
    return select(GrantAsset).join(known_centre, known_centre.c.id == GrantAsset.centre_id).where(visible_to(principal))


async def list_assets(session: AsyncSession, wanted: GrantAssetFilter, *, principal: Principal) -> Page[GrantAssetItem]:
    """One page of the assets at centres the caller may see, newest first."""
    statement = _visible(principal)
    columns = (
        GrantAsset.no,
        GrantAsset.grant_id,
        GrantAsset.centre_id,
        GrantAsset.status,
        GrantAsset.condition,
    )
    for column in columns:
        if (value := getattr(wanted, column.key)) is not None:
            statement = statement.where(column == value)
    if (year := wanted.unchecked_in) is not None:
        unchecked = or_(GrantAsset.checked_year.is_(None), GrantAsset.checked_year < year)
        statement = statement.where(GrantAsset.status == KEPT, GrantAsset.acquired_on < date(year, 1, 1), unchecked)
    keys = [GrantAsset.id.desc()]
    return await paginate(session, statement, keys=keys, params=wanted, item=GrantAssetItem.model_validate)


async def find_asset(session: AsyncSession, asset_id: UUID, *, principal: Principal, lock: bool = False) -> GrantAsset:
    """An asset the caller may see, locked for a step if asked. Raises 404."""
    query = _visible(principal).where(GrantAsset.id == asset_id)
    if lock:
        query = query.with_for_update(of=GrantAsset).execution_options(populate_existing=True)
    asset = await session.scalar(query)
    if asset is None:
        raise not_found("grant-asset")
    return asset


async def detail(session: AsyncSession, asset: GrantAsset) -> GrantAssetOut:
    """The asset with its invoice and checks."""
    await session.flush()
    invoice = await session.scalar(select(SpendingLine.invoice_key).where(SpendingLine.id == asset.spending_line_id))
    checks = await session.scalars(select(AssetCheck).where(AssetCheck.asset_id == asset.id).order_by(AssetCheck.id))
    return GrantAssetOut(
        **GrantAssetItem.model_validate(asset).model_dump(),
        invoice_key=invoice,
        checks=[AssetCheckOut.model_validate(check) for check in checks],
    )
