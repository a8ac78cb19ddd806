"""A delisting's effect on vouchers: for the city's bureaus and the auditor all of it, for others their own part."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.access import division_of, enterprise_code_of, provider_code_of, reads_all
from services.vouchers.delisting.models import DelistingCarriedOut, delisting_effect, delisting_hold
from services.vouchers.delisting.schemas import CaseFilter, CaseOut
from services.vouchers.projections import LISTED, known_centre, known_tenancy
from services.vouchers.redemptions.models import Redemption
from services.vouchers.redemptions.queries import sold_by
from services.vouchers.vouchers.models import Voucher
from services.vouchers.vouchers.queries import held_by
from services.vouchers.vouchers.rules import CENTRE_DELISTED, STOPPED
from shared.auth.principal import Principal
from shared.errors import not_found
from shared.money import ZERO

_HONOURED = "honoured"
_RELEASED = "released"


def concerned(principal: Principal) -> ColumnElement[bool]:
    """Vouchers whose fate the caller may see."""
    if reads_all(principal):
        return true()
    division = division_of(principal)
    issued = Voucher.issuer_division == division if division is not None else false()
    return or_(held_by(enterprise_code_of(principal)), issued)


def effects_of(principal: Principal, case_id: UUID) -> Select[*tuple[object, ...]]:
    """The vouchers that the case stopped."""
    effect, hold = delisting_effect.c, delisting_hold.c

    def of_holds(outcome: str) -> ColumnElement[object]:
        return (
            select(func.coalesce(func.sum(hold.subsidy), ZERO))
            .where(hold.case_id == effect.case_id, hold.voucher_id == effect.voucher_id, hold.outcome == outcome)
            .scalar_subquery()
        )

    return (
        select(
            effect.case_id,
            effect.voucher_id,
            effect.voucher_version,
            Voucher.no.label("voucher_no"),
            Voucher.programme_id,
            Voucher.issuer_division,
            Voucher.enterprise_id,
            effect.stopped_on,
            effect.returned,
            of_holds(_HONOURED).label(_HONOURED),
            of_holds(_RELEASED).label(_RELEASED),
            Voucher.status,
            Voucher.valid_until,
            reinstatable(principal).label("reinstatable"),
        )
        .join(Voucher, Voucher.id == effect.voucher_id)
        .where(effect.case_id == case_id, concerned(principal))
    )


def reinstatable(principal: Principal) -> ColumnElement[bool]:
    """2.3-5: stopped by a delisting, its last day to come, and its holder in a centre that is on the list today."""
    stay, centre, day = known_tenancy.c, known_centre.c, principal.today
    relocated = exists().where(
        stay.enterprise_id == Voucher.enterprise_id,
        stay.admitted_on <= day,
        or_(stay.ended_on.is_(None), stay.ended_on >= day),
        centre.id == stay.centre_id,
        centre.status == LISTED,
        centre.delisting_case_id.is_(None),
    )
    stopped = and_(Voucher.status == STOPPED, Voucher.reason_code == CENTRE_DELISTED, Voucher.returned > 0)
    return and_(stopped, Voucher.valid_until >= day, relocated)


def holds_of(principal: Principal, case_id: UUID) -> Select[*tuple[object, ...]]:
    """The holds that were open on them; providers see those at their own counter."""
    hold = delisting_hold.c
    return (
        select(
            hold.case_id,
            hold.redemption_id,
            Redemption.no.label("redemption_no"),
            hold.voucher_id,
            Redemption.enterprise_id,
            Redemption.provider_id,
            hold.outcome,
            hold.subsidy,
            Redemption.status,
        )
        .join(Redemption, Redemption.id == hold.redemption_id)
        .join(Voucher, Voucher.id == hold.voucher_id)
        .where(hold.case_id == case_id, or_(concerned(principal), sold_by(provider_code_of(principal))))
    )


def cases(principal: Principal, wanted: CaseFilter) -> Select[DelistingCarriedOut]:
    """Cases with something that concerns the caller."""
    effect, hold = delisting_effect.c, delisting_hold.c
    stopped = select(effect.case_id).join(Voucher, Voucher.id == effect.voucher_id)
    sold = select(hold.case_id).join(Redemption, Redemption.id == hold.redemption_id)
    concerns = or_(
        stopped.where(effect.case_id == DelistingCarriedOut.id, concerned(principal)).exists(),
        sold.where(hold.case_id == DelistingCarriedOut.id, sold_by(provider_code_of(principal))).exists(),
    )
    query = select(DelistingCarriedOut).where(concerns)
    return query if wanted.centre_id is None else query.where(DelistingCarriedOut.centre_id == wanted.centre_id)


async def show(session: AsyncSession, principal: Principal, case_id: UUID) -> CaseOut:
    """The case in sums, over what the caller may see. Raises 404 for one that is not known here, or did nothing that
    concerns the caller."""
    done = await session.get(DelistingCarriedOut, case_id)
    stopped = effects_of(principal, case_id).subquery()
    holds = holds_of(principal, case_id).subquery()
    sums = (await session.execute(_sums(stopped.c.voucher_id, stopped.c.returned))).one()
    by_outcome = select(holds.c.outcome, func.count(), func.sum(holds.c.subsidy)).group_by(holds.c.outcome)
    ended = {outcome: (count, amount) for outcome, count, amount in await session.execute(by_outcome)}
    if done is None or not (reads_all(principal) or sums.number or ended):
        raise not_found("delisting")
    again = select(func.count()).select_from(stopped).where(stopped.c.status != STOPPED)
    honoured, released = ended.get(_HONOURED, (0, ZERO)), ended.get(_RELEASED, (0, ZERO))
    return CaseOut(
        case_id=case_id,
        centre_id=done.centre_id,
        effective_on=done.effective_on,
        stopped_count=sums.number,
        returned=sums.amount,
        honoured_count=honoured[0],
        honoured=honoured[1],
        released_count=released[0],
        released=released[1],
        reinstated_count=await session.scalar(again) or 0,
    )


def _sums(voucher_id: ColumnElement[UUID], amount: ColumnElement[object]) -> Select[*tuple[object, ...]]:
    return select(
        func.count(voucher_id.distinct()).label("number"), func.coalesce(func.sum(amount), ZERO).label("amount")
    )
