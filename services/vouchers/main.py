"""The vouchers service."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from fastapi import FastAPI

from services.vouchers.amendments.router import router as amendments
from services.vouchers.applications.papers import router as application_papers
from services.vouchers.applications.router import router as applications
from services.vouchers.audit.duties import DUTIES
from services.vouchers.base import Base
from services.vouchers.batches.import_router import router as batch_imports
from services.vouchers.batches.issuing import work_operations
from services.vouchers.batches.router import router as batches
from services.vouchers.categories.router import router as categories
from services.vouchers.consumers import consumers
from services.vouchers.delisting.router import router as delistings
from services.vouchers.documents.shelves import sweep_storage
from services.vouchers.expiry.worker import watch_validity
from services.vouchers.guidance.router import router as guidance
from services.vouchers.holdings.router import router as holdings
from services.vouchers.journal.router import router as journal
from services.vouchers.known_as import REFERENCES
from services.vouchers.offerings.router import catalogue, router as offerings
from services.vouchers.operations.router import router as operations
from services.vouchers.outcomes.router import router as outcomes
from services.vouchers.programmes.router import router as programmes
from services.vouchers.providers.accounts import keep_sealed_anew
from services.vouchers.providers.announced import objections as provider_objections, router as provider_notices
from services.vouchers.providers.banking.router import router as provider_accounts
from services.vouchers.providers.expiry import watch_providers
from services.vouchers.providers.filed import router as provider_documents
from services.vouchers.providers.licences.router import router as provider_licences
from services.vouchers.providers.measures.router import router as provider_measures
from services.vouchers.providers.penalties.router import router as provider_penalties
from services.vouchers.providers.renewals.router import router as provider_renewals
from services.vouchers.providers.reviews.router import router as provider_reviews
from services.vouchers.providers.router import router as providers
from services.vouchers.ratings.router import router as ratings
from services.vouchers.recoveries.router import router as recoveries
from services.vouchers.redemptions.disputes.router import router as disputes
from services.vouchers.redemptions.orders_router import router as orders
from services.vouchers.redemptions.reversals.router import router as reversals
from services.vouchers.redemptions.router import router as redemptions
from services.vouchers.redemptions.worker import watch_holds
from services.vouchers.requests.router import router as requests
from services.vouchers.settings import VoucherSettings
from services.vouchers.settlements.filed import redemption_documents, settlement_documents
from services.vouchers.settlements.paying_router import router as payments
from services.vouchers.settlements.router import objections as settlement_objections, router as settlements
from services.vouchers.settlements.statements import router as statements
from services.vouchers.sums.folding import watch_sums
from services.vouchers.tasks import SOURCES
from services.vouchers.usage.router import router as usage
from services.vouchers.vouchers.router import router as vouchers
from shared.app import ServiceDefinition, create_app
from shared.events.contracts import topics

definition: Final = ServiceDefinition(
    name="vouchers",
    title="Vouchers (创新券、创业券): programmes, providers, holds and redemptions",
    routers=(
        programmes,
        amendments,
        guidance,
        usage,
        outcomes,
        categories,
        providers,
        provider_licences,
        provider_penalties,
        provider_notices,
        provider_objections,
        provider_renewals,
        provider_reviews,
        provider_measures,
        provider_accounts,
        provider_documents,
        offerings,
        catalogue,
        ratings,
        holdings,
        vouchers,
        redemptions,
        orders,
        disputes,
        reversals,
        applications,
        application_papers,
        batches,
        batch_imports,
        requests,
        operations,
        delistings,
        redemption_documents,
        statements,
        payments,
        settlements,
        settlement_objections,
        settlement_documents,
        recoveries,
        journal,
    ),
    topics=topics("vouchers"),
    consumers=consumers,
    tasks=SOURCES,
    audit=DUTIES,
    metadata=Base.metadata,
    references=REFERENCES,
    messages=Path(__file__).parent / "messages.toml",
    background=(
        sweep_storage,
        work_operations,
        watch_validity,
        watch_holds,
        watch_providers,
        watch_sums,
        keep_sealed_anew,
    ),
)


def __getattr__(name: str) -> FastAPI:
    """`app` is built when a server asks for it, so that importing the definition needs no settings."""
    if name != "app":
        raise AttributeError(name)
    app = globals()["app"] = create_app(definition, VoucherSettings.model_validate({}))
    return app
