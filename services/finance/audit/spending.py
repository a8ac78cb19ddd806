"""Payments from the budget lines and the matching funds, as the journal has them, and what was appropriated (3.1-4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import CompoundSelect, func, literal, select, union_all

from services.finance.alliance_support.models import AllianceSupport
from services.finance.appropriations.models import Appropriation
from services.finance.financing_rewards.models import FinancingReward
from services.finance.grants.models import Grant
from services.finance.guarantees.models import GuaranteeClaim
from services.finance.journal.accounts import Account, Movement
from services.finance.journal.models import JournalEntry, Posting
from services.finance.matching_funds.models import MatchingFund
from services.finance.projections import known_centre, known_enterprise
from services.finance.subsidies.models import SubsidyStatement
from shared.audit.duties import Asked, Planned, Spending, Spent

MATCHING: Final = "matching_funds"
_OUT: Final = {Movement.BUDGET_PAID: 1, Movement.BUDGET_REPAID: 1, Movement.BUDGET_RETURNED: -1}
_MATCHING: Final = {Movement.MATCHING_SPENT: 1, Movement.MATCHING_REVERSED: -1}
_ACCOUNTS: Final = (Account.BUDGET_PAID, Account.MATCHING_EXPENDITURE)


async def find_spending(asked: Asked) -> Spending:
    """One line for each entry; what a programme got back counts against it."""
    signs: Mapping[str, int] = {kind.value: sign for kind, sign in {**_OUT, **_MATCHING}.items()}
    amount = func.sum(Posting.amount)
    entry = JournalEntry
    cases = _cases().subquery("cases")
    query = (
        select(
            entry.id,
            entry.case_id,
            entry.case_no,
            entry.effective_on,
            entry.kind,
            Posting.subject,
            entry.counterparty,
            func.abs(amount),
            cases.c.path,
            cases.c.division,
            cases.c.applicant,
        )
        .join(Posting, Posting.entry_id == entry.id)
        .outerjoin(cases, cases.c.id == entry.case_id)
        .where(
            entry.kind.in_(signs),
            Posting.account.in_(_ACCOUNTS),
            entry.effective_on.between(asked.since, asked.until),
        )
        .group_by(entry.id, Posting.subject, cases.c.path, cases.c.division, cases.c.applicant)
        .order_by(entry.effective_on, entry.id)
    )
    spent = []
    for _, case_id, no, on, kind, subject, payee, sum_, path, division, applicant in await asked.session.execute(query):
        matching = kind in {movement.value for movement in _MATCHING}
        spent.append(
            Spent(
                case_id=case_id,
                case_no=no,
                path=f"{path or '/v1/journal-entries?case_id='}{case_id}",
                on=on,
                programme=MATCHING if matching else subject,
                division=subject if matching else division,
                applicant=applicant or payee,
                amount=sum_ * signs[kind],
            )
        )
    return Spending(spent=spent, planned=await _planned(asked))


def _cases() -> CompoundSelect[*tuple[Any, ...]]:
    """What is known of a case that was paid: its address, division and applicant's code."""
    none = literal(None)
    return union_all(
        select(
            Grant.id.label("id"),
            literal("/v1/grants/").label("path"),
            known_centre.c.owner_division.label("division"),
            Grant.operator_code.label("applicant"),
        ).outerjoin(known_centre, known_centre.c.id == Grant.centre_id),
        select(
            FinancingReward.id,
            literal("/v1/financing-rewards/"),
            known_enterprise.c.division,
            FinancingReward.enterprise_code,
        ).outerjoin(known_enterprise, known_enterprise.c.id == FinancingReward.enterprise_id),
        select(AllianceSupport.id, literal("/v1/alliance-support/"), none, AllianceSupport.recipient_code),
        select(SubsidyStatement.id, literal("/v1/loans/subsidies/"), none, none),
        select(GuaranteeClaim.id, literal("/v1/loans/guarantees/claims/"), none, GuaranteeClaim.bank),
        select(MatchingFund.id, literal("/v1/matching-funds/"), MatchingFund.division, none),
    )


async def _planned(asked: Asked) -> list[Planned]:
    years = (asked.since.year, asked.until.year)
    line = Appropriation
    granted = select(line.programme, line.year, line.granted + line.transferred + line.carried_in).where(
        line.year.between(*years), line.first_approved_on.is_not(None)
    )
    funds = select(MatchingFund.division, MatchingFund.year, MatchingFund.budget).where(
        MatchingFund.year.between(*years), MatchingFund.first_approved_on.is_not(None)
    )
    planned = [
        Planned(programme=programme, division=None, year=year, amount=amount)
        for programme, year, amount in (await asked.session.execute(granted))
    ]
    planned += [
        Planned(programme=MATCHING, division=division, year=year, amount=amount)
        for division, year, amount in (await asked.session.execute(funds))
    ]
    return planned
