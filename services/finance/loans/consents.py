"""Who has agreed to borrow: joint partners, and the graduate for whom an enterprise files (3.2-5)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.loans.cases import Step, open_case, tell
from services.finance.loans.commitments import partners_of
from services.finance.loans.models import Loan
from services.finance.loans.queries import PARTIES
from services.finance.loans.rules import decide_consent
from services.finance.loans.schemas import ConsentIn
from services.finance.loans.states import DRAFT
from shared.auth import roles as r
from shared.auth.principal import Principal
from shared.errors import not_found
from shared.events.contracts.finance.loans import LoanConsentGiven, LoanConsentWithdrawn
from shared.events.outbox import EventContext
from shared.policy.decision import Decision
from shared.policy.edition import Edition

AGREED_BY = ("loans.consent",)


async def give(session: AsyncSession, sent: ConsentIn, *, step: Step) -> Loan:
    """The caller agrees to the draft as it stands, or takes that back; the same word again changes nothing.

    Raises 404 for who does not borrow, 409 `invalid-transition` once it is applied for, 412.
    """
    case = await open_case(session, step, None, DRAFT)
    loan, ref = case.loan, step.principal.person_ref
    if ref is None or ref not in people(loan, await partners_of(session, loan.id)):
        raise not_found("loan")
    if sent.given == (ref in loan.consents):
        return loan
    if sent.given:
        loan.consents = {**loan.consents, ref: _word(step.principal)}
    else:
        loan.consents = {other: word for other, word in loan.consents.items() if other != ref}
    event_type = LoanConsentGiven if sent.given else LoanConsentWithdrawn
    await tell(session, event_type, loan, EventContext.of(step.principal), AGREED_BY)
    return loan


def people(loan: Loan, partners: Sequence[str]) -> list[str]:
    """The persons who will owe the money: all partners, or the one."""
    return list(partners) or ([] if loan.person_ref is None else [loan.person_ref])


def begin(loan: Loan, partners: Sequence[str], principal: Principal) -> None:
    """Consents to terms just written: a founder's own, and on paper that an officer enters everybody's signature.
    What others had agreed to were other terms."""
    asked = people(loan, partners)
    if principal.has(*PARTIES):
        own = principal.person_ref if principal.has(r.FOUNDER) else None
        asked = [ref for ref in asked if ref == own]
    loan.consents = {ref: _word(principal) for ref in asked}


def decide(edition: Edition, loan: Loan, partners: Sequence[str], principal: Principal) -> list[Decision]:
    """3.2-5: all have agreed; a founder who applies agrees by that. Nothing where no person borrows."""
    asked = people(loan, partners)
    if not asked:
        return []
    if principal.has(r.FOUNDER) and principal.person_ref in asked:
        loan.consents = {str(principal.person_ref): _word(principal), **loan.consents}
    missing = next((ref for ref in asked if ref not in loan.consents), None)
    return [decide_consent(edition, loan.product, missing=missing)]


def _word(principal: Principal) -> dict[str, str]:
    return {"by": principal.account_id, "on": principal.today.isoformat()}
