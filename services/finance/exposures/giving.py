"""What was given: grants of the centres that somebody runs, divisions' matching money, vouchers, what alliances got."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy import ColumnElement, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.alliance_support import states as support_states
from services.finance.alliance_support.models import AllianceSupport
from services.finance.ceilings.models import CENTRE_YEAR, ceiling
from services.finance.exposures.lines import ALLIANCE, GRANT, MATCHING, VOUCHER, Cap, Line
from services.finance.exposures.members import Circle, Member
from services.finance.grants import states as grant_states
from services.finance.grants.models import Grant
from services.finance.matching_funds.models import MatchingFund, MatchingFundLine
from services.finance.projections import (
    known_centre,
    known_redemption,
    known_voucher,
    known_voucher_programme,
    known_voucher_terms,
)
from shared.money import ZERO
from shared.policy.edition import Edition

_TO_ACCOUNT_FOR = (support_states.PAID, support_states.REPORTED)
_ENDED_UNPAID = (grant_states.REFUSED, grant_states.CANCELLED)
_REDEEMED = "redeemed"
_HAS_ITS_MONEY = ("active", "frozen")
"""A frozen voucher has what it had, until it is used again or stopped."""
_OPEN_USES = ("held", "delivered", "disputed")


async def grants_of(session: AsyncSession, circle: Circle) -> list[Line]:
    """Grants that the operator applied for (3.1)."""
    query = select(Grant).where(Grant.operator_code.in_(circle.codes), Grant.status.not_in(_ENDED_UNPAID))
    return [
        Line(
            whose=circle.whose(None, grant.operator_code).code,
            programme=GRANT,
            kind=grant.purpose,
            case_id=grant.id,
            case_no=grant.no,
            status=grant.status,
            holder=grant.operator_code,
            link=f"/v1/grants/{grant.id}",
            period=str(grant.fiscal_year),
            requested=grant.requested,
            granted=grant.approved or ZERO,
            paid=grant.paid,
            returned=grant.refunded + grant.held_back,
            outstanding=grant.recovery_due,
            entries_of=grant.id,
        )
        for grant in await session.scalars(query.order_by(Grant.id))
    ]


async def grant_caps(session: AsyncSession, edition: Edition, member: Member) -> list[Cap]:
    """What of each centre's year is taken, for the centres that it runs now or applied for (3.1-1 to 3.1-4)."""
    runs = select(known_centre.c.id).where(known_centre.c.operator_code.in_(member.codes))
    applied = select(Grant.centre_id).where(Grant.operator_code.in_(member.codes))
    ids = set(await session.scalars(runs.union(applied)))
    query = select(ceiling.c.subject, ceiling.c.period, ceiling.c.limit_amount, ceiling.c.committed).where(
        ceiling.c.kind == CENTRE_YEAR, ceiling.c.subject.in_([str(centre_id) for centre_id in ids])
    )
    rule = edition.rule("grants.centre_year_ceiling")
    return [
        Cap(
            rule="grants.centre_year_ceiling",
            clause=rule.clause,
            programme=GRANT,
            subject=row.subject,
            period=row.period,
            limit=row.limit_amount,
            counted=row.committed,
        )
        for row in await session.execute(query.order_by(ceiling.c.period, ceiling.c.subject))
    ]


async def matching_of(session: AsyncSession, circle: Circle) -> list[Line]:
    """Payments out of divisions' matching funds to it, or to centres that it runs, but for those taken back (5.1-2)."""
    line = MatchingFundLine
    centre = known_centre.c
    query = (
        select(line, MatchingFund.no, MatchingFund.year, centre.operator_code)
        .join(MatchingFund, MatchingFund.id == line.fund_id)
        .outerjoin(known_centre, centre.id == line.centre_id)
        .where(line.kind == "spending", line.status == "confirmed", line.reversed_on.is_(None))
        .where(or_(line.enterprise_code.in_(circle.codes), centre.operator_code.in_(circle.codes)))
        .order_by(line.id)
    )
    return [
        Line(
            whose=(whose := circle.whose(None, paid.enterprise_code, operator).code),
            programme=MATCHING,
            kind=paid.purpose,
            case_id=paid.fund_id,
            case_no=f"{no}/{paid.line}",
            status="paid",
            holder=paid.enterprise_code or whose,
            link=f"/v1/matching-funds/{paid.fund_id}",
            period=str(year),
            requested=paid.amount,
            granted=paid.amount,
            paid=paid.amount,
            entry_id=paid.journal_entry_id,
        )
        for paid, no, year, operator in await session.execute(query)
    ]


