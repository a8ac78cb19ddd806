"""Statements and the view of use are what the journal and the redemptions say, counted directly."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from tests.vouchers.proofs.life import FIRST_DAY, Life
from tests.vouchers.support import AUDITOR

_STATEMENT: Final = """
    SELECT provider.code,
        coalesce(sum(-amount) FILTER (WHERE payable AND before), 0) AS opening_payable,
        coalesce(sum(-amount) FILTER (WHERE payable), 0) AS closing_payable,
        coalesce(sum(amount) FILTER (WHERE receivable), 0) AS closing_receivable,
        coalesce(sum(-amount) FILTER (WHERE payable AND NOT before AND kind = 'capture'), 0) AS captured,
        coalesce(sum(amount) FILTER (WHERE payable AND NOT before AND kind = 'reversal'), 0) AS reversed,
        coalesce(sum(amount) FILTER (WHERE payable AND NOT before AND kind = 'payment'), 0) AS paid
    FROM (
        SELECT redemption.provider_id, kind, amount, account = 'provider_payable' AS payable,
            account = 'provider_receivable' AS receivable, effective_on < CAST(:first AS date) AS before
        FROM posting JOIN journal_entry ON journal_entry.id = entry_id
        JOIN redemption ON redemption.id = redemption_id
        WHERE issuer_division = :division AND effective_on < CAST(:first AS date) + interval '1 month'
    ) AS moved JOIN provider ON provider.id = provider_id
    GROUP BY provider.id ORDER BY provider.code
"""
_USE: Final = """
    SELECT {columns} count(*) AS uses, count(DISTINCT redemption.enterprise_id) AS enterprises,
        count(DISTINCT redemption.provider_id) AS providers, sum(price) AS price, sum(subsidy) AS captured,
        sum(reversed_amount) AS reversed
    FROM redemption JOIN programme ON programme.id = programme_id JOIN provider ON provider.id = provider_id
    LEFT JOIN known_enterprise AS firm ON firm.id = redemption.enterprise_id
    WHERE redemption.issuer_division = :division AND redeemed_on BETWEEN :first AND :last
    {groups}
"""
_SIDES: Final[Mapping[str, tuple[str, str]]] = {
    "programme": ("programme_no", "programme.no"),
    "provider": ("provider_code", "provider.code"),
    "size": ("size", "coalesce(firm.size_class, 'unknown')"),
    "month": ("month", "to_char(redeemed_on, 'YYYY-MM')"),
    "category": ("category", "redemption.category"),
}
_FIGURES: Final = ("uses", "enterprises", "providers", "price", "captured", "reversed")


async def require_shown(life: Life) -> None:
    """All months up to today, whole and in part."""
    await _statements(life)
    month = life.day.replace(day=1)
    for first, last in ((date(2019, 1, 1), life.day), (FIRST_DAY, max(month, FIRST_DAY)), (month, life.day)):
        for words in ((), ("programme", "month"), ("provider",), ("category", "size")):
            await _use(life, words, first, last)


async def _statements(life: Life) -> None:
    for first in {FIRST_DAY.replace(day=1), life.day.replace(day=1)}:
        answer = await life.town.api.get(
            life.office.officer, "/v1/settlements/statements/issuer", today=life.day, period=f"{first:%Y-%m}"
        )
        assert answer.status_code == 200, answer.text
        booked = await life.town.rows(_STATEMENT, division=life.division, first=first)
        shown = {line["provider_code"]: line for line in answer.json()["lines"]}
        assert len(shown) == len(booked)
        for row in booked:
            line = shown[row.code]
            for name in row._fields[1:]:
                assert line[name] == f"{getattr(row, name):.2f}", (first, name, row, line)


async def _use(life: Life, words: tuple[str, ...], first: date, last: date) -> None:
    params = {"captured_from": first, "captured_to": last, "issuer_division": life.division}
    url = "/v1/voucher-usage?" + "&".join(f"by={word}" for word in words or ("kind",))
    answer = await life.town.api.client.get(
        url + "".join(f"&{name}={value}" for name, value in params.items()),
        headers=life.town.api.headers(AUDITOR, life.day),
    )
    assert answer.status_code == 200, answer.text
    columns = ", ".join(f"{_SIDES[word][1]} AS {_SIDES[word][0]}" for word in words)
    sql = _USE.format(
        columns=f"{columns}," if words else "",
        groups=f"GROUP BY {', '.join(_SIDES[word][1] for word in words)}" if words else "",
    )
    rows: list[Any] = await life.town.rows(sql, division=life.division, first=first, last=last)
    body = answer.json()
    if not words:
        assert _figures(body["totals"]) == _figures(rows[0]._mapping), (first, last)
        return
    names = [_SIDES[word][0] for word in words]
    shown = {tuple(line[name] for name in names): _figures(line) for line in body["items"]}
    assert shown == {tuple(getattr(row, name) for name in names): _figures(row._mapping) for row in rows}, words


def _figures(line: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(f"{float(line[name] or 0):.2f}" for name in _FIGURES)
