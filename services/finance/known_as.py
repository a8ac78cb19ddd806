"""What the ids in the lists mean to people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from services.finance.angel_funds.models import AngelFundInvestor, AngelInvestment
from services.finance.grants.models import Grant
from services.finance.guarantees.models import Guarantee
from services.finance.loans.models import Loan
from services.finance.projections import known_centre
from services.finance.subsidies.models import SubsidyStatement
from shared.http.references import Reference

REFERENCES: Final[Mapping[str, Reference]] = {
    "centre_id": Reference(known_centre.c.id, known_centre.c.no, known_centre.c.name),
    "investor_id": Reference(AngelFundInvestor.id, AngelFundInvestor.code, AngelFundInvestor.name),
    "investment_id": Reference(AngelInvestment.id, AngelInvestment.no),
    "grant_id": Reference(Grant.id, Grant.no),
    "loan_id": Reference(Loan.id, Loan.no),
    "guarantee_id": Reference(Guarantee.id, Guarantee.no),
    "statement_id": Reference(SubsidyStatement.id, SubsidyStatement.no),
}
