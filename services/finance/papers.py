"""Document number (发文字号) and minutes (会议纪要) of money decisions beside grants, kept with the decision."""

from __future__ import annotations

from typing import Protocol

from shared.policy.decision import Decision
from shared.policy.edition import Edition
from shared.refusals import require_passed


class Papered(Protocol):
    """What is sent with a money decision."""

    @property
    def document_no(self) -> str | None: ...
    @property
    def minutes_no(self) -> str | None: ...


def decide_papers(
    edition: Edition, step: str, *, clause: str, document_no: str | None, minutes_no: str | None
) -> Decision:
    """3.1-4 and the clause of the programme: document number and minutes, where the edition requires them. `step` is
    one of `shared.policy.money_decisions.STEPS`."""
    required, message = edition.money_decisions, "rule-met"
    if document_no is None and step in required.document_no_required_at.value:
        message = "decision-document-no-missing"
    elif minutes_no is None and step in required.minutes_required_at.value:
        message = "decision-minutes-missing"
    inputs = {"step": step, "document_no": document_no, "minutes_no": minutes_no}
    result = edition.result("money_decisions.papers", message == "rule-met", inputs, message=message, clause=clause)
    return edition.decision(result)


def require_papers(
    edition: Edition, step: str, sent: Papered, *, clause: str, document_no: str | None = None
) -> Decision:
    """The papers of a decision, to be combined with the rules that it is kept with; `document_no` is the one that the
    case names already. Raises 409 `decision-document-no-missing`, `decision-minutes-missing`."""
    named = sent.document_no or document_no
    return require_passed(decide_papers(edition, step, clause=clause, document_no=named, minutes_no=sent.minutes_no))
