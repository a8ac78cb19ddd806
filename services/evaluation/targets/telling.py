"""The ledger's events."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.targets.models import Target, TargetActual
from services.evaluation.targets.rules import tidy
from shared.events import outbox
from shared.events.contracts import evaluation as ec
from shared.events.outbox import EventContext
from shared.events.types import EventType

_RULES = ("targets.met", "targets.actual")


def numbers(by_division: dict[str, object]) -> dict[str, Decimal]:
    """A stored breakdown as numbers."""
    return {code: Decimal(str(value)) for code, value in by_division.items()}


def _actual(row: TargetActual) -> ec.TargetActual:
    return ec.TargetActual(
        id=row.id,
        quarter=row.quarter,
        as_of_on=row.as_of_on,
        value=tidy(row.value),
        by_division=numbers({**row.by_division}),
        status=row.status,
        document_no=row.document_no,
        corrects_id=row.corrects_id,
        reason_code=row.reason_code,
    )


async def tell(
    session: AsyncSession,
    event_type: EventType[ec.TargetState],
    target: Target,
    actuals: Sequence[TargetActual],
    context: EventContext,
) -> None:
    """Record what happened to a target, with every figure it has."""
    data = ec.TargetState(
        id=target.id,
        no=target.no,
        item=target.item,
        year=target.year,
        operator=target.operator,
        value=tidy(target.value),
        tolerance_percent=tidy(target.tolerance_percent),
        unit=target.unit,
        measure=target.measure,
        source=target.source,
        actuals=tuple(_actual(row) for row in actuals),
    )
    await outbox.append(session, event_type, target, data, context=context, rules=_RULES, edition=target.edition)
