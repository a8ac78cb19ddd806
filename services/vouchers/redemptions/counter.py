"""Scan and redeem in one call: the suite's hottest path, so one statement does all of it.

The statement draws the subsidy from the voucher under every condition that the rules know, and writes redemption,
journal entry, postings and event from what it drew. Where a condition fails it does nothing, and only then are rules
asked why. Draws on one voucher queue on its row, and each sees the balance that the one before left.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Row, Text, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.access import provider_code_of
from services.vouchers.redemptions.claims import (
    documents_count_once,
    edition_for_documents,
    require_invoice,
    require_within_document,
)
from services.vouchers.redemptions.parties import at_counter
from services.vouchers.redemptions.queries import shown
from services.vouchers.redemptions.rules import RULES, Use, decide_use, subsidy_of
from services.vouchers.redemptions.schemas import CounterSale, RedemptionOut
from services.vouchers.vouchers.rules import ACTIVE
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

_EDITION: Final = "@edition@"
"""Stands in the event's attributes for the voucher's edition, which only the statement learns."""

_UNKNOWN: Final = vc.RedemptionState.model_construct()
"""The event's data, which the statement writes."""

_REDEEM: Final = text(
    """
    WITH seller AS (
        SELECT id, code, legal_representative_ref
        FROM provider
        WHERE code = :provider_code AND status = 'admitted' AND :category = ANY (categories)
        FOR SHARE
    ), drawn AS (
        UPDATE voucher
        SET balance = voucher.balance - least(round(:price * voucher.subsidy_percent / 100, 2), voucher.balance),
            spent = voucher.spent + least(round(:price * voucher.subsidy_percent / 100, 2), voucher.balance),
            version = voucher.version + 1,
            updated_at = now()
        FROM voucher_code, seller, known_enterprise AS holder
        WHERE voucher_code.code = :code
          AND voucher.id = voucher_code.voucher_id
          AND voucher.code_generation = voucher_code.generation
          AND holder.id = voucher.enterprise_id
          AND voucher.status = 'active'
          AND :day BETWEEN voucher.issued_on AND voucher.valid_until
          AND NOT EXISTS (
              SELECT FROM known_centre AS centre
              WHERE centre.status = 'withdrawn'
                AND centre.id = coalesce(
                    (
                        SELECT stay.centre_id FROM known_tenancy AS stay
                        WHERE stay.enterprise_id = voucher.enterprise_id AND stay.ended_on IS NULL
                        ORDER BY stay.admitted_on DESC, stay.id DESC
                        LIMIT 1
                    ),
                    voucher.centre_id
                )
          )
          AND :category = ANY (voucher.categories)
          AND coalesce(voucher.category = :category, true)
          AND round(:price * voucher.subsidy_percent / 100, 2) > 0
          AND voucher.balance > 0
          AND holder.code <> seller.code
          AND holder.legal_representative_ref <> seller.legal_representative_ref
          AND (
              CAST(:invoice_key AS text) IS NULL
              OR (
                  SELECT coalesce(sum(claim.amount), 0)
                      + least(round(:price * voucher.subsidy_percent / 100, 2), voucher.balance)
                      <= least(CAST(:invoice_amount AS numeric), min(claim.document_amount)) * :claims_percent / 100
                  FROM known_claim AS claim
                  WHERE claim.document_key = :invoice_key AND claim.live
              )
          )
          AND NOT EXISTS (
              SELECT FROM holding
              WHERE (holding.holder_code, holding.held_code) IN ((seller.code, holder.code), (holder.code, seller.code))
                AND holding.percent >= voucher.related_holding_percent
                AND holding.valid_from <= :day
                AND coalesce(holding.valid_to >= :day, true)
          )
        RETURNING voucher.id AS voucher_id, voucher.programme_id, voucher.issuer_division, voucher.enterprise_id,
            voucher.edition, voucher.subsidy_percent, voucher.related_holding_percent, voucher.issued_on,
            voucher.valid_until,
            seller.id AS provider_id, old.balance AS balance_before, old.balance - new.balance AS subsidy,
            seller.code || '|' || holder.code || '|' || :contract_no AS contract_key,
            nextval('redemption_number')::text AS number
    ), entered AS (
        INSERT INTO redemption (id, version, no, voucher_id, programme_id, issuer_division, enterprise_id, provider_id,
            category, edition, status, price, subsidy_percent, balance_before, subsidy, invoice_key, invoice_amount,
            contract_key,
            held_by, held_on, delivered_by, delivered_on, redeemed_by, redeemed_on)
        SELECT :redemption_id, 1, 'RD-' || :year || '-' || lpad(number, greatest(4, length(number)), '0'), voucher_id,
            programme_id, issuer_division, enterprise_id, provider_id, :category, edition, 'redeemed', :price,
            subsidy_percent, balance_before, subsidy, :invoice_key, :invoice_amount, contract_key,
            :actor, :day, :actor, :day, :actor, :day
        FROM drawn
        RETURNING id, version, no, voucher_id, programme_id, issuer_division, enterprise_id, provider_id, category,
            edition, status, price, subsidy_percent, balance_before, subsidy, held_on, delivered_on, redeemed_on,
            released_on, reason_code, invoice_key, invoice_amount
    ), entry AS (
        INSERT INTO journal_entry (id, kind, redemption_id, effective_on, actor)
        SELECT :entry_id, 'capture', id, :day, :actor FROM entered
    ), posted AS (
        INSERT INTO posting (entry_id, line, account, subject_id, amount)
        SELECT :entry_id, 1, 'programme_subsidy', programme_id, subsidy FROM entered
        UNION ALL
        SELECT :entry_id, 2, 'provider_payable', provider_id, -subsidy FROM entered
    ), logged AS (
        INSERT INTO event_log (id, topic, type, aggregate_id, aggregate_version, actor, effective_on, recorded_at,
            attributes, data)
        SELECT :event_id, :topic, :type, entered.id, entered.version, :actor, :day, :recorded_at,
            replace(:attributes, '@edition@', entered.edition),
            row_to_json(state)::text
        FROM entered CROSS JOIN LATERAL (
            SELECT entered.id, entered.no, entered.voucher_id, entered.programme_id, entered.enterprise_id,
                entered.provider_id, entered.category, entered.status, entered.price::text, entered.subsidy::text,
                entered.held_on, entered.redeemed_on, entered.reason_code,
                entered.invoice_key, entered.invoice_amount::text
        ) AS state
    )
    SELECT entered.*, drawn.related_holding_percent, drawn.issued_on, drawn.valid_until FROM entered CROSS JOIN drawn
    """
).bindparams(bindparam("contract_no", type_=Text()), bindparam("invoice_key", type_=Text()))


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
    values = _values(principal, sale, provider_code, documents)
    for _ in range(_TRIES):
        with documents_count_once(editions, principal.today):
            row = (await session.execute(_REDEEM, values)).one_or_none()
        if row is not None:
            session.info[EVENTS_APPENDED] = True
            return shown(row, _decision(editions, principal, sale, row))
        await _explain(session, editions, principal, sale)
    raise DomainError("voucher-in-use", 409, headers={"Retry-After": "1"})


