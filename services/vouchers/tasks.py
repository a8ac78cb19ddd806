"""What waits for people at the voucher service: programmes to open, providers to look at and to admit."""

from __future__ import annotations

from typing import Final

from sqlalchemy import null, select

from services.vouchers.programmes.models import Programme
from services.vouchers.programmes.rules import DRAFT
from services.vouchers.providers.models import Provider
from services.vouchers.providers.rules import APPLIED, REVIEWED
from shared.auth import roles as r
from shared.tasks import Asked, Statement, TaskSource, rows


def _programmes(asked: Asked) -> Statement | None:
    """4.3-3: of the caller's own division, drafted by somebody else."""
    division = asked.principal.division
    if division is None:
        return None
    found = Programme
    return select(found.id, found.id, found.no, found.drafted_on, null()).where(
        found.status == DRAFT,
        found.issuer_division == division,
        found.drafted_by != asked.principal.account_id,
    )


def _to_review(_asked: Asked) -> Statement:
    found = Provider
    return select(found.id, found.id, found.no, found.applied_on, null()).where(found.status == APPLIED)


def _to_admit(asked: Asked) -> Statement:
    found, me = Provider, asked.principal.account_id
    return select(found.id, found.id, found.no, found.reviewed_on, null()).where(
        found.status == REVIEWED,
        found.reviewed_by.is_distinct_from(me),
        found.applied_by.is_distinct_from(me),
    )


_P: Final = "/v1/providers/{id}"

SOURCES: Final = (
    TaskSource.of(
        "programme_to_open",
        (r.DIVISION_APPROVER,),
        "/v1/voucher-programmes/{id}",
        rows(_programmes),
        message="task-programme-to-open",
    ),
    TaskSource.of("provider_to_review", (r.SCIENCE_OFFICER,), _P, rows(_to_review), message="task-provider-to-review"),
    TaskSource.of("provider_to_admit", (r.SCIENCE_APPROVER,), _P, rows(_to_admit), message="task-provider-to-admit"),
)
