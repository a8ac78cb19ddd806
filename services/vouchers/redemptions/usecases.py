"""A redemption step by step: hold, confirmation, release (4.3-1, 4.3-2).

Locks are taken in one order: provider, voucher, redemption, documents, ceilings.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.access import enterprise_code_of, provider_code_of
from services.vouchers.journal.usecases import record_capture
from services.vouchers.providers.models import Provider
from services.vouchers.redemptions.claims import (
    claim_documents,
    edition_for_documents,
    give_up_invoice,
    is_void,
    require_document_stands,
    require_invoice,
)
from services.vouchers.redemptions.disputes.closing import close_dispute
from services.vouchers.redemptions.disputes.models import CONFIRMED, RELEASED as DISPUTE_RELEASED
from services.vouchers.redemptions.documents import Claim, Documented, Invoice, claims_of
from services.vouchers.redemptions.locking import lock_use
from services.vouchers.redemptions.models import CONTRACT, INVOICE, Redemption, redemption_number
from services.vouchers.redemptions.parties import Parties, of_hold
from services.vouchers.redemptions.queries import bought_by, sold_by
from services.vouchers.redemptions.recording import record, record_order
from services.vouchers.redemptions.rules import (
    CANCELLED_BY_ENTERPRISE,
    CANCELLED_BY_PROVIDER,
    DELIVERED,
    DISPUTED,
    HELD,
    ORDERED,
    REDEEMED,
    RELEASED,
    RENDERED,
    Use,
    decide_use,
    subsidy_of,
)
from services.vouchers.redemptions.schemas import Delivered, HoldNew
from services.vouchers.redemptions.sweeps import settle_released
from services.vouchers.vouchers.models import Voucher
from shared.auth.principal import Principal
from shared.errors import invalid_transition
from shared.events.contracts import vouchers as vc
from shared.events.outbox import EventContext
from shared.http.etag import honour_match
from shared.http.validation import PayloadInvalid
from shared.ids import case_no
from shared.money import ZERO
from shared.policy.decision import Decision
from shared.policy.edition import Editions
from shared.refusals import require_passed


async def hold(
    session: AsyncSession, *, editions: Editions, principal: Principal, wanted: HoldNew
) -> tuple[Redemption, Decision]:
    """Reserve the subsidy on the voucher until the service is delivered and confirmed, or called off."""
    parties = await of_hold(session, principal, wanted)
    use = parties.use(wanted.category, wanted.price, principal.today)
    redemption = unheld(parties, use)
    redemption.no = case_no("RD", use.day.year, await session.scalar(redemption_number.next_value()) or 0)
    session.add(redemption)
    decision = await reserve(
        session, editions=editions, principal=principal, parties=parties, redemption=redemption, use=use, sale=wanted
    )
    return redemption, decision


def unheld(parties: Parties, use: Use) -> Redemption:
    """A redemption that reserves nothing yet; the seller is known."""
    voucher, seller = parties.voucher, parties.seller
    return Redemption(
        voucher_id=voucher.id,
        programme_id=voucher.programme_id,
        issuer_division=voucher.issuer_division,
        enterprise_id=voucher.enterprise_id,
        provider_id=None if seller is None else seller.id,
        category=use.category,
        edition=voucher.edition,
        status=ORDERED,
        price=use.price,
        subsidy_percent=use.percent,
        balance_before=use.balance,
        category_left=use.cap,
        subsidy=ZERO,
    )


async def reserve(
    session: AsyncSession,
    *,
    editions: Editions,
    principal: Principal,
    parties: Parties,
    redemption: Redemption,
    use: Use,
    sale: Documented,
) -> Decision:
    """Apply the rules, claim the documents and reserve the subsidy; raises the refusal with its decision."""
    voucher, seller = parties.voucher, parties.seller
    edition = editions.get(voucher.edition)
    decision = require_passed(decide_use(edition, use))
    assert seller is not None, "passed vouchers.provider_admitted"
    subsidy = subsidy_of(use.price, use.percent, use.balance, use.cap)
    with session.no_autoflush:
        claims = claims_of(seller.code, parties.holder_code, sale, subsidy)
        await attach(session, editions, redemption, claims, principal)
    voucher.balance -= subsidy
    voucher.held += subsidy
    voucher.version += 1
    redemption.status, redemption.subsidy = HELD, subsidy
    redemption.subsidy_percent, redemption.balance_before = use.percent, use.balance
    redemption.category_left = use.cap
    redemption.enterprise_id = voucher.enterprise_id
    redemption.held_by, redemption.held_on = principal.account_id, use.day
    redemption.expires_on = use.day + timedelta(days=edition.vouchers.use.hold_days.value)
    await session.flush()
    await record(session, vc.RedemptionHeld, redemption, EventContext.of(principal), decision.rules)
    return decision


async def attach(
    session: AsyncSession, editions: Editions, redemption: Redemption, claims: Sequence[Claim], principal: Principal
) -> None:
    """Claim the documents and note them on the redemption. 422 for a second one of a kind, unless it is an invoice in
    place of one that was found void."""
    for claim in claims:
        before = redemption.invoice_key if claim.kind == INVOICE else None
        if before is not None and before != claim.key and await is_void(session, before):
            await give_up_invoice(session, redemption)
        if (redemption.invoice_key if claim.kind == INVOICE else redemption.contract_key) is not None:
            raise PayloadInvalid.at("invoice" if claim.kind == INVOICE else "contract_no", "extra_forbidden")
    amounts = await claim_documents(session, edition_for_documents(editions, principal.today), claims)
    for claim in claims:
        if claim.kind == CONTRACT:
            redemption.contract_key = claim.key
        else:
            redemption.invoice_key, redemption.invoice_amount = claim.key, amounts[INVOICE]


async def redeem(
    session: AsyncSession,
    *,
    editions: Editions,
    principal: Principal,
    redemption_id: UUID,
    sent: Delivered,
    if_match: str | None,
) -> Redemption:
    """The holder confirms the delivery, also one disputed before: the reserved subsidy is spent, and owed.

    Also on a voucher that was stopped or has expired since: the hold was made in time. Raises what `capture` does.
    """
    buyer = bought_by(enterprise_code_of(principal))
    voucher, redemption = await lock_use(session, redemption_id, buyer)
    honour_match(if_match, redemption.version)
    if redemption.status not in RENDERED:
        raise invalid_transition(redemption.status, [DELIVERED, DISPUTED])
    if redemption.status == DISPUTED:
        await close_dispute(session, redemption, CONFIRMED, principal)
    await capture(session, editions, voucher, redemption, principal, sent.invoice)
    return redemption


async def capture(
    session: AsyncSession,
    editions: Editions,
    voucher: Voucher,
    redemption: Redemption,
    principal: Principal,
    invoice: Invoice | None,
) -> None:
    """Spend what was reserved. The invoice is there by now, and what others claim on it is asked again.

    Raises 409 `invoice-missing`, `document-already-claimed`, `document-claims-exceeded`.
    """
    if invoice is not None:
        await attach(session, editions, redemption, await _claims(session, redemption, invoice), principal)
    require_invoice(editions.get(redemption.edition), given=redemption.invoice_key is not None)
    await require_document_stands(session, edition_for_documents(editions, principal.today), redemption)
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
    await record(session, vc.RedemptionRedeemed, redemption, EventContext.of(principal))


async def _claims(session: AsyncSession, redemption: Redemption, invoice: Invoice) -> list[Claim]:
    seller_code = await session.scalar(select(Provider.code).where(Provider.id == redemption.provider_id))
    assert seller_code is not None, "a redemption's provider exists"
    return [Claim(INVOICE, invoice.key(seller_code), redemption.price, redemption.subsidy, invoice.amount)]


async def release(
    session: AsyncSession, *, principal: Principal, redemption_id: UUID, if_match: str | None
) -> Redemption:
    """Call it off: the reserved subsidy is free again or, where the voucher was stopped, goes back to budget and quota.

    The holder can until the service is delivered, the provider also after. An order has nothing reserved, and is its
    holder's to take back; the provider declines it.
    """
    seller, buyer = sold_by(provider_code_of(principal)), bought_by(enterprise_code_of(principal))
    _, redemption = await lock_use(session, redemption_id, or_(buyer, seller))
    honour_match(if_match, redemption.version)
    sells = await session.scalar(select(seller).where(Redemption.id == redemption.id)) or False
    allowed = [HELD, DELIVERED, DISPUTED] if sells else [ORDERED, HELD]
    if redemption.status not in allowed:
        raise invalid_transition(redemption.status, allowed)
    if redemption.status == DISPUTED:
        await close_dispute(session, redemption, DISPUTE_RELEASED, principal)
    reason = CANCELLED_BY_PROVIDER if sells else CANCELLED_BY_ENTERPRISE
    await end(session, redemption, reason, principal)
    return redemption


async def end(session: AsyncSession, redemption: Redemption, reason: str, principal: Principal) -> None:
    """Release what is locked, whatever it has come to, and record it."""
    await session.flush()
    await settle_released(session, [redemption])
    redemption.status, redemption.reason_code = RELEASED, reason
    redemption.released_by, redemption.released_on = principal.account_id, principal.today
    context = EventContext.of(principal)
    if redemption.held_on is None:
        await record_order(session, vc.RedemptionOrderEnded, redemption, context)
    else:
        await record(session, vc.RedemptionReleased, redemption, context)
