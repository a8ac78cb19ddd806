"""What a failed centre is asked to put right, proposed from its score sheet and its vetoes (2.3-4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.evaluations.models import Evaluation, ScoreSheet
from services.evaluation.rectifications.models import RectificationItem
from services.evaluation.rubrics.pinning import pinned_edition
from services.evaluation.rubrics.texts import formula_text
from shared.policy.edition import Editions
from shared.policy.rubric import Rubric

MOST_ITEMS: Final = 50


@dataclass(frozen=True, slots=True)
class Proposed:
    """An item as the order begins with it, in Chinese like the order; an officer may change it before service."""

    indicator: str | None
    finding: str
    requirement: str


def propose(
    rubric: Rubric, lines: Sequence[Mapping[str, JsonValue]], vetoes: Sequence[str], score: str
) -> list[Proposed]:
    """2.3-4: the vetoes that made the year a fail, and each indicator that reaches a smaller share of its full mark
    than a pass needs of all marks. A centre that failed by its score has at least one of these, for a mean below the
    limit has a part below it."""
    items = [Proposed(None, f"一票否决：{title}", _VETO) for title in _vetoed(rubric, vetoes)]
    items += [item for line in lines if (item := _short(rubric, line)) is not None]
    if not items:
        items = [Proposed(None, f"年度评价得分{score}分，评价结果不合格", "对照评价指标自查并制定整改方案，逐项落实")]
    return items[:MOST_ITEMS]


_VETO: Final = "查清原因、纠正有关行为，建立防止再次发生的制度并提交证明材料"


def _vetoed(rubric: Rubric, vetoes: Iterable[str]) -> list[str]:
    found = set(vetoes)
    return [veto.title_zh for code, veto in rubric.vetoes.items() if code in found]


def _short(rubric: Rubric, line: Mapping[str, JsonValue]) -> Proposed | None:
    """The indicator's item if it falls short; a bonus is nobody's duty."""
    if line.get("bonus") or not line["applicable"]:
        return None
    full, value = Fraction(str(line["full_mark"])), Fraction(str(line["value"] or 0))
    if full <= 0 or value / full >= pass_share(rubric):
        return None
    name = str(line["indicator"])
    indicator = next((one for one in rubric.indicators if one.id == name), None)
    title = name if indicator is None else indicator.title_zh
    meant = "" if indicator is None else f"（{formula_text(indicator).zh}）"
    finding = f"“{title}”{meant}：实际{_shown(value)}，满分标准{_shown(full)}"
    return Proposed(name, finding, f"采取措施使“{title}”不低于{_shown(full * pass_share(rubric))}，并提交证明材料")


def pass_share(rubric: Rubric) -> Fraction:
    """The lowest score that is no fail, as a share of all marks."""
    passing = [Fraction(band.minimum) for band in rubric.bands if not band.failing]
    return min(passing) / sum((Fraction(one.weight) for one in rubric.indicators), Fraction(0))


def _shown(value: Fraction) -> str:
    """At most two places, rounded half up."""
    hundredths = (200 * value.numerator + value.denominator) // (2 * value.denominator)
    return f"{hundredths // 100}.{hundredths % 100:02d}".rstrip("0").rstrip(".")


async def proposed_items(
    session: AsyncSession, editions: Editions, evaluation: Evaluation, order_id: UUID
) -> list[RectificationItem]:
    """The first items of a centre's order, read by the rubric that it was scored by."""
    sheet = None if evaluation.sheet_id is None else await session.get(ScoreSheet, evaluation.sheet_id)
    rubric_id = None if sheet is None else sheet.rubric_id
    edition = await pinned_edition(session, editions, evaluation.edition, rubric_id, evaluation.year)
    lines = [] if sheet is None else [line for line in sheet.lines if isinstance(line, dict)]
    score = "—" if evaluation.score is None else f"{evaluation.score:.2f}"
    proposed = propose(edition.rubric, lines, _applied_vetoes(evaluation), score)
    return [
        RectificationItem(
            rectification_id=order_id,
            ordinal=ordinal,
            indicator=item.indicator,
            finding=item.finding,
            requirement=item.requirement,
            status="open",
        )
        for ordinal, item in enumerate(proposed, 1)
    ]


def _applied_vetoes(evaluation: Evaluation) -> list[str]:
    """Those that the grade's own decision names."""
    results = (evaluation.decision or {}).get("results")
    found: list[str] = []
    for result in results if isinstance(results, list) else []:
        if isinstance(result, dict) and result.get("rule") == "evaluation.veto" and not result.get("passed"):
            inputs = result.get("inputs")
            found += [str(inputs["veto"])] if isinstance(inputs, dict) and "veto" in inputs else []
    return found


async def items_of(session: AsyncSession, orders: Iterable[UUID]) -> dict[UUID, list[RectificationItem]]:
    """The items of orders, in their order."""
    wanted = list(orders)
    query = select(RectificationItem).where(RectificationItem.rectification_id.in_(wanted))
    found: dict[UUID, list[RectificationItem]] = {order: [] for order in wanted}
    ordered = query.order_by(RectificationItem.rectification_id, RectificationItem.ordinal)
    for item in await session.scalars(ordered):
        found[item.rectification_id].append(item)
    return found
