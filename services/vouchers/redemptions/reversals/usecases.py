"""A reversal step by step: asked for by the provider or proposed by the issuer's officer, decided by another person
(4.3-4).

Locks: voucher, redemption, reversal, documents, settlement, ceilings.
"""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.access import division_of, own_division, provider_code_of
from services.vouchers.journal.usecases import record_reversal
from services.vouchers.policy import require_known
from services.vouchers.recoveries.usecases import open_recovery
from services.vouchers.redemptions.claims import lower_claims
from services.vouchers.redemptions.freeing import free
from services.vouchers.redemptions.locking import lock_use
from services.vouchers.redemptions.models import Redemption
from services.vouchers.redemptions.queries import issued_by, sold_by
from services.vouchers.redemptions.recording import record
from services.vouchers.redemptions.reversals.models import APPROVED, ASKED, PROPOSED, REFUSED, Reversal
from services.vouchers.redemptions.reversals.schemas import Answer, ReversalNew
from services.vouchers.redemptions.rules import REDEEMED, REVERSED, decide_reversal
from services.vouchers.settlements.standing import leave_settlement
from services.vouchers.vouchers.models import Voucher
from shared.auth.principal import Principal
from shared.errors import DomainError, four_eyes_required, invalid_transition, not_found
from shared.events import outbox
from shared.events.contracts import vouchers as vc
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.ids import next_case_no
from shared.money import ZERO
from shared.policy.edition import Editions
from shared.refusals import require_passed

RULES = ("vouchers.reversal", "vouchers.four_eyes")


async def ask_reversal(
    session: AsyncSession,
    *,
    editions: Editions,
    principal: Principal,
    redemption_id: UUID,
    wanted: ReversalNew,
    if_match: str | None,
) -> Reversal:
    """Begin a reversal: the issuer's officer proposes it, the provider asks for one. Nothing moves yet.

    Raises 404, 409 `reversal-above-subsidy`, `reversal-open` while another waits for its decision.
    """
    division = division_of(principal)
    concerned = issued_by(division) if division is not None else sold_by(provider_code_of(principal))
    _, redemption = await lock_use(session, redemption_id, concerned)
    honour_match(if_match, redemption.version)
    if redemption.status != REDEEMED:
        raise invalid_transition(redemption.status, [REDEEMED])
    edition = editions.get(redemption.edition)
    require_known("reason_code", [wanted.reason_code], edition.vouchers.use.reversal_reasons)
    left = redemption.subsidy - redemption.reversed_amount
    amount = left if wanted.amount is None else wanted.amount
    decision = require_passed(decide_reversal(edition, amount, left))
    await _require_none_open(session, redemption.id)
    by, on = principal.account_id, principal.today
    proposed = division is not None
    reversal = Reversal(
        no=await next_case_no(session, "RV", on.year),
        redemption_id=redemption.id,
        issuer_division=redemption.issuer_division,
        provider_id=redemption.provider_id,
        status=PROPOSED if proposed else ASKED,
        amount=amount,
        reason_code=wanted.reason_code,
        statement=wanted.text,
        **({"proposed_by": by, "proposed_on": on} if proposed else {"asked_by": by, "asked_on": on}),
    )
    session.add(reversal)
    await session.flush()
    event_type = vc.ReversalProposed if proposed else vc.ReversalAsked
    await _record(session, event_type, reversal, redemption, EventContext.of(principal), decision.rules)
    return reversal


async def _require_none_open(session: AsyncSession, redemption_id: UUID) -> None:
    query = select(Reversal.no).where(Reversal.redemption_id == redemption_id, Reversal.status.in_((ASKED, PROPOSED)))
    no = await session.scalar(query)
    if no is not None:
        raise DomainError("reversal-open", 409, params={"no": no}, clauses=["4.3-4"])


async def propose_reversal(
    session: AsyncSession, *, principal: Principal, redemption_id: UUID, reversal_id: UUID, if_match: str | None
) -> Reversal:
    """The issuer's officer supports what the provider asked for."""
    _, redemption, reversal = await _lock(session, principal, redemption_id, reversal_id, if_match)
    if reversal.status != ASKED:
        raise invalid_transition(reversal.status, [ASKED])
    reversal.status = PROPOSED
    reversal.proposed_by, reversal.proposed_on = principal.account_id, principal.today
    await _record(session, vc.ReversalProposed, reversal, redemption, EventContext.of(principal), RULES)
    return reversal


