"""Captured uses, summed by the database over any of their sides; nothing is read row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    Row,
    Select,
    Subquery,
    cast,
    distinct,
    func,
    literal_column,
    select,
    text,
    true,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.access import own_division, reads_all
from services.vouchers.programmes.models import Programme
from services.vouchers.projections import known_enterprise
from services.vouchers.providers.models import Provider
from services.vouchers.redemptions.models import Redemption
from services.vouchers.usage.schemas import Dimension, UsageFigures, UsageLine, UsageOut, UsageQuery
from shared.auth.principal import Principal
from shared.http.validation import Fault, PayloadInvalid
from shared.money import ZERO

# A literal, not a parameter: what is selected and what it is grouped by must be one expression to the database.
_SIZE: Final = func.coalesce(known_enterprise.c.size_class, literal_column("'unknown'"))
_MONTH: Final = cast(func.date_trunc(literal_column("'month'"), cast(Redemption.redeemed_on, DateTime)), Date)
"""The month's first day; it becomes text once the uses are summed, not for each of them."""

_ROOM: Final = text("SET LOCAL work_mem = '64MB'")
"""For the sums of some hundred thousand groups, which else go to disk; of this transaction alone."""

_KEPT: Final[Mapping[Dimension, tuple[str, ColumnElement[Any]]]] = {
    "category": ("category", Redemption.category.expression),
    "month": ("month", _MONTH),
}
"""Sides that a use has by itself; the others come with its programme, provider and enterprise. The columns have
different types, hence Any."""

_WORDS: Final = (
    "issuer_division",
    "programme_no",
    "kind",
    "category",
    "provider_code",
    "provider_name",
    "size",
    "month",
)


def _sides(used: Subquery) -> Mapping[Dimension, Mapping[str, ColumnElement[Any]]]:
    """What each word groups by."""
    return {
        "division": {"issuer_division": Programme.issuer_division.expression},
        "programme": {"programme_no": Programme.no.expression, "kind": Programme.kind.expression},
        "kind": {"kind": Programme.kind.expression},
        "provider": {"provider_code": Provider.code.expression, "provider_name": Provider.name.expression},
        "size": {"size": _SIZE},
        **({"category": {"category": used.c.category}} if "category" in used.c else {}),
        **({"month": {"month": func.to_char(used.c.month, literal_column("'YYYY-MM'"))}} if "month" in used.c else {}),
    }


def issued_by(principal: Principal, wanted: str | None) -> str | None:
    """The division that the caller looks at: an issuer's people their own, whatever they ask for; the others the one
    they name, or all. Raises 403 for an issuer's account without a division."""
    return wanted if reads_all(principal) else own_division(principal)


async def use_of_vouchers(session: AsyncSession, principal: Principal, wanted: UsageQuery) -> UsageOut:
    """Sums of what was captured, by the words asked for. Raises 422 for a term that runs backwards."""
    first = wanted.captured_from or date((wanted.captured_to or principal.today).year, 1, 1)
    last = wanted.captured_to or principal.today
    if last < first:
        raise PayloadInvalid(Fault("captured_to", "term_backwards", {}))
    used = _used(principal, wanted, first, last)
    sides = _sides(used)
    groups: dict[str, ColumnElement[Any]] = {}
    for word in wanted.by:
        groups.update(sides[word])
    await session.execute(_ROOM)
    rows = (await session.execute(_summed(used, groups, _conditions(wanted)))).all()
    [totals] = [row for row in rows if row.all_of_them]
    items = [_line(row, groups) for row in rows if not (groups and row.all_of_them)]
    return UsageOut(
        captured_from=first,
        captured_to=last,
        by=list(dict.fromkeys(wanted.by)),
        items=items,
        totals=UsageFigures.model_validate(_figures(totals)),
    )


def _used(principal: Principal, wanted: UsageQuery, first: date, last: date) -> Subquery:
    """Uses added up by whom and what they were for, in one pass; only these sums are joined and sorted."""
    keys: list[ColumnElement[Any]] = [
        Redemption.programme_id.expression,
        Redemption.provider_id.expression,
        Redemption.enterprise_id.expression,
    ]
    keys += [column.label(name) for word, (name, column) in _KEPT.items() if word in wanted.by]
    sent: list[tuple[ColumnElement[Any], object]] = [
        (Redemption.issuer_division.expression, issued_by(principal, wanted.issuer_division)),
        (Redemption.programme_id.expression, wanted.programme_id),
        (Redemption.category.expression, wanted.category),
    ]
    which = [column == value for column, value in sent if value is not None]
    return (
        select(
            *keys,
            func.count().label("uses"),
            func.sum(Redemption.price).label("price"),
            func.sum(Redemption.subsidy).label("captured"),
            func.sum(Redemption.reversed_amount).label("reversed"),
        )
        .where(Redemption.redeemed_on >= first, Redemption.redeemed_on <= last, *which)
        .group_by(*keys)
        .subquery("used")
    )


def _summed(
    used: Subquery, groups: Mapping[str, ColumnElement[Any]], which: Sequence[ColumnElement[bool]]
) -> Select[Any]:
    """The groups in their order and one row for all of them together."""
    figures = (
        func.coalesce(func.sum(used.c.uses), 0).label("uses"),
        func.count(distinct(used.c.enterprise_id)).label("enterprises"),
        func.count(distinct(used.c.provider_id)).label("providers"),
        *(func.coalesce(func.sum(used.c[name]), ZERO).label(name) for name in ("price", "captured", "reversed")),
    )
    columns = list(groups.values())
    together = func.grouping(columns[0]) == 1 if columns else true()
    query = (
        select(*(column.label(name) for name, column in groups.items()), together.label("all_of_them"), *figures)
        .select_from(used)
        .join(Programme, Programme.id == used.c.programme_id)
        .join(Provider, Provider.id == used.c.provider_id)
        .outerjoin(known_enterprise, known_enterprise.c.id == used.c.enterprise_id)
        .where(*which)
    )
    return query.group_by(func.grouping_sets(tuple_(*columns), tuple_())).order_by(*columns) if columns else query


def _conditions(wanted: UsageQuery) -> list[ColumnElement[bool]]:
    sent: list[tuple[ColumnElement[Any], object]] = [
        (Programme.kind.expression, wanted.kind),
        (Provider.code.expression, wanted.provider_code),
        (_SIZE, wanted.size),
    ]
    return [column == value for column, value in sent if value is not None]


def _figures(row: Row[*tuple[Any, ...]]) -> dict[str, object]:
    names = ("enterprises", "providers", "price", "captured", "reversed")
    sums = {name: getattr(row, name) for name in names}
    return {**sums, "uses": int(row.uses), "net": row.captured - row.reversed}


def _line(row: Row[*tuple[Any, ...]], groups: Mapping[str, object]) -> UsageLine:
    words = {name: getattr(row, name) if name in groups else None for name in _WORDS}
    return UsageLine.model_validate({**words, **_figures(row)})
