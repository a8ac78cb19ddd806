"""A redemption step by step: hold, delivery, confirmation, or release (4.3-1, 4.3-2).

Locks are taken in one order: provider, voucher, redemption.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.access import enterprise_code_of, provider_code_of
from services.vouchers.ceilings.returns import give_back
from services.vouchers.journal.usecases import record_capture
from services.vouchers.providers.models import Provider
from services.vouchers.redemptions.claims import (
    documents_count_once,
    edition_for_documents,
    require_invoice,
    require_within_document,
)
from services.vouchers.redemptions.models import Redemption, redemption_number
from services.vouchers.redemptions.parties import Parties, of_hold
from services.vouchers.redemptions.queries import bought_by, sold_by
from services.vouchers.redemptions.rules import (
    CANCELLED_BY_ENTERPRISE,
    CANCELLED_BY_PROVIDER,
    DELIVERED,
    HELD,
    REDEEMED,
    RELEASED,
    Use,
    decide_centre,
    decide_use,
    subsidy_of,
)
from services.vouchers.redemptions.schemas import Delivered, HoldNew, Sale
from services.vouchers.vouchers.facts import centre_withdrawn, unspent_of
from services.vouchers.vouchers.models import Voucher
from services.vouchers.vouchers.rules import STOPPED
from shared.auth.principal import Principal
from shared.document_claims import contract_key
from shared.errors import invalid_transition, not_found
from shared.events import outbox
from shared.events.contracts import vouchers as vc
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.http.validation import PayloadInvalid
from shared.ids import case_no
from shared.policy.decision import Decision
from shared.policy.edition import Editions
from shared.refusals import require_passed


async def hold(
    session: AsyncSession, *, editions: Editions, principal: Principal, wanted: HoldNew
) -> tuple[Redemption, Decision]:
    """Reserve the subsidy on the voucher until the service is delivered and confirmed, or called off."""
    parties = await of_hold(session, principal, wanted)
    voucher = parties.voucher
    use = parties.use(wanted, principal)
    decision = require_passed(decide_use(editions.get(voucher.edition), use))
    redemption = _held(parties, wanted, use, principal)
    await _require_within_document(session, editions, redemption, use.day)
    voucher.balance -= redemption.subsidy
    voucher.held += redemption.subsidy
    voucher.version += 1
    redemption.no = case_no("RD", use.day.year, await session.scalar(redemption_number.next_value()) or 0)
    session.add(redemption)
    with documents_count_once(editions, use.day):
        await session.flush()
    await _record(session, vc.RedemptionHeld, redemption, principal, decision.rules)
    return redemption, decision


def _held(parties: Parties, sale: Sale, use: Use, principal: Principal) -> Redemption:
    voucher, seller = parties.voucher, parties.seller
    assert seller is not None, "passed vouchers.provider_admitted"
    contract = None if sale.contract_no is None else contract_key(seller.code, parties.holder_code, sale.contract_no)
    return Redemption(
        voucher_id=voucher.id,
        programme_id=voucher.programme_id,
        issuer_division=voucher.issuer_division,
        enterprise_id=voucher.enterprise_id,
        provider_id=seller.id,
        category=use.category,
        edition=voucher.edition,
        status=HELD,
        price=use.price,
        subsidy_percent=use.percent,
        balance_before=use.balance,
        subsidy=subsidy_of(use.price, use.percent, use.balance),
        invoice_key=None if sale.invoice is None else sale.invoice.key(seller.code),
        invoice_amount=sale.invoice_amount,
        contract_key=contract,
        held_by=principal.account_id,
        held_on=use.day,
    )


async def deliver(
    session: AsyncSession, *, editions: Editions, principal: Principal, redemption_id: UUID, if_match: str | None
) -> Redemption:
    """The provider says that it has rendered the service. From here a delisting, or the centre's withdrawal, honours
    the hold. Raises 404, 409 `voucher-centre-withdrawn`."""
    query = select(Redemption).where(Redemption.id == redemption_id, sold_by(provider_code_of(principal)))
    redemption = (await session.scalars(query.with_for_update())).one_or_none()
    if redemption is None:
        raise not_found("redemption")
    honour_match(if_match, redemption.version)
    if redemption.status != HELD:
        raise invalid_transition(redemption.status, [HELD])
    voucher = await session.get_one(Voucher, redemption.voucher_id)
    withdrawn = await centre_withdrawn(session, voucher)
    require_passed(decide_centre(editions.get(redemption.edition), withdrawn=withdrawn))
    redemption.status = DELIVERED
    redemption.delivered_by, redemption.delivered_on = principal.account_id, principal.today
    await _record(session, vc.RedemptionDelivered, redemption, principal)
    return redemption


async def redeem(
    session: AsyncSession,
    *,
    editions: Editions,
    principal: Principal,
    redemption_id: UUID,
    sent: Delivered,
    if_match: str | None,
) -> Redemption:
    """The holder confirms the delivery: the reserved subsidy is spent and owed to the provider.

    Also on a voucher that was stopped or has expired since: the hold was made in time. The invoice is there by now, and
    what others claim on it is asked again. Raises 409 `invoice-missing`, `document-already-claimed`,
    `document-claims-exceeded`.
    """
    buyer = bought_by(enterprise_code_of(principal))
    voucher, redemption, _ = await _lock(session, redemption_id, buyer, sold_by(None))
    honour_match(if_match, redemption.version)
    if redemption.status != DELIVERED:
        raise invalid_transition(redemption.status, [DELIVERED])
    await _complete_documents(session, editions, redemption, sent, principal.today)
    voucher.held -= redemption.subsidy
    voucher.spent += redemption.subsidy
    voucher.version += 1
    redemption.status = REDEEMED
    redemption.redeemed_by, redemption.redeemed_on = principal.account_id, principal.today
    await record_capture(
        session,
        redemption_id=redemption.id,
        programme_id=redemption.programme_id,
        provider_id=redemption.provider_id,
        subsidy=redemption.subsidy,
        effective_on=principal.today,
        actor=principal.account_id,
    )
    await _record(session, vc.RedemptionRedeemed, redemption, principal)
    return redemption


async def _complete_documents(
    session: AsyncSession, editions: Editions, redemption: Redemption, sent: Delivered, day: date
) -> None:
    """The invoice of the hold, or the one sent now; 422 for a second one."""
    if sent.invoice is not None:
        if redemption.invoice_key is not None:
            raise PayloadInvalid.at("invoice", "extra_forbidden")
        seller_code = await session.scalar(select(Provider.code).where(Provider.id == redemption.provider_id))
        assert seller_code is not None, "a redemption's provider exists"
        redemption.invoice_key = sent.invoice.key(seller_code)
        redemption.invoice_amount = sent.invoice.amount or redemption.price
        with documents_count_once(editions, day):
            await session.flush()
    require_invoice(editions.get(redemption.edition), given=redemption.invoice_key is not None)
    await _require_within_document(session, editions, redemption, day)


async def _require_within_document(
    session: AsyncSession, editions: Editions, redemption: Redemption, day: date
) -> None:
    await require_within_document(
        session,
        edition_for_documents(editions, day),
        key=redemption.invoice_key,
        stated=redemption.invoice_amount,
        subsidy=redemption.subsidy,
    )


async def release(
    session: AsyncSession, *, principal: Principal, redemption_id: UUID, if_match: str | None
) -> Redemption:
    """Call it off: the reserved subsidy is free again or, where the voucher was stopped, goes back to budget and quota.

    The holder can until the service is delivered, the provider also after.
    """
    buyer, seller = bought_by(enterprise_code_of(principal)), sold_by(provider_code_of(principal))
    voucher, redemption, sells = await _lock(session, redemption_id, buyer, seller)
    honour_match(if_match, redemption.version)
    allowed = [HELD, DELIVERED] if sells else [HELD]
    if redemption.status not in allowed:
        raise invalid_transition(redemption.status, allowed)
    voucher.held -= redemption.subsidy
    if voucher.status == STOPPED:
        voucher.returned += redemption.subsidy
        await give_back(session, [unspent_of(voucher, redemption.subsidy)])
    else:
        voucher.balance += redemption.subsidy
    voucher.version += 1
    redemption.status = RELEASED
    redemption.released_by, redemption.released_on = principal.account_id, principal.today
    redemption.reason_code = CANCELLED_BY_PROVIDER if sells else CANCELLED_BY_ENTERPRISE
    await _record(session, vc.RedemptionReleased, redemption, principal)
    return redemption


async def _lock(
    session: AsyncSession, redemption_id: UUID, buyer: ColumnElement[bool], seller: ColumnElement[bool]
) -> tuple[Voucher, Redemption, bool]:
    """Voucher and redemption, locked in this order as the sweep does, and whether the caller sells. Raises 404."""
    which = select(Redemption.voucher_id, seller.label("sells")).where(
        Redemption.id == redemption_id, or_(buyer, seller)
    )
    found = (await session.execute(which)).one_or_none()
    if found is None:
        raise not_found("redemption")
    voucher = (await session.scalars(select(Voucher).where(Voucher.id == found.voucher_id).with_for_update())).one()
    redemption = (
        await session.scalars(select(Redemption).where(Redemption.id == redemption_id).with_for_update())
    ).one()
    return voucher, redemption, found.sells


async def _record(
    session: AsyncSession,
    event_type: EventType[vc.RedemptionState],
    redemption: Redemption,
    principal: Principal,
    rules: Sequence[str] = (),
) -> None:
    data = vc.RedemptionState.model_validate(redemption, from_attributes=True)
    context = EventContext.of(principal)
    await outbox.append(session, event_type, redemption, data, context=context, rules=rules, edition=redemption.edition)
