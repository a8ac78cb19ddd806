"""Captured uses, summed by the database over any of their sides, out of the sums by month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Subquery, and_, func, literal_column, select, text, true
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.access import own_division, reads_all
from services.vouchers.programmes.models import Programme
from services.vouchers.projections import known_enterprise
from services.vouchers.providers.models import Provider
from services.vouchers.sums.queries import uses_of_term
from services.vouchers.usage.schemas import Dimension, UsageFigures, UsageLine, UsageOut, UsageQuery
from shared.auth.principal import Principal
from shared.http.validation import Fault, PayloadInvalid
from shared.money import ZERO

# A literal, not a parameter: what is selected and what it is grouped by must be one expression to the database.
_SIZE: Final = func.coalesce(known_enterprise.c.size_class, literal_column("'unknown'"))
_ROOM: Final = text("SET LOCAL work_mem = '64MB'")
"""For the sums of some hundred thousand groups, which else go to disk; of this transaction alone."""

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
_SUMS: Final = ("uses", "price", "captured", "reversed")


def _sides(used: Subquery) -> Mapping[Dimension, Mapping[str, ColumnElement[Any]]]:
    """What each word groups by."""
    return {
        "division": {"issuer_division": Programme.issuer_division.expression},
        "programme": {"programme_no": Programme.no.expression, "kind": Programme.kind.expression},
        "kind": {"kind": Programme.kind.expression},
        "provider": {"provider_code": Provider.code.expression, "provider_name": Provider.name.expression},
        "size": {"size": _SIZE},
        "category": {"category": used.c.category},
        "month": {"month": func.to_char(used.c.month, literal_column("'YYYY-MM'"))},
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
    used = uses_of_term(first, last)
    sides = _sides(used)
    groups = {name: column for word in wanted.by for name, column in sides[word].items()}
    scoped = _Scoped(used, groups, _conditions(wanted, used, issued_by(principal, wanted.issuer_division)), wanted)
    await session.execute(_ROOM)
    rows = (await session.execute(_summed(scoped))).mappings().all()
    totals: dict[str, Any] = {name: sum((row[name] for row in rows), ZERO) for name in _SUMS}
    totals |= {name: rows[0][f"all_{name}"] if rows else 0 for name in ("enterprises", "providers")}
    return UsageOut(
        captured_from=first,
        captured_to=last,
        by=list(dict.fromkeys(wanted.by)),
        items=[_line(row, groups) for row in (rows if groups else [totals])],
        totals=UsageFigures.model_validate(_figures(totals)),
    )


@dataclass(frozen=True)
class _Scoped:
    """Uses, what they are grouped by, and which of them are asked for."""

    used: Subquery
    groups: Mapping[str, ColumnElement[Any]]
    which: Sequence[ColumnElement[bool]]
    wanted: UsageQuery

    def select(self, *columns: ColumnElement[Any]) -> Select[Any]:
        """From the uses with only those names beside them that are asked for."""
        used, wanted = self.used, self.wanted
        query = select(*columns).select_from(used).join(Programme, Programme.id == used.c.programme_id)
        if "provider" in wanted.by or wanted.provider_code is not None:
            query = query.join(Provider, Provider.id == used.c.provider_id)
        if "size" in wanted.by or wanted.size is not None:
            query = query.outerjoin(known_enterprise, known_enterprise.c.id == used.c.enterprise_id)
        return query.where(*self.which)

    @property
    def labelled(self) -> list[ColumnElement[Any]]:
        return [column.label(name) for name, column in self.groups.items()]


def _summed(scoped: _Scoped) -> Select[Any]:
    """The groups in their order, each with what is to be counted once in it and in all of them. Distinct ones are
    found by hashing, each with its group: that is far cheaper than sorting them for every group."""
    sums = func.sum
    figures = [sums(scoped.used.c[name]).label(name) for name in _SUMS]
    whole = scoped.select(*scoped.labelled, *figures).group_by(*scoped.groups.values())
    total = whole.having(sums(scoped.used.c.uses) > 0).cte("total")
    query = select(total)
    for name, column in (("enterprises", scoped.used.c.enterprise_id), ("providers", scoped.used.c.provider_id)):
        apart = (
            scoped.select(*scoped.labelled, column.label("one"))
            .group_by(*scoped.groups.values(), column)
            .having(sums(scoped.used.c.uses) > 0)
            .cte(f"one_of_{name}")
        )
        names = [apart.c[group] for group in scoped.groups]
        number = select(*names, func.count().label("number")).group_by(*names).subquery(name)
        same = and_(true(), *(number.c[group] == total.c[group] for group in scoped.groups))
        once = select(apart.c.one).distinct().subquery()
        query = query.join(number, same).add_columns(
            number.c.number.label(name),
            select(func.count()).select_from(once).scalar_subquery().label(f"all_{name}"),
        )
    return query.order_by(*(total.c[name] for name in scoped.groups))


def _conditions(wanted: UsageQuery, used: Subquery, division: str | None) -> list[ColumnElement[bool]]:
    sent: list[tuple[ColumnElement[Any], object]] = [
        (Programme.issuer_division.expression, division),
        (used.c.programme_id, wanted.programme_id),
        (used.c.category, wanted.category),
        (Programme.kind.expression, wanted.kind),
        (Provider.code.expression, wanted.provider_code),
        (_SIZE, wanted.size),
    ]
    return [column == value for column, value in sent if value is not None]


def _line(row: Mapping[Any, Any], groups: Mapping[str, object]) -> UsageLine:
    words = {name: row[name] if name in groups else None for name in _WORDS}
    return UsageLine.model_validate({**words, **_figures(row)})


def _figures(row: Mapping[Any, Any]) -> dict[str, object]:
    names = ("enterprises", "providers", "price", "captured", "reversed")
    return {**{name: row[name] for name in names}, "uses": int(row["uses"]), "net": row["captured"] - row["reversed"]}
