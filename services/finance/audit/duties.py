"""Finance's populations."""

from __future__ import annotations

from typing import Final

from sqlalchemy import func, select

from services.finance.audit.spending import find_spending
from services.finance.audit.ties import find_ties
from services.finance.financing_rewards.models import FinancingReward
from services.finance.findings.models import Finding
from services.finance.grants.models import Grant
from services.finance.guarantees.models import GuaranteeClaim
from services.finance.journal.models import JournalEntry, Posting
from services.finance.loans.models import Loan
from services.finance.matching_funds.models import MatchingFundLine
from services.finance.matching_funds.states import CONFIRMED, SPENDING
from services.finance.spending.models import SpendingLine
from shared.audit.duties import Duties, Population, cases_of

_DEBITS: Final = (
    select(func.coalesce(func.sum(Posting.amount), 0))
    .where(Posting.entry_id == JournalEntry.id, Posting.amount > 0)
    .correlate(JournalEntry)
    .scalar_subquery()
)

POPULATIONS: Final = (
    Population(
        "grants_approved",
        money=True,
        find=cases_of(
            "/v1/grants/{id}",
            row_id=Grant.id,
            no=Grant.no,
            on=Grant.approved_on,
            stratum=Grant.tier,
            amount=Grant.approved,
        ),
    ),
    Population(
        "grants_paid",
        money=True,
        find=cases_of(
            "/v1/grants/{id}", row_id=Grant.id, no=Grant.no, on=Grant.paid_on, stratum=Grant.tier, amount=Grant.paid
        ),
    ),
    Population(
        "grant_spending",
        money=True,
        find=cases_of(
            "/v1/grants/{id}/spending",
            row_id=SpendingLine.id,
            case_id=SpendingLine.grant_id,
            no=SpendingLine.voucher_no,
            on=SpendingLine.spent_on,
            stratum=SpendingLine.purpose,
            amount=SpendingLine.amount,
        ),
    ),
    Population(
        "financing_rewards_paid",
        money=True,
        find=cases_of(
            "/v1/financing-rewards/{id}",
            row_id=FinancingReward.id,
            no=FinancingReward.no,
            on=FinancingReward.paid_on,
            stratum=FinancingReward.investor_type,
            amount=FinancingReward.paid,
        ),
    ),
    Population(
        "loans_disbursed",
        money=True,
        find=cases_of(
            "/v1/loans/{id}",
            row_id=Loan.id,
            no=Loan.no,
            on=Loan.disbursed_on,
            stratum=Loan.bank,
            amount=Loan.disbursed,
            where=(Loan.livemode,),
        ),
    ),
    Population(
        "guarantee_claims_paid",
        money=True,
        find=cases_of(
            "/v1/loans/guarantees/claims/{id}",
            row_id=GuaranteeClaim.id,
            no=GuaranteeClaim.no,
            on=GuaranteeClaim.paid_on,
            stratum=GuaranteeClaim.bank,
            amount=GuaranteeClaim.amount,
            where=(GuaranteeClaim.livemode,),
        ),
    ),
    Population(
        "matching_spending",
        money=True,
        find=cases_of(
            "/v1/matching-funds/{id}/spending",
            row_id=MatchingFundLine.id,
            case_id=MatchingFundLine.fund_id,
            no=MatchingFundLine.voucher_no,
            on=MatchingFundLine.spent_on,
            stratum=MatchingFundLine.purpose,
            amount=MatchingFundLine.amount,
            where=(MatchingFundLine.kind == SPENDING, MatchingFundLine.status == CONFIRMED),
        ),
    ),
    Population(
        "findings_opened",
        money=True,
        find=cases_of(
            "/v1/findings/{id}",
            row_id=Finding.id,
            no=Finding.no,
            on=Finding.opened_on,
            stratum=Finding.kind,
            amount=Finding.amount,
        ),
    ),
    Population(
        "journal_entries",
        money=True,
        find=cases_of(
            "/v1/journal-entries/{id}",
            row_id=JournalEntry.id,
            no=JournalEntry.case_no,
            on=JournalEntry.effective_on,
            stratum=JournalEntry.kind,
            amount=_DEBITS,
        ),
    ),
)

DUTIES: Final = Duties(populations=POPULATIONS, ties=find_ties, spending=find_spending)
