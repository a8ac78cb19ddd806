"""Batches, their lines, payments and payees, for those whom they concern."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, case, func, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.access import division_of, provider_code_of, reads_all
from services.vouchers.providers.accounts import SettlementAccountRow
from services.vouchers.providers.models import Provider
from services.vouchers.redemptions.models import Redemption
from services.vouchers.settlements import states
from services.vouchers.settlements.cases import find, own_lines, visible_to
from services.vouchers.settlements.models import InvalidInvoice, Settlement, SettlementLine, SettlementPayment
from services.vouchers.settlements.schemas import (
    InvalidInvoiceFilter,
    InvalidInvoiceOut,
    LineFilter,
    PayeeOut,
    PaymentFilter,
    SettlementFilter,
    SettlementItem,
    SettlementLineOut,
    SettlementOut,
    SettlementPaymentOut,
)
from shared.auth.principal import Principal
from shared.errors import forbidden
from shared.http.paging import Page, PageParams, SortKey, both_ways, paginate

_ORDERS: Final[Mapping[str, Sequence[SortKey]]] = both_ways(
    {"created": [Settlement.id], "period": [Settlement.period, Settlement.id]}
)
_HANDS: Final = ("drafted_by", "checked_by", "noticed_by", "approved_by", "filed_by", "closed_by", "cancelled_by")


async def list_settlements(
    session: AsyncSession, principal: Principal, wanted: SettlementFilter
) -> Page[SettlementItem]:
    """One page of the batches that the caller may see."""
    sent = wanted.model_dump(include={"no", "issuer_division", "period", "status"}, exclude_none=True)
    query = select(Settlement).where(visible_to(principal)).filter_by(**sent)
    keys = _ORDERS[wanted.sort]
    return await paginate(session, query, keys=keys, params=wanted, item=SettlementItem.model_validate)


def shown(principal: Principal, settlement: Settlement) -> SettlementOut:
    """A batch; who took which step is not for providers."""
    out = SettlementOut.model_validate(settlement)
    if sees_hands(principal):
        return out
    return out.model_copy(update={**dict.fromkeys(_HANDS), "decision": None})


def sees_hands(principal: Principal) -> bool:
    """Issuer and bureaus see who took a step, and what the inspections found."""
    return reads_all(principal) or division_of(principal) is not None


_LINE: Final = (
    *(
        getattr(SettlementLine, name)
        for name in SettlementLineOut.model_fields
        if name not in ("redemption_no", "payment_reference")
    ),
    Redemption.no.label("redemption_no"),
    SettlementPayment.reference.label("payment_reference"),
)


async def list_lines(
    session: AsyncSession, principal: Principal, settlement_id: UUID, wanted: LineFilter
) -> Page[SettlementLineOut]:
    """One page of a batch's lines, those that left included; a provider sees its own."""
    await find(session, principal, settlement_id)
    query = (
        select(*_LINE)
        .join(Redemption, Redemption.id == SettlementLine.redemption_id)
        .outerjoin(SettlementPayment, SettlementPayment.id == SettlementLine.payment_id)
        .where(SettlementLine.settlement_id == settlement_id, own_lines(principal))
    )
    open_names, inspected = ("status", "provider_id", "reason_code"), ("sampled", "flagged", "inspection")
    if not sees_hands(principal) and any(getattr(wanted, name) is not None for name in inspected):
        raise forbidden()
    for name in (*open_names, *inspected):
        if (value := getattr(wanted, name)) is not None:
            column = _told_reason() if name == "reason_code" and not sees_hands(principal) else None
            query = query.where((getattr(SettlementLine, name) if column is None else column) == value)

    def item(row: Row[*tuple[object, ...]]) -> SettlementLineOut:
        return shown_line(principal, SettlementLineOut.model_validate(row))

    return await paginate(session, query, keys=[SettlementLine.id], params=wanted, item=item)


def shown_line(principal: Principal, line: SettlementLineOut) -> SettlementLineOut:
    """What an inspection found is the issuer's until it says so to the provider."""
    if sees_hands(principal):
        return line
    hidden = {"findings": None, "note": None, "flagged": False, "sampled": False, "draw": None, "inspection": None}
    reason = states.INSPECTION_FAILED if line.reason_code == states.FRAUD_SUSPECTED else line.reason_code
    return line.model_copy(update={**hidden, "inspected_on": None, "reason_code": reason})


