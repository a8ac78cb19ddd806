"""Checks in words, in both languages: what does not hold, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from services.evaluation.reports.checks import Checked, plain_number
from services.evaluation.reports.schemas import CheckOut
from services.evaluation.reports.wording import FAULTS, fault_of, messages, sums_of
from shared.policy.report_form import Relation, ReportForm

__all__ = ["FAULTS", "RECORDED_TO_EXPLAIN", "TO_EXPLAIN", "messages", "shown_checks", "sums_of"]

TO_EXPLAIN: Final[Mapping[Relation, str]] = {
    "equal": "report-kind-equal",
    "at_most": "report-kind-at-most",
    "only_with": "report-kind-only-with",
    "as_last": "report-kind-as-last",
    "steady": "report-kind-steady",
}
"""What a workbook calls the explanation of a warning."""
RECORDED_TO_EXPLAIN: Final = "report-kind-recorded"
"""And of a number that deviates from the registers."""


def shown_checks(form: ReportForm, found: Sequence[Checked], explanations: Mapping[str, str]) -> list[CheckOut]:
    """The checks that do not hold, errors first."""
    failed = sorted((one for one in found if not one.passed), key=lambda one: one.check.severity)
    return [_shown(form, one, explanations.get(one.id)) for one in failed]


def _shown(form: ReportForm, one: Checked, explanation: str | None) -> CheckOut:
    value, limit = str(plain_number(one.value)), str(plain_number(one.limit))
    zh, en = (fault_of(form, one.check, value, limit, language) for language in ("zh", "en"))
    return CheckOut(
        id=one.id,
        field=one.check.field,
        severity=one.check.severity,
        value=value,
        limit=limit,
        clause=one.check.clause,
        message_zh=zh.title,
        message_en=en.title,
        remedy_zh=zh.detail,
        remedy_en=en.detail,
        explanation=explanation,
    )
