"""Redemptions for those whom they concern."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ColumnElement, Row, false, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.access import division_of, enterprise_code_of, provider_code_of, reads_all
from services.vouchers.projections import LISTED, same_enterprise
from services.vouchers.providers.models import Provider
from services.vouchers.redemptions.models import Redemption
from services.vouchers.redemptions.rules import Use, decide_use
from services.vouchers.redemptions.schemas import RedemptionFilter, RedemptionItem, RedemptionOut
from services.vouchers.settlements.standing import settlement_column
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


def issued_by(division: str | None) -> ColumnElement[bool]:
    """Redemptions of vouchers that the division issued."""
    return false() if division is None else Redemption.issuer_division == division


def sold_by(code: str | None) -> ColumnElement[bool]:
    """Redemptions at the provider with that code."""
    return false() if code is None else Redemption.provider_id.in_(select(Provider.id).where(Provider.code == code))


def visible_to(principal: Principal) -> ColumnElement[bool]:
    """Holder, provider and issuer see their own; the city's bureaus and the auditor all."""
    return _visible(principal, sold_by(provider_code_of(principal)))


async def listed_for(session: AsyncSession, principal: Principal) -> ColumnElement[bool]:
    """The same for a list, by the provider's ids. With the ids looked up in the list's own statement the database does
    not know that there is one, and sorts all that the provider ever sold to show a page."""
    code = provider_code_of(principal)
    if code is None:
        return _visible(principal, false())
    own = await session.scalars(select(Provider.id).where(Provider.code == code))
    return _visible(principal, Redemption.provider_id.in_(own.all()))


def _visible(principal: Principal, sold: ColumnElement[bool]) -> ColumnElement[bool]:
    if reads_all(principal):
        return true()
    return or_(bought_by(enterprise_code_of(principal)), sold, issued_by(division_of(principal)))


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
        "split_from": Redemption.split_from,
    }
    sent = wanted.model_dump(include=set(columns), exclude_none=True)
    found: list[ColumnElement[bool]] = [columns[name] == value for name, value in sent.items()]
    if wanted.held_from is not None:
        found.append(Redemption.held_on >= wanted.held_from)
    if wanted.held_to is not None:
        found.append(Redemption.held_on <= wanted.held_to)
    if wanted.expires_to is not None:
        found.append(Redemption.expires_on <= wanted.expires_to)
    if wanted.confirm_to is not None:
        found.append(Redemption.confirm_by <= wanted.confirm_to)
    return found


async def require_visible(session: AsyncSession, principal: Principal, redemption_id: UUID) -> None:
    """Raises 404 for a redemption that does not concern the caller."""
    query = select(Redemption.id).where(Redemption.id == redemption_id, visible_to(principal))
    if await session.scalar(query) is None:
        raise not_found("redemption")


async def show(
    session: AsyncSession, principal: Principal, editions: Editions, redemption_id: UUID
) -> tuple[RedemptionOut, int]:
    """One redemption that the caller may see, with its version. Raises 404."""
    query = select(Redemption, settlement_column(Redemption.id))
    found = (await session.execute(query.where(Redemption.id == redemption_id, visible_to(principal)))).one_or_none()
    if found is None:
        raise not_found("redemption")
    redemption, settlement = found
    columns = Voucher.issued_on, Voucher.valid_until, Voucher.related_holding_percent
    row = (await session.execute(select(*columns).where(Voucher.id == redemption.voucher_id))).one()
    issued_on, valid_until, related = row
    use = passed_use(redemption, issued_on=issued_on, valid_until=valid_until, related=related)
    return shown(redemption, decide_use(editions.get(redemption.edition), use), settlement), redemption.version


def passed_use(
    row: Redemption | Row[*tuple[object, ...]],
    *,
    issued_on: date,
    valid_until: date,
    related: Decimal,
) -> Use:
    """What the rules let through when it was held, or ordered."""
    day = row.held_on or row.ordered_on
    assert day is not None, "either is there"
    return Use(
        day=day,
        category=row.category,
        price=row.price,
        status=ACTIVE,
        issued_on=issued_on,
        valid_until=valid_until,
        centre=LISTED,
        category_allowed=True,
        provider_bar=None,
        same_code=False,
        same_representative=False,
        holder_represented=True,
        seller_represented=True,
        holding=None,
        related_percent=related,
        percent=row.subsidy_percent,
        cap=row.category_left,
        balance=row.balance_before,
    )


def shown(
    redemption: Redemption | Row[*tuple[object, ...]], decision: Decision, settlement: str = "none"
) -> RedemptionOut:
    """A row, of the table or of the counter's statement, with its decision."""
    item = RedemptionItem.model_validate(redemption)
    return RedemptionOut.model_validate(
        {**item.model_dump(exclude={"settlement"}), "settlement": settlement, "decision": decision.to_json()}
    )


def listed(row: Row[Redemption, str]) -> RedemptionItem:
    """A row of the list: the redemption, and how far its payment is."""
    redemption, settlement = row[0], row[1]
    return RedemptionItem.model_validate(redemption).model_copy(update={"settlement": settlement})
