"""Where a report says something else than the registry, put into words, with what an evaluation goes by."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.reports.form import Values
from services.evaluation.reports.prefill import Difference, differences
from services.evaluation.reports.schemas import DifferenceOut
from services.evaluation.rubrics.catalogue import CATALOGUE
from services.evaluation.rubrics.counting import from_records
from services.evaluation.rubrics.pinning import edition_of_year
from shared.policy.edition import Edition
from shared.policy.rubric import Rubric


async def differing(
    session: AsyncSession, edition: Edition, year: int, values: Values, registry: Values
) -> list[DifferenceOut]:
    """2.3-2: a warning each, which holds nothing up: whichever side is wrong is corrected where it is kept."""
    found = differences(values, registry)
    if not found:
        return []
    recorded = fields_from_records((await edition_of_year(session, edition, year)).rubric)
    return [_shown(edition, one, records=one.field in recorded) for one in found]


def fields_from_records(rubric: Rubric) -> frozenset[str]:
    """Fields of the form that stand beside what the rubric counts from records."""
    counted = (indicator for indicator in rubric.with_bonus if from_records(indicator))
    return frozenset(field for indicator in counted for field in CATALOGUE[indicator.formula].fields)


def _shown(edition: Edition, one: Difference, *, records: bool) -> DifferenceOut:
    field = edition.report_form.fields[one.field]
    levels = edition.activities.levels
    by_zh = _more(one.by, {name: level.title_zh for name, level in levels.items()}, "、")
    by_en = _more(one.by, {name: level.title_en for name, level in levels.items()}, ", ")
    return DifferenceOut(
        field=one.field,
        title_zh=field.title_zh,
        title_en=field.title_en,
        entered=one.entered,
        registry=one.registry,
        difference=one.by,
        counted_from="records" if records else "form",
        warning_zh=f"{field.title_zh}：报表与登记系统相差 {by_zh}；"
        + ("评价以登记系统经确认的记录为准，请核对并补全记录" if records else "请核对，两处以实际为准"),
        warning_en=f"{field.title_en}: the report and the registry differ by {by_en}; "
        + (
            "evaluations go by the registry's confirmed records: check them and enter what is missing"
            if records
            else "check both against what is true"
        ),
    )


def _more(by: JsonValue, levels: Mapping[str, str], between: str) -> str:
    """With its sign; by level where there are levels."""
    if isinstance(by, dict):
        return between.join(f"{levels.get(level, level)} {_signed(more)}" for level, more in by.items())
    return _signed(by)


def _signed(more: JsonValue) -> str:
    text = str(more)
    return text if text.startswith("-") else f"+{text}"
