"""Projects: entered without a code, and gone on under one (2.2-1)."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import OFFICERS, operator_code_of, person_of
from services.registry.centres.rules import require_state
from services.registry.changes import put, unchanged
from services.registry.enterprises.models import Enterprise
from services.registry.enterprises.queries import merged_into
from services.registry.enterprises.schemas import RegisterEnterprise
from services.registry.enterprises.usecases import register_enterprise
from services.registry.persons.holding import require_none_erased
from services.registry.policy import edition_at, require_known
from services.registry.projects.models import Project
from services.registry.projects.queries import lock_for_change
from services.registry.projects.schemas import AmendProject, CloseProject, OpenProject, RegisterProject
from services.registry.remarks.usecases import keep_remark
from services.registry.steps import step_day
from services.registry.tenancies.models import Tenancy
from services.registry.tenancies.stays import reassign_stays
from shared.auth.principal import Principal
from shared.errors import DomainError
from shared.events import outbox
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.http.etag import honour_match, require_match
from shared.http.validation import PayloadInvalid
from shared.ids import next_case_no, uuid7
from shared.policy.edition import Edition, Editions

OPEN: Final = ("open",)
RULES: Final = ("project.registered",)


def project_state(project: Project) -> rc.ProjectState:
    """The project as its events carry it."""
    return rc.ProjectState(
        id=project.id,
        no=project.no,
        name=project.name,
        status=project.status,
        industry_code=project.industry_code,
        division=project.division,
        started_on=project.started_on,
        team_size=project.team_size,
        graduate_founder=project.graduate_founder,
        founder_ref=project.founder_ref,
        enterprise_id=project.enterprise_id,
        registered_on=project.registered_on,
        closed_on=project.closed_on,
        reason_code=project.reason_code,
    )


async def open_project(session: AsyncSession, editions: Editions, principal: Principal, sent: OpenProject) -> Project:
    """Enter a project; a founder's own is its own. Raises 422 for an unknown division or a start in the future,
    409 `person-erased`."""
    values = sent.model_dump()
    own = person_of(principal)
    if own is not None and not principal.has(*OFFICERS) and operator_code_of(principal) is None:
        values["founder_ref"] = own
    project = Project(
        id=uuid7(),
        version=0,
        no=await next_case_no(session, "PJ", principal.today.year),
        status="open",
        created_by=principal.account_id,
        created_by_org=operator_code_of(principal),
        **values,
    )
    _check(edition_at(editions, principal.today), principal, project)
    await require_none_erased(session, project.founder_ref)
    session.add(project)
    await session.flush()
    await outbox.append(session, rc.ProjectOpened, project, project_state(project), context=EventContext.of(principal))
    return project


async def amend_project(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    project_id: UUID,
    sent: AmendProject,
    *,
    if_match: str | None,
) -> Project:
    """Change particulars of an open project. Only an officer changes whose it is (403 through the founder's scope)."""
    project = await lock_for_change(session, principal, project_id)
    require_match(if_match, project.version)
    require_state(project.status, OPEN)
    founder = project.founder_ref
    for name, value in sent.model_dump(exclude_unset=True).items():
        if value is None and name != "founder_ref":
            raise PayloadInvalid.at(name, "missing")
        if name == "founder_ref" and project.founder_ref is not None and not principal.has(*OFFICERS):
            raise DomainError("founder-is-set", 409, clauses=["2.2-1"])
        put(project, name, value)
    if unchanged(session, project):
        return project
    if project.founder_ref != founder:
        await require_none_erased(session, project.founder_ref)
    _check(edition_at(editions, principal.today), principal, project)
    context = EventContext.of(principal)
    await outbox.append(session, rc.ProjectAmended, project, project_state(project), context=context)
    return project


async def register_project(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    project_id: UUID,
    sent: RegisterProject,
    *,
    if_match: str | None,
) -> Project:
    """Go on under a code (2.2-1): the enterprise keeps the project's id, its tenancies and all that hangs on them.

    A code that is registered already is joined by an officer only; its tenancies must then not overlap the project's.
    Raises 409 `enterprise-already-registered`, `tenancies-overlap-after-merge`.
    """
    project = await lock_for_change(session, principal, project_id)
    honour_match(if_match, project.version)
    require_state(project.status, OPEN)
    known = await session.scalar(select(Enterprise).where(Enterprise.code == sent.code).with_for_update())
    if known is None or not principal.has(*OFFICERS):
        body = _licence(project, sent)
        known = await register_enterprise(session, editions, principal, body, project_id=project.id)
    if known.merged_into_id is not None:
        raise merged_into(known.merged_into_id)
    context = EventContext.of(principal)
    await reassign_stays(session, Tenancy.project_id == project.id, known.id, context)
    project.status, project.enterprise_id, project.registered_on = "registered", known.id, sent.registered_on
    state = project_state(project)
    await outbox.append(session, rc.ProjectRegistered, project, state, context=context, rules=RULES)
    return project


async def close_project(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    project_id: UUID,
    sent: CloseProject,
    *,
    if_match: str | None,
) -> Project:
    """The project was given up. Raises 422 for a reason that the edition does not have, 409 `project-still-hosted`
    while it is at a centre."""
    project = await lock_for_change(session, principal, project_id)
    honour_match(if_match, project.version)
    require_state(project.status, OPEN)
    known = edition_at(editions, principal.today).incubation.project_close_reasons
    require_known("reason_code", [sent.reason_code], known)
    hosted = exists().where(Tenancy.project_id == project.id, Tenancy.ended_on.is_(None))
    if await session.scalar(select(hosted)):
        raise DomainError("project-still-hosted", 409, clauses=["2.1-1"])
    day = step_day(principal, sent.closed_on, after=project.started_on)
    project.status, project.closed_on, project.reason_code = "closed", day, sent.reason_code
    context = EventContext.of(principal, day)
    await keep_remark(session, project.id, step="closed", text=sent.remark, written_by=context.actor)
    await outbox.append(session, rc.ProjectClosed, project, project_state(project), context=context)
    return project


def _licence(project: Project, sent: RegisterProject) -> RegisterEnterprise:
    return RegisterEnterprise(
        code=sent.code,
        name=sent.name or project.name,
        industry_code=sent.industry_code or project.industry_code,
        division=sent.division or project.division,
        registered_on=sent.registered_on,
        registered_address=sent.registered_address,
        legal_representative_ref=sent.legal_representative_ref or project.founder_ref,
        graduate_founder=project.graduate_founder,
    )


def _check(edition: Edition, principal: Principal, project: Project) -> None:
    require_known("division", [project.division], edition.divisions.units)
    if project.started_on > principal.today:
        raise PayloadInvalid.at("started_on", "in_the_future")
