"""What a circular and its corrections say, as text: centres, results, what follows, clauses (2.3-3 to 2.3-5)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from services.evaluation.circulars.models import Circular, CircularCorrection
from services.evaluation.circulars.schemas import CorrectionOut, LineOut
from services.evaluation.delistings.papers.facts import bureaus
from shared.files.papers import written_date
from shared.policy.edition import Edition

_RULES: Final = ("evaluation.band", "evaluation.circular", "delisting.consecutive_failures")


def circular_facts(
    edition: Edition, circular: Circular, lines: Sequence[LineOut], corrections: Sequence[CorrectionOut]
) -> dict[str, object]:
    """Everything that the template of the circular may name."""
    return {
        **_heading(edition, circular),
        "count": len(lines),
        "rows": [_row(number, line) for number, line in enumerate(lines, 1)],
        "term_days": edition.rectification.term_days.value,
        "corrections": [_correction(one, lines) for one in corrections],
    }


def correction_facts(
    edition: Edition, circular: Circular, correction: CircularCorrection, line: LineOut
) -> dict[str, object]:
    """Everything that the template of a correction may name."""
    return {
        **_heading(edition, circular),
        "correction_no": correction.no,
        "corrected_on": written_date(correction.corrected_on),
        "issuer": correction.issuer,
        "annulment_no": correction.document_no,
        "centre_no": line.centre_no,
        "centre_name": line.centre_name,
        "operator_name": line.operator_name,
    }


def _heading(edition: Edition, circular: Circular) -> dict[str, object]:
    clauses = dict.fromkeys(edition.rule(rule).clause for rule in _RULES)
    return {
        "city": edition.city,
        "policy_title": edition.title_zh,
        "bureaus": bureaus(edition, circular.issued_on),
        "document_no": circular.document_no,
        "issued_on": written_date(circular.issued_on),
        "year": str(circular.year),
        "clauses": [{"id": clause, "title": edition.clauses[clause].title_zh} for clause in clauses],
    }


def _row(number: int, line: LineOut) -> dict[str, str]:
    return {
        "number": str(number),
        "centre": f"{line.centre_name}（{line.centre_no}）",
        "operator": line.operator_name,
        "evaluation_no": line.evaluation_no,
        "score": "—" if line.score is None else f"{line.score:.2f}",
        "consecutive": str(line.consecutive_fails),
        "measure": _measure(line),
        "corrected": "" if line.corrected_on is None else f"{written_date(line.corrected_on)}更正，见文末",
    }


def _measure(line: LineOut) -> str:
    if line.delisting_case_id is not None:
        return f"连续不合格，予以摘牌（{line.case_no or '另行公布'}）"
    return "责令限期整改" if line.order_no is None else f"责令限期整改（{line.order_no}）"


def _correction(correction: CorrectionOut, lines: Sequence[LineOut]) -> dict[str, str]:
    name = next((line.centre_name for line in lines if line.evaluation_id == correction.evaluation_id), "")
    return {
        "no": correction.no,
        "centre": name,
        "on": written_date(correction.corrected_on),
        "issuer": correction.issuer,
        "document_no": correction.document_no,
    }
