"""Which things have a history, and who reads it: whoever reads the thing's whole case."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final
from uuid import UUID

from fastapi import APIRouter
from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import DIVISION_ROLES, READ_ALL, operator_code_of
from services.registry.activities import queries as activities
from services.registry.activities.winners import queries as activity_winners
from services.registry.activity_series.queries import find_year
from services.registry.alliances import queries as alliances, talent
from services.registry.bans.models import Ban
from services.registry.carriers.models import CarrierLink, CarrierStay
from services.registry.centres.models import Centre
from services.registry.centres.queries import read_scope as centre_scope
from services.registry.communities import queries as communities
from services.registry.divisions import queries as divisions
from services.registry.enterprises import queries as enterprises
from services.registry.graduate_platform import queries as graduate_platform
from services.registry.history.router import history_routes, history_within
from services.registry.mentors import links as mentor_links, queries as mentors
from services.registry.operators.models import OperatorChange
from services.registry.pairings import queries as pairings
from services.registry.partners.models import Agreement, JointCarrier
from services.registry.partners.queries import find_partner
from services.registry.persons import queries as persons
from services.registry.practices import queries as practices
from services.registry.profile_changes.models import ProfileChange
from services.registry.project_library import queries as project_library
from services.registry.project_library.publication import find_round
from services.registry.projects import queries as projects
from services.registry.qualifications import queries as qualifications
from services.registry.service_records import queries as service_records
from services.registry.staff.queries import find_staff
from services.registry.tenancies import queries as tenancies
from services.registry.tiers import queries as tiers
from services.registry.trainings import scopes as trainings
from shared.auth.principal import Principal
from shared.auth.roles import AUDITOR, CENTRE_OPERATOR, ENTERPRISE, FOUNDER, MENTOR
from shared.errors import not_found
from shared.events.contracts import registry as rc

_CARRIER_SIDE: Final = (CENTRE_OPERATOR, *DIVISION_ROLES, *READ_ALL)
_TENANT_SIDE: Final = (CENTRE_OPERATOR, ENTERPRISE, FOUNDER, *DIVISION_ROLES, *READ_ALL)


async def _centre(session: AsyncSession, principal: Principal, wanted: UUID) -> object:
    found = await session.scalar(select(Centre.id).where(Centre.id == wanted, centre_scope(principal)))
    return found or _missing("centre")


async def _application(session: AsyncSession, principal: Principal, wanted: UUID) -> object:
    query = qualifications.applications(principal)
    return await qualifications.find(session, query, "qualification-application", wanted)


async def _enterprise(session: AsyncSession, principal: Principal, wanted: UUID) -> object:
    return await enterprises.find_record(session, enterprises.read_scope(principal), wanted)


async def _ban(session: AsyncSession, principal: Principal, wanted: UUID) -> object:
    """A ban is in the register for everybody while it runs; its history is for those it concerns and the bureaus."""
    theirs: ColumnElement[bool] = Ban.centre_id.in_(select(Centre.id).where(centre_scope(principal)))
    if (code := operator_code_of(principal)) is not None:
        theirs = or_(theirs, Ban.operator_code == code)
    return await session.scalar(select(Ban.id).where(Ban.id == wanted, theirs)) or _missing("ban")


async def _project(session: AsyncSession, principal: Principal, wanted: UUID) -> object:
    return await projects.find(session, projects.read_scope(principal), wanted)


async def _partner(session: AsyncSession, _: Principal, wanted: UUID) -> object:
    return await find_partner(session, wanted)


async def _staff(session: AsyncSession, principal: Principal, centre_id: UUID, wanted: UUID) -> object:
    await _centre(session, principal, centre_id)
    return await find_staff(session, centre_id, wanted)


async def _designation(session: AsyncSession, principal: Principal, centre_id: UUID, wanted: UUID) -> object:
    await _centre(session, principal, centre_id)
    return await tiers.find_designation(session, centre_id, wanted)


def _of_centre(
    table: type[Agreement | JointCarrier | CarrierLink | OperatorChange | ProfileChange], kind: str
) -> Callable[[AsyncSession, Principal, UUID, UUID], Awaitable[object]]:
    """Something of a centre whose whole case the caller reads."""

    async def find(session: AsyncSession, principal: Principal, centre_id: UUID, wanted: UUID) -> object:
        await _centre(session, principal, centre_id)
        known = select(table.id).where(table.id == wanted, table.centre_id == centre_id)
        return await session.scalar(known) or _missing(kind)

    return find


async def _stay(session: AsyncSession, principal: Principal, enterprise_id: UUID, wanted: UUID) -> object:
    await _enterprise(session, principal, enterprise_id)
    known = select(CarrierStay.id).where(CarrierStay.id == wanted, CarrierStay.enterprise_id == enterprise_id)
    return await session.scalar(known) or _missing("carrier-stay")


async def _series_year(session: AsyncSession, _: Principal, series_id: UUID, wanted: UUID) -> object:
    return await find_year(session, series_id, wanted)


async def _alliance(session: AsyncSession, _: Principal, wanted: UUID) -> object:
    return await alliances.find_alliance(session, wanted)


def _missing(kind: str) -> object:
    raise not_found(kind)


routers: Final[list[APIRouter]] = [
    history_routes("centres", rc.CENTRE, _CARRIER_SIDE, _centre),
    history_routes("qualification-applications", rc.QUALIFICATION, _CARRIER_SIDE, _application),
    history_routes("qualifications", rc.QUALIFICATION, _CARRIER_SIDE, _application),
    history_routes("bans", rc.BAN, _CARRIER_SIDE, _ban),
    history_routes("enterprises", rc.ENTERPRISE, _TENANT_SIDE, _enterprise),
    history_routes("projects", rc.PROJECT, _TENANT_SIDE, _project),
    history_routes("persons", rc.PERSON, (*persons.BUREAUS, AUDITOR), persons.find),
    history_routes("tier-applications", rc.TIER_APPLICATION, _CARRIER_SIDE, tiers.find_application),
    history_routes("tenancies", rc.TENANCY, _TENANT_SIDE, tenancies.find),
    history_routes("service-records", rc.SERVICE_RECORD, _TENANT_SIDE, service_records.find),
    history_routes("partners", rc.PARTNER, _CARRIER_SIDE, _partner),
    history_routes("divisions", rc.DIVISION, (*DIVISION_ROLES, *READ_ALL), divisions.find),
    history_routes("practices", rc.PRACTICE, _CARRIER_SIDE, practices.find_whole),
    history_routes("project-library", rc.LIBRARY_ITEM, project_library.WHOLE, project_library.find_whole),
    history_routes("library-claims", rc.LIBRARY_CLAIM, project_library.READERS, project_library.find_claim),
    history_routes("library-rounds", rc.LIBRARY_ROUND, READ_ALL, find_round),
    history_routes("graduate-platform", rc.PLATFORM_SERVICE, _TENANT_SIDE, graduate_platform.find),
    history_routes("trainings", rc.TRAINING_COURSE, (CENTRE_OPERATOR, *READ_ALL), trainings.find_whole_course),
    history_routes("training-sessions", rc.TRAINING_SESSION, (CENTRE_OPERATOR, *READ_ALL), trainings.find_session_kept),
    history_routes("training-enrolments", rc.ENROLMENT, (*trainings.PARTIES, *READ_ALL), trainings.find_enrolment),
    history_routes(
        "training-certificates",
        rc.TRAINING_CERTIFICATE,
        (*trainings.PARTIES, *READ_ALL),
        trainings.find_certificate,
    ),
    history_routes("activities", rc.ACTIVITY, _CARRIER_SIDE, activities.find),
    history_routes("activity-winners", rc.ACTIVITY_WINNER, _CARRIER_SIDE, activity_winners.find),
    history_within("activity-series", "years", rc.ACTIVITY_SERIES_YEAR, _CARRIER_SIDE, _series_year),
    history_routes("mentors", rc.MENTOR, (MENTOR, CENTRE_OPERATOR, *READ_ALL), mentors.find_whole),
    history_routes("mentors/sessions", rc.MENTOR_SESSION, (MENTOR, *_TENANT_SIDE), mentors.find_session),
    history_within("mentors", "centres", rc.MENTOR_LINK, (MENTOR, CENTRE_OPERATOR, *READ_ALL), mentor_links.find_link),
    history_routes("alliances", rc.ALLIANCE, READ_ALL, _alliance),
    history_routes("alliance-members", rc.ALLIANCE_MEMBER, _TENANT_SIDE, alliances.find_whole),
    history_routes("talent-arrivals", rc.TALENT_ARRIVAL, _TENANT_SIDE, talent.find),
    history_routes("pairings", rc.PAIRING, (ENTERPRISE, *DIVISION_ROLES, *READ_ALL), pairings.find),
    history_routes("communities", rc.COMMUNITY, _CARRIER_SIDE, communities.find_whole),
    history_routes("community-reports", rc.COMMUNITY_REPORT, _CARRIER_SIDE, communities.find_report),
    history_within("centres", "staff", rc.STAFF, _CARRIER_SIDE, _staff),
    history_within("centres", "agreements", rc.AGREEMENT, _CARRIER_SIDE, _of_centre(Agreement, "agreement")),
    history_within(
        "centres", "joint-carriers", rc.JOINT_CARRIER, _CARRIER_SIDE, _of_centre(JointCarrier, "joint-carrier")
    ),
    history_within("centres", "carriers", rc.CARRIER_LINK, _CARRIER_SIDE, _of_centre(CarrierLink, "carrier-link")),
    history_within("centres", "designations", rc.DESIGNATION, _CARRIER_SIDE, _designation),
    history_within(
        "centres", "operator-changes", rc.OPERATOR_CHANGE, _CARRIER_SIDE, _of_centre(OperatorChange, "operator-change")
    ),
    history_within(
        "centres", "profile-changes", rc.PROFILE_CHANGE, _CARRIER_SIDE, _of_centre(ProfileChange, "profile-change")
    ),
    history_within("enterprises", "stages", rc.CARRIER_STAY, _TENANT_SIDE, _stay),
]
