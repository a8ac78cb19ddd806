"""Monthly statements for provider and issuer, out of the journal and its sums by month alone (4.3-4)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, ClassVar, Final
from uuid import UUID

from fastapi import APIRouter, Query
from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.access import SettlementReader, SettlementWorkReader, division_of, provider_code_of, reads_all
from services.vouchers.journal.models import (
    CAPTURE,
    ISSUER_BANK,
    OFFSET,
    OFFSET_RETURNED,
    PAYMENT,
    PAYMENT_RETURNED,
    PROVIDER_PAYABLE,
    PROVIDER_RECEIVABLE,
    RECOVERY,
    RECOVERY_DROPPED,
    REPAYMENT,
    REVERSAL,
    WRITE_OFF,
    JournalEntry,
    Posting,
)
from services.vouchers.providers.models import Provider
from services.vouchers.redemptions.models import Redemption
from services.vouchers.schemas import Division
from services.vouchers.settlements.collecting import month_of
from services.vouchers.settlements.router import PREFIX
from services.vouchers.settlements.schemas import Period
from services.vouchers.sums.queries import booked_by_month
from shared.auth.principal import Principal
from shared.db import Session
from shared.errors import DomainError, not_found
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.http.schemas import Request, Response
from shared.money import ZERO, Money, SignedMoney

MAX_LINES: Final = 20_000

router = APIRouter(prefix=f"{PREFIX}/statements", tags=["settlements"], route_class=ServiceRoute)


class ProviderQuery(Request):
    """Whose statement of which month; a provider's own account names none."""

    period: Period
    provider: UUID | None = None
    issuer_division: Division | None = None


class IssuerQuery(Request):
    """Which issuer's statement of which month; an issuer's own account names none."""

    period: Period
    issuer_division: Division | None = None


class StatementLine(Response):
    """One entry of the month: what it adds to what is owed to the provider, and to what the provider owes."""

    effective_on: date
    kind: str
    redemption_no: str
    payable: SignedMoney
    receivable: SignedMoney
    redemption_id: UUID
    settlement_id: UUID | None
    recovery_id: UUID | None


class StatementTotals(Response):
    """What the month's entries come to."""

    payable: SignedMoney
    receivable: SignedMoney


class ProviderStatement(Response):
    """A provider's month: owed to it (`payable`) and by it (`receivable`), at the begin and at the end."""

    exported: ClassVar[str] = "lines"

    provider_id: UUID
    provider_code: str
    provider_name: str
    period: str
    issuer_division: str | None
    opening_payable: SignedMoney
    opening_receivable: SignedMoney
    closing_payable: SignedMoney
    closing_receivable: SignedMoney
    lines: list[StatementLine]
    totals: StatementTotals


class IssuerLine(Response):
    """A provider in an issuer's month: opening + captured - reversed - paid + payment_returned = closing, and likewise
    for what it owes; `kept_back` is part of `paid`."""

    provider_code: str
    provider_name: str
    opening_payable: SignedMoney
    captured: Money
    reversed: Money
    paid: Money
    payment_returned: Money
    moved_to_recovery: Money
    closing_payable: SignedMoney
    opening_receivable: SignedMoney
    claimed_back: Money
    repaid: Money
    kept_back: SignedMoney
    written_off: Money
    closing_receivable: SignedMoney
    provider_id: UUID


class IssuerTotals(Response):
    """The sums of the columns."""

    opening_payable: SignedMoney
    captured: Money
    reversed: Money
    paid: Money
    payment_returned: Money
    moved_to_recovery: Money
    closing_payable: SignedMoney
    opening_receivable: SignedMoney
    claimed_back: Money
    repaid: Money
    kept_back: SignedMoney
    written_off: Money
    closing_receivable: SignedMoney


