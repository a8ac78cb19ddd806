"""What waits for people on financing rewards."""

from __future__ import annotations

from typing import Final

from sqlalchemy import ColumnElement, and_, null, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute

from services.finance.financing_rewards import states
from services.finance.financing_rewards.models import FinancingReward as Reward
from services.finance.financing_rewards.states import KIND
from services.finance.notices.tasks import unanswered_objections
from services.finance.projections import LISTED, known_centre
from shared.auth import roles as r
from shared.tasks import Asked, Statement, TaskSource, rows

Hand = InstrumentedAttribute[str] | InstrumentedAttribute[str | None]
HANDS: Final = (
    Reward.applied_by,
    Reward.reviewed_by,
    Reward.approved_by,
    Reward.second_approved_by,
    Reward.countersigned_by,
)


def _by_others(asked: Asked, *hands: Hand) -> ColumnElement[bool]:
    """3.3-2: none of these steps was the caller's."""
    return and_(true(), *(hand.is_distinct_from(asked.principal.account_id) for hand in hands))


def _to_review(asked: Asked) -> Statement:
    return select(Reward.id, Reward.id, Reward.no, Reward.applied_on, null()).where(
        Reward.status == states.APPLIED, _by_others(asked, *HANDS)
    )


def _to_answer(asked: Asked) -> Statement:
    """3.3-2: before the day on which the reward may be approved."""
    return unanswered_objections(asked, KIND, Reward.id, Reward.no, Reward.status == states.REVIEWED)


def _to_approve(asked: Asked) -> Statement:
    return select(Reward.id, Reward.id, Reward.no, Reward.reviewed_on, null()).where(
        Reward.status == states.REVIEWED, _by_others(asked, *HANDS)
    )


def _second(asked: Asked) -> Statement:
    """3.3-2, 原则上: exceptions that one person has approved."""
    missing = Reward.exception_reason.is_not(None) & Reward.second_approved_by.is_(None)
    return select(Reward.id, Reward.id, Reward.no, Reward.approved_on, null()).where(
        Reward.status == states.APPROVED, missing, _by_others(asked, *HANDS)
    )


def _to_pay(asked: Asked) -> Statement:
    """Into listed centres only, and once an exception has its second signature."""
    listed = select(known_centre.c.id).where(
        known_centre.c.status == LISTED, known_centre.c.delisting_case_id.is_(None)
    )
    signed = or_(Reward.exception_reason.is_(None), Reward.second_approved_by.is_not(None))
    return select(Reward.id, Reward.id, Reward.no, Reward.approved_on, null()).where(
        Reward.status == states.APPROVED, signed, Reward.centre_id.in_(listed), _by_others(asked, *HANDS)
    )


def _to_recheck(asked: Asked) -> Statement:
    return select(Reward.id, Reward.id, Reward.no, Reward.paid_on, Reward.recheck_due_on).where(
        Reward.status == states.PAID, Reward.recheck_due_on <= asked.today
    )


def _to_confirm(asked: Asked) -> Statement:
    return select(Reward.id, Reward.id, Reward.no, Reward.rechecked_on, null()).where(
        Reward.status == states.RECHECKED, _by_others(asked, Reward.rechecked_by)
    )


def _to_recover(asked: Asked) -> Statement:
    return select(Reward.id, Reward.id, Reward.no, Reward.rechecked_on, null()).where(
        Reward.status == states.IN_RECOVERY, _by_others(asked, Reward.rechecked_by, Reward.recheck_confirmed_by)
    )


_LINK: Final = "/v1/financing-rewards/{id}"
_OFFICER: Final = (r.FINANCE_OFFICER,)
_APPROVER: Final = (r.FINANCE_APPROVER,)
_TREASURY: Final = (r.TREASURY_OFFICER, r.TREASURY_APPROVER)

SOURCES: Final = (
    TaskSource.of("reward_to_review", _OFFICER, _LINK, rows(_to_review), message="task-reward-to-review"),
    TaskSource.of(
        "reward_objection_to_answer",
        _OFFICER,
        f"{_LINK}/notice/objections",
        rows(_to_answer),
        message="task-reward-objection-to-answer",
    ),
    TaskSource.of("reward_to_approve", _APPROVER, _LINK, rows(_to_approve), message="task-reward-to-approve"),
    TaskSource.of("reward_to_approve_second", _APPROVER, _LINK, rows(_second), message="task-reward-to-approve-second"),
    TaskSource.of("reward_to_pay", _TREASURY, _LINK, rows(_to_pay), message="task-reward-to-pay"),
    TaskSource.of("reward_to_recheck", _OFFICER, _LINK, rows(_to_recheck), message="task-reward-to-recheck"),
    TaskSource.of(
        "reward_recheck_to_confirm", _APPROVER, _LINK, rows(_to_confirm), message="task-reward-recheck-to-confirm"
    ),
    TaskSource.of("reward_to_recover", _TREASURY, _LINK, rows(_to_recover), message="task-reward-to-recover"),
)
