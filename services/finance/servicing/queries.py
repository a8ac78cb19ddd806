"""Reading loans after the contract: standing, schedule, lines, and who is behind."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.guarantees import states as guarantee_states
from services.finance.guarantees.models import Guarantee
from services.finance.loans.models import Loan
from services.finance.servicing import arrears, states
from services.finance.servicing.access import visible
from services.finance.servicing.arrears import arrears_class
from services.finance.servicing.models import LoanDrawdown, LoanInstalment, LoanPayment, LoanSchedule, LoanStanding
from services.finance.servicing.scheduling import arrears_of, extensions_of, instalments_of, last_schedule
from services.finance.servicing.schemas import (
    ArrearsFilter,
    LoanArrearsOut,
    LoanDrawdownOut,
    LoanExtensionOut,
    LoanInstalmentOut,
    LoanPaymentFilter,
    LoanPaymentOut,
    LoanScheduleOut,
    LoanServicingOut,
    OverdueLoanOut,
)
from shared.auth.principal import Principal
from shared.errors import not_found
from shared.http.paging import Page, PageParams, SortKey, paginate
from shared.money import ZERO
from shared.policy.edition import Edition

_DAY: Final = timedelta(days=1)


async def servicing(session: AsyncSession, loan: Loan, edition: Edition, day: date) -> LoanServicingOut:
    """A loan as of a day: balances are of now, arrears of the day's end."""
    await session.flush()
    schedule = await last_schedule(session, loan.id)
    sums = select(
        func.coalesce(func.sum(LoanPayment.principal), ZERO).label("principal"),
        func.coalesce(func.sum(LoanPayment.interest), ZERO).label("interest"),
        func.coalesce(func.sum(LoanPayment.penalty), ZERO).label("penalty"),
    ).where(LoanPayment.loan_id == loan.id, LoanPayment.kind != states.REVERSAL, LoanPayment.reversed_on.is_(None))
    paid = (await session.execute(sums)).one()
    guarantee = await session.scalar(
        select(Guarantee).where(Guarantee.loan_id == loan.id, Guarantee.status != guarantee_states.CANCELLED)
    )
    coming = await _next_due(session, loan, schedule, day)
    contracted = loan.contracted or ZERO
    own = {name: getattr(loan, name) for name in LoanServicingOut.model_fields if hasattr(Loan, name)}
    return LoanServicingOut.model_validate(
        own
        | {
            "loan_id": loan.id,
            "loan_no": loan.no,
            "undrawn": ZERO if loan.closed_on else contracted - loan.disbursed,
            "repaid_principal": paid.principal,
            "repaid_interest": paid.interest,
            "penalty": paid.penalty,
            "revision": schedule.revision if schedule else None,
            "next_due_on": coming.due_on if coming else None,
            "next_due_amount": coming.principal + coming.interest if coming else None,
            "guarantee_id": guarantee.id if guarantee else None,
            "guarantee_status": guarantee.status if guarantee else None,
            "arrears": await _arrears(session, loan, edition, day),
            "extensions": [LoanExtensionOut.model_validate(each) for each in await extensions_of(session, loan.id)],
        }
    )


async def schedule_out(session: AsyncSession, loan_id: UUID, revision: int | None) -> LoanScheduleOut:
    """A revision of the schedule, the last one unless named. Raises 404."""
    query = select(LoanSchedule).where(LoanSchedule.loan_id == loan_id)
    if revision is not None:
        query = query.where(LoanSchedule.revision == revision)
    schedule = await session.scalar(query.order_by(LoanSchedule.revision.desc()).limit(1))
    if schedule is None:
        raise not_found("loan-schedule")
    instalments = await instalments_of(session, loan_id, schedule.revision)
    own = {name: getattr(schedule, name) for name in LoanScheduleOut.model_fields if name != "instalments"}
    return LoanScheduleOut.model_validate(own | {"instalments": [_instalment(each) for each in instalments]})


async def list_drawdowns(session: AsyncSession, loan_id: UUID, wanted: PageParams) -> Page[LoanDrawdownOut]:
    """Tranches of a loan that the caller was found to see."""
    query = select(LoanDrawdown).where(LoanDrawdown.loan_id == loan_id)
    return await paginate(session, query, keys=[LoanDrawdown.line], params=wanted, item=LoanDrawdownOut.model_validate)


