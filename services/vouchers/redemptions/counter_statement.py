"""The counter's one statement.

It draws the subsidy from the voucher under every condition that the rules know, claims the documents, and writes
redemption, journal entry, postings and event from what it drew. Where a condition fails it does nothing. Draws on one
voucher queue on its row, and each sees the balance that the one before left; claims on one document queue on the
document's, whose own checks refuse what crossed. What a capped category has drawn is summed over its uses, as they were
when the statement began: where the voucher has moved since, nothing is done, and the caller tries again holding it.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Date, Numeric, Text, bindparam, text

from services.vouchers.providers.standing import SELLS_SQL
from services.vouchers.redemptions.category_caps import DRAWN_SQL
from services.vouchers.redemptions.standing import IN_CENTRE_SQL

EDITION: Final = "@edition@"
"""Stands in the event's attributes for the voucher's edition, which only the statement learns."""

_PERCENT: Final = """
CASE WHEN voucher.first_free THEN 100.00 ELSE coalesce(
    CAST(voucher.category_terms #>> ARRAY[:category, 'percent'] AS numeric), voucher.subsidy_percent
) END
"""
_CAP: Final = "CAST(voucher.category_terms #>> ARRAY[:category, 'cap'] AS numeric) - asked.drawn"
"""What the category's cap leaves; NULL, and no limit, without a cap."""
_SUBSIDY: Final = f"least(round(:price * ({_PERCENT}) / 100, 2), {_CAP}, voucher.balance)"

_SQL: Final = f"""
WITH seller AS (
    SELECT id, code, legal_representative_ref FROM provider WHERE code = :provider_code AND {SELLS_SQL} FOR SHARE
), asked AS (
    SELECT voucher.id AS voucher_id, voucher_code.generation, holder.code, holder.legal_representative_ref,
        voucher.version,
        CASE WHEN NOT voucher.first_free AND voucher.category_terms #>> ARRAY[:category, 'cap'] IS NOT NULL
            THEN {DRAWN_SQL} END AS drawn
    FROM voucher_code
    JOIN voucher ON voucher.id = voucher_code.voucher_id
    JOIN known_enterprise AS holder ON holder.id = voucher.enterprise_id
    WHERE voucher_code.code = :code
), paper AS (
    SELECT wanted.kind, wanted.key, wanted.stated, wanted.percent, granted.total AS granted,
        granted.least AS granted_amount, coalesce(document.priced, 0) AS priced,
        coalesce(document.claimed, 0) AS claimed,
        CASE
            WHEN coalesce(document.priced, 0) = 0 THEN coalesce(wanted.stated, :price)
            WHEN wanted.stated IS NULL THEN document.amount
            WHEN document.stated THEN least(document.amount, wanted.stated)
            ELSE wanted.stated
        END AS amount
    FROM asked
    CROSS JOIN seller
    CROSS JOIN LATERAL (
        VALUES ('contract', seller.code || '|' || asked.code || '|' || :contract_no, :contract_stated, 100.00),
            ('invoice', :invoice_key, :invoice_stated, :claims_percent)
    ) AS wanted (kind, key, stated, percent)
    LEFT JOIN document_claim AS document USING (kind, key)
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(claim.amount), 0) AS total, min(claim.document_amount) AS least
        FROM known_claim AS claim
        WHERE claim.document_key = wanted.key AND claim.live AND wanted.kind = 'invoice'
    ) AS granted
    WHERE wanted.key IS NOT NULL
), drawn AS (
    UPDATE voucher
    SET balance = voucher.balance - {_SUBSIDY},
        spent = voucher.spent + {_SUBSIDY},
        version = voucher.version + 1,
        updated_at = now()
    FROM asked, seller
    WHERE voucher.id = asked.voucher_id
        AND voucher.code_generation = asked.generation
        AND (asked.drawn IS NULL OR voucher.version = asked.version)
        AND voucher.status = 'active'
        AND :day BETWEEN voucher.issued_on AND voucher.valid_until
        AND {IN_CENTRE_SQL}
        AND :category = ANY (voucher.categories)
        AND coalesce(voucher.category = :category, true)
        AND {_SUBSIDY} > 0
        AND asked.code <> seller.code
        AND asked.legal_representative_ref <> seller.legal_representative_ref
        AND NOT EXISTS (
            SELECT FROM paper
            WHERE paper.priced + :price > paper.amount
                OR paper.claimed + {_SUBSIDY} + paper.granted
                    > least(paper.amount, paper.granted_amount) * paper.percent / 100
        )
        AND NOT EXISTS (
            SELECT FROM invalid_invoice AS void
            WHERE void.invoice_key = :invoice_key AND void.withdrawn_on IS NULL
        )
        AND NOT EXISTS (
            SELECT FROM holding
            WHERE (holding.holder_code, holding.held_code) IN ((seller.code, asked.code), (asked.code, seller.code))
                AND holding.percent >= voucher.related_holding_percent
                AND holding.valid_from <= :day
                AND coalesce(holding.valid_to >= :day, true)
        )
    RETURNING voucher.id AS voucher_id, voucher.programme_id, voucher.issuer_division, voucher.enterprise_id,
        voucher.edition, {_PERCENT} AS subsidy_percent, {_CAP} AS category_left, voucher.related_holding_percent,
        voucher.issued_on, voucher.valid_until, seller.id AS provider_id, old.balance AS balance_before,
        old.balance - new.balance AS subsidy, nextval('redemption_number')::text AS number
), claimed AS (
    INSERT INTO document_claim AS document
        (kind, key, amount, stated, priced, claimed, granted, granted_amount, percent)
    SELECT paper.kind, paper.key, coalesce(paper.stated, :price), paper.stated IS NOT NULL, :price, drawn.subsidy,
        paper.granted, paper.granted_amount, paper.percent
    FROM paper CROSS JOIN drawn
    ORDER BY paper.kind
    ON CONFLICT (kind, key) DO UPDATE SET
        amount = CASE
            WHEN document.priced = 0 THEN excluded.amount
            WHEN NOT excluded.stated THEN document.amount
            WHEN document.stated THEN least(document.amount, excluded.amount)
            ELSE excluded.amount
        END,
        stated = excluded.stated OR (document.stated AND document.priced > 0),
        priced = document.priced + excluded.priced,
        claimed = document.claimed + excluded.claimed,
        granted = excluded.granted,
        granted_amount = excluded.granted_amount,
        percent = excluded.percent
    RETURNING document.kind, document.key, document.amount
), entered AS (
    INSERT INTO redemption (id, version, no, voucher_id, programme_id, issuer_division, enterprise_id, provider_id,
        category, edition, status, price, subsidy_percent, balance_before, category_left, subsidy, invoice_key,
        invoice_amount, contract_key, sampling_flags, held_by, held_on, delivered_by, delivered_on, redeemed_by,
        redeemed_on)
    SELECT :redemption_id, 1, 'RD-' || :year || '-' || lpad(number, greatest(4, length(number)), '0'), voucher_id,
        programme_id, issuer_division, enterprise_id, provider_id, :category, edition, 'redeemed', :price,
        subsidy_percent, balance_before, category_left, subsidy, :invoice_key,
        (SELECT claimed.amount FROM claimed WHERE claimed.kind = 'invoice'),
        (SELECT claimed.key FROM claimed WHERE claimed.kind = 'contract'),
        CASE WHEN :day < :today THEN ARRAY['offline'] ELSE '{{}}' END,
        :actor, :day, :actor, :day, :actor, :today
    FROM drawn
    RETURNING *
), entry AS (
    INSERT INTO journal_entry (id, kind, redemption_id, effective_on, actor)
    SELECT :entry_id, 'capture', id, :today, :actor FROM entered
), posted AS (
    INSERT INTO posting (entry_id, line, account, subject_id, amount)
    SELECT :entry_id, 1, 'programme_subsidy', programme_id, subsidy FROM entered
    UNION ALL
    SELECT :entry_id, 2, 'provider_payable', provider_id, -subsidy FROM entered
), logged AS (
    INSERT INTO event_log (id, topic, type, aggregate_id, aggregate_version, actor, effective_on, recorded_at,
        attributes, data)
    SELECT :event_id, :topic, :type, entered.id, entered.version, :actor, :today, :recorded_at,
        replace(:attributes, '{EDITION}', entered.edition),
        row_to_json(state)::text
    FROM entered CROSS JOIN LATERAL (
        SELECT entered.id, entered.no, entered.voucher_id, entered.programme_id, entered.enterprise_id,
            entered.provider_id, entered.category, entered.status, entered.price::text, entered.subsidy::text,
            entered.held_on, entered.redeemed_on, entered.reason_code, entered.invoice_key,
            entered.invoice_amount::text, entered.delivered_on, entered.expires_on, entered.confirm_by,
            entered.released_on, entered.reversed_amount::text, entered.split_from, entered.sampling_flags
    ) AS state
)
SELECT entered.*, drawn.related_holding_percent, drawn.issued_on, drawn.valid_until
FROM entered CROSS JOIN drawn
"""  # noqa: S608  # put together from constants

REDEEM: Final = text(_SQL).bindparams(
    *(bindparam(name, type_=Text()) for name in ("category", "contract_no", "invoice_key")),
    *(bindparam(name, type_=Numeric(18, 2)) for name in ("price", "contract_stated", "invoice_stated")),
    bindparam("claims_percent", type_=Numeric(9, 6)),
    *(bindparam(name, type_=Date()) for name in ("day", "today")),
)