async def refuse_reversal(
    session: AsyncSession,
    *,
    principal: Principal,
    redemption_id: UUID,
    reversal_id: UUID,
    sent: Answer,
    if_match: str | None,
) -> Reversal:
    """It stays redeemed. Who proposed it cannot refuse it."""
    _, redemption, reversal = await _lock(session, principal, redemption_id, reversal_id, if_match)
    if reversal.status not in (ASKED, PROPOSED):
        raise invalid_transition(reversal.status, [ASKED, PROPOSED])
    if reversal.proposed_by == principal.account_id:
        raise four_eyes_required()
    _decided(reversal, REFUSED, principal, sent.text)
    await _record(session, vc.ReversalRefused, reversal, redemption, EventContext.of(principal), RULES)
    return reversal


async def approve_reversal(
    session: AsyncSession,
    *,
    editions: Editions,
    principal: Principal,
    redemption_id: UUID,
    reversal_id: UUID,
    sent: Answer | None,
    if_match: str | None,
) -> Reversal:
    """Take the amount back: another person than who proposed it.

    What was not paid yet leaves the queue of what is to be paid, and the voucher has it again or, stopped, its budget
    and quota. What was paid is claimed back, and counts as spent until it has come in (`restore_recovered`).
    """
    voucher, redemption, reversal = await _lock(session, principal, redemption_id, reversal_id, if_match)
    if reversal.status != PROPOSED:
        raise invalid_transition(reversal.status, [PROPOSED])
    if principal.account_id in (reversal.proposed_by, reversal.asked_by):
        raise four_eyes_required()
    amount, edition = reversal.amount, editions.get(redemption.edition)
    require_passed(decide_reversal(edition, amount, redemption.subsidy - redemption.reversed_amount))
    context = EventContext.of(principal)
    await _take_back(session, redemption, amount, context)
    left = redemption.subsidy - redemption.reversed_amount
    paid = await leave_settlement(session, redemption.id, left, context=context)
    if paid:
        await open_recovery(session, redemption, amount, reversal.statement, context, editions=editions)
    else:
        redemption.restored_amount += amount
        await free(session, voucher, amount, spent=amount)
    _decided(reversal, APPROVED, principal, None if sent is None else sent.text)
    reversal.paid = paid
    await _record(session, vc.ReversalApproved, reversal, redemption, context, RULES)
    await record(session, vc.RedemptionReversed, redemption, context, RULES)
    return reversal


async def _take_back(session: AsyncSession, redemption: Redemption, amount: Decimal, context: EventContext) -> None:
    """The linked entry, and the claims on the documents: the price is claimed as long as a part of the subsidy is."""
    whole = redemption.reversed_amount + amount == redemption.subsidy
    await lower_claims(session, [redemption], {redemption: (redemption.price if whole else ZERO, amount)})
    redemption.reversed_amount += amount
    if whole:
        redemption.status = REVERSED
    await session.flush()
    await record_reversal(
        session,
        redemption_id=redemption.id,
        programme_id=redemption.programme_id,
        provider_id=redemption.provider_id,
        amount=amount,
        effective_on=context.effective_on,
        actor=context.actor,
    )


async def restore_recovered(
    session: AsyncSession, redemption_id: UUID, amount: Decimal, *, context: EventContext
) -> Decimal:
    """So much of a reversed and paid subsidy has come back from the provider: it is no longer spent. The voucher has it
    again or, stopped, its budget and quota. Returns how much that is: never more than was reversed and not back yet.

    Takes the voucher and the redemption, in this order: call it before anything after them is locked.
    """
    voucher, redemption = await lock_use(session, redemption_id, Redemption.id == redemption_id)
    restored = min(amount, redemption.reversed_amount - redemption.restored_amount)
    if restored <= 0:
        return ZERO
    redemption.restored_amount += restored
    await free(session, voucher, restored, spent=restored)
    await record(session, vc.RedemptionRecovered, redemption, context, RULES)
    return restored


async def _lock(
    session: AsyncSession, principal: Principal, redemption_id: UUID, reversal_id: UUID, if_match: str | None
) -> tuple[Voucher, Redemption, Reversal]:
    voucher, redemption = await lock_use(session, redemption_id, issued_by(own_division(principal)))
    query = select(Reversal).where(Reversal.id == reversal_id, Reversal.redemption_id == redemption_id)
    reversal = (await session.scalars(query.with_for_update())).one_or_none()
    if reversal is None:
        raise not_found("reversal")
    honour_match(if_match, reversal.version)
    return voucher, redemption, reversal


def _decided(reversal: Reversal, status: str, principal: Principal, answer: str | None) -> None:
    reversal.status, reversal.answer = status, answer
    reversal.decided_by, reversal.decided_on = principal.account_id, principal.today


async def _record(
    session: AsyncSession,
    event_type: EventType[vc.ReversalState],
    reversal: Reversal,
    redemption: Redemption,
    context: EventContext,
    rules: tuple[str, ...],
) -> None:
    data = vc.ReversalState.model_validate(reversal, from_attributes=True)
    await outbox.append(session, event_type, reversal, data, context=context, rules=rules, edition=redemption.edition)
