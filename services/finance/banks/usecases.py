"""Banks of the register: recorded by the finance bureau's officer, approved by another person (3.2-1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.banks.models import Bank, BankRevision
from services.finance.banks.queries import lock, pending_revision
from services.finance.banks.rules import decide_another_person
from services.finance.banks.schemas import BankIn, ChangeRefusalIn, Particulars
from services.finance.banks.states import ACTIVE, APPROVED, PROPOSED, RECORDED, REFUSED, SUSPENDED
from shared.auth.principal import Principal
from shared.clock import effective_date
from shared.db import constraint_of
from shared.errors import DomainError, invalid_transition
from shared.events import outbox
from shared.events.contracts.finance.banking import BankApproved, BankRecorded, BankRefused, BankRevised, BankState
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.ids import uuid7
from shared.policy.edition import Edition, Editions
from shared.refusals import require_passed

RULES: Final = ("banking.bank",)
_COPIED: Final = ("name", "office", "phone", "email", "channels")


@dataclass(frozen=True, slots=True)
class Step:
    """Who takes a step, on which thing, knowing which version, under which editions."""

    id: UUID
    principal: Principal
    editions: Editions
    if_match: str | None = None

    def day(self, sent: date | None, *, not_before: date | None = None) -> date:
        """The day the step counts for. Raises 422 as `effective_date`, 409 `step-before-earlier-step`."""
        day = effective_date(self.principal, sent)
        if not_before is not None and day < not_before:
            raise DomainError("step-before-earlier-step", 409, params={"sent": day, "not_before": not_before})
        return day

    def edition(self, day: date) -> Edition:
        """The edition whose rules hold for the register that day, also before and after all of them: the register
        outlives an edition. Raises 503 without any."""
        closest = self.editions.closest_to(day)
        if closest is None:
            raise DomainError("policy-edition-not-loaded", 503, params={"edition": "-"})
        return closest


async def record_bank(session: AsyncSession, sent: BankIn, *, principal: Principal) -> Bank:
    """Propose a bank; it takes referrals once somebody else approves it. Raises 409 `bank-exists`."""
    day = effective_date(principal, sent.recorded_on)
    bank = Bank(
        id=uuid7(),
        version=0,
        code=sent.code,
        status=PROPOSED,
        revision=0,
        **sent.model_dump(include=set(_COPIED)),
    )
    session.add(bank)
    try:
        await session.flush()
    except IntegrityError as error:
        if constraint_of(error) != "uq_bank_code":
            raise
        raise DomainError("bank-exists", 409, params={"code": sent.code}, clauses=["3.2-1"]) from error
    await _add_revision(session, bank, sent, principal, day)
    await _tell(session, BankRecorded, bank, EventContext.of(principal, day))
    return bank


async def revise_bank(session: AsyncSession, sent: Particulars, *, step: Step) -> Bank:
    """Propose other particulars, or that the bank takes no referrals for a time. Raises 409 `change-pending`."""
    bank = await _lock(session, step)
    if await pending_revision(session, bank.id) is not None:
        raise DomainError("change-pending", 409, clauses=["3.2-1"])
    day = step.day(sent.recorded_on)
    await _add_revision(session, bank, sent, step.principal, day)
    if bank.status == REFUSED:
        bank.status, bank.reason_code = PROPOSED, None
    await _tell(session, BankRevised, bank, EventContext.of(step.principal, day))
    return bank


async def approve_bank(session: AsyncSession, decided_on: date | None, *, step: Step) -> Bank:
    """What waits becomes the bank's particulars. Raises 403 `four-eyes-required` to whoever recorded it."""
    bank, revision, day = await _decide(session, step, decided_on)
    revision.status, revision.decided_by, revision.decided_on = APPROVED, step.principal.account_id, day
    for name in _COPIED:
        setattr(bank, name, getattr(revision, name))
    bank.status = ACTIVE if revision.taking_referrals else SUSPENDED
    bank.approved_by, bank.approved_on, bank.reason_code = step.principal.account_id, day, None
    await _tell(session, BankApproved, bank, EventContext.of(step.principal, day))
    return bank


async def refuse_bank(session: AsyncSession, sent: ChangeRefusalIn, *, step: Step) -> Bank:
    """What waits is not approved; earlier particulars stay. Raises as `approve_bank`."""
    bank, revision, day = await _decide(session, step, sent.decided_on)
    revision.status, revision.decided_by, revision.decided_on = REFUSED, step.principal.account_id, day
    revision.reason_code = bank.reason_code = sent.reason_code
    if bank.approved_on is None:
        bank.status = REFUSED
    await _tell(session, BankRefused, bank, EventContext.of(step.principal, day))
    return bank


async def _decide(session: AsyncSession, step: Step, decided_on: date | None) -> tuple[Bank, BankRevision, date]:
    bank = await _lock(session, step)
    revision = await pending_revision(session, bank.id)
    if revision is None:
        raise invalid_transition(bank.status, [RECORDED])
    day = step.day(decided_on, not_before=revision.recorded_on)
    handled_by = {"recorded": revision.recorded_by}
    edition = step.edition(day)
    require_passed(decide_another_person(edition, actor=step.principal.account_id, handled_by=handled_by), 403)
    return bank, revision, day


async def _lock(session: AsyncSession, step: Step) -> Bank:
    bank = await lock(session, step.id)
    honour_match(step.if_match, bank.version)
    return bank


async def _add_revision(session: AsyncSession, bank: Bank, sent: Particulars, principal: Principal, day: date) -> None:
    bank.revision += 1
    session.add(
        BankRevision(
            bank_id=bank.id,
            revision=bank.revision,
            status=RECORDED,
            taking_referrals=sent.taking_referrals,
            recorded_by=principal.account_id,
            recorded_on=day,
            **sent.model_dump(include=set(_COPIED)),
        )
    )
    await session.flush()


async def _tell(session: AsyncSession, event_type: EventType[BankState], bank: Bank, context: EventContext) -> None:
    data = BankState.model_validate({name: getattr(bank, name) for name in BankState.model_fields})
    await outbox.append(session, event_type, bank, data, context=context, rules=RULES)
