"""The evaluation service's application."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from fastapi import FastAPI

from services.evaluation.alliance_assessments import router as alliance_assessments
from services.evaluation.audit.duties import DUTIES
from services.evaluation.base import Base
from services.evaluation.circulars import router as circulars
from services.evaluation.circulars.papers import router as circular_papers
from services.evaluation.comparisons import router as comparisons
from services.evaluation.consumers import consumers
from services.evaluation.cycles import change_router as cycle_changes, notice_router as notices, router as cycles
from services.evaluation.delistings import router as delistings
from services.evaluation.delistings.papers import router as papers
from services.evaluation.delistings.records import router as records
from services.evaluation.delistings.remedies import router as remedies
from services.evaluation.delistings.watchdog import watch_delistings
from services.evaluation.documents import mounted as documents
from services.evaluation.evaluations import router as evaluations
from services.evaluation.evaluations.papers import router as score_sheets
from services.evaluation.evaluations.series import router as series
from services.evaluation.evidence import router as evidence
from services.evaluation.experts import assignment_router as assignments, router as experts
from services.evaluation.known_as import REFERENCES
from services.evaluation.objections import router as objections
from services.evaluation.operations import router as operations
from services.evaluation.operations.worker import work_operations
from services.evaluation.provisional import router as provisional
from services.evaluation.rectifications import filed as rectification_documents, router as rectifications
from services.evaluation.rectifications.alarms import watch_rectifications
from services.evaluation.rectifications.papers import router as rectification_papers
from services.evaluation.reports import (
    correction_router as corrections,
    import_router as workbooks,
    router as reports,
    table_router as report_tables,
)
from services.evaluation.reports.reminders import call_for_reports
from services.evaluation.reports.table_work import sweep_tables, work_tables
from services.evaluation.rubrics import router as rubrics
from services.evaluation.rubrics.rehearsals.worker import work_rehearsals
from services.evaluation.self_reports import router as self_reports
from services.evaluation.standing import router as standing
from services.evaluation.targets import router as targets
from services.evaluation.targets.ledger import keep_targets
from services.evaluation.tasks import SOURCES
from shared.app import create_app
from shared.events.contracts import topics
from shared.runtime import ServiceDefinition
from shared.settings import ServiceSettings

definition: Final = ServiceDefinition(
    name="evaluation",
    title="Evaluation: quarterly reports, yearly evaluation, rectification and delisting cases",
    routers=[
        report_tables.router,
        reports.router,
        corrections.router,
        workbooks.router,
        rubrics.router,
        notices.router,
        cycles.router,
        cycle_changes.router,
        assignments.draws,
        comparisons.router,
        experts.router,
        assignments.router,
        self_reports.router,
        operations.router,
        provisional.router,
        series.router,
        evaluations.router,
        evidence.router,
        score_sheets.router,
        *documents.routers,
        objections.router,
        rectification_papers.router,
        rectification_documents.router,
        rectifications.router,
        circular_papers.router,
        circulars.router,
        records.router,
        remedies.router,
        papers.router,
        delistings.router,
        targets.router,
        alliance_assessments.router,
        standing.router,
    ],
    topics=topics("evaluation"),
    consumers=consumers,
    tasks=SOURCES,
    audit=DUTIES,
    metadata=Base.metadata,
    references=REFERENCES,
    messages=Path(__file__).with_name("messages.toml"),
    background=(
        work_operations,
        work_rehearsals,
        work_tables,
        sweep_tables,
        documents.sweep_storage,
        watch_delistings,
        keep_targets,
        call_for_reports,
        watch_rectifications,
    ),
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
