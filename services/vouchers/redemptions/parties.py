"""Who sells, who buys, and with which voucher: what every use of a voucher looks at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.access import enterprise_code_of, provider_code_of
from services.vouchers.holdings.queries import barring_percent
from services.vouchers.projections import known_enterprise
from services.vouchers.providers.models import Provider
from services.vouchers.providers.rules import ADMITTED, REFUSED
from services.vouchers.redemptions.rules import Use
from services.vouchers.redemptions.schemas import HoldNew, Sale
from services.vouchers.vouchers.facts import centre_withdrawn
from services.vouchers.vouchers.models import Voucher, voucher_code
from services.vouchers.vouchers.queries import held_by
from shared.auth.principal import Principal
from shared.errors import forbidden, not_found
from shared.http.validation import PayloadInvalid


@dataclass(frozen=True, slots=True)
class Parties:
    """A voucher, its holder's codes, and the seller; None for a seller that has never been admitted or asked to be."""

    voucher: Voucher
    holder_code: str
    holder_ref: str | None
    seller: Provider | None
    centre_withdrawn: bool
    holding: Decimal | None
    """The largest recorded holding between the two that makes them related parties; None without one."""

    def use(self, sale: Sale, principal: Principal) -> Use:
        """The use as the rules see it, on the caller's business day."""
        voucher, seller = self.voucher, self.seller
        own = voucher.category in (None, sale.category)
        ref = seller.legal_representative_ref if seller else None
        return Use(
            day=principal.today,
            category=sale.category,
            price=sale.price,
            status=voucher.status,
            issued_on=voucher.issued_on,
            valid_until=voucher.valid_until,
            centre_withdrawn=self.centre_withdrawn,
            category_allowed=own and sale.category in voucher.categories,
            provider_admitted=seller is not None and seller.status == ADMITTED,
            provider_offers=seller is not None and sale.category in seller.categories,
            same_code=seller is not None and seller.code == self.holder_code,
            same_representative=ref is not None and ref == self.holder_ref,
            holder_represented=self.holder_ref is not None,
            seller_represented=ref is not None,
            holding=self.holding,
            related_percent=voucher.related_holding_percent,
            percent=voucher.subsidy_percent,
            balance=voucher.balance,
        )


async def at_counter(session: AsyncSession, principal: Principal, code: str, *, lock: bool) -> Parties:
    """The caller sells, the code names the voucher. Raises 404 for a code that no voucher has."""
    seller = await _seller(session, Provider.code == _own_code(provider_code_of(principal)), lock=lock)
    named = (Voucher.id == voucher_code.c.voucher_id) & (Voucher.code_generation == voucher_code.c.generation)
    return await _parties(session, seller, named & (voucher_code.c.code == code), day=principal.today, lock=lock)


async def by_holder(
    session: AsyncSession, principal: Principal, voucher_id: UUID, provider_id: UUID, *, lock: bool
) -> Parties:
    """The caller holds the voucher and chooses the seller. Raises 404 for either unknown or another's voucher."""
    code = _own_code(enterprise_code_of(principal))
    seller = await _seller(session, Provider.id == provider_id, lock=lock)
    if seller is None:
        raise not_found("provider")
    which = (Voucher.id == voucher_id) & held_by(code)
    return await _parties(session, seller, which, day=principal.today, lock=lock)


async def of_hold(session: AsyncSession, principal: Principal, wanted: HoldNew) -> Parties:
    """The parties of a hold, locked: a code makes the caller the seller, a voucher's id its holder.

    Raises 422 for a body that says neither or both.
    """
    if wanted.code is not None:
        for field in ("voucher_id", "provider_id"):
            if getattr(wanted, field) is not None:
                raise PayloadInvalid.at(field, "extra_forbidden")
        return await at_counter(session, principal, wanted.code, lock=True)
    if enterprise_code_of(principal) is None:
        raise PayloadInvalid.at("code", "missing")
    if wanted.voucher_id is None:
        raise PayloadInvalid.at("voucher_id", "missing")
    if wanted.provider_id is None:
        raise PayloadInvalid.at("provider_id", "missing")
    return await by_holder(session, principal, wanted.voucher_id, wanted.provider_id, lock=True)


def _own_code(code: str | None) -> str:
    if code is None:
        raise forbidden()
    return code


async def _seller(session: AsyncSession, which: ColumnElement[bool], *, lock: bool) -> Provider | None:
    """The provider, before any voucher is locked: everybody locks in this order."""
    query = select(Provider).where(which, Provider.status != REFUSED)
    if lock:
        query = query.with_for_update(read=True)
    return (await session.scalars(query.execution_options(populate_existing=True))).one_or_none()


async def _parties(
    session: AsyncSession, seller: Provider | None, which: ColumnElement[bool], *, day: date, lock: bool
) -> Parties:
    query = select(Voucher).where(which)
    if lock:
        query = query.with_for_update(of=Voucher)
    voucher = (await session.scalars(query.execution_options(populate_existing=True))).one_or_none()
    if voucher is None:
        raise not_found("voucher")
    columns = select(known_enterprise.c.code, known_enterprise.c.legal_representative_ref)
    holder = (await session.execute(columns.where(known_enterprise.c.id == voucher.enterprise_id))).one()
    holding = None
    if seller is not None:
        limit = voucher.related_holding_percent
        holding = await barring_percent(session, seller.code, holder.code, limit=limit, day=day)
    withdrawn = await centre_withdrawn(session, voucher)
    return Parties(voucher, holder.code, holder.legal_representative_ref, seller, withdrawn, holding)
