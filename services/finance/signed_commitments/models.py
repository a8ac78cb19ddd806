"""The table of signed commitments. The constraints repeat the rules, so that none can be passed by."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.finance.base import Base
from services.finance.grants.models import Grant
from services.finance.signed_commitments import states
from shared.db import Aggregate
from shared.money import ZERO

CONTRACT_ONCE: Final = "uq_signed_commitment_contract"
_STATES = ", ".join(f"'{state}'" for state in states.STATES)
_CHECKS = (
    CheckConstraint(f"status IN ({_STATES})", name="status_known"),
    CheckConstraint("amount > 0", name="amount_positive"),
    CheckConstraint("proposed BETWEEN 0 AND amount", name="proposed_within"),
    CheckConstraint("honoured > 0 AND honoured <= amount", name="honoured_within"),
    CheckConstraint("settled BETWEEN 0 AND coalesce(honoured, 0)", name="settled_within"),
    CheckConstraint("(status = 'settled') <= (settled = honoured)", name="settled_whole"),
    CheckConstraint(
        "status = 'lapsed'"
        " OR num_nulls(proposed, reviewed_by, reviewed_on) = CASE status WHEN 'filed' THEN 3 ELSE 0 END",
        name="review_whole",
    ),
    CheckConstraint(
        "status = 'lapsed' OR"
        " num_nulls(decided_by, decided_on) = CASE WHEN status IN ('filed', 'reviewed') THEN 2 ELSE 0 END",
        name="decision_whole",
    ),
    CheckConstraint(
        "status = 'lapsed' OR (status IN ('honoured', 'settled')) = (honoured IS NOT NULL)", name="honoured_decided"
    ),
    CheckConstraint("(status IN ('refused', 'lapsed')) = (reason_code IS NOT NULL)", name="refused_with_reason"),
    CheckConstraint("num_nulls(ended_by, ended_on) = CASE status WHEN 'lapsed' THEN 0 ELSE 2 END", name="ended_whole"),
    CheckConstraint("coalesce(settled < honoured, true) OR status <> 'lapsed'", name="lapsed_unsettled"),
    CheckConstraint("reviewed_by <> filed_by", name="reviewer_is_another"),
    CheckConstraint("decided_by NOT IN (filed_by, reviewed_by)", name="decided_by_another"),
)


class SignedCommitment(Aggregate, Base):
    """One contract of a delisted centre, signed before the delisting and to be paid from one grant; yuan.

    `proposed` is what the officer would honour, `honoured` what a second person decided, `settled` what was paid.
    """

    __tablename__ = "signed_commitment"
    __table_args__ = (
        UniqueConstraint("no", name="uq_signed_commitment_no"),
        *_CHECKS,
        Index(
            CONTRACT_ONCE,
            "counterparty_code",
            "contract_no",
            unique=True,
            postgresql_where=text("status NOT IN ('refused', 'lapsed')"),
        ),
        Index("ix_signed_commitment_grant_id", "grant_id"),
        Index("ix_signed_commitment_centre_id", "centre_id"),
    )

    no: Mapped[str]
    grant_id: Mapped[UUID] = mapped_column(ForeignKey(Grant.id))
    centre_id: Mapped[UUID]
    fiscal_year: Mapped[int]
    edition: Mapped[str]
    delisting_case_id: Mapped[UUID]
    contract_no: Mapped[str]
    counterparty_code: Mapped[str]
    description: Mapped[str]
    signed_on: Mapped[date]
    amount: Mapped[Decimal]
    proposed: Mapped[Decimal | None]
    honoured: Mapped[Decimal | None]
    settled: Mapped[Decimal] = mapped_column(default=ZERO, server_default=text("0"))
    status: Mapped[str]
    decisions: Mapped[list[dict[str, JsonValue]]] = mapped_column(JSONB)
    filed_on: Mapped[date]
    filed_by: Mapped[str]
    reviewed_on: Mapped[date | None]
    reviewed_by: Mapped[str | None]
    decided_on: Mapped[date | None]
    decided_by: Mapped[str | None]
    ended_on: Mapped[date | None]
    ended_by: Mapped[str | None]
    document_no: Mapped[str | None]
    reason_code: Mapped[str | None]

    @property
    def unsettled(self) -> Decimal:
        """Honoured and not paid yet."""
        return (self.honoured or ZERO) - self.settled
