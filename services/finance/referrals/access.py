"""Whose referrals somebody reads, and how much of them (3.2-1).

An enterprise reads its own, a centre's operator those of the enterprises it hosts, the finance bureau, the office and
the auditor all. A bank reads those sent to it, as long as an authorisation of the enterprise holds; once an offer was
agreed it keeps its own loan, without a word about the enterprise where no authorisation holds any more.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import ColumnElement, and_, exists, or_

from services.finance.authorisations.models import DataAuthorisation
from services.finance.authorisations.queries import valid_on
from services.finance.bank_products.facts import CITY, of_enterprise
from services.finance.referrals import states
from services.finance.referrals.models import Referral
from shared.auth import roles as r
from shared.auth.principal import Principal
from shared.errors import forbidden
from shared.livemode import of_mode

READERS: Final = (r.ENTERPRISE, r.CENTRE_OPERATOR, r.BANK, *CITY)
_OWN_LOAN: Final = (states.AGREED, *states.WITH_MONEY)


def own_bank(principal: Principal) -> str:
    """The bank of the caller's account. Raises 403 for an account without one."""
    if not principal.bank:
        raise forbidden()
    return principal.bank


def reads_as_bank(principal: Principal) -> bool:
    """Whether the caller sees a bank's part only: no other role opens more."""
    return principal.has(r.BANK) and not principal.has(*CITY)


def authorised(principal: Principal) -> ColumnElement[bool]:
    """Whether an authorisation of the referral's enterprise for its bank holds today."""
    return exists().where(
        DataAuthorisation.enterprise_id == Referral.enterprise_id,
        DataAuthorisation.bank == Referral.bank,
        DataAuthorisation.livemode == Referral.livemode,
        valid_on(principal.today),
    )


def of_bank(principal: Principal) -> ColumnElement[bool]:
    """What the bank reads of what was sent to it."""
    return and_(
        Referral.bank == own_bank(principal),
        Referral.status != states.PREPARED,
        Referral.sent_on.is_not(None),
        or_(Referral.status.in_(_OWN_LOAN), authorised(principal)),
    )


def visible(principal: Principal) -> ColumnElement[bool]:
    """Which referrals the caller reads, of the mode of its credential."""
    allowed = [of_enterprise(Referral.enterprise_id, principal)]
    if principal.has(r.BANK):
        allowed.append(of_bank(principal))
    return and_(of_mode(Referral, principal), or_(*allowed))