def _values(principal: Principal, sale: CounterSale, provider_code: str, documents: Edition) -> dict[str, object]:
    redemption_id = uuid7()
    context = EventContext.of(principal)
    event = event_row(vc.RedemptionRedeemed, redemption_id, 1, _UNKNOWN, context, RULES, _EDITION)
    return {
        "provider_code": provider_code,
        "code": sale.code,
        "category": sale.category,
        "price": sale.price,
        "day": principal.today,
        "year": str(principal.today.year),
        "contract_no": None if sale.contract_no is None else contract_number(sale.contract_no),
        "invoice_key": None if sale.invoice is None else sale.invoice.key(provider_code),
        "invoice_amount": sale.invoice_amount,
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


def _decision(editions: Editions, principal: Principal, sale: CounterSale, row: Row[*tuple[object, ...]]) -> Decision:
    """The rules on what the statement found; they must agree with its conditions."""
    use = Use(
        day=principal.today,
        category=sale.category,
        price=sale.price,
        status=ACTIVE,
        issued_on=row.issued_on,
        valid_until=row.valid_until,
        centre_withdrawn=False,
        category_allowed=True,
        provider_admitted=True,
        provider_offers=True,
        same_code=False,
        same_representative=False,
        holder_represented=True,
        seller_represented=True,
        holding=None,
        related_percent=row.related_holding_percent,
        percent=row.subsidy_percent,
        balance=row.balance_before,
    )
    decision = decide_use(editions.get(row.edition), use)
    assert decision.passed, "the statement lets through what the rules refuse"
    assert row.subsidy == subsidy_of(use.price, use.percent, use.balance), "statement and rule differ on the amount"
    return decision


async def _explain(session: AsyncSession, editions: Editions, principal: Principal, sale: CounterSale) -> None:
    """Raise what the rules say now; nothing if by now they would let it through (a hold was just released)."""
    parties = await at_counter(session, principal, sale.code, lock=False)
    decision = decide_use(editions.get(parties.voucher.edition), parties.use(sale, principal))
    use = parties.use(sale, principal)
    require_passed(decision)
    await require_within_document(
        session,
        edition_for_documents(editions, principal.today),
        key=None if sale.invoice is None or parties.seller is None else sale.invoice.key(parties.seller.code),
        stated=sale.invoice_amount,
        subsidy=subsidy_of(use.price, use.percent, use.balance),
    )
