"""Words that issuers add to the edition's categories (4.3-2)."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.categories.models import OwnCategory
from services.vouchers.categories.queries import own_categories
from services.vouchers.categories.schemas import OwnCategoryNew
from services.vouchers.programmes.rules import decide_own_categories
from shared.policy.decision import Decision
from shared.policy.edition import Edition


async def add_categories(
    session: AsyncSession, edition: Edition, division: str, wanted: Iterable[OwnCategoryNew]
) -> Decision:
    """The issuer's new words, recorded; the decision tells whether it may add them, and nothing is if not."""
    added = {own.code: own for own in wanted}
    recorded = await own_categories(session, added)
    taken = [code for code in added if code in edition.vouchers.categories or _of_other(recorded.get(code), division)]
    decision = decide_own_categories(edition, list(added), taken)
    if decision.passed:
        new = [own for code, own in added.items() if code not in recorded]
        session.add_all(OwnCategory(issuer_division=division, **own.model_dump()) for own in new)
        await session.flush()
    return decision


def _of_other(recorded: OwnCategory | None, division: str) -> bool:
    return recorded is not None and recorded.issuer_division != division
