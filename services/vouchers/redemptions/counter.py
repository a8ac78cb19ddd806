"""Scan and redeem in one call: the suite's hottest path, so one statement does all of it (`counter_statement`).

Where a condition fails the statement does nothing, and only then are rules asked why. A sale made without a connection
says on which day; the voucher's term and the holder's centre are judged on that day, everything else as it stands now.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.access import provider_code_of
from services.vouchers.redemptions.claims import (
    documents_within_amounts,
    edition_for_documents,
    explain_claims,
    require_invoice,
)
from services.vouchers.redemptions.counter_statement import EDITION, REDEEM
from services.vouchers.redemptions.documents import claims_of
from services.vouchers.redemptions.parties import at_counter
from services.vouchers.redemptions.queries import passed_use, shown
from services.vouchers.redemptions.rules import RULES, decide_sold_in_time, decide_use, subsidy_of
from services.vouchers.redemptions.schemas import CounterSale, RedemptionOut
from shared.auth.principal import Principal
from shared.db import EVENTS_APPENDED
from shared.document_claims import contract_number
from shared.errors import DomainError, forbidden
from shared.events.contracts import vouchers as vc
from shared.events.outbox import EventContext, event_row
from shared.ids import uuid7
from shared.policy.decision import Decision
from shared.policy.edition import Edition, Editions
from shared.refusals import require_passed

_TRIES: Final = 3

_UNKNOWN: Final = vc.RedemptionState.model_construct()
"""The event's data, which the statement writes."""


async def redeem_at_counter(
    session: AsyncSession, *, editions: Editions, principal: Principal, sale: CounterSale
) -> RedemptionOut:
    """Redeem at once: the caller sells, the code shown is the holder's consent.

    Raises 404 for an unknown code, 409 with the decision for a use that a rule refuses.
    """
    provider_code = provider_code_of(principal)
    if provider_code is None:
        raise forbidden()
    documents = edition_for_documents(editions, principal.today)
    require_invoice(documents, given=sale.invoice is not None)
    require_passed(decide_sold_in_time(documents, sale.occurred_on or principal.today, principal.today))
    values = _values(principal, sale, provider_code, documents)
    for _ in range(_TRIES):
        with documents_within_amounts(editions, principal.today):
            row = (await session.execute(REDEEM, values)).one_or_none()
        if row is not None:
            session.info[EVENTS_APPENDED] = True
            return shown(row, _decision(editions, row))
        await _explain(session, editions, principal, sale, documents)
    raise DomainError("voucher-in-use", 409, headers={"Retry-After": "1"})


def _values(principal: Principal, sale: CounterSale, provider_code: str, documents: Edition) -> dict[str, object]:
    redemption_id = uuid7()
    context = EventContext.of(principal)
    event = event_row(vc.RedemptionRedeemed, redemption_id, 1, _UNKNOWN, context, RULES, EDITION)
    return {
        "provider_code": provider_code,
        "code": sale.code,
        "category": sale.category,
        "price": sale.price,
        "day": sale.occurred_on or principal.today,
        "today": principal.today,
        "year": str(principal.today.year),
        "contract_no": None if sale.contract_no is None else contract_number(sale.contract_no),
        "invoice_key": None if sale.invoice is None else sale.invoice.key(provider_code),
        "invoice_stated": None if sale.invoice is None else sale.invoice.amount,
        "contract_stated": sale.contract_amount,
        "claims_percent": documents.documents.claims_percent_of_amount.value,
        "actor": principal.account_id,
        "redemption_id": redemption_id,
        "entry_id": uuid7(),
        "event_id": event["id"],
        "topic": event["topic"],
        "type": event["type"],
        "recorded_at": event["recorded_at"],
        "attributes": event["attributes"],
    }


def _decision(editions: Editions, row: Row[*tuple[object, ...]]) -> Decision:
    """The rules on what the statement found; they must agree with its conditions."""
    use = passed_use(
        row,
        issued_on=row.issued_on,
        valid_until=row.valid_until,
        related=row.related_holding_percent,
    )
    decision = decide_use(editions.get(row.edition), use)
    assert decision.passed, "the statement lets through what the rules refuse"
    subsidy = subsidy_of(use.price, use.percent, use.balance, use.cap)
    assert row.subsidy == subsidy, "statement and rule differ on the amount"
    return decision


async def _explain(
    session: AsyncSession, editions: Editions, principal: Principal, sale: CounterSale, documents: Edition
) -> None:
    """Raise what the rules say now; nothing if by now they would let it through (a hold was just released, or a capped
    category's voucher has moved meanwhile). Keeps seller and voucher locked, so that the next try finds them so."""
    day = sale.occurred_on or principal.today
    parties = await at_counter(session, principal, sale.code, day=day, lock=True)
    use = parties.use(sale.category, sale.price, day)
    require_passed(decide_use(editions.get(parties.voucher.edition), use))
    assert parties.seller is not None, "passed vouchers.provider_admitted"
    subsidy = subsidy_of(use.price, use.percent, use.balance, use.cap)
    await explain_claims(session, documents, claims_of(parties.seller.code, parties.holder_code, sale, subsidy))