async def support_of(session: AsyncSession, circle: Circle) -> list[Line]:
    """Support of an alliance, for the body that leads it and got the money (4.6-3, 4.7-3)."""
    query = select(AllianceSupport).where(
        AllianceSupport.recipient_code.in_(circle.codes), AllianceSupport.status != support_states.REFUSED
    )
    return [
        Line(
            whose=circle.whose(None, support.recipient_code).code,
            programme=ALLIANCE,
            kind=support.alliance,
            case_id=support.id,
            case_no=support.no,
            status=support.status,
            holder=support.recipient_code,
            link=f"/v1/alliance-support/{support.id}",
            period=str(support.year),
            requested=support.requested,
            granted=support.approved or ZERO,
            paid=support.paid,
            returned=support.refunded,
            outstanding=support.paid - support.refunded if support.status in _TO_ACCOUNT_FOR else ZERO,
            entries_of=support.id,
        )
        for support in await session.scalars(query.order_by(AllianceSupport.id))
    ]


async def vouchers_of(session: AsyncSession, circle: Circle, today: date) -> list[Line]:
    """Vouchers as their events told (4.3). What a stopped one had left went back to its budget."""
    if not circle.ids:
        return []
    voucher, programme = known_voucher.c, known_voucher_programme.c
    code_of = {record: code for member in circle.members for record, code in member.records}
    query = (
        select(known_voucher, programme.kind, programme.year, *_uses())
        .outerjoin(known_voucher_programme, programme.id == voucher.programme_id)
        .outerjoin(known_redemption, known_redemption.c.voucher_id == voucher.id)
        .where(voucher.enterprise_id.in_(circle.ids))
        .group_by(voucher.id, programme.kind, programme.year)
        .order_by(voucher.id)
    )
    lines = []
    for row in await session.execute(query):
        granted, outstanding = _standing(row.status, row.face_value, row.spent, row.held, row.valid_until >= today)
        lines.append(
            Line(
                whose=circle.whose(row.enterprise_id).code,
                programme=VOUCHER,
                kind=row.kind or "unknown",
                case_id=row.id,
                case_no=row.no,
                status=row.status,
                holder=code_of[row.enterprise_id],
                link=f"/v1/vouchers/{row.id}",
                period=None if row.year is None else str(row.year),
                requested=row.face_value,
                granted=granted,
                paid=row.spent,
                outstanding=outstanding,
            )
        )
    return lines


def _uses() -> tuple[ColumnElement[Decimal], ColumnElement[Decimal]]:
    """Spent, and held or delivered, of the uses of a voucher."""
    use = known_redemption.c
    spent = func.coalesce(func.sum(use.subsidy).filter(use.status == _REDEEMED), ZERO)
    held = func.coalesce(func.sum(use.subsidy).filter(use.status.in_(_OPEN_USES)), ZERO)
    return spent.label("spent"), held.label("held")


def _standing(
    status: str, face_value: Decimal, spent: Decimal, held: Decimal, running: bool
) -> tuple[Decimal, Decimal]:
    """What of a voucher counts, and what of that can still be used."""
    if status not in _HAS_ITS_MONEY:
        return spent + held, held
    return face_value, face_value - spent if running else held


def quota_on(day: date) -> ColumnElement[Decimal]:
    """What an enterprise may have of a programme's year by the terms that hold on the day (4.3-3)."""
    programme, terms = known_voucher_programme.c, known_voucher_terms.c
    amended = (
        select(terms.enterprise_quota)
        .where(terms.programme_id == programme.id, terms.terms_from <= day)
        .order_by(terms.terms_from.desc())
        .limit(1)
        .scalar_subquery()
    )
    return func.coalesce(amended, programme.enterprise_quota)


async def voucher_caps(session: AsyncSession, edition: Edition, member: Member, day: date) -> list[Cap]:
    """What each division gave it of a year's quota, by the vouchers' events (4.3-3)."""
    if not member.ids:
        return []
    voucher, programme = known_voucher.c, known_voucher_programme.c
    uses = select(known_redemption.c.voucher_id, *_uses()).group_by(known_redemption.c.voucher_id).subquery("uses")
    used = uses.c
    taken = case(
        (voucher.status.in_(_HAS_ITS_MONEY), voucher.face_value),
        else_=func.coalesce(used.spent, ZERO) + func.coalesce(used.held, ZERO),
    )
    query = (
        select(
            programme.issuer_division,
            programme.year,
            func.max(quota_on(day)).label("quota"),
            func.sum(taken).label("taken"),
        )
        .join(known_voucher_programme, programme.id == voucher.programme_id)
        .outerjoin(uses, used.voucher_id == voucher.id)
        .where(voucher.enterprise_id.in_(member.ids))
        .group_by(programme.issuer_division, programme.year)
        .order_by(programme.year, programme.issuer_division)
    )
    rule = edition.rule("vouchers.quota")
    return [
        Cap(
            rule="vouchers.quota",
            clause=rule.clause,
            programme=VOUCHER,
            subject=row.issuer_division,
            period=str(row.year),
            limit=row.quota,
            counted=row.taken,
        )
        for row in await session.execute(query)
    ]
