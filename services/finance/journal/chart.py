"""The chart of accounts: what each account is called, and on which side it normally stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from services.finance.journal.accounts import Account

Side = Literal["debit", "credit"]
DEBIT: Final[Side] = "debit"
CREDIT: Final[Side] = "credit"


@dataclass(frozen=True, slots=True)
class Title:
    """`subject` says whose account it is: of a programme, centre, division, enterprise, borrower, fund or bank."""

    zh: str
    en: str
    normal: Side
    subject: str


CHART: Final[Mapping[Account, Title]] = {
    Account.BUDGET_AUTHORITY: Title("预算指标来源", "Budget authority", CREDIT, "programme"),
    Account.BUDGET_FREE: Title("可用预算指标", "Budget not committed", DEBIT, "programme"),
    Account.BUDGET_COMMITTED: Title("已核定未支付指标", "Budget committed, not paid", DEBIT, "programme"),
    Account.BUDGET_PAID: Title("已支付指标", "Budget paid", DEBIT, "programme"),
    Account.BUDGET_RETURNED: Title("已收回指标", "Budget returned", DEBIT, "programme"),
    Account.AUTHORITY: Title("专项资金核定来源", "Grants: authority", CREDIT, "centre"),
    Account.COMMITTED: Title("专项资金已核定", "Grants: committed", DEBIT, "centre"),
    Account.TREASURY: Title("专项资金国库支付", "Grants: treasury", CREDIT, "centre"),
    Account.ADVANCE: Title("专项资金预付（待核销）", "Grants: advances to be accounted for", DEBIT, "centre"),
    Account.EXPENDITURE: Title("专项资金支出", "Grants: expenditure", DEBIT, "centre"),
    Account.RECEIVABLE: Title("专项资金应收回", "Grants: to be recovered", DEBIT, "centre"),
    Account.MATCHING_AUTHORITY: Title("配套资金来源", "Matching funds: authority", CREDIT, "division"),
    Account.MATCHING_BUDGET: Title("配套资金可用预算", "Matching funds: budget left", DEBIT, "division"),
    Account.MATCHING_EXPENDITURE: Title("配套资金支出", "Matching funds: expenditure", DEBIT, "division"),
    Account.LOAN_AUTHORITY: Title("贷款额度来源", "Loans: cap", CREDIT, "borrower"),
    Account.LOAN_COMMITTED: Title("贷款占用额度", "Loans: held of the cap", DEBIT, "borrower"),
    Account.FUND_SUBSCRIBED: Title("基金认缴（其他出资人）", "Funds: subscribed by others", DEBIT, "fund"),
    Account.FUND_MUNICIPAL_SUBSCRIBED: Title(
        "基金认缴（财政）", "Funds: subscribed by the municipal fund", DEBIT, "fund"
    ),
    Account.FUND_SUBSCRIBERS: Title("基金认缴来源", "Funds: subscribers", CREDIT, "fund"),
    Account.FUND_CASH: Title("基金现金", "Funds: cash", DEBIT, "fund"),
    Account.FUND_CAPITAL: Title("基金实缴（其他出资人）", "Funds: paid in by others", CREDIT, "fund"),
    Account.FUND_MUNICIPAL_CAPITAL: Title("基金实缴（财政）", "Funds: paid in by the municipal fund", CREDIT, "fund"),
    Account.FUND_INVESTMENTS: Title("基金投资（成本）", "Funds: investments at cost", DEBIT, "fund"),
    Account.FUND_GAINS: Title("基金退出收益", "Funds: gains of exits", CREDIT, "fund"),
    Account.FUND_LOSSES: Title(
        "基金损失（退出、核销及清算费用）", "Funds: losses of exits and write-offs, costs of the end", DEBIT, "fund"
    ),
    Account.FUND_DISTRIBUTED: Title("基金分配（其他出资人）", "Funds: distributed to others", DEBIT, "fund"),
    Account.FUND_MUNICIPAL_DISTRIBUTED: Title(
        "基金分配（财政）", "Funds: distributed to the municipal fund", DEBIT, "fund"
    ),
    Account.FUND_BORNE: Title("基金退出人承担损失", "Funds: losses borne by who withdrew", CREDIT, "fund"),
    Account.FUND_TREASURY_DUE: Title("基金应缴国库", "Funds: due to the treasury", DEBIT, "fund"),
    Account.FUND_TREASURY_CLAIM: Title("基金财政份额收回", "Funds: municipal money that left", CREDIT, "fund"),
    Account.FUND_TREASURY_RECEIVED: Title("基金缴库已收", "Funds: received by the treasury", DEBIT, "fund"),
    Account.FUND_TREASURY_REVENUE: Title("基金缴库收益", "Funds: revenue of the treasury", CREDIT, "fund"),
    Account.REWARD_AUTHORITY: Title("融资奖励核定来源", "Rewards: authority", CREDIT, "enterprise"),
    Account.REWARD_COMMITTED: Title("融资奖励已核定", "Rewards: committed", DEBIT, "enterprise"),
    Account.REWARD_TREASURY: Title("融资奖励国库支付", "Rewards: treasury", CREDIT, "enterprise"),
    Account.REWARD_EXPENDITURE: Title("融资奖励支出", "Rewards: expenditure", DEBIT, "enterprise"),
    Account.REWARD_RECEIVABLE: Title("融资奖励应收回", "Rewards: to be recovered", DEBIT, "enterprise"),
    Account.ALLIANCE_AUTHORITY: Title("联盟支持资金核定来源", "Alliance support: authority", CREDIT, "alliance"),
    Account.ALLIANCE_COMMITTED: Title("联盟支持资金已核定", "Alliance support: committed", DEBIT, "alliance"),
    Account.ALLIANCE_TREASURY: Title("联盟支持资金国库支付", "Alliance support: treasury", CREDIT, "alliance"),
    Account.ALLIANCE_ADVANCE: Title(
        "联盟支持资金预付（待核销）", "Alliance support: advances to be accounted for", DEBIT, "alliance"
    ),
    Account.ALLIANCE_EXPENDITURE: Title("联盟支持资金支出", "Alliance support: expenditure", DEBIT, "alliance"),
    Account.LOANS_OUTSTANDING: Title("借款人贷款本金余额(备查)", "Loans: principal owed (memo)", DEBIT, "borrower"),
    Account.LOANS_BANKS: Title("银行发放贷款(备查)", "Loans: lent by banks (memo)", CREDIT, "borrower"),
    Account.GUARANTEE_BACKED: Title("担保项下贷款(备查)", "Guarantees: debt backed (memo)", DEBIT, "borrower"),
    Account.GUARANTEE_LIABILITY: Title("担保责任余额", "Guarantees: liability", CREDIT, "borrower"),
    Account.GUARANTEE_CASH: Title("担保机构资金", "Guarantees: the guarantor's money", DEBIT, "borrower"),
    Account.GUARANTEE_FEES: Title("担保费收入", "Guarantees: fees", CREDIT, "borrower"),
    Account.GUARANTEE_RECEIVABLE: Title("应收代偿款", "Guarantees: to be recovered", DEBIT, "borrower"),
    Account.GUARANTEE_LOSS: Title("代偿损失", "Guarantees: losses", DEBIT, "borrower"),
    Account.SUBSIDY_EXPENDITURE: Title("贷款贴息支出", "Interest subsidies: expenditure", DEBIT, "borrower"),
    Account.SUBSIDY_TREASURY: Title("贷款贴息国库支付", "Interest subsidies: treasury", CREDIT, "borrower"),
}
"""Every account has its row here."""
