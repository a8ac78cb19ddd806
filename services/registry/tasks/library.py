"""What waits in the project library and on the graduate platform (4.8-3, 4.8-4)."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import exists, null, select

from services.registry.graduate_platform import rules as platform
from services.registry.graduate_platform.models import PlatformService
from services.registry.graduate_platform.queries import party_scope, write_scope
from services.registry.project_library import rules
from services.registry.project_library.models import LibraryClaim, LibraryItem, LibraryRound
from services.registry.project_library.queries import (
    EDITORS,
    LIBRARIANS,
    answer_scope,
    author_scope,
    follow_scope,
)
from services.registry.tasks.cases import by_others
from shared.auth.roles import CENTRE_OPERATOR, ENTERPRISE, FOUNDER, MENTOR
from shared.tasks import Asked, Statement, TaskSource, rows

AHEAD: Final = timedelta(days=14)
"""How long before its day a follow-up is shown to who owes it."""


def _to_check(asked: Asked) -> Statement:
    item = LibraryItem
    return select(item.id, item.id, item.no, item.submitted_on, null()).where(
        item.status.in_(rules.CHECKABLE), by_others(asked, item.drafted_by, item.submitted_by)
    )


def _returned(asked: Asked) -> Statement:
    """To those who wrote it; an officer sees what officers' hands are on in its list."""
    item = LibraryItem
    return select(item.id, item.id, item.no, null(), null()).where(
        item.status.in_(rules.EDITABLE), item.reason_code.is_not(None), author_scope(asked.principal)
    )


def _to_publish(asked: Asked) -> Statement:
    """Checked, and in no round that is still to come."""
    item, planned = LibraryItem, LibraryRound
    waits = exists().where(planned.id == item.round_id, planned.status == rules.PLANNED)
    return select(item.id, item.id, item.no, item.checked_on, null()).where(
        item.status == rules.CHECKED, ~waits, by_others(asked, item.drafted_by, item.submitted_by)
    )


def _rounds(asked: Asked) -> Statement:
    """Whose day has come, and that hold something another than the caller drafted."""
    item, planned = LibraryItem, LibraryRound
    ready = [item.round_id == planned.id, item.status.in_(rules.PUBLISHABLE)]
    own = exists().where(*ready, ~by_others(asked, item.drafted_by, item.submitted_by))
    return select(planned.id, planned.id, planned.no, null(), planned.publishes_on).where(
        planned.status == rules.PLANNED, planned.publishes_on <= asked.today, exists().where(*ready), ~own
    )


def _requests(asked: Asked) -> Statement:
    claim = LibraryClaim
    return select(claim.id, claim.id, claim.no, claim.requested_on, null()).where(
        claim.status.in_(rules.ANSWERABLE), answer_scope(asked.principal), by_others(asked, claim.requested_by)
    )


def _follow_ups(asked: Asked) -> Statement:
    """By the day on which the next one is due."""
    claim = LibraryClaim
    return select(claim.id, claim.id, claim.no, claim.last_follow_up_on, claim.next_due_on).where(
        claim.status.in_(rules.CURRENT), claim.next_due_on <= asked.today + AHEAD, follow_scope(asked.principal)
    )


def _to_confirm(asked: Asked) -> Statement:
    record = PlatformService
    return select(record.id, record.id, record.no, record.started_on, null()).where(
        record.status.in_(platform.ANSWERABLE), party_scope(asked.principal), by_others(asked, record.recorded_by)
    )


def _contested(asked: Asked) -> Statement:
    record = PlatformService
    return select(record.id, record.id, record.no, record.answered_on, null()).where(
        record.status == platform.CONTESTED, write_scope(asked.principal)
    )


_ITEM: Final = "/v1/project-library/{id}"
_CLAIM: Final = "/v1/library-claims/{id}"
_STAGE: Final = "/v1/graduate-platform/{id}"

SOURCES: Final = (
    TaskSource.of("library_item_to_check", EDITORS, _ITEM, rows(_to_check), message="task-library-item-to-check"),
    TaskSource.of(
        "library_item_returned",
        (FOUNDER, CENTRE_OPERATOR),
        _ITEM,
        rows(_returned),
        message="task-library-item-returned",
    ),
    TaskSource.of("library_item_to_publish", EDITORS, _ITEM, rows(_to_publish), message="task-library-item-to-publish"),
    TaskSource.of(
        "library_round_due", EDITORS, "/v1/library-rounds/{id}", rows(_rounds), message="task-library-round-due"
    ),
    TaskSource.of(
        "library_claim_to_answer",
        (FOUNDER, *LIBRARIANS),
        _CLAIM,
        rows(_requests),
        message="task-library-claim-to-answer",
    ),
    TaskSource.of(
        "library_follow_up_due",
        (CENTRE_OPERATOR, MENTOR, *LIBRARIANS),
        "/v1/library-claims/{id}/follow-ups",
        rows(_follow_ups),
        message="task-library-follow-up-due",
    ),
    TaskSource.of(
        "platform_stage_to_confirm",
        (ENTERPRISE, FOUNDER),
        _STAGE,
        rows(_to_confirm),
        message="task-platform-stage-to-confirm",
    ),
    TaskSource.of(
        "platform_stage_contested",
        (CENTRE_OPERATOR, *LIBRARIANS),
        _STAGE,
        rows(_contested),
        message="task-platform-stage-contested",
    ),
)
