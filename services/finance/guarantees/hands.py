"""Who decides and who pays: the company where its own capital bears it, a bureau and the treasury where the public
guarantee fund does (3.2-3 to 3.2-5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from services.finance.guarantees import states
from services.finance.guarantees.models import GuaranteeClaim
from services.finance.loans.models import Loan
from services.finance.servicing.access import TREASURY
from shared.auth import roles as r
from shared.auth.principal import Principal
from shared.errors import forbidden
from shared.policy.edition import Edition

APPROVERS: Final[Mapping[str, str]] = {"finance": r.FINANCE_APPROVER, "hr": r.HR_APPROVER}
"""By the department of the loan: who approves what the public fund bears."""
MAY_APPROVE: Final = (r.GUARANTOR, *APPROVERS.values())
MAY_PAY: Final = (r.GUARANTOR, *TREASURY)


def require_approver(principal: Principal, edition: Edition, loan: Loan, *, public: bool) -> None:
    """An approver of the loan's department for public money, else the guarantor. Raises 403."""
    if not principal.has(_approver(edition, loan) if public else r.GUARANTOR):
        raise forbidden()


def require_payer(principal: Principal, *, public: bool) -> None:
    """The treasury for public money, else the guarantor. Raises 403."""
    if not principal.has(*(TREASURY if public else (r.GUARANTOR,))):
        raise forbidden()


def require_refuser(principal: Principal, edition: Edition, loan: Loan, claim: GuaranteeClaim) -> None:
    """Whoever it waits for: the guarantor until the approval, which for public money the department takes back; it may
    refuse what the guarantor has accepted. Raises 403."""
    allowed = {r.GUARANTOR}
    if claim.public and claim.status != states.FILED:
        allowed = {_approver(edition, loan)} | (allowed if claim.status == states.ACCEPTED else set())
    if not principal.has(*allowed):
        raise forbidden()


def _approver(edition: Edition, loan: Loan) -> str:
    return f"{edition.departments[loan.department].role_prefix}_approver"
