"""The steps that applications and requests have in common: submitted, reviewed, decided by somebody else."""

from __future__ import annotations

from datetime import date
from typing import Final

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped

from services.vouchers.policy import require_not_before
from shared.auth.principal import Principal
from shared.clock import effective_date
from shared.errors import four_eyes_required, invalid_transition

SUBMITTED: Final = "submitted"
REVIEWED: Final = "reviewed"
APPROVED: Final = "approved"
REFUSED: Final = "refused"
WITHDRAWN: Final = "withdrawn"
STATUSES: Final = (SUBMITTED, REVIEWED, APPROVED, REFUSED, WITHDRAWN)
OPEN: Final = (SUBMITTED, REVIEWED)
OPEN_SQL: Final = "status IN ('submitted', 'reviewed')"


class Steps:
    """Who took which step, and when."""

    status: Mapped[str]
    submitted_by: Mapped[str]
    submitted_on: Mapped[date]
    reviewed_by: Mapped[str | None]
    reviewed_on: Mapped[date | None]
    opinion: Mapped[str | None]
    """The reviewer's."""
    decided_by: Mapped[str | None]
    decided_on: Mapped[date | None]
    answer: Mapped[str | None]
    """Why it was refused."""

    def review(self, principal: Principal, sent: date | None, opinion: str | None) -> date:
        """Raises 409 `invalid-transition`, 403 `four-eyes-required` for whoever submitted it."""
        if self.status != SUBMITTED:
            raise invalid_transition(self.status, [SUBMITTED])
        if principal.account_id == self.submitted_by:
            raise four_eyes_required()
        day = self._day(principal, sent)
        self.status, self.reviewed_by, self.reviewed_on, self.opinion = REVIEWED, principal.account_id, day, opinion
        return day

    def require_approvable(self, principal: Principal, sent: date | None) -> date:
        """The day of the approval. Raises 409 `invalid-transition`, 403 `four-eyes-required` after an own step."""
        if self.status != REVIEWED:
            raise invalid_transition(self.status, [REVIEWED])
        if principal.account_id in (self.submitted_by, self.reviewed_by):
            raise four_eyes_required()
        return self._day(principal, sent)

    def approve(self, principal: Principal, day: date) -> None:
        """After what was approved has been carried out."""
        self.status, self.decided_by, self.decided_on = APPROVED, principal.account_id, day

    def refuse(self, principal: Principal, sent: date | None, answer: str) -> date:
        """By an issuer's officer before the review, by an approver at any time. Raises 409 `invalid-transition`."""
        if self.status not in OPEN:
            raise invalid_transition(self.status, OPEN)
        if principal.account_id == self.submitted_by:
            raise four_eyes_required()
        day = self._day(principal, sent)
        self.status, self.decided_by, self.decided_on, self.answer = REFUSED, principal.account_id, day, answer
        return day

    def withdraw(self, principal: Principal) -> date:
        """By whom it is for the caller to have tested. Raises 409 `invalid-transition`."""
        if self.status not in OPEN:
            raise invalid_transition(self.status, OPEN)
        day = max(principal.today, self._latest())
        self.status, self.decided_by, self.decided_on = WITHDRAWN, principal.account_id, day
        return day

    def _latest(self) -> date:
        return self.reviewed_on or self.submitted_on

    def _day(self, principal: Principal, sent: date | None) -> date:
        day = effective_date(principal, sent)
        require_not_before(self._latest(), day)
        return day


def step_checks() -> tuple[CheckConstraint, ...]:
    """What the database tests of them."""
    known = ", ".join(f"'{status}'" for status in STATUSES)
    return (
        CheckConstraint(f"status IN ({known})", name="status_known"),
        CheckConstraint(
            "status <> 'approved' OR (decided_by <> submitted_by AND decided_by <> reviewed_by)", name="four_eyes"
        ),
        CheckConstraint(
            "(status IN ('approved', 'refused', 'withdrawn')) = (num_nulls(decided_by, decided_on) = 0)",
            name="decided_by_somebody",
        ),
        CheckConstraint(
            "status NOT IN ('reviewed', 'approved') OR num_nulls(reviewed_by, reviewed_on) = 0",
            name="reviewed_by_somebody",
        ),
        CheckConstraint(
            "reviewed_on >= submitted_on AND decided_on >= coalesce(reviewed_on, submitted_on)", name="dates_forward"
        ),
    )
