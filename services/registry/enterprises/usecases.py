"""Enterprises: registered once by their code, and amended."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import OFFICERS, enterprise_code_of, operator_code_of
from services.registry.enterprises.models import Enterprise
from services.registry.enterprises.queries import find, read_scope, write_scope
from services.registry.enterprises.schemas import AmendEnterprise, RegisterEnterprise
from services.registry.policy import edition_at, require_known
from shared.auth.principal import Principal
from shared.errors import DomainError, forbidden
from shared.events import outbox
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.http.etag import require_match
from shared.http.validation import PayloadInvalid
from shared.ids import uuid7
from shared.policy.edition import Editions

RULES: Final = ("centre.operator_code",)


def enterprise_state(enterprise: Enterprise) -> rc.EnterpriseState:
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
    )


async def register_enterprise(
    session: AsyncSession, editions: Editions, principal: Principal, sent: RegisterEnterprise
) -> Enterprise:
    """Register an enterprise under its code (2.2-1).

    Raises 403 when an enterprise registers another one, 422 for an unknown division or a day in the future, 409
    `enterprise-already-registered`, which names the existing one to those who may see it.
    """
    may_register_any = principal.has(*OFFICERS) or operator_code_of(principal) is not None
    if not may_register_any and sent.code != enterprise_code_of(principal):
        raise forbidden()
    require_known("division", [sent.division], edition_at(editions, principal.today).divisions.units)
    if sent.registered_on > principal.today:
        raise PayloadInvalid.at("registered_on", "in_the_future")
    new = insert(Enterprise).values(
        id=uuid7(),
        version=0,
        registered_by=principal.account_id,
        registered_by_org=operator_code_of(principal),
        **sent.model_dump(),
    )
    inserted = new.on_conflict_do_nothing(index_elements=["code"]).returning(Enterprise)
    enterprise: Enterprise | None = await session.scalar(inserted)
    if enterprise is None:
        raise await _already_registered(session, principal, sent.code)
    context = EventContext.of(principal)
    state = enterprise_state(enterprise)
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
    """Change particulars. Only an officer corrects the day on the licence, on which the age at entry rests (403)."""
    await find(session, read_scope(principal), enterprise_id)
    enterprise = await session.get_one(Enterprise, enterprise_id, with_for_update=True, populate_existing=True)
    changes = sent.model_dump(exclude_unset=True)
    own = select(Enterprise.id).where(Enterprise.id == enterprise_id, write_scope(principal))
    if await session.scalar(own) is None or ("registered_on" in changes and not principal.has(*OFFICERS)):
        raise forbidden()
    require_match(if_match, enterprise.version)
    for name, value in changes.items():
        if value is None and name != "legal_representative_ref":
            raise PayloadInvalid.at(name, "missing")
        setattr(enterprise, name, value)
    require_known("division", [enterprise.division], edition_at(editions, principal.today).divisions.units)
    if enterprise.registered_on > principal.today:
        raise PayloadInvalid.at("registered_on", "in_the_future")
    context = EventContext.of(principal)
    state = enterprise_state(enterprise)
    await outbox.append(session, rc.EnterpriseAmended, enterprise, state, context=context, rules=RULES)
    return enterprise


async def _already_registered(session: AsyncSession, principal: Principal, code: str) -> DomainError:
    query = select(Enterprise.id).where(Enterprise.code == code, read_scope(principal))
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
