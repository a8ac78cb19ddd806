"""The table of requests."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.vouchers.base import Base
from services.vouchers.steps import OPEN_SQL, Steps, step_checks
from shared.db import Aggregate

EXTENSION: Final = "extension"
VOID: Final = "void"
REINSTATEMENT: Final = "reinstatement"
KINDS: Final = (EXTENSION, VOID, REINSTATEMENT)

HONOURED: Final = "honoured"
RELEASED: Final = "released"


class VoucherRequest(Steps, Aggregate, Base):
    """One request about one voucher; at most one of a kind is open for it."""

    __tablename__ = "voucher_request"
    __table_args__ = (
        UniqueConstraint("no", name="uq_voucher_request_no"),
        *step_checks(),
        CheckConstraint("kind IN ('extension', 'void', 'reinstatement')", name="kind_known"),
        CheckConstraint("(kind = 'extension') = (valid_until IS NOT NULL)", name="extension_to_a_day"),
        CheckConstraint("(kind = 'void') = (num_nulls(reason_code, delivered) = 0)", name="void_with_reason"),
        CheckConstraint("delivered IN ('honoured', 'released')", name="delivered_known"),
        CheckConstraint("amount >= 0", name="amount_not_negative"),
        Index("ix_voucher_request_voucher_id", "voucher_id", "id"),
        Index("ix_voucher_request_issuer_division", "issuer_division", "id"),
        Index("uq_voucher_request_open", "voucher_id", "kind", unique=True, postgresql_where=OPEN_SQL),
    )

    no: Mapped[str]
    voucher_id: Mapped[UUID] = mapped_column(ForeignKey("voucher.id"))
    issuer_division: Mapped[str]
    kind: Mapped[str]
    edition: Mapped[str]
    reason_code: Mapped[str | None]
    """Of a void: becomes the voucher's."""
    reason: Mapped[str]
    valid_until: Mapped[date | None]
    delivered: Mapped[str | None]
    """Of a void: what becomes of delivered holds."""
    amount: Mapped[Decimal | None]
    """Yuan that approval gave back to budget and quotas, or committed again."""
    decision: Mapped[dict[str, JsonValue] | None] = mapped_column(JSONB)
