"""Two wishes for money of a centre's tenants, a guaranteed loan after a refusal, a graduate's loan with its subsidy."""

from __future__ import annotations

from datetime import date
from typing import Final

from deploy.demo import tables
from deploy.demo.generating.enterprises import Population, Stay

CENTRE: Final = "C05"
_SINCE: Final = date(2019, 6, 1)
_WORKING: Final = "购置原料与设备"


def borrowers(population: Population) -> tuple[Stay, Stay]:
    """The first two tenants of the centre that had been filed by then and stay; none of them is a graduate's."""
    found = [
        stay
        for stay in population.of(CENTRE)
        if stay.ended_on is None and stay.filed_on and stay.filed_on < _SINCE and not stay.enterprise.graduate_founder
    ]
    return found[0], found[1]


def make_referrals(population: Population) -> list[tables.Referral]:
    """One is refused, the other is agreed, paid out and partly repaid."""
    refused, agreed = borrowers(population)
    return [
        tables.Referral(
            key="R1",
            enterprise=refused.enterprise.code,
            centre=CENTRE,
            bank="CCB",
            amount="600000.00",
            tenor_months=12,
            purpose=_WORKING,
            sent_on=date(2019, 6, 24),
            refused_on=date(2019, 7, 3),
            refusal_reason="collateral_insufficient",
            accepted_on=None,
            offered_on=None,
            rate=None,
            agreed_on=None,
            disbursed_on=None,
            repaid_on=None,
            repaid=None,
        ),
        tables.Referral(
            key="R2",
            enterprise=agreed.enterprise.code,
            centre=CENTRE,
            bank="PSBC",
            amount="300000.00",
            tenor_months=12,
            purpose="流动资金",
            sent_on=date(2019, 6, 25),
            refused_on=None,
            refusal_reason=None,
            accepted_on=date(2019, 6, 27),
            offered_on=date(2019, 7, 5),
            rate="4.785",
            agreed_on=date(2019, 7, 9),
            disbursed_on=date(2019, 7, 15),
            repaid_on=date(2019, 10, 15),
            repaid="75000.00",
        ),
    ]


def make_loans(population: Population, founder: tables.Enterprise, graduation: tables.Graduation) -> list[tables.Loan]:
    """The refused one with a guarantee, and the graduate's own."""
    refused, _ = borrowers(population)
    return [
        tables.Loan(
            key="L1",
            product="guaranteed",
            centre=CENTRE,
            enterprise=refused.enterprise.code,
            referral="R1",
            person_ref=None,
            bank="PSBC",
            amount="600000.00",
            tenor_months=12,
            purpose=_WORKING,
            applied_on=date(2019, 7, 10),
            checked_on=date(2019, 7, 18),
            approved_on=None,
            bank_accepted_on=date(2019, 7, 26),
            contracted_on=date(2019, 8, 5),
            contract_no="示例借〔2019〕0101号",
            rate="4.3500",
            maturity_on=date(2020, 8, 5),
            guaranteed_on=date(2019, 8, 6),
            guarantee_no="示例担〔2019〕001号",
            issued_on=date(2019, 8, 7),
            drawn_on=date(2019, 8, 12),
            draw_reference="PSBC-FK-20190812-01",
        ),
        tables.Loan(
            key="L2",
            product="graduate",
            centre=graduation.centre,
            enterprise=founder.code,
            referral=None,
            person_ref=founder.legal_representative_ref,
            bank="CCB",
            amount="200000.00",
            tenor_months=12,
            purpose="扩大生产",
            applied_on=date(2019, 9, 2),
            checked_on=date(2019, 9, 9),
            approved_on=date(2019, 9, 16),
            bank_accepted_on=date(2019, 9, 24),
            contracted_on=date(2019, 10, 8),
            contract_no="示例借〔2019〕0201号",
            rate="4.3500",
            maturity_on=date(2020, 10, 8),
            guaranteed_on=None,
            guarantee_no=None,
            issued_on=None,
            drawn_on=date(2019, 10, 9),
            draw_reference="CCB-FK-20191009-01",
        ),
    ]


def make_loan_payments(loans: list[tables.Loan]) -> list[tables.LoanPayment]:
    """By the schedules: a quarter of the principal with the interest every three months; the last one is to come."""
    guaranteed, graduate = loans
    return [
        _payment(guaranteed, date(2019, 11, 5), "150000.00", "6525.00"),
        _payment(guaranteed, date(2020, 2, 5), "150000.00", "4893.75"),
        _payment(guaranteed, date(2020, 5, 6), "150000.00", "3262.50"),
        _payment(graduate, date(2020, 1, 8), "50000.00", "2175.00"),
        _payment(graduate, date(2020, 4, 8), "50000.00", "1631.25"),
    ]


def _payment(loan: tables.Loan, day: date, principal: str, interest: str) -> tables.LoanPayment:
    reference = f"{loan.bank}-HK-{day:%Y%m%d}-{loan.key}"
    return tables.LoanPayment(
        loan=loan.key,
        centre=loan.centre,
        bank=loan.bank,
        paid_on=day,
        principal=principal,
        interest=interest,
        reference=reference,
    )


def make_subsidies() -> list[tables.Subsidy]:
    """Of the graduate's loan, quarter by quarter."""
    return [
        _subsidy(2019, 4, date(2020, 1, 13), date(2020, 1, 16), date(2020, 1, 21)),
        _subsidy(2020, 1, date(2020, 4, 13), date(2020, 4, 17), date(2020, 4, 24)),
    ]


def _subsidy(year: int, quarter: int, computed_on: date, approved_on: date, paid_on: date) -> tables.Subsidy:
    return tables.Subsidy(
        department="hr",
        year=year,
        quarter=quarter,
        computed_on=computed_on,
        approved_on=approved_on,
        document_no=f"示例人社〔{approved_on.year}〕{quarter + 10}号",
        minutes_no=f"示例人社纪要〔{approved_on.year}〕{quarter}号",
        paid_on=paid_on,
        reference=f"示例财拨-贴息-{year}Q{quarter}",
    )


def make_bank_days() -> list[tables.BankDay]:
    """A day that agrees, and one on which the bank's file has a digit wrong: a difference that waits for both."""
    return [
        tables.BankDay(bank="PSBC", day=date(2019, 7, 15), filed_on=date(2019, 7, 16), wrong=None),
        tables.BankDay(bank="PSBC", day=date(2019, 8, 12), filed_on=date(2019, 8, 13), wrong=None),
        tables.BankDay(bank="PSBC", day=date(2019, 10, 15), filed_on=date(2019, 10, 16), wrong="57000.00"),
    ]
