"""The evaluation service's application."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from fastapi import FastAPI

from services.evaluation.base import Base
from services.evaluation.circulars import router as circulars
from services.evaluation.consumers import consumers
from services.evaluation.cycles import router as cycles
from services.evaluation.delistings import router as delistings
from services.evaluation.delistings.watchdog import watch_delistings
from services.evaluation.evaluations import router as evaluations
from services.evaluation.objections import router as objections
from services.evaluation.operations import router as operations
from services.evaluation.operations.worker import work_operations
from services.evaluation.rectifications import router as rectifications
from services.evaluation.reports import router as reports
from services.evaluation.rubrics import router as rubrics
from services.evaluation.standing import router as standing
from shared.app import create_app
from shared.events.contracts import topics
from shared.runtime import ServiceDefinition
from shared.settings import ServiceSettings

definition: Final = ServiceDefinition(
    name="evaluation",
    title="Evaluation: quarterly reports, yearly evaluation, rectification and delisting cases",
    routers=[
        reports.router,
        rubrics.router,
        cycles.router,
        operations.router,
        evaluations.router,
        objections.router,
        rectifications.router,
        circulars.router,
        delistings.router,
        standing.router,
    ],
    topics=topics("evaluation"),
    consumers=consumers,
    metadata=Base.metadata,
    messages=Path(__file__).with_name("messages.toml"),
    background=(work_operations, watch_delistings),
)


def build(settings: ServiceSettings | None = None) -> FastAPI:
    """The application with these settings, or those of the environment."""
    return create_app(definition, settings)


def __getattr__(name: str) -> FastAPI:
    """`services.evaluation.main:app` for the server; importing the module alone needs no environment."""
    if name != "app":
        raise AttributeError(name)
    app = globals()["app"] = build()
    return app
