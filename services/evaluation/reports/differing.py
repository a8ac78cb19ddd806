"""Where a report says something else than the registry, in words, with what an evaluation goes by; and where it has to
say why."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.reports.form import Values
from services.evaluation.reports.models import QuarterlyReport
from services.evaluation.reports.prefill import Difference, differences, prefilled
from services.evaluation.reports.record_prefill import RECORDED, recorded
from services.evaluation.reports.rules import first_day, last_day
from services.evaluation.reports.schemas import DifferenceOut
from services.evaluation.rubrics.catalogue import CATALOGUE
from services.evaluation.rubrics.counting import from_records
from services.evaluation.rubrics.pinning import edition_of_year
from shared.http.messages import Language
from shared.policy.edition import Edition
from shared.policy.rubric import Rubric


async def differing(
    session: AsyncSession,
    edition: Edition,
    report: QuarterlyReport,
    values: Values,
    registry: Values,
    explanations: Mapping[str, str],
) -> list[DifferenceOut]:
    """2.3-2: a warning each: whichever side is wrong is corrected where it is kept. Numbers that records stand behind
    which somebody else confirmed need a reason to be others."""
    found = differences(values, registry)
    if not found:
        return []
    counted = fields_from_records((await edition_of_year(session, edition, report.year)).rubric)
    return [_shown(edition, one, explanations.get(one.field), records=one.field in counted) for one in found]


async def recorded_of(session: AsyncSession, edition: Edition, report: QuarterlyReport) -> dict[str, JsonValue]:
    """What the registers of mentors, training and activities say of the report's fields."""
    first, last = first_day(report.year, report.quarter), last_day(report.year, report.quarter)
    known = await recorded(session, [report.centre_id], first, last)
    return prefilled(edition.report_form, report.form_version, known[report.centre_id])


def deviating(
    edition: Edition, values: Values, recorded: Values, explanations: Mapping[str, str]
) -> dict[str, Mapping[Language, str]]:
    """Fields that say something else than these registers and do not say why, in words."""
    found = differences(values, recorded)
    return {one.field: _apart(edition, one) for one in found if not explanations.get(one.field)}


def fields_from_records(rubric: Rubric) -> frozenset[str]:
    """Fields of the form that stand beside what the rubric counts from records."""
    counted = (indicator for indicator in rubric.with_bonus if from_records(indicator))
    return frozenset(field for indicator in counted for field in CATALOGUE[indicator.formula].fields)


def _shown(edition: Edition, one: Difference, explanation: str | None, *, records: bool) -> DifferenceOut:
    field = edition.report_form.fields[one.field]
    needs_reason = field.registry in RECORDED
    apart = _apart(edition, one)
    return DifferenceOut(
        field=one.field,
        title_zh=field.title_zh,
        title_en=field.title_en,
        entered=one.entered,
        registry=one.registry,
        difference=one.by,
        counted_from="records" if records else "form",
        needs_reason=needs_reason,
        explanation=explanation,
        warning_zh=apart["zh"]
        + "；"
        + ("评价以登记系统经确认的记录为准，请核对并补全记录" if records else "请核对，两处以实际为准")
        + ("；仍不一致的，报送前说明原因" if needs_reason else ""),
        warning_en=apart["en"]
        + "; "
        + (
            "evaluations go by the registry's confirmed records: check them and enter what is missing"
            if records
            else "check both against what is true"
        )
        + ("; where they still differ, say why before submitting" if needs_reason else ""),
    )


def _apart(edition: Edition, one: Difference) -> dict[Language, str]:
    field, levels = edition.report_form.fields[one.field], edition.activities.levels
    by_zh = _more(one.by, {name: level.title_zh for name, level in levels.items()}, "、")
    by_en = _more(one.by, {name: level.title_en for name, level in levels.items()}, ", ")
    return {
        "zh": f"{field.title_zh}：报表与登记系统相差 {by_zh}",
        "en": f"{field.title_en}: the report and the registry differ by {by_en}",
    }


def _more(by: JsonValue, levels: Mapping[str, str], between: str) -> str:
    """With its sign; by level where there are levels."""
    if isinstance(by, dict):
        return between.join(f"{levels.get(level, level)} {_signed(more)}" for level, more in by.items())
    return _signed(by)


def _signed(more: JsonValue) -> str:
    text = str(more)
    return text if text.startswith("-") else f"+{text}"
