"""What a voucher's uses have drawn in one category, against the category's cap (4.3-3).

The cap is the voucher's for the category, over all its uses: a purchase that is cut into several draws no more than one
would. What a use reserves or has spent counts; what was released, or taken back and is free again, does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.redemptions.models import Redemption
from services.vouchers.redemptions.rules import ORDERED, RELEASED
from services.vouchers.vouchers.models import Voucher

DRAWN_SQL: Final = f"""(
    SELECT coalesce(sum(use.subsidy - use.restored_amount), 0) FROM redemption AS use
    WHERE use.voucher_id = voucher.id AND use.category = :category AND use.status NOT IN ('{ORDERED}', '{RELEASED}')
)"""  # noqa: S608  # put together from constants
"""The same for the counter's statement."""


async def drawn_by_category(session: AsyncSession, voucher: Voucher) -> Mapping[str, Decimal]:
    """Yuan, for the categories that the voucher was used in. Exact where the caller holds the voucher locked: every
    step that changes it does. A voucher without a capped category is not asked for."""
    terms = voucher.category_terms.values()
    if voucher.first_free or not any(isinstance(own, dict) and own.get("cap") is not None for own in terms):
        return {}
    use = Redemption
    query = (
        select(use.category, func.sum(use.subsidy - use.restored_amount))
        .where(use.voucher_id == voucher.id, use.status.not_in((ORDERED, RELEASED)))
        .group_by(use.category)
    )
    return {row[0]: row[1] for row in await session.execute(query)}
