"""Who borrows, invests and manages, and what public money reached centres and enterprises."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Integer, Select, func, literal, select

from services.finance.angel_funds.models import AngelFund, AngelFundInvestor, AngelInvestment
from services.finance.financing_rewards.models import FinancingReward
from services.finance.grants.models import Grant
from services.finance.loans.models import Loan, LoanPartner
from services.finance.matching_funds.models import MatchingFundLine
from services.finance.matching_funds.states import SPENDING
from services.finance.projections import known_enterprise
from shared.audit.duties import Asked, Flow, Shared, Tie, Ties, same

_COUNT: Final = func.count().cast(Integer)


async def find_ties(asked: Asked) -> Ties:
    """Persons and organisations behind loans, funds and rewards, and the money of the period."""
    ties: list[Tie] = []
    for party, shared, query in _parties():
        for party_id, no, value, capacity in await asked.session.execute(query):
            shown = value if shared == "person" else same(shared, value)
            ties.append(Tie(party=party, party_id=party_id, party_no=no, shared=shared, value=shown, capacity=capacity))
    flows: list[Flow] = []
    for kind, query in _flows(asked):
        for from_id, to_id, amount, cases in await asked.session.execute(query):
            flows.append(Flow(from_id=from_id, to_id=to_id, kind=kind, amount=amount, cases=cases))
    return Ties(ties=ties, flows=flows)


def _parties() -> tuple[tuple[str, Shared, Select[*tuple[Any, ...]]], ...]:
    live = (Loan.livemode, Loan.person_ref.is_not(None))
    return (
        ("loan", "person", select(Loan.id, Loan.no, Loan.person_ref, literal("borrower")).where(*live)),
        (
            "loan",
            "person",
            select(Loan.id, Loan.no, LoanPartner.person_ref, literal("partner"))
            .join(LoanPartner, LoanPartner.loan_id == Loan.id)
            .where(Loan.livemode),
        ),
        (
            "angel_fund",
            "organisation",
            select(AngelFund.id, AngelFund.no, AngelFund.manager_code, literal("manager")).where(
                AngelFund.manager_code.is_not(None)
            ),
        ),
        (
            "angel_investor",
            "organisation",
            select(AngelFundInvestor.id, AngelFund.no, AngelFundInvestor.code, literal("itself"))
            .join(AngelFund, AngelFund.id == AngelFundInvestor.fund_id)
            .where(AngelFundInvestor.code.is_not(None)),
        ),
        (
            "financing_reward",
            "organisation",
            select(FinancingReward.id, FinancingReward.no, FinancingReward.investor_code, literal("investor")).where(
                FinancingReward.investor_code.is_not(None)
            ),
        ),
    )


def _flows(asked: Asked) -> tuple[tuple[str, Select[*tuple[Any, ...]]], ...]:
    """From, to, yuan, number of cases."""
    days = (asked.since, asked.until)
    public = literal(None)
    line = MatchingFundLine
    return (
        (
            "grant",
            select(public, Grant.centre_id, func.sum(Grant.paid - Grant.refunded - Grant.recovered), _COUNT)
            .where(Grant.paid_on.between(*days))
            .group_by(Grant.centre_id),
        ),
        (
            "financing_reward",
            select(public, FinancingReward.enterprise_id, func.sum(FinancingReward.paid), _COUNT)
            .where(FinancingReward.paid_on.between(*days))
            .group_by(FinancingReward.enterprise_id),
        ),
        (
            "matching_fund",
            select(public, known_enterprise.c.id, func.sum(line.amount), _COUNT)
            .join(known_enterprise, known_enterprise.c.code == line.enterprise_code)
            .where(
                line.kind == SPENDING,
                line.spent_on.between(*days),
                line.journal_entry_id.is_not(None),
                line.reversed_on.is_(None),
            )
            .group_by(known_enterprise.c.id),
        ),
        (
            "angel_investment",
            select(AngelInvestment.fund_id, AngelInvestment.enterprise_id, func.sum(AngelInvestment.paid), _COUNT)
            .where(AngelInvestment.approved_on.between(*days), AngelInvestment.paid > 0)
            .group_by(AngelInvestment.fund_id, AngelInvestment.enterprise_id),
        ),
    )
