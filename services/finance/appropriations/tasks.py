"""What waits for the treasury's approver, never the own: amounts, closings, transfers, and periods of the books."""

from __future__ import annotations

from typing import Final

from sqlalchemy import null, select

from services.finance.appropriations.models import (
    Appropriation,
    AppropriationClosing,
    AppropriationRevision,
    AppropriationTransfer,
)
from services.finance.appropriations.states import PROPOSED
from services.finance.journal import periods
from services.finance.journal.models import JournalPeriod
from shared.auth import roles as r
from shared.tasks import Asked, Statement, TaskSource, rows

APPROVERS: Final = (r.TREASURY_APPROVER,)


def _amounts(asked: Asked) -> Statement:
    line, amount = Appropriation, AppropriationRevision
    return (
        select(line.id, line.id, line.no, amount.proposed_on, null())
        .join(amount, amount.appropriation_id == line.id)
        .where(amount.status == PROPOSED, amount.proposed_by != asked.principal.account_id)
    )


def _closings(asked: Asked) -> Statement:
    line, closing = Appropriation, AppropriationClosing
    return (
        select(line.id, line.id, line.no, closing.proposed_on, null())
        .join(closing, closing.appropriation_id == line.id)
        .where(closing.status == PROPOSED, closing.proposed_by != asked.principal.account_id)
    )


def _transfers(asked: Asked) -> Statement:
    transfer = AppropriationTransfer
    return select(transfer.id, transfer.id, transfer.no, transfer.proposed_on, null()).where(
        transfer.status == PROPOSED, transfer.proposed_by != asked.principal.account_id
    )


def _periods_to_close(asked: Asked) -> Statement:
    period = JournalPeriod
    return select(period.id, period.id, period.no, period.proposed_on, null()).where(
        period.status == periods.PROPOSED, period.proposed_by != asked.principal.account_id
    )


def _periods_to_reopen(asked: Asked) -> Statement:
    period = JournalPeriod
    return select(period.id, period.id, period.no, period.reopening_on, null()).where(
        period.status == periods.REOPENING, period.reopening_by != asked.principal.account_id
    )


_LINE: Final = "/v1/appropriations/{id}"
_TRANSFER: Final = "/v1/appropriations/transfers/{id}"
_PERIOD: Final = "/v1/journal-entries/periods/{id}"

SOURCES: Final = (
    TaskSource.of(
        "appropriation_to_approve", APPROVERS, _LINE, rows(_amounts), message="task-appropriation-to-approve"
    ),
    TaskSource.of(
        "appropriation_closing_to_approve",
        APPROVERS,
        _LINE,
        rows(_closings),
        message="task-appropriation-closing-to-approve",
    ),
    TaskSource.of(
        "appropriation_transfer_to_approve",
        APPROVERS,
        _TRANSFER,
        rows(_transfers),
        message="task-appropriation-transfer-to-approve",
    ),
    TaskSource.of(
        "journal_period_to_close",
        APPROVERS,
        _PERIOD,
        rows(_periods_to_close),
        message="task-journal-period-to-close",
    ),
    TaskSource.of(
        "journal_period_to_reopen",
        APPROVERS,
        _PERIOD,
        rows(_periods_to_reopen),
        message="task-journal-period-to-reopen",
    ),
)