def _told_reason() -> ColumnElement[str]:
    """The reason as the provider reads it: who is suspected of fraud is not warned."""
    reason = SettlementLine.reason_code
    return case((reason == states.FRAUD_SUSPECTED, states.INSPECTION_FAILED), else_=reason)


async def line_out(session: AsyncSession, line_id: UUID) -> SettlementLineOut:
    """One line as the list shows it."""
    await session.flush()
    query = (
        select(*_LINE)
        .join(Redemption, Redemption.id == SettlementLine.redemption_id)
        .outerjoin(SettlementPayment, SettlementPayment.id == SettlementLine.payment_id)
        .where(SettlementLine.id == line_id)
    )
    return SettlementLineOut.model_validate((await session.execute(query)).one())


async def list_sample(
    session: AsyncSession, principal: Principal, settlement_id: UUID, wanted: PageParams
) -> Page[SettlementLineOut]:
    """What has to be inspected, in the order of the draw."""
    await find(session, principal, settlement_id)
    query = (
        select(*_LINE)
        .join(Redemption, Redemption.id == SettlementLine.redemption_id)
        .outerjoin(SettlementPayment, SettlementPayment.id == SettlementLine.payment_id)
        .where(SettlementLine.settlement_id == settlement_id, SettlementLine.sampled)
    )
    keys = [SettlementLine.draw, SettlementLine.id]
    return await paginate(session, query, keys=keys, params=wanted, item=SettlementLineOut.model_validate)


async def list_payments(
    session: AsyncSession, principal: Principal, settlement_id: UUID, wanted: PaymentFilter
) -> Page[SettlementPaymentOut]:
    """One page of a batch's payments; a provider sees its own."""
    await find(session, principal, settlement_id)
    account = SettlementAccountRow
    names = ("bank", "account_name", "account")
    query = (
        select(
            *(getattr(SettlementPayment, name) for name in SettlementPaymentOut.model_fields if name not in names),
            account.bank_name.label("bank"),
            account.account_name,
            ("****" + account.last_four).label("account"),
        )
        .join(account, account.id == SettlementPayment.account_id)
        .where(SettlementPayment.settlement_id == settlement_id, _own_payments(principal))
    )
    for name in ("status", "provider_id"):
        if (value := getattr(wanted, name)) is not None:
            query = query.where(getattr(SettlementPayment, name) == value)
    keys = [SettlementPayment.number, SettlementPayment.id]
    return await paginate(session, query, keys=keys, params=wanted, item=SettlementPaymentOut.model_validate)


def _own_payments(principal: Principal) -> ColumnElement[bool]:
    if sees_hands(principal):
        return true()
    own = select(Provider.id).where(Provider.code == provider_code_of(principal))
    return SettlementPayment.provider_id.in_(own)


async def list_payees(session: AsyncSession, settlement_id: UUID, wanted: PageParams) -> Page[PayeeOut]:
    """Who is to be paid how much, as the public notice of the batch shows it."""
    line = SettlementLine
    sums = (
        select(line.provider_id, func.count().label("line_count"), func.sum(line.amount).label("total"))
        .where(line.settlement_id == settlement_id, line.status.in_((states.INCLUDED, states.PAID)))
        .group_by(line.provider_id)
        .subquery("sums")
    )
    query = select(
        Provider.id.label("provider_id"),
        Provider.code.label("provider_code"),
        Provider.name.label("provider_name"),
        sums.c.line_count,
        sums.c.total,
    ).join(sums, sums.c.provider_id == Provider.id)
    return await paginate(
        session, query, keys=[Provider.code, Provider.id], params=wanted, item=PayeeOut.model_validate
    )


async def list_invalid_invoices(
    session: AsyncSession, principal: Principal, wanted: InvalidInvoiceFilter
) -> Page[InvalidInvoiceOut]:
    """Void invoices that issuers and bureaus know of; a provider's are told by its batches and recoveries."""
    query = select(InvalidInvoice)
    if not wanted.withdrawn:
        query = query.where(InvalidInvoice.withdrawn_on.is_(None))
    if not reads_all(principal):
        query = query.where(InvalidInvoice.issuer_division == division_of(principal))
    sent = wanted.model_dump(include={"invoice_key", "kind"}, exclude_none=True)
    keys = [InvalidInvoice.id.desc()]
    item = InvalidInvoiceOut.model_validate
    return await paginate(session, query.filter_by(**sent), keys=keys, params=wanted, item=item)
