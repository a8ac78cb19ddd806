"""Redemptions for those whom they concern."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, Row, false, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.access import division_of, enterprise_code_of, provider_code_of, reads_all
from services.vouchers.projections import same_enterprise
from services.vouchers.providers.models import Provider
from services.vouchers.redemptions.models import Redemption
from services.vouchers.redemptions.rules import Use, decide_use
from services.vouchers.redemptions.schemas import RedemptionFilter, RedemptionItem, RedemptionOut
from services.vouchers.vouchers.models import Voucher
from services.vouchers.vouchers.rules import ACTIVE
from shared.auth.principal import Principal
from shared.errors import not_found
from shared.policy.decision import Decision
from shared.policy.edition import Editions


def bought_by(code: str | None) -> ColumnElement[bool]:
    """Redemptions of the enterprise with that code."""
    if code is None:
        return false()
    return Redemption.enterprise_id.in_(same_enterprise(code))


def sold_by(code: str | None) -> ColumnElement[bool]:
    """Redemptions at the provider with that code."""
    return false() if code is None else Redemption.provider_id.in_(select(Provider.id).where(Provider.code == code))


def visible_to(principal: Principal) -> ColumnElement[bool]:
    """Holder, provider and issuer see their own; the city's bureaus and the auditor all."""
    if reads_all(principal):
        return true()
    division = division_of(principal)
    issued = Redemption.issuer_division == division if division is not None else false()
    return or_(bought_by(enterprise_code_of(principal)), sold_by(provider_code_of(principal)), issued)


def conditions(wanted: RedemptionFilter) -> list[ColumnElement[bool]]:
    """The list's filters as SQL."""
    columns = {
        "no": Redemption.no,
        "voucher_id": Redemption.voucher_id,
        "programme_id": Redemption.programme_id,
        "issuer_division": Redemption.issuer_division,
        "enterprise_id": Redemption.enterprise_id,
        "provider_id": Redemption.provider_id,
        "category": Redemption.category,
        "status": Redemption.status,
    }
    sent = wanted.model_dump(include=set(columns), exclude_none=True)
    found: list[ColumnElement[bool]] = [columns[name] == value for name, value in sent.items()]
    if wanted.held_from is not None:
        found.append(Redemption.held_on >= wanted.held_from)
    if wanted.held_to is not None:
        found.append(Redemption.held_on <= wanted.held_to)
    return found


async def show(
    session: AsyncSession, principal: Principal, editions: Editions, redemption_id: UUID
) -> tuple[RedemptionOut, int]:
    """One redemption that the caller may see, with its version. Raises 404."""
    query = select(Redemption).where(Redemption.id == redemption_id, visible_to(principal))
    redemption = (await session.scalars(query)).one_or_none()
    if redemption is None:
        raise not_found("redemption")
    terms = select(Voucher.issued_on, Voucher.valid_until, Voucher.related_holding_percent)
    terms = terms.where(Voucher.id == redemption.voucher_id)
    issued_on, valid_until, related_percent = (await session.execute(terms)).one()
    use = Use(
        day=redemption.held_on,
        category=redemption.category,
        price=redemption.price,
        status=ACTIVE,
        issued_on=issued_on,
        valid_until=valid_until,
        centre_withdrawn=False,
        category_allowed=True,
        provider_admitted=True,
        provider_offers=True,
        same_code=False,
        same_representative=False,
        holder_represented=True,
        seller_represented=True,
        holding=None,
        related_percent=related_percent,
        percent=redemption.subsidy_percent,
        balance=redemption.balance_before,
    )
    return shown(redemption, decide_use(editions.get(redemption.edition), use)), redemption.version


def shown(redemption: Redemption | Row[*tuple[object, ...]], decision: Decision) -> RedemptionOut:
    """A row, of the table or of the counter's statement, with its decision."""
    values = {name: getattr(redemption, name) for name in RedemptionItem.model_fields}
    return RedemptionOut.model_validate({**values, "decision": decision.to_json()})
