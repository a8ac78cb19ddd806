"""Reading guarantees, claims and recoveries: those of the loans that the caller sees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.ceilings.models import GUARANTEE_TOTAL, ceiling
from services.finance.enterprises import family_codes, related_codes
from services.finance.guarantees.liability import held_by
from services.finance.guarantees.models import Guarantee, GuaranteeClaim, GuaranteeRecovery
from services.finance.guarantees.rules import borrower_limit, related_limit, total_limit
from services.finance.guarantees.schemas import (
    GuaranteeClaimDetail,
    GuaranteeClaimFilter,
    GuaranteeClaimOut,
    GuaranteeDetail,
    GuaranteeFilter,
    GuaranteeLimitOut,
    GuaranteeLimitsOut,
    GuaranteeOut,
    GuaranteeRecoveryOut,
)
from services.finance.loans.models import Loan
from services.finance.servicing.access import visible
from shared.auth.principal import Principal
from shared.errors import not_found
from shared.http.paging import Page, PageParams, SortKey, paginate
from shared.money import ZERO
from shared.policy.edition import Edition

_ORDERS: Final[Mapping[str, Sequence[SortKey]]] = {
    "created": [Guarantee.id],
    "-created": [Guarantee.id.desc()],
    "no": [Guarantee.no],
    "-no": [Guarantee.no.desc()],
}
_CLAIM_ORDERS: Final[Mapping[str, Sequence[SortKey]]] = {
    "created": [GuaranteeClaim.id],
    "-created": [GuaranteeClaim.id.desc()],
    "no": [GuaranteeClaim.no],
    "-no": [GuaranteeClaim.no.desc()],
}


async def find(session: AsyncSession, guarantee_id: UUID, principal: Principal) -> Guarantee:
    """A guarantee of a loan that the caller sees. Raises 404."""
    guarantee = await session.scalar(_visible(principal).where(Guarantee.id == guarantee_id))
    if guarantee is None:
        raise not_found("guarantee")
    return guarantee


async def find_claim(session: AsyncSession, claim_id: UUID, principal: Principal) -> GuaranteeClaim:
    """A claim on a loan that the caller sees. Raises 404."""
    claim = await session.scalar(_visible_claims(principal).where(GuaranteeClaim.id == claim_id))
    if claim is None:
        raise not_found("guarantee-claim")
    return claim


async def list_guarantees(session: AsyncSession, wanted: GuaranteeFilter, principal: Principal) -> Page[GuaranteeOut]:
    """One page of the guarantees that the caller sees."""
    query = _visible(principal)
    equal = (Guarantee.no, Guarantee.loan_id, Guarantee.product, Guarantee.bank, Guarantee.borrower, Guarantee.status)
    for column in equal:
        if (value := getattr(wanted, column.key)) is not None:
            query = query.where(column == value)
    if wanted.fee_paid is not None:
        paid = Guarantee.fee_paid_on.is_not(None)
        query = query.where(paid if wanted.fee_paid else ~paid)
    keys = _ORDERS[wanted.sort]
    return await paginate(session, query, keys=keys, params=wanted, item=GuaranteeOut.model_validate)


async def list_claims(
    session: AsyncSession, wanted: GuaranteeClaimFilter, principal: Principal
) -> Page[GuaranteeClaimOut]:
    """One page of the claims that the caller sees."""
    query = _visible_claims(principal)
    columns = (
        GuaranteeClaim.no,
        GuaranteeClaim.guarantee_id,
        GuaranteeClaim.loan_id,
        GuaranteeClaim.bank,
        GuaranteeClaim.status,
    )
    for column in columns:
        if (value := getattr(wanted, column.key)) is not None:
            query = query.where(column == value)
    keys = _CLAIM_ORDERS[wanted.sort]
    return await paginate(session, query, keys=keys, params=wanted, item=GuaranteeClaimOut.model_validate)


async def list_recoveries(session: AsyncSession, guarantee_id: UUID, wanted: PageParams) -> Page[GuaranteeRecoveryOut]:
    """Of a guarantee that the caller was found to see, in the order recorded."""
    query = select(GuaranteeRecovery).where(GuaranteeRecovery.guarantee_id == guarantee_id)
    return await paginate(
        session, query, keys=[GuaranteeRecovery.line], params=wanted, item=GuaranteeRecoveryOut.model_validate
    )


async def detail(session: AsyncSession, guarantee: Guarantee) -> GuaranteeDetail:
    """The guarantee as this transaction sees it."""
    await session.flush()
    return GuaranteeDetail.model_validate(guarantee)


async def claim_detail(session: AsyncSession, claim: GuaranteeClaim) -> GuaranteeClaimDetail:
    """The claim as this transaction sees it."""
    await session.flush()
    return GuaranteeClaimDetail.model_validate(claim)


async def limits(
    session: AsyncSession, edition: Edition, borrower: str, day: date, *, livemode: bool
) -> GuaranteeLimitsOut:
    """What the guarantor's limits hold for one borrower under all its codes, for it with its related parties, and for
    everybody."""
    family = await family_codes(session, [borrower])
    percent = edition.investing.reward.related_holding_percent.value
    related = await related_codes(session, family, day, percent=percent)
    held = await held_by(session, family, livemode=livemode)
    around = held + await held_by(session, related, livemode=livemode)
    total = {"kind": GUARANTEE_TOTAL, "subject": "all", "period": "all" if livemode else "test"}
    every = await session.scalar(select(ceiling.c.committed).filter_by(**total)) or ZERO
    return GuaranteeLimitsOut(
        net_assets=edition.guarantees.net_assets.value,
        borrower=_limit(held, borrower_limit(edition)),
        related=_limit(around, related_limit(edition)),
        total=_limit(every, total_limit(edition)),
    )


def _limit(committed: Decimal, limit: Decimal) -> GuaranteeLimitOut:
    return GuaranteeLimitOut(committed=committed, limit=limit, remaining=max(limit - committed, ZERO))


def _visible(principal: Principal) -> Select[Guarantee]:
    return select(Guarantee).join(Loan, Loan.id == Guarantee.loan_id).where(visible(principal))


def _visible_claims(principal: Principal) -> Select[GuaranteeClaim]:
    return select(GuaranteeClaim).join(Loan, Loan.id == GuaranteeClaim.loan_id).where(visible(principal))
