"""A provisional score put into words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING
from uuid import UUID

from pydantic import JsonValue

from services.evaluation.evaluations.record_counts import kinds_of
from services.evaluation.evaluations.scoring import line_of, number
from services.evaluation.provisional.levers import Gain
from services.evaluation.provisional.outlook import Outlook
from services.evaluation.provisional.schemas import (
    Bilingual,
    MissingItem,
    PointsToGain,
    ProvisionalDimension,
    ProvisionalIndicator,
    ProvisionalOut,
    ReportSoFar,
)
from services.evaluation.rubrics.rules import Line, round_score
from services.evaluation.rubrics.texts import READINGS, Said, formula_text
from shared.policy.edition import Edition
from shared.policy.rubric import Indicator

if TYPE_CHECKING:
    from services.evaluation.provisional.queries import Year

Filed = Mapping[str, Sequence[UUID]]
"""Documents given as evidence, by indicator."""


def show(
    found: Year, year: int, today: date, outlook: Outlook, reports: Sequence[ReportSoFar], filed: Filed
) -> ProvisionalOut:
    """The whole answer; numbers with two decimals where they are points."""
    edition = found.edition
    failing = [band for band in edition.rubric.bands if not band.failing]
    return ProvisionalOut(
        centre_id=found.subject.centre_id,
        centre_no=found.centre.no,
        centre_name=found.centre.name,
        year=year,
        as_of=today,
        edition=edition.id,
        rubric_id=found.rubric_id,
        evaluation_id=found.evaluation_id,
        tier=found.subject.tier,
        remote=outlook.facts.remote,
        hardship=outlook.facts.hardship,
        score=outlook.score.rounded,
        lowest=outlook.lowest.rounded,
        highest=outlook.highest.rounded,
        bonus=outlook.score.bonus,
        grade=outlook.grade.grade,
        grade_lowest=outlook.grade_lowest.grade,
        grade_highest=outlook.grade_highest.grade,
        would_pass=not outlook.grade_lowest.failing,
        may_be_excellent=outlook.may_be_excellent and not outlook.grade_highest.failing,
        pass_mark=f"{min((band.minimum for band in failing), default=edition.rubric.total.value):f}",
        decision=outlook.grade.decision.to_json(),
        dimensions=_dimensions(edition, outlook),
        indicators=[
            *(_indicator(line, outlook.lineage, bonus=False) for line in outlook.score.lines),
            *(_indicator(line, outlook.lineage, bonus=True) for line in outlook.score.bonus_lines),
        ],
        reports=list(reports),
        missing=_missing(edition, outlook, reports, filed),
        points_to_gain=[_gain(gain) for gain in outlook.gains],
    )


def _dimensions(edition: Edition, outlook: Outlook) -> list[ProvisionalDimension]:
    return [
        ProvisionalDimension(
            dimension=name,
            title_zh=dimension.title_zh,
            title_en=dimension.title_en,
            weight=f"{dimension.weight:f}",
            points=None if (points := outlook.score.dimensions[name]) is None else _points(points),
        )
        for name, dimension in edition.rubric.dimensions.items()
    ]


def _indicator(line: Line, lineage: Mapping[str, JsonValue], *, bonus: bool) -> ProvisionalIndicator:
    indicator, told = line.indicator, line_of(line)
    return ProvisionalIndicator.model_validate(
        {
            **{name: told[name] for name in ("indicator", "dimension", "weight", "formula", "applicable", "value")},
            **{name: told[name] for name in ("full_mark", "inputs", "fields", "sources", "clause")},
            "title_zh": indicator.title_zh,
            "title_en": indicator.title_en,
            "formula_text": _said(formula_text(indicator)),
            "calculation": calculation(line),
            "reading": None if line.measured.reading is None else _said(READINGS[line.measured.reading]),
            "records": {kind: lineage[kind] for kind in kinds_of(indicator) if kind in lineage},
            "points": _points(line.points),
            "lost": _points(Fraction(indicator.weight) - line.points) if line.applicable else "0.00",
            "evidence": indicator.evidence,
            "bonus": bonus,
        }
    )


def calculation(line: Line) -> str:
    """The formula of every score with this one's numbers in it; empty where nothing was due."""
    if line.measured.value is None:
        return ""
    weight, value, mark = f"{line.indicator.weight:f}", number(line.measured.value), number(line.full_mark)
    return f"{weight} × min(1, {value} ÷ {mark}) = {_points(line.points)}"


def _missing(edition: Edition, outlook: Outlook, reports: Sequence[ReportSoFar], filed: Filed) -> list[MissingItem]:
    titles = {indicator.id: indicator for indicator in edition.rubric.with_bonus}
    return [
        *(_missing_report(report) for report in reports if report.status != "accepted"),
        *(_missing_mark(titles[name]) for name in outlook.unmarked),
        *(_missing_evidence(found) for found in titles.values() if found.evidence and found.id not in filed),
    ]


def _missing_report(report: ReportSoFar) -> MissingItem:
    zh, en = _REPORTS[report.status]
    day = report.due_on.isoformat()
    text = Bilingual(
        zh=f"第{report.quarter}季度报表{zh}（应于 {day} 前报送）", en=f"Quarter {report.quarter}: {en} (due by {day})"
    )
    return MissingItem(kind="report", subject=str(report.quarter), text=text)


_REPORTS: Mapping[str, tuple[str, str]] = {
    "submitted": ("已报送，待审定", "submitted, not yet accepted"),
    "returned": ("被退回，请更正后重新报送", "returned; correct it and submit it again"),
    "draft": ("尚未报送", "not submitted"),
    "missing": ("未填报，已逾期", "missing and overdue"),
    "to_come": ("尚未到期", "not due yet"),
}


def _missing_mark(indicator: Indicator) -> MissingItem:
    text = Bilingual(
        zh=f"“{indicator.title_zh}”尚无专家评分：最低按 0 分、最高按满分计",
        en=f"{indicator.title_en}: no expert's mark yet; counted as 0 for the lowest and in full for the highest score",
    )
    return MissingItem(kind="expert_mark", subject=indicator.id, text=text)


def _missing_evidence(indicator: Indicator) -> MissingItem:
    text = Bilingual(
        zh=f"“{indicator.title_zh}”需要佐证材料，请上传",
        en=f"{indicator.title_en}: evidence is wanted; upload it",
    )
    return MissingItem(kind="evidence", subject=indicator.id, text=text)


def _gain(gain: Gain) -> PointsToGain:
    return PointsToGain(
        input=gain.lever.input,
        title=_said(gain.lever.title),
        unit=_said(gain.lever.unit),
        indicators=list(gain.indicators),
        next_unit=_points(gain.first),
        units=gain.units,
        points=_points(gain.most),
        per_unit=number(gain.per_unit),
    )


def _said(said: Said) -> Bilingual:
    return Bilingual(zh=said.zh, en=said.en)


def _points(value: Fraction) -> str:
    """Two decimals, half up; a loss keeps its sign."""
    return f"-{round_score(-value, 2)}" if value < 0 else str(round_score(value, 2))
