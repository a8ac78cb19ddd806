"""How a claim ends without being paid: refused, taken back, or settled by the borrower (3.2-3)."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.appropriations.commitments import GUARANTEE_COMPENSATION, Claim as BudgetClaim, release_budget
from services.finance.guarantees import states
from services.finance.guarantees.models import GuaranteeClaim
from services.finance.guarantees.telling import tell_claim
from services.finance.loans import states as loan_states
from services.finance.loans.models import Loan
from services.finance.servicing.telling import tell as tell_loan
from shared.auth.principal import Principal
from shared.events.contracts.finance.guarantees import GuaranteeClaimRefused, GuaranteeClaimWithdrawn
from shared.events.contracts.finance.loan_servicing import LoanClaimEnded
from shared.events.outbox import EventContext
from shared.policy.decision import Decision

SETTLED = "settled_by_borrower"


async def end_claim(
    session: AsyncSession,
    claim: GuaranteeClaim,
    loan: Loan,
    principal: Principal,
    *,
    status: str,
    reason: str | None = None,
    decision: Decision | None = None,
) -> None:
    """The locked claim ends, and the borrower of the locked loan repays the bank as before; a budget that was held is
    free again."""
    context = EventContext.of(principal)
    if claim.status == states.APPROVED and claim.budgeted:
        assert claim.approved_on is not None, claim.no
        await release_budget(
            session,
            programme=GUARANTEE_COMPENSATION,
            year=claim.approved_on.year,
            amount=claim.budget_amount,
            case=BudgetClaim.before(claim),
            context=context,
        )
    claim.status, claim.reason_code = status, reason
    claim.ended_by, claim.ended_on = principal.account_id, context.effective_on
    event = GuaranteeClaimRefused if status == states.REFUSED else GuaranteeClaimWithdrawn
    await tell_claim(session, event, claim, context, decision)
    loan.status = loan_states.REPAYING
    await tell_loan(session, LoanClaimEnded, loan, context)


async def settle_claim(session: AsyncSession, loan: Loan, principal: Principal) -> bool:
    """Whether the borrower of the locked loan has paid all principal while the guarantor was called: nothing is left of
    the claim, and it ends."""
    if loan.status != loan_states.IN_CLAIM or loan.outstanding:
        return False
    query = select(GuaranteeClaim).where(
        GuaranteeClaim.loan_id == loan.id, GuaranteeClaim.status.in_(states.CLAIM_OPEN)
    )
    claim = (await session.scalars(query.with_for_update(), execution_options={"populate_existing": True})).one()
    await end_claim(session, claim, loan, principal, status=states.WITHDRAWN, reason=SETTLED)
    return True
