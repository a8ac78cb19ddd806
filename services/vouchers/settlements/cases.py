"""A step of a batch: found, locked, and in a state that allows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, false, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.access import division_of, own_division, provider_code_of, reads_all
from services.vouchers.policy import require_not_before
from services.vouchers.providers.models import Provider
from services.vouchers.settlements.models import Settlement, SettlementLine
from shared.auth.principal import Principal
from shared.clock import effective_date
from shared.errors import four_eyes_required, invalid_transition, not_found
from shared.events.outbox import EventContext
from shared.http.etag import honour_match
from shared.policy.edition import Edition, Editions


@dataclass(frozen=True, slots=True)
class Step:
    """Who takes a step of which batch."""

    settlement_id: UUID
    principal: Principal
    editions: Editions
    if_match: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A batch held locked for a step, and the edition it is under."""

    settlement: Settlement
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

    def note_hand(self) -> None:
        """Whoever takes a step before the approval does not approve."""
        hands, mine = self.settlement.hands, self.principal.account_id
        if mine not in hands:
            self.settlement.hands = [*hands, mine]

    def require_another(self, *earlier: str | None) -> None:
        """403 `four-eyes-required` for somebody who took one of the earlier steps."""
        if self.principal.account_id in earlier:
            raise four_eyes_required()


async def open_case(session: AsyncSession, step: Step, *allowed: str) -> Case:
    """The issuer's batch, locked. Raises 404, 412, 409 `invalid-transition`."""
    query = select(Settlement).where(
        Settlement.id == step.settlement_id, Settlement.issuer_division == own_division(step.principal)
    )
    settlement = (
        await session.scalars(query.with_for_update().execution_options(populate_existing=True))
    ).one_or_none()
    if settlement is None:
        raise not_found("settlement")
    honour_match(step.if_match, settlement.version)
    if allowed and settlement.status not in allowed:
        raise invalid_transition(settlement.status, list(allowed))
    return Case(settlement, step.editions.get(settlement.edition), step.principal)


def visible_to(principal: Principal) -> ColumnElement[bool]:
    """Issuers see their own, the city's bureaus and the auditor all, providers those that have lines of theirs."""
    if reads_all(principal):
        return true()
    seen: list[ColumnElement[bool]] = []
    if (division := division_of(principal)) is not None:
        seen.append(Settlement.issuer_division == division)
    if (code := provider_code_of(principal)) is not None:
        line = SettlementLine
        own = select(Provider.id).where(Provider.code == code)
        seen.append(Settlement.id.in_(select(line.settlement_id).where(line.provider_id.in_(own))))
    return or_(*seen) if seen else false()


def own_lines(principal: Principal) -> ColumnElement[bool]:
    """A provider sees its own lines and payments of a batch; everybody else who sees the batch all."""
    code = provider_code_of(principal)
    if code is None or reads_all(principal) or division_of(principal) is not None:
        return true()
    return SettlementLine.provider_id.in_(select(Provider.id).where(Provider.code == code))


async def find(session: AsyncSession, principal: Principal, settlement_id: UUID) -> Settlement:
    """A batch that the caller may see. Raises 404."""
    query = select(Settlement).where(Settlement.id == settlement_id, visible_to(principal))
    settlement = (await session.scalars(query)).one_or_none()
    if settlement is None:
        raise not_found("settlement")
    return settlement
