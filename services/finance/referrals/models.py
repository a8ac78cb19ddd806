"""An enterprise referred to one bank, and every step the bank has reported (3.2-1). Constraints repeat the rules."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.finance.base import Base
from services.finance.referrals import states
from shared.clock import utcnow
from shared.db import Aggregate, InstantColumn
from shared.ids import uuid7
from shared.livemode import HasMode
from shared.money import ZERO


def _listed(values: tuple[str, ...]) -> str:
    return ", ".join(f"'{value}'" for value in values)


_RATE = Numeric(7, 4)


class Referral(Aggregate, HasMode, Base):
    """One enterprise, one bank, one wish for money; yuan, and percent a year with four decimals.

    `status` `refused` with `refused_on` and `refusal_reason` is the refusal that a guaranteed loan asks for (3.2-3).
    """

    __tablename__ = "referral"
    __table_args__ = (
        UniqueConstraint("no", name="uq_referral_no"),
        CheckConstraint(f"status IN ({_listed(states.STATES)})", name="status_known"),
        CheckConstraint("amount > 0 AND tenor_months > 0", name="wish_positive"),
        CheckConstraint("disbursed >= 0 AND repaid >= 0 AND repaid <= disbursed", name="repaid_within_disbursed"),
        CheckConstraint("disbursed = 0 OR disbursed <= offered_amount", name="disbursed_within_offer"),
        CheckConstraint("offered_amount > 0 AND offered_rate >= 0 AND offered_tenor_months > 0", name="offer_positive"),
        CheckConstraint(
            "num_nulls(offered_on, offered_amount, offered_rate, offered_tenor_months, offer_until) IN (0, 5)",
            name="offer_whole",
        ),
        CheckConstraint(
            "(status = 'refused') = (refused_on IS NOT NULL) AND (refused_on IS NULL) = (refusal_reason IS NULL)",
            name="refused_with_reason",
        ),
        CheckConstraint(
            "status IN ('prepared', 'withdrawn', 'expired')"
            " OR num_nulls(sent_by, sent_on, answer_due_on, expires_on) = 0",
            name="sent_whole",
        ),
        CheckConstraint(f"(disbursed > 0) <= (status IN ({_listed(states.WITH_MONEY)}))", name="money_states"),
        CheckConstraint("status <> 'closed' OR repaid = disbursed", name="closed_in_balance"),
        CheckConstraint("status NOT IN ('disbursed', 'repaying') OR agreed_on IS NOT NULL", name="paid_as_agreed"),
        Index(
            "uq_referral_open",
            "enterprise_id",
            "bank",
            "product",
            "livemode",
            unique=True,
            postgresql_where=f"status IN ({_listed(states.OPEN)})",
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_referral_bank_status", "bank", "status"),
        Index("ix_referral_enterprise_id", "enterprise_id"),
        Index("ix_referral_centre_id", "centre_id"),
    )

    no: Mapped[str]
    edition: Mapped[str]
    batch_id: Mapped[UUID]
    """Shared by the rows of one request to several banks."""
    enterprise_id: Mapped[UUID]
    enterprise_code: Mapped[str]
    centre_id: Mapped[UUID | None]
    """Where the enterprise sat when it was referred."""
    bank: Mapped[str]
    product: Mapped[str | None]
    authorisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("data_authorisation.id"))
    """What it was sent under; whether the bank reads on, the authorisations of the day say."""
    amount: Mapped[Decimal]
    tenor_months: Mapped[int]
    purpose: Mapped[str]
    facts: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
    """What the enterprise stated about itself, by name of the fact."""
    decision: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
    status: Mapped[str]
    channel: Mapped[str]
    """Who brought it: the enterprise, its centre, the bureau."""
    prepared_by: Mapped[str]
    prepared_on: Mapped[date]
    sent_by: Mapped[str | None]
    sent_on: Mapped[date | None]
    answer_due_on: Mapped[date | None]
    expires_on: Mapped[date | None]
    """The last day for the bank to answer, and once it examines the referral, to make an offer or refuse."""
    accepted_on: Mapped[date | None]
    answered_on: Mapped[date | None]
    """The bank's first answer, whichever it was."""
    refused_on: Mapped[date | None]
    refusal_reason: Mapped[str | None]
    offered_on: Mapped[date | None]
    offered_amount: Mapped[Decimal | None]
    offered_rate: Mapped[Decimal | None] = mapped_column(_RATE)
    offered_tenor_months: Mapped[int | None]
    offer_until: Mapped[date | None]
    """The last day for the enterprise to say yes."""
    agreed_on: Mapped[date | None]
    disbursed_on: Mapped[date | None]
    """The first time."""
    disbursed: Mapped[Decimal] = mapped_column(default=ZERO)
    repaid: Mapped[Decimal] = mapped_column(default=ZERO)
    """Principal; interest is noted with each repayment and counts for nothing here."""
    ended_on: Mapped[date | None]
    reason_code: Mapped[str | None]
    """Why it ended, other than by a refusal."""

    @property
    def outstanding(self) -> Decimal:
        """Principal not yet repaid."""
        return self.disbursed - self.repaid


class ReferralStep(HasMode, Base):
    """One step as the bank reported it, never changed; its answer is read from it again when it is repeated."""

    __tablename__ = "referral_step"
    __table_args__ = (
        UniqueConstraint("referral_id", "step", name="uq_referral_step_referral_id_step"),
        UniqueConstraint("bank", "livemode", "reference", name="uq_referral_step_reference"),
        UniqueConstraint("reverses_id", name="uq_referral_step_reverses_id"),
        CheckConstraint(f"kind IN ({_listed(states.STEPS)})", name="kind_known"),
        CheckConstraint(
            "(kind IN ('offer', 'disburse', 'repay', 'reverse')) = (amount IS NOT NULL) AND amount > 0",
            name="amount_where_money",
        ),
        CheckConstraint(
            "interest >= 0 AND (interest IS NULL OR kind IN ('repay', 'reverse'))", name="interest_of_repayment"
        ),
        CheckConstraint("(kind = 'reverse') = (reverses_id IS NOT NULL)", name="reversal_names_its_step"),
        CheckConstraint("reversed_on IS NULL OR kind IN ('disburse', 'repay')", name="only_money_reversed"),
        CheckConstraint("repaid_after >= 0 AND repaid_after <= disbursed_after", name="sums_after"),
        Index("ix_referral_step_bank_value_on", "bank", "livemode", "value_on"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    referral_id: Mapped[UUID] = mapped_column(ForeignKey("referral.id"))
    step: Mapped[int]
    """Counts the bank's steps of the referral."""
    kind: Mapped[str]
    bank: Mapped[str]
    reference: Mapped[str]
    amount: Mapped[Decimal | None]
    interest: Mapped[Decimal | None]
    rate: Mapped[Decimal | None] = mapped_column(_RATE)
    tenor_months: Mapped[int | None]
    until: Mapped[date | None]
    reason_code: Mapped[str | None]
    value_on: Mapped[date]
    """The bank's business day of the step."""
    reverses_id: Mapped[UUID | None] = mapped_column(ForeignKey("referral_step.id"))
    reversed_on: Mapped[date | None]
    status_after: Mapped[str]
    disbursed_after: Mapped[Decimal]
    repaid_after: Mapped[Decimal]
    version_after: Mapped[int]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(InstantColumn, default=utcnow)
