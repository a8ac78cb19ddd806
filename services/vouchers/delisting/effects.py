"""Keeping what a delisting did to vouchers and holds, for those who look afterwards (2.3-5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.delisting.models import delisting_effect, delisting_hold
from services.vouchers.redemptions.models import Redemption
from services.vouchers.vouchers.models import Voucher
from shared.bulk import insert_rows


async def keep_effects(
    session: AsyncSession,
    case_of: Mapping[UUID, UUID],
    stopped: Sequence[Voucher],
    released: Sequence[Redemption],
    honoured: Sequence[tuple[UUID, UUID, Decimal]],
) -> None:
    """Note them beside each other; `case_of` tells a voucher's case, `honoured` are (id, voucher, what it reserves).

    A voucher that was stopped before ran in between, so its version is another one; a hold that was honoured then may
    be released now.
    """
    await insert_rows(
        session,
        delisting_effect,
        [
            {
                "case_id": case_of[voucher.id],
                "voucher_id": voucher.id,
                "voucher_version": voucher.version,
                "stopped_on": voucher.stopped_on,
                "returned": voucher.returned,
            }
            for voucher in stopped
        ],
    )
    holds = [(use.id, use.voucher_id, "released", use.subsidy) for use in released]
    holds += [(hold_id, voucher_id, "honoured", subsidy) for hold_id, voucher_id, subsidy in honoured]
    if not holds:
        return
    rows = [
        {
            "case_id": case_of[voucher_id],
            "redemption_id": hold_id,
            "voucher_id": voucher_id,
            "outcome": outcome,
            "subsidy": subsidy,
        }
        for hold_id, voucher_id, outcome, subsidy in holds
    ]
    await session.execute(insert(delisting_hold).on_conflict_do_nothing(), rows)
