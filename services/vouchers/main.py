"""The vouchers service."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from fastapi import FastAPI

from services.vouchers.base import Base
from services.vouchers.categories.router import router as categories
from services.vouchers.consumers import consumers
from services.vouchers.holdings.router import router as holdings
from services.vouchers.known_as import REFERENCES
from services.vouchers.programmes.router import router as programmes
from services.vouchers.providers.router import router as providers
from services.vouchers.redemptions.router import router as redemptions
from services.vouchers.tasks import SOURCES
from services.vouchers.vouchers.router import router as vouchers
from shared.app import ServiceDefinition, create_app
from shared.events.contracts import topics

definition: Final = ServiceDefinition(
    name="vouchers",
    title="Vouchers (创新券、创业券): programmes, providers, holds and redemptions",
    routers=(programmes, categories, providers, holdings, vouchers, redemptions),
    topics=topics("vouchers"),
    consumers=consumers,
    tasks=SOURCES,
    metadata=Base.metadata,
    references=REFERENCES,
    messages=Path(__file__).parent / "messages.toml",
)


def __getattr__(name: str) -> FastAPI:
    """`app` is built when a server asks for it, so that importing the definition needs no settings."""
    if name != "app":
        raise AttributeError(name)
    app = globals()["app"] = create_app(definition)
    return app
