"""Rubric editions as the event log tells them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.rubrics.content import values_of
from services.evaluation.rubrics.models import RubricEdition
from shared.events import outbox
from shared.events.contracts import evaluation as ec
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.policy.rubric import Indicator


async def tell_rubric(
    session: AsyncSession,
    happened: EventType[ec.RubricState],
    rubric: RubricEdition,
    context: EventContext,
    rules: Sequence[str],
    *,
    changed: Sequence[str] = (),
    rehearsed_year: int | None = None,
    reason: str | None = None,
) -> None:
    """Record what has happened to an edition, whose row the caller holds or has just made."""
    values = values_of(rubric.content)
    data = ec.RubricState(
        id=rubric.id,
        no=rubric.no,
        policy_edition=rubric.policy_edition,
        number=rubric.number,
        status=rubric.status,
        title_zh=rubric.title_zh,
        title_en=rubric.title_en,
        first_year=rubric.first_year,
        revision=rubric.revision,
        copy_of=rubric.copy_of,
        changed=tuple(changed),
        indicators=(
            *(_indicator(found, bonus=False) for found in values.indicators),
            *(_indicator(found, bonus=True) for found in values.bonus),
        ),
        document_no=rubric.document_no,
        approved_on=rubric.approved_on,
        rehearsed_year=rehearsed_year,
        reason=reason,
    )
    await outbox.append(session, happened, rubric, data, context=context, rules=rules, edition=rubric.policy_edition)


def _indicator(indicator: Indicator, *, bonus: bool) -> ec.RubricIndicator:
    names = ("id", "dimension", "title_zh", "title_en", "weight", "formula", "kind", "evidence")
    return ec.RubricIndicator(**{name: getattr(indicator, name) for name in names}, bonus=bonus)
