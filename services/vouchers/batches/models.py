"""The tables of batches and their rows."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import CheckConstraint, ForeignKey, Index, PrimaryKeyConstraint, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.vouchers.base import Base
from shared.db import Aggregate
from shared.money import ZERO

AWAITING: Final = "awaiting_approval"
ISSUING: Final = "issuing"
INTERRUPTED: Final = "interrupted"
"""The work stopped before its end; approved again, it goes on with the rows that are left."""
ISSUED: Final = "issued"
REFUSED: Final = "refused"
WITHDRAWN: Final = "withdrawn"
STATUSES: Final = (AWAITING, ISSUING, INTERRUPTED, ISSUED, REFUSED, WITHDRAWN)

ROW_PENDING: Final = "pending"
ROW_ISSUED: Final = "issued"
ROW_REFUSED: Final = "refused"
ROW_STATUSES: Final = (ROW_PENDING, ROW_ISSUED, ROW_REFUSED)


class Batch(Aggregate, Base):
    """A file of vouchers to issue, taken in by one person and approved by another. `amount` is the sum of its rows, the
    counts and `issued_amount` follow the rows in the transaction that carries one out; yuan."""

    __tablename__ = "voucher_batch"
    __table_args__ = (
        UniqueConstraint("no", name="uq_voucher_batch_no"),
        CheckConstraint(
            "status IN ('awaiting_approval', 'issuing', 'interrupted', 'issued', 'refused', 'withdrawn')",
            name="status_known",
        ),
        CheckConstraint("row_count > 0 AND amount > 0", name="rows_some"),
        CheckConstraint("approved_by <> submitted_by", name="four_eyes"),
        CheckConstraint(
            "status NOT IN ('issuing', 'interrupted', 'issued') OR num_nulls(approved_by, approved_on) = 0",
            name="approved_by_somebody",
        ),
        CheckConstraint(
            "(status IN ('refused', 'withdrawn')) = (num_nulls(ended_by, ended_on) = 0)", name="ended_by_somebody"
        ),
        CheckConstraint("approved_on >= submitted_on AND ended_on >= submitted_on", name="dates_forward"),
        Index("ix_voucher_batch_issuer_division", "issuer_division", "id"),
        Index(
            "uq_voucher_batch_file",
            "issuer_division",
            "file_sha256",
            unique=True,
            postgresql_where="status NOT IN ('refused', 'withdrawn')",
        ),
    )

    no: Mapped[str]
    issuer_division: Mapped[str]
    status: Mapped[str]
    edition: Mapped[str]
    file_name: Mapped[str | None]
    file_sha256: Mapped[str]
    row_count: Mapped[int]
    amount: Mapped[Decimal]
    issued_count: Mapped[int] = mapped_column(server_default="0", default=0)
    issued_amount: Mapped[Decimal] = mapped_column(server_default="0", default=ZERO)
    refused_count: Mapped[int] = mapped_column(server_default="0", default=0)
    submitted_by: Mapped[str]
    submitted_on: Mapped[date]
    approved_by: Mapped[str | None]
    approved_on: Mapped[date | None]
    ended_by: Mapped[str | None]
    ended_on: Mapped[date | None]
    answer: Mapped[str | None]
    """Why it was refused."""


class BatchRow(Base):
    """One voucher to issue. `sheet` and `row` are where it stands in the file; `code`, `params` and `decision` say why
    it was refused when its turn came."""

    __tablename__ = "voucher_batch_row"
    __table_args__ = (
        PrimaryKeyConstraint("batch_id", "position", name="pk_voucher_batch_row"),
        UniqueConstraint("voucher_id", name="uq_voucher_batch_row_voucher_id"),
        CheckConstraint("status IN ('pending', 'issued', 'refused')", name="status_known"),
        CheckConstraint("face_value > 0", name="face_value_positive"),
        CheckConstraint("(status = 'issued') = (voucher_id IS NOT NULL)", name="issued_with_voucher"),
        CheckConstraint("(status = 'refused') = (code IS NOT NULL)", name="refused_with_code"),
    )

    batch_id: Mapped[UUID] = mapped_column(ForeignKey("voucher_batch.id"))
    position: Mapped[int]
    sheet: Mapped[str]
    row: Mapped[int]
    programme_id: Mapped[UUID] = mapped_column(ForeignKey("programme.id"))
    enterprise_id: Mapped[UUID]
    enterprise_code: Mapped[str]
    category: Mapped[str | None]
    face_value: Mapped[Decimal]
    status: Mapped[str]
    voucher_id: Mapped[UUID | None] = mapped_column(ForeignKey("voucher.id"))
    code: Mapped[str | None]
    params: Mapped[dict[str, JsonValue] | None] = mapped_column(JSONB(none_as_null=True))
    decision: Mapped[dict[str, JsonValue] | None] = mapped_column(JSONB(none_as_null=True))
