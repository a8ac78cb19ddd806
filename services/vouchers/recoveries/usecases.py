"""A recovery step by step: opened, the provider's statement, decision (4.3-4). `money` has what makes up for it.

Locks: voucher, redemption, then recovery: entries of one redemption are numbered under its lock.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from pydantic import JsonValue
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.access import own_division
from services.vouchers.journal.models import (
    PROGRAMME_RECOVERED,
    PROGRAMME_WRITTEN_OFF,
    PROVIDER_PAYABLE,
    PROVIDER_RECEIVABLE,
    RECOVERY,
    RECOVERY_DROPPED,
)
from services.vouchers.journal.usecases import Account, Move, next_ordinal, post_moves
from services.vouchers.recoveries import rules, states
from services.vouchers.recoveries.cases import Step, open_case, use_of
from services.vouchers.recoveries.models import Recovery
from services.vouchers.recoveries.owed import claimed_back, owed_for
from services.vouchers.recoveries.restoring import lock_uses
from services.vouchers.recoveries.schemas import DecisionIn, RecoveryNew, StatementIn
from services.vouchers.redemptions.models import Redemption
from shared.auth.principal import Principal
from shared.calendar import CalendarWarning
from shared.clock import effective_date
from shared.errors import DomainError, not_found
from shared.events import outbox
from shared.events.contracts import vouchers as vc
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.ids import next_case_no, uuid7
from shared.money import ZERO
from shared.policy.decision import plain
from shared.policy.edition import Editions
from shared.refusals import require_passed


async def open_recovery(
    session: AsyncSession,
    redemption: Redemption,
    amount: Decimal,
    reason: str,
    context: EventContext,
    *,
    editions: Editions,
    reason_code: str = states.REVERSAL,
) -> Recovery:
    """Claim back what was paid for a redemption, which the caller holds locked; `reason` is what the provider is told.
    The provider is heard, and somebody else decides what is due.

    Raises 409 `recovery-above-paid` for more than was paid and is not claimed back already.
    """
    edition = editions.get(redemption.edition)
    owed = (await owed_for(session, [redemption.id])).get(redemption.id)
    paid = ZERO if owed is None else owed.paid
    claimable = paid - await claimed_back(session, redemption.id)
    require_passed(rules.decide_claim(edition, amount=amount, claimable=claimable))
    term = rules.statement_term(edition, context.effective_on)
    recovery = Recovery(
        id=uuid7(),
        version=0,
        no=await next_case_no(session, "VR", context.effective_on.year),
        redemption_id=redemption.id,
        programme_id=redemption.programme_id,
        issuer_division=redemption.issuer_division,
        provider_id=redemption.provider_id,
        edition=edition.id,
        status=states.OPENED,
        reason_code=reason_code,
        facts=reason,
        reversed=reason_code == states.REVERSAL,
        amount=amount,
        repaid=ZERO,
        withheld=ZERO,
        written_off=ZERO,
        reserved=ZERO,
        opened_by=context.actor,
        opened_on=context.effective_on,
        statement_until=term.day,
        warnings=shown_warnings(term.warnings),
    )
    session.add(recovery)
    await session.flush()
    await tell(session, vc.RecoveryOpened, recovery, context, ("vouchers.recovery",))
    return recovery


async def open_by_officer(
    session: AsyncSession, *, editions: Editions, principal: Principal, sent: RecoveryNew
) -> Recovery:
    """An officer of the issuer claims back what was paid for a redemption that stays captured. Raises 404, 409
    `recovery-above-paid`."""
    query = select(Redemption).where(
        Redemption.id == sent.redemption_id, Redemption.issuer_division == own_division(principal)
    )
    redemption = (await session.scalars(query.with_for_update())).one_or_none()
    if redemption is None:
        raise not_found("redemption")
    context = EventContext.of(principal, effective_date(principal, sent.opened_on))
    return await open_recovery(
        session, redemption, sent.amount, sent.facts, context, editions=editions, reason_code=sent.reason_code
    )


async def state(session: AsyncSession, *, step: Step, sent: StatementIn) -> Recovery:
    """The provider says something, or an officer enters its paper; once, until it is decided. Raises 409
    `recovery-stated-already`."""
    case = await open_case(session, step, states.OPENED)
    recovery = case.recovery
    if recovery.statement is not None:
        raise DomainError("recovery-stated-already", 409, params={"stated_on": recovery.stated_on})
    day = case.day(sent.stated_on, recovery.opened_on)
    recovery.statement, recovery.stated_by, recovery.stated_on = sent.text, step.principal.account_id, day
    await tell(session, vc.RecoveryStated, recovery, case.context(day), ("vouchers.recovery_statement",))
    return recovery


async def decide(session: AsyncSession, *, step: Step, sent: DecisionIn) -> Recovery:
    """An approver decides what is due, never who opened it; heard the provider, or after the term for it. The decision
    names its remedies and their last days.

    Raises 403 `four-eyes-required`, 409 `recovery-statement-term-runs`, `recovery-above-claim`.
    """
    await lock_uses(session, await use_of(session, step))
    case = await open_case(session, step, states.OPENED)
    recovery = case.recovery
    case.require_another(recovery.opened_by, recovery.stated_by)
    day = case.day(sent.decided_on, recovery.opened_on)
    decision = require_passed(
        rules.decide_decidable(
            case.edition,
            day=day,
            statement_until=recovery.statement_until,
            stated=recovery.stated_on is not None,
            due=sent.due,
            amount=recovery.amount,
        )
    )
    terms = rules.decision_terms(case.edition, day)
    recovery.due, recovery.grounds, recovery.document_no = sent.due, sent.grounds, sent.document_no
    recovery.decided_by, recovery.decided_on = step.principal.account_id, day
    recovery.decision = decision.to_json()
    recovery.reconsideration_until, recovery.litigation_until = terms.reconsideration_until, terms.litigation_until
    recovery.warnings = [*recovery.warnings, *shown_warnings(terms.warnings)]
    if sent.due > 0:
        recovery.status, recovery.repay_until = states.DECIDED, terms.repay_until
    else:
        recovery.status, recovery.ended_on = states.DROPPED, day
    await session.flush()
    await _enter_decision(session, recovery, day=day, actor=step.principal.account_id)
    await tell(session, vc.RecoveryDecided, recovery, case.context(day), decision.rules)
    return recovery


async def agree_to_offset(session: AsyncSession, *, step: Step) -> Recovery:
    """The provider agrees to have what is due kept back from its next payment, at once."""
    case = await open_case(session, step, states.DECIDED)
    recovery = case.recovery
    if recovery.offset_agreed_on is None:
        recovery.offset_agreed_on = step.principal.today
        context = case.context(step.principal.today)
        await tell(session, vc.RecoveryOffsetAgreed, recovery, context, ("vouchers.recovery_repayment",))
    return recovery


async def _enter_decision(session: AsyncSession, recovery: Recovery, *, day: date, actor: str) -> None:
    """The journal of a decision: what is due becomes a claim on the provider.

    Where the redemption was reversed, the provider's account is in debit for it since: the debit becomes the claim, and
    what is dropped of it is the programme's loss. Otherwise the subsidy stays captured and the claim is the issuer's.
    """
    due = recovery.due or ZERO
    provider, programme = recovery.provider_id, recovery.programme_id
    source = (PROVIDER_PAYABLE, provider) if recovery.reversed else (PROGRAMME_RECOVERED, programme)
    moves = []
    if due > 0:
        moves.append(await _move(session, recovery, RECOVERY, due, (PROVIDER_RECEIVABLE, provider), source))
    if recovery.reversed and recovery.amount > due:
        lost = (PROGRAMME_WRITTEN_OFF, programme)
        moves.append(await _move(session, recovery, RECOVERY_DROPPED, recovery.amount - due, lost, source))
    await post_moves(session, moves, effective_on=day, actor=actor)


async def _move(
    session: AsyncSession, recovery: Recovery, kind: str, amount: Decimal, debit: Account, credit: Account
) -> Move:
    ordinal = await next_ordinal(session, recovery.redemption_id, kind)
    return Move(kind, recovery.redemption_id, amount, debit, credit, ordinal=ordinal, recovery_id=recovery.id)


def shown_warnings(warnings: Sequence[CalendarWarning]) -> list[JsonValue]:
    """What a term was counted without, as it is stored."""
    return [
        {"code": warning.code, "year": warning.year, "days": [plain(day) for day in warning.days]}
        for warning in warnings
    ]


async def tell(
    session: AsyncSession,
    event_type: EventType[vc.RecoveryState],
    recovery: Recovery,
    context: EventContext,
    rules_cited: Sequence[str],
) -> None:
    """Append the recovery's event with its whole state."""
    data = vc.RecoveryState.model_validate(recovery, from_attributes=True)
    await outbox.append(
        session, event_type, recovery, data, context=context, rules=rules_cited, edition=recovery.edition
    )
