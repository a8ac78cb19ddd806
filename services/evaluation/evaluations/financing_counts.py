"""Adding up the money of each enterprise over a year's reports: one statement for any number of centres."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from hashlib import sha256
from typing import Final
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import Numeric, Uuid, and_, cast, column, func, select, true
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.evaluations.tenancy_counts import NAMED_AT_MOST
from services.evaluation.projections import known_tenancy
from services.evaluation.reports.lines import EQUITY, LOANS, TENANCY
from services.evaluation.reports.models import QuarterlyReport, ReportRevision
from services.evaluation.rubrics.facts import Money

_stay = known_tenancy.c


@dataclass(frozen=True, slots=True)
class FinancingBehind:
    """Each enterprise's money of the year, and how a score sheet names it: `<enterprise>:<equity>:<loans>`, with the
    SHA-256 of all of them in order, comma between."""

    enterprises: tuple[Money, ...] = ()
    named: tuple[str, ...] = ()

    def lineage(self) -> dict[str, JsonValue]:
        """As a score sheet keeps them; nothing where no line has money."""
        if not self.named:
            return {}
        return {
            "financed_enterprises": list(self.named[:NAMED_AT_MOST]),
            "financed_enterprises_total": len(self.named),
            "financed_enterprises_sha256": sha256(",".join(self.named).encode()).hexdigest(),
        }


NO_FINANCING: Final = FinancingBehind()


async def financing_counts(
    session: AsyncSession, year: int, centres: Sequence[UUID], counted: Sequence[str]
) -> dict[UUID, FinancingBehind]:
    """2.3-2: what each enterprise received over the year's quarters, by centre; from the newest versions of reports in
    the states `counted`. Lines of two enterprises that were merged since are one's: the stay tells under which record
    the enterprise goes on."""
    report, revision = QuarterlyReport, ReportRevision
    columns = (column(TENANCY, Uuid()), column(EQUITY, Numeric()), column(LOANS, Numeric()))
    told = func.jsonb_to_recordset(cast(revision.lines, JSONB)).table_valued(*columns, name="line")
    line = told.render_derived(with_types=True)
    equity, loans = (func.coalesce(func.sum(line.c[name]), 0) for name in (EQUITY, LOANS))
    enterprise = func.coalesce(_stay.enterprise_id, line.c[TENANCY])
    query = (
        select(report.centre_id, enterprise.label("enterprise_id"), equity.label("equity"), loans.label("loans"))
        .join(revision, and_(revision.report_id == report.id, revision.revision == report.revision))
        .join(line, true())
        .outerjoin(known_tenancy, _stay.id == line.c[TENANCY])
        .where(report.year == year, report.centre_id.in_(centres), report.status.in_(counted))
        .group_by(report.centre_id, enterprise)
        .having(equity + loans > 0)
        .order_by(report.centre_id, enterprise)
    )
    found: dict[UUID, tuple[list[Money], list[str]]] = {}
    for row in await session.execute(query):
        money, named = found.setdefault(row.centre_id, ([], []))
        money.append(Money(Fraction(row.equity), Fraction(row.loans)))
        named.append(f"{row.enterprise_id}:{_yuan(row.equity)}:{_yuan(row.loans)}")
    return {centre: FinancingBehind(tuple(money), tuple(named)) for centre, (money, named) in found.items()}


def _yuan(amount: Decimal) -> str:
    return f"{amount:.2f}"
