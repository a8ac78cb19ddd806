"""The registry's application."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from fastapi import FastAPI

from services.registry.activities import calendar_router as activity_calendar, router as activities
from services.registry.activities.winners import router as activity_winners
from services.registry.activity_series import router as activity_series
from services.registry.alliances.routers import routers as alliance_routers
from services.registry.audit.duties import DUTIES
from services.registry.bans import router as bans
from services.registry.base import Base
from services.registry.carriers import router as carriers
from services.registry.centres import router as centres
from services.registry.centres.queries import notice_subject
from services.registry.centres.usecases import CENTRES
from services.registry.communities import reports_router as community_reports, router as communities
from services.registry.consumers import consumers
from services.registry.coverage import router as coverage
from services.registry.divisions import router as divisions
from services.registry.documents import mounted as documents
from services.registry.ecosystem import router as ecosystem
from services.registry.enterprises import router as enterprises
from services.registry.enterprises.identity import router as enterprise_identity
from services.registry.enterprises.particulars import router as enterprise_particulars
from services.registry.grades import router as grades
from services.registry.graduate_platform import router as graduate_platform
from services.registry.history import mounted as history
from services.registry.imports import router as imports
from services.registry.imports.worker import work_operations
from services.registry.known_as import REFERENCES
from services.registry.measures import router as measures
from services.registry.mentors import router as mentors, sessions_router as mentor_sessions
from services.registry.notices.router import notice_routes
from services.registry.operations import router as operations
from services.registry.operators import router as operators
from services.registry.pairings import router as pairings
from services.registry.partners import router as partners
from services.registry.personal_data import router as personal_data
from services.registry.personal_data.worker import watch_retention
from services.registry.persons import links_router as person_links, router as persons
from services.registry.persons.sealing import keep_sealed_anew
from services.registry.practices import router as practices
from services.registry.profile_changes import router as profile_changes
from services.registry.project_library.routers import routers as library_routers
from services.registry.projects import router as projects
from services.registry.qualifications import applications as qualification_applications, router as qualifications
from services.registry.qualifications.queries import KIND as TITLES, find_notice_subject as title_subject
from services.registry.self_checks import router as self_checks
from services.registry.service_records import router as service_records
from services.registry.settings import RegistrySettings
from services.registry.staff import router as staff
from services.registry.standing import router as standing
from services.registry.tasks import SOURCES
from services.registry.tenancies import router as tenancies, whereabouts
from services.registry.terms.worker import watch_terms
from services.registry.tiers import centre_router as centre_tiers, router as tiers
from services.registry.tiers.queries import KIND as TIERS, find_notice_subject as tier_subject
from services.registry.trainings.routers import routers as training_routers
from services.registry.upward_notices import router as upward_notices
from shared.app import create_app
from shared.events.contracts import topics
from shared.runtime import ServiceDefinition
from shared.settings import ServiceSettings

definition: Final = ServiceDefinition(
    name="registry",
    title="Registry: centres, titles, bans, enterprises and tenancies",
    routers=[
        centres.router,
        notice_routes("/v1/centres", CENTRES, notice_subject),
        measures.router,
        grades.router,
        operators.router,
        profile_changes.router,
        staff.router,
        self_checks.router,
        qualification_applications.router,
        notice_routes("/v1/qualification-applications", TITLES, title_subject),
        upward_notices.router,
        qualifications.router,
        tiers.router,
        notice_routes("/v1/tier-applications", TIERS, tier_subject),
        centre_tiers.router,
        carriers.router,
        carriers.stage_router,
        bans.router,
        enterprises.router,
        enterprise_particulars.router,
        enterprise_identity.router,
        projects.router,
        personal_data.router,
        persons.router,
        person_links.enterprise_router,
        person_links.project_router,
        person_links.person_router,
        tenancies.router,
        whereabouts.enterprise_router,
        whereabouts.project_router,
        service_records.router,
        partners.router,
        partners.agreement_router,
        partners.carrier_router,
        divisions.router,
        coverage.router,
        ecosystem.router,
        practices.router,
        mentor_sessions.router,
        mentors.router,
        activity_calendar.router,
        activities.router,
        activity_winners.results_router,
        activity_winners.router,
        activity_series.router,
        *training_routers,
        *library_routers,
        graduate_platform.router,
        *alliance_routers,
        pairings.router,
        communities.router,
        community_reports.router,
        *documents.routers,
        imports.router,
        operations.router,
        operations.problems_router,
        standing.router,
        *history.routers,
    ],
    topics=topics("registry"),
    consumers=consumers,
    tasks=SOURCES,
    audit=DUTIES,
    metadata=Base.metadata,
    references=REFERENCES,
    messages=Path(__file__).with_name("messages.toml"),
    background=(work_operations, documents.sweep_storage, keep_sealed_anew, watch_terms, watch_retention),
)


def build(settings: ServiceSettings | None = None) -> FastAPI:
    """The application with these settings, or those of the environment."""
    return create_app(definition, settings or RegistrySettings.model_validate({}))


def __getattr__(name: str) -> FastAPI:
    """`services.registry.main:app` for the server; importing the module alone needs no environment."""
    if name != "app":
        raise AttributeError(name)
    app = globals()["app"] = build()
    return app
