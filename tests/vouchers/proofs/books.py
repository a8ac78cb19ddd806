"""What has to agree in an issuer's books after every step, read behind the service's back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any, Final

Rows = Callable[[str], Awaitable[list[Any]]]
"""A query with :division bound."""

_VOUCHERS: Final = """
    SELECT voucher.id, status, face_value, balance, held, spent, returned,
        coalesce(reserved, 0) AS reserved, coalesce(captured, 0) AS captured
    FROM voucher LEFT JOIN LATERAL (
        SELECT sum(subsidy) FILTER (WHERE status IN ('held', 'delivered', 'disputed')) AS reserved,
            sum(subsidy - restored_amount) FILTER (WHERE status IN ('redeemed', 'reversed')) AS captured
        FROM redemption WHERE voucher_id = voucher.id
    ) AS uses ON true
    WHERE issuer_division = :division
"""
_TAKEN: Final = "coalesce(sum(face_value - returned), 0)"
_CEILINGS: Final = f"""
    SELECT ceiling.kind, subject, committed, limit_amount, CASE kind
        WHEN 'vouchers.programme_budget' THEN
            (SELECT {_TAKEN} FROM voucher WHERE CAST(programme_id AS text) = subject)
        WHEN 'vouchers.enterprise_quota' THEN
            (SELECT {_TAKEN} FROM voucher WHERE issuer_division || ':' || enterprise_id = subject)
        ELSE (SELECT {_TAKEN} FROM voucher WHERE CAST(enterprise_id AS text) = subject)
    END AS issued
    FROM ceiling
    WHERE kind IN ('vouchers.programme_budget', 'vouchers.enterprise_quota', 'vouchers.city_quota') AND subject IN (
        SELECT unnest(ARRAY[CAST(programme_id AS text), issuer_division || ':' || enterprise_id,
            CAST(enterprise_id AS text)]) FROM voucher WHERE issuer_division = :division
    )
"""
_BUDGETS: Final = """
    SELECT programme.id, ceiling.committed, terms.budget FROM programme
    JOIN ceiling ON ceiling.subject = CAST(programme.id AS text) AND ceiling.kind = 'vouchers.programme_budget'
    CROSS JOIN LATERAL (SELECT min(budget) AS budget FROM (
        SELECT budget FROM programme_terms WHERE programme_id = programme.id ORDER BY effective_from DESC LIMIT 1
    ) AS last) AS terms
    WHERE programme.issuer_division = :division
"""
_JOURNAL: Final = """
    SELECT redemption.id, redemption.subsidy, redemption.reversed_amount, redemption.restored_amount,
        redemption.status, coalesce(live.paid, 0) AS paid, coalesce(live.lines, 0) AS lines,
        coalesce(claimed.amount, 0) AS claimed, coalesce(unpaid.amount, 0) AS taken_back,
        count(DISTINCT entry.id) FILTER (WHERE entry.kind = 'capture') AS captures,
        count(DISTINCT entry.id) FILTER (WHERE entry.kind = 'payment')
            - count(DISTINCT entry.id) FILTER (WHERE entry.kind = 'payment_returned') AS payments,
        coalesce(sum(posting.amount), 0) AS all_of_it,
        coalesce(sum(posting.amount) FILTER (WHERE account = 'programme_subsidy'), 0) AS programme,
        coalesce(-sum(posting.amount) FILTER (
            WHERE account = 'issuer_bank' AND entry.kind IN ('payment', 'payment_returned')), 0) AS bank
    FROM redemption
    LEFT JOIN journal_entry AS entry ON entry.redemption_id = redemption.id
    LEFT JOIN posting ON posting.entry_id = entry.id
    LEFT JOIN LATERAL (
        SELECT sum(amount) FILTER (WHERE status = 'paid') AS paid, count(*) AS lines
        FROM settlement_line WHERE redemption_id = redemption.id AND status IN ('included', 'paid', 'barred')
    ) AS live ON true
    LEFT JOIN LATERAL (
        SELECT sum(coalesce(due, amount)) AS amount FROM recovery
        WHERE redemption_id = redemption.id AND recovery.status <> 'dropped'
    ) AS claimed ON true
    LEFT JOIN LATERAL (
        SELECT sum(amount) AS amount FROM reversal
        WHERE reversal.redemption_id = redemption.id AND reversal.status = 'approved' AND NOT reversal.paid
    ) AS unpaid ON true
    WHERE issuer_division = :division
    GROUP BY redemption.id, live.paid, live.lines, claimed.amount, unpaid.amount
"""
_DOCUMENTS: Final = """
    SELECT document.key, priced, claimed, amount, coalesce(sum(price), 0) AS prices,
        coalesce(sum(subsidy - reversed_amount), 0) AS subsidies
    FROM document_claim AS document
    LEFT JOIN redemption ON invoice_key = document.key AND status NOT IN ('released', 'reversed')
    WHERE EXISTS (SELECT FROM redemption AS own
        WHERE own.invoice_key = document.key AND own.issuer_division = :division)
    GROUP BY document.kind, document.key
"""
_EVENTS: Final = """
    SELECT one.id, version, (SELECT count(*) FROM event_log WHERE aggregate_id = one.id) AS events FROM (
        SELECT id, version FROM redemption WHERE issuer_division = :division
        UNION ALL SELECT id, version FROM settlement WHERE issuer_division = :division
        UNION ALL SELECT id, version FROM recovery WHERE issuer_division = :division
    ) AS one WHERE version <> (SELECT count(*) FROM event_log WHERE aggregate_id = one.id)
