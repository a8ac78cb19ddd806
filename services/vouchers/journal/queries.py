"""The journal for those whom it concerns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import ColumnElement, false, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from services.vouchers.access import division_of, provider_code_of, reads_all
from services.vouchers.journal.models import JournalEntry, Posting
from services.vouchers.journal.schemas import EntryFilter, VoucherEntryOut
from services.vouchers.providers.models import Provider
from services.vouchers.redemptions.models import Redemption
from shared.auth.principal import Principal
from shared.http.paging import Page, SortKey, both_ways, paginate

_ORDERS: Final[Mapping[str, Sequence[SortKey]]] = both_ways({"created": [JournalEntry.id]})
_OF_ENTRY: Final = ("kind", "redemption_id", "settlement_id", "recovery_id")
_OF_USE: Final = ("issuer_division", "programme_id", "provider_id")


def visible_to(principal: Principal) -> ColumnElement[bool]:
    """Entries about one's own redemptions: the issuer's, the provider's; all for the city's bureaus and the auditor."""
    if reads_all(principal):
        return true()
    seen: list[ColumnElement[bool]] = []
    if (division := division_of(principal)) is not None:
        seen.append(Redemption.issuer_division == division)
    if (code := provider_code_of(principal)) is not None:
        seen.append(Redemption.provider_id.in_(select(Provider.id).where(Provider.code == code)))
    return or_(*seen) if seen else false()


async def list_entries(session: AsyncSession, principal: Principal, wanted: EntryFilter) -> Page[VoucherEntryOut]:
    """One page of entries, each with its two accounts."""
    debit, credit = aliased(Posting), aliased(Posting)
    entry, use = JournalEntry, Redemption
    query = (
        select(
            entry.id,
            entry.kind,
            entry.effective_on,
            use.issuer_division,
            use.no.label("redemption_no"),
            debit.account.label("debit_account"),
            credit.account.label("credit_account"),
            debit.amount,
            entry.ordinal,
            use.programme_id,
            use.provider_id,
            entry.redemption_id,
            entry.settlement_id,
            entry.recovery_id,
            entry.recorded_at,
        )
        .join(use, use.id == entry.redemption_id)
        .join(debit, (debit.entry_id == entry.id) & (debit.line == 1))
        .join(credit, (credit.entry_id == entry.id) & (credit.line == 2))
        .where(visible_to(principal))
    )
    for names, model in ((_OF_ENTRY, entry), (_OF_USE, use)):
        for name in names:
            if (value := getattr(wanted, name)) is not None:
                query = query.where(getattr(model, name) == value)
    if wanted.effective_from is not None:
        query = query.where(entry.effective_on >= wanted.effective_from)
    if wanted.effective_to is not None:
        query = query.where(entry.effective_on <= wanted.effective_to)
    keys = _ORDERS[wanted.sort]
    return await paginate(session, query, keys=keys, params=wanted, item=VoucherEntryOut.model_validate)
