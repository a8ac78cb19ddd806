"""Which programmes, changes of them and guidance wait for a second person (4.3-3, 4.3-4)."""

from __future__ import annotations

from typing import Final

from sqlalchemy import null, select

from services.vouchers.amendments.models import ProgrammeAmendment
from services.vouchers.guidance.models import Guidance
from services.vouchers.programmes.models import Programme
from services.vouchers.programmes.rules import DRAFT
from shared.auth import roles as r
from shared.tasks import Asked, Statement, TaskSource, rows


def _programmes(asked: Asked) -> Statement | None:
    """Of the caller's own division, drafted by somebody else."""
    division = asked.principal.division
    if division is None:
        return None
    found = Programme
    return select(found.id, found.id, found.no, found.drafted_on, null()).where(
        found.status == DRAFT,
        found.issuer_division == division,
        found.drafted_by != asked.principal.account_id,
    )


def _amendments(asked: Asked) -> Statement | None:
    """Likewise; due by the day from which it is to count."""
    division = asked.principal.division
    if division is None:
        return None
    found = ProgrammeAmendment
    return select(found.id, found.id, found.no, found.drafted_on, found.effective_from).where(
        found.status == DRAFT,
        found.issuer_division == division,
        found.drafted_by != asked.principal.account_id,
    )


def _guidance(asked: Asked) -> Statement:
    found = Guidance
    return select(found.id, found.id, found.no, found.drafted_on, found.effective_from).where(
        found.status == DRAFT, found.drafted_by != asked.principal.account_id
    )


SOURCES: Final = (
    TaskSource.of(
        "programme_to_open",
        (r.DIVISION_APPROVER,),
        "/v1/voucher-programmes/{id}",
        rows(_programmes),
        message="task-programme-to-open",
    ),
    TaskSource.of(
        "amendment_to_approve",
        (r.DIVISION_APPROVER,),
        "/v1/voucher-amendments/{id}",
        rows(_amendments),
        message="task-amendment-to-approve",
    ),
    TaskSource.of(
        "guidance_to_approve",
        (r.SCIENCE_APPROVER,),
        "/v1/voucher-guidance/{id}",
        rows(_guidance),
        message="task-guidance-to-approve",
    ),
)