async def list_payments(session: AsyncSession, loan_id: UUID, wanted: LoanPaymentFilter) -> Page[LoanPaymentOut]:
    """Payments of a loan that the caller was found to see."""
    query = select(LoanPayment).where(LoanPayment.loan_id == loan_id)
    if wanted.kind is not None:
        query = query.where(LoanPayment.kind == wanted.kind)
    if wanted.paid_from is not None:
        query = query.where(LoanPayment.paid_on >= wanted.paid_from)
    if wanted.paid_to is not None:
        query = query.where(LoanPayment.paid_on <= wanted.paid_to)
    return await paginate(session, query, keys=[LoanPayment.line], params=wanted, item=LoanPaymentOut.model_validate)


async def list_overdue(
    session: AsyncSession, wanted: ArrearsFilter, principal: Principal, bounds: tuple[int, ...]
) -> Page[OverdueLoanOut]:
    """Loans that are behind on the caller's day, the longest first."""
    today = principal.today
    query = (
        select(Loan, LoanStanding.open_since)
        .join(LoanStanding, LoanStanding.loan_id == Loan.id)
        .where(visible(principal), overdue(today))
    )
    if wanted.arrears_class is not None:
        query = query.where(_of_class(wanted.arrears_class, today, bounds))
    for column in (Loan.product, Loan.bank, Loan.enterprise_code):
        if (value := getattr(wanted, column.key)) is not None:
            query = query.where(column == value)

    def item(row: Row[Loan, date | None]) -> OverdueLoanOut:
        loan, since = row[0], row[1]
        assert since is not None, loan.no
        days = (today - since).days
        own = {name: getattr(loan, name) for name in ("product", "bank", "borrower", "status", "outstanding")}
        standing = {"since": since, "days": days, "arrears_class": arrears_class(days, bounds)}
        return OverdueLoanOut.model_validate({"loan_id": loan.id, "loan_no": loan.no, **own, **standing})

    keys: list[SortKey] = [LoanStanding.open_since, Loan.id]
    return await paginate(session, query, keys=keys, params=wanted, item=item)


def overdue(today: date) -> ColumnElement[bool]:
    """Loans in arrears at the end of the day."""
    return and_(Loan.status.in_(states.OWED), LoanStanding.open_since < today)


def bounds_of(edition: Edition) -> tuple[int, ...]:
    """Last days of the lower classes of arrears."""
    return tuple(int(bound) for bound in edition.loan_servicing.arrears_bounds.value)


def _of_class(wanted: str, today: date, bounds: tuple[int, ...]) -> ColumnElement[bool]:
    """Classes as ranges of the oldest due day."""
    first, last = bounds
    since = LoanStanding.open_since
    ranges: dict[str, ColumnElement[bool]] = {
        arrears.CURRENT: since >= today,
        arrears.UP_TO_30: since >= today - first * _DAY,
        arrears.UP_TO_90: and_(since < today - first * _DAY, since >= today - last * _DAY),
        arrears.OVER_90: since < today - last * _DAY,
    }
    return ranges[wanted]


async def _arrears(session: AsyncSession, loan: Loan, edition: Edition, day: date) -> LoanArrearsOut:
    found = await arrears_of(session, loan.id, day)
    return LoanArrearsOut.model_validate(
        {
            "on": day,
            "principal": found.principal,
            "interest": found.interest,
            "since": found.since,
            "days": found.days,
            "arrears_class": arrears_class(found.days, bounds_of(edition)),
        }
    )


async def _next_due(
    session: AsyncSession, loan: Loan, schedule: LoanSchedule | None, day: date
) -> LoanInstalment | None:
    if schedule is None or not loan.outstanding:
        return None
    query = select(LoanInstalment).where(
        LoanInstalment.loan_id == loan.id, LoanInstalment.revision == schedule.revision, LoanInstalment.due_on >= day
    )
    return await session.scalar(query.order_by(LoanInstalment.due_on, LoanInstalment.no).limit(1))


def _instalment(each: object) -> LoanInstalmentOut:
    return LoanInstalmentOut.model_validate(each, from_attributes=True)
