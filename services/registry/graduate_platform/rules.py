"""Whom the platform serves, and how a product's stages go forward (4.8-3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from shared.policy.decision import Decision, RuleInput
from shared.policy.edition import Edition
from shared.policy.library import PlatformStage

TRIAL: Final = "trial"
CONVERSION: Final = "conversion"
CHANNEL: Final = "channel"
STAGES: Final = (TRIAL, CONVERSION, CHANNEL)
"""In their order."""

RECORDED: Final = "recorded"
CONFIRMED: Final = "confirmed"
CONTESTED: Final = "contested"
CORRECTED: Final = "corrected"
STATUSES: Final = (RECORDED, CONFIRMED, CONTESTED, CORRECTED)
ANSWERABLE: Final = (RECORDED,)
CORRECTABLE: Final = (RECORDED, CONFIRMED, CONTESTED)


@dataclass(frozen=True, slots=True)
class Step:
    """A record of the same product that is not corrected."""

    stage: str
    started_on: date
    confirmed: bool


def stage_of(edition: Edition, stage: str) -> PlatformStage:
    """What the edition says of the stage."""
    platform = edition.project_library.platform
    return {TRIAL: platform.trial, CONVERSION: platform.conversion, CHANNEL: platform.channel}[stage]


def decide_graduate(edition: Edition, *, graduate: bool) -> Decision:
    """4.8-3: the platform is for the projects and enterprises of graduates."""
    return edition.decision(
        edition.result(
            "platform.graduate",
            graduate,
            {"graduate": graduate},
            message="platform-for-a-graduate" if graduate else "platform-for-no-graduate",
        )
    )


def decide_forward(edition: Edition, stage: str, started_on: date, line: Sequence[Step]) -> Decision:
    """4.8-3: a conversion follows a confirmed trial of the product, a channel a confirmed conversion, none of them
    earlier than the stage before it nor later than the one after it."""
    place = STAGES.index(stage)
    before = [step for step in line if place and step.stage == STAGES[place - 1] and step.confirmed]
    after = [step for step in line if step.stage in STAGES[place + 1 :]]
    since = min((step.started_on for step in before), default=None)
    until = min((step.started_on for step in after), default=None)
    message = "platform-stage-in-order"
    if place and since is None:
        message = "platform-stage-before-missing"
    elif since is not None and started_on < since:
        message = "platform-stage-too-early"
    elif until is not None and started_on > until:
        message = "platform-stage-too-late"
    inputs: dict[str, RuleInput] = {
        "stage": stage,
        "started_on": started_on,
        "stage_before": STAGES[place - 1] if place else None,
        "since": since,
        "until": until,
    }
    passed = message == "platform-stage-in-order"
    return edition.decision(edition.result("platform.forward", passed, inputs, message=message))


def decide_evidence(edition: Edition, stage: str, document_no: str | None, amount: Decimal | None) -> Decision:
    """4.8-3: each stage is shown by its contract or report, and by the contract's amount where the edition asks for
    it."""
    priced = amount is not None or not stage_of(edition, stage).amount_required.value
    message = "platform-stage-proven"
    if document_no is None:
        message = "platform-document-missing"
    elif not priced:
        message = "platform-amount-missing"
    return edition.decision(
        edition.result(
            "platform.evidence",
            document_no is not None and priced,
            {"stage": stage, "document_no": document_no, "amount": amount},
            message=message,
        )
    )
