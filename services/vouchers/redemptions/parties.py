"""Who sells, who buys, and with which voucher: what every use of a voucher looks at."""

from __future__ import annotations

from collections.abc import Mapping
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
from services.vouchers.providers.rules import ENDED, REFUSED
from services.vouchers.providers.standing import bar_to_selling
from services.vouchers.redemptions.category_caps import drawn_by_category
from services.vouchers.redemptions.models import Redemption
from services.vouchers.redemptions.rules import Use, category_terms
from services.vouchers.redemptions.schemas import HoldNew
from services.vouchers.redemptions.standing import centre_on
from services.vouchers.vouchers.models import Voucher, voucher_code
from services.vouchers.vouchers.queries import held_by
from shared.auth.principal import Principal
from shared.errors import forbidden, not_found
from shared.http.validation import PayloadInvalid
from shared.money import ZERO


@dataclass(frozen=True, slots=True)
class Parties:
    """A voucher, its holder's codes, and the seller; None for a seller that has never been admitted or asked to be."""

    voucher: Voucher
    holder_code: str
    holder_ref: str | None
    seller: Provider | None
    centre: str | None
    """How the centre stands that the holder is in on the day of the use."""
    holding: Decimal | None
    """The largest recorded holding between the two that makes them related parties; None without one."""
    drawn: Mapping[str, Decimal]
    """What the voucher's uses have drawn by category, where one of its categories has a cap."""

    def use(self, category: str, price: Decimal, day: date) -> Use:
        """The use as the rules see it, on the day for which the parties were looked up."""
        voucher, seller = self.voucher, self.seller
        own = voucher.category in (None, category)
        ref = seller.legal_representative_ref if seller else None
        percent, cap = category_terms(
            category, voucher.subsidy_percent, voucher.category_terms, first_free=voucher.first_free
        )
        return Use(
            day=day,
            category=category,
            price=price,
            status=voucher.status,
            issued_on=voucher.issued_on,
            valid_until=voucher.valid_until,
            centre=self.centre,
            category_allowed=own and category in voucher.categories,
            provider_bar=bar_to_selling(seller, category, day),
            same_code=seller is not None and seller.code == self.holder_code,
            same_representative=ref is not None and ref == self.holder_ref,
            holder_represented=self.holder_ref is not None,
            seller_represented=ref is not None,
            holding=self.holding,
            related_percent=voucher.related_holding_percent,
            percent=percent,
            cap=None if cap is None else cap - self.drawn.get(category, ZERO),
            balance=voucher.balance,
        )


async def at_counter(session: AsyncSession, principal: Principal, code: str, *, day: date, lock: bool) -> Parties:
    """The caller sells, the code names the voucher. Raises 404 for a code that no voucher has."""
    seller = await _seller(session, Provider.code == _own_code(provider_code_of(principal)), lock=lock)
    named = (Voucher.id == voucher_code.c.voucher_id) & (Voucher.code_generation == voucher_code.c.generation)
    return await _parties(session, seller, named & (voucher_code.c.code == code), day=day, lock=lock)


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
        return await at_counter(session, principal, wanted.code, day=principal.today, lock=True)
    if enterprise_code_of(principal) is None:
        raise PayloadInvalid.at("code", "missing")
    if wanted.voucher_id is None:
        raise PayloadInvalid.at("voucher_id", "missing")
    if wanted.provider_id is None:
        raise PayloadInvalid.at("provider_id", "missing")
    return await by_holder(session, principal, wanted.voucher_id, wanted.provider_id, lock=True)


async def of_order(session: AsyncSession, order: Redemption, day: date) -> Parties:
    """The parties of an order, locked."""
    seller = await _seller(session, Provider.id == order.provider_id, lock=True)
    return await _parties(session, seller, Voucher.id == order.voucher_id, day=day, lock=True)


def _own_code(code: str | None) -> str:
    if code is None:
        raise forbidden()
    return code


async def _seller(session: AsyncSession, which: ColumnElement[bool], *, lock: bool) -> Provider | None:
    """The provider, before any voucher is locked: everybody locks in this order."""
    newest = (Provider.status.in_(ENDED), Provider.id.desc())
    query = select(Provider).where(which, Provider.status != REFUSED).order_by(*newest).limit(1)
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
    centre = await centre_on(session, voucher, day)
    drawn = await drawn_by_category(session, voucher)
    return Parties(voucher, holder.code, holder.legal_representative_ref, seller, centre, holding, drawn)
