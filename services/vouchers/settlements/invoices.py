"""Invoices that their seller has cancelled or red-lettered: nothing is paid on them, and what was is claimed back
(4.3-2).

Locks: redemptions by id, then batches by id.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.access import own_division
from services.vouchers.recoveries import states as recovering
from services.vouchers.recoveries.owed import claimed_back, owed_for
from services.vouchers.recoveries.usecases import open_recovery
from services.vouchers.redemptions.models import Redemption
from services.vouchers.redemptions.rules import REDEEMED
from services.vouchers.settlements import lines, states
from services.vouchers.settlements.models import InvalidInvoice, Settlement, SettlementLine
from services.vouchers.settlements.schemas import InvalidInvoiceIn, WithdrawalIn
from shared.auth.principal import Principal
from shared.clock import effective_date
from shared.db import constraint_of
from shared.errors import DomainError, four_eyes_required, invalid_transition, not_found
from shared.events import outbox
from shared.events.contracts import vouchers as vc
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.ids import uuid7
from shared.policy.edition import Editions

RULES = ("vouchers.settlement_invoice",)
KEY = "uq_invalid_invoice_key"
_REASONS = {"cancelled": recovering.INVOICE_CANCELLED, "red_lettered": recovering.INVOICE_RED_LETTERED}


async def record_invalid(
    session: AsyncSession, *, editions: Editions, principal: Principal, sent: InvalidInvoiceIn
) -> InvalidInvoice:
    """Enter that the invoice behind one of the issuer's redemptions is void. Every redemption on it is concerned,
    whoever issued its voucher: out of its batch, or claimed back where it was paid; one that the bank is paying at this
    moment is claimed back once the bank has answered.

    Raises 404, 409 `redemption-without-invoice`, `invoice-invalid-already`.
    """
    found = select(Redemption.invoice_key).where(
        Redemption.id == sent.redemption_id, Redemption.issuer_division == own_division(principal)
    )
    row = (await session.execute(found)).one_or_none()
    if row is None:
        raise not_found("redemption")
    if row.invoice_key is None:
        raise DomainError("redemption-without-invoice", 409)
    uses = await _uses_on(session, row.invoice_key)
    day = effective_date(principal, sent.found_on)
    context = EventContext.of(principal, day)
    invoice = InvalidInvoice(
        id=uuid7(),
        version=0,
        issuer_division=own_division(principal),
        invoice_key=row.invoice_key,
        kind=sent.kind,
        found_on=day,
        note=sent.note,
        recorded_by=principal.account_id,
    )
    session.add(invoice)
    try:
        await session.flush()
    except IntegrityError as error:
        if constraint_of(error) != KEY:
            raise
        raise DomainError("invoice-invalid-already", 409, clauses=["4.3-2"]) from error
    await _bar(session, [use.id for use in uses], context)
    await claim_back(session, uses, invoice, context, editions=editions)
    await _tell(session, vc.InvalidInvoiceRecorded, invoice, context)
    return invoice


async def withdraw(
    session: AsyncSession, *, principal: Principal, invoice_id: UUID, sent: WithdrawalIn, if_match: str | None
) -> InvalidInvoice:
    """The entry was a mistake, says somebody else than who made it: what it barred may be collected again. Recoveries
    that it opened are decided like any other. Raises 404, 403 `four-eyes-required`, 409 `invalid-transition`."""
    query = select(InvalidInvoice).where(
        InvalidInvoice.id == invoice_id, InvalidInvoice.issuer_division == own_division(principal)
    )
    invoice = (await session.scalars(query.with_for_update())).one_or_none()
    if invoice is None:
        raise not_found("invalid-invoice")
    honour_match(if_match, invoice.version)
    if invoice.withdrawn_on is not None:
        raise invalid_transition("withdrawn", ["recorded"])
    if invoice.recorded_by == principal.account_id:
        raise four_eyes_required()
    context = EventContext.of(principal)
    invoice.withdrawn_by, invoice.withdrawn_on = principal.account_id, principal.today
    invoice.withdrawal = sent.reason
    uses = select(Redemption.id).where(Redemption.invoice_key == invoice.invoice_key)
    barred = select(SettlementLine).where(
        SettlementLine.redemption_id.in_(uses),
        SettlementLine.status == states.BARRED,
        SettlementLine.reason_code == states.INVOICE_INVALID,
    )
    for settlement, found in (await _by_batch(session, (await session.scalars(barred)).all())).items():
        await lines.take_out(session, settlement, found, states.BACK, states.READMITTED, context=context, cited=RULES)
    await _tell(session, vc.InvalidInvoiceWithdrawn, invoice, context)
    return invoice


async def claim_back(
    session: AsyncSession,
    uses: Sequence[Redemption],
    invoice: InvalidInvoice,
    context: EventContext,
    *,
    editions: Editions,
) -> None:
    """A recovery of what was paid on the invoice and is not claimed back already, for each redemption."""
    owed = await owed_for(session, [use.id for use in uses])
    for use in uses:
        if use.id not in owed:
            continue
        amount = owed[use.id].paid - await claimed_back(session, use.id)
        if amount > 0:
            reason_code = _REASONS[invoice.kind]
            await open_recovery(session, use, amount, invoice.note, context, editions=editions, reason_code=reason_code)


async def claim_back_paid_meanwhile(
    session: AsyncSession, payment_ids: Collection[UUID], context: EventContext, *, editions: Editions
) -> None:
    """What the bank has paid by now while its invoice was found void; asked once a payment, so that what was decided
    since is not claimed anew. The caller holds batch and redemptions locked."""
    query = (
        select(Redemption, InvalidInvoice)
        .join(SettlementLine, SettlementLine.redemption_id == Redemption.id)
        .join(InvalidInvoice, InvalidInvoice.invoice_key == Redemption.invoice_key)
        .where(
            SettlementLine.payment_id.in_(payment_ids),
            SettlementLine.status == states.PAID,
            InvalidInvoice.withdrawn_on.is_(None),
        )
        .order_by(Redemption.id)
    )
    for use, invoice in (await session.execute(query)).all():
        await claim_back(session, [use], invoice, context, editions=editions)


async def _uses_on(session: AsyncSession, key: str) -> Sequence[Redemption]:
    query = select(Redemption).where(Redemption.invoice_key == key, Redemption.status == REDEEMED)
    locked = query.order_by(Redemption.id).with_for_update().execution_options(populate_existing=True)
    return (await session.scalars(locked)).all()


async def _bar(session: AsyncSession, redemption_ids: Sequence[UUID], context: EventContext) -> None:
    """Out of every batch whose payment file is not made yet."""
    included = select(SettlementLine).where(
        SettlementLine.redemption_id.in_(redemption_ids), SettlementLine.status == states.INCLUDED
    )
    found = (await session.scalars(included)).all()
    for settlement, mine in (await _by_batch(session, found)).items():
        waiting = [line for line in mine if line.status == states.INCLUDED]
        if settlement.status in (*states.BEFORE_APPROVAL, states.APPROVED) and waiting:
            await lines.take_out(
                session, settlement, waiting, states.BARRED, states.INVOICE_INVALID, context=context, cited=RULES
            )


async def _by_batch(session: AsyncSession, found: Sequence[SettlementLine]) -> dict[Settlement, list[SettlementLine]]:
    """Lines by their batch, the batches locked by id and the lines as they are then."""
    by_id: defaultdict[UUID, list[UUID]] = defaultdict(list)
    for line in found:
        by_id[line.settlement_id].append(line.id)
    batches = select(Settlement).where(Settlement.id.in_(by_id)).order_by(Settlement.id).with_for_update()
    fresh = {"populate_existing": True}
    locked = (await session.scalars(batches, execution_options=fresh)).all()
    ids = [line_id for some in by_id.values() for line_id in some]
    again = await session.scalars(select(SettlementLine).where(SettlementLine.id.in_(ids)), execution_options=fresh)
    lines_of: defaultdict[UUID, list[SettlementLine]] = defaultdict(list)
    for line in again:
        lines_of[line.settlement_id].append(line)
    return {batch: lines_of[batch.id] for batch in locked}


async def _tell(
    session: AsyncSession,
    event_type: EventType[vc.InvalidInvoiceState],
    invoice: InvalidInvoice,
    context: EventContext,
) -> None:
    data = vc.InvalidInvoiceState.model_validate(invoice, from_attributes=True)
    await outbox.append(session, event_type, invoice, data, context=context, rules=RULES)
