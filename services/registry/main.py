"""The registry's application."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from fastapi import FastAPI

from services.registry.bans import router as bans
from services.registry.base import Base
from services.registry.centres import router as centres
from services.registry.consumers import consumers
from services.registry.enterprises import router as enterprises
from services.registry.qualifications import router as qualifications
from services.registry.standing import router as standing
from services.registry.tenancies import router as tenancies
from shared.app import create_app
from shared.events.contracts import topics
from shared.runtime import ServiceDefinition
from shared.settings import ServiceSettings

definition: Final = ServiceDefinition(
    name="registry",
    title="Registry: centres, titles, bans, enterprises and tenancies",
    routers=[
        centres.router,
        qualifications.application_router,
        qualifications.router,
        bans.router,
        enterprises.router,
        tenancies.router,
        standing.router,
    ],
    topics=topics("registry"),
    consumers=consumers,
    metadata=Base.metadata,
    messages=Path(__file__).with_name("messages.toml"),
)


def build(settings: ServiceSettings | None = None) -> FastAPI:
    """The application with these settings, or those of the environment."""
    return create_app(definition, settings)


def __getattr__(name: str) -> FastAPI:
    """`services.registry.main:app` for the server; importing the module alone needs no environment."""
    if name != "app":
        raise AttributeError(name)
    app = globals()["app"] = build()
    return app
