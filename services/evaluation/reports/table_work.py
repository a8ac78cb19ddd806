"""Writing a table of all centres in the background: asked for, carried out by whoever leads, kept for a while."""

from __future__ import annotations

import asyncio
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.access import in_scope
from services.evaluation.reports.models import CITY_TABLE, NATIONAL_TABLE, QuarterlyReport, ReportTable
from services.evaluation.reports.rules import last_day
from services.evaluation.reports.tables import Told, write_city_table, write_national
from services.evaluation.reports.totals import totals_in_parts
from services.evaluation.settings import EvaluationSettings
from shared.auth.principal import Principal
from shared.auth.roles import AUDITOR
from shared.errors import DomainError, not_found
from shared.events.outbox import EventContext
from shared.logging import get_logger
from shared.operations import asking
from shared.operations.worker import Work, hold, run_waiting as run_work, work_for_ever
from shared.runtime import Runtime

AT_ONCE: Final = 500
"""Centres whose table a request may wait for: more take longer than two seconds."""
KEPT: Final = timedelta(days=30)
SWEEP_SECONDS: Final = 3600

log = get_logger(__name__)


async def require_few(session: AsyncSession, principal: Principal, year: int, quarter: int | None) -> None:
    """Raises 409 `table-too-large` for a table that is to be asked for as an operation."""
    centres = await reported_centres(session, principal, year, quarter)
    if centres > AT_ONCE:
        raise DomainError("table-too-large", 409, params={"centres": centres, "limit": AT_ONCE})


async def reported_centres(session: AsyncSession, principal: Principal, year: int, quarter: int | None) -> int:
    """Centres with accepted reports in the caller's scope."""
    report = QuarterlyReport
    query = select(func.count(report.centre_id.distinct())).where(
        report.year == year, report.status == "accepted", in_scope(principal, report.centre_id)
    )
    counted = query if quarter is None else query.where(report.quarter == quarter)
    return (await session.execute(counted)).scalar_one()


async def ask_for_table(
    session: AsyncSession,
    runtime: Runtime,
    principal: Principal,
    kind: Literal["city_table", "national_table"],
    year: int,
    quarter: int | None,
) -> ReportTable:
    """Write the wish down; the elected process carries it out. Raises 409 for a year without an edition."""
    runtime.editions.require_in_force(last_day(year, quarter or 4))
    context = EventContext.of(principal)
    table = ReportTable(
        kind=kind,
        year=year,
        quarter=quarter,
        status="running",
        done=0,
        total=await reported_centres(session, principal, year, quarter),
        actor=context.actor,
        effective_on=context.effective_on,
        correlation_id=context.correlation_id,
        simulated=context.simulated,
    )
    return await asking.ask(session, runtime.db, table)


async def find_table(session: AsyncSession, runtime: Runtime, table_id: UUID) -> ReportTable:
    """A table that is written. Raises 404, also for one that is kept no longer, and 409 `table-not-ready`."""
    table = await session.get(ReportTable, table_id)
    if table is None or table.status == "failed":
        raise not_found("report_table")
    if table.status == "running":
        raise DomainError("table-not-ready", 409, params={"done": table.done, "total": table.total})
    return table


async def work_tables(runtime: Runtime) -> None:
    """Write tables for ever, in the elected process."""
    await work_for_ever(runtime, WORK, EvaluationSettings().operations_poll_seconds)


async def run_tables(runtime: Runtime) -> int:
    """Write every table that is waiting; returns how many there were."""
    return await run_work(runtime, WORK)


async def sweep_tables(runtime: Runtime) -> None:
    """Every hour, in the elected process: tables are kept for a month, and can be asked for again."""
    while True:
        old = await runtime.files.older_than("tables", KEPT)
        await runtime.files.remove(old)
        log.info("tables-swept", files=len(old))
        await asyncio.sleep(SWEEP_SECONDS)


async def _write(runtime: Runtime, table_id: UUID) -> None:
    async with runtime.db.transaction() as session:
        table = await session.get_one(ReportTable, table_id)
        everything = _whoever_sees_all(table)
    told = _teller(runtime, table_id)
    with tempfile.TemporaryDirectory(prefix="mc-table-") as folder:
        path = Path(folder) / "table.xlsx"
        async with runtime.db.transaction() as session:
            edition = runtime.editions.require_in_force(last_day(table.year, table.quarter or 4))
            if table.kind == CITY_TABLE:
                await write_city_table(session, everything, edition, path, table.year, table.quarter, told)
            else:
                totals = await totals_in_parts(session, everything, edition, table.year, told)
                await write_national(session, everything, edition, path, table.year, totals)
        await runtime.files.put(table.key, path)
    await runtime.db.run(lambda session: _finish(session, table_id))


def _teller(runtime: Runtime, table_id: UUID) -> Told:
    """Progress is written down in transactions of its own, for whoever asks meanwhile."""

    async def told(done: int) -> None:
        await runtime.db.run(lambda session: _count(session, table_id, done))

    return told


async def _count(session: AsyncSession, table_id: UUID, done: int) -> None:
    """A table that is begun anew counts from its beginning; reports accepted since it was asked for are not in
    `total`."""
    table = await hold(session, ReportTable, table_id)
    table.done = min(done, table.total)


def _whoever_sees_all(table: ReportTable) -> Principal:
    """Only who sees all centres may ask for such a table; it is read as whoever does."""
    return Principal(
        account_id=table.actor,
        roles=frozenset({AUDITOR}),
        org=None,
        division=None,
        provider=None,
        bank=None,
        person_ref=None,
        today=table.effective_on,
        simulated=table.simulated,
        correlation_id=table.correlation_id,
        issuer="evaluation",
        internal=True,
    )


async def _finish(session: AsyncSession, table_id: UUID) -> None:
    table = await hold(session, ReportTable, table_id)
    table.finish({"file": f"/v1/quarterly-reports/tables/{table.id}"})


async def _give_up(_: AsyncSession, __: ReportTable) -> None:
    """Nothing waits for a table but who asked for it."""


WORK: Final = Work(ReportTable, {CITY_TABLE: _write, NATIONAL_TABLE: _write}, _give_up)
