"""The tables of vouchers, of their secret codes, and of who issued to an enclave firm."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.vouchers.base import Base
from services.vouchers.vouchers.rules import FROZEN, STATUSES, STOPPED
from shared.db import Aggregate
from shared.money import ZERO

_STATES: Final = ", ".join(f"'{status}'" for status in STATUSES)


class Voucher(Aggregate, Base):
    """A voucher and the terms it was issued on. Yuan: `balance` is free, `held` reserved, `spent` captured,
    `returned` given back to budget and quota when it was stopped.

    Terms are copied from programme and edition, so that use needs no look beyond this row and nothing that changes
    later changes them.
    """

    __tablename__ = "voucher"
    __table_args__ = (
        UniqueConstraint("no", name="uq_voucher_no"),
        CheckConstraint(f"status IN ({_STATES})", name="status_known"),
        CheckConstraint("face_value > 0", name="face_value_positive"),
        CheckConstraint("balance >= 0 AND held >= 0 AND spent >= 0 AND returned >= 0", name="parts_not_negative"),
        CheckConstraint("balance + held + spent + returned = face_value", name="parts_make_the_whole"),
        CheckConstraint("subsidy_percent > 0 AND subsidy_percent <= 100", name="subsidy_percent_is_share"),
        CheckConstraint(
            "related_holding_percent > 0 AND related_holding_percent <= 100", name="related_holding_percent_is_share"
        ),
        CheckConstraint("valid_until >= issued_on", name="validity_forward"),
        CheckConstraint("category IS NULL OR category = ANY (categories)", name="category_of_the_programme"),
        CheckConstraint(
            "(status = 'stopped') = (stopped_on IS NOT NULL) AND (status = 'stopped') = (reason_code IS NOT NULL)",
            name="stopped_with_reason",
        ),
        Index("ix_voucher_enterprise_id", "enterprise_id", "id"),
        Index("ix_voucher_issuer_division", "issuer_division", "id"),
        Index("ix_voucher_programme_id", "programme_id", "id"),
        CheckConstraint(
            "status <> 'frozen' OR num_nulls(frozen_on, frozen_by, frozen_reason) = 0", name="frozen_with_reason"
        ),
        CheckConstraint("approved_by <> issued_by", name="four_eyes"),
        CheckConstraint("num_nulls(approved_by, approved_on) IN (0, 2)", name="approved_by_somebody"),
        CheckConstraint("status = 'stopped' OR returned = 0", name="running_returned_nothing"),
        CheckConstraint("extensions >= 0", name="extensions_counted"),
        Index("ix_voucher_centre_id_running", "centre_id", postgresql_where=f"status <> '{STOPPED}'"),
        Index("ix_voucher_frozen", "issuer_division", "id", postgresql_where=f"status = '{FROZEN}'"),
        Index("ix_voucher_valid_until_running", "valid_until", "id", postgresql_where=f"status <> '{STOPPED}'"),
    )

    no: Mapped[str]
    programme_id: Mapped[UUID] = mapped_column(ForeignKey("programme.id"))
    issuer_division: Mapped[str]
    kind: Mapped[str]
    enterprise_id: Mapped[UUID]
    centre_id: Mapped[UUID]
    """The centre whose listing the issue relied on."""
    category: Mapped[str | None]
    """The only category it serves, or NULL for all `categories`."""
    categories: Mapped[list[str]] = mapped_column(ARRAY(Text))
    subsidy_percent: Mapped[Decimal] = mapped_column(Numeric(5, 2))
    category_terms: Mapped[dict[str, JsonValue]] = mapped_column(JSONB, server_default="{}", default=dict)
    """By category what differs there: `{"percent": "40.00" or null, "cap": "5000.00" or null}`."""
    first_free: Mapped[bool] = mapped_column(server_default="false", default=False)
    """The enterprise's first of this issuer under a programme that pays such a one in full."""
    delivered_honoured: Mapped[bool]
    """Whether a delivered hold outlives the centre's delisting."""
    related_holding_percent: Mapped[Decimal] = mapped_column(Numeric(5, 2), server_default="25.00")
    """From this share on, either way, holder and provider are related parties."""
    code_generation: Mapped[int] = mapped_column(server_default="1", default=1)
    """How many codes it has had; the last one counts."""
    edition: Mapped[str]
    status: Mapped[str]
    face_value: Mapped[Decimal]
    balance: Mapped[Decimal]
    held: Mapped[Decimal]
    spent: Mapped[Decimal]
    returned: Mapped[Decimal] = mapped_column(server_default="0", default=ZERO)
    issued_on: Mapped[date]
    issued_by: Mapped[str]
    approved_by: Mapped[str | None]
    """Of a single issue: who approved it. Applications and batches keep their own."""
    approved_on: Mapped[date | None]
    refusal: Mapped[str | None]
    """Why a single issue was not approved."""
    valid_until: Mapped[date]
    stopped_on: Mapped[date | None]
    """An expired one's is the day after its last, whenever that was carried out."""
    reason_code: Mapped[str | None]
    frozen_on: Mapped[date | None]
    frozen_by: Mapped[str | None]
    """NULL once it was lifted: what is stopped while it is frozen is still frozen when it runs again."""
    frozen_reason: Mapped[str | None]
    """The last time it was frozen, also once that is over."""
    extensions: Mapped[int] = mapped_column(SmallInteger, server_default="0", default=0)
    """How often its last day was put off."""
    application_id: Mapped[UUID | None]
    batch_id: Mapped[UUID | None]
    """What it was issued on; neither: by an officer's single issue, which another person approved."""
    decision: Mapped[dict[str, JsonValue]] = mapped_column(JSONB, deferred=True)


voucher_code = Table(
    "voucher_code",
    Base.metadata,
    Column("voucher_id", ForeignKey("voucher.id"), primary_key=True),
    Column("code", Text, nullable=False),
    Column("generation", Integer, nullable=False, server_default="1"),
    UniqueConstraint("code", name="uq_voucher_code_code"),
    CheckConstraint("code ~ '^[0-9A-HJKMNP-TV-Z]{20}$'", name="code_is_100_bits"),
)
"""What the holder shows at the counter; in a table of its own so that nothing reads it by the way.

Only the code of the voucher's own generation draws: a draw that waits for the voucher while its code is renewed sees
the voucher's new generation and the old code's old one, and fails."""

enclave_issue = Table(
    "enclave_issue",
    Base.metadata,
    Column("enterprise_id", Uuid, primary_key=True),
    Column("year", Integer, primary_key=True),
    Column("issuer_division", Text, primary_key=True),
)
"""Which divisions issued to a firm in an enclave in a year; their number is a ceiling."""
