"""A step of a recovery: found, locked, and in a state that allows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, false, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.access import division_of, provider_code_of, reads_all
from services.vouchers.policy import require_not_before
from services.vouchers.providers.models import Provider
from services.vouchers.recoveries.models import Recovery
from shared.auth.principal import Principal
from shared.clock import effective_date
from shared.errors import four_eyes_required, invalid_transition, not_found
from shared.events.outbox import EventContext
from shared.http.etag import honour_match
from shared.policy.edition import Edition, Editions


@dataclass(frozen=True, slots=True)
class Step:
    """Who takes a step of which recovery."""

    recovery_id: UUID
    principal: Principal
    editions: Editions
    if_match: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A recovery held locked for a step, and the edition it is under."""

    recovery: Recovery
    edition: Edition
    principal: Principal

    def day(self, sent: date | None, not_before: date | None) -> date:
        """The step's day. Raises 422 for one in the future, or before the step that it follows."""
        day = effective_date(self.principal, sent)
        if not_before is not None:
            require_not_before(not_before, day)
        return day

    def context(self, day: date) -> EventContext:
        return EventContext.of(self.principal, day)

    def require_another(self, *earlier: str | None) -> None:
        """403 `four-eyes-required` for somebody who took one of the earlier steps."""
        if self.principal.account_id in earlier:
            raise four_eyes_required()


def own(principal: Principal) -> ColumnElement[bool]:
    """Of the caller's division, or on the caller as a provider."""
    seen: list[ColumnElement[bool]] = []
    if (division := division_of(principal)) is not None:
        seen.append(Recovery.issuer_division == division)
    if (code := provider_code_of(principal)) is not None:
        seen.append(Recovery.provider_id.in_(select(Provider.id).where(Provider.code == code)))
    return or_(*seen) if seen else false()


def visible_to(principal: Principal) -> ColumnElement[bool]:
    """Issuer and provider see their own, the city's bureaus and the auditor all."""
    return true() if reads_all(principal) else own(principal)


async def find(session: AsyncSession, principal: Principal, recovery_id: UUID) -> Recovery:
    """A recovery that the caller may see. Raises 404."""
    query = select(Recovery).where(Recovery.id == recovery_id, visible_to(principal))
    recovery = (await session.scalars(query)).one_or_none()
    if recovery is None:
        raise not_found("voucher-recovery")
    return recovery


async def use_of(session: AsyncSession, step: Step) -> list[UUID]:
    """The redemption behind the caller's recovery, not locked; nothing where there is none."""
    query = select(Recovery.redemption_id).where(Recovery.id == step.recovery_id, own(step.principal))
    return list(await session.scalars(query))


async def open_case(session: AsyncSession, step: Step, *allowed: str) -> Case:
    """The caller's recovery, locked. Raises 404, 412, 409 `invalid-transition`."""
    query = select(Recovery).where(Recovery.id == step.recovery_id, own(step.principal))
    recovery = (await session.scalars(query.with_for_update().execution_options(populate_existing=True))).one_or_none()
    if recovery is None:
        raise not_found("voucher-recovery")
    honour_match(step.if_match, recovery.version)
    if recovery.status not in allowed:
        raise invalid_transition(recovery.status, list(allowed))
    return Case(recovery, step.editions.get(recovery.edition), step.principal)
