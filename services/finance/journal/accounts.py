"""The accounts, and what moves between them: each kind of movement debits one account and credits another.

Codes begin with the programme. Both accounts of a movement are of one programme, so that each programme's balances sum
to zero by themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Account(StrEnum):
    """Accounts of budget lines, where `free`, `committed`, `paid` and `returned` together are what was appropriated; of
    grants, whose `committed` mirrors what the ceilings hold; and of matching funds, whose `budget` is what may still be
    spent. Titles and sides: `chart`."""

    BUDGET_AUTHORITY = "budget.authority"
    BUDGET_FREE = "budget.free"
    BUDGET_COMMITTED = "budget.committed"
    BUDGET_PAID = "budget.paid"
    BUDGET_RETURNED = "budget.returned"
    AUTHORITY = "grants.authority"
    COMMITTED = "grants.committed"
    TREASURY = "grants.treasury"
    ADVANCE = "grants.advance"
    EXPENDITURE = "grants.expenditure"
    RECEIVABLE = "grants.receivable"
    MATCHING_AUTHORITY = "matching.authority"
    MATCHING_BUDGET = "matching.budget"
    MATCHING_EXPENDITURE = "matching.expenditure"
    LOAN_AUTHORITY = "loans.authority"
    LOAN_COMMITTED = "loans.committed"
    FUND_SUBSCRIBED = "fund.subscribed"
    FUND_MUNICIPAL_SUBSCRIBED = "fund.municipal_subscribed"
    FUND_SUBSCRIBERS = "fund.subscribers"
    FUND_CASH = "fund.cash"
    FUND_CAPITAL = "fund.capital"
    FUND_MUNICIPAL_CAPITAL = "fund.municipal_capital"
    FUND_INVESTMENTS = "fund.investments"
    FUND_GAINS = "fund.gains"
    FUND_LOSSES = "fund.losses"
    FUND_DISTRIBUTED = "fund.distributed"
    FUND_MUNICIPAL_DISTRIBUTED = "fund.municipal_distributed"
    FUND_BORNE = "fund.borne"
    FUND_TREASURY_DUE = "fund.treasury_due"
    FUND_TREASURY_CLAIM = "fund.treasury_claim"
    FUND_TREASURY_RECEIVED = "fund.treasury_received"
    FUND_TREASURY_REVENUE = "fund.treasury_revenue"
    REWARD_AUTHORITY = "reward.authority"
    REWARD_COMMITTED = "reward.committed"
    REWARD_TREASURY = "reward.treasury"
    REWARD_EXPENDITURE = "reward.expenditure"
    REWARD_RECEIVABLE = "reward.receivable"
    ALLIANCE_AUTHORITY = "alliance.authority"
    ALLIANCE_COMMITTED = "alliance.committed"
    ALLIANCE_TREASURY = "alliance.treasury"
    ALLIANCE_ADVANCE = "alliance.advance"
    ALLIANCE_EXPENDITURE = "alliance.expenditure"
    LOANS_OUTSTANDING = "loans.outstanding"
    LOANS_BANKS = "loans.banks"
    GUARANTEE_BACKED = "guarantee.backed"
    GUARANTEE_LIABILITY = "guarantee.liability"
    GUARANTEE_CASH = "guarantee.cash"
    GUARANTEE_FEES = "guarantee.fees"
    GUARANTEE_RECEIVABLE = "guarantee.receivable"
    GUARANTEE_LOSS = "guarantee.loss"
    SUBSIDY_EXPENDITURE = "subsidy.expenditure"
    SUBSIDY_TREASURY = "subsidy.treasury"


class Movement(StrEnum):
    """What an entry is about."""

    BUDGET_OPENED = "budget_opened"
    BUDGET_GRANTED = "budget_granted"
    BUDGET_LOWERED = "budget_lowered"
    BUDGET_TRANSFERRED = "budget_transferred"
    BUDGET_COMMITTED = "budget_committed"
    BUDGET_RELEASED = "budget_released"
    BUDGET_PAID = "budget_paid"
    BUDGET_RETURNED = "budget_returned"
    BUDGET_REPAID = "budget_repaid"
    BUDGET_CARRIED_OUT = "budget_carried_out"
    BUDGET_CARRIED_IN = "budget_carried_in"
    BUDGET_UNPAID_CARRIED_OUT = "budget_unpaid_carried_out"
    BUDGET_UNPAID_CARRIED_IN = "budget_unpaid_carried_in"
    BUDGET_UNPAID_RELEASED = "budget_unpaid_released"
    BUDGET_LAPSED = "budget_lapsed"
    COMMITTED = "grant_committed"
    RELEASED = "grant_released"
    PAID = "grant_paid"
    SPENT = "grant_spent"
    REFUNDED = "grant_refunded"
    RECOVERY_OPENED = "grant_recovery_opened"
    RECOVERED = "grant_recovered"
    RECOVERY_CLOSED = "grant_recovery_closed"
    REPAID = "grant_repaid"
    MATCHING_BUDGETED = "matching_budgeted"
    MATCHING_LOWERED = "matching_lowered"
    MATCHING_SPENT = "matching_spent"
    MATCHING_REVERSED = "matching_reversed"
    LOAN_COMMITTED = "loan_committed"
    LOAN_RELEASED = "loan_released"
    FUND_SUBSCRIBED = "fund_subscribed"
    FUND_MUNICIPAL_SUBSCRIBED = "fund_municipal_subscribed"
    FUND_GIVEN_UP = "fund_given_up"
    FUND_MUNICIPAL_GIVEN_UP = "fund_municipal_given_up"
    FUND_PAID_IN = "fund_paid_in"
    FUND_MUNICIPAL_PAID_IN = "fund_municipal_paid_in"
    FUND_PAID_BACK = "fund_paid_back"
    FUND_MUNICIPAL_PAID_BACK = "fund_municipal_paid_back"
    FUND_MUNICIPAL_SOLD = "fund_municipal_sold"
    FUND_MUNICIPAL_TRANSFERRED = "fund_municipal_transferred"
    FUND_INVESTED = "fund_invested"
    FUND_EXITED = "fund_exited"
    FUND_GAINED = "fund_gained"
    FUND_LOST = "fund_lost"
    FUND_DISTRIBUTED = "fund_distributed"
    FUND_MUNICIPAL_DISTRIBUTED = "fund_municipal_distributed"
    FUND_BORNE = "fund_borne"
    FUND_MUNICIPAL_BORNE = "fund_municipal_borne"
    FUND_COSTS_PAID = "fund_costs_paid"
    FUND_TREASURY_DUE = "fund_treasury_due"
    FUND_TREASURY_RECEIVED = "fund_treasury_received"
    FUND_TREASURY_REVENUE = "fund_treasury_revenue"
    REWARD_COMMITTED = "reward_committed"
    REWARD_RELEASED = "reward_released"
    REWARD_PAID = "reward_paid"
    REWARD_RECOVERY_OPENED = "reward_recovery_opened"
    REWARD_RECOVERED = "reward_recovered"
    ALLIANCE_COMMITTED = "alliance_committed"
    ALLIANCE_RELEASED = "alliance_released"
    ALLIANCE_PAID = "alliance_paid"
    ALLIANCE_SPENT = "alliance_spent"
    ALLIANCE_REFUNDED = "alliance_refunded"
    LOAN_DRAWN = "loan_drawn"
    LOAN_REPAID = "loan_repaid"
    LOAN_REPAYMENT_REVERSED = "loan_repayment_reversed"
    GUARANTEE_ISSUED = "guarantee_issued"
    GUARANTEE_REDUCED = "guarantee_reduced"
    GUARANTEE_RESTORED = "guarantee_restored"
    GUARANTEE_FEE_PAID = "guarantee_fee_paid"
    GUARANTEE_CLAIM_PAID = "guarantee_claim_paid"
    GUARANTEE_RECOVERED = "guarantee_recovered"
    GUARANTEE_RECOVERY_REVERSED = "guarantee_recovery_reversed"
    GUARANTEE_WRITTEN_OFF = "guarantee_written_off"
    GUARANTEE_LOSS_RECOVERED = "guarantee_loss_recovered"
    GUARANTEE_LOSS_RECOVERY_REVERSED = "guarantee_loss_recovery_reversed"
    SUBSIDY_PAID = "subsidy_paid"
    SUBSIDY_RECOVERED = "subsidy_recovered"


DEBIT_CREDIT: Final[Mapping[Movement, tuple[Account, Account]]] = {
    Movement.BUDGET_OPENED: (Account.BUDGET_FREE, Account.BUDGET_AUTHORITY),
    Movement.BUDGET_GRANTED: (Account.BUDGET_FREE, Account.BUDGET_AUTHORITY),
    Movement.BUDGET_LOWERED: (Account.BUDGET_AUTHORITY, Account.BUDGET_FREE),
    Movement.BUDGET_TRANSFERRED: (Account.BUDGET_FREE, Account.BUDGET_FREE),
    Movement.BUDGET_COMMITTED: (Account.BUDGET_COMMITTED, Account.BUDGET_FREE),
    Movement.BUDGET_RELEASED: (Account.BUDGET_FREE, Account.BUDGET_COMMITTED),
    Movement.BUDGET_PAID: (Account.BUDGET_PAID, Account.BUDGET_COMMITTED),
    Movement.BUDGET_RETURNED: (Account.BUDGET_RETURNED, Account.BUDGET_PAID),
    Movement.BUDGET_REPAID: (Account.BUDGET_PAID, Account.BUDGET_RETURNED),
    Movement.BUDGET_CARRIED_OUT: (Account.BUDGET_AUTHORITY, Account.BUDGET_FREE),
    Movement.BUDGET_CARRIED_IN: (Account.BUDGET_FREE, Account.BUDGET_AUTHORITY),
    Movement.BUDGET_UNPAID_CARRIED_OUT: (Account.BUDGET_AUTHORITY, Account.BUDGET_COMMITTED),
    Movement.BUDGET_UNPAID_CARRIED_IN: (Account.BUDGET_COMMITTED, Account.BUDGET_AUTHORITY),
    Movement.BUDGET_UNPAID_RELEASED: (Account.BUDGET_FREE, Account.BUDGET_COMMITTED),
    Movement.BUDGET_LAPSED: (Account.BUDGET_AUTHORITY, Account.BUDGET_FREE),
    Movement.COMMITTED: (Account.COMMITTED, Account.AUTHORITY),
    Movement.RELEASED: (Account.AUTHORITY, Account.COMMITTED),
    Movement.PAID: (Account.ADVANCE, Account.TREASURY),
    Movement.SPENT: (Account.EXPENDITURE, Account.ADVANCE),
    Movement.REFUNDED: (Account.TREASURY, Account.ADVANCE),
    Movement.RECOVERY_OPENED: (Account.RECEIVABLE, Account.ADVANCE),
    Movement.RECOVERED: (Account.TREASURY, Account.RECEIVABLE),
    Movement.RECOVERY_CLOSED: (Account.ADVANCE, Account.RECEIVABLE),
    Movement.REPAID: (Account.ADVANCE, Account.TREASURY),
    Movement.MATCHING_BUDGETED: (Account.MATCHING_BUDGET, Account.MATCHING_AUTHORITY),
    Movement.MATCHING_LOWERED: (Account.MATCHING_AUTHORITY, Account.MATCHING_BUDGET),
    Movement.MATCHING_SPENT: (Account.MATCHING_EXPENDITURE, Account.MATCHING_BUDGET),
    Movement.MATCHING_REVERSED: (Account.MATCHING_BUDGET, Account.MATCHING_EXPENDITURE),
    Movement.LOAN_COMMITTED: (Account.LOAN_COMMITTED, Account.LOAN_AUTHORITY),
    Movement.LOAN_RELEASED: (Account.LOAN_AUTHORITY, Account.LOAN_COMMITTED),
    Movement.FUND_SUBSCRIBED: (Account.FUND_SUBSCRIBED, Account.FUND_SUBSCRIBERS),
    Movement.FUND_MUNICIPAL_SUBSCRIBED: (Account.FUND_MUNICIPAL_SUBSCRIBED, Account.FUND_SUBSCRIBERS),
    Movement.FUND_GIVEN_UP: (Account.FUND_SUBSCRIBERS, Account.FUND_SUBSCRIBED),
    Movement.FUND_MUNICIPAL_GIVEN_UP: (Account.FUND_SUBSCRIBERS, Account.FUND_MUNICIPAL_SUBSCRIBED),
    Movement.FUND_PAID_IN: (Account.FUND_CASH, Account.FUND_CAPITAL),
    Movement.FUND_MUNICIPAL_PAID_IN: (Account.FUND_CASH, Account.FUND_MUNICIPAL_CAPITAL),
    Movement.FUND_PAID_BACK: (Account.FUND_CAPITAL, Account.FUND_CASH),
    Movement.FUND_MUNICIPAL_PAID_BACK: (Account.FUND_MUNICIPAL_CAPITAL, Account.FUND_CASH),
    Movement.FUND_MUNICIPAL_SOLD: (Account.FUND_MUNICIPAL_CAPITAL, Account.FUND_CAPITAL),
    Movement.FUND_MUNICIPAL_TRANSFERRED: (Account.FUND_SUBSCRIBED, Account.FUND_MUNICIPAL_SUBSCRIBED),
    Movement.FUND_INVESTED: (Account.FUND_INVESTMENTS, Account.FUND_CASH),
    Movement.FUND_EXITED: (Account.FUND_CASH, Account.FUND_INVESTMENTS),
    Movement.FUND_GAINED: (Account.FUND_CASH, Account.FUND_GAINS),
    Movement.FUND_LOST: (Account.FUND_LOSSES, Account.FUND_INVESTMENTS),
    Movement.FUND_DISTRIBUTED: (Account.FUND_DISTRIBUTED, Account.FUND_CASH),
    Movement.FUND_MUNICIPAL_DISTRIBUTED: (Account.FUND_MUNICIPAL_DISTRIBUTED, Account.FUND_CASH),
    Movement.FUND_BORNE: (Account.FUND_CAPITAL, Account.FUND_BORNE),
    Movement.FUND_MUNICIPAL_BORNE: (Account.FUND_MUNICIPAL_CAPITAL, Account.FUND_BORNE),
    Movement.FUND_COSTS_PAID: (Account.FUND_LOSSES, Account.FUND_CASH),
    Movement.FUND_TREASURY_DUE: (Account.FUND_TREASURY_DUE, Account.FUND_TREASURY_CLAIM),
    Movement.FUND_TREASURY_RECEIVED: (Account.FUND_TREASURY_RECEIVED, Account.FUND_TREASURY_DUE),
    Movement.FUND_TREASURY_REVENUE: (Account.FUND_TREASURY_CLAIM, Account.FUND_TREASURY_REVENUE),
    Movement.REWARD_COMMITTED: (Account.REWARD_COMMITTED, Account.REWARD_AUTHORITY),
    Movement.REWARD_RELEASED: (Account.REWARD_AUTHORITY, Account.REWARD_COMMITTED),
    Movement.REWARD_PAID: (Account.REWARD_EXPENDITURE, Account.REWARD_TREASURY),
    Movement.REWARD_RECOVERY_OPENED: (Account.REWARD_RECEIVABLE, Account.REWARD_EXPENDITURE),
    Movement.REWARD_RECOVERED: (Account.REWARD_TREASURY, Account.REWARD_RECEIVABLE),
    Movement.ALLIANCE_COMMITTED: (Account.ALLIANCE_COMMITTED, Account.ALLIANCE_AUTHORITY),
    Movement.ALLIANCE_RELEASED: (Account.ALLIANCE_AUTHORITY, Account.ALLIANCE_COMMITTED),
    Movement.ALLIANCE_PAID: (Account.ALLIANCE_ADVANCE, Account.ALLIANCE_TREASURY),
    Movement.ALLIANCE_SPENT: (Account.ALLIANCE_EXPENDITURE, Account.ALLIANCE_ADVANCE),
    Movement.ALLIANCE_REFUNDED: (Account.ALLIANCE_TREASURY, Account.ALLIANCE_ADVANCE),
    Movement.LOAN_DRAWN: (Account.LOANS_OUTSTANDING, Account.LOANS_BANKS),
    Movement.LOAN_REPAID: (Account.LOANS_BANKS, Account.LOANS_OUTSTANDING),
    Movement.LOAN_REPAYMENT_REVERSED: (Account.LOANS_OUTSTANDING, Account.LOANS_BANKS),
    Movement.GUARANTEE_ISSUED: (Account.GUARANTEE_BACKED, Account.GUARANTEE_LIABILITY),
    Movement.GUARANTEE_REDUCED: (Account.GUARANTEE_LIABILITY, Account.GUARANTEE_BACKED),
    Movement.GUARANTEE_RESTORED: (Account.GUARANTEE_BACKED, Account.GUARANTEE_LIABILITY),
    Movement.GUARANTEE_FEE_PAID: (Account.GUARANTEE_CASH, Account.GUARANTEE_FEES),
    Movement.GUARANTEE_CLAIM_PAID: (Account.GUARANTEE_RECEIVABLE, Account.GUARANTEE_CASH),
    Movement.GUARANTEE_RECOVERED: (Account.GUARANTEE_CASH, Account.GUARANTEE_RECEIVABLE),
    Movement.GUARANTEE_RECOVERY_REVERSED: (Account.GUARANTEE_RECEIVABLE, Account.GUARANTEE_CASH),
    Movement.GUARANTEE_WRITTEN_OFF: (Account.GUARANTEE_LOSS, Account.GUARANTEE_RECEIVABLE),
    Movement.GUARANTEE_LOSS_RECOVERED: (Account.GUARANTEE_CASH, Account.GUARANTEE_LOSS),
    Movement.GUARANTEE_LOSS_RECOVERY_REVERSED: (Account.GUARANTEE_LOSS, Account.GUARANTEE_CASH),
    Movement.SUBSIDY_PAID: (Account.SUBSIDY_EXPENDITURE, Account.SUBSIDY_TREASURY),
    Movement.SUBSIDY_RECOVERED: (Account.SUBSIDY_TREASURY, Account.SUBSIDY_EXPENDITURE),
}
