"""Enterprises: registered once by their code, and amended."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import OFFICERS, enterprise_code_of, operator_code_of
from services.registry.changes import put, unchanged
from services.registry.enterprises.models import Enterprise
from services.registry.enterprises.particulars.sizes import recompute_size
from services.registry.enterprises.queries import known_by, lock_for_change, read_scope
from services.registry.enterprises.rules import OFFICER_FIELDS, fields_to_confirm, registered_in_city
from services.registry.enterprises.schemas import AmendEnterprise, RegisterEnterprise
from services.registry.persons.holding import require_none_erased
from services.registry.policy import edition_at, require_known
from services.registry.tenancies.stays import recount_stays
from shared.auth.principal import Principal
from shared.errors import DomainError, forbidden
from shared.events import outbox
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.http.etag import require_match
from shared.http.validation import PayloadInvalid
from shared.ids import uuid7
from shared.policy.edition import Edition, Editions

RULES: Final = ("centre.operator_code",)
SIZE_RULES: Final = ("enterprise.size_class",)
MAY_BE_UNKNOWN: Final = frozenset(
    {"legal_representative_ref", "registered_address", "address_in_city", "contact_phone", "contact_email"}
)


def enterprise_state(enterprise: Enterprise, *, project_id: UUID | None = None) -> rc.EnterpriseState:
    """The enterprise as its events carry it."""
    return rc.EnterpriseState(
        id=enterprise.id,
        code=enterprise.code,
        name=enterprise.name,
        industry_code=enterprise.industry_code,
        division=enterprise.division,
        registered_on=enterprise.registered_on,
        legal_representative_ref=enterprise.legal_representative_ref,
        graduate_founder=enterprise.graduate_founder,
        registered_address=enterprise.registered_address,
        address_in_city=enterprise.address_in_city,
        size_class=enterprise.size_class,
        size_year=enterprise.size_year,
        project_id=project_id,
        merged_into_id=enterprise.merged_into_id,
        migrated=bool(enterprise.migrated),
    )


def check_registration(edition: Edition, sent: RegisterEnterprise, today: date) -> None:
    """422 for an unknown division or a licence of the future; for one enterprise and for a file of them."""
    require_known("division", [sent.division], edition.divisions.units)
    if sent.registered_on > today:
        raise PayloadInvalid.at("registered_on", "in_the_future")


def new_values(edition: Edition, principal: Principal, sent: RegisterEnterprise) -> dict[str, object]:
    """The columns of an enterprise that the caller registers, beside its id and version."""
    return {
        "registered_by": principal.account_id,
        "registered_by_org": operator_code_of(principal),
        "address_in_city": registered_in_city(edition, sent.registered_address),
        **sent.model_dump(),
    }


async def register_enterprise(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    sent: RegisterEnterprise,
    *,
    project_id: UUID | None = None,
) -> Enterprise:
    """Register an enterprise under its code (2.2-1); one that a project becomes keeps the project's id.

    Raises 403 when an enterprise registers another one, 422 for an unknown division or a day in the future, 409
    `enterprise-already-registered`, which names the existing one to those who may see it, `person-erased`.
    """
    may_register_any = principal.has(*OFFICERS) or operator_code_of(principal) is not None
    if not may_register_any and project_id is None and sent.code != enterprise_code_of(principal):
        raise forbidden()
    edition = edition_at(editions, principal.today)
    check_registration(edition, sent, principal.today)
    await require_none_erased(session, sent.legal_representative_ref)
    new = insert(Enterprise).values(id=project_id or uuid7(), version=0, **new_values(edition, principal, sent))
    inserted = new.on_conflict_do_nothing(index_elements=["code"]).returning(Enterprise)
    enterprise: Enterprise | None = await session.scalar(inserted)
    if enterprise is None:
        raise await _already_registered(session, principal, sent.code)
    context = EventContext.of(principal)
    state = enterprise_state(enterprise, project_id=project_id)
    await outbox.append(session, rc.EnterpriseRegistered, enterprise, state, context=context, rules=RULES)
    return enterprise


async def amend_enterprise(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    enterprise_id: UUID,
    sent: AmendEnterprise,
    *,
    if_match: str | None,
) -> Enterprise:
    """Change particulars.

    Only an officer corrects what is read from the licence (403). An operator keeps contact particulars; for anything
    else 409 `change-needs-confirmation` points to proposing it.
    """
    enterprise = await lock_for_change(session, principal, enterprise_id)
    changes = sent.model_dump(exclude_unset=True)
    require_match(if_match, enterprise.version)
    if not principal.has(*OFFICERS):
        if OFFICER_FIELDS & changes.keys():
            raise forbidden()
        if not await speaks_for(session, principal, enterprise.id) and (waiting := fields_to_confirm(changes)):
            params = {"fields": ", ".join(waiting), "id": enterprise.id}
            raise DomainError("change-needs-confirmation", 409, params=params, clauses=["2.2-1"])
    await apply_changes(session, editions, principal, enterprise, changes)
    return enterprise


async def apply_changes(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    enterprise: Enterprise,
    changes: Mapping[str, object],
) -> None:
    """Write changed particulars of a locked enterprise, with all that follows from them. Raises 422 for what no
    enterprise may be, 409 `person-erased`."""
    edition = edition_at(editions, principal.today)
    industry, representative = enterprise.industry_code, enterprise.legal_representative_ref
    for name, value in changes.items():
        if value is None and name not in MAY_BE_UNKNOWN:
            raise PayloadInvalid.at(name, "missing")
        put(enterprise, name, value)
    if unchanged(session, enterprise):
        return
    if enterprise.legal_representative_ref != representative:
        await require_none_erased(session, enterprise.legal_representative_ref)
    if "registered_address" in changes and "address_in_city" not in changes:
        enterprise.address_in_city = registered_in_city(edition, enterprise.registered_address)
    require_known("division", [enterprise.division], edition.divisions.units)
    if enterprise.registered_on > principal.today:
        raise PayloadInvalid.at("registered_on", "in_the_future")
    if enterprise.industry_code != industry:
        await recompute_size(session, edition, enterprise)
    context = EventContext.of(principal)
    state = enterprise_state(enterprise)
    await outbox.append(session, rc.EnterpriseAmended, enterprise, state, context=context, rules=RULES)
    if enterprise.industry_code != industry:
        await recount_stays(session, editions, enterprise, context)


async def follow_size(session: AsyncSession, edition: Edition, enterprise: Enterprise, context: EventContext) -> None:
    """The size class of a locked enterprise after its figures changed; told where it is another one."""
    if await recompute_size(session, edition, enterprise):
        state = enterprise_state(enterprise)
        await outbox.append(session, rc.EnterpriseAmended, enterprise, state, context=context, rules=SIZE_RULES)


async def speaks_for(session: AsyncSession, principal: Principal, enterprise_id: UUID) -> bool:
    """Whether the caller is the enterprise itself."""
    code = enterprise_code_of(principal)
    if code is None:
        return False
    own = select(Enterprise.id).where(Enterprise.id == enterprise_id, known_by(code))
    return await session.scalar(own) is not None


async def _already_registered(session: AsyncSession, principal: Principal, code: str) -> DomainError:
    going_on = func.coalesce(Enterprise.merged_into_id, Enterprise.id)
    named = select(going_on).where(Enterprise.code == code)
    query = select(Enterprise.id).where(Enterprise.id.in_(named), read_scope(principal))
    existing = await session.scalar(query)
    if existing is None:
        return DomainError("enterprise-registered-elsewhere", 409, clauses=["2.2-1"])
    return DomainError(
        "enterprise-already-registered",
        409,
        params={"id": existing},
        clauses=["2.2-1"],
        headers={"Location": f"/v1/enterprises/{existing}"},
    )
