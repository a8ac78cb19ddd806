"""Referrals that a bank tries its programs with: of enterprises that do not exist, in test mode only (3.2-1).

Nobody has to refer anybody: a test credential of a bank makes the referral and plays the enterprise's part. Everything
else about such a referral is the real thing: states, rules, references, reconciliation.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.authorisations.models import DataAuthorisation
from services.finance.authorisations.rules import decide_authorised
from services.finance.referrals.access import own_bank
from services.finance.referrals.fictional import BEGINS, fictional_code, is_fictional
from services.finance.referrals.models import Referral
from services.finance.referrals.queries import lock
from services.finance.referrals.recording import tell
from services.finance.referrals.rules import answer_days, decide_in_time
from services.finance.referrals.schemas import DeclineIn, SandboxReferralIn, WithdrawalIn
from services.finance.referrals.states import ACCEPTED, AGREED, DECLINED, DISBURSED, OFFERED, REPAYING, SENT, WITHDRAWN
from shared.auth.principal import Principal
from shared.calendar import add_months
from shared.errors import DomainError, invalid_transition
from shared.events.contracts.finance.banking import (
    ReferralAgreed,
    ReferralDeclined,
    ReferralSent,
    ReferralWithdrawn,
)
from shared.events.outbox import EventContext
from shared.http.etag import honour_match
from shared.ids import next_case_no, uuid7
from shared.livemode import series
from shared.policy.edition import Edition, Editions
from shared.refusals import require_passed

MOST_OPEN: Final = 200
"""Sandbox referrals of a bank that are not ended; a program that runs wild must not fill the database."""
MOST_A_DAY: Final = 1000
_CHANNEL: Final = "enterprise"
_ALIVE: Final = (SENT, ACCEPTED, OFFERED, AGREED, DISBURSED, REPAYING)


async def make(session: AsyncSession, sent: SandboxReferralIn, *, principal: Principal, editions: Editions) -> Referral:
    """A referral of a new fictional enterprise to the caller's bank, as if it had just been sent.

    Raises 403 `sandbox-test-only` for a live credential, 409 `policy-not-in-force`, `sandbox-full`.
    """
    bank = _own_bank(principal)
    edition = editions.require_in_force(principal.today)
    authorisation = await _authorise(session, bank, edition, principal)
    await _require_room(session, bank, principal)
    decision = require_passed(
        decide_authorised(
            edition,
            bank=bank,
            day=principal.today,
            authorisation_no=authorisation.no,
            valid_until=authorisation.valid_until,
        )
    )
    due, last = answer_days(edition, principal.today)
    referral = Referral(
        id=uuid7(),
        version=0,
        livemode=False,
        no=await next_case_no(session, series("RF", livemode=False), principal.today.year),
        edition=edition.id,
        batch_id=uuid7(),
        enterprise_id=authorisation.enterprise_id,
        enterprise_code=authorisation.enterprise_code,
        bank=bank,
        authorisation_id=authorisation.id,
        amount=sent.amount,
        tenor_months=sent.tenor_months,
        purpose=sent.purpose,
        facts={},
        decision=decision.to_json(),
        status=SENT,
        channel=_CHANNEL,
        prepared_by=principal.account_id,
        prepared_on=principal.today,
        sent_by=principal.account_id,
        sent_on=principal.today,
        answer_due_on=due,
        expires_on=last,
    )
    session.add(referral)
    await session.flush()
    await tell(session, ReferralSent, referral, EventContext.of(principal), decision.rules)
    return referral


async def agree(
    session: AsyncSession, referral_id: UUID, *, principal: Principal, editions: Editions, if_match: str | None
) -> Referral:
    """The enterprise takes the offer. Raises 403, 404, 409 `invalid-transition`, `referral-offer-lapsed`."""
    referral = await _lock(session, referral_id, principal, if_match, OFFERED)
    edition = editions.get(referral.edition)
    in_time = require_passed(
        decide_in_time(edition, day=principal.today, last_day=referral.offer_until, message="referral-offer-lapsed")
    )
    referral.status, referral.agreed_on = AGREED, principal.today
    await tell(session, ReferralAgreed, referral, EventContext.of(principal), in_time.rules)
    return referral


async def decline(
    session: AsyncSession, referral_id: UUID, sent: DeclineIn, *, principal: Principal, if_match: str | None
) -> Referral:
    """The enterprise does not take the offer. Raises 403, 404, 409 `invalid-transition`."""
    referral = await _lock(session, referral_id, principal, if_match, OFFERED)
    referral.status, referral.reason_code, referral.ended_on = DECLINED, sent.reason_code, principal.today
    await tell(session, ReferralDeclined, referral, EventContext.of(principal), ("referrals.offer",))
    return referral


async def withdraw(
    session: AsyncSession, referral_id: UUID, sent: WithdrawalIn, *, principal: Principal, if_match: str | None
) -> Referral:
    """The enterprise takes the referral back before money is paid. Raises 403, 404, 409 `invalid-transition`."""
    referral = await _lock(session, referral_id, principal, if_match, SENT, ACCEPTED, OFFERED, AGREED)
    referral.status, referral.reason_code, referral.ended_on = WITHDRAWN, sent.reason_code, principal.today
    await tell(session, ReferralWithdrawn, referral, EventContext.of(principal), ("referrals.answered",))
    return referral


async def _authorise(session: AsyncSession, bank: str, edition: Edition, principal: Principal) -> DataAuthorisation:
    terms = edition.banking.authorisations
    enterprise_id = uuid7()
    authorisation = DataAuthorisation(
        id=uuid7(),
        version=0,
        livemode=False,
        no=await next_case_no(session, series("AU", livemode=False), principal.today.year),
        edition=edition.id,
        enterprise_id=enterprise_id,
        enterprise_code=fictional_code(enterprise_id),
        bank=bank,
        purpose=terms.application_purpose.value,
        fields=sorted(terms.fields),
        valid_from=principal.today,
        valid_until=add_months(principal.today, terms.longest_months.value),
        granted_by=principal.account_id,
        granted_on=principal.today,
    )
    session.add(authorisation)
    await session.flush()
    return authorisation


async def _require_room(session: AsyncSession, bank: str, principal: Principal) -> None:
    """Counted after the number of the authorisation was drawn, which lets one request at a time come here."""
    ours = (Referral.bank == bank, Referral.livemode.is_(False), Referral.enterprise_code.startswith(BEGINS))
    alive, today = Referral.status.in_(_ALIVE), Referral.sent_on == principal.today
    counts = select(func.count().filter(alive), func.count().filter(today)).where(*ours, or_(alive, today))
    still_open, made_today = (await session.execute(counts)).one()
    if still_open >= MOST_OPEN or made_today >= MOST_A_DAY:
        raise DomainError("sandbox-full", 409, params={"open": MOST_OPEN, "daily": MOST_A_DAY})


def _own_bank(principal: Principal) -> str:
    if principal.livemode:
        raise DomainError("sandbox-test-only", 403)
    return own_bank(principal)


async def _lock(
    session: AsyncSession, referral_id: UUID, principal: Principal, if_match: str | None, *allowed: str
) -> Referral:
    _own_bank(principal)
    referral = await lock(session, referral_id, principal)
    if not is_fictional(referral):
        raise DomainError("sandbox-enterprise-exists", 409, params={"no": referral.no})
    honour_match(if_match, referral.version)
    if referral.status not in allowed:
        raise invalid_transition(referral.status, allowed)
    return referral
