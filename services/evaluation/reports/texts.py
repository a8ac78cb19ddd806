"""Checks in words, in both languages: what does not hold, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from services.evaluation.reports.checks import Checked, plain_number
from services.evaluation.reports.schemas import CheckOut
from shared.http.messages import Language, Messages
from shared.policy.report_form import CENTRE_AREA, FormCheck, Relation, ReportForm

MESSAGES: Final = Path(__file__).parent.parent / "messages.toml"
_AREA: Final[Mapping[Language, str]] = {"zh": "登记的总面积", "en": "the total area on record"}
_SIGNS: Final = (" + ", " − ")


FAULTS: Final[Mapping[Relation, str]] = {
    "equal": "report-check-equal",
    "at_most": "report-check-at-most",
    "only_with": "report-check-only-with",
    "as_last": "report-check-as-last",
    "steady": "report-check-steady",
}
"""What a check says that does not hold."""

TO_EXPLAIN: Final[Mapping[Relation, str]] = {
    "equal": "report-kind-equal",
    "at_most": "report-kind-at-most",
    "only_with": "report-kind-only-with",
    "as_last": "report-kind-as-last",
    "steady": "report-kind-steady",
}
"""What a workbook calls the explanation of a warning."""


@cache
def messages() -> Messages:
    """The service's texts."""
    return Messages.load(MESSAGES)


def shown_checks(form: ReportForm, found: Sequence[Checked], explanations: Mapping[str, str]) -> list[CheckOut]:
    """The checks that do not hold, errors first."""
    failed = sorted((one for one in found if not one.passed), key=lambda one: one.check.severity)
    return [_shown(form, one, explanations.get(one.id)) for one in failed]


def _shown(form: ReportForm, one: Checked, explanation: str | None) -> CheckOut:
    zh, en = (
        messages().text(FAULTS[one.check.relation], language, _params(form, one, language)) for language in ("zh", "en")
    )
    return CheckOut(
        id=one.id,
        field=one.check.field,
        severity=one.check.severity,
        value=str(plain_number(one.value)),
        limit=str(plain_number(one.limit)),
        clause=one.check.clause,
        message_zh=zh.title,
        message_en=en.title,
        remedy_zh=zh.detail,
        remedy_en=en.detail,
        explanation=explanation,
    )


def _params(form: ReportForm, one: Checked, language: Language) -> dict[str, object]:
    compared = {"value": str(plain_number(one.value)), "limit": str(plain_number(one.limit))}
    return {**sums_of(form, one.check, language), **compared}


def sums_of(form: ReportForm, check: FormCheck, language: Language) -> dict[str, object]:
    """What a check compares, by the names of its fields."""
    return {
        "left": _sum(form, check.left, language),
        "right": _sum(form, check.right, language),
        "percent": "" if check.percent is None else f"{check.percent:f}",
        "beyond": "" if check.beyond is None else f"{check.beyond:f}",
    }


def _sum(form: ReportForm, terms: Sequence[str], language: Language) -> str:
    plus, minus = _SIGNS
    text = ""
    for term in terms:
        sign = minus if term.startswith("-") else plus
        text += (sign if text else "") + title_of(form, term.removeprefix("-"), language)
    return text


def title_of(form: ReportForm, name: str, language: Language) -> str:
    """A field as people know it."""
    if name == CENTRE_AREA:
        return _AREA[language]
    field = form.fields[name]
    return f"“{field.title_zh}”" if language == "zh" else f"“{field.title_en}”"
