"""How far budgets are used up, and what of them will lapse (4.3-4); one statement each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from sqlalchemy import BindParameter, Boolean, Date, Integer, Row, Text, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.usage.queries import issued_by
from services.vouchers.usage.schemas import (
    BurnFigures,
    BurnLine,
    BurnOut,
    BurnQuery,
    LapseLine,
    LapseQuery,
    LapsesOut,
)
from shared.auth.principal import Principal
from shared.money import ZERO
from shared.policy.edition import Edition

_CENT: Final = Decimal("0.01")

_TYPES: Final[tuple[BindParameter[Any], ...]] = (
    *(bindparam(name, type_=Date()) for name in ("today", "soon", "pace_from")),
    *(bindparam(name, type_=Text()) for name in ("division", "kind", "status")),
    *(bindparam(name, type_=Integer()) for name in ("year", "pace_days")),
)

_BURN: Final = text(
    """
    WITH chosen AS (
        SELECT programme.id, programme.no, programme.issuer_division, programme.kind, programme.status,
            coalesce(terms.budget, programme.budget) AS budget
        FROM programme
        LEFT JOIN LATERAL (
            SELECT budget FROM programme_terms
            WHERE programme_id = programme.id AND effective_from <= :today
            ORDER BY effective_from DESC LIMIT 1
        ) AS terms ON true
        WHERE programme.year = :year
          AND programme.opened_on IS NOT NULL
          AND (CAST(:division AS text) IS NULL OR programme.issuer_division = :division)
          AND (CAST(:kind AS text) IS NULL OR programme.kind = :kind)
          AND (CAST(:status AS text) IS NULL OR programme.status = :status)
    ), parts AS (
        SELECT programme_id, count(*) AS vouchers, sum(face_value) AS issued, sum(balance) AS free, sum(held) AS held,
            sum(spent) AS captured, sum(returned) AS returned,
            coalesce(sum(balance) FILTER (WHERE valid_until BETWEEN :today AND :soon), 0) AS ending_soon,
            max(valid_until) FILTER (WHERE balance > 0) AS last_day
        FROM voucher JOIN chosen ON chosen.id = voucher.programme_id
        GROUP BY programme_id
    ), pace AS (
        SELECT programme_id, sum(subsidy - reversed_amount) / :pace_days AS daily
        FROM redemption JOIN chosen ON chosen.id = redemption.programme_id
        WHERE redeemed_on > :pace_from AND redeemed_on <= :today
        GROUP BY programme_id
    ), paid AS (
        SELECT programme_id, sum(amount) AS settled
        FROM settlement_line JOIN chosen ON chosen.id = settlement_line.programme_id
        WHERE settlement_line.status = 'paid'
        GROUP BY programme_id
    ), lines AS (
        SELECT chosen.*, coalesce(vouchers, 0) AS vouchers, coalesce(issued, 0) AS issued, coalesce(free, 0) AS free,
            coalesce(held, 0) AS held, coalesce(captured, 0) AS captured, coalesce(returned, 0) AS returned,
            coalesce(settled, 0) AS settled, coalesce(ending_soon, 0) AS ending_soon,
            round(greatest(coalesce(free, 0) - coalesce(daily, 0) * greatest(coalesce(last_day - :today, 0), 0), 0), 2)
                AS lapse_forecast
        FROM chosen
        LEFT JOIN parts ON parts.programme_id = chosen.id
        LEFT JOIN pace ON pace.programme_id = chosen.id
        LEFT JOIN paid ON paid.programme_id = chosen.id
    ), holders AS (
        SELECT CASE WHEN :by_programme THEN chosen.id END AS programme_id, chosen.issuer_division,
            count(DISTINCT voucher.enterprise_id) AS enterprises
        FROM voucher JOIN chosen ON chosen.id = voucher.programme_id
        GROUP BY GROUPING SETS ((1, 2), ())
    )
    SELECT lines.issuer_division,
        CASE WHEN :by_programme THEN lines.no END AS programme_no,
        CASE WHEN :by_programme THEN lines.kind END AS kind,
        CASE WHEN :by_programme THEN lines.status END AS status,
        coalesce(max(holders.enterprises), 0) AS enterprises,
        (SELECT coalesce(max(enterprises), 0) FROM holders WHERE issuer_division IS NULL) AS all_enterprises,
        sum(lines.vouchers) AS vouchers, sum(budget) AS budget, sum(issued) AS issued, sum(free) AS free,
        sum(held) AS held, sum(captured) AS captured, sum(returned) AS returned, sum(settled) AS settled,
        sum(ending_soon) AS ending_soon, sum(lapse_forecast) AS lapse_forecast
    FROM lines
    LEFT JOIN holders ON holders.issuer_division = lines.issuer_division
        AND (NOT :by_programme OR holders.programme_id = lines.id)
    GROUP BY 1, 2, 3, 4
    ORDER BY 1, 2
    """
).bindparams(*_TYPES, bindparam("by_programme", type_=Boolean()))

_LAPSES: Final = text(
    """
    SELECT to_char(valid_until, 'YYYY-MM') AS month, count(*) AS vouchers,
        count(DISTINCT enterprise_id) AS enterprises, sum(balance) AS free, sum(held) AS held
    FROM voucher
    WHERE status <> 'stopped' AND valid_until >= :today AND balance + held > 0
      AND (CAST(:division AS text) IS NULL OR issuer_division = :division)
      AND (CAST(:year AS integer) IS NULL OR extract(year FROM valid_until) = :year)
    GROUP BY 1 ORDER BY 1
    """
).bindparams(bindparam("today", type_=Date()), bindparam("division", type_=Text()), bindparam("year", type_=Integer()))

_SUMS: Final = (
    "budget",
    "issued",
    "free",
    "held",
    "captured",
    "returned",
    "settled",
    "ending_soon",
    "lapse_forecast",
)


async def burn_of_budgets(session: AsyncSession, edition: Edition, principal: Principal, wanted: BurnQuery) -> BurnOut:
    """Where the budgets of a year's programmes stand today; a division sees its own."""
    today, year = principal.today, wanted.year or principal.today.year
    oversight = edition.vouchers.oversight
    soon = today + timedelta(days=oversight.lapse_days.value)
    rows = (
        await session.execute(
            _BURN,
            {
                "today": today,
                "soon": soon,
                "year": year,
                "pace_days": oversight.pace_days.value,
                "pace_from": today - timedelta(days=oversight.pace_days.value),
                "division": issued_by(principal, wanted.issuer_division),
                "kind": wanted.kind,
                "status": wanted.status,
                "by_programme": wanted.by == "programme",
            },
        )
    ).all()
    items = [_line(row) for row in rows]
    return BurnOut(year=year, as_of=today, ending_soon_to=soon, items=items, totals=_totals(rows))


