"""The enterprises of sandbox referrals: none of them exists, and each shows it."""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

from stdnum.cn import uscc

from services.finance.bank_products.facts import Firm
from services.finance.referrals.models import Referral
from shared.identifiers import organisation_check_digit

NOWHERE: Final = "999999"
"""A division that there is not."""
BEGINS: Final = f"91{NOWHERE}"
_NAME: Final = "（虚构）沙箱试验企业 {no}"


def fictional_code(enterprise_id: UUID) -> str:
    """A code with right check digits that no register gives out."""
    body = f"{enterprise_id.int % 100_000_000:08d}"
    most = f"{BEGINS}{body}{organisation_check_digit(body)}"
    return most + str(uscc.calc_check_digit(most))


def is_fictional(referral: Referral) -> bool:
    """Whether it was made in the sandbox, and not by a test credential of an enterprise that exists."""
    return not referral.livemode and referral.enterprise_code.startswith(BEGINS)


def fictional_firm(referral: Referral, day: date) -> Firm | None:
    """What there is to know of a sandbox enterprise; None for a referral of one that exists."""
    if not is_fictional(referral):
        return None
    return Firm(
        id=referral.enterprise_id,
        code=referral.enterprise_code,
        name=_NAME.format(no=referral.no),
        industry_code="I6510",
        registered_on=date(day.year - 2, 1, 4),
        division=NOWHERE,
        size_class="micro",
        centre_id=None,
        centre_name=None,
        in_centre_since=None,
    )
