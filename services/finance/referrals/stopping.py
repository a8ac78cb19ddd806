"""What ends by itself: referrals whose authorisation was withdrawn, and those that nobody answers (3.2-1)."""

from __future__ import annotations

from datetime import date
from typing import Final

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.authorisations.models import DataAuthorisation
from services.finance.authorisations.queries import valid_on
from services.finance.referrals import states
from services.finance.referrals.models import Referral
from services.finance.referrals.recording import tell
from shared.events.contracts.finance.banking import ReferralExpired, ReferralWithdrawn
from shared.events.outbox import EventContext

AUTHORISATION_WITHDRAWN: Final = "authorisation_withdrawn"
AUTHORISATION_ENDED: Final = "authorisation_ended"
BANK_SILENT: Final = "bank_silent"
OFFER_LAPSED: Final = "offer_lapsed"
AT_ONCE: Final = 500
_UNDECIDED: Final = (states.SENT, states.ACCEPTED, states.OFFERED)
"""With the bank, and nothing is agreed."""


async def stop_unauthorised(
    session: AsyncSession, authorisation: DataAuthorisation, context: EventContext
) -> list[Referral]:
    """Referrals of the enterprise to the bank that are not agreed yet are over. Where an offer was agreed the bank goes
    on to report money, and reads nothing of the enterprise."""
    rows = await _locked(
        session,
        and_(
            Referral.enterprise_id == authorisation.enterprise_id,
            Referral.bank == authorisation.bank,
            Referral.livemode.is_(authorisation.livemode),
            Referral.status.in_(_UNDECIDED),
        ),
    )
    for referral in rows:
        referral.status, referral.reason_code = states.WITHDRAWN, AUTHORISATION_WITHDRAWN
        referral.ended_on = context.effective_on
        await tell(session, ReferralWithdrawn, referral, context, ["referrals.authorised"])
    return rows


async def expire_due(session: AsyncSession, day: date, context: EventContext, *which: ColumnElement[bool]) -> int:
    """Those that the bank, or after an offer the enterprise, has not answered by their last day, and those that the
    bank may not read any more; how many, at most `AT_ONCE` of them."""
    silent = and_(Referral.status.in_((states.SENT, states.ACCEPTED)), Referral.expires_on < day)
    lapsed = and_(Referral.status == states.OFFERED, Referral.offer_until < day)
    authorised = exists().where(
        DataAuthorisation.enterprise_id == Referral.enterprise_id,
        DataAuthorisation.bank == Referral.bank,
        DataAuthorisation.livemode == Referral.livemode,
        valid_on(day),
    )
    unread = and_(Referral.status.in_(_UNDECIDED), ~authorised)
    rows = await _locked(session, and_(or_(silent, lapsed, unread), *which))
    for referral in rows:
        referral.reason_code = _reason(referral, day)
        referral.status, referral.ended_on = states.EXPIRED, day
        await tell(session, ReferralExpired, referral, context, ["referrals.expired"])
    return len(rows)


def _reason(referral: Referral, day: date) -> str:
    if referral.status == states.OFFERED:
        over, reason = referral.offer_until, OFFER_LAPSED
    else:
        over, reason = referral.expires_on, BANK_SILENT
    return reason if over is not None and over < day else AUTHORISATION_ENDED


async def _locked(session: AsyncSession, which: ColumnElement[bool]) -> list[Referral]:
    query = select(Referral).where(which).order_by(Referral.id).limit(AT_ONCE)
    return list(await session.scalars(query.with_for_update().execution_options(populate_existing=True)))