async def lapses(session: AsyncSession, principal: Principal, wanted: LapseQuery) -> LapsesOut:
    """What of running vouchers ends in which month."""
    values = {
        "today": principal.today,
        "division": issued_by(principal, wanted.issuer_division),
        "year": wanted.year,
    }
    rows = await session.execute(_LAPSES, values)
    return LapsesOut(as_of=principal.today, items=[LapseLine.model_validate(row) for row in rows])


def _line(row: Row[*tuple[Any, ...]]) -> BurnLine:
    sums = {name: getattr(row, name) for name in _SUMS}
    percent = (sums["captured"] * 100 / sums["budget"]).quantize(_CENT, ROUND_HALF_UP)
    return BurnLine(
        issuer_division=row.issuer_division,
        programme_no=row.programme_no,
        kind=row.kind,
        status=row.status,
        vouchers=row.vouchers,
        enterprises=row.enterprises,
        unissued=sums["budget"] - sums["issued"] + sums["returned"],
        captured_percent=f"{percent}",
        **sums,
    )


def _totals(rows: Sequence[Row[*tuple[Any, ...]]]) -> BurnFigures:
    sums = {name: sum((getattr(row, name) for row in rows), ZERO) for name in _SUMS}
    return BurnFigures(
        vouchers=sum(row.vouchers for row in rows),
        enterprises=rows[0].all_enterprises if rows else 0,
        unissued=sums["budget"] - sums["issued"] + sums["returned"],
        **sums,
    )
