"""What a printed score sheet says: every number with its formula, its clause and the records that it rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.evaluations.models import Evaluation, ScoreSheet
from services.evaluation.projections import known_centre
from services.evaluation.reports.models import QuarterlyReport, ReportRevision
from services.evaluation.rubrics.facts import (
    ACTIVITIES,
    CENTRE,
    CERTIFICATES,
    EXPERTS,
    MENTORS,
    REPORTS,
    SERVICES,
    STAFF,
    TENANCIES,
)
from services.evaluation.rubrics.models import RubricEdition
from services.evaluation.rubrics.pinning import pinned_edition
from services.evaluation.rubrics.rules import EXEMPT, NOT_GRADED, round_score
from services.evaluation.rubrics.texts import INPUTS, READINGS, formula_text
from shared.files.papers import written_date, written_or_blank
from shared.http.decisions import DecisionText
from shared.policy.edition import Edition, Editions

EVENTS_AT_MOST: Final = 20
"""Event ids of one kind that a paper prints; the score sheet itself has more."""

_SOURCES: Final = {
    REPORTS: "季度报表",
    TENANCIES: "备案与毕业退出记录",
    SERVICES: "服务记录",
    CENTRE: "中心登记信息",
    EXPERTS: "专家评分",
    MENTORS: "导师登记",
    STAFF: "服务人员登记",
    CERTIFICATES: "培训证书",
    ACTIVITIES: "经核实的活动",
}
_STATUS: Final = {"scored": "初步结果（未公布）", "published": "最终结果（已公布）"}
_OTHER_GRADES: Final = {EXEMPT: "免评", NOT_GRADED: "不定等次"}
_INPUTS_AT_MOST: Final = 12


async def sheet_facts(
    session: AsyncSession, editions: Editions, evaluation: Evaluation, sheet: ScoreSheet, decision: DecisionText | None
) -> dict[str, object]:
    """Everything that the template may name, as text."""
    edition = await pinned_edition(session, editions, sheet.edition, sheet.rubric_id, evaluation.year)
    named = select(known_centre.c.no, known_centre.c.name).where(known_centre.c.id == evaluation.centre_id)
    centre = (await session.execute(named)).one()
    bands = {band.id: band.title_zh for band in edition.rubric.bands} | _OTHER_GRADES
    return {
        "city": edition.city,
        "policy_title": edition.title_zh,
        "year": str(evaluation.year),
        "evaluation_no": evaluation.no,
        "centre_no": centre.no,
        "centre_name": centre.name,
        "operator_code": evaluation.operator_code,
        "tier": edition.tiers[evaluation.tier].title_zh,
        "status": _STATUS.get(evaluation.status, evaluation.status),
        "document_no": written_or_blank(evaluation.document_no),
        "published_on": written_date(evaluation.published_on),
        "as_of": written_date(sheet.as_of),
        "sheet_id": str(sheet.id),
        "rubric": await _rubric_title(session, edition, sheet.rubric_id),
        "score": "" if evaluation.score is None else f"{evaluation.score:.2f}",
        "exact": sheet.exact,
        "bonus": f"{sheet.bonus or Decimal(0):.2f}",
        "grade": bands.get(str(evaluation.grade), str(evaluation.grade)),
        "place": _place(evaluation),
        "rows": [_row(edition, line) for line in sheet.lines if isinstance(line, dict)],
        "dimensions": _dimensions(edition, sheet),
        "reasons": _reasons(decision),
        "lineage": await _lineage(session, edition, sheet.lineage),
    }


async def _rubric_title(session: AsyncSession, edition: Edition, rubric_id: UUID | None) -> str:
    if rubric_id is None:
        return f"《{edition.title_zh}》所附评价指标（第1版）"
    rubric = await session.get_one(RubricEdition, rubric_id)
    return f"{rubric.title_zh}（第{rubric.number}版，{rubric.document_no}）"


def _place(evaluation: Evaluation) -> str:
    if evaluation.place is None or evaluation.graded_in_tier is None:
        return "—"
    return f"同类 {evaluation.graded_in_tier} 家中第 {evaluation.place} 名"


def _row(edition: Edition, line: Mapping[str, JsonValue]) -> dict[str, str]:
    indicator = next((found for found in edition.rubric.with_bonus if found.id == line["indicator"]), None)
    dimension = edition.rubric.dimensions.get(str(line["dimension"]))
    applicable = bool(line["applicable"])
    inputs = line["inputs"] if isinstance(line["inputs"], dict) else {}
    sources = line["sources"] if isinstance(line["sources"], list) else []
    return {
        "dimension": str(line["dimension"]) if dimension is None else dimension.title_zh,
        "indicator": (str(line["indicator"]) if indicator is None else indicator.title_zh)
        + ("（加分项）" if line.get("bonus") else ""),
        "formula": "" if indicator is None else formula_text(indicator).zh,
        "inputs": "；".join(
            [*(_input(name, value) for name, value in list(inputs.items())[:_INPUTS_AT_MOST]), *_reading(line)]
        ),
        "weight": str(line["weight"]),
        "value": _number(line["value"]) if applicable else "不适用",
        "full_mark": _number(line["full_mark"]),
        "points": _number(line["points"]) if applicable else "权重分摊至其余指标",
        "clause": str(line["clause"]),
        "sources": "、".join(_SOURCES.get(str(source), str(source)) for source in sources),
    }


def _reading(line: Mapping[str, JsonValue]) -> list[str]:
    """How a limit for each enterprise was applied, if one was."""
    return [said.zh for name, said in READINGS.items() if name == line.get("reading")]


def _number(value: JsonValue) -> str:
    return "" if value is None else str(round_score(Fraction(str(value)), 2))


def _input(name: str, value: JsonValue) -> str:
    """An input by its name in words; whole numbers without decimals."""
    said = INPUTS.get(name)
    label = name if said is None else said.zh
    if value is None:
        return f"{label}：无"
    exact = Fraction(str(value))
    return f"{label}：{exact.numerator if exact.denominator == 1 else round_score(exact, 2)}"


def _dimensions(edition: Edition, sheet: ScoreSheet) -> list[dict[str, str]]:
    return [
        {
            "title": dimension.title_zh,
            "weight": f"{dimension.weight:f}",
            "points": "不适用" if (points := sheet.dimensions.get(name)) is None else _number(points),
        }
        for name, dimension in edition.rubric.dimensions.items()
    ]


def _reasons(decision: DecisionText | None) -> list[dict[str, str]]:
    results = [] if decision is None else decision.results
    return [{"clause": found.clause, "text": found.text or found.message} for found in results]


async def _lineage(session: AsyncSession, edition: Edition, lineage: Mapping[str, JsonValue]) -> list[dict[str, str]]:
    """One line a kind of record: what it is, and which."""
    shown = [{"kind": "季度报表版本", "records": await _reports(session, _texts(lineage.get("report_revisions")))}]
    shown.append({"kind": "退回更正", "records": await _returns(session, _texts(lineage.get("report_returns")))})
    for key, title in (
        ("tenancy_events", "备案、毕业、退出事件"),
        ("service_records", "企业确认的服务记录"),
        ("activity_records", "经核实的活动"),
        ("mentor_records", "在聘导师"),
        ("staff_records", "专职服务人员"),
        ("certificate_records", "培训证书"),
        ("centre_events", "中心登记事件"),
        ("expert_scores", "专家评分记录"),
        ("vetoes", "一票否决记录"),
    ):
        shown.append({"kind": title, "records": _listed(_texts(lineage.get(key)), lineage.get(f"{key}_total"))})
    titles = {indicator.id: indicator.title_zh for indicator in edition.rubric.with_bonus}
    evidence = lineage.get("evidence")
    for indicator, documents in (evidence if isinstance(evidence, dict) else {}).items():
        shown.append(
            {"kind": f"佐证材料：{titles.get(indicator, indicator)}", "records": _listed(_texts(documents), None)}
        )
    return [line for line in shown if line["records"]]


def _texts(value: JsonValue | None) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []


def _listed(records: Sequence[str], total: JsonValue | None) -> str:
    count = int(str(total)) if total is not None else len(records)
    named = "；".join(records[:EVENTS_AT_MOST])
    return named if count <= EVENTS_AT_MOST else f"{named} 等，共 {count} 条，全部编号见系统评分记录"


async def _reports(session: AsyncSession, revisions: Sequence[str]) -> str:
    query = (
        select(QuarterlyReport.no, QuarterlyReport.quarter, ReportRevision.revision)
        .join(ReportRevision, ReportRevision.report_id == QuarterlyReport.id)
        .where(ReportRevision.id.in_([UUID(revision) for revision in revisions]))
        .order_by(QuarterlyReport.quarter)
    )
    rows = (await session.execute(query)).all()
    return "；".join(f"{row.no} 第{row.quarter}季度 第{row.revision}版" for row in rows)


async def _returns(session: AsyncSession, returned: Sequence[str]) -> str:
    """Reports sent back, `<report>:<version>`, by their numbers; one that is not there any more as it is cited."""
    cited = [tuple(one.split(":", 1)) for one in returned]
    query = select(QuarterlyReport.id, QuarterlyReport.no, QuarterlyReport.quarter).where(
        QuarterlyReport.id.in_([UUID(report) for report, _ in cited])
    )
    known = {str(row.id): f"{row.no} 第{row.quarter}季度" for row in await session.execute(query)}
    return "；".join(f"{known.get(report, report)} 第{version}版" for report, version in cited)