"""
_SETTLEMENTS: Final = """
    SELECT settlement.no, settlement.status, line_count, total, paid_total, file_count, file_total,
        coalesce(inside.lines, 0) AS lines, coalesce(inside.amount, 0) AS amount, coalesce(inside.paid, 0) AS paid,
        coalesce(payment.number, 0) AS payments, coalesce(payment.net, 0) AS net, coalesce(wrong.number, 0) AS wrong
    FROM settlement
    LEFT JOIN LATERAL (
        SELECT count(*) AS lines, sum(amount) AS amount, sum(amount) FILTER (WHERE status = 'paid') AS paid
        FROM settlement_line WHERE settlement_id = settlement.id AND status IN ('included', 'paid')
    ) AS inside ON true
    LEFT JOIN LATERAL (
        SELECT count(*) AS number, sum(net) AS net FROM settlement_payment WHERE settlement_id = settlement.id
    ) AS payment ON true
    LEFT JOIN LATERAL (
        SELECT count(*) AS number FROM settlement_payment AS made WHERE made.settlement_id = settlement.id
            AND CASE WHEN made.status IN ('issued', 'paid') THEN gross ELSE 0 END <> (
                SELECT coalesce(sum(amount), 0) FROM settlement_line
                WHERE payment_id = made.id AND status IN ('included', 'paid'))
    ) AS wrong ON true
    WHERE issuer_division = :division
"""
_RECOVERIES: Final = """
    SELECT recovery.no, recovery.status, amount, due, recovery.repaid, recovery.withheld, written_off,
        reserved, coalesce(moves.repaid, 0) AS moved_back, coalesce(moves.withheld, 0) AS moved_off
    FROM recovery LEFT JOIN LATERAL (
        SELECT sum(amount) FILTER (WHERE kind = 'repayment') AS repaid,
            sum(CASE kind WHEN 'offset' THEN amount WHEN 'offset_returned' THEN -amount END) AS withheld
        FROM recovery_movement WHERE recovery_id = recovery.id
    ) AS moves ON true
    WHERE issuer_division = :division
"""
_OWED_BACK: Final = """
    SELECT coalesce((
        SELECT sum(due - repaid - withheld - written_off) FROM recovery
        WHERE issuer_division = :division AND status IN ('decided', 'settled', 'written_off')
    ), 0) AS claimed, coalesce((
        SELECT sum(posting.amount) FROM posting JOIN journal_entry AS entry ON entry.id = entry_id
        JOIN redemption ON redemption.id = redemption_id
        WHERE issuer_division = :division AND account = 'provider_receivable'
    ), 0) AS booked
"""


async def require_agreement(rows: Rows) -> None:
    """Vouchers with their uses, ceilings with what was issued, journal with uses, lines and recoveries, documents with
    uses, events with versions."""
    await _vouchers(rows)
    await _journal(rows)
    await _settlements(rows)
    await _recoveries(rows)
    for row in await rows(_DOCUMENTS):
        assert (row.priced, row.claimed) == (row.prices, row.subsidies), row
        assert row.claimed <= row.priced <= row.amount
    assert await rows(_EVENTS) == [], "each change is one event"


async def _vouchers(rows: Rows) -> None:
    for row in await rows(_VOUCHERS):
        assert row.balance + row.held + row.spent + row.returned == row.face_value, row
        assert min(row.balance, row.held, row.spent, row.returned) >= 0, row
        assert (row.held, row.spent) == (row.reserved, row.captured), row
        assert row.returned == 0 or row.status == "stopped", row
    for row in await rows(_CEILINGS):
        assert row.committed == row.issued, row
        if row.kind != "vouchers.city_quota":
            assert row.committed <= row.limit_amount, row
    for row in await rows(_BUDGETS):
        assert row.committed <= row.budget, row


async def _journal(rows: Rows) -> None:
    for row in await rows(_JOURNAL):
        captured = row.status in ("redeemed", "reversed")
        owed = row.subsidy - row.reversed_amount if captured else Decimal(0)
        assert row.all_of_it == 0, row
        assert (row.captures, row.programme) == (int(captured), owed), row
        assert row.lines <= 1, ("live twice", row)
        assert row.payments in (0, 1), ("paid twice", row)
        assert (row.payments == 1) == (row.paid > 0), row
        assert row.bank == row.paid <= row.subsidy, row
        assert row.claimed <= max(row.bank, row.reversed_amount), ("more claimed back than paid", row)
        assert row.taken_back <= row.restored_amount <= row.reversed_amount, row


async def _settlements(rows: Rows) -> None:
    for row in await rows(_SETTLEMENTS):
        if row.status == "cancelled":
            continue
        assert (row.line_count, row.total, row.paid_total) == (row.lines, row.amount, row.paid), row
        assert row.wrong == 0, ("a payment is not its lines", row)
        assert row.status != "closed" or row.amount == row.paid, ("closed with something unpaid in it", row)
        if row.file_count is not None:
            assert (row.file_count, row.file_total) == (row.payments, row.net), row


async def _recoveries(rows: Rows) -> None:
    for row in await rows(_RECOVERIES):
        made_up = row.repaid + row.withheld + row.written_off + row.reserved
        assert made_up <= (row.due or 0) <= row.amount, row
        assert (row.repaid, row.withheld) == (row.moved_back, row.moved_off), row
    [both] = await rows(_OWED_BACK)
    assert both.claimed == both.booked, both