class IssuerStatement(Response):
    """An issuer's month, a line a provider; `bank` is what left its account less what came back."""

    exported: ClassVar[str] = "lines"

    issuer_division: str
    period: str
    bank: SignedMoney
    lines: list[IssuerLine]
    totals: IssuerTotals


@router.get("", responses=problem_responses(404, 409))
async def provider_statement(
    session: Session, principal: SettlementReader, wanted: Annotated[ProviderQuery, Query()]
) -> ProviderStatement:
    """A provider's month, over all issuers or of one; an issuer sees what concerns itself."""
    provider = await _provider(session, principal, wanted.provider)
    division = wanted.issuer_division
    if not reads_all(principal) and (own := division_of(principal)) is not None:
        division = own
    first, last = month_of(wanted.period)
    opening = await _opening(session, provider.code, division, first)
    lines = await _lines(session, _scope(provider.code, division), first, last)
    totals = StatementTotals(
        payable=sum((line.payable for line in lines), ZERO), receivable=sum((line.receivable for line in lines), ZERO)
    )
    return ProviderStatement(
        provider_id=provider.id,
        provider_code=provider.code,
        provider_name=provider.name,
        period=wanted.period,
        issuer_division=division,
        opening_payable=opening[0],
        opening_receivable=opening[1],
        closing_payable=opening[0] + totals.payable,
        closing_receivable=opening[1] + totals.receivable,
        lines=lines,
        totals=totals,
    )


@router.get("/issuer", responses=problem_responses(404))
async def issuer_statement(
    session: Session, principal: SettlementWorkReader, wanted: Annotated[IssuerQuery, Query()]
) -> IssuerStatement:
    """An issuer's month by provider. Raises 422 for a bureau that names no issuer."""
    division = wanted.issuer_division if reads_all(principal) else division_of(principal)
    if division is None:
        raise DomainError("settlement-issuer-missing", 422)
    if wanted.issuer_division not in (None, division):
        raise not_found("settlement")
    first, _ = month_of(wanted.period)
    rows = (await session.execute(_by_provider(division, first))).all()
    lines = [IssuerLine.model_validate(row) for row in rows]
    sums = {name: sum((getattr(line, name) for line in lines), ZERO) for name in IssuerTotals.model_fields}
    booked = booked_by_month(first, first).c
    bank = select(-func.coalesce(func.sum(booked.amount), ZERO)).where(
        booked.account == ISSUER_BANK, booked.issuer_division == division
    )
    return IssuerStatement(
        issuer_division=division,
        period=wanted.period,
        bank=(await session.execute(bank)).scalar_one(),
        lines=lines,
        totals=IssuerTotals.model_validate(sums),
    )


async def _provider(session: AsyncSession, principal: Principal, provider_id: UUID | None) -> Provider:
    """The provider asked for, or the caller's own: the last that had the code. Raises 404, 422."""
    code = provider_code_of(principal)
    if code is not None and not reads_all(principal) and division_of(principal) is None:
        query = select(Provider).where(Provider.code == code)
        if provider_id is not None:
            query = query.where(Provider.id == provider_id)
    elif provider_id is None:
        raise DomainError("settlement-provider-missing", 422)
    else:
        query = select(Provider).where(Provider.id == provider_id)
    found = (await session.scalars(query.order_by(Provider.id.desc()).limit(1))).one_or_none()
    if found is None:
        raise not_found("provider")
    return found


def _scope(code: str, division: str | None) -> ColumnElement[bool]:
    """A provider that was admitted anew is the same provider: by its code."""
    own = Redemption.provider_id.in_(select(Provider.id).where(Provider.code == code))
    return own if division is None else own & (Redemption.issuer_division == division)


