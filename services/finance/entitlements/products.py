"""Bank products that suit, and voucher programmes that may (3.3-1, 4.3)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.bank_products.facts import read_firm
from services.finance.bank_products.matching import match_product, verdict_of
from services.finance.bank_products.queries import offered_on
from services.finance.bank_products.schemas import Statements
from services.finance.bank_products.states import DOES_NOT_FIT, FITS, OPEN as LEFT_OPEN
from services.finance.bank_products.suiting import facts_of, terms_of
from services.finance.entitlements.items import ASK, CLOSED, NEEDS, OPEN, Item, Standing
from services.finance.exposures.giving import quota_on, voucher_caps
from services.finance.exposures.lines import VOUCHER
from services.finance.exposures.members import Member
from services.finance.projections import LISTED, known_centre, known_tenancy, known_voucher_programme
from shared.money import ZERO
from shared.policy.edition import Edition

BANK_PRODUCT: Final = "bank_product"
_STATES: Final[Mapping[str, Standing]] = {FITS: OPEN, LEFT_OPEN: NEEDS, DOES_NOT_FIT: CLOSED}
_RUNNING: Final = "open"


async def products_open_to(session: AsyncSession, edition: Edition, member: Member, day: date) -> list[Item]:
    """Every product offered today, matched with what finance knows; what it does not know is for the enterprise to
    state."""
    head = next(record_id for record_id, code in member.records if code == member.code)
    facts = facts_of(await read_firm(session, head, day), Statements())
    items = []
    for product, terms in await offered_on(session, day):
        decision = match_product(edition, terms_of(terms), facts, day)
        items.append(
            Item(
                programme=BANK_PRODUCT,
                product=product.code,
                subject=member.code,
                apply="/v1/referrals",
                dry_run="/v1/bank-products/matches",
                decision=decision,
                state=_STATES[verdict_of(decision)],
            )
        )
    return items


async def vouchers_open_to(session: AsyncSession, edition: Edition, member: Member, day: date) -> list[Item]:
    """Open programmes of the year whose division owns or hosts the centre where the enterprise sits, with what is left
    of its quota by the vouchers' events; whether a voucher is issued the voucher service says."""
    stay, centre, programme = known_tenancy.c, known_centre.c, known_voucher_programme.c
    seat = (
        select(centre.owner_division, centre.site_division)
        .join(known_tenancy, stay.centre_id == centre.id)
        .where(stay.enterprise_id.in_(member.ids), stay.admitted_on <= day, centre.status == LISTED)
        .where(stay.ended_on.is_(None) | (stay.ended_on >= day), centre.delisting_case_id.is_(None))
    )
    divisions = {division for row in await session.execute(seat) for division in row}
    if not divisions:
        return []
    query = select(programme.id, programme.no, programme.issuer_division, quota_on(day).label("quota")).where(
        programme.issuer_division.in_(divisions), programme.year == day.year, programme.status == _RUNNING
    )
    given: dict[str, Decimal] = {
        cap.subject: cap.counted
        for cap in await voucher_caps(session, edition, member, day)
        if cap.period == str(day.year)
    }
    return [
        Item(
            programme=VOUCHER,
            product=row.no,
            subject=member.code,
            apply=f"/v1/voucher-programmes/{row.id}",
            dry_run="/v1/vouchers/eligibility",
            limit=row.quota,
            counted=given.get(row.issuer_division, ZERO),
            state=ASK,
        )
        for row in await session.execute(query.order_by(programme.no))
    ]
