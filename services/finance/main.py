"""Finance: grants, their spending, matching funds, the journal, and what a delisting does to money."""

from pathlib import Path

from fastapi import FastAPI

from services.finance.alliance_support import announced as announced_support
from services.finance.alliance_support.filed import router as support_documents
from services.finance.alliance_support.router import router as alliance_support
from services.finance.angel_funds.filed import router as angel_fund_documents
from services.finance.angel_funds.investments_router import router as angel_investments
from services.finance.angel_funds.orders_router import router as angel_fund_orders
from services.finance.angel_funds.router import router as angel_funds
from services.finance.appropriations.router import router as appropriations
from services.finance.assets import router as assets
from services.finance.audit.duties import DUTIES
from services.finance.authorisations.router import router as authorisations
from services.finance.bank_products.router import router as bank_products
from services.finance.banks.router import router as banks
from services.finance.base import Base
from services.finance.calls.router import router as calls
from services.finance.consumers import consumers
from services.finance.documents.shelves import sweep_storage
from services.finance.entitlements.router import router as entitlements
from services.finance.exposures.router import router as exposures
from services.finance.financing_rewards import announced as announced_rewards
from services.finance.financing_rewards.filed import router as reward_documents
from services.finance.financing_rewards.router import router as financing_rewards
from services.finance.findings.filed import router as finding_documents
from services.finance.findings.router import router as findings
from services.finance.grants import announced as announced_grants
from services.finance.grants.filed import router as grant_documents
from services.finance.grants.router import router as grants
from services.finance.guarantees.recoveries_router import router as guarantee_recoveries
from services.finance.guarantees.router import router as guarantees
from services.finance.journal.router import router as journal
from services.finance.known_as import REFERENCES
from services.finance.loans.evidence import keep_sealed_anew
from services.finance.loans.filed import router as loan_documents
from services.finance.loans.papers.router import router as loan_papers
from services.finance.loans.router import router as loans
from services.finance.loans.steps import router as loan_steps
from services.finance.matching_funds.router import router as matching_funds
from services.finance.payments.receipts import router as receipts
from services.finance.payments.router import router as payments
from services.finance.reconciliation.router import router as reconciliations
from services.finance.referrals.bank_router import router as bank_steps
from services.finance.referrals.guaranteed_router import router as refused_to_guaranteed
from services.finance.referrals.router import router as referrals
from services.finance.referrals.sandbox_router import router as sandbox
from services.finance.referrals.worker import watch_referrals
from services.finance.repayments.router import router as repayments
from services.finance.servicing.router import router as loan_servicing
from services.finance.settings import FinanceSettings
from services.finance.signed_commitments import router as commitments
from services.finance.spending.router import router as spending
from services.finance.subsidies.router import prime_rates, router as subsidies
from services.finance.tasks import SOURCES
from services.finance.use_reports import router as use_reports
from shared.app import ServiceDefinition, create_app
from shared.events.contracts import topics
from shared.settings import ServiceSettings

definition = ServiceDefinition(
    name="finance",
    title="Finance: grants, payments, recoveries, matching funds and the journal",
    routers=(
        guarantees,
        guarantee_recoveries,
        subsidies,
        prime_rates,
        loan_servicing,
        appropriations,
        repayments,
        loans,
        loan_steps,
        loan_papers,
        loan_documents,
        calls,
        use_reports.router,
        assets.router,
        commitments.router,
        grants,
        announced_grants.router,
        announced_grants.objections,
        grant_documents,
        payments,
        receipts,
        use_reports.of_grant,
        assets.of_grant,
        commitments.of_grant,
        spending,
        findings,
        finding_documents,
        matching_funds,
        angel_investments,
        angel_funds,
        angel_fund_orders,
        angel_fund_documents,
        financing_rewards,
        announced_rewards.router,
        announced_rewards.objections,
        reward_documents,
        alliance_support,
        announced_support.router,
        announced_support.objections,
        support_documents,
        reconciliations,
        banks,
        bank_products,
        authorisations,
        referrals,
        bank_steps,
        refused_to_guaranteed,
        sandbox,
        journal,
        exposures,
        entitlements,
    ),
    topics=topics("finance"),
    consumers=consumers,
    tasks=SOURCES,
    audit=DUTIES,
    metadata=Base.metadata,
    references=REFERENCES,
    messages=Path(__file__).with_name("messages.toml"),
    background=(sweep_storage, keep_sealed_anew, watch_referrals),
)


def build(settings: ServiceSettings | None = None) -> FastAPI:
    """The application with these settings, or those of the environment."""
    return create_app(definition, settings or FinanceSettings.model_validate({}))


def __getattr__(name: str) -> object:
    """`app` is built when the server asks for it: importing this module needs no settings."""
    if name == "app":
        return build()
    raise AttributeError(name)