async def _opening(session: AsyncSession, code: str, division: str | None, first: date) -> tuple[Decimal, Decimal]:
    """What is owed to the provider, and by it, when the month begins."""
    booked = booked_by_month(None, first - timedelta(days=1)).c
    query = select(
        func.coalesce(-func.sum(booked.amount).filter(booked.account == PROVIDER_PAYABLE), ZERO),
        func.coalesce(func.sum(booked.amount).filter(booked.account == PROVIDER_RECEIVABLE), ZERO),
    ).where(booked.provider_id.in_(select(Provider.id).where(Provider.code == code)))
    if division is not None:
        query = query.where(booked.issuer_division == division)
    payable, receivable = (await session.execute(query)).one()
    return payable, receivable


async def _lines(session: AsyncSession, scope: ColumnElement[bool], first: date, last: date) -> list[StatementLine]:
    """The month's entries, by day. Raises 409 `statement-too-long`."""
    posting, entry = Posting, JournalEntry
    query = (
        select(
            entry.effective_on,
            entry.kind,
            Redemption.no.label("redemption_no"),
            func.sum(case((posting.account == PROVIDER_PAYABLE, -posting.amount), else_=ZERO)).label("payable"),
            func.sum(case((posting.account == PROVIDER_RECEIVABLE, posting.amount), else_=ZERO)).label("receivable"),
            entry.redemption_id,
            entry.settlement_id,
            entry.recovery_id,
        )
        .join(entry, entry.id == posting.entry_id)
        .join(Redemption, Redemption.id == entry.redemption_id)
        .where(
            scope,
            entry.effective_on.between(first, last),
            posting.account.in_((PROVIDER_PAYABLE, PROVIDER_RECEIVABLE)),
        )
        .group_by(entry.id, Redemption.no)
        .order_by(entry.effective_on, entry.id)
        .limit(MAX_LINES + 1)
    )
    rows = (await session.execute(query)).all()
    if len(rows) > MAX_LINES:
        raise DomainError("statement-too-long", 409, params={"limit": MAX_LINES})
    return [StatementLine.model_validate(row) for row in rows]


def _by_provider(division: str, first: date) -> Select[*tuple[object, ...]]:
    """Every provider that moved by the end of the month, with what each kind of entry came to."""
    booked = booked_by_month(None, first).c
    payable, receivable = booked.account == PROVIDER_PAYABLE, booked.account == PROVIDER_RECEIVABLE
    before, within, kind = booked.month < first, booked.month == first, booked.kind
    amount, owed = booked.amount, -booked.amount

    def total(value: ColumnElement[Decimal], *when: ColumnElement[bool]) -> ColumnElement[Decimal]:
        return func.coalesce(func.sum(value).filter(*when), ZERO)

    columns: Mapping[str, ColumnElement[Decimal]] = {
        "opening_payable": total(owed, payable, before),
        "captured": total(owed, payable, within, kind == CAPTURE),
        "reversed": total(amount, payable, within, kind == REVERSAL),
        "paid": total(amount, payable, within, kind == PAYMENT),
        "payment_returned": total(owed, payable, within, kind == PAYMENT_RETURNED),
        "moved_to_recovery": total(owed, payable, within, kind.in_((RECOVERY, RECOVERY_DROPPED))),
        "closing_payable": total(owed, payable),
        "opening_receivable": total(amount, receivable, before),
        "claimed_back": total(amount, receivable, within, kind == RECOVERY),
        "repaid": total(owed, receivable, within, kind == REPAYMENT),
        "kept_back": total(owed, receivable, within, kind.in_((OFFSET, OFFSET_RETURNED))),
        "written_off": total(owed, receivable, within, kind == WRITE_OFF),
        "closing_receivable": total(amount, receivable),
    }
    statement: Select[*tuple[object, ...]] = (
        select(
            Provider.id.label("provider_id"),
            Provider.code.label("provider_code"),
            Provider.name.label("provider_name"),
            *(value.label(name) for name, value in columns.items()),
        )
        .join(booked.amount.table, booked.provider_id == Provider.id)
        .where(booked.issuer_division == division)
        .group_by(Provider.id)
        .order_by(Provider.code, Provider.id)
    )
    return statement
