"""The table of operations."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.vouchers.base import Base
from shared.operations.models import CountedOperationRow, operation_checks

ISSUE_BATCH: Final = "issue_batch"


class Operation(CountedOperationRow, Base):
    """Work on one batch, done in a transaction for each row, so that it resumes where it stopped."""

    __tablename__ = "operation"
    __table_args__ = (
        *operation_checks(ISSUE_BATCH),
        Index("uq_operation_running", "batch_id", unique=True, postgresql_where="status = 'running'"),
    )

    batch_id: Mapped[UUID] = mapped_column(ForeignKey("voucher_batch.id"))
